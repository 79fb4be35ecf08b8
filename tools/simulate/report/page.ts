/**
 * Page: the report of a run as one file that any browser opens, offline: what was simulated, what came
 * of it, its curves over time and density, and the run itself to watch.
 */
import { UNBOUND_BYTES_PER_S } from '../conditions.ts';
import type { Failure } from '../failure.ts';
import { tellFailure } from '../failure.ts';
import { LAWS } from '../laws.ts';
import type { Outcome } from '../run.ts';
import { describeScenario, describeWrongs } from '../scenario.ts';
import { outOfReach } from '../topology.ts';
import type { Word } from '../words.ts';
import type { Sample } from '../series.ts';
import type { DensityPoint, Figures } from './density.ts';
import { figuresOf, percentOf } from './density.ts';
import type { Happenings } from './happenings.ts';
import { mapSection } from './map.ts';
import type { Curve } from './plot.ts';
import { escape, plot, short } from './plot.ts';

export type Report = {
  outcome: Outcome;
  happenings: Happenings;
  /** Where everybody was at the start, on the square of the map. */
  places: [number, number][];
  /** Empty where the shape has no choice. */
  density: readonly DensityPoint[];
  /** What would run it again. */
  command: string;
  /** Where a law was broken: the shortest run that breaks it. */
  failure: Failure | null;
};

/** What a figure of delivery is of, and that it is a figure and no law. */
export const DUE =
  'a message is due at everybody whom it is for, also if that one means harm, is down or out of ' +
  'reach; how much of what is due is delivered is a figure, and no law';
/** Nodes that are named one by one. */
const NAMED_MAX = 10;

/** Who cannot be reached from node 1, for people; null when everybody can. */
export function describeOutOfReach({ nodes, edges }: Outcome['scenario']['shape']): string | null {
  const far = outOfReach(nodes, edges);
  if (far.length === 0) return null;
  const more = far.length > NAMED_MAX ? ` and ${far.length - NAMED_MAX} more` : '';
  return `${far.slice(0, NAMED_MAX).join(', ')}${more}`;
}

/** What a run came to, in rows for people: the same in a terminal and on the page. */
export function summaryOf(outcome: Outcome): [string, string][] {
  const { scenario, breach, words, core, byzantine } = outcome;
  const { nodes, edges } = scenario.shape;
  const figures = figuresOf(outcome);
  const stored = words.filter(({ name }) => name !== null).length;
  const healed = `${core.length} of ${nodes} nodes`;
  const far = describeOutOfReach(scenario.shape);
  return [
    ['nodes, edges', `${nodes}, ${edges.length}`],
    ...(far === null ? [] : [['out of reach of node 1', far] satisfies [string, string]]),
    ['faults', describeWrongs(scenario)],
    ['nodes that meant harm', byzantine.length === 0 ? 'none' : byzantine.join(', ')],
    ['messages asked for, acknowledged', `${words.length}, ${stored}`],
    ...rowsOf(figures),
    ['steps, writes', `${short(outcome.steps)}, ${short(outcome.writes)}`],
    ['a core was healed', breach === null ? healed : 'the run was broken off before'],
    ...healingOf(outcome),
    ['trace', outcome.hash],
    ['laws', breach === null ? `all held: ${LAW_NAMES}` : `broken: ${LAWS[breach.law]}`],
  ];
}

const LAW_NAMES = Object.keys(LAWS).join(', ');
const THE_LAWS = `The laws: ${Object.values(LAWS).join('; ')}. Beside them: ${DUE}.`;

/** How long it took until the core had what it had missed, and to tell all of it something new. */
function healingOf({ scenario, words, core, caughtUpAt }: Outcome): [string, string][] {
  const { safeMs } = scenario;
  const arrivals = ({ arrivedAt }: Word): number[] =>
    core.flatMap((node) => arrivedAt.get(node) ?? []);
  const missed = words
    .filter(({ saidAt }) => saidAt <= safeMs)
    .flatMap((word) => arrivals(word).filter((at) => at > safeMs));
  const latencies = words
    .filter(({ saidAt }) => saidAt > safeMs)
    .flatMap((word) => arrivals(word).map((at) => at - word.saidAt));
  const had = missed.length === 0 ? 'it had missed nothing' : seconds(longest(missed) - safeMs);
  const heard = latencies.length === 0 ? '-' : seconds(longest(latencies));
  const isDone = caughtUpAt !== null;
  return [
    ['what it had missed came after', isDone ? had : '-'],
    ['what it said then came after', isDone ? heard : '-'],
  ];
}

function longest(times: readonly number[]): number {
  return times.reduce((most, ms) => Math.max(most, ms), 0);
}

function rowsOf(figures: Figures): [string, string][] {
  const { latency, deliveredPercent, airtimePercent, writesPerArrival, duplicatesPercent } =
    figures;
  const latencies =
    latency === null ? '-' : [latency.p50, latency.p90, latency.p99].map(seconds).join(', ');
  return [
    [
      'delivered, of what was due',
      `${percent(deliveredPercent)} (harmful, down or out of reach, too)`,
    ],
    ['latency p50, p90, p99', latencies],
    ['airtime of a radio', percent(airtimePercent)],
    ['writes for an arrival', writesPerArrival === null ? '-' : short(writesPerArrival)],
    ['duplicates among packets', percent(duplicatesPercent)],
  ];
}

export function reportPage(report: Report): string {
  const { outcome, happenings, places, command } = report;
  const { scenario, series, words, byzantine, core, breach } = outcome;
  const title = `hopline simulate: seed ${scenario.seed}`;
  const map = mapSection({
    ...happenings,
    places0: places,
    links: scenario.shape.edges.map(({ a, b }): [number, number] => [a, b]),
    words: words.map(({ by, text }) => ({ by, text })),
    byzantine,
    core,
    healAt: scenario.safeMs,
    endAt: outcome.endedAt,
  });
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    `<title>${escape(title)}</title><style>${STYLE}</style></head><body><main>`,
    `<h1>${escape(title)}</h1><p>${escape(describeScenario(scenario))}.</p>`,
    breach === null
      ? `<p class="verdict">Every law held.</p><p>${escape(THE_LAWS)}</p>`
      : `<p class="verdict broken">Broken at ${seconds(breach.at)}: ${escape(LAWS[breach.law])}. ${escape(breach.what)}</p>`,
    `<p>Run it again: <code>${escape(command)}</code></p>`,
    ...(report.failure === null ? [] : [failureSection(report.failure)]),
    `<section><h2>What it came to</h2>${table(summaryOf(outcome))}</section>`,
    map,
    `<section><h2>Over time</h2><div class="plots">${overTime(series, scenario).join('')}</div></section>`,
    densitySection(report.density, scenario.topology),
    '</main></body></html>\n',
  ].join('\n');
}

function failureSection(failure: Failure): string {
  const lines = tellFailure(failure).map(escape).join('\n');
  return `<section><h2>How it was broken</h2><pre class="transcript">${lines}</pre></section>`;
}

function overTime(series: readonly Sample[], scenario: Outcome['scenario']): string[] {
  const { safeMs, shape } = scenario;
  const marks = [{ x: safeMs / 1000, name: 'healed' }];
  const units = { x: 'seconds' };
  const curve = (
    name: string,
    of: (now: Sample, before: Sample | null) => number | null,
  ): Curve => ({
    name,
    points: series.map((now, at) => [now.at / 1000, of(now, series[at - 1] ?? null)]),
  });
  return [
    plot({
      title: 'Delivery',
      about: 'Of all arrivals that were due by then, how many there had been.',
      units: { ...units, y: '%' },
      curves: [curve('delivered', ({ delivered, due }) => percentOf(delivered, due))],
      yMin: 100,
      marks,
    }),
    plot({
      title: 'Latency',
      about: 'From a message being said to its arrival, of what arrived since the point before.',
      units: { ...units, y: 's' },
      curves: [
        curve('p50', ({ latency }) => inSeconds(latency?.p50)),
        curve('p90', ({ latency }) => inSeconds(latency?.p90)),
        curve('p99', ({ latency }) => inSeconds(latency?.p99)),
      ],
      marks,
    }),
    plot({
      title: 'Airtime',
      about: `Of the time since the point before, how much a radio spoke; without a bound it is reckoned to say ${short(UNBOUND_BYTES_PER_S)} bytes/s.`,
      units: { ...units, y: '%' },
      curves: [
        curve('airtime', (now, before) =>
          percentOf(
            now.airtimeMs - (before?.airtimeMs ?? 0),
            (now.at - (before?.at ?? 0)) * shape.nodes,
          ),
        ),
      ],
      marks,
    }),
    plot({
      title: 'Duplicates',
      about:
        'Packets that came to a node that had had them, beside all writes, since the point before.',
      units: { ...units, y: '' },
      curves: [
        curve('duplicates', (now, before) => now.duplicates - (before?.duplicates ?? 0)),
        curve('writes', (now, before) => now.writes - (before?.writes ?? 0)),
      ],
      marks,
    }),
    plot({
      title: 'Nodes and edges',
      about: 'How many nodes were up, and how many edges open.',
      units: { ...units, y: '' },
      curves: [curve('nodes', ({ up }) => up), curve('edges', ({ open }) => open)],
      marks,
    }),
  ];
}

function densitySection(density: readonly DensityPoint[], topology: string): string {
  if (density.length === 0) {
    const why = `A ${topology} is as dense as it is: take geometric, islands or scale-free.`;
    return `<section><h2>Over density</h2><p>${escape(why)}</p></section>`;
  }
  const units = { x: 'neighbours of a node' };
  const curve = (name: string, of: (figures: Figures) => number | null | undefined): Curve => ({
    name,
    points: density.map((point) => [point.density, of(point) ?? null]),
  });
  const plots = [
    plot({
      title: 'Delivery',
      about: 'The same seed with fewer and more neighbours, for half a minute at most.',
      units: { ...units, y: '%' },
      curves: [curve('delivered', ({ deliveredPercent }) => deliveredPercent)],
      yMin: 100,
    }),
    plot({
      title: 'Latency',
      about: 'Of all messages of a run.',
      units: { ...units, y: 's' },
      curves: [
        curve('p50', ({ latency }) => inSeconds(latency?.p50)),
        curve('p90', ({ latency }) => inSeconds(latency?.p90)),
        curve('p99', ({ latency }) => inSeconds(latency?.p99)),
      ],
    }),
    plot({
      title: 'Airtime',
      about: 'How much of the time a radio spoke.',
      units: { ...units, y: '%' },
      curves: [curve('airtime', ({ airtimePercent }) => airtimePercent)],
    }),
    plot({
      title: 'Duplicates',
      about: 'Of all packets that came, those that had come before.',
      units: { ...units, y: '%' },
      curves: [curve('duplicates', ({ duplicatesPercent }) => duplicatesPercent)],
    }),
  ];
  return `<section><h2>Over density</h2><div class="plots">${plots.join('')}</div></section>`;
}

export function table(rows: [string, string][]): string {
  const lines = rows.map(
    ([name, value]) => `<tr><th>${escape(name)}</th><td>${escape(value)}</td></tr>`,
  );
  return `<table>${lines.join('')}</table>`;
}

function percent(value: number | null): string {
  return value === null ? '-' : `${short(value)} %`;
}

function seconds(ms: number): string {
  return `${short(ms / 1000)} s`;
}

function inSeconds(ms: number | undefined): number | null {
  return ms === undefined ? null : ms / 1000;
}

export const STYLE = `
:root { color-scheme: light dark; --back: #fdfcf9; --text: #1d1f21; --faint: #b9b6ad; --line: #8b8f94; --dim: #62676c;
  --grid: #e6e2d8; --c0: #1f6f8b; --c1: #c06014; --c2: #a02c4a; --c3: #5b7a26; }
@media (prefers-color-scheme: dark) { :root { --back: #16181a; --text: #e4e2dc; --faint: #55595e;
  --line: #7d838a; --dim: #a3a8ad; --grid: #2b2f33; --c0: #5fb4d3; --c1: #e89a55; --c2: #e0708f; --c3: #a3c561; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 1360px; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; } h2 { margin-top: 2rem; font-size: 1.2rem; } h3 { margin: 0; font-size: 1rem; }
code { overflow-wrap: anywhere; }
pre { max-height: 30rem; overflow: auto; padding: .8rem; border: 1px solid var(--grid); font-size: .85rem;
  white-space: pre-wrap; }
table { border-collapse: collapse; max-width: 100%; }
th, td { padding: .2rem .8rem .2rem 0; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { font-weight: 400; color: var(--dim); min-width: 9rem; }
.verdict { font-weight: 600; color: var(--c3); } .verdict.broken { color: var(--c2); }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 520px), 1fr)); gap: 1.5rem; }
figure { margin: 0; } figcaption p { margin: 0 0 .3rem; color: var(--dim); font-size: .85rem; }
h3 small { color: var(--dim); font-weight: 400; }
svg { width: 100%; height: auto; }
svg text { fill: var(--dim); font-size: 12px; } svg .none { font-size: 14px; }
@media (max-width: 560px) { svg text { font-size: 20px; } }
svg .grid { stroke: var(--grid); } svg .mark { stroke: var(--c3); stroke-dasharray: 4 4; }
svg text.mark { stroke: none; fill: var(--c3); }
svg path { fill: none; stroke-width: 2; }
svg .c0 { stroke: var(--c0); } svg .c1 { stroke: var(--c1); } svg .c2 { stroke: var(--c2); }
svg .c3 { stroke: var(--c3); }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1rem; margin: 0; padding: 0; list-style: none; font-size: .85rem; }
.legend li::before { content: ''; display: inline-block; width: 1em; height: .25em; margin-right: .4em;
  vertical-align: middle; background: currentColor; }
.legend .c0 { color: var(--c0); } .legend .c1 { color: var(--c1); } .legend .c2 { color: var(--c2); }
.map { max-width: 720px; } canvas { width: 100%; height: auto; border: 1px solid var(--grid); }
.player { display: flex; gap: .8rem; align-items: center; max-width: 720px; }
.player button { min-width: 5rem; min-height: 2.6rem; font: inherit; }
.player input { flex: 1; min-width: 0; } .lately { padding: 0; min-height: 3em; list-style: none; }
`;
