/**
 * Power: what a disk may hold after the power failed. From a recorded run it rebuilds the files as they
 * may be found: all that was synced, and of the rest anything, dropped, out of order or torn.
 *
 *   write write sync(A) ack write write | power fails
 *   `--------.--------'     `----.----'
 *        certainly            perhaps, each for itself, or half of one
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { assert } from '../../../protocol/core/assert.ts';

export type Call =
  | { kind: 'write'; file: string; at: number; bytes: Buffer }
  | { kind: 'size'; file: string; size: number }
  | { kind: 'made'; file: string }
  | { kind: 'gone'; file: string }
  | { kind: 'sync'; file: string }
  | { kind: 'said'; text: string };

/** A part of a disk that is written whole or not at all. */
const SECTOR = 512;

/** The folder itself, whose sync makes names last. */
const FOLDER = '.';

/** The calls of a trace that concern the store in `folder`, and what the writer said. */
export function callsOf(trace: string, folder: string): Call[] {
  const calls: Call[] = [];
  const known = new Set<string>();
  for (const line of trace.split('\n')) {
    // A call that failed did nothing.
    const [from, to] = [line.indexOf('('), line.lastIndexOf(') ')];
    if (from < 0 || to < 0 || !/^\)\s+= \d/.test(line.slice(to))) continue;
    const [name, words] = [line.slice(0, from), line.slice(from + 1, to)];
    if (name === 'write' && words.startsWith('1<')) {
      calls.push({ kind: 'said', text: bytesIn(words).toString() });
      continue;
    }
    const path = name === 'unlink' || name === 'openat' ? textIn(words) : pathIn(words);
    const file = path === folder ? FOLDER : path.startsWith(`${folder}/`) ? basename(path) : null;
    // Locks and shared memory are nothing after a power failure.
    if (file === null || /-shm$|\.lock$|\.pid$/.test(file)) continue;
    if (name === 'openat' && words.includes('O_CREAT') && !known.has(file)) {
      known.add(file);
      calls.push({ kind: 'made', file });
    }
    if (name === 'pwrite64') {
      const at = Number(/, (\d+)$/.exec(words)![1]);
      calls.push({ kind: 'write', file, at, bytes: bytesIn(words) });
    }
    if (name === 'ftruncate') {
      calls.push({ kind: 'size', file, size: Number(/, (\d+)$/.exec(words)![1]) });
    }
    if (name === 'fdatasync' || name === 'fsync') calls.push({ kind: 'sync', file });
    if (name === 'unlink') {
      known.delete(file);
      calls.push({ kind: 'gone', file });
    }
  }
  return calls;
}

/** How what was not synced is found. */
export type Fate = 'kept' | 'dropped' | 'some' | 'torn';
export const FATES: Fate[] = ['kept', 'dropped', 'some', 'torn'];

/** The files after the power failed just before call `end`. `random` decides what `fate` leaves open. */
export function imageOf(
  calls: readonly Call[],
  end: number,
  fate: Fate,
  random: (below: number) => number,
  before: ReadonlyMap<string, Buffer> = new Map(),
): Map<string, Buffer> {
  const files = new Map([...before].map(([file, bytes]) => [file, growing(bytes)]));
  const certain = certainOf(calls, end);
  for (let at = 0; at < end; at++) {
    const call = calls[at];
    if (certain[at] || fate === 'kept') apply(files, call);
    else if (fate === 'some' && random(2) === 0) apply(files, call);
    else if (fate === 'torn' && call.kind === 'write') apply(files, torn(call, random));
    else if (fate === 'torn') apply(files, call);
  }
  return new Map([...files].map(([file, { bytes, size }]) => [file, bytes.subarray(0, size)]));
}

export function putImage(image: ReadonlyMap<string, Buffer>, folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const [file, bytes] of image) writeFileSync(join(folder, file), bytes);
}

/** Which calls a later sync made last: of a file its bytes, of the folder the names in it. */
function certainOf(calls: readonly Call[], end: number): boolean[] {
  const certain: boolean[] = [];
  const synced = new Set<string>();
  for (let at = end - 1; at >= 0; at--) {
    const call = calls[at];
    if (call.kind === 'sync') synced.add(call.file);
    const isName = call.kind === 'made' || call.kind === 'gone';
    certain[at] = call.kind !== 'said' && synced.has(isName ? FOLDER : call.file);
  }
  return certain;
}

/** A file that grows in place: thousands of writes go into one image. */
type Growing = { bytes: Buffer; size: number };

function apply(files: Map<string, Growing>, call: Call): void {
  if (call.kind === 'gone') files.delete(call.file);
  if (call.kind === 'made' && !files.has(call.file)) files.set(call.file, growing(Buffer.alloc(0)));
  if (call.kind !== 'write' && call.kind !== 'size') return;
  // A name that was lost takes its bytes along.
  const file = files.get(call.file);
  if (file === undefined) return;
  const end = call.kind === 'size' ? call.size : call.at + call.bytes.length;
  if (end > file.bytes.length) file.bytes = growing(file.bytes, 2 * end).bytes;
  if (call.kind === 'size') file.bytes.fill(0, Math.min(end, file.size), Math.max(end, file.size));
  else call.bytes.copy(file.bytes, call.at);
  file.size = call.kind === 'size' ? end : Math.max(end, file.size);
}

function growing(from: Buffer, room = from.length): Growing {
  const bytes = Buffer.alloc(room);
  from.copy(bytes);
  return { bytes, size: from.length };
}

/** Some of its sectors. */
function torn(call: Call & { kind: 'write' }, random: (below: number) => number): Call {
  const from = random(Math.ceil(call.bytes.length / SECTOR));
  const count = random(Math.ceil(call.bytes.length / SECTOR) + 1);
  const [start, stop] = [from * SECTOR, (from + count) * SECTOR];
  return { ...call, at: call.at + start, bytes: call.bytes.subarray(start, stop) };
}

/** The first text of a call, which strace writes in hex. */
function bytesIn(words: string): Buffer {
  const from = words.indexOf('"') + 1;
  const to = words.indexOf('"', from);
  assert(from > 0 && to > 0 && words[to + 1] !== '.', 'a trace has all the bytes of a call');
  return Buffer.from(words.slice(from, to).replaceAll('\\x', ''), 'hex');
}

function textIn(words: string): string {
  return bytesIn(words).toString();
}

/** The path of the first file a call names, which strace may write in hex too. */
function pathIn(words: string): string {
  const path = /^\d+<([^>]*)>/.exec(words)?.[1] ?? '';
  return Buffer.from(
    path.replace(/\\x([0-9a-f]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  ).toString();
}
