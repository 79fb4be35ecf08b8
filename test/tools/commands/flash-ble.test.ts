/**
 * Flashing over Bluetooth: the same command over Nordic UART, through unmodified noble on a virtual
 * radio. The board's console is the simulated one, or a real interpreter.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { plugIn } from '../../../tools/bench/cable.ts';
import { Board, Flash, PUCK } from '../../../tools/simulate/board.ts';
import { HAS_LIBRARIES, openRig } from '../../ble/rig.ts';
import type { Child, Rig } from '../../ble/rig.ts';
import { BINARY, realBoard } from '../../espruino/real-board.ts';
import { cable, SOCAT } from '../../pty.ts';
import { runs, SEED, xorshift } from '../../seed.ts';

const MISSING = !HAS_LIBRARIES
  ? ' (skipped: no noble and bleno)'
  : SOCAT
    ? ''
    : ' (skipped: no socat)';
const FILES = {
  'before.js': 'started("before")',
  'mine.js': `started("mine")//${'x'.repeat(6000)}`,
};

let ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
});

describe.skipIf(MISSING !== '')(`hopline flash ble:NAME${MISSING}`, () => {
  it('flashes a board that is in range, and says what it did', async () => {
    const { board, here } = await simulated('Puck.js b10c');
    const first = await hopline(here, ['flash', 'ble:Puck.js b10c', '--file', 'mine.js']);
    expect(first.errs[0]).toContain('found a PUCKJS with Espruino 2v25.0');
    expect(first.outs[0]).toMatch(/^flashed \d+ bytes to hopline.a by packets/);
    expect(first.status).toBe(0);
    board.powerUp();
    expect(board.started).toEqual(['mine']);
    const second = await hopline(here, [
      'flash',
      'ble:c2:ba:be:01:00:00',
      '--file',
      'mine.js',
      '--verify',
    ]);
    expect(second.outs[0]).toContain('the board has this firmware');
  });

  it('boots something whole wherever it is interrupted, and the next run recovers', async () => {
    const { board, here, rig } = await simulated('Puck.js b10c');
    const flash = (file: string) => hopline(here, ['flash', 'ble:Puck.js b10c', '--file', file]);
    expect((await flash('before.js')).status).toBe(0);
    const next = xorshift(SEED);
    for (let count = 0; count < runs(3, 10); count++) {
      const cutAtPercent = next(100);
      here.tell({ words: ['flash', 'ble:Puck.js b10c', '--file', 'mine.js'], files: FILES });
      let said = await here.hears(() => true, 'anything');
      while (said.kind !== 'ended') {
        if (percentOf(said) >= cutAtPercent) rig.air.cut(rig.controllers[0], rig.controllers[1]);
        said = await here.hears(() => true, 'an end');
      }
      const { status, errs } = said as Ended;
      if (status !== 0) expect(errs.at(-1)).toMatch(/\[(PORT_GONE|FLASH_FAILED)\]/);
      board.powerUp();
      expect(['before', 'mine']).toContain(board.started.at(-1));
      if (board.started.at(-1) === 'mine') expect((await flash('before.js')).status).toBe(0);
    }
    const last = await flash('mine.js');
    expect([last.status, last.errs.at(-1)]).toEqual([0, expect.stringContaining('found')]);
    board.powerUp();
    expect(board.started.at(-1)).toBe('mine');
  });

  it('names the boards there are when the one that was meant is not', async () => {
    const { here } = await simulated('Puck.js b10c');
    const { errs, status } = await hopline(here, ['flash', 'ble:gate', '--file', 'mine.js']);
    expect(status).toBe(68);
    expect(errs.at(-1)).toContain(
      'these were: ble:c2:ba:be:01:00:00 (Puck.js b10c) [PORT_MISSING]',
    );
  });

  it.skipIf(BINARY === null)(
    `flashes a real interpreter${BINARY === null ? ' (skipped: no interpreter)' : ''}`,
    async () => {
      const real = await realBoard();
      ends.push(() => real.remove());
      const { here } = await onAir('Linux', real.port);
      const { status, errs, outs } = await hopline(here, [
        'flash',
        'ble:Linux',
        '--file',
        'mine.js',
      ]);
      expect([status, outs[0] ?? errs.at(-1)]).toEqual([0, expect.stringMatching(/^flashed/)]);
    },
  );
});

async function simulated(name: string): Promise<{ board: Board; here: Child; rig: Rig }> {
  const one = await cable();
  ends.push(() => one.pull());
  const board = new Board(PUCK, new Flash(PUCK.storageBytes));
  ends.push(await plugIn(board, one.far, PUCK.baud));
  return { board, ...(await onAir(name, one.near)) };
}

/** A board at `port`, in range of a process that runs commands. */
async function onAir(name: string, port: string): Promise<{ here: Child; rig: Rig }> {
  const rig = await openRig(2);
  ends.push(() => rig.close());
  const there = await rig.start('uart', 0, { PORT: port, NAME: name });
  await there.kind('advertising');
  const here = await rig.start('hopline', 1);
  await here.kind('ready');
  return { here, rig };
}

type Ended = { kind: string; status: number; outs: string[]; errs: string[] };

async function hopline(here: Child, words: string[]): Promise<Ended> {
  here.tell({ words, files: FILES });
  return here.kind<Ended>('ended');
}

function percentOf(said: { kind: string; line?: unknown }): number {
  return said.kind === 'progress' ? Number(/(\d+) %/.exec(String(said.line))?.[1] ?? 0) : -1;
}
