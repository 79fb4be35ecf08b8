/**
 * Bench: a talk and a simulated board on one cable, in virtual time, a millisecond at a time. The
 * cable has a rate, changes bits and can be pulled.
 */
import type { Millis, Random } from '../../protocol/core/machine.ts';
import { TICK } from '../../protocol/core/machine.ts';
import type { Talk, TalkInput, TalkOutput } from '../../tools/flash/talk.ts';
import type { Board } from '../../tools/simulate/board.ts';

export type Cable = {
  /** The board's rate. At another one every byte is noise. */
  baud: number;
  /** Of a thousand million bits, how many change. */
  errorsPerBillion: number;
  random: Random;
  /** Pulled once the talk has said so many bytes; the board keeps its power, or loses it with it. */
  pulledAfter: number;
  /** Changes what is on its way to the board. */
  alter?: (bytes: Uint8Array) => Uint8Array;
  /** The port says something of its own instead of the board, in each millisecond. */
  garbage?: (now: Millis) => Uint8Array;
};

export const GOOD: Cable = {
  baud: 115_200,
  errorsPerBillion: 0,
  random: () => 0,
  pulledAfter: Infinity,
};

export type Played<Remark, Result> = {
  /** Null when the cable was pulled, or the talk did not end within an hour. */
  result: Result | null;
  remarks: Remark[];
  saidBytes: number;
  bauds: number[];
  ms: Millis;
};

const HOUR_MS = 3_600_000;

export function play<Remark, Result>(
  talk: Talk<Remark, Result>,
  board: Pick<Board, 'receive' | 'work'> | null,
  cable: Cable,
): Played<Remark, Result> {
  const played: Played<Remark, Result> = {
    result: null,
    remarks: [],
    saidBytes: 0,
    bauds: [],
    ms: 0,
  };
  let isDone = false;
  let baud = cable.baud;
  /** Bytes on the wire to us, and the part of a byte that the wire has carried since. */
  let toUs: number[] = [];
  let credit = 0;
  const perform = (outputs: TalkOutput<Remark, Result>[], now: Millis): void => {
    for (const output of outputs) {
      let then: TalkInput | null = null;
      if (output.kind === 'remark') played.remarks.push(output.remark);
      else if (output.kind === 'done') {
        isDone = true;
        played.result = output.result;
      } else if (output.kind === 'baud') {
        baud = output.baud;
        played.bauds.push(baud);
        then = { kind: 'tuned' };
      } else {
        played.saidBytes += output.bytes.length;
        const bytes = cable.alter?.(output.bytes.slice()) ?? output.bytes;
        board?.receive(carried(bytes, cable, baud));
        then = { kind: 'written' };
      }
      if (then !== null) perform(talk.step(then, now), now);
    }
  };
  for (let now = 0; now < HOUR_MS && !isDone; now++) {
    played.ms = now;
    if (played.saidBytes >= cable.pulledAfter) return played;
    if (board !== null) toUs.push(...carried(board.work(now), cable, baud));
    if (cable.garbage !== undefined) toUs.push(...cable.garbage(now));
    credit = toUs.length === 0 ? 0 : credit + cable.baud / 10_000;
    const arrived = toUs.splice(0, Math.floor(credit));
    credit -= arrived.length;
    if (arrived.length > 0) {
      perform(talk.step({ kind: 'received', bytes: Uint8Array.from(arrived) }, now), now);
    }
    if (now === 0 || talk.deadline() <= now) perform(talk.step(TICK, now), now);
  }
  return played;
}

function carried(bytes: Uint8Array, cable: Cable, baud: number): Uint8Array {
  return bytes.map((byte) => {
    if (baud !== cable.baud) return cable.random(256) & 0x7e;
    let change = 0;
    if (cable.errorsPerBillion > 0) {
      for (let bit = 0; bit < 8; bit++) {
        if (cable.random(1_000_000_000) < cable.errorsPerBillion) change |= 1 << bit;
      }
    }
    return byte ^ change;
  });
}
