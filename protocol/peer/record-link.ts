/**
 * Record link: a peer line over a stream of bytes, as TCP and WebSockets are (WIRE §24). What fails a
 * tag or a length ends it. At most `window` records are out at once: beyond it the line is full. How
 * fast they leave is its Outflow's to say.
 */
import type { Hello } from '../core/hello.ts';
import type { Millis } from '../core/machine.ts';
import { PACE } from '../core/paced-heartbeat.ts';
import { FRAME_MAX } from '../core/packet.ts';
import type { LinkPorts } from '../trust/binding.ts';
import { HELLO_MAX } from '../trust/binding.ts';
import type { PeerLineConfig, PeerLineOutput, Received } from './peer-line.ts';
import { PeerLine } from './peer-line.ts';
import { framed, RECORD_MAX, RecordReader, RecordWriter, Unframer } from './records.ts';

/** Of one message of a handshake: keys, tags, an introduction and a hello. */
export const MESSAGE_MAX = 256 + HELLO_MAX;

export type RecordLinkConfig = PeerLineConfig & {
  /** Records that may be out at once. */
  window: number;
};

export const RECORD_LINK_DEFAULTS = {
  frameMax: FRAME_MAX,
  window: 4,
  packetsMax: 16_384,
  bytesMax: 4 * 1024 * 1024,
  pace: PACE,
};

export class RecordLink extends PeerLine<RecordLinkConfig> {
  private readonly stream = new Unframer(MESSAGE_MAX);
  private reader: RecordReader | null = null;
  private writer: RecordWriter | null = null;
  private credit: number;

  constructor(
    ports: LinkPorts,
    config: RecordLinkConfig,
    hello: Hello,
    ephemeral: Uint8Array,
    now: Millis,
  ) {
    super(ports, config, hello, ephemeral, now);
    this.credit = config.window;
  }

  protected override begin(now: Millis, out: PeerLineOutput[]): void {
    this.shake(now, out);
  }

  protected override receive({ bytes }: Received, now: Millis, out: PeerLineOutput[]): void {
    this.stream.feed(bytes);
    for (let message = this.stream.next(); message !== null; message = this.stream.next()) {
      if (this.reader === null) this.hearShake(message, now, out);
      else this.hearRecord(this.reader, message, now, out);
      if (this.isOver) return;
    }
    if (this.stream.isBroken) this.end('too-long', out);
  }

  protected override left(): void {
    if (this.credit < this.config.window) this.credit++;
  }

  protected override pump(now: Millis, out: PeerLineOutput[]): void {
    const { writer } = this;
    if (this.credit === 0 || writer === null) return;
    const take = (): Uint8Array | null => this.take(out);
    while (this.credit > 0 && (writer.isUnderWay || this.waiting > 0)) {
      const most = this.allowance(now);
      const record = most === 0 ? null : writer.next(take, most);
      if (record === null) return;
      this.write(record, now, out);
    }
  }

  private write(bytes: Uint8Array, now: Millis, out: PeerLineOutput[]): void {
    this.credit--;
    this.wrote(bytes.length, now);
    out.push({ kind: 'write', bytes });
  }

  private hearShake(message: Uint8Array, now: Millis, out: PeerLineOutput[]): void {
    const flaw = this.handshake.read(message);
    if (flaw !== null) return this.end(flaw, out);
    if (!this.handshake.isFinished) this.shake(now, out);
    if (!this.handshake.isFinished || this.isOver) return;
    const { sealing, opening } = this.handshake.split();
    this.reader = new RecordReader(opening, this.config.frameMax);
    this.writer = new RecordWriter(sealing);
    this.stream.max = RECORD_MAX;
    this.open(now, out);
  }

  private shake(now: Millis, out: PeerLineOutput[]): void {
    const message = this.message(out);
    if (message !== null) this.write(framed(message), now, out);
  }

  private hearRecord(
    reader: RecordReader,
    record: Uint8Array,
    now: Millis,
    out: PeerLineOutput[],
  ): void {
    const packets = reader.read(record, () => out.push({ kind: 'drop', reason: 'over-limit' }));
    if (typeof packets === 'string') return this.end(packets, out);
    this.touch(now);
    for (const bytes of packets) this.hear(bytes, now, out);
  }
}
