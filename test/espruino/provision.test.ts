/**
 * Provisioning the real firmware on a real Espruino interpreter, over the wire that it relays on: as a
 * person would, from new to locked to flashed anew.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { buildFirmware } from '../../tools/build/firmware.ts';
import { flashOf } from '../../tools/commands/flash.ts';
import { provisionOf } from '../../tools/commands/provision.ts';
import { dispatch } from '../../tools/dispatch.ts';
import { cable, SOCAT, WITHOUT_SOCAT } from '../pty.ts';
import { testIo } from '../tools/io.ts';
import { INTERPRETER, start, WITHOUT_INTERPRETER } from './interpreter.ts';

it.skipIf(INTERPRETER === null || !SOCAT)(
  `a real Espruino is provisioned, locked, and opened by its admin${WITHOUT_INTERPRETER || WITHOUT_SOCAT}`,
  async () => {
    const home = mkdtempSync(join(tmpdir(), 'hopline-real-'));
    const line = await cable();
    const { code } = await buildFirmware('linux');
    const board = await start(INTERPRETER!, {
      '.boot0': Buffer.from(`var WIRE_PATHS=${JSON.stringify([line.far])};`),
      '.bootcde': Buffer.from(code, 'latin1'),
    });
    const provision = (...words: string[]) =>
      run(['provision', ...words, '--keys', join(home, 'keys')]);
    try {
      const first = await provision(line.near, '--name', 'gate', '--ttl-max', '5');
      expect([first.outs, first.errs]).toEqual([
        expect.arrayContaining([expect.stringMatching(/^gate \([0-9a-f]{16}\) is provisioned$/)]),
        [],
      ]);
      const again = await provision(line.near, '--name', 'gate', '--ttl-max', '5');
      expect(again.outs[0]).toMatch(/^gate .* is as it should be$/);
      const read = await provision('read', line.near, '--json');
      expect(JSON.parse(read.outs[0])).toMatchObject({
        name: 'gate',
        board: 'linux',
        adminKey: 'set',
        'ttl-max': '5',
        'console-lock': 'on',
      });
      // It has the port for itself, and its console is locked.
      const shut = await run(['flash', line.near, '--file', 'mine.js', '--dry-run']);
      expect(shut.errs.at(-1)).toContain('[CONSOLE_LOCKED]');
      const opened = await provision('unlock', line.near);
      expect([opened.outs, opened.errs]).toEqual([[expect.stringContaining('is open at')], []]);
      const dry = await run(['flash', line.near, '--file', 'mine.js', '--dry-run']);
      expect(dry.outs[0]).toContain('would write');
    } finally {
      await board.stop();
      await line.pull();
      rmSync(home, { recursive: true, force: true });
    }
  },
  120_000,
);

async function run(words: string[]) {
  const io = testIo({ 'mine.js': 'var ran = "mine"' });
  const flash = flashOf(async () => '');
  const provision = provisionOf(async () => []);
  const commands = { flash: async () => flash, provision: async () => provision };
  const status = await dispatch(words, commands, '0', io);
  return { status, outs: io.outs, errs: io.errs };
}
