/**
 * The seen hash against the outputs its authors publish, and against a plain implementation that
 * goes byte by byte, for lengths the published ones do not reach.
 */
import { describe, expect, it } from 'vitest';
import { makeSeenHash } from '../../../protocol/trust/seen-hash.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { runs, SEED, xorshift } from '../../seed.ts';

describe('the seen hash', () => {
  const hash = makeSeenHash(0x03020100, 0x07060504);

  for (const [length, expected] of published().entries()) {
    it(`is HalfSipHash-2-4 of ${length} counted bytes, as published`, () => {
      const bytes = Uint8Array.from({ length: 64 }, (_, i) => i);
      expect(named(hash, bytes, length)).toBe(expected);
    });
  }

  it('agrees with the plain implementation at every length around its block', () => {
    const draw = xorshift(SEED);
    const bytes = Uint8Array.from({ length: 9000 }, () => draw(256));
    const lengths = [2044, 2045, 2046, 2047, 2048, 2049, 2052, 4095, 4096, 4097, 8192, 8999];
    for (const length of lengths) {
      expect(named(hash, bytes, length), `${length} of many`).toBe(plain(bytes, length));
      const exact = bytes.slice(0, length);
      expect(named(hash, exact, length), `${length} of ${length}`).toBe(plain(exact, length));
    }
    for (let run = 0; run < runs(300, 20000); run++) {
      const length = draw(3000);
      const from = draw(1000);
      const bytesAnywhere = bytes.subarray(from, from + length + draw(300));
      expect(named(hash, bytesAnywhere, length)).toBe(plain(bytesAnywhere, length));
    }
  });

  it('does not see what follows the packet', () => {
    const bytes = new Uint8Array(256);
    const before = named(hash, bytes, 97);
    bytes.fill(255, 97);
    expect(named(hash, bytes, 97)).toBe(before);
  });

  it('gives other names under another key', () => {
    const bytes = new Uint8Array(40);
    const names = [0, 1, 0x80000000, 0xffffffff].flatMap((word) => [
      named(makeSeenHash(word, 7), bytes, 40),
      named(makeSeenHash(7, word), bytes, 40),
    ]);
    expect(new Set(names).size).toBe(names.length);
  });
});

function named(hash: ReturnType<typeof makeSeenHash>, bytes: Uint8Array, length: number): string {
  const out = new Uint32Array(2);
  hash(bytes, length, out);
  const le = new Uint8Array(8);
  new DataView(le.buffer).setUint32(0, out[0], true);
  new DataView(le.buffer).setUint32(4, out[1], true);
  return toHex(le);
}

/** The same function in 32-bit BigInts, as the paper states it. */
function plain(bytes: Uint8Array, length: number): string {
  const mask = 0xffffffffn;
  const turn = (x: bigint, by: bigint): bigint => ((x << by) | (x >> (32n - by))) & mask;
  const v = [
    0x03020100n,
    0x07060504n ^ 0xeen,
    0x03020100n ^ 0x6c796765n,
    0x07060504n ^ 0x74656462n,
  ];
  const mix = (times: number): void => {
    for (let i = 0; i < times; i++) {
      v[0] = (v[0] + v[1]) & mask;
      v[1] = turn(v[1], 5n) ^ v[0];
      v[0] = turn(v[0], 16n);
      v[2] = (v[2] + v[3]) & mask;
      v[3] = turn(v[3], 8n) ^ v[2];
      v[0] = (v[0] + v[3]) & mask;
      v[3] = turn(v[3], 7n) ^ v[0];
      v[2] = (v[2] + v[1]) & mask;
      v[1] = turn(v[1], 13n) ^ v[2];
      v[2] = turn(v[2], 16n);
    }
  };
  const padded = new Uint8Array((length & ~3) + 4);
  padded.set(bytes.subarray(0, length));
  padded[padded.length - 1] = length;
  for (let at = 0; at < padded.length; at += 4) {
    const word = BigInt(new DataView(padded.buffer).getUint32(at, true));
    v[3] ^= word;
    mix(2);
    v[0] ^= word;
  }
  v[2] ^= 0xeen;
  mix(4);
  const low = v[1] ^ v[3];
  v[1] ^= 0xddn;
  mix(4);
  const out = new Uint8Array(8);
  new DataView(out.buffer).setUint32(0, Number(low), true);
  new DataView(out.buffer).setUint32(4, Number(v[1] ^ v[3]), true);
  return toHex(out);
}

/** 64-bit outputs for the key 00..07 and 0 to 63 bytes 00, 01, 02 ..., from the authors' vectors. */
function published(): string[] {
  const all = `
    218d1f59b9b83cc8 be552412f8387315 064f39ef7c50eb57 ce0f1a45f7060679 d5e78a175be52ea1
    cb9d7c3f2f3db580 ce3e91358aa2bc25 ff202728b07bc684 edfee820bce4858c 5b51cccc13888307
    95b0469f06a6f2ee ae26333994ddcd48 7bc71f9faef5c799 5a2352d75a0c3744 3bb1a870eae8e658
    217d0bcb4e81c902 7336aad25f7bf3b5 37adc0641c4c4f6a c9b2db2b9a3e42f9 f910e48020ab363c
    1bf52b0a6feea7db 00741dc269e8b3ef e20103fa1ba776ef 4c2210e54b681d73 70741045ae3fa6f1
    0c86403739714038 0d899ed8112923f0 226bf5fab81ee1b8 2d925ffb1e0016b5 361958d52cee10f1
    291aaf864898179d 863c7f155c34117c 28709d46d811626c 248477681d28f89c 8324e4d7528f9830
    f9efd4e13aea6bd8 86d67a40ec4276dc 3f6292eccca97e35 cbd92ee724d42109 368df6808d403d79
    5b38c81c67c8ae4c 95ab7189d439acb3 a91a52c025327024 5b0087c69528acea 1e30f3ad27dcb15a
    697f5c9a90324ed4 495c0f995557dc38 9427202a3c29f94d a9eaa8c04ba93e3e eea4c1737d011218
    912d568fd8f65a49 56919596b0ff5c97 02445a7998f550e1 86ec466ce71d1fb2 359569e7d289e3bc
    871b05ca62bb7c96 a1a492f942f15f1d 12ec267ff6095b6e 5d1b5ea1b231d89d d8cfb4453f92ee54
    d6762890bf26e460 313563a4b7ed5cf3 f90b3ab572d46693 2ea63c71bf326087`;
  return all.trim().split(/\s+/);
}
