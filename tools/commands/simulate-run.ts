/**
 * The runs of `hopline simulate`, and what is printed of them. Apart from the command, because whoever asks
 * for help loads that, and this is all of a bridge.
 */
import { HoplineError } from '../../protocol/errors.ts';
import type { Crypto } from '../../protocol/trust/crypto.ts';
import type { Args, Io } from '../command.ts';
import { has, textOf, wholeNumberOf } from '../command.ts';
import { columns } from '../help.ts';
import type { Failure } from '../simulate/failure.ts';
import { describeBreach, examine, tellFailure } from '../simulate/failure.ts';
import { whyUnsuited } from '../simulate/policy.ts';
import { overDensity } from '../simulate/report/density.ts';
import { Chronicler } from '../simulate/report/happenings.ts';
import { describeOutOfReach, reportPage, summaryOf } from '../simulate/report/page.ts';
import type { ReplayOutcome } from '../simulate/replay.ts';
import type { Outcome, RunPorts } from '../simulate/run.ts';
import { runScenario } from '../simulate/run.ts';
import type { Scenario, ScenarioWishes } from '../simulate/scenario.ts';
import { describeScenario, drawScenario } from '../simulate/scenario.ts';
import type { Sample } from '../simulate/series.ts';
import { FREE_SHAPES, SIDE } from '../simulate/shapes.ts';
import { TRIES_MAX } from '../simulate/shrink.ts';
import { readWishes, SEED_MAX } from './simulate-wishes.ts';
import type { Stages } from './stages.ts';
import { stagesOf } from './stages.ts';

const SEEDS_MAX = 1_000_000;
/** A run that broke a law is made shorter for about so long. */
const EXAMINED_MS = 60_000;
/** And in so many runs at least. */
const TRIES_MIN = 5;

export async function simulateFor(args: Args, io: Io): Promise<void> {
  const wishes = await readWishes(args, io);
  const most = Math.min(SEEDS_MAX, SEED_MAX - wishes.seed + 1);
  const count = wholeNumberOf(args, 'seeds', { least: 1, most }, 1);
  const { nativeCrypto } = await import('../../device/pi/crypto.ts');
  const { simulatedCrypto } = await import('../simulate/simulated-crypto.ts');
  const path = textOf(args, 'out');
  if (path !== null) await io.mayWrite(path);
  // Of many seeds, each draws a mesh of its own.
  if (count === 1 || typeof wishes.topology === 'object') warnOfGaps(wishes, io);
  const capture = textOf(args, 'replay');
  if (capture !== null) return replayed(capture, wishes, nativeCrypto(), args, io);
  const ports = { crypto: simulatedCrypto(nativeCrypto()) };
  if (count > 1) return runMany(wishes, count, ports, args, io);
  const outcome = await runOne(wishes, ports, args, io);
  if (outcome.breach !== null) throw new HoplineError('CHECKS_FAILED', 'a law was broken');
}

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
  const stages = stagesOf(io, () => performance.now());
  const tell = tellerOf(scenario, stages);
  const begunAt = performance.now();
  const outcome = runScenario(scenario, ports, {
    did: (...deed) => chronicler.did(...deed),
    relinked: (...edge) => chronicler.relinked(...edge),
    sampled(sample) {
      chronicler.sampled(sample);
      tell(sample);
    },
  });
  const tookMs = performance.now() - begunAt;
  const failure = outcome.breach === null ? null : examined(outcome, ports, tookMs, stages);
  io.progress('');
  // What came of it is told first: a report that cannot be written takes nothing away.
  if (isPlain) print(outcome, failure, io);
  else io.out(JSON.stringify({ ...plain(outcome), failure: failure && shown(failure) }));
  const path = textOf(args, 'out');
  if (path === null) return outcome;
  // Deeds that somebody wrote down are for the edges of one mesh.
  const isDense = FREE_SHAPES.includes(scenario.topology) && wishes.deeds === undefined;
  if (isDense) stages.begin('for the report, the same mesh with fewer and with more neighbours');
  const begun = (degree: number): void => stages.goOn(`with ${degree} neighbours each`);
  const page = reportPage({
    outcome,
    happenings: chronicler.happenings(outcome),
    places: scenario.shape.places.map((place) => chronicler.point(place)),
    density: isDense ? overDensity(wishes, ports, begun) : [],
    command: commandOf(args),
    failure,
  });
  io.progress('');
  await io.writeText(path, page);
  if (isPlain) io.out(`The report is in ${path}.`);
  return outcome;
}

/** Partitions may be what somebody wants to see, but not what he gets unawares. */
function warnOfGaps(wishes: ScenarioWishes, io: Io): void {
  const far = describeOutOfReach(drawScenario(wishes).shape);
  if (far === null) return;
  io.err(`out of reach of node 1, over the edges there are: ${far}; what is due there counts, too`);
}

/** Tells how far a run is, and how long it will be. */
function tellerOf({ safeMs, healMs }: Scenario, stages: Stages): (sample: Sample) => void {
  const [until, more] = [safeMs, healMs].map((ms) => Math.round(ms / 1000));
  stages.begin(`things go wrong for ${until} s, then a core has ${more} s to catch up`);
  let isHealed = false;
  return ({ at, delivered, due }) => {
    const arrivals = `${delivered} of ${due} arrivals`;
    const phase = at < safeMs ? `${Math.floor((100 * at) / safeMs)} %` : 'healed';
    const line = `${Math.round(at / 1000)} s, ${phase}: ${arrivals}`;
    if (at < safeMs || isHealed) return stages.goOn(line);
    isHealed = true;
    stages.begin(line);
  };
}

/** Patience is for so many runs as last a minute. */
function examined(outcome: Outcome, ports: RunPorts, tookMs: number, stages: Stages): Failure {
  const tries = Math.min(TRIES_MAX, Math.max(TRIES_MIN, Math.floor(EXAMINED_MS / tookMs)));
  stages.begin(`a law was broken: up to ${tries} runs to find the shortest that breaks it`);
  return examine(outcome, ports, tries, (count) => {
    stages.goOn(`a law was broken: run ${count} of ${tries} to find the shortest that breaks it`);
  });
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
  const stages = stagesOf(io, () => performance.now());
  stages.begin(`${count} runs, one after another`);
  let broken = 0;
  let unsuited = 0;
  let done = 0;
  for (; done < count && !stop.aborted; done++) {
    const scenario = drawScenario({ ...wishes, seed: wishes.seed + done });
    // One that the seed drew is run as it is alone: shortest is used in its place.
    if (wishes.policy !== undefined && whyUnsuited(scenario) !== null) {
      unsuited++;
      continue;
    }
    const outcome = runScenario(scenario, ports);
    if (has(args, 'json')) io.out(JSON.stringify(plain(outcome)));
    if (outcome.breach !== null) {
      broken++;
      if (!has(args, 'json')) io.out(breachOf(outcome));
    }
    stages.goOn(`${done + 1} of ${count} seeds, ${broken} broken`);
    // A signal is heard between two runs.
    await io.wait(0);
  }
  io.progress('');
  if (!has(args, 'json')) {
    const seeds = `seeds ${wishes.seed} to ${wishes.seed + done - 1}`;
    const without = unsuited > 0 ? `, ${unsuited} do not suit ${wishes.policy}` : '';
    io.out(`${seeds}: ${done - broken - unsuited} held, ${broken} broken${without}`);
  }
  if (broken > 0) throw new HoplineError('CHECKS_FAILED', `laws were broken in ${broken} runs`);
}

async function replayed(
  path: string,
  wishes: ScenarioWishes,
  crypto: Crypto,
  args: Args,
  io: Io,
): Promise<void> {
  for (const name of ['faults', 'hours', 'policy', 'seeds']) {
    if (textOf(args, name) !== null) throw new HoplineError('USAGE', `--replay takes no --${name}`);
  }
  const { readCapture } = await import('../relay/capture.ts');
  const { replay } = await import('../simulate/replay.ts');
  const captured = readCapture(path, await io.readBytes(path));
  const heard = captured.filter(({ way }) => way === 'heard');
  const { seed, shape, topology } = drawScenario(wishes);
  const frames = heard.length > 0 ? heard : captured;
  const outcome = replay({ seed, shape, crypto, frames });
  const said = `${frames.length - outcome.passedOver} of ${captured.length} packets`;
  const about = `${said}, said to node 1 of ${shape.nodes} (${topology}), seed ${seed}.`;
  const notes = unsaid(captured.length - frames.length, outcome);
  if (has(args, 'json')) io.out(JSON.stringify(outcome));
  else printReplay(about, notes, outcome, io);
  const out = textOf(args, 'out');
  if (out === null) return;
  const { replayPage } = await import('../simulate/report/replay-page.ts');
  const report = { about, notes, command: commandOf(args), nodes: shape.nodes, outcome };
  await io.writeText(out, replayPage(report));
  if (!has(args, 'json')) io.out(`The report is in ${out}.`);
}

/** Packets of the capture that were not said, and why; `own` are those that its writer wrote himself. */
function unsaid(own: number, { passedOver }: ReplayOutcome): string[] {
  const lines: string[] = [];
  if (own > 0) lines.push(`${own} were written by who captured, and not said: what he heard is`);
  if (passedOver > 0) {
    lines.push(`${passedOver} were the affair of one link, or no packets, and not said`);
  }
  return lines;
}

function printReplay(about: string, notes: string[], outcome: ReplayOutcome, io: Io): void {
  io.out(about);
  io.out(`  ${'type'.padEnd(16)} packets  nodes reached   writes`);
  for (const { type, packets, reachedPercent, writes } of outcome.types) {
    const reached = `${reachedPercent.toFixed(1)} %`;
    const columns = [String(packets).padStart(7), reached.padStart(14), String(writes).padStart(8)];
    io.out(`  ${type.padEnd(16)} ${columns.join(' ')}`);
  }
  const drops = Object.entries(outcome.drops).map(([reason, count]) => `${reason} ${count}`);
  io.out(`  node 1 dropped: ${drops.length === 0 ? 'nothing' : drops.join(', ')}`);
  if (outcome.drops['duplicate'] !== undefined) {
    io.out(
      '    (a duplicate: what it passed on, and heard from a neighbour who passed it on in turn)',
    );
  }
  for (const note of notes) io.out(`  ${note}`);
}

function print(outcome: Outcome, failure: Failure | null, io: Io): void {
  const width = io.isTTY ? io.columns : Infinity;
  for (const line of columns(summaryOf(outcome), width)) io.out(line);
  if (failure !== null) for (const line of tellFailure(failure)) io.out(line);
}

function breachOf({ scenario, breach }: Outcome): string {
  return `${describeScenario(scenario)}\n  ${describeBreach(breach!)}`;
}

function shown({ shortest, breach, tries, transcript }: Failure): object {
  const { faults, deeds, safeMs } = shortest;
  return { breach, tries, faults, deeds, safeMs, transcript };
}

/** For programs; who had what when would be more than anybody reads. */
function plain(outcome: Outcome): object {
  const { scenario, breach, hash, series, core, caughtUpAt, byzantine, ...counts } = outcome;
  const { seed, topology, shape, faults, policy, level, safeMs } = scenario;
  const { steps, writes, came, duplicates, endedAt, words } = counts;
  return {
    ...{ seed, topology, nodes: shape.nodes, edges: shape.edges.length },
    ...{ faults, policy, level, safeMs },
    ...{ breach, hash, steps, writes, came, duplicates, core, caughtUpAt, byzantine, endedAt },
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
