/**
 * Built: the program as a user has it, bundled and run in a process of its own.
 */
import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const PROGRAM = join(ROOT, 'dist', 'hopline.js');

export type Ended = { status: number | null; out: string; err: string };

let isBuilt = false;

/** Runs `hopline` with `words` and gives what it said; `input` is its standard input. */
export function hopline(
  words: string[],
  options: { cwd?: string; env?: Record<string, string>; input?: string } = {},
): Promise<Ended> {
  // Costs a moment once per test file, and nobody is misled by an old bundle.
  if (!isBuilt) execFileSync(process.execPath, [join(ROOT, 'tools/build/make.mjs'), 'prepare']);
  isBuilt = true;
  const { input = '', cwd = ROOT, env = {} } = options;
  const child = spawn(process.execPath, [PROGRAM, ...words], {
    cwd,
    env: { ...process.env, ...env },
  });
  const ended: Ended = { status: null, out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (ended.out += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (ended.err += text));
  child.stdin.on('error', () => {}).end(input);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ ...ended, status }));
  });
}
