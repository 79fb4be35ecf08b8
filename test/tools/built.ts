/**
 * Built: the program as a user has it, bundled and run in a process of its own.
 */
import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const PROGRAM = join(ROOT, 'dist', 'hopline.js');

export type Ended = { status: number | null; out: string; err: string };

/** The page's files. */
export const PAGE = join(ROOT, 'dist', 'web');

let isBuilt = false;

/** Costs a moment once per test file, and nobody is misled by an old bundle. */
export function build(): void {
  if (!isBuilt) execFileSync(process.execPath, [join(ROOT, 'tools/build/make.mjs'), 'prepare']);
  isBuilt = true;
}

/** Runs `hopline` with `words` and gives what it said; `input` is its standard input. */
export function hopline(
  words: string[],
  options: { cwd?: string; env?: Record<string, string>; input?: string } = {},
): Promise<Ended> {
  build();
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
