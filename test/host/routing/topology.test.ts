/** Topology: what is believed of whom, how long, and how much of it there may be. */
import { describe, expect, it } from 'vitest';
import { CHANGES_MAX, STALE_MS, Topology } from '../../../host/routing/topology.ts';
import { both, cost, state, tell, topologyOf } from './maps.ts';

describe('an edge', () => {
  it('counts only while both ends claim it', () => {
    const topology = topologyOf('a', { a: { b: 5 }, b: { a: 5, c: 5 }, c: {} });
    expect(topology.edge('a', 'b')).toEqual(cost(5));
    expect(topology.edge('b', 'c')).toBeNull();
    tell(topology, 'c', { b: 5 }, 2, 0);
    expect(topology.edge('c', 'b')).toEqual(cost(5));
    tell(topology, 'c', {}, 3, 0);
    expect(topology.edge('b', 'c')).toBeNull();
  });

  it('costs what the end says that says worse, in both directions', () => {
    const topology = topologyOf('a', { a: { b: 5 }, b: { a: 90 } });
    expect(topology.edge('a', 'b')).toEqual(cost(90));
    expect(topology.edge('b', 'a')).toEqual(cost(90));
  });

  it('to a node that says no link state counts by its announce', () => {
    const topology = topologyOf('a', { a: { b: 5 }, b: { a: 5, phone: 30 } });
    expect(topology.edge('b', 'phone')).toBeNull();
    topology.announced('phone', ['b'], 0);
    expect(topology.edge('b', 'phone')).toEqual(cost(30));
  });

  it('of a node to itself is none', () => {
    const topology = topologyOf('a', { a: { b: 5, a: 1 }, b: { a: 5, b: 1 } });
    expect([...topology.edges('b').keys()]).toEqual(['a']);
    expect([...topology.edges('a').keys()]).toEqual(['b']);
  });
});

describe('a link state', () => {
  it('is taken once, and never after a later one', () => {
    const topology = topologyOf('a', { a: { b: 5 }, b: { a: 5 } });
    expect(tell(topology, 'b', { a: 7 }, 1, 0)).toBe('old');
    expect(tell(topology, 'b', { a: 7 }, 2, 0)).toBeNull();
    expect(tell(topology, 'b', { a: 9 }, 1, 0)).toBe('old');
    expect(topology.edge('a', 'b')).toEqual(cost(7));
  });

  it('of our own says nothing that we do not know', () => {
    const topology = topologyOf('a', {});
    expect(topology.hear('a', state(9), new Map(), 0)).toBe('ourselves');
  });

  it('weighs more than an announce', () => {
    const topology = topologyOf('a', { a: { b: 5 }, b: { a: 5 } });
    expect(topology.announced('b', [], 1)).toBe('old');
    expect(topology.edge('a', 'b')).toEqual(cost(5));
  });

  it('is forgotten after 300 s, and with it its number', () => {
    const topology = topologyOf('a', { a: { b: 5, c: 5 }, b: { a: 5 }, c: { a: 5 } });
    tell(topology, 'b', { a: 5 }, 2, 1000);
    expect(topology.deadline()).toBe(STALE_MS);
    expect(topology.expire(STALE_MS - 1)).toEqual([]);
    expect(topology.expire(STALE_MS)).toEqual(['c']);
    expect([...topology.edges('a').keys()]).toEqual(['b']);
    expect(topology.deadline()).toBe(STALE_MS + 1000);
    expect(topology.expire(STALE_MS + 1000)).toEqual(['b']);
    expect(topology.deadline()).toBe(Infinity);
    expect(tell(topology, 'b', { a: 6 }, 1, STALE_MS + 1001)).toBeNull();
  });
});

describe('a topology that is full', () => {
  it('gives up those that nobody else knows first', () => {
    const topology = topologyOf('a', { a: { b: 1 }, b: { a: 1, c: 1 }, made: { b: 1 } }, 4);
    tell(topology, 'c', { b: 1 }, 1, 1);
    expect(topology.node('c')).not.toBeNull();
    tell(topology, 'd', { c: 1 }, 1, 2);
    expect(topology.node('made')).toBeNull();
    expect(topology.size).toBe(4);
  });

  it('lets nobody in whom no node claims that it knows', () => {
    const topology = topologyOf('a', both([['a', 'b', 1], ['b', 'c', 1]]), 3); // prettier-ignore
    expect(tell(topology, 'liar', { b: 1, c: 1 }, 1, 0)).toBe('crowded');
    expect(topology.node('c')).not.toBeNull();
  });

  it('gives up the one heard longest ago for one that is known, but no neighbour of ours', () => {
    const topology = topologyOf('a', both([['a', 'b', 1], ['b', 'c', 1]]), 3); // prettier-ignore
    tell(topology, 'c', { b: 1, d: 1 }, 2, 5);
    // Heard longest ago is b, and it is our neighbour.
    expect(tell(topology, 'd', { c: 1 }, 1, 6)).toBeNull();
    expect([...topology.nodes()].map(({ id }) => id)).toEqual(['a', 'b', 'd']);
  });
});

describe('changes', () => {
  it('are told of edges and traits, and of nothing that stays as it is', () => {
    const topology = topologyOf('a', { a: { b: 5 }, b: { a: 5 } });
    const before = topology.version;
    tell(topology, 'b', { a: 5 }, 2, 0);
    expect(topology.version).toBe(before);
    tell(topology, 'b', { a: 6 }, 3, 0, { energyPercent: 10 });
    expect(topology.changedSince(before)).toEqual([
      { a: 'b', b: 'a' },
      { a: 'b', b: null },
    ]);
  });

  it('of long ago are gone, and whoever asks for them begins anew', () => {
    const topology = topologyOf('a', { a: { b: 5 }, b: { a: 5 } });
    const before = topology.version;
    for (let i = 0; i <= 2 * CHANGES_MAX; i++) tell(topology, 'b', { a: 6 + (i & 1) }, i + 2, 0);
    expect(topology.changedSince(before)).toBeNull();
    expect(topology.changedSince(topology.version - CHANGES_MAX)).toHaveLength(CHANGES_MAX);
    expect(topology.changedSince(topology.version)).toEqual([]);
  });

  it('come of a node that is forgotten, too', () => {
    const topology = new Topology('a', 0);
    tell(topology, 'a', { b: 1 }, 1, 0);
    tell(topology, 'b', { a: 1 }, 1, 0);
    const before = topology.version;
    topology.expire(STALE_MS);
    expect(topology.changedSince(before)).toEqual([{ a: 'b', b: 'a' }]);
  });
});
