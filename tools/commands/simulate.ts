/**
 * hopline simulate [--seed <n>] [--seeds <n>] [--nodes <n>] [--topology <name>] ...
 *
 * Real bridges in virtual time, while everything goes wrong that the seed draws; then a core of them is
 * healed and must catch up. Laws are judged after every step, and one that is broken is an exit status.
 */
import { HoplineError } from '../../protocol/errors.ts';
import { suggest } from '../../protocol/suggest.ts';
import type { Crypto } from '../../protocol/trust/crypto.ts';
import type { Args, Command, Io } from '../command.ts';
import { has, JSON_OPTION, textOf, wholeNumberOf } from '../command.ts';
import type { Faults } from '../simulate/faults.ts';
import { allFaults, FAULTS, FAULT_NAMES, NO_FAULTS } from '../simulate/faults.ts';
import { DENSE_SHAPES, overDensity } from '../simulate/report/density.ts';
import { Chronicler } from '../simulate/report/happenings.ts';
import { reportPage, summaryOf } from '../simulate/report/page.ts';
import type { Outcome, RunPorts } from '../simulate/run.ts';
import { runScenario } from '../simulate/run.ts';
import type { ScenarioWishes } from '../simulate/scenario.ts';
import { describeScenario, drawScenario } from '../simulate/scenario.ts';
import type { ShapeName } from '../simulate/shapes.ts';
import { SHAPES, SIDE } from '../simulate/shapes.ts';

const HOUR_MS = 3_600_000;
/** Nodes of one run: whole bridges, each with its store. */
const NODES_MAX = 2000;
const SEEDS_MAX = 1_000_000;
const HOURS_MAX = 24 * 30;

export const simulate: Command = {
  name: 'simulate',
  summary: 'run a mesh of bridges in which everything goes wrong, and judge it',
  usage:
    'hopline simulate [--seed <n>] [--seeds <n>] [--nodes <n>] [--topology <which>] [--degree <n>] ' +
    '[--faults <which>] [--hours <n>] [--replay <capture>] [--out <report.html>] [--json]',
  options: {
    seed: { type: 'string', value: 'n', help: 'what all is drawn from (1)' },
    seeds: { type: 'string', value: 'n', help: 'so many runs, each with the next seed (1)' },
    nodes: { type: 'string', value: 'n', help: 'nodes of the mesh; without it the seed says' },
    topology: {
      type: 'string',
      value: 'name',
      help: `${SHAPES.join(', ')}; without it the seed says`,
    },
    degree: {
      type: 'string',
      value: 'n',
      help: 'neighbours of a node, where the shape has a choice',
    },
    faults: {
      type: 'string',
      value: 'which',
      help: 'none, all, or some as loss=100,crashes=3; without it the seed says',
    },
    hours: { type: 'string', value: 'n', help: 'for so long things go wrong; without it a minute' },
    replay: {
      type: 'string',
      value: 'capture',
      help: 'say the packets of a capture (pcapng) to node 1, and count whom they reach',
    },
    out: {
      type: 'string',
      value: 'file',
      help: 'a report with curves and a map to watch, as HTML',
    },
    json: JSON_OPTION,
  },
  examples: [
    'hopline simulate',
    'hopline simulate --seed 7 --out report.html',
    'hopline simulate --topology geometric --nodes 60 --faults loss=100,partitions=2',
    'hopline simulate --seeds 100',
    'hopline simulate --replay capture.pcapng --topology grid --nodes 36',
  ],

  async run(args, io) {
    const wishes = wishesOf(args);
    const count = wholeNumberOf(args, 'seeds', { least: 1, most: SEEDS_MAX }, 1);
    const { nativeCrypto } = await import('../../device/pi/crypto.ts');
    const { simulatedCrypto } = await import('../simulate/simulated-crypto.ts');
    const capture = textOf(args, 'replay');
    if (capture !== null) return replayed(capture, wishes, nativeCrypto(), args, io);
    const ports = { crypto: simulatedCrypto(nativeCrypto()) };
    if (count > 1) return runMany(wishes, count, ports, args, io);
    const outcome = await runOne(wishes, ports, args, io);
    if (outcome.breach !== null) throw new HoplineError('CHECKS_FAILED', 'a law was broken');
  },
};

async function runOne(
  wishes: ScenarioWishes,
  ports: RunPorts,
  args: Args,
  io: Io,
): Promise<Outcome> {
  const scenario = drawScenario(wishes);
  const isPlain = !has(args, 'json');
  if (isPlain) io.out(`${describeScenario(scenario)}.`);
  const chronicler = new Chronicler(SIDE);
  const totalMs = scenario.safeMs;
  const outcome = runScenario(scenario, ports, {
    did: (...deed) => chronicler.did(...deed),
    sampled(sample) {
      chronicler.sampled(sample);
      const { at, delivered, due } = sample;
      const phase = at < totalMs ? `${Math.floor((100 * at) / totalMs)} %` : 'healed';
      io.progress(`${Math.round(at / 1000)} s, ${phase}: ${delivered} of ${due} arrivals`);
    },
  });
  io.progress('');
  const path = textOf(args, 'out');
  if (path !== null) {
    const isDense = DENSE_SHAPES.includes(scenario.topology);
    const begun = (degree: number): void => io.progress(`with ${degree} neighbours each`);
    const page = reportPage({
      outcome,
      happenings: chronicler.happenings(outcome),
      places: scenario.shape.places.map((place) => chronicler.point(place)),
      density: isDense ? overDensity(wishes, ports, begun) : [],
      command: commandOf(args),
    });
    io.progress('');
    await io.writeText(path, page);
  }
  if (isPlain) print(outcome, path, io);
  else io.out(JSON.stringify(plain(outcome)));
  return outcome;
}

async function runMany(
  wishes: ScenarioWishes,
  count: number,
  ports: RunPorts,
  args: Args,
  io: Io,
): Promise<void> {
  if (textOf(args, 'out') !== null) {
    throw new HoplineError('USAGE', '--out is for one seed: leave out --seeds');
  }
  const stop = io.stopping();
  let broken = 0;
  let done = 0;
  for (; done < count && !stop.aborted; done++) {
    const seed = wishes.seed + done;
    const outcome = runScenario(drawScenario({ ...wishes, seed }), ports);
    if (has(args, 'json')) io.out(JSON.stringify(plain(outcome)));
    if (outcome.breach !== null) {
      broken++;
      if (!has(args, 'json')) io.out(breachOf(outcome));
    }
    io.progress(`${done + 1} of ${count} seeds, ${broken} broken`);
    // A signal is heard between two runs.
    await io.wait(0);
  }
  io.progress('');
  const last = wishes.seed + done - 1;
  if (!has(args, 'json'))
    io.out(`seeds ${wishes.seed} to ${last}: ${done - broken} held, ${broken} broken`);
  if (broken > 0) throw new HoplineError('CHECKS_FAILED', `laws were broken in ${broken} runs`);
}

async function replayed(
  path: string,
  wishes: ScenarioWishes,
  crypto: Crypto,
  args: Args,
  io: Io,
): Promise<void> {
  for (const name of ['faults', 'hours', 'out', 'seeds']) {
    if (textOf(args, name) !== null) throw new HoplineError('USAGE', `--replay takes no --${name}`);
  }
  const { readCapture } = await import('../relay/capture.ts');
  const { replay } = await import('../simulate/replay.ts');
  const captured = readCapture(path, await io.readBytes(path));
  const heard = captured.filter(({ way }) => way === 'heard');
  const { seed, shape, topology } = drawScenario(wishes);
  const frames = heard.length > 0 ? heard : captured;
  const outcome = replay({ seed, shape, crypto, frames });
  if (has(args, 'json')) return io.out(JSON.stringify(outcome));
  io.out(`${frames.length} packets, said to node 1 of ${shape.nodes} (${topology}), seed ${seed}.`);
  io.out(`  ${'type'.padEnd(16)} packets  nodes reached   writes`);
  for (const { type, packets, reachedPercent, writes } of outcome.types) {
    const reached = `${reachedPercent.toFixed(1)} %`;
    const columns = [String(packets).padStart(7), reached.padStart(14), String(writes).padStart(8)];
    io.out(`  ${type.padEnd(16)} ${columns.join(' ')}`);
  }
  const drops = Object.entries(outcome.drops).map(([reason, count]) => `${reason} ${count}`);
  io.out(`  node 1 dropped: ${drops.length === 0 ? 'nothing' : drops.join(', ')}`);
  if (outcome.passedOver > 0) {
    io.out(`  ${outcome.passedOver} were the affair of one link, or no packets, and not said`);
  }
}

function wishesOf(args: Args): ScenarioWishes {
  const seed = wholeNumberOf(args, 'seed', { least: 0, most: 0xffffffff }, 1);
  const wishes: ScenarioWishes = { seed };
  const topology = textOf(args, 'topology');
  if (topology !== null) wishes.topology = shapeNamed(topology);
  const faults = textOf(args, 'faults');
  if (faults !== null) wishes.faults = faultsIn(faults);
  if (textOf(args, 'nodes') !== null) {
    wishes.nodes = wholeNumberOf(args, 'nodes', { least: 2, most: NODES_MAX }, 0);
  }
  if (textOf(args, 'degree') !== null) {
    wishes.degree = wholeNumberOf(args, 'degree', { least: 1, most: 64 }, 0);
  }
  if (textOf(args, 'hours') !== null) {
    wishes.safeMs = HOUR_MS * wholeNumberOf(args, 'hours', { least: 1, most: HOURS_MAX }, 0);
  }
  return wishes;
}

function shapeNamed(name: string): ShapeName {
  const found = SHAPES.find((shape) => shape === name);
  if (found !== undefined) return found;
  throw new HoplineError(
    'USAGE',
    `there is no topology "${name}"${suggest(name, [...SHAPES])} (${SHAPES.join(', ')})`,
  );
}

function faultsIn(text: string): Faults {
  if (text === 'none') return NO_FAULTS;
  if (text === 'all') return allFaults();
  const faults = { ...NO_FAULTS };
  for (const part of text.split(',')) {
    const [name, amount = ''] = part.split('=');
    const known = FAULT_NAMES.find((each) => each === name);
    if (known === undefined) {
      const detail = `there is no fault "${name}"${suggest(name, FAULT_NAMES)}`;
      throw new HoplineError('USAGE', `${detail} (${FAULT_NAMES.join(', ')})`);
    }
    const { unit, most } = FAULTS[known];
    const value = /^\d+$/.test(amount) ? Number(amount) : NaN;
    if (!(value <= most)) {
      throw new HoplineError('USAGE', `${name} takes 0 to ${most}: ${unit}; write ${name}=10`);
    }
    faults[known] = value;
  }
  return faults;
}

function print(outcome: Outcome, path: string | null, io: Io): void {
  const rows = summaryOf(outcome);
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, value] of rows) io.out(`  ${name.padEnd(width)}  ${value}`);
  if (outcome.breach !== null) io.out(breachOf(outcome));
  if (path !== null) io.out(`The report is in ${path}.`);
}

function breachOf({ scenario, breach }: Outcome): string {
  const { law, at, node, what } = breach!;
  return `${describeScenario(scenario)}\n  ${law} at ${at} ms, node ${node}: ${what}`;
}

/** For programs; who had what when would be more than anybody reads. */
function plain(outcome: Outcome): object {
  const { scenario, breach, hash, series, core, caughtUpAt, byzantine, ...counts } = outcome;
  const { seed, topology, shape, faults, safeMs } = scenario;
  const { steps, writes, duplicates, endedAt, words } = counts;
  return {
    ...{ seed, topology, nodes: shape.nodes, edges: shape.edges.length, faults, safeMs },
    ...{ breach, hash, steps, writes, duplicates, core, caughtUpAt, byzantine, endedAt },
    messages: words.length,
    series: series.map(({ places: _, ...sample }) => sample),
  };
}

/** What was typed, for whoever wants the same run again. */
function commandOf({ values }: Args): string {
  const words = Object.entries(values).flatMap(([name, value]) =>
    typeof value === 'string' && name !== 'out' ? [`--${name} ${value}`] : [],
  );
  return ['hopline simulate', ...words].join(' ');
}
