/**
 * Compression must be stock zlib's to the byte, or a phone refuses the signature (WIRE §4); and
 * inflating must cost nothing that was not allowed (RELIABILITY S13).
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { deflateRawSync, deflateSync, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compress, inflate, Packer } from '../../../protocol/wire/compression.ts';
import { SEED, hold, runs, xorshift } from '../../seed.ts';
import { anyBytes, chat, filled, hex, join } from './given.ts';
import { golden } from './goldens.ts';

const MIB = 1024 * 1024;

describe('compressing a payload', () => {
  for (const [what, payload, smaller] of [
    ['99 equal bytes', filled(99, 65), false],
    ['100 equal bytes', filled(100, 65), true],
    ['100 different bytes', counting(100, 0), false],
    ['230 different bytes among 2,000', counting(230, 1770), true],
    ['231 different bytes among 2,000', counting(231, 1769), false],
    ['90 different bytes among 100', counting(90, 10), false],
    ['noise of 225 values, which does not shrink', noise(400, 225), false],
  ] as const) {
    it(`${smaller ? 'shrinks' : 'leaves'} ${what}`, () => {
      const compressed = compress(payload);
      expect(compressed !== null).toBe(smaller);
      if (compressed !== null) expect(compressed.length).toBeLessThan(payload.length);
    });
  }

  it('writes what any inflater reads', () => {
    const next = xorshift(SEED);
    for (let i = 0; i < 200; i++) {
      const payload = bytesOf(chat(next, 100 + next(900)));
      const compressed = compress(payload);
      expect(compressed).not.toBeNull();
      expect(new Uint8Array(inflateRawSync(compressed!))).toEqual(payload);
    }
  });

  const python = spawnSync('python3', ['-c', 'import zlib']).status === 0;
  it.skipIf(!python)('writes byte for byte what stock zlib writes at level 5 (python3)', () => {
    const next = xorshift(SEED);
    const texts: Uint8Array[] = [];
    for (let i = 0; i < runs(1000, 20000); i++) {
      texts.push(bytesOf(chat(next, 100 + next(900))));
    }
    // Long ones too: hashing and lazy matching behave otherwise across a window.
    for (let i = 0; i < runs(5, 100); i++) texts.push(bytesOf(chat(next, 40000 + next(100000))));
    const stock = execFileSync('python3', ['-c', STOCK_ZLIB], {
      input: texts.map((text) => Buffer.from(text).toString('hex')).join('\n'),
      maxBuffer: 512 * MIB,
    });
    const expected = stock.toString().trim().split('\n');
    expect(expected.length).toBe(texts.length);
    const different = texts.filter(
      (text, i) => Buffer.from(compress(text) ?? []).toString('hex') !== expected[i],
    );
    expect(different.length).toBe(0);
  });

  it('is not what node:zlib writes, which no phone would verify', () => {
    const next = xorshift(SEED);
    let equal = 0;
    for (let i = 0; i < 100; i++) {
      const payload = bytesOf(chat(next, 100 + next(900)));
      const chromium = deflateRawSync(payload, { level: 5 });
      if (Buffer.from(compress(payload)!).equals(chromium)) equal++;
    }
    expect(equal).toBeLessThan(50);
  });
});

describe('a packer', () => {
  it('says of everything what compressing it says, said before or not', () => {
    const next = xorshift(SEED);
    const packer = new Packer();
    const said: Uint8Array[] = [];
    for (let turn = 0; turn < 100; turn++) {
      const noise = Uint8Array.from({ length: 100 + next(3) }, () => next(120));
      const payload = said.length > 0 && next(2) === 0 ? said[next(said.length)] : noise;
      if (next(4) === 0) payload.fill(7, 0, next(payload.length));
      said.push(payload);
      expect(packer.compress(payload), `turn ${turn}`).toEqual(compress(payload));
    }
  });

  it('takes what only begins, or began, like the last for what it is', () => {
    const packer = new Packer();
    const flat = noise(400, 225);
    expect(packer.compress(flat)).toBeNull();
    expect(packer.compress(join(flat, filled(400, 0)))).not.toBeNull();
    // Nor does it matter what becomes of the bytes it was shown.
    flat.fill(0);
    expect(packer.compress(flat)).not.toBeNull();
  });
});

describe('inflating', () => {
  const thousand = filled(1000, 65);
  const raw = compress(thousand)!;

  it('gives back what was compressed', () => {
    hold(
      fc.property(anyBytes(40), fc.integer({ min: 3, max: 400 }), (unit, times) => {
        const payload = join(...new Array<Uint8Array>(times).fill(unit));
        const compressed = compress(payload);
        if (compressed === null) return;
        expect(inflate(compressed, payload.length, payload.length)).toEqual({
          ok: true,
          value: payload,
        });
      }),
      200,
    );
  });

  it('reads a stream with a zlib header, as Android does', () => {
    const wrapped = new Uint8Array(deflateSync(thousand));
    expect(inflate(wrapped, 1000, 1000)).toEqual({ ok: true, value: thousand });
  });

  it('reads a raw stream that looks like a zlib header', () => {
    // A stored block of one byte whose first two bytes pass RFC 1950's check, then an empty last one.
    const stored = hex('78 0100 feff 41 0300');
    expect((stored[0] * 256 + stored[1]) % 31).toBe(0);
    expect(inflate(stored, 1, 1)).toEqual({ ok: true, value: hex('41') });
  });

  it('reads the raw stream with such a beginning that Android publishes', () => {
    const counted = new Uint8Array(29).map((_, i) => i + 1);
    const stream = golden('deflate-raw-with-zlib-looking-prefix');
    expect(inflate(stream, 29, 29)).toEqual({ ok: true, value: counted });
  });

  for (const [what, compressed, size, sizeMax, reason] of [
    ['no size', raw, 0, 1000, 'empty'],
    ['no bytes', hex(''), 10, 1000, 'empty'],
    ['a size of 1 for more', raw, 1, 1000, 'size-mismatch'],
    ['a size of one less', raw, 999, 1000, 'size-mismatch'],
    ['a size of one more', raw, 1001, 2000, 'size-mismatch'],
    ['a size of 2^31-1', raw, 2 ** 31 - 1, MIB, 'over-limit'],
    ['a size of 2^32-1', raw, 2 ** 32 - 1, MIB, 'over-limit'],
    ['a size of 2^32-1 when all is allowed', raw, 2 ** 32 - 1, 2 ** 32, 'expansion'],
    ['more than is allowed', raw, 1000, 999, 'over-limit'],
    ['more than such bytes can hold', hex('030000'), 3 * 1032 + 1, MIB, 'expansion'],
    ['a stream that is cut', raw.subarray(0, raw.length - 1), 1000, 1000, 'corrupt'],
    ['a stream that goes on', join(raw, hex('00')), 1000, 1000, 'size-mismatch'],
    ['a reserved block type', hex('07 00 00'), 10, 1000, 'corrupt'],
  ] as const) {
    it(`refuses ${what} as ${reason}`, () => {
      expect(inflate(compressed, size, sizeMax)).toEqual({ ok: false, reason });
    });
  }

  it('R12: takes no memory for a size that is not allowed or not possible', () => {
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 1000; i++) {
      inflate(raw, 2 ** 31 - 1, 2 ** 32);
      inflate(raw, 2 ** 32 - 1, 2 ** 32);
      inflate(raw, MIB, MIB - 1);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(MIB);
  });

  it('reads the densest stream there is', () => {
    const zeros = filled(MIB, 0);
    const dense = compress(zeros)!;
    expect(MIB / dense.length).toBeGreaterThan(1000);
    expect(inflate(dense, MIB, MIB).ok).toBe(true);
  });
});

const STOCK_ZLIB = `
import sys, zlib
for line in sys.stdin:
    deflate = zlib.compressobj(5, zlib.DEFLATED, -15, 8, zlib.Z_DEFAULT_STRATEGY)
    print((deflate.compress(bytes.fromhex(line)) + deflate.flush()).hex())
`;

/** `different` bytes that all differ, then `equal` zeros. */
function counting(different: number, equal: number): Uint8Array {
  return new Uint8Array(different + equal).map((_, i) => (i < different ? i : 0));
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function noise(length: number, values: number): Uint8Array {
  const next = xorshift(SEED);
  return new Uint8Array(length).map(() => next(values));
}
