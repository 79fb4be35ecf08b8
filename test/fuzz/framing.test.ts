/**
 * Theorem: whatever a pipe delivers, `BlockReader` gives blocks whose checksum fits or counts drops
 * from its list; it never throws and asks for no room beyond its largest block; byte by byte, in
 * pieces and at once it gives the same; and after any storm the next block is heard.
 */
import { crc32 } from 'node:zlib';
import { expect, it } from 'vitest';
import type { Block } from '../../protocol/core/framing.ts';
import { BlockReader, blockSizeMax, encodeBlock } from '../../protocol/core/framing.ts';
import { storm, STORM_MS } from './storm.ts';

const BODY_MAX = 300;
const bodies = [0, 1, 60, 249, 250, BODY_MAX].map((size) => new Uint8Array(size).fill(size));
const lines = [
  ...bodies.map((body) => encodeBlock(1, body, crc32)),
  Uint8Array.from(bodies.flatMap((body) => [...encodeBlock(2, body, crc32)])),
  encodeBlock(3, bodies[2], crc32),
  encodeBlock(1, new Uint8Array(BODY_MAX + 1), crc32),
  new Uint8Array(700).fill(0x55),
];
const good = encodeBlock(1, Uint8Array.of(1, 2, 3), crc32);

it('a block reader stands every storm', { timeout: STORM_MS }, () => {
  const [whole, bytewise, pieced] = [readerOf(), readerOf(), readerOf()];
  let heard = 0;
  storm(lines, (bytes, next) => {
    const before = Buffer.from(bytes);
    const atOnce = whole.feed(bytes);
    if (!before.equals(bytes)) throw new Error('it wrote into what it was fed');
    const oneByOne: Block[] = [];
    for (let at = 0; at < bytes.length; at++) {
      oneByOne.push(...bytewise.feed(bytes.subarray(at, at + 1)));
    }
    const inPieces: Block[] = [];
    for (let at = 0; at < bytes.length;) {
      const size = 1 + next(80);
      inPieces.push(...pieced.feed(bytes.subarray(at, at + size)));
      at += size;
    }
    agree(atOnce, oneByOne);
    agree(atOnce, inPieces);
    heard += atOnce.length;
    for (const { body } of atOnce) if (body.length > BODY_MAX) throw new Error('too long a body');
    if (next(100) > 0) return;
    for (const reader of [whole, bytewise, pieced]) {
      const last = [...reader.feed(Uint8Array.of(0)), ...reader.feed(good)].pop();
      if (last === undefined || last.body.join() !== '1,2,3') throw new Error('out of step');
    }
  });
  expect(heard).toBeGreaterThan(1000);
  expect(bytewise.drops).toEqual(whole.drops);
  expect(pieced.drops).toEqual(whole.drops);
  expect(Object.keys(whole.drops).sort()).toEqual([
    ...['bad-checksum', 'cut-short', 'too-long', 'too-short', 'unknown-kind'],
  ]);
});

function readerOf(): BlockReader {
  return new BlockReader(BODY_MAX, crc32, (size) => {
    if (size > blockSizeMax(BODY_MAX)) throw new Error('too much room');
    return new Uint8Array(size);
  });
}

function agree(some: Block[], others: Block[]): void {
  if (some.length !== others.length) throw new Error('other blocks');
  for (const [at, { kind, body }] of some.entries()) {
    const other = others[at];
    if (other.kind !== kind || Buffer.compare(other.body, body) !== 0) throw new Error('differs');
  }
}
