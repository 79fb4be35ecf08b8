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
  it('is read as without the parser, in whatever pieces it comes', () => {
    const random = xorshift(SEED);
    for (let round = 0; round < runs(100, 5000); round++) {
      const stream = noisyStream(random);
      const [direct, cut] = [reader(), reader()];
      const expected = bodiesIn(direct, stream);
      const heard: number[][] = [];
      const blocks = new Blocks(SIZE_MAX);
      for (let from = 0; from < stream.length;) {
        const size = 1 + random(random(4) === 0 ? 500 : 9);
        heard.push(...bodiesIn(cut, blocks.feed(stream.subarray(from, from + size))));
        from += size;
      }
      expect(heard, `seed ${SEED}, round ${round}`).toEqual(expected);
      expect(cut.drops['too-long'], `round ${round}`).toBe(direct.drops['too-long']);
    }
  });

  it('comes when it is whole, and not before', () => {
    const blocks = new Blocks(SIZE_MAX);
    const block = encodeBlock(1, new Uint8Array(20), crc32);
    const sizes = [...block].map((byte) => blocks.feed(Uint8Array.of(byte))?.length ?? 0);
    expect(sizes).toEqual([1, ...Array<number>(block.length - 2).fill(0), block.length - 1]);
    expect(blocks.feed(Buffer.concat([block, block, block.subarray(0, 5)]))).toHaveLength(
      2 * block.length + 1,
    );
  });

  it('comes whole in a chunk larger than streams like to hold', () => {
    const blocks = new Blocks(SIZE_MAX);
    const block = encodeBlock(1, new Uint8Array(50).fill(7), crc32);
    const many = Buffer.concat(Array<Uint8Array>(4000).fill(block));
    for (let round = 0; round < 3; round++) {
      expect(bodiesIn(reader(), blocks.feed(many))).toHaveLength(4000);
    }
  });
});

describe('a stream without end', () => {
  it('is held up to the longest block, in a time that grows no faster than it', () => {
    const blocks = new Blocks(SIZE_MAX);
    // Without a ration, the joins alone would move half a terabyte.
    const chunk = new Uint8Array(1024).fill(0xaa);
    let most = 0;
    for (let i = 0; i < 32_768; i++) {
      expect(blocks.feed(chunk)).toBe(null);
      most = Math.max(most, blocks['parser'].buffer.length);
    }
    expect(most).toBe(SIZE_MAX);
    expect(blocks.skippedBytes).toBe(32_768 * 1024 - SIZE_MAX);
  });

  it('is dropped as too long at its end, and the next block is heard', () => {
    const read = reader();
    const blocks = new Blocks(SIZE_MAX);
    blocks.feed(new Uint8Array(100_000).fill(0xaa));
    expect(bodiesIn(read, blocks.feed(encodeBlock(1, Uint8Array.of(7), crc32)))).toEqual([[7]]);
    expect(read.drops).toEqual({ 'too-long': 1 });
  });

  it('of nothing but 0x00 is taken at the pace it comes', () => {
    const blocks = new Blocks(SIZE_MAX);
    const read = reader();
    for (let i = 0; i < 16; i++)
      expect(bodiesIn(read, blocks.feed(new Uint8Array(65_536)))).toEqual([]);
    expect([read.drops, blocks.skippedBytes]).toEqual([{}, 0]);
  });
});

function bodiesIn(read: BlockReader, bytes: Uint8Array | null): number[][] {
  return bytes === null ? [] : read.feed(bytes).map(({ body }) => [...body]);
}

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
