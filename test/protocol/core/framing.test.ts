/**
 * Framing promises: what was written is read, in whatever pieces it comes and whatever noise is in
 * between; nothing damaged passes; and nothing makes the reader hold more than one largest block.
 */
import fc from 'fast-check';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Block } from '../../../protocol/core/framing.ts';
import {
  BlockReader,
  blockSizeMax,
  encodeBlock,
  PACKET_BLOCK,
  TEXT_BLOCK,
  writeBlock,
} from '../../../protocol/core/framing.ts';
import { hold, runs, SEED, xorshift } from '../../seed.ts';
import { vectors } from '../../vectors.ts';

const BODY_MAX = 600;

describe('a block', () => {
  it.each([
    ['nothing', []],
    ['a zero', [0]],
    ['only zeros', filled(520, 0)],
    ['248 bytes, one short of a full run with kind and checksum', filled(248, 7)],
    ['a full run', filled(249, 7)],
    ['a full run and one more', filled(250, 7)],
    ['a full run that ends in a zero', [...filled(252, 7), 0]],
    ['a full run just before a zero', [...filled(253, 7), 0]],
    ['a full run behind a zero', [0, ...filled(254, 7)]],
    ['two full runs', filled(508, 7)],
    ['the largest body', filled(BODY_MAX, 1)],
  ])('carries %s', (_what, body) => {
    const bytes = encodeBlock(PACKET_BLOCK, Uint8Array.from(body), crc32);
    expect(bytes.indexOf(0)).toBe(0);
    expect(bytes.indexOf(0, 1)).toBe(bytes.length - 1);
    expect(bytes.length).toBeLessThanOrEqual(blockSizeMax(body.length));
    expect(readAll([bytes])).toEqual([{ kind: PACKET_BLOCK, body: Uint8Array.from(body) }]);
  });

  it('is as WIRE §22 draws it', () => {
    const bytes = encodeBlock(TEXT_BLOCK, Uint8Array.of(0x68, 0, 0x69), () => 0x04030201);
    expect([...bytes]).toEqual([0, 3, 2, 0x68, 6, 0x69, 1, 2, 3, 4, 0]);
  });

  it('can be written behind another without touching it', () => {
    const bytes = new Uint8Array(200).fill(0xee);
    const first = writeBlock(bytes, 10, PACKET_BLOCK, Uint8Array.of(1, 2), crc32);
    const second = writeBlock(bytes, first, TEXT_BLOCK, Uint8Array.of(3), crc32);
    expect([...bytes.subarray(0, 10)]).toEqual(filled(10, 0xee));
    expect(readAll([bytes.subarray(10, second)]).map((block) => [...block.body])).toEqual([
      [1, 2],
      [3],
    ]);
  });

  it('is read back whatever it carries', () => {
    hold(
      fc.property(body(), fc.constantFrom(PACKET_BLOCK, TEXT_BLOCK), (body, kind) => {
        const bytes = encodeBlock(kind, body, crc32);
        expect(bytes.length).toBeLessThanOrEqual(blockSizeMax(body.length));
        expect(shown(readAll([bytes]))).toEqual(shown([{ kind, body }]));
      }),
      2000,
    );
  });

  it('is COBS as a plain encoder would write it', () => {
    hold(
      fc.property(body(), (body) => {
        const plain = Uint8Array.of(PACKET_BLOCK, ...body, ...littleEndian(crc32Of(body)));
        expect(hex(encodeBlock(PACKET_BLOCK, body, crc32))).toBe(hex([0, ...cobs(plain), 0]));
      }),
      2000,
    );
  });
});

const cobsVectors = vectors('cobs/cobs.json');

describe.skipIf(cobsVectors === null)('the COBS vectors of others', () => {
  const { encode, decodeReject } = JSON.parse(cobsVectors ?? '{"encode":[],"decodeReject":[]}') as {
    encode: { decoded: string; encoded: string }[];
    decodeReject: { encoded: string }[];
  };

  it('are nineteen pairs and four rejects', () => {
    expect([encode.length, decodeReject.length]).toEqual([19, 4]);
  });

  // Between two zeros a piece of a block is coded as if it were alone, unless it ends in a full run,
  // where the zero behind it needs a distance of its own.
  for (const { decoded, encoded } of encode) {
    it(`are written and read: ${encoded.slice(0, 32)}`, () => {
      const body = Uint8Array.from([0, ...bytesOf(decoded), 0]);
      const full = endsInFullRun(bytesOf(encoded)) ? [1] : [];
      const tail = cobs(Uint8Array.from(littleEndian(crc32Of(body))));
      const line = [0, 2, PACKET_BLOCK, ...bytesOf(encoded), ...full, ...tail, 0];
      expect([...encodeBlock(PACKET_BLOCK, body, crc32)]).toEqual(line);
      expect(readAll([Uint8Array.from(line)])).toEqual([{ kind: PACKET_BLOCK, body }]);
    });
  }

  for (const { encoded } of decodeReject) {
    it(`are refused: ${encoded}`, () => {
      const reader = readerOf();
      expect(reader.feed(Uint8Array.from([...bytesOf(encoded), 0]))).toEqual([]);
      expect(reader.drops['bad-checksum']).toBeUndefined();
    });
  }
});

describe('a reader', () => {
  it('drops a bad block for its reason, and reads the next', () => {
    const good = encodeBlock(PACKET_BLOCK, Uint8Array.of(9, 9), crc32);
    for (const [reason, bad] of [
      ['cut-short', [9, 1, 2, 3]],
      ['cut-short', [255, ...filled(200, 1)]],
      ['too-short', [5, 1, 2, 3, 4]],
      ['too-short', [1]],
      ['too-short', [1, 1, 1, 1, 1]],
      ['bad-checksum', [7, 1, 2, 3, 4, 5, 6]],
      ['bad-checksum', [1, 1, 1, 1, 1, 1]],
      ['unknown-kind', [...encodeBlock(3, Uint8Array.of(1), crc32).subarray(1, -1)]],
      ['unknown-kind', [...encodeBlock(0, Uint8Array.of(1), crc32).subarray(1, -1)]],
      ['too-long', [...encodeBlock(1, new Uint8Array(BODY_MAX + 1), crc32).subarray(1, -1)]],
      ['too-long', filled(5000, 1)],
    ] as const) {
      const reader = readerOf();
      const blocks = reader.feed(Uint8Array.from([0, ...bad, ...good]));
      expect(blocks.map((block) => [...block.body])).toEqual([[9, 9]]);
      expect(reader.drops).toEqual({ [reason]: 1 });
    }
  });

  it('counts every drop, and nothing for the zeros between blocks', () => {
    const reader = readerOf();
    reader.feed(Uint8Array.from([0, 0, 0, 5, 1, 0, 0, 5, 1, 0, 1, 0, 0]));
    expect(reader.drops).toEqual({ 'cut-short': 2, 'too-short': 1 });
  });

  it('may start in the middle: at most one block is lost, and the rest are whole', () => {
    const bodies = [1, 2, 3].map((n) => Uint8Array.from(filled(300, n)));
    const line = joined(bodies.map((body) => encodeBlock(PACKET_BLOCK, body, crc32)));
    for (let start = 0; start < line.length; start++) {
      const heard = readAll([line.slice(start)]).map((block) => block.body);
      const missed = bodies.length - heard.length;
      expect(heard).toEqual(bodies.slice(missed));
      expect(missed).toBe(Math.ceil(Math.max(0, start - 1) / (line.length / 3)));
    }
  });

  it('reads the same byte by byte, in pieces and at once', () => {
    hold(
      fc.property(fc.array(lineItem(), { maxLength: 6 }), pieces(), (items, sizes) => {
        const line = joined(items);
        const whole = readerOf();
        const atOnce = shown(whole.feed(line.slice()));
        for (const cut of [cutInto(line, sizes), cutInto(line, [1])]) {
          const reader = readerOf();
          expect(shown(cut.flatMap((piece) => reader.feed(piece)))).toEqual(atOnce);
          expect(reader.drops).toEqual(whole.drops);
        }
      }),
      500,
    );
  });

  it('leaves what it is fed alone, and gives bodies that outlive it', () => {
    const bytes = joined([
      encodeBlock(PACKET_BLOCK, Uint8Array.of(0, 1, 0), crc32),
      encodeBlock(PACKET_BLOCK, Uint8Array.of(2, 0, 2), crc32),
    ]);
    const before = bytes.slice();
    const reader = readerOf();
    const blocks = reader.feed(bytes);
    expect(bytes).toEqual(before);
    bytes.fill(0xff);
    reader.feed(before.subarray(0, 7));
    reader.feed(before.subarray(7));
    expect(blocks.map((block) => [...block.body])).toEqual([
      [0, 1, 0],
      [2, 0, 2],
    ]);
  });

  it('asks for no room beyond one largest block, however long the noise', () => {
    const asked: number[] = [];
    const reader = new BlockReader(BODY_MAX, crc32, (size) => {
      asked.push(size);
      return new Uint8Array(size);
    });
    const noise = new Uint8Array(4096).fill(0x55);
    for (let i = 0; i < 1000; i++) reader.feed(noise);
    expect(asked).toEqual([]);
    reader.feed(Uint8Array.of(0));
    expect(reader.drops).toEqual({ 'too-long': 1 });
    reader.feed(encodeBlock(PACKET_BLOCK, new Uint8Array(BODY_MAX), crc32));
    for (const size of asked) expect(size).toBeLessThanOrEqual(blockSizeMax(BODY_MAX));
    expect(asked).toHaveLength(1);
  });

  it('R8: loses no more than the block in which a byte was lost, put in or spoilt, and is in step with the next', () => {
    const random = xorshift(SEED);
    const reader = readerOf();
    const sent = runs(20_000, 10_000_000);
    for (let at = 0; at < sent; at++) {
      const body = Uint8Array.from({ length: 8 + random(56) }, () => random(256));
      const bytes = encodeBlock(PACKET_BLOCK, body, crc32);
      const blocks = reader.feed(random(20) === 0 ? disturbed(bytes, random) : bytes);
      for (const block of blocks) {
        if (Buffer.compare(block.body, body) !== 0) expect.fail(`block ${at} passed damaged`);
      }
      // What was disturbed may have lost its end: the next ends it, and is heard itself.
      const next = reader.feed(encodeBlock(TEXT_BLOCK, Uint8Array.of(at), crc32));
      if (next.at(-1)?.kind !== TEXT_BLOCK) expect.fail(`after block ${at} it was out of step`);
    }
  });

  it('R8: accepts no damaged block on a line that flips one bit in a thousand, and every whole one', () => {
    const random = xorshift(SEED);
    const reader = readerOf();
    let heard = 0;
    let undamaged = 0;
    const sent = runs(20_000, 1_000_000);
    for (let at = 0; at < sent; at++) {
      const body = Uint8Array.from({ length: 8 + random(56) }, () => random(256));
      body.set([at, at >> 8, at >> 16]);
      const bytes = encodeBlock(PACKET_BLOCK, body, crc32);
      const isWhole = flipBits(bytes, random, 1000) === 0;
      const blocks = reader.feed(bytes);
      heard += blocks.length;
      if (isWhole) undamaged++;
      // It begins with its own 0x00: whatever came before, the reader is in step again.
      if (isWhole && blocks.length !== 1) expect.fail(`block ${at} came whole and was not heard`);
      for (const block of blocks) {
        if (Buffer.compare(block.body, body) !== 0) expect.fail(`block ${at} passed damaged`);
      }
    }
    expect(undamaged).toBeGreaterThan(sent / 4);
    // One whose flips are all in its 0x00s is heard too.
    expect(heard).toBeGreaterThanOrEqual(undamaged);
    expect(heard).toBeLessThan(sent);
  });
});

/** Quicker to compare than the blocks themselves. */
function shown(blocks: Block[]): string[] {
  return blocks.map((block) => `${block.kind} ${hex(block.body)}`);
}

function hex(bytes: Iterable<number>): string {
  return Buffer.from(Uint8Array.from(bytes)).toString('hex');
}

function readerOf(): BlockReader {
  return new BlockReader(BODY_MAX, crc32, (size) => new Uint8Array(size).fill(0xaa));
}

function readAll(pieces: Uint8Array[]): Block[] {
  const reader = readerOf();
  return pieces.flatMap((piece) => reader.feed(piece));
}

/** COBS straight from its paper, to compare with. */
function cobs(plain: Uint8Array): number[] {
  const coded: number[] = [];
  let run: number[] = [];
  for (const [at, byte] of plain.entries()) {
    if (byte !== 0) run.push(byte);
    const full = run.length === 254;
    if (byte !== 0 && !full) continue;
    coded.push(run.length + 1, ...run);
    run = [];
    if (byte !== 0 && full && at === plain.length - 1) return coded;
  }
  return [...coded, run.length + 1, ...run];
}

function endsInFullRun(coded: number[]): boolean {
  let at = 0;
  while (at + coded[at] < coded.length) at += coded[at];
  return coded[at] === 255;
}

function crc32Of(body: Uint8Array): number {
  return crc32(Uint8Array.of(PACKET_BLOCK, ...body));
}

function littleEndian(sum: number): number[] {
  return [0, 8, 16, 24].map((shift) => (sum >>> shift) & 255);
}

function flipBits(bytes: Uint8Array, random: (below: number) => number, every: number): number {
  let flips = 0;
  for (let at = random(every); at < bytes.length * 8; at += 1 + random(2 * every - 1)) {
    bytes[at >> 3] ^= 1 << (at & 7);
    flips++;
  }
  return flips;
}

/** A byte is lost, put in, or another. */
function disturbed(bytes: Uint8Array, random: (below: number) => number): Uint8Array {
  const at = random(bytes.length);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at + 1)];
  const put = Uint8Array.of(random(256));
  const way = random(3);
  return joined(
    way === 0
      ? [before, after]
      : way === 1
        ? [before, put, bytes.subarray(at)]
        : [before, put, after],
  );
}

function body(): fc.Arbitrary<Uint8Array> {
  const byte = fc.oneof(fc.constant(0), fc.nat(255), fc.constant(0xff));
  const bytes = fc.array(byte, { maxLength: 40 });
  const run = fc.tuple(fc.integer({ min: 248, max: 258 }), fc.integer({ min: 1, max: 255 }));
  return fc
    .array(
      fc.oneof(
        bytes,
        run.map(([size, value]) => filled(size, value)),
      ),
      { maxLength: 2 },
    )
    .map((parts) => Uint8Array.from(parts.flat()));
}

/** A block, noise, or a block that was cut. */
function lineItem(): fc.Arbitrary<Uint8Array> {
  const block = body().map((bytes) => encodeBlock(PACKET_BLOCK, bytes, crc32));
  const noise = fc.uint8Array({ maxLength: 30 });
  const cut = fc.tuple(block, fc.nat(600)).map(([bytes, size]) => bytes.slice(0, size));
  return fc.oneof(block, noise, cut, fc.constant(new Uint8Array(1500).fill(3)));
}

function pieces(): fc.Arbitrary<number[]> {
  return fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 8 });
}

/** Copies, as an adapter would hand them over. */
function cutInto(bytes: Uint8Array, sizes: number[]): Uint8Array[] {
  const cut: Uint8Array[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length];
    cut.push(bytes.slice(at, at + size));
    at += size;
  }
  return cut;
}

function joined(parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function filled(size: number, value: number): number[] {
  return new Array<number>(size).fill(value);
}

function bytesOf(hex: string): number[] {
  return [...Buffer.from(hex, 'hex')];
}
