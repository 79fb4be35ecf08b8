/**
 * Series: a run as curves, one sample every few seconds, for whoever draws them. Sums run from the
 * start; latencies are those of what arrived since the sample before.
 */
import type { Millis } from '../../protocol/core/machine.ts';
import type { Place } from './topology.ts';
import type { Words } from './words.ts';

export type Sample = {
  at: Millis;
  /** Nodes that are up, and edges that are open. */
  up: number;
  open: number;
  /** Messages acknowledged to whoever said them. */
  said: number;
  /** Arrivals that these could come to, and those that they came to. */
  due: number;
  delivered: number;
  /** From a message being said to its arrival; null where nothing arrived. */
  latency: { p50: Millis; p90: Millis; p99: Millis } | null;
  writes: number;
  /** Time that all radios spoke. */
  airtimeMs: Millis;
  /** Packets that came to a node that had had them. */
  duplicates: number;
  /** By node, from 1 at 0; null where nobody moves. */
  places: Place[] | null;
};

export class Series {
  readonly samples: Sample[] = [];
  private readonly words: Words;
  private readonly nodes: number;
  private latencies: Millis[] = [];

  constructor(words: Words, nodes: number) {
    this.words = words;
    this.nodes = nodes;
  }

  arrived(latencyMs: Millis): void {
    this.latencies.push(latencyMs);
  }

  take(now: Omit<Sample, 'said' | 'due' | 'delivered' | 'latency'>): Sample {
    const words = this.words.acknowledged();
    let due = 0;
    let delivered = 0;
    for (const { to, arrivedAt } of words) {
      due += to === null ? this.nodes - 1 : 1;
      delivered += arrivedAt.size;
    }
    const latency = percentilesOf(this.latencies);
    this.latencies = [];
    const sample = { ...now, said: words.length, due, delivered, latency };
    this.samples.push(sample);
    return sample;
  }
}

export function percentilesOf(values: Millis[]): Sample['latency'] {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (percent: number): Millis =>
    sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))];
  return { p50: at(50), p90: at(90), p99: at(99) };
}
