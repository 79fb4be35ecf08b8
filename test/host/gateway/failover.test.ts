/**
 * Two islands with two gateways each, every line between them, and one that fails at the worst moment
 * (WIRE §28): the other takes over within seconds, no word is lost or told twice, and no packet is
 * brought in more than twice, once for the fail-over.
 */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../tools/simulate/random.ts';
import { runs, SEED } from '../../seed.ts';
import { archipelago, injectedOn } from './archipelago.ts';
import type { Federation, Member } from './federation.ts';
import type { Edge } from './topologies.ts';

const LINES: Edge[] = [
  [0, 2],
  [0, 3],
  [1, 2],
  [1, 3],
];
const WORDS = 16;
const SLOW_MS = 3_600_000;
/** From then on the fail-over is over: its packets have had their turns. */
const OVER_MS = 12_000;

describe('a gateway that fails while words are on their way', () => {
  it.each([
    ['loses its lines', loseLines],
    ['loses its power', losePower],
  ])('is replaced by the other when it %s', { timeout: SLOW_MS }, (_, fail) => {
    for (let round = 0; round < runs(2, 200); round++) {
      const seed = SEED + round;
      const random = seededRandom(seed);
      const { federation, islands } = archipelago(LINES, 2);
      const [here, there] = islands;
      federation.pass(12_000);
      const begun = federation.now;
      const failing = there[random(2) * 2];
      const failsAt = random(WORDS);
      let failed = Infinity;
      for (let word = 0; word < WORDS; word++) {
        federation.say(here[random(here.length)], `word ${word}`);
        federation.pass(random(60));
        if (word === failsAt) {
          fail(federation, failing, here);
          failed = federation.now;
        }
        federation.pass(random(900));
      }
      federation.pass(OVER_MS);
      const after = federation.now;
      for (let word = 0; word < 4; word++) {
        federation.say(here[random(here.length)], `late word ${word}`);
        federation.pass(3000);
      }
      federation.pass(120_000);
      const what = `seed ${seed}, ${failing.number} failed at ${failed}`;
      for (const member of there) {
        if (member.isStopped) continue;
        expect(new Set(member.heard).size, `${what}: told twice`).toBe(member.heard.length);
        expect(member.heard, `${what}: not told to ${member.number}`).toHaveLength(WORDS + 4);
      }
      expect(most(injectedOn(there, begun, failed)), `${what}: before`).toBeLessThanOrEqual(2);
      expect(most(injectedOn(there, begun)), `${what}: at all`).toBeLessThanOrEqual(2);
      expect(most(injectedOn(there, after)), `${what}: after`).toBe(1);
    }
  });

  it('takes its turns again when its lines are back', { timeout: SLOW_MS }, () => {
    const { federation, islands } = archipelago(LINES, 2);
    const [here, there] = islands;
    federation.pass(12_000);
    loseLines(federation, there[0], here);
    federation.pass(5000);
    for (const far of [here[0], here[2]]) federation.mend(there[0], far);
    federation.pass(60_000);
    const back = federation.now;
    for (let word = 0; word < 20; word++) {
      federation.say(here[1], `word ${word}`);
      federation.pass(1000);
    }
    federation.pass(5000);
    for (const gateway of [there[0], there[2]]) {
      expect(gateway.injected.filter(({ at }) => at >= back)).not.toEqual([]);
    }
    expect(most(injectedOn(there, back))).toBe(1);
  });
});

function loseLines(federation: Federation, gateway: Member, far: Member[]): void {
  for (const other of [far[0], far[2]]) federation.sever(gateway, other);
}

function losePower(federation: Federation, gateway: Member): void {
  federation.stop(gateway);
}

/** How often the one occurs that occurs most often. */
function most(names: string[]): number {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Math.max(0, ...counts.values());
}
