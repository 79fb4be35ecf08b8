/**
 * How often a peer says who it is, and what it says (WIRE §5).
 */
import { describe, expect, it } from 'vitest';
import { TICK } from '../../../protocol/core/machine.ts';
import type { AnnouncerConfig } from '../../../protocol/peer/announcer.ts';
import { ANNOUNCE_PACE, Announcer, NAME_MAX } from '../../../protocol/peer/announcer.ts';
import { Author } from '../../../protocol/peer/author.ts';
import { decodeAnnounce } from '../../../protocol/wire/announce.ts';
import { PIECE_SIZE } from '../../../protocol/wire/fragment.ts';
import { person } from '../trust/people.ts';
import { filled } from '../wire/given.ts';

const { isolatedMs, connectedMs, crowdedMs } = ANNOUNCE_PACE;

describe('an announcer', () => {
  it('says nothing while nobody hears it, or it does not know the time', () => {
    const announcer = of();
    expect(announcer.deadline()).toBe(Infinity);
    expect(announcer.step({ kind: 'clock', isKnown: true }, 0)).toEqual([]);
    expect(announcer.deadline()).toBe(Infinity);
    expect(around(announcer, 0, 0)).toHaveLength(1);
    announcer.step({ kind: 'clock', isKnown: false }, 1);
    expect(announcer.step(TICK, 1_000_000)).toEqual([]);
  });

  for (const [who, neighbours, ms] of [
    ['alone', 0, isolatedMs],
    ['with one neighbour', 1, connectedMs],
    ['with five', 5, connectedMs],
    ['with six', 6, crowdedMs],
  ] as const) {
    it(`speaks every ${ms / 1000} s or so when it is ${who}`, () => {
      for (const [chance, part] of [
        [0, neighbours === 0 ? 1 : 0.75],
        [1, neighbours === 0 ? 1 : 1.25],
      ]) {
        const announcer = of(chance);
        announcer.step({ kind: 'clock', isKnown: true }, 0);
        expect(around(announcer, neighbours, 100)).toHaveLength(1);
        const due = 100 + ms * part;
        expect(announcer.deadline()).toBe(due);
        expect(announcer.step(TICK, due - 1)).toEqual([]);
        expect(announcer.step(TICK, due)).toHaveLength(1);
      }
    });
  }

  it('looks for others soon after it lost the last', () => {
    const announcer = of();
    announcer.step({ kind: 'clock', isKnown: true }, 0);
    around(announcer, 7, 0);
    around(announcer, 0, 1000);
    expect(announcer.deadline()).toBe(1000 + isolatedMs);
    // Once: being alone still is no news.
    around(announcer, 0, 3000);
    expect(announcer.deadline()).toBe(1000 + isolatedMs);
  });

  it('speaks as often as it is told to', () => {
    const announces = { isolatedMs: 1000, connectedMs: 80_000, crowdedMs: 300_000 };
    for (const [neighbours, dueAt] of [
      [0, 1000],
      [5, 60_000],
      [6, 225_000],
    ]) {
      const announcer = of(0, { announces });
      announcer.step({ kind: 'clock', isKnown: true }, 0);
      expect(around(announcer, neighbours, 0)).toHaveLength(1);
      expect(announcer.deadline()).toBe(dueAt);
    }
  });

  it('names itself, its keys and at most ten neighbours', () => {
    const announcer = of();
    announcer.step({ kind: 'clock', isKnown: true }, 0);
    const [said] = around(announcer, 12, 0);
    const announce = decodeAnnounce(said.payload);
    expect(announce.ok && announce.value).toMatchObject({
      name: 'hill',
      noiseKey: person(1).noiseKey,
      signingKey: person(1).signingKey,
      capabilities: 64n,
    });
    expect(announce.ok && announce.value.neighbours).toHaveLength(10);
  });

  it('fits one write whatever it says, as a cut announce shows no neighbour', () => {
    const announcer = of(0, { name: 'n'.repeat(NAME_MAX) });
    announcer.step({ kind: 'clock', isKnown: true }, 0);
    const [{ payload }] = around(announcer, 12, 0);
    const author = new Author(person(1), (size) => filled(size, 1), null);
    const frame = author.write({ type: 1, payload, recipient: null, isSigned: true }, 7, 1000);
    expect(frame.length).toBeLessThanOrEqual(PIECE_SIZE);
    expect(() => of(0, { name: 'n'.repeat(NAME_MAX + 1) })).toThrow('a name has its limit');
  });

  it('is silent for good after it has left', () => {
    const announcer = of();
    announcer.step({ kind: 'clock', isKnown: true }, 0);
    announcer.step({ kind: 'leave' }, 0);
    expect(around(announcer, 3, 10)).toEqual([]);
    expect(announcer.deadline()).toBe(Infinity);
  });
});

/** `chance` 0 draws the least, 1 the most. */
function of(chance = 0, config: Partial<AnnouncerConfig> = {}): Announcer {
  const all = { name: 'hill', capabilities: 64n, announces: ANNOUNCE_PACE, ...config };
  return new Announcer(person(1), all, (below) => (chance === 0 ? 0 : below - 1));
}

function around(announcer: Announcer, count: number, now: number, lined = 0) {
  const neighbours = Array.from({ length: count }, (_, i) => filled(8, i + 1));
  return announcer.step({ kind: 'around', isHeard: true, neighbours, lined }, now);
}
