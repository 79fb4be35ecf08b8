/**
 * Record link: one line to another peer over a stream of bytes, from the first byte of its handshake
 * to its end (WIRE §24). Both ends prove who they are before anything else is said.
 *
 *   shaking -> open -> over       what fails a tag, stays silent or was not wanted ends it for good
 *
 * Packets wait in a queue, and at most `window` records are out at once: beyond it the line is full,
 * and a slow far end costs its own queue and nothing else.
 */
import { decodeHello, encodeHello } from '../core/hello.ts';
import type { Hello } from '../core/hello.ts';
import type { HeartbeatOutput } from '../core/heartbeat.ts';
import type { Machine, Millis, Tick } from '../core/machine.ts';
import { TICK } from '../core/machine.ts';
import type { Pace } from '../core/paced-heartbeat.ts';
import { PACE, PacedHeartbeat } from '../core/paced-heartbeat.ts';
import {
  encodePacket,
  FRAME_MAX,
  HEARTBEAT,
  HELLO,
  PacketView,
  plainPacket,
} from '../core/packet.ts';
import type { SendQueue } from '../core/queue.ts';
import { CRITICAL } from '../core/queue.ts';
import { settle } from '../core/version.ts';
import type { Mode } from '../core/version.ts';
import { HELLO_MAX, LinkHandshake } from '../trust/binding.ts';
import type { LinkFlaw, Neighbour } from '../trust/binding.ts';
import type { Crypto } from '../trust/crypto.ts';
import type { Identity } from '../trust/identity.ts';
import type { Role } from '../trust/noise.ts';
import type { Pins } from '../trust/pins.ts';
import { DeepQueue } from './deep-queue.ts';
import { framed, RECORD_MAX, RecordReader, RecordWriter, Unframer } from './records.ts';
import type { RecordFlaw } from './records.ts';

/** Three messages and no more, so a far end that takes longer is not there, or means no good. */
export const HANDSHAKE_MAX_MS = 10_000;
/** Of one message of a handshake: keys, tags, an introduction and a hello. */
export const MESSAGE_MAX = 256 + HELLO_MAX;

export type RecordLinkInput =
  | { kind: 'received'; bytes: Uint8Array }
  /** A packet to hand over. */
  | { kind: 'send'; bytes: Uint8Array; priority: number }
  /** One write has left. */
  | { kind: 'sent' }
  /** What our hello says has changed. */
  | { kind: 'hello'; hello: Hello }
  /** It beats otherwise from now on. */
  | { kind: 'pace'; pace: Pace };

export type RecordLinkOutput =
  | { kind: 'write'; bytes: Uint8Array }
  /** A packet that does not concern the link itself. */
  | { kind: 'heard'; bytes: Uint8Array }
  /** Who the far end is, proven, and what it can do; again when it says so anew. */
  | { kind: 'settled'; mode: Mode; neighbour: Neighbour; hello: Hello; isFirst: boolean }
  /** A heartbeat came, after so many that did not; the round trip is -1 where it told none. */
  | { kind: 'beat'; roundTripMs: Millis; missed: number }
  /** The last output: the line should be let go. */
  | { kind: 'over'; reason: RecordLinkEnd }
  | { kind: 'drop'; reason: RecordLinkDrop };

export type RecordLinkEnd =
  LinkFlaw | RecordFlaw | 'too-slow' | 'bad-hello' | 'not-allowed' | 'silent';

export type RecordLinkDrop = 'over-limit' | 'queue-full' | 'bad-heartbeat' | 'bad-hello';

export type Admit = (id: Uint8Array, token: Uint8Array) => boolean;

export type RecordLinkConfig = {
  role: Role;
  /** The id this end means to reach, or null for whoever it is. */
  wanted: Uint8Array | null;
  /** Judges who has proven to be there; `token` is what he says to be let in by, or empty (WIRE §20). */
  admit: Admit;
  /** The largest frame we take, as our hello says. */
  frameMax: number;
  /** Records that may be out at once. */
  window: number;
  /** Packets and bytes that may wait; see SendQueue for what goes first. */
  packetsMax: number;
  bytesMax: number;
  /** How it beats at first. */
  pace: Pace;
};

export const RECORD_LINK_DEFAULTS = {
  frameMax: FRAME_MAX,
  window: 4,
  packetsMax: 16_384,
  bytesMax: 4 * 1024 * 1024,
  pace: PACE,
};

export const NO_TOKEN = new Uint8Array(0);

export class RecordLink implements Machine<RecordLinkInput, RecordLinkOutput> {
  isOver = false;
  /** The last round trip, or -1. */
  roundTripMs: Millis = -1;
  private readonly config: RecordLinkConfig;
  private readonly id: Uint8Array;
  private readonly handshake: LinkHandshake;
  private readonly stream = new Unframer(MESSAGE_MAX);
  private readonly queue: SendQueue;
  private readonly packet = new PacketView();
  private hello: Hello;
  private reader: RecordReader | null = null;
  private writer: RecordWriter | null = null;
  private heartbeat: PacedHeartbeat | null = null;
  private pace: Pace;
  private neighbour: Neighbour | null = null;
  private theirFrameMax = 0;
  private credit: number;
  private hasBegun = false;
  private shakenBy: Millis;

  /** `ephemeral` is 32 secret bytes drawn for this link alone. */
  constructor(
    crypto: Crypto,
    identity: Identity,
    pins: Pins,
    config: RecordLinkConfig,
    hello: Hello,
    ephemeral: Uint8Array,
    now: Millis,
  ) {
    const { role, wanted } = config;
    const said = encodeHello(hello);
    this.handshake = new LinkHandshake(crypto, identity, pins, role, ephemeral, said, wanted);
    this.id = identity.id;
    this.config = config;
    this.hello = hello;
    this.queue = new DeepQueue(config.packetsMax, config.bytesMax);
    this.credit = config.window;
    this.pace = config.pace;
    this.shakenBy = now + HANDSHAKE_MAX_MS;
  }

  /** Packets waiting. */
  get waiting(): number {
    return this.queue.length();
  }

  step(input: RecordLinkInput | Tick, now: Millis): RecordLinkOutput[] {
    const out: RecordLinkOutput[] = [];
    if (this.isOver) return out;
    if (!this.hasBegun) {
      this.hasBegun = true;
      if (this.config.role === 'initiator') this.shake(out);
    }
    switch (input.kind) {
      case 'received':
        this.receive(input.bytes, now, out);
        break;
      case 'send':
        this.send(input.bytes, input.priority, out);
        break;
      case 'sent':
        if (this.credit < this.config.window) this.credit++;
        break;
      case 'hello':
        this.hello = input.hello;
        if (this.writer !== null) this.say(HELLO, encodeHello(this.hello), out);
        break;
      case 'pace':
        this.pace = input.pace;
        this.heartbeat?.setPace(input.pace, now);
        break;
      case 'tick':
        break;
    }
    if (now >= this.shakenBy) this.end('too-slow', out);
    const { heartbeat } = this;
    if (heartbeat !== null && now >= heartbeat.deadline())
      this.beat(heartbeat.step(TICK, now), out);
    this.pump(out);
    return out;
  }

  deadline(): Millis {
    if (this.isOver) return Infinity;
    if (!this.hasBegun) return 0;
    return Math.min(this.shakenBy, this.heartbeat?.deadline() ?? Infinity);
  }

  private receive(bytes: Uint8Array, now: Millis, out: RecordLinkOutput[]): void {
    this.stream.feed(bytes);
    for (let message = this.stream.next(); message !== null; message = this.stream.next()) {
      if (this.reader === null) this.hearShake(message, now, out);
      else this.hearRecord(this.reader, message, now, out);
      if (this.isOver) return;
    }
    if (this.stream.isBroken) this.end('too-long', out);
  }

  private hearShake(message: Uint8Array, now: Millis, out: RecordLinkOutput[]): void {
    const flaw = this.handshake.read(message);
    if (flaw !== null) return this.end(flaw, out);
    if (!this.handshake.isFinished) this.shake(out);
    if (this.handshake.isFinished && !this.isOver) this.open(now, out);
  }

  private shake(out: RecordLinkOutput[]): void {
    // Before this end names itself to someone, it looks who that is.
    const { neighbour } = this.handshake;
    if (neighbour !== null && !this.config.admit(neighbour.id, NO_TOKEN)) {
      return this.end('not-allowed', out);
    }
    const message = this.handshake.write();
    if (message === null) return this.end('low-order', out);
    out.push({ kind: 'write', bytes: framed(message) });
    this.credit--;
  }

  private open(now: Millis, out: RecordLinkOutput[]): void {
    const neighbour = this.handshake.neighbour!;
    const hello = decodeHello(neighbour.hello);
    if (typeof hello === 'string') return this.end('bad-hello', out);
    if (!this.config.admit(neighbour.id, hello.token)) return this.end('not-allowed', out);
    const { sealing, opening } = this.handshake.split();
    this.reader = new RecordReader(opening, this.config.frameMax);
    this.writer = new RecordWriter(sealing);
    this.stream.max = RECORD_MAX;
    this.neighbour = neighbour;
    this.shakenBy = Infinity;
    this.heartbeat = new PacedHeartbeat(this.pace, now);
    this.settle(hello, true, out);
  }

  private settle(theirs: Hello, isFirst: boolean, out: RecordLinkOutput[]): void {
    this.theirFrameMax = theirs.frameMax;
    const { mode } = settle(this.hello, theirs);
    out.push({ kind: 'settled', mode, neighbour: this.neighbour!, hello: theirs, isFirst });
  }

  private hearRecord(
    reader: RecordReader,
    record: Uint8Array,
    now: Millis,
    out: RecordLinkOutput[],
  ): void {
    const packets = reader.read(record, () => out.push({ kind: 'drop', reason: 'over-limit' }));
    if (typeof packets === 'string') return this.end(packets, out);
    this.heartbeat!.touch(now);
    for (const bytes of packets) {
      if (bytes[1] === HELLO || bytes[1] === HEARTBEAT) this.hearOwn(bytes, now, out);
      else out.push({ kind: 'heard', bytes });
    }
  }

  /** What concerns the link itself. */
  private hearOwn(bytes: Uint8Array, now: Millis, out: RecordLinkOutput[]): void {
    const { packet } = this;
    const isHello = bytes[1] === HELLO;
    const malformed = packet.read(bytes, this.config.frameMax);
    const payload = bytes.subarray(packet.payloadAt, packet.payloadAt + packet.payloadLength);
    if (malformed === null && !isHello) {
      return this.beat(this.heartbeat!.step({ kind: 'heard', payload }, now), out);
    }
    const hello = malformed === null ? decodeHello(payload) : malformed;
    if (typeof hello !== 'string') return this.settle(hello, false, out);
    out.push({ kind: 'drop', reason: isHello ? 'bad-hello' : 'bad-heartbeat' });
  }

  private beat(beats: HeartbeatOutput[], out: RecordLinkOutput[]): void {
    for (const beat of beats) {
      if (beat.kind === 'send') this.say(HEARTBEAT, beat.payload, out);
      if (beat.kind === 'roundTrip') this.roundTripMs = beat.ms;
      if (beat.kind === 'beat') out.push(beat);
      if (beat.kind === 'silent') this.end('silent', out);
      if (beat.kind === 'drop') out.push({ kind: 'drop', reason: 'bad-heartbeat' });
    }
  }

  private say(type: number, payload: Uint8Array, out: RecordLinkOutput[]): void {
    this.send(encodePacket(plainPacket(type, 0, 0, this.id, payload)), CRITICAL, out);
  }

  private send(bytes: Uint8Array, priority: number, out: RecordLinkOutput[]): void {
    for (let drops = this.queue.add(bytes, priority); drops > 0; drops--) {
      out.push({ kind: 'drop', reason: 'queue-full' });
    }
  }

  /** Writes what the window lets out. */
  private pump(out: RecordLinkOutput[]): void {
    if (this.credit === 0 || this.writer === null || this.isOver) return;
    const take = (): Uint8Array | null => this.take(out);
    while (this.credit > 0) {
      const record = this.writer.next(take);
      if (record === null) return;
      this.credit--;
      out.push({ kind: 'write', bytes: record });
    }
  }

  /** The next packet that the other end would take, as its hello says. */
  private take(out: RecordLinkOutput[]): Uint8Array | null {
    let bytes = this.queue.take();
    while (bytes !== null && bytes.length > this.theirFrameMax) {
      out.push({ kind: 'drop', reason: 'over-limit' });
      bytes = this.queue.take();
    }
    return bytes;
  }

  private end(reason: RecordLinkEnd, out: RecordLinkOutput[]): void {
    if (this.isOver) return;
    this.isOver = true;
    out.push({ kind: 'over', reason });
  }
}
