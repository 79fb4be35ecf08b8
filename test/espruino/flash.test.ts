/**
 * Flashing a real Espruino interpreter behind a pseudo-terminal, as a person would. Where there is no
 * interpreter or no socat, these tests are skipped by name.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { flashOf } from '../../tools/commands/flash.ts';
import { dispatch } from '../../tools/dispatch.ts';
import { runs, SEED, xorshift } from '../seed.ts';
import { testIo } from '../tools/io.ts';
import type { RealBoard } from './real-board.ts';
import { realBoard, WITHOUT_BOARD } from './real-board.ts';

let boards: RealBoard[] = [];
afterEach(async () => {
  for (const board of boards) await board.remove();
  boards = [];
});

describe('a real Espruino', () => {
  it.skipIf(WITHOUT_BOARD !== '')(
    `boots the ten kilobytes it was given, and says that it has them${WITHOUT_BOARD}`,
    async () => {
      const board = await plugged();
      const { status, outs, errs } = await flash(board, 'v1');
      expect([status, errs[0]]).toEqual([0, expect.stringMatching(/^found a LINUX with Espruino/)]);
      expect(outs[0]).toMatch(/^flashed \d{5} bytes to hopline.a by packets/);
      expect(await board.value('ran')).toBe('v1');
      expect((await flash(board, 'v1', '--verify')).status).toBe(0);
      expect((await flash(board, 'v2', '--verify')).status).toBe(3);
      await board.pull();
      await board.plugIn();
      expect(await board.value('ran')).toBe('v1');
    },
  );

  it.skipIf(WITHOUT_BOARD !== '')(
    `is brought back from the debugger, and from a program that never ends${WITHOUT_BOARD}`,
    async () => {
      const board = await plugged();
      await board.type('while(1);\n');
      await board.type('\x03');
      const { status, errs } = await flash(board, 'v1');
      expect([status, errs.join('\n')]).toEqual([0, expect.stringContaining('found a LINUX')]);
      expect(await board.value('ran')).toBe('v1');
      await board.type('while(1);\n');
      expect((await flash(board, 'v2')).status).toBe(0);
      expect(await board.value('ran')).toBe('v2');
    },
  );

  it.skipIf(WITHOUT_BOARD !== '')(
    `opens its locked console to the password only${WITHOUT_BOARD}`,
    async () => {
      const board = await plugged();
      await board.type('\x10E.setPassword("sesame");E.lockConsole()\n');
      expect((await flash(board, 'v1')).errs.at(-1)).toContain('[CONSOLE_LOCKED]');
      expect((await flash(board, 'v1', '--password-file', 'password')).status).toBe(0);
      expect(await board.value('ran')).toBe('v1');
    },
  );

  it.skipIf(WITHOUT_BOARD !== '')(
    `boots the old or the new, wherever cable and power were lost${WITHOUT_BOARD}`,
    async () => {
      const board = await plugged();
      await flash(board, 'v0');
      const random = xorshift(SEED);
      let before = 'v0';
      for (let round = 1; round <= runs(3, 10); round++) {
        const next = `v${round}`;
        const going = flash(board, next);
        setTimeout(() => void board.pull(), 300 + random(4000));
        const { status } = await going;
        await new Promise((resolve) => setTimeout(resolve, 4500));
        await board.plugIn();
        const ran = await board.value('ran');
        expect([before, next], `round ${round}, status ${status}`).toContain(ran);
        expect((await flash(board, next)).status).toBe(0);
        expect(await board.value('ran')).toBe(next);
        expect(await board.value('require("Storage").list().length')).toBeLessThanOrEqual(3);
        before = next;
      }
    },
  );
});

async function plugged(): Promise<RealBoard> {
  const board = await realBoard();
  boards.push(board);
  return board;
}

async function flash(board: RealBoard, name: string, ...words: string[]) {
  const io = testIo({
    'firmware.js': `global.ran="${name}";//${'0123456789abcdef'.repeat(640)}`,
    password: 'sesame\n',
  });
  const command = flashOf(() => Promise.reject(new Error('nothing is built')));
  const line = ['flash', board.port, '--file', 'firmware.js', ...words];
  const status = await dispatch(line, { flash: async () => command }, '0', io);
  return { status, outs: io.outs, errs: io.errs };
}
