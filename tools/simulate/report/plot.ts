/**
 * Plot: curves as SVG that a page holds without any script: axes with round numbers, a legend, and
 * room where nothing was measured. Colours are the page's.
 */
import type { CurvePoint } from '../../../host/http/web/curve.ts';
import { curveOf } from '../../../host/http/web/curve.ts';

export type Curve = { name: string; points: readonly CurvePoint[] };

export type PlotOptions = {
  title: string;
  /** What a curve says, in a sentence below the title. */
  about: string;
  /** Of x and y, for people; seconds are written as minutes where they are many. */
  units: { x: string; y: string };
  curves: readonly Curve[];
  /** The least that the top of the y axis is. */
  yMin?: number;
  /** Vertical lines with a word: the moment that a mesh was healed. */
  marks?: readonly { x: number; name: string }[];
};

const WIDTH = 640;
const HEIGHT = 270;
const LEFT = 56;
const RIGHT = 12;
const TOP = 12;
const BOTTOM = 48;
/** Lines of a grid, about. */
const TICKS = 5;

export function plot({ title, about, units, curves, yMin = 0, marks = [] }: PlotOptions): string {
  const points = curves.flatMap((curve) => curve.points);
  const xs = points.map(([x]) => x);
  const ys = points.flatMap(([, y]) => (y === null ? [] : [y]));
  const xEnd = Math.max(1, ...maxOf(xs));
  const xBegin = Math.min(xEnd, ...minOf(xs), xEnd);
  const yTicks = ticks(0, Math.max(yMin, ...maxOf(ys)));
  const yEnd = yTicks.at(-1)!;
  const toX = (x: number): number =>
    LEFT + ((x - xBegin) / (xEnd - xBegin || 1)) * (WIDTH - LEFT - RIGHT);
  const toY = (y: number): number => HEIGHT - BOTTOM - (y / yEnd) * (HEIGHT - TOP - BOTTOM);
  const grid = [
    ...yTicks.map((y) => horizontal(toY(y), short(y))),
    ...ticks(xBegin, xEnd)
      .filter((x) => x >= xBegin && x <= xEnd)
      .map((x) => vertical(toX(x), short(x))),
    ...marks.map(({ x, name }) => mark(toX(x), name)),
  ];
  const drawn = curves.map(({ points: of }, at) => path(of, at, toX, toY));
  const unit = units.y === '' ? '' : ` <small>${escape(units.y)}</small>`;
  const body = ys.length === 0 ? nothing() : drawn.join('');
  return [
    `<figure><figcaption><h3>${escape(title)}${unit}</h3><p>${escape(about)}</p></figcaption>`,
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escape(title)}">`,
    `${grid.join('')}${body}`,
    `<text x="${WIDTH - RIGHT}" y="${HEIGHT - 6}" text-anchor="end">${escape(units.x)}</text></svg>`,
    legend(curves),
    '</figure>',
  ].join('');
}

/** Round numbers from the first to beyond the last. */
export function ticks(from: number, to: number): number[] {
  const span = to - from || 1;
  const rough = span / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((size) => size >= rough)!;
  const found: number[] = [];
  for (let at = Math.floor(from / step); ; at++) {
    const value = Number((at * step).toPrecision(12));
    found.push(value);
    if (value >= from + span) return found;
  }
}

export function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

/** As few characters as say it. */
export function short(value: number): string {
  if (Math.abs(value) >= 1e6) return `${Number((value / 1e6).toPrecision(3))} M`;
  if (Math.abs(value) >= 1e4) return `${Number((value / 1e3).toPrecision(3))} k`;
  return String(Number(value.toPrecision(4)));
}

function path(
  points: Curve['points'],
  at: number,
  toX: (x: number) => number,
  toY: (y: number) => number,
): string {
  const { path: way, alone } = curveOf(points, toX, toY);
  const dots = alone.map(([x, y]) => `<circle class="c${at}" cx="${x}" cy="${y}" r="2.5"/>`);
  return `<path class="c${at}" d="${way}"/>${dots.join('')}`;
}

function horizontal(y: number, label: string): string {
  const at = y.toFixed(1);
  return (
    `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}"/>` +
    `<text x="${LEFT - 6}" y="${at}" text-anchor="end" dominant-baseline="middle">${label}</text>`
  );
}

function vertical(x: number, label: string): string {
  const at = x.toFixed(1);
  return (
    `<line class="grid" x1="${at}" x2="${at}" y1="${TOP}" y2="${HEIGHT - BOTTOM}"/>` +
    `<text x="${at}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${label}</text>`
  );
}

function mark(x: number, name: string): string {
  const at = x.toFixed(1);
  return (
    `<line class="mark" x1="${at}" x2="${at}" y1="${TOP}" y2="${HEIGHT - BOTTOM}"/>` +
    `<text class="mark" x="${(x + 4).toFixed(1)}" y="${TOP + 10}">${escape(name)}</text>`
  );
}

function nothing(): string {
  const middle = `x="${WIDTH / 2}" y="${HEIGHT / 2}" text-anchor="middle"`;
  return `<text class="none" ${middle}>nothing was measured</text>`;
}

function legend(curves: readonly Curve[]): string {
  if (curves.length < 2) return '';
  const names = curves.map(({ name }, at) => `<li class="c${at}">${escape(name)}</li>`);
  return `<ul class="legend">${names.join('')}</ul>`;
}

/** As a list, so that nothing gives nothing. */
function maxOf(values: number[]): number[] {
  return values.length === 0 ? [] : [values.reduce((most, value) => Math.max(most, value))];
}

function minOf(values: number[]): number[] {
  return values.length === 0 ? [] : [values.reduce((least, value) => Math.min(least, value))];
}
