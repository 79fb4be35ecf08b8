/**
 * Plan file: a topology, or faults, that a person wrote down as YAML or JSON, read before anything runs.
 * Whatever is wrong is one line with the place of it and what to write instead.
 *
 *   nodes: 3                              loss: 100
 *   edges:                                crashes: 3
 *     - { a: 1, b: 2 }                    deeds:
 *     - { a: 2, b: 3, wire: true }          - { at: 3000, do: say, node: 1, text: hello }
 *   places:                                 - { at: 5000, do: crash, node: 2, for: 9000 }
 *     - { x: 0, y: 0 } ...
 */
import type { Section, WholeLimits } from '../../device/pi/yaml-file.ts';
import { LIST_MAX, readYaml } from '../../device/pi/yaml-file.ts';
import type { Millis } from '../../protocol/core/machine.ts';
import type { Deed, DeedKind, Pair } from './deeds.ts';
import type { Faults } from './faults.ts';
import { byzantineMost, DRAWN_AS_DEEDS, FAULT_NAMES, FAULTS, NO_FAULTS } from './faults.ts';
import type { Shape } from './shapes.ts';
import { SIDE } from './shapes.ts';
import type { Place } from './topology.ts';
import type { Edge } from './world.ts';

/** Nodes of a file, as many as a list is long; shapes by name go further. */
export const PLAN_NODES_MAX = LIST_MAX;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const TEXT_MAX = 1000;
/** A script that goes on for longer is played when `--hours` ask for it. */
const SCRIPT_MS = HOUR_MS;

/** `file` is what its mistakes are told by. */
export function readTopology(file: string, text: string): Shape {
  const top = readYaml(file, text, 'TOPOLOGY_INVALID');
  top.only(['nodes', 'edges', 'places']);
  const nodes = top.whole('nodes', { least: 2, most: PLAN_NODES_MAX });
  if (nodes === undefined) return top.fail(null, 'write how many nodes there are, as "nodes: 4"');
  const edges: Edge[] = [];
  for (const section of top.sections('edges')) edges.push(edgeIn(section, nodes, edges));
  if (edges.length === 0) top.fail('edges', 'write at least one edge, as "- { a: 1, b: 2 }"');
  const places = top.sections('places').map(placeIn);
  if (places.length > 0 && places.length !== nodes) {
    top.fail(
      'places',
      `there are ${nodes} nodes and ${places.length} places: give each one, or none`,
    );
  }
  if (places.length > 0) return { nodes, edges, places };
  return { nodes, edges, places: rowOf(nodes), isPlaced: false };
}

/**
 * Faults, and what is done when on that map; without `deeds` the seed draws them. `safeMs` is how long
 * things go wrong, where somebody said so.
 */
export function readFaults(
  file: string,
  text: string,
  map: Pick<Shape, 'nodes' | 'edges'>,
  safeMs?: Millis,
): { faults: Faults; deeds: Deed[] | null } {
  const top = readYaml(file, text, 'FAULTS_INVALID');
  top.only([...FAULT_NAMES, 'deeds']);
  const faults = { ...NO_FAULTS };
  for (const name of FAULT_NAMES) {
    const { least = 1, most, unit } = FAULTS[name];
    const amount = top.whole(name, { least: 0, most, unit }) ?? 0;
    if (amount > 0 && amount < least) {
      top.fail(name, `${name} takes 0 for none, or ${least} to ${most}: ${unit}`);
    }
    faults[name] = amount;
  }
  const harmful = byzantineMost(map.nodes);
  if (faults.byzantine > harmful) {
    top.fail('byzantine', `of ${map.nodes} nodes, ${harmful} may mean harm: less than a third`);
  }
  if (top.kindOf('deeds') === 'absent') return { faults, deeds: null };
  const drawn = DRAWN_AS_DEEDS.find((name) => faults[name] > 0);
  if (drawn !== undefined) {
    top.fail(
      drawn,
      `the seed draws ${drawn} only where no deeds are written: leave one of them out`,
    );
  }
  const deeds = top.sections('deeds').map((section) => {
    const deed = deedIn(section, map);
    refuseLate(section, deed.at, safeMs);
    return deed;
  });
  return { faults, deeds: deeds.sort((one, other) => one.at - other.at) };
}

/** A script is played to its end, and no run is by mistake a long one. */
function refuseLate(section: Section, at: Millis, safeMs: Millis | undefined): void {
  if (at < (safeMs ?? SCRIPT_MS)) return;
  const why = safeMs === undefined ? 'after an hour' : 'when --hours are over';
  const hours = Math.floor(at / HOUR_MS) + 1;
  section.fail('at', `there is a deed at ${at} ms, ${why}: write --hours ${hours}, or less here`);
}

function edgeIn(section: Section, nodes: number, before: readonly Edge[]): Edge {
  section.only(['a', 'b', 'wire']);
  const a = nodeIn(section, 'a', nodes);
  const b = nodeIn(section, 'b', nodes);
  const wire = section.flag('wire') ?? false;
  if (a === b) section.fail('b', `an edge joins two nodes, and node ${a} is one`);
  const isKnown = before.some(
    (edge) => (edge.a === a && edge.b === b) || (edge.a === b && edge.b === a),
  );
  if (isKnown) section.fail('a', `nodes ${a} and ${b} are joined already: one edge is enough`);
  return { a, b, wire };
}

function nodeIn(section: Section, name: string, nodes: number): number {
  const node = section.whole(name, { least: 1, most: PLAN_NODES_MAX });
  if (node === undefined) return section.fail(null, `say which node with "${name}: 1"`);
  if (node > nodes)
    section.fail(name, `there is no node ${node}: they are numbered from 1 to ${nodes}`);
  return node;
}

function placeIn(section: Section): Place {
  section.only(['x', 'y']);
  const x = section.whole('x', { least: 0, most: SIDE }) ?? section.fail(null, 'a place has an x');
  const y = section.whole('y', { least: 0, most: SIDE }) ?? section.fail(null, 'a place has a y');
  return { x, y };
}

/** Nobody said where they are: side by side. */
function rowOf(nodes: number): Place[] {
  return Array.from({ length: nodes }, (_, at) => ({
    x: Math.floor((at * SIDE) / Math.max(1, nodes - 1)),
    y: SIDE / 2,
  }));
}

/** What there is to do, and what each asks for. */
const DEEDS: Record<DeedKind, readonly string[]> = {
  say: ['node', 'text'],
  tell: ['node', 'to', 'text'],
  crash: ['node', 'notice', 'for'],
  pause: ['node', 'for'],
  cut: ['a', 'b', 'for'],
  deafen: ['from', 'to', 'for'],
  clock: ['node', 'off'],
  disk: ['node', 'fault', 'for'],
};
const DEED_KINDS = Object.keys(DEEDS) as DeedKind[];

function deedIn(section: Section, map: Pick<Shape, 'nodes' | 'edges'>): Deed {
  const kind = section.oneOf('do', DEED_KINDS);
  const asked = kind === undefined ? Object.values(DEEDS).flat() : DEEDS[kind];
  section.only([...new Set(['at', 'do', ...asked])]);
  const at = required(section, 'at', { ...AT, unit: 'ms from the start' });
  return { at, ...actIn(section, kind, map) } as Deed;
}

const AT = { least: 0, most: 30 * DAY_MS - 1 };

function actIn(
  section: Section,
  kind: DeedKind | undefined,
  { nodes, edges }: Pick<Shape, 'nodes' | 'edges'>,
): object {
  const node = (name: string): number => nodeIn(section, name, nodes);
  const forMs = (): number => required(section, 'for', { least: 1, most: DAY_MS, unit: 'ms' });
  const text = (): string =>
    section.text('text', { most: TEXT_MAX }) ?? section.fail(null, 'say what, with "text: hello"');
  const pair = (one: string, other: string): Pair => {
    const ends: Pair = [node(one), node(other)];
    const isEdge = edges.some(({ a, b }) => ends.includes(a) && ends.includes(b));
    return isEdge ? ends : section.fail(other, `nodes ${ends.join(' and ')} have no edge`);
  };
  switch (kind) {
    case undefined:
      return section.fail(null, `say what is done with "do: crash" (${DEED_KINDS.join(', ')})`);
    case 'say':
      return { kind, node: node('node'), text: text() };
    case 'tell': {
      const [from, to] = [node('node'), node('to')];
      if (from === to) section.fail('to', `node ${to} has nothing to tell itself: name another`);
      return { kind, node: from, to, text: text() };
    }
    case 'crash': {
      const noticeMs = section.whole('notice', { least: 0, most: DAY_MS, unit: 'ms' }) ?? Infinity;
      return { kind, node: node('node'), noticeMs, forMs: forMs() };
    }
    case 'pause':
      return { kind, node: node('node'), forMs: forMs() };
    case 'cut':
      return { kind, pairs: [pair('a', 'b')], forMs: forMs() };
    case 'deafen': {
      const [from, to] = pair('from', 'to');
      return { kind, from, to, forMs: forMs() };
    }
    case 'clock':
      return { kind, node: node('node'), offMs: required(section, 'off', CLOCK_OFF) };
    case 'disk': {
      const fault = section.oneOf('fault', ['full', 'tear', 'lose', 'misdirect'] as const);
      return {
        kind,
        node: node('node'),
        fault: fault ?? section.fail(null, 'say what is wrong with it, as "fault: full"'),
        forMs: forMs(),
      };
    }
  }
}

const CLOCK_OFF = { least: -366 * DAY_MS, most: 366 * DAY_MS, unit: 'ms' };

function required(section: Section, name: string, limits: WholeLimits): number {
  return section.whole(name, limits) ?? section.fail(null, `say "${name}", a whole number of ms`);
}
