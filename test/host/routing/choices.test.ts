/**
 * What sets the strategies apart: which of several ways each takes, what it learns, what it holds, and
 * where it says that it does not fit.
 */
import { describe, expect, it } from 'vitest';
import { Ants, EVAPORATION_MS, TRAILS_MAX } from '../../../host/routing/ants.ts';
import { Balanced } from '../../../host/routing/balanced.ts';
import { Geographic } from '../../../host/routing/geographic.ts';
import { Hybrid, HYBRID_WEIGHTS } from '../../../host/routing/hybrid.ts';
import { Loads, LOADS_MAX, nominalOf } from '../../../host/routing/loads.ts';
import { Shortest } from '../../../host/routing/shortest.ts';
import type { Strategy } from '../../../host/routing/strategy.ts';
import { Ways } from '../../../host/routing/ways.ts';
import type { LinkCost } from '../../../protocol/wire/link-state.ts';
import { xorshift } from '../../seed.ts';
import type { Ground } from './maps.ts';
import { cost, gridGround, groundId, groundTopology } from './maps.ts';

const IDLE = { of: () => 0 };

/** From `n00` to `n03` over `n01` and over `n02`. */
const DIAMOND: Ground = {
  places: [
    { northM: 0, eastM: 0 },
    { northM: 50, eastM: 100 },
    { northM: -50, eastM: 100 },
    { northM: 0, eastM: 200 },
  ],
  edges: [
    [0, 1],
    [0, 2],
    [1, 3],
    [2, 3],
  ],
};

function firstOf(
  strategy: Strategy,
  over: (a: number, b: number) => LinkCost,
  traits = {},
): string {
  const topology = groundTopology(0, DIAMOND, over, (at) => (at === 1 ? traits : {}));
  return strategy.routes('n03', topology, 0)[0].next;
}

/** What the two edges over `n01` are like; the other two are plain. */
function first(different: Partial<LinkCost>): (a: number, b: number) => LinkCost {
  const plain = { ...cost(20), bytesPerSecond: 100_000 };
  return (a, b) => (a === 1 || b === 1 ? { ...plain, ...different } : plain);
}

describe('balanced', () => {
  it('leaves a busy link for one that costs a little more', () => {
    const busy = { of: (to: string) => (to === 'n01' ? 0.5 : 0) };
    expect(firstOf(new Balanced(IDLE), first({ latencyMs: 10 }))).toBe('n01');
    expect(firstOf(new Balanced(busy), first({ latencyMs: 10 }))).toBe('n02');
  });

  it('knows what each way would cost with an idle link', () => {
    const busy = { of: (to: string) => (to === 'n01' ? 0.5 : 0) };
    const topology = groundTopology(0, DIAMOND, first({ latencyMs: 10 }));
    for (const strategy of [Balanced, Hybrid]) {
      const costs = (loads: Pick<Loads, 'of'>, cost: 'cost' | 'idleCost') =>
        new Map(
          new strategy(loads).routes('n03', topology, 0).map((route) => [route.next, route[cost]]),
        );
      expect(costs(busy, 'idleCost').get('n01')).toBe(costs(IDLE, 'cost').get('n01'));
      expect(costs(busy, 'cost').get('n01')).toBeGreaterThan(costs(IDLE, 'cost').get('n01')!);
    }
  });

  it('spreads destinations over ways that are about as good', () => {
    const side = 6;
    const topology = groundTopology(0, gridGround(side));
    const balanced = new Balanced(IDLE);
    const shortest = new Shortest();
    const count = (strategy: Strategy): number => {
      let over = 0;
      for (let to = 0; to < side * side; to++) {
        // Inside the grid two ways are equally long.
        if (to % side === 0 || to < side) continue;
        if (strategy.routes(groundId(to), topology, 0)[0].next === 'n01') over++;
      }
      return over / (side - 1) ** 2;
    };
    expect(count(shortest)).toBe(1);
    expect(count(balanced)).toBeGreaterThan(0.3);
    expect(count(balanced)).toBeLessThan(0.7);
  });

  it('does not fit where there is one neighbour, and says so', () => {
    const pair: Ground = { places: DIAMOND.places.slice(0, 2), edges: [[0, 1]] };
    expect(new Balanced(IDLE).unsuited(groundTopology(0, pair))).toBe(
      'there is one neighbour, and nothing to choose between; take shortest',
    );
    expect(new Balanced(IDLE).unsuited(groundTopology(0, DIAMOND))).toBeNull();
  });
});

describe('hybrid', () => {
  it('weighs as DEFAULTS §3 says, 1 in all', () => {
    expect(HYBRID_WEIGHTS).toEqual({
      latency: 0.3,
      bandwidth: 0.2,
      reliability: 0.2,
      congestion: 0.15,
      hops: 0.1,
      energy: 0.05,
    });
  });

  it.each([
    ['latency', first({ latencyMs: 30 }), {}],
    ['bandwidth', first({ bytesPerSecond: 50_000 }), {}],
    ['reliability', first({ lossPerMille: 300 }), {}],
    ['energy', first({}), { energyPercent: 60 }],
  ])('leaves the way that has less %s, all else being equal', (_aspect, over, traits) => {
    expect(firstOf(new Hybrid(IDLE), first({}))).toBe('n01');
    expect(firstOf(new Hybrid(IDLE), over, traits)).toBe('n02');
  });

  it('reckons with a link that nobody measured as with a usual one', () => {
    const unknown = { ...cost(20), bytesPerSecond: 0 };
    const over = (rate: number) => (a: number, b: number) =>
      a === 1 || b === 1 ? unknown : { ...unknown, bytesPerSecond: rate };
    expect(firstOf(new Hybrid(IDLE), over(40_000))).toBe('n02');
    expect(firstOf(new Hybrid(IDLE), over(20_000))).toBe('n01');
    expect(firstOf(new Hybrid(IDLE), over(500))).toBe('n01');
  });

  it('counts what is lost on every link of a way, and not on its last alone', () => {
    const over = (a: number, b: number): LinkCost =>
      a === 0 && b === 1 ? { ...first({})(a, b), lossPerMille: 300 } : first({})(a, b);
    expect(firstOf(new Hybrid(IDLE), over)).toBe('n02');
    const topology = groundTopology(0, DIAMOND, over);
    const [, worse] = new Hybrid(IDLE).routes('n03', topology, 0);
    expect(worse.why).toBe('of the best: reliability 70 %');
  });

  it('leaves the way that begins with a busy link', () => {
    const busy = { of: (to: string) => (to === 'n01' ? 0.3 : 0) };
    expect(firstOf(new Hybrid(busy), first({}))).toBe('n02');
  });

  it('says of a way what it lacks', () => {
    const topology = groundTopology(0, DIAMOND, first({ latencyMs: 40, bytesPerSecond: 25_000 }));
    const routes = new Hybrid(IDLE).routes('n03', topology, 0);
    expect(routes.map(({ why }) => why)).toEqual([
      'the best in everything',
      'of the best: latency 50 %, bandwidth 25 %',
    ]);
  });

  it('praises no way that is the only one', () => {
    const topology = groundTopology(0, { ...DIAMOND, edges: [DIAMOND.edges[0]] });
    const [{ why }] = new Hybrid(IDLE).routes('n01', topology, 0);
    expect(why).toBe('the only way that leads nearer');
  });

  it('does not fit where no link was measured, and says so', () => {
    const unknown = groundTopology(0, DIAMOND, () => cost(0));
    expect(new Hybrid(IDLE).unsuited(unknown)).toContain('8 of 8 links have not been measured');
    expect(new Hybrid(IDLE).unsuited(groundTopology(0, DIAMOND))).toBeNull();
  });
});

describe('geographic', () => {
  /** From `n0` to `n3`: `n1` is far ahead and slow, `n2` a little less far and fast. */
  const ahead = (secondM: number): Ground => ({
    places: [0, 100, secondM, 1000].map((eastM) => ({ northM: 0, eastM })),
    edges: [
      [0, 1],
      [0, 2],
    ],
  });
  const slow = (_a: number, b: number): LinkCost => cost(b === 1 ? 50 : 10);

  it.each([
    ['the cheaper of two that bring it about as far', 81, 'n02'],
    ['the one that brings it further, from 0.8 of that on', 79, 'n01'],
    ['nobody from whom it is further', -50, 'n01'],
  ])('takes %s', (_what, secondM, next) => {
    const topology = groundTopology(0, ahead(secondM), slow);
    expect(new Geographic().routes('n03', topology, 0)[0].next).toBe(next);
  });

  it('takes a neighbour who is the destination, wherever he says that he is', () => {
    const topology = groundTopology(0, {
      ...ahead(50),
      edges: [
        [0, 1],
        [0, 2],
        [0, 3],
      ],
    });
    const routes = new Geographic().routes('n03', topology, 0);
    expect(routes[0]).toMatchObject({ next: 'n03', via: ['n03'], why: 'it is a neighbour' });
  });

  it('floods where no neighbour is nearer, and where the destination says no place', () => {
    const hole = groundTopology(0, { ...ahead(-50), edges: [[0, 2]] });
    expect(new Geographic().routes('n03', hole, 0)).toEqual([]);
    const hidden = groundTopology(0, ahead(50), slow, (at) => (at === 3 ? { place: null } : {}));
    expect(new Geographic().routes('n03', hidden, 0)).toEqual([]);
  });

  it('counts on where a neighbour is by now, and not after 300 s', () => {
    const away = { kind: 'linear', northMps: 0, eastMps: -1, periodS: 0 } as const;
    const topology = groundTopology(0, ahead(60), slow, (at) =>
      at === 1 ? { mobility: away } : {},
    );
    const at = (now: number) =>
      new Geographic().routes('n03', topology, now).map(({ next }) => next);
    expect(at(0)).toEqual(['n01', 'n02']);
    expect(at(60_000)).toEqual(['n02', 'n01']);
    expect(at(150_000)).toEqual(['n02']);
    expect(at(300_001)).toEqual([]);
  });

  it('does not count on who has wandered off, nor on who passes nothing on', () => {
    const wanders = { kind: 'random', northMps: 3, eastMps: 4, periodS: 0 } as const;
    const topology = groundTopology(0, ahead(60), slow, (at) =>
      at === 1 ? { mobility: wanders } : {},
    );
    expect(new Geographic().routes('n03', topology, 0)[0].next).toBe('n01');
    expect(new Geographic().routes('n03', topology, 60_000).map(({ next }) => next)).toEqual([
      'n02',
    ]);
    const leaf = groundTopology(0, ahead(60), slow, (at) => (at === 1 ? { capabilities: 0 } : {}));
    expect(new Geographic().routes('n03', leaf, 0).map(({ next }) => next)).toEqual(['n02']);
  });

  it('does not fit without places, and says so', () => {
    const blind = groundTopology(0, DIAMOND, undefined, (at) => (at === 0 ? { place: null } : {}));
    expect(new Geographic().unsuited(blind)).toContain('we do not know where we are');
    const hidden = groundTopology(0, DIAMOND, undefined, (at) => (at > 0 ? { place: null } : {}));
    expect(new Geographic().unsuited(hidden)).toContain('3 of 4 nodes do not say where they are');
    expect(new Geographic().unsuited(groundTopology(0, DIAMOND))).toBeNull();
  });
});

describe('ants', () => {
  const never = () => 1;
  const topology = groundTopology(0, DIAMOND, first({}));
  const best = (ants: Ants, now = 0) => ants.routes('n03', topology, now)[0].next;
  const tell = (ants: Ants, next: string, isConfirmed: boolean, now = 0) =>
    ants.learn({ to: 'n03', next, isConfirmed, tookMs: 100 }, now);

  it('leaves a way that is said to be good and confirms nothing', () => {
    const ants = new Ants(never);
    expect(best(ants)).toBe('n01');
    tell(ants, 'n01', false);
    expect(best(ants)).toBe('n02');
  });

  it('goes where it was confirmed, the sooner the better', () => {
    const ants = new Ants(never);
    tell(ants, 'n02', true);
    expect(best(ants)).toBe('n02');
    ants.learn({ to: 'n03', next: 'n01', isConfirmed: true, tookMs: 10 }, 0);
    expect(best(ants)).toBe('n01');
  });

  it('forgets a tenth every 30 s (DEFAULTS §3)', () => {
    const ants = new Ants(never);
    tell(ants, 'n01', false);
    const trail = (now: number) => {
      const routes = ants.routes('n03', topology, now);
      return routes.find(({ next }) => next === 'n01')!.why;
    };
    expect(trail(EVAPORATION_MS - 1)).toBe('a trail of 50 over 2 hops');
    expect(trail(EVAPORATION_MS)).toBe('a trail of 55 over 2 hops');
    expect(trail(1.9 * EVAPORATION_MS)).toBe('a trail of 55 over 2 hops');
    expect(trail(2.9 * EVAPORATION_MS)).toBe('a trail of 60 over 2 hops');
    expect(trail(3 * EVAPORATION_MS)).toBe('a trail of 64 over 2 hops');
  });

  it('sends one of ten to look for a better way', () => {
    const ants = new Ants(xorshift(7));
    for (let i = 0; i < 20; i++) tell(ants, 'n01', true);
    const firsts = Array.from({ length: 1000 }, () => best(ants));
    const scouts = firsts.filter((next) => next === 'n02').length;
    expect(scouts).toBeGreaterThan(60);
    expect(scouts).toBeLessThan(140);
  });

  it('holds trails to so many destinations, and no trail is endless', () => {
    const ants = new Ants(never);
    for (let at = 0; at < TRAILS_MAX + 50; at++) {
      ants.learn({ to: `x${at}`, next: 'n01', isConfirmed: true, tookMs: 0 }, 0);
    }
    expect(ants.memory).toBe(TRAILS_MAX);
    for (let at = 0; at < 50; at++) {
      ants.learn({ to: 'n03', next: `y${at}`, isConfirmed: true, tookMs: 0 }, 0);
    }
    expect(ants.memory).toBe(TRAILS_MAX - 1 + 8);
    for (let i = 0; i < 100; i++) tell(ants, 'y0', true);
    for (let i = 0; i < 100; i++) tell(ants, 'y1', false);
    for (let i = 0; i < 100; i++) tell(ants, 'y1', true);
    expect(ants.memory).toBe(TRAILS_MAX - 1 + 8);
  });

  it('does not fit a handful of nodes, nor nodes that move fast, and says so', () => {
    expect(new Ants(never).unsuited(topology)).toContain('4 nodes are too few');
    const grid = gridGround(3);
    expect(new Ants(never).unsuited(groundTopology(0, grid))).toBeNull();
    const mobility = { kind: 'linear', northMps: 3, eastMps: 0, periodS: 0 } as const;
    const moving = groundTopology(0, grid, undefined, (at) => (at < 3 ? { mobility } : {}));
    expect(new Ants(never).unsuited(moving)).toContain('3 of 9 nodes move faster than 2 m/s');
  });
});

describe('loads', () => {
  const use = (packets: number, roundTripMs: number | null = 20, to = 'n01') => [
    { to, packets, roundTripMs, bytesPerSecond: 2000 },
  ];

  it('are what links carry of what they can, and fall when they are quiet', () => {
    const loads = new Loads();
    loads.measure(use(0), 0);
    expect(loads.of('n01')).toBe(0);
    for (let s = 1; s <= 60; s++) loads.measure(use(5 * s), 1000 * s);
    expect(loads.of('n01')).toBeCloseTo(0.5, 2);
    loads.measure(use(300), 80_000);
    expect(loads.of('n01')).toBeLessThan(0.2);
  });

  it('show a queue by answers that take longer than they did', () => {
    const loads = new Loads();
    loads.measure(use(0, 20), 0);
    loads.measure(use(0, 80), 1000);
    expect(loads.of('n01')).toBe(0.75);
    loads.measure(use(0, null), 2000);
    expect(loads.of('n01')).toBe(0);
  });

  it('are never more than all, and nothing where a link was opened again', () => {
    const loads = new Loads();
    loads.measure(use(0), 0);
    loads.measure(use(10_000_000), 1_000_000);
    expect(loads.of('n01')).toBeGreaterThan(0.9);
    expect(loads.of('n01')).toBeLessThanOrEqual(1);
    loads.measure(use(0), 2_000_000);
    expect(loads.of('n01')).toBeLessThan(0.1);
  });

  it('count a link that was not measured as one of its kind', () => {
    expect(
      ['node', 'phone', 'wire', 'client'].map((medium) => nominalOf(medium as never, 9600)),
    ).toEqual([20_000, 20_000, 960, 1_250_000]);
  });

  it('are kept of links that are open, and of no more than the limit', () => {
    const loads = new Loads();
    const links = Array.from({ length: LOADS_MAX + 5 }, (_, at) => use(0, 20, `l${at}`)[0]);
    loads.measure(links, 0);
    expect(loads.size).toBe(LOADS_MAX);
    loads.measure(use(0), 1000);
    expect(loads.size).toBe(1);
  });
});

describe('ways', () => {
  it('call a neighbour from whom it costs as much as from here no way downhill', () => {
    const triangle: Ground = {
      places: DIAMOND.places.slice(0, 3),
      edges: [
        [0, 1],
        [0, 2],
        [1, 2],
      ],
    };
    const topology = groundTopology(0, triangle);
    const ways = new Ways().to('n02', topology);
    expect(ways.map(({ next, isDownhill }) => [next, isDownhill])).toEqual([
      ['n02', true],
      ['n01', false],
    ]);
  });
});
