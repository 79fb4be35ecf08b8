/**
 * What somebody fixed of the runs of `hopline simulate`, read from options and the files they name. All of
 * it is judged before anything runs.
 */
import type { StrategyName } from '../../host/routing/strategy.ts';
import { STRATEGY_NAMES } from '../../host/routing/strategy.ts';
import { HoplineError } from '../../protocol/errors.ts';
import { suggest } from '../../protocol/suggest.ts';
import type { Args, Io } from '../command.ts';
import { textOf, wholeNumberOf } from '../command.ts';
import type { FaultName, Faults } from '../simulate/faults.ts';
import { allFaults, byzantineMost, FAULT_NAMES, FAULTS, NO_FAULTS } from '../simulate/faults.ts';
import { readFaults, readTopology } from '../simulate/plan-file.ts';
import { whyUnsuited } from '../simulate/policy.ts';
import type { ScenarioWishes } from '../simulate/scenario.ts';
import { drawScenario } from '../simulate/scenario.ts';
import type { ShapeName } from '../simulate/shapes.ts';
import { FREE_SHAPES, SHAPES, SIDE } from '../simulate/shapes.ts';

const HOUR_MS = 3_600_000;
export const SEED_MAX = 0xffffffff;
/** Nodes of one run: whole bridges, each with its store. */
const NODES_MAX = 2000;
const HOURS_MAX = 24 * 30;
const DEGREE_MAX = 64;
/** Shapes whose edges are the same for every seed, once it is said how many nodes there are. */
const FIXED_SHAPES: readonly string[] = SHAPES.filter((name) => !FREE_SHAPES.includes(name));

export async function readWishes(args: Args, io: Io): Promise<ScenarioWishes> {
  const seed = wholeNumberOf(args, 'seed', { least: 0, most: SEED_MAX }, 1);
  const wishes: ScenarioWishes = { seed };
  if (textOf(args, 'nodes') !== null) {
    wishes.nodes = wholeNumberOf(args, 'nodes', { least: 2, most: NODES_MAX }, 0);
  }
  if (textOf(args, 'degree') !== null) {
    wishes.degree = wholeNumberOf(args, 'degree', { least: 1, most: DEGREE_MAX }, 0);
  }
  if (textOf(args, 'hours') !== null) {
    wishes.safeMs = HOUR_MS * wholeNumberOf(args, 'hours', { least: 1, most: HOURS_MAX }, 0);
  }
  const topology = textOf(args, 'topology');
  if (topology !== null) wishes.topology = await topologyOf(topology, wishes, io);
  const faults = textOf(args, 'faults');
  if (faults !== null) await addFaults(faults, wishes, args, io);
  const policy = textOf(args, 'policy');
  if (policy !== null) wishes.policy = policyNamed(policy, wishes);
  return wishes;
}

async function topologyOf(
  text: string,
  { nodes, degree }: ScenarioWishes,
  io: Io,
): Promise<NonNullable<ScenarioWishes['topology']>> {
  if (isFile(text)) {
    const given = nodes !== undefined ? '--nodes' : degree !== undefined ? '--degree' : null;
    if (given !== null) throw misuse(`${text} says who is beside whom: leave out ${given}`);
    return { name: text, shape: readTopology(text, await io.readText(text)) };
  }
  const shape = SHAPES.find((name) => name === text);
  if (shape === undefined) throw misuse(unknown('topology', text, SHAPES, 'or a file: mesh.yaml'));
  if (degree !== undefined && !FREE_SHAPES.includes(shape)) {
    throw misuse(`--degree is for ${FREE_SHAPES.join(', ')}: a ${shape} has no choice`);
  }
  return shape satisfies ShapeName;
}

async function addFaults(text: string, wishes: ScenarioWishes, args: Args, io: Io): Promise<void> {
  if (!isFile(text)) {
    wishes.faults = faultsIn(text);
    if (text !== 'all') refuseTooHarmful(wishes.faults, wishes, args);
  } else {
    const { shape } = drawScenario(wishes);
    const { faults, deeds } = readFaults(text, await io.readText(text), shape, wishes.safeMs);
    wishes.faults = faults;
    if (deeds !== null) wishes.deeds = deeds;
    if (deeds !== null && textOf(args, 'seeds') !== null && !isSameForAll(wishes)) {
      const fix = 'name a file with --topology, or a line, a grid or a ring with --nodes';
      throw misuse(`the deeds of ${text} are for one mesh, and each seed has another: ${fix}`);
    }
  }
  const { topology } = wishes;
  const isUnplaced = typeof topology === 'object' && topology.shape.isPlaced === false;
  if (isUnplaced && wishes.faults.mobility > 0) {
    const how = `add places, for each node one as "- { x: 0, y: 0 }", up to ${SIDE} each way`;
    throw misuse(`${topology.name} does not say where its nodes are, so none can walk: ${how}`);
  }
}

/** Of many seeds, each may draw another number of nodes, and takes as many of them as there may be. */
function refuseTooHarmful({ byzantine }: Faults, wishes: ScenarioWishes, args: Args): void {
  const isOne = textOf(args, 'seeds') === null;
  if (!isOne && wishes.nodes === undefined && typeof wishes.topology !== 'object') return;
  const { nodes } = drawScenario(wishes).shape;
  const most = byzantineMost(nodes);
  if (byzantine <= most) return;
  throw misuse(
    `of ${nodes} nodes, ${most} may mean harm, less than a third; write byzantine=${most}`,
  );
}

function isSameForAll({ topology, nodes }: ScenarioWishes): boolean {
  if (typeof topology === 'object') return true;
  return nodes !== undefined && topology !== undefined && FIXED_SHAPES.includes(topology);
}

/** What a name cannot be. */
function isFile(text: string): boolean {
  return /[./]/.test(text) && !text.includes('=');
}

function faultsIn(text: string): Faults {
  if (text === 'none') return NO_FAULTS;
  if (text === 'all') return allFaults();
  const faults = { ...NO_FAULTS };
  const given = new Set<string>();
  for (const part of text.split(',')) {
    const [name, amount = ''] = part.trim().split('=');
    if (given.has(name)) throw misuse(`${name} is given twice in --faults ${text}`);
    given.add(name);
    const known = FAULT_NAMES.find((each) => each === name);
    if (known === undefined) {
      throw misuse(unknown('fault', name, FAULT_NAMES, 'or none, all, or a file: faults.yaml'));
    }
    faults[known] = strengthOf(known, amount);
  }
  return faults;
}

function strengthOf(name: FaultName, amount: string): number {
  const { unit, least = 1, most, usual } = FAULTS[name];
  const value = /^-?\d+$/.test(amount) ? Number(amount) : NaN;
  if (value === 0 || (value >= least && value <= most)) return value;
  // What comes nearest to what was asked for.
  const near = Number.isNaN(value) ? usual : value > most ? most : least;
  throw misuse(`${name} takes 0 for none, or ${least} to ${most}: ${unit}; write ${name}=${near}`);
}

function policyNamed(text: string, wishes: ScenarioWishes): StrategyName {
  const policy = STRATEGY_NAMES.find((name) => name === text);
  if (policy === undefined) throw misuse(unknown('policy', text, STRATEGY_NAMES));
  const reason = whyUnsuited(drawScenario({ ...wishes, policy }));
  if (reason !== null) throw misuse(`${policy} does not suit that mesh: ${reason}`);
  return policy;
}

function unknown(what: string, text: string, names: readonly string[], also = ''): string {
  const listed = [...names, ...(also === '' ? [] : [also])].join(', ');
  return `there is no ${what} "${text}"${suggest(text, [...names])} (${listed})`;
}

function misuse(detail: string): HoplineError {
  return new HoplineError('USAGE', detail);
}
