/**
 * Replay page: what became of packets of a capture that were said again to a mesh, as one file that any
 * browser opens, offline.
 */
import type { ReplayedSample, ReplayOutcome } from '../replay.ts';
import { STYLE, table } from './page.ts';
import { escape, plot, short } from './plot.ts';

export type ReplayReport = {
  /** What was said to whom, in a sentence. */
  about: string;
  /** What of the capture was not said, and why. */
  notes: string[];
  /** What would run it again. */
  command: string;
  nodes: number;
  outcome: ReplayOutcome;
};

export function replayPage({ about, notes, command, nodes, outcome }: ReplayReport): string {
  const { types, drops, series } = outcome;
  const title = 'hopline simulate: a replay';
  const rows = types.map(({ type, packets, reachedPercent, writes }): [string, string] => {
    const reached = `${short(reachedPercent)} % of nodes reached`;
    return [
      type,
      `${packets} packet${packets === 1 ? '' : 's'}, ${reached}, ${short(writes)} writes`,
    ];
  });
  const dropped = Object.entries(drops).map(([reason, count]): [string, string] => [
    reason,
    String(count),
  ]);
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    `<title>${escape(title)}</title><style>${STYLE}</style></head><body><main>`,
    `<h1>${escape(title)}</h1><p>${escape(about)}</p>`,
    `<p>Run it again: <code>${escape(command)}</code></p>`,
    `<section><h2>What it came to</h2>${table(rows)}`,
    ...notes.map((note) => `<p>${escape(note)}.</p>`),
    '</section>',
    '<section><h2>What node 1 dropped, by the reason</h2>',
    dropped.length === 0 ? '<p>Nothing.</p></section>' : `${table(dropped)}</section>`,
    `<section><h2>Over time</h2><div class="plots">${overTime(series, nodes).join('')}</div></section>`,
    '</main></body></html>\n',
  ].join('\n');
}

function overTime(series: readonly ReplayedSample[], nodes: number): string[] {
  const curve = (name: string, of: (sample: ReplayedSample) => number | null) => ({
    name,
    points: series.map((sample): [number, number | null] => [sample.at / 1000, of(sample)]),
  });
  const units = { x: 'seconds' };
  return [
    plot({
      title: 'Packets',
      about: 'Those that were said to node 1 by then, and what it had dropped, of all links.',
      units: { ...units, y: '' },
      curves: [curve('said', ({ said }) => said), curve('dropped', ({ dropped }) => dropped)],
    }),
    plot({
      title: 'Reach',
      about: 'Of all nodes, how many had heard a packet that was said by then, on average.',
      units: { ...units, y: '%' },
      curves: [
        curve('reached', ({ said, reached }) =>
          said === 0 ? null : Math.min(100, (100 * reached) / (said * nodes)),
        ),
      ],
      yMin: 100,
    }),
    plot({
      title: 'Writes',
      about: 'Of all nodes together, by then.',
      units: { ...units, y: '' },
      curves: [curve('writes', ({ writes }) => writes)],
    }),
  ];
}
