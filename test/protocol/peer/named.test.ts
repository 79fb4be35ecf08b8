/** What somebody named is told from all else by every byte of its name (WIRE §29). */
import { expect, it } from 'vitest';
import { Named } from '../../../protocol/peer/named.ts';
import { ANNOUNCE_NAME_SIZE } from '../../../protocol/wire/spread.ts';

const ID_SIZE = 8;
const NAME = Uint8Array.from({ length: ANNOUNCE_NAME_SIZE }, (_, at) => 200 + at);

it('a name is another where one byte of it differs', () => {
  const named = new Named();
  named.add(NAME, 0, ID_SIZE);
  expect(named.has(NAME, 0, ID_SIZE)).toBe(true);
  for (let at = 0; at < ANNOUNCE_NAME_SIZE; at++) {
    const other = NAME.slice();
    other[at] ^= 1;
    expect([at, named.has(other, 0, ID_SIZE)]).toEqual([at, false]);
  }
});

it('names are found wherever they lie, count once, and are all kept until they are forgotten', () => {
  const named = new Named();
  const names = Array.from({ length: 100 }, (_, at) =>
    Uint8Array.of(9, ...NAME.map((n) => n ^ at)),
  );
  for (const name of [...names, ...names]) named.add(name, 1, 1 + ID_SIZE);
  expect(named.size).toBe(100);
  expect(names.every((name) => named.has(name.subarray(1), 0, ID_SIZE))).toBe(true);
  named.clear();
  expect(named.size).toBe(0);
  expect(named.has(NAME, 0, ID_SIZE)).toBe(false);
});
