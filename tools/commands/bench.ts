/**
 * hopline bench [area] [--full] [--json] [--seed <n>] [--compare <file>] [--watch] [--data <folder>]
 *
 * Every figure the project publishes, measured on the machine at hand. Without an area all of them are
 * measured, and what they come to is said last. With --json each area is one line of its own, printed
 * when it is done, and what it all comes to is the last. Where a bridge lives, it keeps them for its page.
 */
import { HoplineError } from '../../protocol/errors.ts';
import { suggest } from '../../protocol/suggest.ts';
import type { BenchArea } from '../bench/area.ts';
import { areas } from '../bench/areas.ts';
import type { Areas } from '../bench/areas.ts';
import { compare, comparisonLines, readReports } from '../bench/compare.ts';
import { gradeLines, gradesOf } from '../bench/grades.ts';
import { area as light, lightLine } from '../bench/light.ts';
import { recommendationLines, recommendationsFor } from '../bench/recommendations.ts';
import type { Keep, Look } from '../bench/keep.ts';
import { runOf } from '../bench/kept-run.ts';
import type { Report } from '../bench/report.ts';
import { asJson, asTable, rounded, thisMachine } from '../bench/report.ts';
import { DATA_OPTION } from '../bridge/data-option.ts';
import { has, JSON_OPTION, textOf, wholeNumberOf } from '../command.ts';
import type { Args, Command, Io } from '../command.ts';
import { stagesOf } from './stages.ts';

/** Between two lines of --watch. */
const WATCH_MS = 2000;

export const bench = benchOf(
  areas,
  light,
  async (...run) => (await import('../bench/keep.ts')).keepHere(...run),
  async (args, io) => (await import('../bench/keep.ts')).lookHere(args, io),
);

export function benchOf(areas: Areas, light: BenchArea, keep: Keep, look: Look): Command {
  const names = Object.keys(areas);
  return {
    name: 'bench',
    summary: 'measure one area, or all, and print the figures',
    usage:
      'hopline bench [<area>] [--full] [--json] [--seed <n>] [--compare <file>] [--data <folder>]; ' +
      'hopline bench --watch [--json] [--seed <n>]',
    operands: { least: 0, most: 1 },
    options: {
      full: { type: 'boolean', help: 'at full length, where an area has a short one' },
      json: JSON_OPTION,
      seed: { type: 'string', value: 'n', help: 'what chance is drawn from (1)' },
      compare: {
        type: 'string',
        value: 'file',
        help: 'beside what --json printed earlier; ends with 1 where a figure got worse',
      },
      watch: { type: 'boolean', help: 'a few figures, again and again, until it is stopped' },
      data: { ...DATA_OPTION, help: 'the data folder of the bridge that keeps them for its page' },
    },
    notes: async () => ({ areas: await summariesOf(areas) }),
    examples: [
      `hopline bench ${names[0]}`,
      'hopline bench --json > before.jsonl',
      'hopline bench --compare before.jsonl',
      'hopline bench --watch',
    ],

    async run(args, io) {
      const [name] = args.operands;
      const seed = wholeNumberOf(args, 'seed', { least: 0, most: 0xffffffff }, 1);
      if (has(args, 'watch')) return watch(light, seed, args, io);
      if (name !== undefined && !Object.hasOwn(areas, name)) {
        const detail = `there is no area "${name}"${suggest(name, names)}`;
        throw new HoplineError('USAGE', `${detail} (areas: ${names.join(', ')})`);
      }
      const path = textOf(args, 'compare');
      const wanted = name === undefined ? names : [name];
      // Before anything is measured: a file that is of no use costs nobody half an hour.
      const before = path === null ? null : earlierOf(wanted, await io.readText(path), path);
      await look(args, io);
      const reports: Report[] = [];
      for (const each of wanted) {
        const area = await areas[each]();
        const report = await measured(area, seed, has(args, 'full'), name === undefined, io);
        reports.push(report);
        io.out(has(args, 'json') ? asJson(report) : asTable(report));
        await kept(report, keep, args, io);
      }
      if (name === undefined) conclude(reports, args, io);
      if (before !== null) judge(before, reports, args, io);
    },
  };
}

/** What a file has of the areas that are to be measured. */
function earlierOf(areas: readonly string[], text: string, path: string): Report[] {
  const earlier = readReports(text, path).filter(({ area }) => areas.includes(area));
  if (earlier.length > 0) return earlier;
  throw new HoplineError('USAGE', `${path} has no figures of ${areas.join(', ')}`);
}

/** Each area, what it measures, and how long that takes on two cores. */
async function summariesOf(areas: Areas): Promise<[string, string][]> {
  const loaded = await Promise.all(Object.values(areas).map((load) => load()));
  return loaded.map(({ name, summary, takes }) => [name, `${summary} (${takes})`]);
}

/** Where all are measured, one that cannot be is named, and the others go on. */
async function measured(
  area: BenchArea,
  seed: number,
  isFull: boolean,
  isOneOfAll: boolean,
  io: Io,
): Promise<Report> {
  const progress = progressOf(area.name, io);
  const head = { area: area.name, seed, ...thisMachine() };
  try {
    return { ...head, results: await area.run(seed, progress, isFull) };
  } catch (failure) {
    if (!isOneOfAll || !(failure instanceof HoplineError)) throw failure;
    return { ...head, results: [{ name: area.name, unit: '', absent: failure.message }] };
  }
}

/** What an area tells of where it is: a number more is no new stage. */
function progressOf(name: string, io: Io): (line: string) => void {
  const stages = stagesOf(io, () => performance.now());
  let last = '';
  return (line) => {
    const stage = line.replace(/\d+/g, '');
    const said = `${name}: ${line}`;
    if (stage === last) stages.goOn(said);
    else stages.begin(said);
    last = stage;
  };
}

/** Figures that were measured are not lost to a store that cannot be written. */
async function kept(report: Report, keep: Keep, args: Args, io: Io): Promise<void> {
  const run = runOf(report, has(args, 'full'), Date.now());
  if (run === null) return;
  try {
    const folder = await keep(run, args, io);
    if (folder !== null) io.err(`kept in ${folder}, for the page of its bridge`);
  } catch (failure) {
    if (!(failure instanceof HoplineError)) throw failure;
    io.err(`not kept: ${failure.message}`);
  }
}

function conclude(reports: Report[], args: Args, io: Io): void {
  const results = reports.flatMap((report) => report.results);
  const grades = gradesOf(results);
  const recommendations = recommendationsFor(results);
  if (has(args, 'json')) return io.out(JSON.stringify({ grades, recommendations }));
  io.out([...gradeLines(grades), ...recommendationLines(recommendations)].join('\n'));
}

/** Fails where a figure got worse by more than noise, so that a script need not read it. */
function judge(before: Report[], now: Report[], args: Args, io: Io): void {
  const comparison = compare(before, now.map(rounded));
  io.out(
    has(args, 'json') ? JSON.stringify({ comparison }) : comparisonLines(comparison).join('\n'),
  );
  const worse = comparison.figures.filter(({ verdict }) => verdict === 'worse');
  if (worse.length === 0) return;
  const detail = `got worse: ${worse.map(({ name }) => name).join(', ')}`;
  throw new HoplineError('CHECKS_FAILED', detail);
}

async function watch(light: BenchArea, seed: number, args: Args, io: Io): Promise<void> {
  const others = ['compare', 'data'].some((name) => textOf(args, name) !== null);
  if (args.operands.length > 0 || has(args, 'full') || others) {
    throw new HoplineError(
      'USAGE',
      '--watch measures its own few figures: it goes with --json and --seed alone',
    );
  }
  const stop = io.stopping();
  while (!stop.aborted) {
    const results = await light.run(seed, () => {}, false);
    const report = { area: light.name, seed, ...thisMachine(), results };
    io.out(has(args, 'json') ? asJson(report) : lightLine(results));
    if (!stop.aborted) await io.wait(WATCH_MS);
  }
}
