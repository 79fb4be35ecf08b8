/**
 * Link: one hop to one neighbour, over segments (WIRE §23) or a pipe of bytes (WIRE §22). Its first
 * packet is a hello, and it tells the two apart that can do much from the phones that say none.
 *
 *   opened -> hello sent -> hello heard -> full, limited or incompatible
 *                        -> nothing for 3 s -> legacy
 *
 * Packets wait in a queue, and at most `window` writes are out at once: radios accept more than they
 * can send and do not say so.
 */
import { readU32, sameBytes } from './bytes.ts';
import type { Drops } from './drops.ts';
import type { BlockDrop, Crc32 } from './framing.ts';
import { BlockReader, encodeBlock, PACKET_BLOCK, TEXT_BLOCK } from './framing.ts';
import { PACES, SHORTCUTS, WIRES } from './features.ts';
import type { HeartbeatOutput } from './heartbeat.ts';
import { Heartbeat, INTERVAL_MS, MISSED_MAX } from './heartbeat.ts';
import type { Hello, HelloMalformed } from './hello.ts';
import { decodeHello, encodeHello, FRAME_MAX_BEFORE_HELLO, HELLO_TIMEOUT_MS } from './hello.ts';
import type { Machine, Millis, Tick } from './machine.ts';
import { TICK } from './machine.ts';
import type { Malformed } from './packet.ts';
import { encodePlain, HEARTBEAT, HELLO, ID_SIZE, VIEW } from './packet.ts';
import type { Pace } from './paced-heartbeat.ts';
import { PACE, PacedHeartbeat } from './paced-heartbeat.ts';
import { CRITICAL, SendQueue } from './queue.ts';
import type { SegmentDrop } from './segments.ts';
import { SegmentReader, SegmentWriter } from './segments.ts';
import type { Mode } from './version.ts';
import { modeOf } from './version.ts';

/** Why a link dropped something; a frame that fits no hello is `over-limit`. */
export type LinkDrop =
  | BlockDrop
  | SegmentDrop
  | Malformed
  | HelloMalformed
  | 'bad-heartbeat'
  | 'over-limit'
  | 'queue-full'
  | 'text';

/** Longer than a hello and its answer take on a wire. */
const GREET_MS = 500;

export type LinkInput =
  /** What the radio or the line delivered: one segment, or any piece of the pipe. */
  | { kind: 'received'; bytes: Uint8Array }
  /** A packet to hand over. */
  | { kind: 'send'; bytes: Uint8Array; priority: number }
  /** One write has left. */
  | { kind: 'sent' }
  /** What our hello says has changed. */
  | { kind: 'hello'; hello: Hello }
  /** It beats otherwise from now on. */
  | { kind: 'pace'; pace: Pace };

export type LinkOutput =
  | { kind: 'write'; bytes: Uint8Array }
  /** A packet that does not concern the link itself. */
  | { kind: 'heard'; bytes: Uint8Array }
  /** What the neighbour can do is known, again or for the first time; `id` is empty for a phone. */
  | { kind: 'settled'; mode: Mode; id: Uint8Array; hello: Hello | null; isFirst: boolean }
  | { kind: 'silent' }
  /** A heartbeat came, after so many that did not; the round trip is -1 where it told none. */
  | { kind: 'beat'; roundTripMs: Millis; missed: number }
  | { kind: 'drop'; reason: LinkDrop };

export type LinkConfig = {
  /** This node's id. */
  id: Uint8Array;
  /** Bytes of a frame in a segment (MTU-4); 0 for a pipe of bytes. */
  payloadMax: number;
  /** The largest frame we take, as our hello says. */
  frameMax: number;
  /** Writes that may be out at once; packets wait beyond it. */
  window: number;
  /** Packets and bytes that may wait; see SendQueue for what goes first. */
  packetsMax: number;
  bytesMax: number;
  crc: Crc32;
  /** How it beats; on a board, as all do. */
  pace?: Pace;
};

export class Link implements Machine<LinkInput, LinkOutput> {
  mode: Mode | null = null;
  /** The last round trip, or -1. */
  roundTripMs: Millis = -1;
  readonly drops: Drops<BlockDrop | SegmentDrop>;
  private readonly config: LinkConfig;
  private readonly segments: SegmentReader | null;
  private readonly blocks: BlockReader | null;
  private readonly writer: SegmentWriter;
  private readonly queue: SendQueue;
  private heartbeat: Heartbeat | null = null;
  private hello: Hello;
  private credit: number;
  private theirId = new Uint8Array(ID_SIZE);
  private theirFrameMax = FRAME_MAX_BEFORE_HELLO;
  /** `Infinity` once a hello was heard, as wherever there is a heartbeat. */
  private legacyAt: Millis;
  /** Before, a hello is not answered by ours: two nodes must not greet each other for ever. */
  private greetAt: Millis = 0;
  /** When our hello or heartbeat is due; 0 before the first, and where that is to be asked again. */
  private wakeAt: Millis = 0;
  /** Something is to be sent, or may leave now: else nothing waits that could. */
  private mayWrite = false;

  constructor(config: LinkConfig, hello: Hello, now: Millis) {
    this.config = config;
    this.hello = hello;
    this.credit = config.window;
    this.legacyAt = now + HELLO_TIMEOUT_MS;
    this.writer = new SegmentWriter(config.payloadMax);
    this.queue = new SendQueue(config.packetsMax, config.bytesMax);
    const isPipe = WIRES && config.payloadMax === 0;
    this.blocks = isPipe ? new BlockReader(config.frameMax, config.crc, freshBytes) : null;
    this.segments = isPipe ? null : new SegmentReader(config.frameMax);
    this.drops = (this.blocks || this.segments!).drops;
  }

  step(input: LinkInput | Tick, now: Millis): LinkOutput[] {
    const out: LinkOutput[] = [];
    if (this.wakeAt === 0) this.greet(now, out);
    switch (input.kind) {
      case 'received':
        this.receive(input.bytes, now, out);
        break;
      case 'send':
        this.send(input.bytes, input.priority, out);
        break;
      case 'sent':
        if (this.credit < this.config.window) this.credit++;
        if (SHORTCUTS) this.mayWrite = true;
        break;
      case 'hello':
        this.hello = input.hello;
        // A neighbour that said none would not understand ours.
        if (this.mode !== 'legacy') this.greet(now, out);
        break;
      case 'tick':
        break;
    }
    if (PACES && input.kind === 'pace') {
      this.config.pace = input.pace;
      if (this.heartbeat instanceof PacedHeartbeat) this.heartbeat.setPace(input.pace, now);
      this.wakeAt = 0;
    }
    if (now >= this.wakeAt) {
      if (now >= this.legacyAt) {
        if (this.mode === null) this.settle(null, new Uint8Array(0), now, out);
        // No phone is on such a link: a hello was lost, or nobody is there yet.
        this.legacyAt = now + INTERVAL_MS;
        this.greet(now, out);
      }
      this.wakeAt = this.legacyAt;
      if (this.heartbeat !== null) {
        if (now >= this.heartbeat.deadline()) this.beat(this.heartbeat.step(TICK, now), out);
        this.wakeAt = this.heartbeat.deadline();
      }
    }
    if (!SHORTCUTS || this.mayWrite) this.pump(out);
    return out;
  }

  deadline(): Millis {
    return this.wakeAt;
  }

  /** A line of text for whoever listens on the wire: lost when the window is shut. */
  tell(text: Uint8Array): LinkOutput[] {
    if (!WIRES || this.blocks === null || this.credit === 0) return [];
    this.credit--;
    return [{ kind: 'write', bytes: encodeBlock(TEXT_BLOCK, text, this.config.crc) }];
  }

  private greet(now: Millis, out: LinkOutput[]): void {
    this.greetAt = now + GREET_MS;
    this.say(HELLO, encodeHello(this.hello), out);
  }

  private say(type: number, payload: Uint8Array, out: LinkOutput[]): void {
    this.send(encodePlain(type, 0, 0, this.config.id, null, payload), CRITICAL, out);
  }

  private send(bytes: Uint8Array, priority: number, out: LinkOutput[]): void {
    // A frame is never cut (WIRE §22-23): one that the other end would not take stays here.
    if (bytes.length > this.theirFrameMax) return drop(out, 'over-limit');
    if (SHORTCUTS) this.mayWrite = true;
    if (SHORTCUTS && this.isIdle()) return this.writer.begin(bytes);
    if (this.queue.add(bytes, priority) > 0) drop(out, 'queue-full');
  }

  /** The window is open and nothing is on its way out, so nothing waits either: pump saw to that. */
  private isIdle(): boolean {
    return this.segments !== null && this.writer.isOut() && this.credit > 0;
  }

  private receive(bytes: Uint8Array, now: Millis, out: LinkOutput[]): void {
    if (this.segments !== null) {
      const frame = this.segments.feed(bytes);
      if (frame !== null) this.hear(frame, now, out);
    } else if (WIRES && this.blocks !== null) {
      const blocks = this.blocks.feed(bytes);
      for (let i = 0; i < blocks.length; i++) {
        if (blocks[i].kind === PACKET_BLOCK) this.hear(blocks[i].body, now, out);
        else drop(out, 'text');
      }
    }
  }

  private hear(frame: Uint8Array, now: Millis, out: LinkOutput[]): void {
    const type = frame[1];
    this.wakeAt = 0;
    if (type !== HELLO && type !== HEARTBEAT) {
      if (PACES && this.heartbeat instanceof PacedHeartbeat) this.heartbeat.touch(now);
      out.push({ kind: 'heard', bytes: frame });
      return;
    }
    const packet = VIEW;
    const malformed = packet.read(frame, this.config.frameMax);
    if (malformed !== null) return drop(out, malformed);
    const payload = frame.subarray(packet.payloadAt, packet.payloadAt + packet.payloadLength);
    if (type === HEARTBEAT) {
      // Before the hello it tells nothing: whose it is, is not known.
      if (this.heartbeat === null) return drop(out, 'bad-heartbeat');
      return this.beat(this.heartbeat.step({ kind: 'heard', payload: payload }, now), out);
    }
    const hello = decodeHello(payload);
    if (typeof hello === 'string') return drop(out, hello);
    const id = new Uint8Array(frame.subarray(packet.senderAt, packet.senderAt + ID_SIZE));
    this.theirFrameMax = hello.frameMax;
    // Whoever is plugged in later, starts anew, or never answered a heartbeat, may not have heard ours.
    const isNew = now >= this.greetAt || !sameBytes(id, 0, this.theirId);
    const mayLack = (WIRES && this.segments === null) || this.roundTripMs < 0;
    if (mayLack && this.mode !== null && isNew) this.greet(now, out);
    this.theirId = id;
    this.settle(hello, id, now, out);
  }

  private settle(theirs: Hello | null, id: Uint8Array, now: Millis, out: LinkOutput[]): void {
    const isFirst = this.mode === null;
    this.legacyAt = Infinity;
    this.mode = modeOf(this.hello, theirs);
    if (theirs === null || this.mode === 'incompatible') this.heartbeat = null;
    else if (this.heartbeat === null) {
      this.heartbeat = PACES
        ? new PacedHeartbeat(this.config.pace || PACE, readU32(this.config.id, 0), now)
        : new Heartbeat(INTERVAL_MS, MISSED_MAX, now);
    }
    out.push({ kind: 'settled', mode: this.mode, id: id, hello: theirs, isFirst: isFirst });
  }

  private beat(beats: HeartbeatOutput[], out: LinkOutput[]): void {
    for (let i = 0; i < beats.length; i++) {
      const beat = beats[i];
      if (beat.kind === 'send') this.say(HEARTBEAT, beat.payload, out);
      if (beat.kind === 'roundTrip') this.roundTripMs = beat.ms;
      if (beat.kind === 'silent' || (PACES && beat.kind === 'beat')) out.push(beat);
      if (beat.kind === 'drop') drop(out, 'bad-heartbeat');
    }
  }

  /** Writes what the window lets out. */
  private pump(out: LinkOutput[]): void {
    if (SHORTCUTS) this.mayWrite = false;
    while (this.credit > 0) {
      let bytes = this.writer.next();
      if (bytes === null) {
        const frame = this.queue.take();
        if (frame === null) return;
        if (this.segments === null) bytes = encodeBlock(PACKET_BLOCK, frame, this.config.crc);
        else this.writer.begin(frame);
      }
      if (bytes === null) continue;
      this.credit--;
      out.push({ kind: 'write', bytes: bytes });
    }
  }
}

function freshBytes(size: number): Uint8Array {
  return new Uint8Array(size);
}

function drop(out: LinkOutput[], reason: LinkDrop): void {
  out.push({ kind: 'drop', reason: reason });
}
