/**
 * The file in which the plain UDP chat keeps what was said.
 */
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Kept } from '../../../tools/udp-chat/history-file.ts';
import { HistoryFile, KEPT_MAX } from '../../../tools/udp-chat/history-file.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hopline-history-'));
  path = join(folder, 'said.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a history file', () => {
  it('is kept from one run to the next, for its owner alone', () => {
    const first = HistoryFile.open(path);
    expect(first.last(20)).toEqual([]);
    for (const at of [1, 2, 3]) first.add(kept(at));
    const second = HistoryFile.open(path);
    expect(second.last(2)).toEqual([kept(2), kept(3)]);
    expect(second.last(0)).toEqual([]);
    expect(second.since(2)).toEqual([kept(2), kept(3)]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('passes over lines that are no messages, and says how many', () => {
    HistoryFile.open(path).add(kept(1));
    appendFileSync(path, '{"mid":"cut\nnull\n\n{"mid":7}\n');
    const file = HistoryFile.open(path);
    file.add(kept(2));
    expect([file.unreadable, file.last(9)]).toEqual([3, [kept(1), kept(2)]]);
    expect(HistoryFile.open(path).last(9)).toEqual([kept(1), kept(2)]);
  });

  it('gives up its older half when it is twice as long as it should be', () => {
    const lines = Array.from({ length: 2 * KEPT_MAX }, (_, at) => JSON.stringify(kept(at)));
    writeFileSync(path, `${lines.join('\n')}\n`);
    const file = HistoryFile.open(path);
    expect(file.last(KEPT_MAX + 1)).toHaveLength(KEPT_MAX);
    const [first] = readFileSync(path, 'utf8').split('\n');
    expect(JSON.parse(first)).toEqual(kept(KEPT_MAX));
  });

  it('says at once where it cannot be', () => {
    mkdirSync(path);
    expect(() => HistoryFile.open(path)).toThrow(/said\.jsonl: it is a folder \[FILE_UNREADABLE\]/);
    expect(() => HistoryFile.open(join(folder, 'none', 'x'))).toThrow(/\[FILE_UNWRITABLE\]/);
  });
});

function kept(at: number): Kept {
  const place = { src: '127.0.0.1:9002', dst: '', kind: 'CHAT' } as const;
  return { ...place, mid: `m${at}`, ts: at, ttl: 7, body: `text ${at}`, heardAt: at, isOwn: false };
}
