/**
 * Whatever the wire and the power do, for as long as they do it: nothing that was answered is lost,
 * and nothing is shown twice. First under loss, copies, disorder, cuts, crashes and slow disks;
 * then in quiet, until all has arrived. A failure names its seed.
 */
import { expect, it } from 'vitest';
import type { MessageName } from '../../../host/types.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { seededRandom } from '../../../tools/simulate/random.ts';
import { runs, SEED } from '../../seed.ts';
import type { Villager } from './hamlet.ts';
import { Hamlet } from './hamlet.ts';

const PEOPLE = 3;
const MESSAGES = 30;
const STORM_MS = 10 * 60_000;
const QUIET_MS = 15 * 60_000;

type Told = { from: Villager; to: Villager; text: string; name: MessageName };

it('delivers once what was answered, in every storm', () => {
  let [all, arrived] = [0, 0];
  for (let seed = SEED; seed < SEED + runs(12, 2000); seed++) {
    const { people, told } = weather(seed);
    for (const { from, to, text, name } of told) {
      const state = from.stateOf(name);
      expect(
        ['delivered', 'failed: unacknowledged', 'failed: no-session'],
        where(seed, text),
      ).toContain(state);
      const times = to.heardFrom(from).filter((other) => other === text).length;
      // What is said to have failed may have arrived, but not the other way round.
      if (state === 'delivered') expect(times, where(seed, text)).toBe(1);
      else expect(times, where(seed, text)).toBeLessThan(2);
    }
    all += told.length;
    arrived += told.filter(({ from, name }) => from.stateOf(name) === 'delivered').length;
    for (const one of people) {
      expect(new Set(one.kept).size, where(seed, 'rows')).toBe(one.kept.length);
      expect(one.archive.outbox.all(), where(seed, 'outbox')).toEqual([]);
    }
  }
  // Giving up is for the worst of storms.
  expect(arrived / all).toBeGreaterThan(0.9);
});

it('is the same storm twice', () => {
  const [one, other] = [weather(SEED), weather(SEED)].map(({ people }) =>
    people.map((who) => who.messages().map(({ text, state, heardAt }) => [text, state, heardAt])),
  );
  expect(one).toEqual(other);
});

function weather(seed: number): { people: Villager[]; told: Told[] } {
  const random = seededRandom(seed);
  const hamlet = new Hamlet(seed);
  const people = Array.from({ length: PEOPLE }, (_, number) => hamlet.move(number + 1));
  hamlet.faults = {
    lossPercent: random(40),
    twicePercent: random(30),
    jitterMs: random(3000),
  };
  const crashPerMille = random(10);
  const batchMs = random(2) * random(200);
  for (const one of people) {
    one.batchMs = batchMs;
    one.crash = () => {
      if (random(1000) >= crashPerMille) return null;
      return random(2) === 0 ? 'before' : 'after';
    };
  }
  const told: Told[] = [];
  for (let n = 0; n < MESSAGES; n++) {
    const from = people[random(PEOPLE)];
    const to = people[(people.indexOf(from) + 1 + random(PEOPLE - 1)) % PEOPLE];
    const text = `${n} of ${toHex(from.id)}`;
    const answer = from.answers.get(from.ask({ kind: 'tell', peer: to.id, text }));
    if (answer?.kind === 'stored') told.push({ from, to, text, name: answer.name });
    if (random(6) === 0) hamlet.cut(from, to);
    hamlet.pass(random((2 * STORM_MS) / MESSAGES));
    if (random(2) === 0) hamlet.join(from, to);
  }
  hamlet.faults = { lossPercent: 0, twicePercent: 0, jitterMs: 0 };
  for (const one of people) {
    one.crash = () => null;
    for (const other of people) if (one !== other) hamlet.join(one, other);
  }
  hamlet.pass(QUIET_MS);
  return { people, told };
}

function where(seed: number, what: string): string {
  return `seed ${seed}, ${what}`;
}
