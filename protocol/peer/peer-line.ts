/**
 * Peer line: one line to another peer, from the first byte of its handshake to its end, as it is over
 * whatever carries it (WIRE §24). Both ends prove who they are before anything else is said.
 *
 *   shaking -> open -> over       what stays silent or was not wanted ends it for good
 *
 * Packets wait in a queue until whatever carries them has room, so that a slow far end costs its own
 * queue and nothing else.
 */
import { decodeHello, encodeHello } from '../core/hello.ts';
import type { Hello } from '../core/hello.ts';
import type { HeartbeatOutput } from '../core/heartbeat.ts';
import type { Machine, Millis, Tick } from '../core/machine.ts';
import { TICK } from '../core/machine.ts';
import type { Pace } from '../core/paced-heartbeat.ts';
import { PacedHeartbeat } from '../core/paced-heartbeat.ts';
import { encodePacket, HEARTBEAT, HELLO, PacketView, plainPacket } from '../core/packet.ts';
import type { SendQueue } from '../core/queue.ts';
import { CRITICAL } from '../core/queue.ts';
import { settle } from '../core/version.ts';
import type { Mode } from '../core/version.ts';
import { LinkHandshake } from '../trust/binding.ts';
import type { LinkFlaw, LinkPorts, Neighbour } from '../trust/binding.ts';
import type { Role } from '../trust/noise.ts';
import { DeepQueue } from './deep-queue.ts';
import type { Outflow } from './outflow.ts';
import type { DatagramDrop, DatagramEnd } from './datagrams.ts';
import type { RecordFlaw } from './records.ts';

/** Three messages and no more, so a far end that takes longer is not there, or means no good. */
export const HANDSHAKE_MAX_MS = 10_000;

export type PeerLineInput =
  /** `from`: where a datagram came from. */
  | { kind: 'received'; bytes: Uint8Array; from?: string }
  /** A packet to hand over. */
  | { kind: 'send'; bytes: Uint8Array; priority: number }
  /** One write has left. */
  | { kind: 'sent' }
  /** What our hello says has changed. */
  | { kind: 'hello'; hello: Hello }
  /** It beats otherwise from now on. */
  | { kind: 'pace'; pace: Pace };

export type PeerLineOutput =
  | { kind: 'write'; bytes: Uint8Array }
  /** A packet that does not concern the link itself. */
  | { kind: 'heard'; bytes: Uint8Array }
  /** Who the far end is, proven, and what it can do; again when it says so anew. */
  | { kind: 'settled'; mode: Mode; neighbour: Neighbour; hello: Hello; isFirst: boolean }
  /** A heartbeat came, after so many that did not; the round trip is -1 where it told none. */
  | { kind: 'beat'; roundTripMs: Millis; missed: number }
  /** Datagrams reach the far end there from now on. */
  | { kind: 'moved'; address: string }
  /** The last output: the line should be let go. */
  | { kind: 'over'; reason: PeerLineEnd }
  | { kind: 'drop'; reason: PeerLineDrop };

export type PeerLineEnd =
  LinkFlaw | RecordFlaw | DatagramEnd | 'too-slow' | 'bad-hello' | 'not-allowed' | 'silent';

export type PeerLineDrop =
  DatagramDrop | 'over-limit' | 'queue-full' | 'bad-heartbeat' | 'bad-hello';

export type Received = Extract<PeerLineInput, { kind: 'received' }>;

export type Admit = (id: Uint8Array, token: Uint8Array) => boolean;

export type PeerLineConfig = {
  role: Role;
  /** The id this end means to reach, or null for whoever it is. */
  wanted: Uint8Array | null;
  /** Judges who has proven to be there; `token` is what he says to be let in by, or empty (WIRE §20). */
  admit: Admit;
  /** The largest frame we take, as our hello says. */
  frameMax: number;
  /** Packets and bytes that may wait; see SendQueue for what goes first. */
  packetsMax: number;
  bytesMax: number;
  /** How it beats at first. */
  pace: Pace;
  /** How fast it may be written to; as fast as it takes where that is absent. */
  outflow?: Outflow;
};

export const NO_TOKEN = new Uint8Array(0);

export abstract class PeerLine<Config extends PeerLineConfig = PeerLineConfig> implements Machine<
  PeerLineInput,
  PeerLineOutput
> {
  isOver = false;
  /** The last round trip, or -1. */
  roundTripMs: Millis = -1;
  protected readonly config: Config;
  protected readonly handshake: LinkHandshake;
  private readonly id: Uint8Array;
  private readonly queue: SendQueue;
  private readonly packet = new PacketView();
  private hello: Hello;
  private heartbeat: PacedHeartbeat | null = null;
  private pace: Pace;
  private neighbour: Neighbour | null = null;
  private theirFrameMax = 0;
  private hasBegun = false;
  private shakenBy: Millis;
  /** Our last heartbeat: when it was said, and how long it waited here, which is nothing of the way. */
  private beatSaidAt: Millis = 0;
  private beatWaitMs: Millis = 0;
  private now: Millis;

  /** `ephemeral` is 32 secret bytes drawn for this line alone. */
  constructor(ports: LinkPorts, config: Config, hello: Hello, ephemeral: Uint8Array, now: Millis) {
    const { role, wanted } = config;
    const said = encodeHello(hello);
    this.handshake = new LinkHandshake(ports, role, ephemeral, said, wanted);
    this.id = ports.identity.id;
    this.config = config;
    this.hello = hello;
    this.queue = new DeepQueue(config.packetsMax, config.bytesMax);
    this.pace = config.pace;
    this.shakenBy = now + HANDSHAKE_MAX_MS;
    this.now = now;
  }

  /** Packets waiting. */
  get waiting(): number {
    return this.queue.length();
  }

  /** Whether it is known who is there. */
  get isOpen(): boolean {
    return this.neighbour !== null;
  }

  step(input: PeerLineInput | Tick, now: Millis): PeerLineOutput[] {
    const out: PeerLineOutput[] = [];
    if (this.isOver) return out;
    this.now = now;
    if (!this.hasBegun) {
      this.hasBegun = true;
      if (this.config.role === 'initiator') this.begin(now, out);
    }
    switch (input.kind) {
      case 'received':
        this.receive(input, now, out);
        break;
      case 'send':
        this.send(input.bytes, input.priority, out);
        break;
      case 'sent':
        this.left();
        this.config.outflow?.sent(now);
        break;
      case 'hello':
        this.hello = input.hello;
        if (this.isOpen) this.say(HELLO, encodeHello(this.hello), out);
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
      this.beat(heartbeat.step(TICK, now), now, out);
    if (!this.isOver) this.flow(input.kind === 'tick', now, out);
    return out;
  }

  deadline(): Millis {
    if (this.isOver) return Infinity;
    if (!this.hasBegun) return 0;
    const { outflow } = this.config;
    const own = Math.min(this.shakenBy, this.heartbeat?.deadline() ?? Infinity);
    return outflow === undefined ? own : Math.min(own, outflow.deadline());
  }

  /** The first message of a handshake, where it is ours. */
  protected abstract begin(now: Millis, out: PeerLineOutput[]): void;

  protected abstract receive(input: Received, now: Millis, out: PeerLineOutput[]): void;

  /** What is written last, where the other end would not notice the end; null for nothing. */
  farewell(): Uint8Array | null {
    return null;
  }

  /** Writes what there is room for. */
  protected abstract pump(now: Millis, out: PeerLineOutput[]): void;

  /** A write has left. */
  protected left(): void {}

  /** Our next message of the handshake; null where the line has ended instead. */
  protected message(out: PeerLineOutput[]): Uint8Array | null {
    // Before this end names itself to someone, it looks who that is.
    const { neighbour } = this.handshake;
    if (neighbour !== null && !this.config.admit(neighbour.id, NO_TOKEN)) {
      this.end('not-allowed', out);
      return null;
    }
    const message = this.handshake.write();
    if (message === null) this.end('low-order', out);
    return message;
  }

  /** The handshake is over, and its keys are there. */
  protected open(now: Millis, out: PeerLineOutput[]): void {
    const neighbour = this.handshake.neighbour!;
    const hello = decodeHello(neighbour.hello);
    if (typeof hello === 'string') return this.end('bad-hello', out);
    if (!this.config.admit(neighbour.id, hello.token)) return this.end('not-allowed', out);
    this.handshake.pin();
    this.neighbour = neighbour;
    this.shakenBy = Infinity;
    // At moments of its own: whom we meet over the air as well shall show there is life twice.
    this.heartbeat = new PacedHeartbeat(this.pace, now, now);
    this.settle(hello, true, out);
  }

  /** Something came that only the other end can have said. */
  protected touch(now: Millis): void {
    this.heartbeat!.touch(now);
  }

  protected hear(bytes: Uint8Array, now: Millis, out: PeerLineOutput[]): void {
    if (bytes[1] === HELLO || bytes[1] === HEARTBEAT) this.hearOwn(bytes, now, out);
    else out.push({ kind: 'heard', bytes });
  }

  /** The next packet that the other end would take, as its hello says. */
  protected take(out: PeerLineOutput[]): Uint8Array | null {
    let bytes = this.queue.take();
    while (bytes !== null && bytes.length > this.theirFrameMax) {
      out.push({ kind: 'drop', reason: 'over-limit' });
      bytes = this.queue.take();
    }
    if (bytes !== null && bytes[1] === HEARTBEAT) this.beatWaitMs = this.now - this.beatSaidAt;
    return bytes;
  }

  /** Bytes that may be written at once now; 0 while what waits must go on waiting. */
  protected allowance(now: Millis): number {
    return this.config.outflow?.allowance(now) ?? Infinity;
  }

  protected wrote(size: number, now: Millis): void {
    this.config.outflow?.wrote(size, now);
  }

  protected end(reason: PeerLineEnd, out: PeerLineOutput[]): void {
    if (this.isOver) return;
    this.isOver = true;
    out.push({ kind: 'over', reason });
  }

  private settle(theirs: Hello, isFirst: boolean, out: PeerLineOutput[]): void {
    this.theirFrameMax = theirs.frameMax;
    const { mode } = settle(this.hello, theirs);
    out.push({ kind: 'settled', mode, neighbour: this.neighbour!, hello: theirs, isFirst });
  }

  /** What concerns the line itself. */
  private hearOwn(bytes: Uint8Array, now: Millis, out: PeerLineOutput[]): void {
    const { packet } = this;
    const isHello = bytes[1] === HELLO;
    const malformed = packet.read(bytes, this.config.frameMax);
    const payload = bytes.subarray(packet.payloadAt, packet.payloadAt + packet.payloadLength);
    if (malformed === null && !isHello) {
      return this.beat(this.heartbeat!.step({ kind: 'heard', payload }, now), now, out);
    }
    const hello = malformed === null ? decodeHello(payload) : malformed;
    if (typeof hello !== 'string') return this.settle(hello, false, out);
    out.push({ kind: 'drop', reason: isHello ? 'bad-hello' : 'bad-heartbeat' });
  }

  /** Whoever must wait is let out when it is his turn among the lines, which a tick is. */
  private flow(isTick: boolean, now: Millis, out: PeerLineOutput[]): void {
    const { outflow } = this.config;
    outflow?.step(now);
    if (outflow !== undefined && outflow.heldUntil < Infinity && !isTick) return;
    outflow?.release();
    this.pump(now, out);
  }

  private beat(beats: HeartbeatOutput[], now: Millis, out: PeerLineOutput[]): void {
    for (const beat of beats) {
      if (beat.kind === 'send') this.sayBeat(beat.payload, now, out);
      if (beat.kind === 'roundTrip') this.roundTripMs = beat.ms;
      if (beat.kind === 'beat') this.hearBeat(beat, now, out);
      if (beat.kind === 'silent') this.end('silent', out);
      if (beat.kind === 'drop') out.push({ kind: 'drop', reason: 'bad-heartbeat' });
    }
  }

  private sayBeat(payload: Uint8Array, now: Millis, out: PeerLineOutput[]): void {
    this.beatSaidAt = now;
    this.say(HEARTBEAT, payload, out);
  }

  private hearBeat(
    beat: Extract<HeartbeatOutput, { kind: 'beat' }>,
    now: Millis,
    out: PeerLineOutput[],
  ): void {
    const { roundTripMs, missed } = beat;
    const tripMs = roundTripMs < 0 ? -1 : Math.max(0, roundTripMs - this.beatWaitMs);
    this.config.outflow?.beat(tripMs, missed, now);
    out.push(beat);
  }

  private say(type: number, payload: Uint8Array, out: PeerLineOutput[]): void {
    this.send(encodePacket(plainPacket(type, 0, 0, this.id, payload)), CRITICAL, out);
  }

  private send(bytes: Uint8Array, priority: number, out: PeerLineOutput[]): void {
    for (let drops = this.queue.add(bytes, priority); drops > 0; drops--) {
      out.push({ kind: 'drop', reason: 'queue-full' });
    }
  }
}
