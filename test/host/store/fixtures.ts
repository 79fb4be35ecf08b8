/**
 * Fixtures: a store of each schema there ever was, as the program of its day wrote it, and what must be
 * found in it ever after.
 */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';
import type { Store } from '../../../host/store/store.ts';
import { entry, id, message, NOW, pin } from './builders.ts';

export const FIXTURES = join(import.meta.dirname, 'fixtures');

export function fixture(version: number): Buffer {
  return gunzipSync(fs.readFileSync(join(FIXTURES, `schema-${version}.gz`)));
}

/** Gives the path of the store. */
export function putFixture(version: number, folder: string): string {
  fs.mkdirSync(folder, { recursive: true });
  const path = join(folder, 'store.sqlite');
  fs.writeFileSync(path, fixture(version));
  return path;
}

export function expectAll(store: Store): void {
  const { messages, outbox, delivered, peers, counters, settings } = store;
  expect(messages.after(0, 10).map(({ key, id }) => [key, id])).toEqual([
    [2, 'two'],
    [3, 'three'],
    [7, 'seven'],
  ]);
  expect(messages.find(message({ id: 'two' }))).toMatchObject({
    ...message({ id: 'two' }),
    key: 2,
  });
  expect(messages.usage()).toEqual({ count: 3, bytes: 15 });
  expect(messages.search('hello', 100, 10)).toHaveLength(3);
  expect(messages.conversations(9).map(({ name, unread }) => [name, unread])).toEqual([
    ['public', 2],
  ]);
  expect(outbox.all()).toEqual([entry()]);
  expect(delivered.has(id(9), NOW)).toBe(true);
  expect(peers.pins()).toEqual([pin(1, { standing: 'verified', proven: true })]);
  expect(peers.denied()).toEqual([id(4)]);
  expect(peers.named('ANNA').map(({ name }) => name)).toEqual(['Anna']);
  expect(counters.of(id(5))).toBe(41);
  expect(settings.get('kept')).toBe('yes');
}
