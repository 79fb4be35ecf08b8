/**
 * Blocks: what a reader makes of a port's bytes is the same with the parser before it, and what the
 * parser holds has an end (RADIO point 11).
 */
import { describe, expect, it } from 'vitest';
import { Blocks } from '../../../device/pi/blocks.ts';
import { crc32 } from '../../../protocol/core/crc32.ts';
import { BlockReader, blockSizeMax, encodeBlock } from '../../../protocol/core/framing.ts';
import { runs, SEED, xorshift } from '../../seed.ts';

const BODY_MAX = 64;
const SIZE_MAX = blockSizeMax(BODY_MAX) + 1;

describe('what comes in blocks', () => {
  it('is read as without the parser, in whatever pieces it comes', async () => {
    const random = xorshift(SEED);
    for (let round = 0; round < runs(100, 5000); round++) {
      const stream = noisyStream(random);
      const direct = reader();
      const expected = direct.feed(stream).map(({ body }) => [...body]);
      const cut = reader();
      const heard: number[][] = [];
      const blocks = new Blocks(SIZE_MAX, (piece) => {
        heard.push(...cut.feed(piece).map(({ body }) => [...body]));
      });
      for (let from = 0; from < stream.length;) {
        const size = 1 + random(random(4) === 0 ? 500 : 9);
        blocks.feed(stream.subarray(from, from + size));
        from += size;
      }
      await soon();
      expect(heard, `seed ${SEED}, round ${round}`).toEqual(expected);
      expect(cut.drops['too-long'] ?? 0).toBe(direct.drops['too-long'] ?? 0);
    }
  });

  it('comes a whole block at a time', async () => {
    const pieces: number[] = [];
    const blocks = new Blocks(SIZE_MAX, (piece) => void pieces.push(piece.length));
    const block = encodeBlock(1, new Uint8Array(20), crc32);
    const both = Buffer.concat([block, block]);
    for (const byte of both) blocks.feed(Uint8Array.of(byte));
    await soon();
    // Without the 0x00 before it.
    expect(pieces).toEqual([block.length - 1, block.length - 1]);
  });

  it('does not come any more once it has ended', async () => {
    const pieces: Uint8Array[] = [];
    const blocks = new Blocks(SIZE_MAX, (piece) => void pieces.push(piece));
    blocks.feed(Uint8Array.of(1, 2, 3, 0));
    blocks.end();
    await soon();
    expect(pieces.length).toBeLessThanOrEqual(1);
  });
});

describe('a stream without end', () => {
  it('is held up to the longest block, in a time that grows no faster than it', async () => {
    const blocks = new Blocks(SIZE_MAX, () => {});
    // Without a ration, the joins alone would move half a terabyte.
    const chunk = new Uint8Array(1024).fill(0xaa);
    let most = 0;
    for (let i = 0; i < 32_768; i++) {
      blocks.feed(chunk);
      most = Math.max(most, blocks['parser'].buffer.length);
      if (i % 1024 === 0) await soon();
    }
    expect(most).toBe(SIZE_MAX);
    expect(blocks.skippedBytes).toBe(32_768 * 1024 - SIZE_MAX);
  });

  it('is dropped as too long at its end, and the next block is heard', async () => {
    const read = reader();
    const bodies: number[][] = [];
    const blocks = new Blocks(SIZE_MAX, (piece) => {
      bodies.push(...read.feed(piece).map(({ body }) => [...body]));
    });
    blocks.feed(new Uint8Array(100_000).fill(0xaa));
    blocks.feed(encodeBlock(1, Uint8Array.of(7), crc32));
    await soon();
    expect(bodies).toEqual([[7]]);
    expect(read.drops).toEqual({ 'too-long': 1 });
  });

  it('of nothing but 0x00 has no pieces', async () => {
    const pieces: Uint8Array[] = [];
    const blocks = new Blocks(SIZE_MAX, (piece) => void pieces.push(piece));
    for (let i = 0; i < 64; i++) {
      blocks.feed(new Uint8Array(65_536));
      await soon();
    }
    expect([pieces, blocks.skippedBytes]).toEqual([[], 0]);
  });
});

function reader(): BlockReader {
  return new BlockReader(BODY_MAX, crc32, (size) => new Uint8Array(size));
}

/** Blocks, some too long, with noise between them, with and without zeros. */
function noisyStream(random: (below: number) => number): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let i = 0; i < 20; i++) {
    const body = Uint8Array.from({ length: random(BODY_MAX + 30) }, () => random(4) * random(64));
    const noise = Uint8Array.from({ length: random(200) }, () => random(256));
    parts.push(random(3) === 0 ? noise : encodeBlock(1, body, crc32));
  }
  return Buffer.concat(parts);
}

function soon(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
