/**
 * Measure: what a board's program takes of the interpreter's memory, loaded from Storage and under
 * load. The Linux interpreter has larger variables than boards, so what is held in byte arrays
 * counts for less: the figures are said to be its.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LOADER, SLOTS, slotFile } from '../flash/slots.ts';
import type { Board } from './boards.ts';
import { loadedSlot, loadFeeds, loadScript } from './full-load.ts';

/** `ESPRUINO_BIN`, or `espruino` on the PATH, or null. */
export function interpreter(env: Record<string, string | undefined>): string | null {
  const named = env['ESPRUINO_BIN'];
  if (named !== undefined && named !== '') return named;
  const found = spawnSync('/bin/sh', ['-c', 'command -v espruino'], { encoding: 'utf8', env });
  return found.status === 0 ? found.stdout.trim() : null;
}

/** JsVars; what boards with 13 bytes to each would need for the same is more. */
export type Measured = { loaded: number; peak: number; peakOn13?: number };

/** Null when the program did not come up. It lies in a slot, and is started as on a board. */
export async function measure(
  binary: string,
  board: Board,
  code: string,
): Promise<Measured | null> {
  const folder = await mkdtemp(join(tmpdir(), 'hopline-measure-'));
  const slot = slotFile(code).replace('\xff'.repeat(8), '00000001');
  const files: [string, string | Uint8Array][] = [
    ['.boot0', loadScript(board)],
    ['.bootcde', LOADER],
    [SLOTS[0], Buffer.from(slot, 'latin1')],
    ['hop0', loadedSlot(board)],
    ['feeds', loadFeeds(board).text],
  ];
  try {
    const put = files.map(([name], at) => `storage.write('${name}', fs.readFileSync('${at}'));`);
    for (const [at, [, content]] of files.entries())
      await writeFile(join(folder, `${at}`), content);
    await writeFile(join(folder, 'put.js'), `${PUT}${put.join('\n')}\nsetTimeout(quit, 1);\n`);
    await runInterpreter(binary, ['put.js'], folder, '');
    const said = await runInterpreter(binary, [], folder, '');
    const [, loaded] = /LOADED (\d+)/.exec(said) ?? [];
    const [, peak] = /PEAK (\d+)/.exec(said) ?? [];
    if (loaded === undefined || peak === undefined || /HALTED$/m.test(said)) return null;
    return {
      loaded: Number(loaded),
      peak: Number(peak),
      peakOn13: Number(peak) + moreOn13(said),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What a person would type to load it; each file lies in Storage, as on a board. */
const PUT = `echo(0);
var fs = require('fs'), storage = require('Storage');
`;

/**
 * Variables more that texts and byte arrays take where one holds 8 bytes and each more of them 12:
 * here it is 16 and 24. The list names each with its size.
 */
function moreOn13(said: string): number {
  let more = 0;
  for (const [, size] of said.matchAll(/^\d+,(\d+),\d+,/gm)) {
    const bytes = Number(size) > 1 ? 16 + 24 * (Number(size) - 1) : 0;
    if (bytes > 0) more += 1 + Math.ceil((bytes - 8) / 12) - Number(size);
  }
  return more;
}

/** What it says. Its console stays open, or it would take the end of input for keys. */
export function runInterpreter(
  binary: string,
  args: string[],
  cwd: string,
  typed: string,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const board = spawn(binary, args, { cwd, stdio: ['pipe', 'pipe', 'ignore'] });
    const patience = setTimeout(() => board.kill('SIGKILL'), 40_000);
    let said = '';
    board.stdout.setEncoding('latin1').on('data', (text: string) => (said += text));
    board.on('error', reject);
    board.on('close', () => {
      clearTimeout(patience);
      resolve(said.replaceAll('\r', ''));
    });
    board.stdin.on('error', () => {});
    // A moment for it to come up; lines apart, since its console loses bytes at full speed.
    typed.split('\n').forEach((line, at) => {
      setTimeout(() => board.stdin.write(`${line}\n`), 1000 + at * 100);
    });
  });
}
