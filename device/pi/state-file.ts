/**
 * State files: what a relay must find again after a restart: the last note taken of each device, and
 * whose keys it knows. Each is replaced whole, so that power lost at any moment leaves the one before
 * or the one after; one that is damaged is told to the person, and never quietly begun anew (S24).
 *
 *   hopline counters 1                hopline pins 1
 *   <device 16> <counter>             <id 16> <noise 64> <sign 64> <standing> <proven>
 *   check <16 hex digits>             check <16 hex digits>
 */
import * as fs from 'node:fs';
import { HoplineError } from '../../protocol/errors.ts';
import type { Pin, Standing } from '../../protocol/trust/pins.ts';
import { fromHex, toHex } from '../../protocol/wire/hex.ts';
import { checkOf, codeOf, replaceDurably, unwritable } from './private-file.ts';

/** Every pin there is room for takes a third of it. */
const SIZE_MAX = 8 * 1024 * 1024;
const STANDINGS = ['seen', 'contacted', 'verified', 'trusted'];

/** Counters by device, in hex; null when there is no such file. */
export function readCounters(path: string): Map<string, number> | null {
  const lines = readLines(path, 'counters');
  if (lines === null) return null;
  return new Map(
    lines.map((line) => {
      const [, device, counter] = /^([0-9a-f]{16}) (\d{1,10})$/.exec(line) ?? damaged(path);
      return [device, Number(counter)];
    }),
  );
}

export function writeCounters(path: string, counters: Map<string, number>): void {
  writeLines(
    path,
    'counters',
    [...counters].map(([device, counter]) => `${device} ${counter}`),
  );
}

/** Null when there is no such file. */
export function readPins(path: string): Pin[] | null {
  return readLines(path, 'pins')?.map((line) => pinOf(line) ?? damaged(path)) ?? null;
}

export function writePins(path: string, pins: Pin[]): void {
  const lines = pins.map(({ id, noiseKey, signingKey, standing, proven }) =>
    [toHex(id), toHex(noiseKey), toHex(signingKey), standing, proven ? 1 : 0].join(' '),
  );
  writeLines(path, 'pins', lines);
}

function pinOf(line: string): Pin | null {
  const [id, noiseKey, signingKey, standing, proven, ...rest] = line.split(' ');
  const keys = [id, noiseKey, signingKey].map((text) => fromHex(text ?? ''));
  const isWhole = [8, 32, 32].every((size, at) => keys[at]?.length === size);
  if (!isWhole || rest.length > 0 || !STANDINGS.includes(standing)) return null;
  if (proven !== '0' && proven !== '1') return null;
  return {
    id: keys[0]!,
    noiseKey: keys[1]!,
    signingKey: keys[2]!,
    standing: standing as Standing,
    proven: proven === '1',
  };
}

function readLines(path: string, what: string): string[] | null {
  let text: string;
  try {
    if (fs.statSync(path).size > SIZE_MAX) return damaged(path);
    text = fs.readFileSync(path, 'latin1');
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return null;
    if (cause instanceof HoplineError) throw cause;
    const detail = `${path}: the system says ${codeOf(cause)}`;
    throw new HoplineError('FILE_UNREADABLE', detail, { cause });
  }
  const end = text.lastIndexOf('check ');
  const above = text.slice(0, Math.max(0, end));
  if (text !== withCheck(above) || !above.startsWith(`hopline ${what} 1\n`)) return damaged(path);
  return above.split('\n').slice(1, -1);
}

function writeLines(path: string, what: string, lines: string[]): void {
  const text = withCheck([`hopline ${what} 1`, ...lines, ''].join('\n'));
  try {
    replaceDurably(path, text);
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

function withCheck(lines: string): string {
  return `${lines}check ${checkOf(lines)}\n`;
}

function damaged(path: string): never {
  throw new HoplineError(
    'STATE_INVALID',
    `${path}: it is damaged; restore it from a copy, or remove it and accept that it is forgotten`,
  );
}
