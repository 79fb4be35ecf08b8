/** Ids are found where they were put, and the one unused for longest is known, as in a Map. */
import { describe, expect, it } from 'vitest';
import { IdPlaces } from '../../../protocol/trust/id-places.ts';
import { runs, SEED, xorshift } from '../../seed.ts';

const ANY = (): boolean => true;

describe('a place', () => {
  it('belongs to its id wherever that lies, and to no other', () => {
    const places = new IdPlaces(4);
    const frame = new Uint8Array(30);
    frame.set(idOf(7), 14);
    expect(places.find(frame, 14)).toBe(-1);
    const place = places.add(frame, 14);
    expect(places.find(idOf(7))).toBe(place);
    expect(places.idAt(place)).toEqual(idOf(7));
    expect(places.find(frame, 13)).toBe(-1);
    for (let bit = 0; bit < 64; bit++) {
      const other = idOf(7);
      other[bit >> 3] ^= 1 << (bit & 7);
      expect(places.find(other)).toBe(-1);
    }
  });

  it('is given to another once its id is removed, and only then', () => {
    const places = new IdPlaces(3);
    expect([1, 2, 3].map((n) => places.add(idOf(n)))).toEqual([0, 1, 2]);
    expect(() => places.add(idOf(4))).toThrow('room');
    places.remove(0);
    places.remove(2);
    expect(places.find(idOf(1))).toBe(-1);
    expect(places.isTaken(0)).toBe(false);
    expect(() => places.remove(0)).toThrow('once');
    expect([4, 5].map((n) => places.add(idOf(n)))).toEqual([2, 0]);
    expect([1, 2, 3, 4, 5].map((n) => places.find(idOf(n)))).toEqual([-1, 1, -1, 2, 0]);
    expect(places.size).toBe(3);
    expect(places.end).toBe(3);
    expect(() => places.add(idOf(6))).toThrow('room');
  });

  it('is the same whatever the seed: it only says where to look', () => {
    const [one, other] = [1, 0xfeedbeef].map((seed) => {
      const places = new IdPlaces(500, seed);
      for (let n = 0; n < 400; n++) places.add(idOf(n));
      for (let n = 0; n < 400; n += 3) places.remove(places.find(idOf(n)));
      for (let n = 400; n < 500; n++) places.add(idOf(n));
      return places.inOrder().map((place) => [place, places.idAt(place).join()]);
    });
    expect(one).toEqual(other);
  });

  it('has a row of its own, which stays as rows are added, and no more rows than the limit asks for', () => {
    const places = new IdPlaces(100, 5, 3);
    const rooms = Array.from({ length: 100 }, (_, n) => {
      const at = places.columnsOf(places.add(idOf(n)));
      places.numbers.set([n, -n, n / 3], at);
      return places.numbers.length / 5;
    });
    expect([...new Set(rooms)]).toEqual([32, 48, 72, 100]);
    for (let n = 0; n < 100; n++) {
      const place = places.find(idOf(n));
      const at = places.columnsOf(place);
      expect([...places.numbers.subarray(at, at + 3)]).toEqual([n, -n, n / 3]);
      expect(places.idAt(place)).toEqual(idOf(n));
    }
  });

  it('begins with zeros, whatever was there before, and leaves its neighbours alone', () => {
    const places = new IdPlaces(3, 5, 2);
    for (const n of [1, 2, 3]) {
      const at = places.columnsOf(places.add(idOf(n)));
      places.numbers.fill(n, at, at + 2);
    }
    const middle = places.columnsOf(1);
    places.remove(1);
    expect(places.columnsOf(places.add(idOf(4)))).toBe(middle);
    expect([...places.numbers.subarray(middle, middle + 2)]).toEqual([0, 0]);
    expect([1, 3].map((n) => places.find(idOf(n)))).toEqual([0, 2]);
    expect(places.numbers[places.columnsOf(2)]).toBe(3);
    // Numbers and words are the same bytes.
    places.numbers[middle] = 1;
    expect([...places.words.subarray(2 * middle, 2 * middle + 2)]).toContain(0x3ff00000);
  });
});

it('the one unused for longest is found among those that may go', () => {
  const places = new IdPlaces(9);
  expect(places.oldest(ANY)).toBe(-1);
  const [a, b, c] = [1, 2, 3].map((n) => places.add(idOf(n)));
  expect(places.oldest(ANY)).toBe(a);
  places.use(a);
  expect(places.oldest(ANY)).toBe(b);
  expect(places.oldest((place) => place !== b)).toBe(c);
  expect(places.oldest(() => false)).toBe(-1);
  places.remove(b);
  expect(places.oldest(ANY)).toBe(c);
  expect(places.inOrder()).toEqual([c, a]);
});

it('any turn of ids coming, going and being used is what a Map in order of use makes of it', () => {
  for (let run = 0; run < runs(20, 1000); run++) {
    const seed = SEED + run;
    const draw = xorshift(seed);
    const max = 1 + draw(300);
    const places = new IdPlaces(max, draw(2 ** 32));
    const model = new Map<number, number>();
    for (let turn = 0; turn < 1500; turn++) {
      const n = draw(max * 2);
      const place = places.find(idOf(n));
      const known = model.get(n) ?? -1;
      if (place !== known) expect(place, `seed ${seed}, turn ${turn}`).toBe(known);
      if (place < 0 && model.size < max) model.set(n, places.add(idOf(n)));
      else if (place >= 0) {
        model.delete(n);
        if (draw(2) === 0) places.remove(place);
        else {
          places.use(place);
          model.set(n, place);
        }
      }
    }
    expect(places.inOrder(), `seed ${seed}`).toEqual([...model.values()]);
    expect(places.oldest(ANY)).toBe(places.inOrder()[0] ?? -1);
    expect(places.size).toBe(model.size);
  }
});

/** Ids that differ in few bits, as an adversary would have them. */
function idOf(n: number): Uint8Array {
  const id = new Uint8Array(8);
  new DataView(id.buffer).setUint32(n & 4, n << 12);
  return id;
}
