/**
 * Room from slabs: pieces of the size asked for that never overlap.
 */
import { expect, it } from 'vitest';
import { cutFrom } from '../../../protocol/wire/slab.ts';

it('gives pieces that do not overlap, many to a slab', () => {
  const room = cutFrom(100);
  const pieces = [40, 40, 40, 0, 60, 1].map((size) => room(size));
  for (const [at, piece] of pieces.entries()) piece.fill(at + 1);
  expect(pieces.map((piece) => piece.length)).toEqual([40, 40, 40, 0, 60, 1]);
  for (const [at, piece] of pieces.entries())
    expect(piece.every((byte) => byte === at + 1)).toBe(true);
  const slabs = new Set(pieces.map((piece) => piece.buffer));
  expect(slabs.size).toBe(3);
});

it('gives a piece larger than a slab an array of its own, and goes on with the slab', () => {
  const room = cutFrom(100);
  const before = room(10);
  expect(room(101).buffer.byteLength).toBe(101);
  expect(room(90).buffer).toBe(before.buffer);
});
