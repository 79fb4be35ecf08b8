/**
 * A slab promises to each his own bytes, and no array of a size that would waste much of it.
 */
import { describe, expect, it } from 'vitest';
import { CUT_MAX, Slab, SLAB_SIZE } from '../../../protocol/core/slab.ts';

describe('what is cut from a slab', () => {
  it('is as long as was asked for, empty, and nobody else has it', () => {
    const slab = new Slab();
    const sizes = Array.from({ length: 400 }, (_, at) => (at * 37) % 300);
    const cuts = sizes.map((size) => slab.cut(size));
    for (const [at, cut] of cuts.entries()) {
      expect(cut).toEqual(new Uint8Array(sizes[at]));
      cut.fill(at + 1);
    }
    for (const [at, cut] of cuts.entries()) {
      expect(cut.every((byte) => byte === ((at + 1) & 0xff))).toBe(true);
    }
  });

  it('lies behind the one before, until the next does not fit', () => {
    const slab = new Slab();
    const cuts = Array.from({ length: SLAB_SIZE / CUT_MAX + 1 }, () => slab.cut(CUT_MAX));
    const places = cuts.map(({ byteOffset }) => byteOffset / CUT_MAX);
    expect(places).toEqual([...places.keys()].map((at) => (at * CUT_MAX === SLAB_SIZE ? 0 : at)));
    expect(cuts[0].buffer).toBe(cuts[1].buffer);
    expect(cuts.at(-1)!.buffer).not.toBe(cuts[0].buffer);
  });

  it('has memory of its own beyond the size that is cut', () => {
    const slab = new Slab();
    slab.cut(1);
    expect(slab.cut(CUT_MAX + 1).buffer.byteLength).toBe(CUT_MAX + 1);
    expect(slab.cut(1).byteOffset).toBe(1);
  });
});
