/**
 * Exposition: figures in the text format of Prometheus, version 0.0.4.
 *
 *   # HELP hopline_drops_total Packets that went no further.
 *   # TYPE hopline_drops_total counter
 *   hopline_drops_total{reason="duplicate"} 12
 */
import { assert } from '../../protocol/core/assert.ts';

export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export type Sample = { labels: Record<string, string>; value: number };

export type Family = {
  name: string;
  help: string;
  /** A counter only ever grows while the process lives, and its name ends with `_total`. */
  type: 'counter' | 'gauge';
  samples: Sample[];
};

/** Samples of one family; further ones are left out, so that no name from outside fills a database. */
export const SAMPLES_MAX = 200;

const NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

export function exposition(families: readonly Family[]): string {
  const lines: string[] = [];
  for (const { name, help, type, samples } of families) {
    assert(NAME.test(name) && (type === 'counter') === name.endsWith('_total'), name);
    if (samples.length === 0) continue;
    lines.push(`# HELP ${name} ${help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}`);
    lines.push(`# TYPE ${name} ${type}`);
    for (const { labels, value } of samples.slice(0, SAMPLES_MAX)) {
      lines.push(`${name}${written(labels)} ${numeral(value)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function written(labels: Record<string, string>): string {
  const pairs = Object.entries(labels).map(([name, value]) => {
    assert(NAME.test(name), name);
    return `${name}="${value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')}"`;
  });
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function numeral(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}
