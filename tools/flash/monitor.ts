/**
 * Monitor: what one node says on its port, told apart. Blocks (WIRE §22) are packets and log lines; a
 * board without firmware types plain lines. It greets the node as a peer would, so that packets come
 * its way, and asks for statistics now and then.
 */
import { STATISTICS } from '../../protocol/core/control-codes.ts';
import { crc32 } from '../../protocol/core/crc32.ts';
import { BlockReader, PACKET_BLOCK } from '../../protocol/core/framing.ts';
import type { Machine, Millis, Tick } from '../../protocol/core/machine.ts';
import { CONTROL } from '../../protocol/core/packet.ts';
import { decodeReply, encodeRequest, statisticsIn } from '../../protocol/wire/administer.ts';
import { openPacket } from '../../protocol/wire/packet.ts';
import type { Packet } from '../../protocol/wire/packet.ts';
import { greeting, linkPacket } from '../../protocol/admin/greeting.ts';
import type { TalkInput, TalkOutput } from './talk.ts';
import { joined } from '../../protocol/joined.ts';

export type Heard =
  /** A log line of the node. */
  | { kind: 'log'; text: string }
  | { kind: 'statistics'; values: Record<string, number> }
  /** It keeps its statistics to its admin. */
  | { kind: 'refused' }
  | { kind: 'packet'; packet: Packet; size: number }
  /** A line that is no block: of the Espruino console, or of something else. */
  | { kind: 'console'; text: string };

/** The largest packet and log line that is shown; longer ones are counted as drops. */
const BODY_MAX = 4096;
/** Longer lines of a console are cut here. */
const LINE_MAX = 512;
const LF = 0x0a;
/** Backspace, tab, carriage return, escape. */
const CONSOLE_CONTROLS = [0x08, 0x09, 0x0d, 0x1b];
const ASK_EVERY_MS = 5000;
/** A port that has said nothing for so long is greeted first: some nodes only answer. */
const GREET_MS = 2000;

export class Monitor implements Machine<TalkInput, TalkOutput<Heard, never>> {
  private readonly id: Uint8Array;
  private readonly reader = new BlockReader(BODY_MAX, crc32, (size) => new Uint8Array(size));
  private line = '';
  private isBinary = false;
  private requests = 0;
  /** Null until it is known that blocks are welcome: a console would take them for keys. */
  private nextAt: Millis | null = null;
  private isNode = false;
  private isConsole = false;
  private isWriting = false;

  /** `id` is eight bytes of chance. */
  constructor(id: Uint8Array) {
    this.id = id;
  }

  step(input: TalkInput | Tick, now: Millis): TalkOutput<Heard, never>[] {
    const out: TalkOutput<Heard, never>[] = [];
    if (input.kind === 'received') this.hear(input.bytes, out);
    else if (input.kind === 'written') this.isWriting = false;
    this.nextAt ??= now + GREET_MS;
    if (this.isNode && this.requests === 0) this.nextAt = now;
    if (now >= this.deadline()) {
      this.nextAt = now + ASK_EVERY_MS;
      this.isWriting = true;
      const hello = this.requests === 0 ? [greeting(this.id, BODY_MAX, 0)] : [];
      this.requests = (this.requests + 1) & 0xffff;
      const ask = encodeRequest(this.requests, STATISTICS, null, null);
      out.push({
        kind: 'write',
        bytes: joined([...hello, linkPacket(CONTROL, ask, this.id, this.requests)]),
      });
    }
    return out;
  }

  deadline(): Millis {
    const mayWrite = !this.isWriting && (this.isNode || !this.isConsole);
    return mayWrite ? (this.nextAt ?? 0) : Infinity;
  }

  private hear(bytes: Uint8Array, out: TalkOutput<Heard, never>[]): void {
    // A piece ends where a block or a line may, so that what was said first is told first.
    for (let from = 0; from < bytes.length;) {
      let end = from;
      while (end < bytes.length && bytes[end] !== 0 && bytes[end] !== LF) end++;
      this.hearBlocks(bytes.subarray(from, end + 1), out);
      for (const byte of bytes.subarray(from, end + 1)) this.hearLine(byte, out);
      from = end + 1;
    }
  }

  private hearBlocks(bytes: Uint8Array, out: TalkOutput<Heard, never>[]): void {
    for (const { kind, body } of this.reader.feed(bytes)) {
      this.isNode = true;
      const heard = kind === PACKET_BLOCK ? openedPacket(body) : logLine(body);
      if (heard !== null) out.push({ kind: 'remark', remark: heard });
    }
  }

  private hearLine(byte: number, out: TalkOutput<Heard, never>[]): void {
    if (byte === 0) {
      // What stood before was a block, or a piece of one.
      this.line = '';
      this.isBinary = false;
    } else if (byte === LF) {
      const isConsoleEnd = this.line.endsWith('\r');
      const text = this.line.trimEnd();
      if (!this.isBinary && text !== '') {
        this.isConsole = true;
        out.push({ kind: 'remark', remark: { kind: 'console', text } });
      }
      this.line = '';
      // A console ends its lines with both; in a block a line feed ends nothing.
      if (isConsoleEnd) this.isBinary = false;
    } else if (byte < 0x20 && !CONSOLE_CONTROLS.includes(byte)) {
      // Every block has such a byte ahead of any line: its kind.
      this.isBinary = true;
    } else if (this.line.length < LINE_MAX) this.line += String.fromCharCode(byte);
  }
}

function logLine(body: Uint8Array): Heard {
  return { kind: 'log', text: new TextDecoder().decode(body) };
}

function openedPacket(body: Uint8Array): Heard | null {
  const opened = openPacket(body);
  if (!opened.ok) return null;
  const { packet } = opened;
  if (packet.type !== CONTROL) return { kind: 'packet', packet, size: body.length };
  const reply = decodeReply(packet.payload);
  if (typeof reply === 'string' || reply.operation !== STATISTICS) return null;
  if (reply.status !== 0) return { kind: 'refused' };
  return { kind: 'statistics', values: statisticsIn(reply) };
}
