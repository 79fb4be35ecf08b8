/** Table: which route is in use, and when it gives way to another. */
import { describe, expect, it } from 'vitest';
import type { Route } from '../../../host/routing/strategy.ts';
import {
  AVOIDED_MS,
  DESTINATIONS_MAX,
  FIRST_HOPS_MAX,
  QUIET_MS,
  Table,
  UNQUIET_MS,
} from '../../../host/routing/table.ts';
import type { NodeId } from '../../../host/routing/topology.ts';
import { STALE_MS, Topology } from '../../../host/routing/topology.ts';
import { tell } from './maps.ts';

describe('a route', () => {
  it('is discovered with the first packet, and told of once', () => {
    const { table, first } = tableOf(['b', 10], ['c', 20]);
    expect(first(0)).toBe('b');
    expect(first(1)).toBe('b');
    expect(table.takeEvents()).toEqual([{ kind: 'discovered', to: 'z', hops: 2 }]);
  });

  it('that breaks gives way to the next at once, whatever is under way', () => {
    const { table, first, closed } = tableOf(['b', 10], ['c', 20], ['d', 30]);
    first(0);
    table.takeEvents();
    closed.add('b');
    table.leave('b', 1);
    expect(table.takeEvents()).toEqual([{ kind: 'switched', to: 'z', reason: 'failed' }]);
    expect(first(1)).toBe('c');
    // Its link is gone, and nobody has said so yet.
    closed.add('c');
    expect(first(2)).toBe('d');
    expect(table.find('z')).toMatchObject({ switches: 2, lastSwitch: { at: 2, reason: 'failed' } });
  });

  it('leads nowhere where all are broken, and is flooded for', () => {
    const { table, first, closed } = tableOf(['b', 10]);
    first(0);
    closed.add('b');
    expect(first(1)).toBeNull();
    expect(table.takeEvents().map(({ kind }) => kind)).toEqual(['discovered', 'switched']);
  });

  it('gives way to a better one between two packets, never among many', () => {
    const { first, routes, change } = tableOf(['b', 100]);
    expect(first(0)).toBe('b');
    routes.unshift(route('c', 79));
    change();
    expect(first(QUIET_MS - 1)).toBe('b');
    expect(first(2 * QUIET_MS - 2)).toBe('b');
    expect(first(3 * QUIET_MS - 2)).toBe('c');
  });

  it('gives way to a better one after five seconds among however many', () => {
    const { first, routes, change } = tableOf(['b', 100]);
    first(0);
    routes.unshift(route('c', 79));
    change();
    for (let at = 100; at < UNQUIET_MS; at += 100) expect(first(at)).toBe('b');
    expect(first(UNQUIET_MS)).toBe('c');
  });

  it('that is left for what its link carries is told of as congested, else as better', () => {
    const { table, first, routes, change } = tableOf(['b', 100]);
    const [crowded] = routes;
    first(0);
    routes.unshift(route('c', 140));
    Object.assign(crowded, { cost: 180, idleCost: 100 });
    change();
    expect(first(60_000)).toBe('c');
    Object.assign(routes[0], { idleCost: 140 });
    Object.assign(crowded, { cost: 100 });
    routes.reverse();
    change();
    expect(first(120_000)).toBe('b');
    const switched = table.takeEvents().filter(({ kind }) => kind === 'switched');
    expect(switched).toMatchObject([{ reason: 'congested' }, { reason: 'better' }]);
  });

  it('stays where another is better by less than a fifth', () => {
    const { first, routes, change } = tableOf(['b', 100]);
    first(0);
    routes.unshift(route('c', 80));
    change();
    expect(first(60_000)).toBe('b');
  });

  it('that takes four hops for five of the other is no better, for three it is', () => {
    const { first, routes, change } = tableOf();
    routes.push(route('b', 100, 4));
    first(0);
    routes.unshift(route('c', 99, 3));
    change();
    expect(first(60_000)).toBe('c');
    routes.unshift(route('d', 98, 3));
    change();
    expect(first(120_000)).toBe('c');
  });

  it('that is found among many flooded packets is not taken before it is quiet', () => {
    const { first, routes, change } = tableOf();
    expect(first(0)).toBeNull();
    routes.push(route('b', 10));
    change();
    expect(first(100)).toBeNull();
    expect(first(100 + QUIET_MS)).toBe('b');
  });

  it('to a node that nobody tells of any more is stale', () => {
    const { table, first, routes, topology } = tableOf(['b', 10]);
    first(0);
    routes.length = 0;
    topology.expire(STALE_MS);
    table.takeEvents();
    expect(first(STALE_MS)).toBeNull();
    expect(table.takeEvents()).toEqual([{ kind: 'switched', to: 'z', reason: 'stale' }]);
  });
});

describe('a packet that comes to nothing', () => {
  it('takes its route out of use for a minute', () => {
    const { table, first } = tableOf(['b', 10], ['c', 20]);
    first(0);
    expect(table.learn('z', false, 1, 5000)).toEqual({
      to: 'z',
      next: 'b',
      isConfirmed: false,
      tookMs: 5000,
    });
    expect(first(5000)).toBe('c');
    expect(first(5000 + AVOIDED_MS - 1)).toBe('c');
    expect(first(5000 + AVOIDED_MS + QUIET_MS)).toBe('b');
  });

  it('a second time has all flooded for a minute', () => {
    const { table, first } = tableOf(['b', 10], ['c', 20], ['d', 30]);
    first(0);
    table.learn('z', false, 1, 5000);
    table.learn('z', false, 2, 15_000);
    expect(first(15_000)).toBeNull();
    expect(first(15_000 + AVOIDED_MS - 1)).toBeNull();
    expect(first(15_000 + AVOIDED_MS + QUIET_MS)).not.toBeNull();
  });

  it('counts against its route, and each that arrives for it', () => {
    const { table, first } = tableOf(['b', 10]);
    first(0);
    const reliability = (): number => table.find('z')!.reliability.get('b')!;
    table.learn('z', true, 0, 1);
    expect(reliability()).toBe(1);
    table.learn('z', false, 1, 2);
    expect(reliability()).toBe(0.75);
    expect(table.learn('z', true, 0, 3)).toBeNull();
    expect(table.learn('nobody', true, 0, 3)).toBeNull();
  });
});

describe('a table', () => {
  it('forgets the destination not used for longest where there are too many', () => {
    const { table } = tableOf(['b', 10]);
    for (let at = 0; at <= DESTINATIONS_MAX; at++) table.routesFor(`n${at}`, at);
    table.routesFor('n1', 1000);
    table.routesFor('one more', 1001);
    expect(table.size).toBe(DESTINATIONS_MAX);
    expect([table.find('n0'), table.find('n2')]).toEqual([null, null]);
    expect(table.find('n1')).not.toBeNull();
  });

  it('knows of so many first hops of a destination, and forgets what was tried longest ago', () => {
    const ways = Array.from({ length: FIRST_HOPS_MAX + 1 }, (_, at): [NodeId, number] => [
      `n${at}`,
      10,
    ]);
    const { table, first } = tableOf(...ways);
    for (const [at] of ways.entries()) {
      first(at);
      table.learn('z', false, 1, at);
    }
    const { reliability, avoidedUntil } = table.find('z')!;
    for (const { size } of [reliability, avoidedUntil]) expect(size).toBe(FIRST_HOPS_MAX);
    expect(first(FIRST_HOPS_MAX + 1)).toBe('n0');
  });

  it('forgets destinations that nobody has written to for 300 s', () => {
    const { table } = tableOf(['b', 10]);
    table.routesFor('y', 0);
    table.routesFor('z', 10);
    table.expire(STALE_MS);
    expect([...table.all()].map(({ id }) => id)).toEqual(['z']);
  });
});

function route(next: NodeId, cost: number, hops = 2): Route {
  return { next, via: [next, ...new Array<NodeId>(hops - 1).fill('z')], cost, why: '' };
}

/** Ways to `z`, in this order. */
function tableOf(...ways: [NodeId, number][]): {
  table: Table;
  topology: Topology;
  routes: Route[];
  closed: Set<NodeId>;
  change: () => void;
  /** The first hop of a packet to `z` now. */
  first: (now: number) => NodeId | null;
} {
  const topology = new Topology('a', 0);
  tell(topology, 'z', {}, 1, 0);
  const routes = ways.map(([next, cost]) => route(next, cost));
  const closed = new Set<NodeId>();
  const table = new Table(topology, () => [...routes], (id) => !closed.has(id)); // prettier-ignore
  let sequence = 1;
  return {
    table,
    topology,
    routes,
    closed,
    change: () => tell(topology, 'z', {}, ++sequence, 0, { energyPercent: sequence }),
    first: (now) => table.routesFor('z', now)[0]?.next ?? null,
  };
}
