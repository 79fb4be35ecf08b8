/**
 * Flasher: against a simulated board, in virtual time. Whatever the cable does, what boots is whole:
 * the firmware before or the new one.
 */
import { describe, expect, it } from 'vitest';
import { BlockReader, encodeBlock, TEXT_BLOCK } from '../../protocol/core/framing.ts';
import { crc32 } from '../../protocol/core/crc32.ts';
import type { FlashJob, FlashOutcome } from '../../tools/flash/flasher.ts';
import { flasher } from '../../tools/flash/flasher.ts';
import { LOADER } from '../../tools/flash/slots.ts';
import { survey } from '../../tools/flash/survey.ts';
import { bytesOf } from '../../tools/flash/talk.ts';
import type { BoardMake } from '../../tools/simulate/board.ts';
import { Board, Flash, PUCK } from '../../tools/simulate/board.ts';
import { runs, SEED, xorshift } from '../seed.ts';
import type { Cable } from './bench.ts';
import { GOOD, play } from './bench.ts';

const LEGACY: BoardMake = { ...PUCK, version: '2v20.0' };

describe('flashing', () => {
  for (const [kind, make, way] of [
    ['by packets', PUCK, 'packets'],
    ['by lines before 2v25', LEGACY, 'lines'],
  ] as const) {
    it(`starts what it wrote, in the slot that was idle, ${kind}`, () => {
      const { board, flash } = fresh(make);
      for (const [name, slot] of [
        ['v1', 'hopline.a'],
        ['v2', 'hopline.b'],
        ['v3', 'hopline.a'],
        ['v4', 'hopline.b'],
      ]) {
        const { result } = play(flasher(job(firmware(name))), board, GOOD);
        expect(result).toMatchObject({ ok: true, outcome: { kind: 'flashed', slot, way } });
        expect(board.started).toEqual([name]);
        board.powerUp();
        expect(board.started).toEqual([name]);
      }
      expect(flash.list().sort()).toEqual(['.bootcde', 'hopline.a', 'hopline.b']);
      expect(board.lost).toBe(0);
    });
  }

  it('tells how far it is, from nothing to all, and which board it found', () => {
    const { remarks } = play(flasher(job(firmware('v1'))), fresh().board, GOOD);
    const done = remarks.flatMap((remark) => (remark.kind === 'progress' ? [remark.done] : []));
    expect(done[0]).toBe(0);
    expect(done.at(-1)).toBe(firmware('v1').length + 25);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
    expect(remarks[0]).toMatchObject({ kind: 'recognised', board: { name: 'PUCKJS' } });
  });

  it('carries every byte there is', () => {
    const all = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('');
    for (const make of [PUCK, LEGACY]) {
      const { board, flash } = fresh(make);
      play(flasher(job(all)), board, GOOD);
      expect(flash.read('hopline.a')!.slice(25)).toEqual(bytesOf(all));
    }
  });

  it('writes nothing when the board has it, and puts a lost loader back', () => {
    const { board, flash } = flashed('v1');
    const before = flash.written;
    expect(outcomeOf(board, job(firmware('v1')))).toMatchObject({ kind: 'same' });
    expect(flash.written).toBe(before);
    flash.erase('.bootcde');
    board.powerUp();
    expect(board.started).toEqual([]);
    play(flasher(job(firmware('v1'))), board, GOOD);
    expect(board.started).toEqual(['v1']);
  });

  it('takes the place of a program that was there, and keeps other files', () => {
    const { board, flash } = fresh();
    flash.write('.bootcde', bytesOf('started("theirs")'), 0, 0);
    flash.write('notes', bytesOf('kept'), 0, 0);
    board.powerUp();
    expect(outcomeOf(board, job(firmware('v1')))).toMatchObject({ kind: 'flashed' });
    expect(board.started).toEqual(['v1']);
    expect(flash.list().sort()).toEqual(['.bootcde', 'hopline.a', 'notes']);
  });

  it('erases all first when asked to', () => {
    const { board, flash } = flashed('v1');
    flash.write('settings', bytesOf('old'), 0, 0);
    const again = { ...job(firmware('v1')), erase: true };
    expect(outcomeOf(board, again)).toMatchObject({ kind: 'flashed' });
    expect(flash.list().sort()).toEqual(['.bootcde', 'hopline.a']);
    expect(board.started).toEqual(['v1']);
  });

  it('passes on what new firmware says when it breaks off', () => {
    const { board } = fresh();
    const outcome = outcomeOf(board, job('started("v1"); throw new Error("no radio")'));
    expect(outcome).toMatchObject({ kind: 'flashed', words: 'Error: no radio' });
  });
});

describe('looking only', () => {
  it('compares what boots, and changes nothing', () => {
    const { board, flash } = flashed('v1');
    const before = flash.written;
    const verify = (name: string): FlashJob => ({ ...job(firmware(name)), mode: 'verify' });
    expect(play(flasher(verify('v1')), board, GOOD).result).toMatchObject({ ok: true });
    expect(play(flasher(verify('v2')), board, GOOD).result).toMatchObject({
      ok: false,
      failure: { reason: 'different', boots: 'hopline.a' },
    });
    expect(play(flasher(verify('v1')), fresh().board, GOOD).result).toMatchObject({
      failure: { reason: 'different', boots: null },
    });
    expect([flash.written, board.started]).toEqual([before, ['v1']]);
  });

  it('says what would be done, and does none of it', () => {
    const { board, flash } = flashed('v1');
    const before = flash.written;
    const dry: FlashJob = { ...job(firmware('v2')), mode: 'dry-run', erase: true };
    expect(outcomeOf(board, dry)).toMatchObject({ kind: 'would-flash', slot: 'hopline.a' });
    expect(outcomeOf(board, { ...dry, erase: false })).toMatchObject({ slot: 'hopline.b' });
    expect([flash.written, board.started]).toEqual([before, ['v1']]);
  });
});

describe('a refusal', () => {
  it('names another board than was asked for, and leaves it alone', () => {
    const { board, flash } = flashed('v1');
    const before = flash.written;
    const wrong = { ...job(firmware('v2')), boardNames: ['PIXLJS'] };
    expect(play(flasher(wrong), board, GOOD).result).toMatchObject({
      ok: false,
      board: { name: 'PUCKJS' },
      failure: { reason: 'wrong-board' },
    });
    expect(flash.written).toBe(before);
    const right = { ...wrong, boardNames: ['PIXLJS', 'PUCKJS'] };
    expect(outcomeOf(board, right)).toMatchObject({ kind: 'flashed' });
  });

  it('comes before anything is written when the firmware does not fit', () => {
    const { board, flash } = flashed('v1', { ...PUCK, storageBytes: 20_000 });
    const before = flash.written;
    const large = job(firmware('v2').padEnd(10_000, ' '));
    expect(play(flasher(large), board, GOOD).result).toMatchObject({
      failure: { reason: 'too-large', neededBytes: 10_076 },
    });
    expect(flash.written).toBe(before);
    board.powerUp();
    expect(board.started).toEqual(['v1']);
  });

  it('is right about what fits to the byte', () => {
    const length = 5000;
    const { neededBytes } = outcomeOf(fresh().board, {
      ...job(firmware('v1').padEnd(length, ' ')),
      mode: 'dry-run',
    }) as FlashOutcome & { kind: 'would-flash' };
    for (const [storageBytes, ok] of [
      [neededBytes, true],
      [neededBytes - 1, false],
    ] as const) {
      const { board } = fresh({ ...PUCK, storageBytes });
      const { result } = play(flasher(job(firmware('v1').padEnd(length, ' '))), board, GOOD);
      expect(result!.ok).toBe(ok);
    }
  });
});

describe('a console', () => {
  it('that is locked opens to its password only', () => {
    const locking = `E.setPassword("let me in");E.lockConsole();${firmware('v1')}`;
    for (const [password, expected] of [
      [null, { ok: false, failure: { reason: 'locked' } }],
      ['let me', { ok: false, failure: { reason: 'wrong-password' } }],
      ['let me in', { ok: true, outcome: { kind: 'flashed' } }],
    ] as const) {
      const { board } = fresh();
      play(flasher(job(locking)), board, GOOD);
      board.powerUp();
      const { result } = play(flasher({ ...job(firmware('v2')), password }), board, GOOD);
      expect(result).toMatchObject(expected);
      expect(board.started).toEqual([result!.ok ? 'v2' : 'v1']);
    }
  });

  for (const [state, upset] of [
    ['stuck in the debugger', (board: Board) => board.breakIn()],
    ['with half a line typed', (board: Board) => board.type('print("abc')],
    ['with an open bracket', (board: Board) => board.type('f({\n')],
  ] as const) {
    for (const make of [PUCK, LEGACY]) {
      it(`${state} is brought back, on ${make.version}`, () => {
        const { board } = flashed('v1', make);
        upset(board);
        expect(outcomeOf(board, job(firmware('v2')))).toMatchObject({ kind: 'flashed' });
        expect(board.started).toEqual(['v2']);
      });
    }
  }

  it('is open to whoever holds the button as the board starts', () => {
    const { board } = flashed('v1');
    board.holdsButton = true;
    board.powerUp();
    expect(board.started).toEqual([]);
    board.holdsButton = false;
    board.powerUp();
    expect(board.started).toEqual(['v1']);
  });

  it('is found at either rate, and used at that', () => {
    for (const make of [PUCK, LEGACY]) {
      for (const baud of [9600, 115_200]) {
        const { board } = fresh(make);
        const cable = { ...GOOD, baud, random: xorshift(SEED) };
        const { result, bauds } = play(flasher(job(firmware('v1').slice(0, 3000))), board, cable);
        const way = make === PUCK ? 'packets' : 'lines';
        expect(result).toMatchObject({ ok: true, board: { baud }, outcome: { way } });
        expect(bauds.at(-1)).toBe(baud);
      }
    }
  });

  it('of Hopline itself is recognised when it speaks only to those who greet it', () => {
    const reader = new BlockReader(512, crc32, (size) => new Uint8Array(size));
    const block = encodeBlock(TEXT_BLOCK, bytesOf('hello'), crc32);
    let answer = new Uint8Array();
    const node = {
      receive: (bytes: Uint8Array) => {
        if (reader.feed(bytes).length > 0) answer = block.slice();
      },
      work: () => {
        const said = answer;
        answer = new Uint8Array();
        return said;
      },
    };
    const { result } = play(survey([115_200], null, 1), node, GOOD);
    expect(result).toEqual({ ok: false, failure: { reason: 'node' } });
  });

  it('of Hopline itself is told from a stranger, and both from silence', () => {
    const block = encodeBlock(TEXT_BLOCK, bytesOf('hello'), crc32);
    const chatter = xorshift(SEED);
    for (const [reason, garbage] of [
      ['node', (now: number) => (now % 100 === 0 ? block : new Uint8Array())],
      ['stranger', () => Uint8Array.from({ length: 12 }, () => chatter(256))],
      ['silent', () => new Uint8Array()],
    ] as const) {
      const { result, ms } = play(survey([115_200, 9600], null, 1), null, { ...GOOD, garbage });
      expect(result).toEqual({ ok: false, failure: { reason } });
      // A port that talks garbage for ever is listened to no longer than a silent one.
      expect(ms).toBeLessThan(60_000);
    }
  });
});

describe('flow control', () => {
  it('is honoured: a slow board loses nothing', () => {
    const slow = { ...PUCK, inputPerMs: 4 };
    const { board } = fresh(slow);
    const { result } = play(flasher(job(firmware('v1'))), board, GOOD);
    expect(result).toMatchObject({ outcome: { kind: 'flashed', way: 'packets' } });
    expect(board.lost).toBe(0);
  });

  it('is not needed by lines: no line is longer than what a board can hold', () => {
    const { board } = fresh({ ...LEGACY, inputPerMs: 4, flowControl: false });
    const { result } = play(flasher(job(firmware('v1'))), board, GOOD);
    expect(result).toMatchObject({ outcome: { kind: 'flashed', way: 'lines' } });
    expect(board.lost).toBe(0);
  });
});

describe('a bad cable', () => {
  it('that changes one bit in ten thousand delays it and harms nothing', () => {
    for (let round = 0; round < runs(6, 200); round++) {
      const { board, flash } = flashed('v1', round % 2 === 0 ? PUCK : LEGACY);
      const cable = { ...GOOD, errorsPerBillion: 100_000, random: xorshift(SEED + round) };
      const { result, remarks } = play(flasher(job(firmware('v2'))), board, cable);
      expect(result, `round ${round}`).toMatchObject({
        outcome: { kind: 'flashed', way: 'lines' },
      });
      if (round % 2 === 0) expect(remarks).toContainEqual({ kind: 'again', way: 'lines' });
      board.powerUp();
      expect(board.started).toEqual(['v2']);
      expect(flash.list().sort()).toEqual(['.bootcde', 'hopline.a', 'hopline.b']);
    }
  });

  it('that damages a name leaves no file behind that nobody looks for', () => {
    const { board, flash } = flashed('v1');
    let isDone = false;
    const alter = (bytes: Uint8Array): Uint8Array => {
      const at = String.fromCharCode(...bytes).indexOf('{fn:"hopline');
      if (at >= 0 && !isDone) bytes[at + 5] ^= 1;
      isDone ||= at >= 0;
      return bytes;
    };
    const { result } = play(flasher(job(firmware('v2'))), board, { ...GOOD, alter });
    expect([isDone, result!.ok, board.started]).toEqual([true, true, ['v2']]);
    expect(flash.list().sort()).toEqual(['.bootcde', 'hopline.a', 'hopline.b']);
  });

  it('that is pulled anywhere leaves a board that boots, and the next run recovers', () => {
    const random = xorshift(SEED);
    const whole = play(flasher(job(firmware('v2'))), flashed('v1').board, GOOD).saidBytes;
    for (let round = 0; round < runs(10, 500); round++) {
      const { board, flash } = flashed('v1');
      const cable = { ...GOOD, pulledAfter: 1 + random(whole) };
      const { result } = play(flasher(job(firmware('v2'))), board, cable);
      expect(result).toBe(null);
      board.powerUp();
      expect([['v1'], ['v2']], `pulled after ${cable.pulledAfter}`).toContainEqual(board.started);
      recover(board, flash);
    }
  });

  it('that takes the power with it at any byte of flash leaves a board that boots', () => {
    const small = 'started("v2")';
    const whole = writtenBy(small);
    const step = Math.ceil(whole / runs(80, whole));
    const ends = new Set<string>();
    for (let cut = 0; cut < whole; cut += step) {
      const { board, flash } = theirs();
      flash.powerLeft = cut;
      const { result } = play(flasher(job(small)), board, GOOD);
      expect(result?.ok ?? false).toBe(false);
      board.powerUp();
      ends.add(board.started.join('+'));
      recover(board, flash, 'started("v3")');
    }
    // While the loader is put in place both may start, never neither.
    for (const end of ends) expect(['theirs', 'v2', 'v2+theirs']).toContain(end);
    expect(ends.size).toBeGreaterThan(1);
  });
});

/** A run on a good cable, after which nothing is left of the one that was cut short. */
function recover(board: Board, flash: Flash, code = firmware('v3')): void {
  const { result } = play(flasher(job(code)), board, GOOD);
  expect(result).toMatchObject({ ok: true });
  expect(board.started).toEqual(['v3']);
  for (const name of flash.list()) expect(['.bootcde', 'hopline.a', 'hopline.b']).toContain(name);
  expect(flash.read('.bootcde')).toEqual(bytesOf(LOADER));
}

/** Bytes of flash that one flashing over somebody else's program writes. */
function writtenBy(small: string): number {
  const { board, flash } = theirs();
  const before = flash.written;
  play(flasher(job(small)), board, GOOD);
  return flash.written - before;
}

/** A board with a program of somebody else. */
function theirs(): { board: Board; flash: Flash } {
  const made = fresh();
  made.flash.write('.bootcde', bytesOf('started("theirs")'), 0, 0);
  made.board.powerUp();
  return made;
}

function flashed(name: string, make: BoardMake = PUCK): { board: Board; flash: Flash } {
  const made = fresh(make);
  expect(outcomeOf(made.board, job(firmware(name)))).toMatchObject({ kind: 'flashed' });
  return made;
}

function fresh(make: BoardMake = PUCK): { board: Board; flash: Flash } {
  const flash = new Flash(make.storageBytes);
  return { board: new Board(make, flash), flash };
}

function outcomeOf(board: Board, todo: FlashJob, cable: Cable = GOOD): FlashOutcome {
  const { result } = play(flasher(todo), board, cable);
  if (result?.ok !== true) expect.fail(JSON.stringify(result));
  return result.outcome;
}

/** Ten kilobytes that say who they are when they start. */
function firmware(name: string): string {
  return `started("${name}");//${'0123456789abcdef'.repeat(625)}`;
}

function job(code: string): FlashJob {
  return {
    mode: 'flash',
    firmware: code,
    boardNames: null,
    erase: false,
    bauds: [115_200, 9600],
    password: null,
    seed: 1,
  };
}
