/**
 * The threats of DEFAULTS §2, one by one, as somebody would make them: over his own link to a real
 * bridge. Each is told of by its name, costs who brought it some of his reputation, and costs nobody
 * else anything; but a clock that is wrong costs nobody, since nobody can say whose it is.
 */
import { describe, expect, it } from 'vitest';
import type { Threat } from '../../../host/events.ts';
import { LOOK_EVERY_MS } from '../../../host/neighbours/neighbours.ts';
import { REPEATS_MAX, Repeats, REPEATS_MS, WORDS_MAX } from '../../../host/neighbours/repeats.ts';
import type { Millis } from '../../../protocol/core/machine.ts';
import { ANNOUNCE, ENCRYPTED, encodePacket, plainPacket } from '../../../protocol/core/packet.ts';
import { STATION_DEFAULTS } from '../../../protocol/peer/settings.ts';
import { announceOf, messageOf } from '../../protocol/trust/people.ts';
import { EPOCH, timeIn } from '../../protocol/peer/village.ts';
import { withTtl } from '../../packets.ts';
import { filled } from '../../protocol/wire/given.ts';
import { Lane } from './lane.ts';

const STRICT = { admission: { ...STATION_DEFAULTS.admission, level: 'strict' as const } };

const ATTACKS: [Threat, string, (lane: Lane) => void][] = [
  [
    'flood',
    'says more than anybody may',
    (lane) => {
      for (let i = 0; i < 600; i++) {
        const at = timeIn(lane.village) + i;
        const fields = plainPacket(ENCRYPTED, 7, at, lane.foe.identity.id, filled(30, i));
        lane.from(lane.foe, encodePacket(fields));
      }
    },
  ],
  [
    'repeated-content',
    'says the same again and again',
    (lane) => {
      for (let i = 0; i < REPEATS_MAX; i++) {
        const payload = new TextEncoder().encode('buy my coins now');
        const at = timeIn(lane.village) + i;
        lane.from(lane.foe, messageOf(lane.foe.identity, at, { payload }));
      }
    },
  ],
  [
    'suspicious-payload',
    'sends what no announce is',
    (lane) => {
      const { identity } = lane.foe;
      const at = timeIn(lane.village);
      const fields = plainPacket(ANNOUNCE, 7, at, identity.id, filled(50, 9));
      lane.from(lane.foe, identity.sealPacket(fields));
    },
  ],
  [
    'bad-signature',
    'forges another’s words',
    (lane) => {
      const frame = messageOf(lane.friend.identity, timeIn(lane.village));
      frame[frame.length - 9] ^= 1;
      lane.from(lane.foe, frame);
    },
  ],
  [
    'fingerprint-mismatch',
    'shows another key in another’s name',
    (lane) => {
      const { noiseKey } = lane.friend.identity;
      const claims = { noiseKey, timestamp: timeIn(lane.village) };
      lane.from(lane.foe, announceOf(lane.foe.identity, claims));
    },
  ],
  [
    'replay',
    'plays again what was said long ago, as an answer',
    (lane) => {
      const said = Array.from({ length: 40 }, (_, i) =>
        messageOf(lane.friend.identity, timeIn(lane.village) + i),
      );
      for (const frame of said) lane.from(lane.friend, frame);
      // Longer than packets are remembered: only the history still knows them.
      lane.pass(11 * 60_000);
      for (const frame of said) {
        lane.from(lane.foe, withTtl(frame, 0));
        lane.pass(1000);
      }
    },
  ],
  [
    'stamp-missing',
    'announces himself without work, where that is asked for',
    (lane) =>
      lane.from(lane.foe, announceOf(lane.foe.identity, { timestamp: timeIn(lane.village) })),
  ],
];

describe('somebody who', () => {
  for (const [threat, what, attack] of ATTACKS) {
    it(`${what} is told of as ${threat}, and thought less of`, () => {
      const isStrict = threat === 'stamp-missing';
      const lane = new Lane(isStrict ? STRICT : {});
      if (isStrict) meetAll(lane);
      attack(lane);
      lane.pass(LOOK_EVERY_MS);
      expect(lane.threats()).toContain(threat);
      expect(lane.view(lane.foe).threats[threat]).toBeGreaterThan(0);
      const { reputation } = lane.view(lane.friend);
      expect(reputation).toBeGreaterThanOrEqual(100);
      expect(lane.view(lane.foe).reputation).toBeLessThan(reputation);
      // What is played again when nobody asked is, above all, old.
      const beside = threat === 'replay' ? ['timestamp-anomaly'] : ['stamp-missing'];
      expect(lane.threats().filter((each) => each !== threat && !beside.includes(each))).toEqual(
        [],
      );
    });
  }
});

describe('a clock that is wrong', () => {
  const DAYS_MS = 4.6 * 86_400_000;

  it('is told of as timestamp-anomaly, and costs nobody his reputation', () => {
    const lane = new Lane();
    const { reputation } = lane.view(lane.foe);
    speakOf(lane, -DAYS_MS);
    expect(lane.threats()).toEqual(['timestamp-anomaly', 'timestamp-anomaly']);
    expect(lane.view(lane.foe).threats['timestamp-anomaly']).toBe(LOOKS);
    // It is no merit either.
    expect(lane.view(lane.foe).reputation).toBeLessThanOrEqual(reputation);
    expect(lane.view(lane.foe).reputation).toBeGreaterThanOrEqual(100);
    lane.from(lane.foe, messageOf(lane.foe.identity, timeIn(lane.village)));
    lane.pass(1000);
    expect(lane.texts()).toHaveLength(1);
  });

  it('may be our own: once it is right, neighbours are heard at once (RELIABILITY R16)', () => {
    const lane = new Lane();
    const { village, house, foe } = lane;
    village.tell(house, { kind: 'clock', offsetMs: EPOCH - DAYS_MS });
    speakOf(lane, 0);
    expect(lane.view(foe).threats['timestamp-anomaly']).toBe(LOOKS);
    village.tell(house, { kind: 'clock', offsetMs: EPOCH });
    lane.from(foe, messageOf(foe.identity, timeIn(village)));
    lane.pass(1000);
    expect(lane.judgements()).toEqual([]);
    expect(lane.texts()).toHaveLength(1);
  });
});

it('somebody who behaves is told nothing of, and thought better of', () => {
  const lane = new Lane();
  for (let i = 0; i < 20; i++) {
    lane.announce();
    lane.from(lane.friend, messageOf(lane.friend.identity, timeIn(lane.village)));
    lane.pass(15_000);
  }
  expect(lane.threats()).toEqual([]);
  expect(lane.view(lane.friend).reputation).toBeGreaterThanOrEqual(100);
});

describe('words said again', () => {
  const ada = filled(8, 1);
  const words = 'the same words';

  it('are too often the same from the fifth time in a minute on, whoever else says them', () => {
    const repeats = new Repeats();
    const counts = [1, 2, 3, 4, 5, 6].map((i) => repeats.hear(ada, words, i * 1000));
    expect(counts).toEqual([0, 0, 0, 0, 5, 6]);
    expect(repeats.hear(filled(8, 2), words, 7000)).toBe(0);
    expect(repeats.hear(ada, `  ${words} `, 8000)).toBe(7);
  });

  it('are new again a minute later, and when short', () => {
    const repeats = new Repeats();
    for (let i = 0; i < 9; i++) expect(repeats.hear(ada, 'yes', i)).toBe(0);
    for (let i = 0; i < 4; i++) repeats.hear(ada, words, 0);
    expect(repeats.hear(ada, words, REPEATS_MS)).toBe(0);
  });

  it('are forgotten when there are too many others', () => {
    const repeats = new Repeats();
    for (let i = 0; i < 4; i++) repeats.hear(ada, words, 0);
    for (let i = 0; i < WORDS_MAX; i++) repeats.hear(ada, `${words} ${i}`, 1);
    expect(repeats.hear(ada, words, 2)).toBe(0);
  });
});

/** In each the most that a threat may cost would be reached, if it cost anything. */
const LOOKS = 15;

/** One of them speaks of a time that is so far from that of the village. */
function speakOf(lane: Lane, offMs: Millis): void {
  const { village, foe } = lane;
  for (let look = 0; look < LOOKS; look++) {
    for (let i = 0; i < 60; i++) {
      lane.from(foe, messageOf(foe.identity, timeIn(village) + offMs + i));
    }
    lane.pass(LOOK_EVERY_MS);
  }
}

/** Under strict phones are shown once a person keeps them. */
function meetAll(lane: Lane): void {
  for (const { identity } of [lane.friend, lane.foe]) {
    const { id, noiseKey, signingKey } = identity;
    lane.house.bridge.pins.meet(id, noiseKey, signingKey);
    lane.house.bridge.pins.keep(id, 'contacted');
  }
  lane.announce();
  lane.pass(6000);
  lane.house.bridge.pins.keep(lane.foe.identity.id, 'seen');
}
