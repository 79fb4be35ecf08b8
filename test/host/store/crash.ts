/**
 * Crash: what a writer of the store writes, what must be found of it afterwards, and how a process is
 * run under strace, which records, kills and disturbs its calls.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { Database } from '../../../host/store/build.ts';
import { Store } from '../../../host/store/store.ts';
import type { StoreWrite } from '../../../host/types.ts';
import { buildProgram } from '../../../tools/build/program.ts';
import { entry, id, NOW, OWNER, said } from './builders.ts';

/** For tests that draw by chance: in soak they take as long as they take. */
export const LONG_MS = 3_600_000;

export const HAS_STRACE = spawnSync('strace', ['-V']).status === 0;

/** Where a sync costs nothing, since its images were never on a real disk. */
export const FAST = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** What one batch stores: a message, its mark, its outbox row in place of the one before, a counter. */
export function batch(at: number): StoreWrite[] {
  const [now, before] = [`${at}`, `${at - 1}`];
  // Some of many pages, so that one may be cut in the middle.
  const frame = new Uint8Array(at % 3 === 0 ? 12_000 : 300).fill(at);
  return [
    said({ id: now, text: `message ${at}`, frame }),
    { kind: 'delivered', mark: markOf(at), sentAt: NOW },
    { kind: 'outbox', entry: entry({ id: now }) },
    { kind: 'outbox-done', recipient: entry().recipient, id: before },
    { kind: 'counter', device: id(1), counter: at },
  ];
}

/** Everything acknowledged is there, and every batch whole or not at all. */
export function expectKept(folder: string, acknowledged: number): void {
  const store = Store.open({ folder, owner: OWNER });
  try {
    const kept = store.messages.usage().count;
    expect(kept).toBeGreaterThanOrEqual(acknowledged);
    const numbers = Array.from({ length: kept }, (_, at) => at);
    expect(store.messages.after(0, 1000).map(({ id }) => Number(id))).toEqual(numbers);
    const marked = [...numbers, kept, kept + 1].filter((at) =>
      store.delivered.has(markOf(at), NOW),
    );
    expect(marked).toEqual(numbers);
    expect(store.outbox.all().map(({ id }) => id)).toEqual(kept === 0 ? [] : [`${kept - 1}`]);
    expect(store.counters.of(id(1))).toBe(kept - 1);
    expect(store.messages.search('message', 9e15, 1000)).toHaveLength(kept);
    // And it goes on.
    store.commit(batch(kept));
  } finally {
    store.close();
  }
  const database = new Database(join(folder, 'store.sqlite'), { readonly: true });
  try {
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
  } finally {
    database.close();
  }
}

/** All that changes files. */
const CALLS = 'openat,pwrite64,write,fdatasync,fsync,ftruncate,unlink';

export type Ran = { folder: string; said: string[]; acknowledged: number; trace: string };

/** Builds the writer, runs what needs it, and leaves nothing behind. */
export async function withWriter(
  run: (write: (options: WriterOptions) => Ran, home: string) => void | Promise<void>,
): Promise<void> {
  const home = mkdtempSync(join(FAST, 'hopline-crash-'));
  let count = 0;
  try {
    const program = await buildProgram('test/host/store/writer-main.ts', home);
    await run((options) => runWriter(program, join(home, `run-${count++}`), options), home);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

export type WriterOptions = {
  batches: number;
  /** Without what an acknowledgement needs. */
  isNormal?: boolean;
  /** Of strace: what is done to which calls. */
  inject?: string;
  /** Whether every call is wanted, with all its bytes. */
  isTraced?: boolean;
  /** Puts what is there before. */
  prepare?: (folder: string) => void;
};

function runWriter(program: string, folder: string, options: WriterOptions): Ran {
  const { batches, isNormal = false, inject, isTraced = false, prepare } = options;
  const trace = `${folder}.trace`;
  prepare?.(folder);
  const words = isTraced ? ['-y', '-xx', '-s', '200000'] : ['-s', '0'];
  const injected = inject?.split(':')[0];
  words.push('-e', 'signal=none', '-e', `trace=${isTraced ? CALLS : injected}`);
  if (inject !== undefined) words.push('-e', `inject=${inject}`);
  words.push('-o', trace, process.execPath, program, folder, `${batches}`);
  if (isNormal) words.push('NORMAL');
  // Its main thread does all that the store asks for.
  const { stdout } = spawnSync('strace', words, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  const said = stdout.split('\n').slice(0, -1);
  return {
    folder,
    said,
    acknowledged: said.filter((line) => line.startsWith('ack ')).length,
    trace: isTraced ? readFileSync(trace, 'latin1') : '',
  };
}

function markOf(at: number): Uint8Array {
  return new Uint8Array(16).fill(at & 0xff).fill(at >> 8, 8);
}
