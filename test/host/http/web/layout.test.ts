/**
 * Where nodes stand on the map, over random meshes of every size it is made for.
 */
import { describe, expect, it } from 'vitest';
import { layOut, NEAREST } from '../../../../host/http/web/layout.ts';
import type { Chart, Point } from '../../../../host/http/web/layout.ts';
import { fitLabels, LABEL_MAX, shorten, titleMiddle } from '../../../../host/http/web/labels.ts';
import type { MapView } from '../../../../host/http/views.ts';
import { runs, SEED, xorshift } from '../../../seed.ts';

describe('a map', () => {
  it('is the same picture every time, whatever the order in which it is told', () => {
    const map = mesh(SEED, 3, 40);
    const shuffled = {
      ...map,
      islands: map.islands.toReversed().map((one) => ({ ...one, nodes: one.nodes.toReversed() })),
    };
    const picture = layOut(map, false);
    expect(layOut(map, false)).toEqual(picture);
    expect(sorted(layOut(shuffled, false).places)).toEqual(sorted(picture.places));
  });

  it('has room between any two nodes, and between any two islands', () => {
    for (let round = 0; round < runs(12, 300); round++) {
      const random = xorshift(SEED + round);
      const islands = 1 + random(6);
      const nodes = islands + random(90);
      const chart = layOut(mesh(SEED + round, islands, nodes), random(2) === 0);
      const what = `seed ${SEED + round}: ${islands} islands, ${nodes} nodes`;
      expect(nearest([...chart.places.values()]), what).toBeGreaterThanOrEqual(NEAREST * 0.98);
      expect(strait(chart), what).toBeGreaterThan(0);
    }
  });

  it('of a thousand nodes is drawn all the same', () => {
    const chart = layOut(mesh(SEED, 4, 1000), false);
    expect(chart.places.size).toBe(1000);
    expect(nearest([...chart.places.values()])).toBeGreaterThanOrEqual(NEAREST * 0.98);
  });

  it('of a thousand nodes stays as it is when another one or another link is heard', () => {
    const map = mesh(SEED, 4, 1000);
    const before = layOut(map, false);
    const { nodes } = map.islands[0];
    nodes.push({ id: 'zz', name: 'new', kind: 'peer', isReachable: true });
    map.links.push({ a: 'zz', b: nodes[40].id, kind: 'radio', isUp: true });
    const after = layOut(map, false, before.places);
    const moves = nodes
      .slice(0, -1)
      .map(({ id }) => distance(before.places.get(id)!, after.places.get(id)!));
    expect(moves.reduce((sum, move) => sum + move, 0) / moves.length).toBeLessThan(NEAREST);
    const far = distance(after.places.get('zz')!, after.places.get(nodes[40].id)!);
    expect(far).toBeLessThan(4 * NEAREST);
  });

  it('moves little when one node more is heard', () => {
    const map = mesh(SEED, 2, 30);
    const before = layOut(map, false);
    const more = structuredClone(map);
    more.islands[0].nodes.push({ id: 'zz', name: 'new', kind: 'peer', isReachable: true });
    const after = layOut(more, false, before.places);
    const own = map.islands[0].nodes.map(({ id }) => id);
    const moves = own.map((id) => distance(before.places.get(id)!, after.places.get(id)!));
    expect(moves.reduce((sum, move) => sum + move, 0) / moves.length).toBeLessThan(NEAREST);
  });

  it('that is tall has its islands above each other', () => {
    const map = mesh(SEED, 2, 20);
    const [wide, tall] = [layOut(map, false).box, layOut(map, true).box];
    expect(wide.width).toBeGreaterThan(wide.height);
    expect(tall.height).toBeGreaterThan(tall.width);
  });

  it('of nobody, of one, and of nodes that say they hear strangers is no trouble', () => {
    const none: MapView = { self: 'a', islands: [], links: [] };
    expect(layOut(none, false).places.size).toBe(0);
    const one: MapView = {
      self: 'a',
      islands: [
        { id: 'i', isHere: true, nodes: [{ id: 'a', name: '', kind: 'self', isReachable: true }] },
        { id: 'empty', isHere: false, nodes: [] },
      ],
      links: [
        { a: 'a', b: 'stranger', kind: 'radio', isUp: true },
        { a: 'a', b: 'a', kind: 'radio', isUp: true },
      ],
    };
    expect(layOut(one, true).places.get('a')).toEqual({ x: 0, y: 0 });
  });
});

describe('the names on a map', () => {
  it('are written where they cover neither a node nor another name', () => {
    const row = [0, 20, 40, 400].map((x, at) => label(`n${at}`, x, 0, 0));
    expect([...fitLabels(row)].sort()).toEqual(['n0', 'n3']);
  });

  it('give way to the more important one', () => {
    const two = [label('a', 0, 0, 1), label('b', 40, 0, 2)];
    expect([...fitLabels(two)]).toEqual(['b']);
  });

  it('are cut where they are long, between letters', () => {
    expect(shorten('short')).toBe('short');
    expect(shorten('🐬'.repeat(LABEL_MAX))).toBe('🐬'.repeat(LABEL_MAX));
    expect(shorten('🐬'.repeat(LABEL_MAX + 1))).toBe(`${'🐬'.repeat(LABEL_MAX - 1)}…`);
  });
});

describe('the title of an island', () => {
  const at = (x: number, width = 390): number => titleMiddle(x, 'Island of virtual-gateway', width);

  it('stands above its middle, but is cut off by no edge of the picture', () => {
    expect(at(200)).toBe(200);
    expect(at(20)).toBeGreaterThan(80);
    expect([at(0), at(380)]).toEqual([at(20), 390 - at(20)]);
  });

  it('goes with an island that is out of the picture, and stays where it is too wide for that', () => {
    expect([at(-40), at(430), at(20, 100)]).toEqual([-40, 430, 20]);
  });
});

function label(id: string, x: number, y: number, weight: number) {
  return { id, x, y, weight, text: 'kitchen' };
}

/** Islands of nodes in chains with cross links, joined by lines of their first nodes. */
function mesh(seed: number, islands: number, total: number): MapView {
  const random = xorshift(seed);
  const map: MapView = { self: 'n0', islands: [], links: [] };
  for (let at = 0; at < islands; at++) {
    map.islands.push({ id: `i${at}`, isHere: at === 0, nodes: [] });
  }
  for (let at = 0; at < total; at++) {
    const { nodes } = map.islands[at % islands];
    const id = `n${at}`;
    const kind = at === 0 ? 'self' : nodes.length === 0 ? 'gateway' : 'peer';
    for (let links = 0; links < 2 && nodes.length > 0; links++) {
      const b = nodes[Math.max(0, nodes.length - 1 - random(6))].id;
      map.links.push({ a: id, b, kind: 'radio', isUp: true });
    }
    nodes.push({ id, name: `node ${at}`, kind, isReachable: true });
  }
  for (let at = 1; at < islands; at++) {
    map.links.push({ a: 'n0', b: `n${at}`, kind: 'line', isUp: random(2) === 0 });
  }
  return map;
}

function nearest(points: Point[]): number {
  let least = Infinity;
  points.forEach((a, at) => {
    for (const b of points.slice(at + 1)) least = Math.min(least, distance(a, b));
  });
  return least;
}

function strait({ islands }: Chart): number {
  let least = Infinity;
  islands.forEach((a, at) => {
    for (const b of islands.slice(at + 1)) {
      least = Math.min(least, distance(a.center, b.center) - a.radius - b.radius);
    }
  });
  return least;
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

function sorted(places: Map<string, Point>): [string, Point][] {
  return [...places].sort(([a], [b]) => (a < b ? -1 : 1));
}
