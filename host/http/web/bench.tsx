/**
 * Bench: how the figures of `hopline bench` changed here, a small curve for each.
 */
import type { BenchView } from '../views.ts';
import type { BenchSeries, FigureSeries } from './bench-runs.ts';
import { lastOf, readable, seriesOf, spanOf } from './bench-runs.ts';
import { curveOf } from './curve.ts';
import { ago, plural } from './words.ts';

export function Bench({ runs, now }: { runs: BenchView[]; now: number }) {
  const series = seriesOf(runs);
  return (
    <section class="wide bench">
      <h2>
        Figures <small>what hopline bench measured here</small>
      </h2>
      {series.length === 0 && (
        <p class="dim">
          None yet: <code>hopline bench</code> keeps its figures here, run after run.
        </p>
      )}
      {series.map((one) => (
        <Area key={`${one.area} ${one.machine} ${one.seed}`} series={one} now={now} />
      ))}
    </section>
  );
}

function Area({ series, now }: { series: BenchSeries; now: number }) {
  const { area, machine, seed, runs, lastAt, figures } = series;
  return (
    <details>
      <summary>
        <strong>{area}</strong>{' '}
        <small>
          {plural(figures.length, 'figure')}, {plural(runs, 'run')}, {ago(lastAt, now)}
        </small>
      </summary>
      <p class="dim">
        seed {seed}, {machine}
      </p>
      <ul class="plots">
        {figures.map((figure) => (
          <li key={figure.name}>
            <Figure {...figure} />
          </li>
        ))}
      </ul>
    </details>
  );
}

const WIDTH = 200;
const HEIGHT = 44;
const EDGE = 4;

function Figure({ name, unit, values }: FigureSeries) {
  const { value, changePercent } = lastOf(values);
  const known = values.filter((each) => each !== null);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const [bottom, top] = spanOf(least, most);
  const toX = (at: number): number =>
    EDGE + (at / Math.max(1, values.length - 1)) * (WIDTH - 2 * EDGE);
  const toY = (of: number): number =>
    HEIGHT - EDGE - ((of - bottom) / (top - bottom)) * (HEIGHT - 2 * EDGE);
  const { path } = curveOf(
    values.map((of, at) => [at, of] as const),
    toX,
    toY,
  );
  const lastAt = values.findLastIndex((each) => each !== null);
  const label = `${name}: ${readable(value!)} ${unit}; ${plural(known.length, 'run')} from ${readable(least)} to ${readable(most)}`;
  return (
    <>
      <span>{name}</span>
      <b class="number">
        {readable(value!)} <small>{unit}</small>
      </b>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
        <path d={path} />
        <circle cx={toX(lastAt)} cy={toY(value!)} r="3" />
      </svg>
      <small>{changeOf(changePercent)}</small>
    </>
  );
}

function changeOf(percent: number | null): string {
  if (percent === null) return 'nothing before it';
  if (percent === 0) return 'as before';
  return `${Math.abs(percent)} % ${percent > 0 ? 'more' : 'less'} than before`;
}
