/**
 * Talk: a conversation with a board, written as a script from top to bottom and run as a machine. A
 * script says things, and waits for what it wants to hear or for the time to be over; every wait has
 * an end, so every talk has one.
 */
import { assert } from '../../protocol/core/assert.ts';
import { crc32 } from '../../protocol/core/crc32.ts';
import { BlockReader, PACKET_BLOCK } from '../../protocol/core/framing.ts';
import type { Machine, Millis, Tick } from '../../protocol/core/machine.ts';
import type { Script } from '../../protocol/admin/script.ts';
import { Line } from './line.ts';

export type TalkInput =
  | { kind: 'received'; bytes: Uint8Array }
  /** The system has taken what the last `write` asked for. */
  | { kind: 'written' }
  /** The port has the rate that `baud` asked for. */
  | { kind: 'tuned' };

export type TalkOutput<Remark, Result> =
  /** At most one of them is open at a time. */
  | { kind: 'write'; bytes: Uint8Array }
  | { kind: 'baud'; baud: number }
  | { kind: 'remark'; remark: Remark }
  /** The last output there is. */
  | { kind: 'done'; result: Result };

export class Talk<Remark, Result> implements Machine<TalkInput, TalkOutput<Remark, Result>> {
  private readonly speaker: Speaker<Remark>;
  private readonly script: Script<Result>;
  private isDone = false;

  constructor(baud: number, script: (speaker: Speaker<Remark>) => Script<Result>) {
    this.speaker = new Speaker(baud);
    this.script = script(this.speaker);
  }

  step(input: TalkInput | Tick, now: Millis): TalkOutput<Remark, Result>[] {
    const { speaker } = this;
    const { line } = speaker;
    assert(now >= speaker.now, 'time does not run backwards');
    speaker.now = now;
    if (this.isDone) return [];
    if (input.kind === 'received') speaker.hear(input.bytes);
    else if (input.kind === 'written') line.taken();
    else if (input.kind === 'tuned') speaker.isTuned = true;

    speaker.wakeAt = Infinity;
    const next = this.script.next();
    const outputs: TalkOutput<Remark, Result>[] = speaker.outputs.splice(0);
    if (next.done === true) {
      this.isDone = true;
      outputs.push({ kind: 'done', result: next.value });
      return outputs;
    }
    const piece = line.piece(now);
    if (piece !== null) outputs.push({ kind: 'write', bytes: piece });
    return outputs;
  }

  deadline(): Millis {
    if (this.isDone) return Infinity;
    const { now, line, wakeAt } = this.speaker;
    const wire = line.deadline();
    return Math.min(wakeAt, wire > now ? wire : Infinity);
  }
}

/** Longer blocks are not looked at: what a node says to us is shorter than WIRE §20's first limit. */
const BLOCK_MAX = 512;
/** Packets heard and not yet read; then the oldest are forgotten. */
export const PACKETS_MAX = 16;

/** What a script has to speak and listen with. */
export class Speaker<Remark> {
  now: Millis = 0;
  wakeAt: Millis = Infinity;
  isTuned = true;
  readonly line: Line;
  readonly outputs: ({ kind: 'baud'; baud: number } | { kind: 'remark'; remark: Remark })[] = [];
  /** Blocks of WIRE §22 that were heard whole: noise makes one in four thousand million. */
  blocks = 0;
  /** Packets in them; who has read one takes it out. */
  readonly packets: Uint8Array[] = [];
  private readonly reader = new BlockReader(BLOCK_MAX, crc32, (size) => new Uint8Array(size));
  private interruptedAt: Millis = -Infinity;
  private isWarned = false;

  constructor(baud: number) {
    this.line = new Line(baud);
  }

  hear(bytes: Uint8Array): void {
    for (const { kind, body } of this.reader.feed(bytes)) {
      this.blocks += 1;
      if (kind === PACKET_BLOCK && this.packets.push(body) > PACKETS_MAX) this.packets.shift();
    }
    this.line.hear(bytes, this.now);
  }

  remark(remark: Remark): void {
    this.outputs.push({ kind: 'remark', remark });
  }

  /** Waits until `find` finds something in what was heard, and at most so long. */
  *expect<T>(find: (heard: string) => T | null, timeoutMs: number): Script<T | null> {
    const until = this.now + timeoutMs;
    for (;;) {
      const found = find(this.line.heard);
      if (found !== null || this.now >= until) return found;
      this.wakeAt = until;
      yield;
    }
  }

  *pause(ms: number): Script<void> {
    yield* this.expect(() => null, ms);
  }

  /** Forgets what was heard, says `what` and waits for an answer. */
  *ask<T>(
    what: string | Uint8Array,
    find: (heard: string) => T | null,
    timeoutMs: number,
  ): Script<T | null> {
    this.line.heard = '';
    this.line.say(typeof what === 'string' ? bytesOf(what) : what);
    return yield* this.reply(find, timeoutMs);
  }

  /**
   * Waits for an answer, from when all that was said has left. A line that takes nothing is like a
   * board that says nothing.
   */
  *reply<T>(find: (heard: string) => T | null, timeoutMs: number): Script<T | null> {
    const { line } = this;
    const patienceMs = 5000 + 4 * line.wireMs;
    const left = yield* this.expect(() => {
      return line.isQuiet(this.now) || find(line.heard) !== null ? true : null;
    }, patienceMs);
    if (left === null) line.hush();
    return yield* this.expect(find, timeoutMs);
  }

  *tune(baud: number): Script<void> {
    this.isTuned = false;
    this.outputs.push({ kind: 'baud', baud });
    yield* this.expect(() => (this.isTuned ? true : null), 5000);
    this.line.setBaud(baud);
  }

  /**
   * Ctrl-C, and once more where it led into the debugger (DEVICE). The interpreter for Linux takes two
   * on an empty line within five seconds for goodbye, and says so after the first.
   */
  *interrupt(): Script<void> {
    if (this.isWarned) yield* this.pause(Math.max(0, this.interruptedAt + 5500 - this.now));
    this.interruptedAt = this.now;
    const stuck = yield* this.ask('\x03', (heard) => (/debug>/.test(heard) ? true : null), 250);
    if (stuck !== null) yield* this.ask('\x03', () => null, 250);
    this.isWarned = /Press Ctrl-C again/.test(this.line.heard);
  }
}

/** Latin-1: one byte a character. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}
