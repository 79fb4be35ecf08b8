/**
 * Health: how well the mesh around us does, from 0 to 1 in four categories (DEFAULTS §3), and when that
 * is worth a warning. A category of which nothing is known yet has no score, and warns of nothing.
 */
import type { HealthCategory, HealthLevel } from '../events.ts';
import { HEALTH_CATEGORIES } from '../events.ts';

/** What was seen since the last check, or is so now. */
export type Figures = {
  /** Neighbours watched, and those of them that are there. */
  watched: number;
  present: number;
  /** Peers cut off by partitions, and peers about. */
  cutOff: number;
  about: number;
  /** Mean round trip over links; null for unknown. */
  roundTripMs: number | null;
  /** Packets that were to leave since the last check, and those of them that found no room. */
  toSend: number;
  overflowed: number;
  /** Heartbeats that others sent us since the last check, and those of them that did not come. */
  beats: number;
  missed: number;
  /** Nodes newly suspected, and links lost. */
  upsets: number;
};

export type HealthView = {
  category: HealthCategory;
  /** Null while nothing is known. */
  score: number | null;
  level: HealthLevel;
  /** What it comes from, as a sentence. */
  why: string;
};

export const WARNING_BELOW = 0.7;
const CRITICAL_BELOW = 0.3;
/** A score must be so much above a threshold before it is good again. */
export const HYSTERESIS = 0.05;
/** Round trips that are as good as none, and as bad as no way at all. */
const TRIP_GOOD_MS = 250;
const TRIP_WORST_MS = 10_000;
/** Of what was before, this part counts at each check: figures of a minute weigh most. */
const MEMORY = 11 / 12;
/** What one suspected node or lost link takes from the stability of the moment. */
const UPSET = 0.25;
/** With fewer packets, one that found no room would be a crisis. */
const SENT_LEAST = 20;
const BEATS_LEAST = 3;

type Category = { score: number | null; level: HealthLevel; why: string };

export class Health {
  private readonly categories: Record<HealthCategory, Category> = {
    connectivity: fresh(),
    latency: fresh(),
    throughput: fresh(),
    stability: fresh(),
  };
  /** Sums in which what is long past counts ever less. */
  private sent = 0;
  private overflowed = 0;
  private beats = 0;
  private missed = 0;
  private upsets = 0;

  /** The mean of what is known; 1 while nothing is. */
  get network(): number {
    const scores = this.views().flatMap(({ score }) => (score === null ? [] : [score]));
    if (scores.length === 0) return 1;
    return scores.reduce((sum, score) => sum + score, 0) / scores.length;
  }

  views(): HealthView[] {
    return HEALTH_CATEGORIES.map((category) => ({ category, ...this.categories[category] }));
  }

  /** What changed its level. */
  check(figures: Figures): HealthView[] {
    this.sent = this.sent * MEMORY + figures.toSend;
    this.overflowed = this.overflowed * MEMORY + figures.overflowed;
    this.beats = this.beats * MEMORY + figures.beats;
    this.missed = this.missed * MEMORY + figures.missed;
    this.upsets = this.upsets * MEMORY + figures.upsets;
    const judged = {
      connectivity: connectivity(figures),
      latency: latency(figures),
      throughput: this.throughput(),
      stability: this.stability(),
    };
    return HEALTH_CATEGORIES.flatMap((category) => this.settle(category, judged[category]));
  }

  private settle(category: HealthCategory, { score, why }: Judged): HealthView[] {
    const before = this.categories[category];
    const level = score === null ? 'good' : levelOf(score, before.level);
    this.categories[category] = { score, level, why };
    return level === before.level ? [] : [{ category, score, level, why }];
  }

  private throughput(): Judged {
    if (this.sent < SENT_LEAST) return UNKNOWN;
    const share = this.overflowed / this.sent;
    const percent = Math.round(share * 100);
    return { score: 1 - share, why: `${percent} % of what was to leave found no room on its link` };
  }

  private stability(): Judged {
    if (this.beats < BEATS_LEAST && this.upsets < UPSET) return UNKNOWN;
    const share = this.beats > 0 ? this.missed / this.beats : 0;
    const score = Math.max(0, 1 - share - this.upsets * UPSET);
    const percent = Math.round(share * 100);
    const upsets = Math.round(this.upsets);
    const fallen = upsets === 1 ? 'a link or node' : `${upsets} links or nodes`;
    return { score, why: `${percent} % of heartbeats lost; ${fallen} fell away just now` };
  }
}

type Judged = { score: number | null; why: string };
const UNKNOWN: Judged = { score: null, why: 'nothing is known of it yet' };

function fresh(): Category {
  return { ...UNKNOWN, level: 'good' };
}

/** Whoever was there once and is not counts against it, and so does a part of the mesh that is cut off. */
function connectivity({ watched, present, cutOff, about }: Figures): Judged {
  if (watched + cutOff === 0) return UNKNOWN;
  const near = watched === 0 ? 1 : present / watched;
  const far = about + cutOff === 0 ? 1 : about / (about + cutOff);
  const lost = watched - present;
  const away = cutOff === 1 ? '1 peer is' : `${cutOff} peers are`;
  const why = `${lost} of ${watched} neighbours are silent, ${away} cut off`;
  return { score: Math.min(near, far), why };
}

/** By its order of magnitude. */
function latency({ roundTripMs }: Figures): Judged {
  if (roundTripMs === null) return UNKNOWN;
  const over = Math.log(Math.max(roundTripMs, TRIP_GOOD_MS) / TRIP_GOOD_MS);
  const score = Math.max(0, 1 - over / Math.log(TRIP_WORST_MS / TRIP_GOOD_MS));
  return { score, why: `round trips take ${Math.round(roundTripMs)} ms` };
}

function levelOf(score: number, before: HealthLevel): HealthLevel {
  const warning = WARNING_BELOW + (before === 'good' ? 0 : HYSTERESIS);
  const critical = CRITICAL_BELOW + (before === 'critical' ? HYSTERESIS : 0);
  if (score < critical) return 'critical';
  return score < warning ? 'warning' : 'good';
}
