/**
 * Three islands and six gateways, two on each, joined by any lines there can be (WIRE §28): everybody
 * whom lines and hops lead to hears each word once, and no island is brought a packet twice.
 */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../tools/simulate/random.ts';
import { runs, SEED, SOAK } from '../../seed.ts';
import { archipelago, injectedOn } from './archipelago.ts';
import type { Member } from './federation.ts';
import type { Edge } from './topologies.ts';
import {
  countOfTopologies,
  edgesOf,
  everySet,
  everyTopology,
  ISLANDS,
  reached,
} from './topologies.ts';

/** Until all lines are up and all gateways know each other. */
const SETTLED_MS = 12_000;
/** Until what did not come at once has come as history, from neighbour to neighbour. */
const HISTORY_MS = 240_000;
const SLOW_MS = 3_600_000;

const TOPOLOGIES = everyTopology();

describe('topologies', () => {
  it('are all of them, each once', () => {
    // Sets of up to six of fifteen pairs: 1 + 15 + 105 + 455 + 1365 + 3003 + 5005.
    const all = TOPOLOGIES.reduce((sum, { alike }) => sum + alike, 0);
    expect(all).toBe(9949);
    expect(everySet()).toHaveLength(9949);
    expect(TOPOLOGIES).toHaveLength(countOfTopologies());
  });
});

describe('three islands with six gateways', () => {
  it(
    'hear each word once, and no packet is injected twice on an island',
    { timeout: SLOW_MS },
    () => {
      const random = seededRandom(SEED);
      const some = Array.from({ length: runs(8, 0) }, () => TOPOLOGIES[random(TOPOLOGIES.length)]);
      for (const { edges } of SOAK ? TOPOLOGIES : some) check(edges);
      // Names decide who comes first, so some that are alike are tried as well.
      const sets = everySet();
      for (let i = 0; i < runs(4, 400); i++) check(edgesOf(sets[random(sets.length)]));
    },
  );
});

function check(edges: Edge[]): void {
  const what = `seed ${SEED}, lines ${JSON.stringify(edges)}`;
  const { federation, islands } = archipelago(edges, ISLANDS);
  const random = seededRandom(SEED + edges.length);
  federation.pass(SETTLED_MS);
  const from = federation.now;
  for (const member of federation.members) {
    federation.say(member, wordOf(member));
    federation.pass(random(800));
  }
  federation.pass(8000);
  if (!isAllHeard(edges, islands)) federation.pass(HISTORY_MS);
  islands.forEach((island, at) => {
    const there = reached(edges, at).flatMap((other) => islands[other]);
    for (const member of island) {
      const words = there.filter((other) => other !== member).map(wordOf);
      expect([...member.heard].sort(), `${what}: heard by ${member.number}`).toEqual(words.sort());
    }
    expect(twice(injectedOn(island, from)), `${what}: injected twice on island ${at}`).toEqual([]);
  });
}

function isAllHeard(edges: Edge[], islands: Member[][]): boolean {
  return islands.every((island, at) => {
    const speakers = reached(edges, at).flatMap((other) => islands[other]).length;
    return island.every(({ heard }) => heard.length >= speakers - 1);
  });
}

function wordOf({ number }: Member): string {
  return `word of ${number}`;
}

function twice(names: string[]): string[] {
  return names.filter((name, at) => names.indexOf(name) !== at);
}
