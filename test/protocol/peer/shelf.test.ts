/** A shelf gives back what was put down last, and wastes no more than half of what it needs. */
import { describe, expect, it } from 'vitest';
import { Shelf } from '../../../protocol/peer/shelf.ts';
import { runs, SEED, xorshift } from '../../seed.ts';
import { filled } from '../wire/given.ts';

describe('a shelf', () => {
  it('holds of each place what was put down there last, like a Map', () => {
    const random = xorshift(SEED);
    const shelf = new Shelf();
    const model = new Map<number, Uint8Array>();
    for (let step = 0; step < runs(1000, 100_000); step++) {
      const place = random(20);
      if (random(4) === 0) {
        shelf.clear(place);
        model.delete(place);
      } else {
        const bytes = filled(random(200), random(256));
        shelf.put(place, filled(255, bytes[0] ?? 0), bytes.length);
        model.set(place, bytes);
      }
      const looked = random(20);
      const held = model.get(looked) ?? new Uint8Array(0);
      expect([...shelf.at(looked)], `step ${step} of seed ${SEED}`).toEqual([...held]);
    }
  });

  it('says how far what lies there is alike', () => {
    const shelf = new Shelf();
    const alike = (...bytes: number[]): number =>
      shelf.alike(1, Uint8Array.from(bytes), bytes.length);
    expect(alike(1, 2)).toBe(0);
    shelf.put(0, Uint8Array.of(9, 9, 9), 3);
    shelf.put(1, Uint8Array.of(1, 2, 3), 3);
    shelf.put(2, Uint8Array.of(4), 1);
    const cases = [alike(1, 2, 3), alike(1, 2, 3, 4), alike(1, 2), alike(1, 3, 3), alike(2, 2, 3)];
    expect(cases).toEqual([3, 3, 2, 1, 0]);
  });

  it('has room for the last byte', () => {
    for (let length = 490; length < 510; length++) {
      const shelf = new Shelf();
      shelf.put(0, filled(1000, 1), 1000);
      shelf.put(1, filled(length, 2), length);
      expect([...shelf.at(1)], `${length} bytes`).toEqual([...filled(length, 2)]);
    }
  });

  it('takes half as much again as lies on it, however often that changes', () => {
    const shelf = new Shelf();
    for (let round = 0; round < 100; round++) {
      for (let place = 0; place < 50; place++) {
        shelf.put(place, filled(100, round), 50 + ((place + round) % 50));
      }
    }
    expect(shelf.at(0).buffer.byteLength).toBeLessThan(50 * 100 * 1.5);
  });

  it('stays where it is as long as there is room in all', () => {
    const shelf = new Shelf();
    for (let place = 0; place < 50; place++) shelf.put(place, filled(100, place), 100);
    // Each that grows leaves a gap behind, and gaps are given to others.
    const round = (): ArrayBufferLike => {
      for (let place = 0; place < 30; place++) {
        shelf.put(place, filled(100, place), 10);
        shelf.put(place, filled(100, place), 100);
      }
      return shelf.at(0).buffer;
    };
    const buffer = round();
    for (let again = 0; again < 20; again++) expect(round()).toBe(buffer);
    for (let place = 0; place < 50; place++) expect(shelf.at(place)).toEqual(filled(100, place));
  });
});
