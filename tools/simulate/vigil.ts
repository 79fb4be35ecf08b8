/**
 * Vigil: one node watches another over a link that loses heartbeats in bursts, for as long as it takes
 * to know how soon a death is noticed and how often a living node is given up. No station is run here:
 * only the machine that judges, and a channel for each way word may come by.
 *
 *   watched --heartbeats, a link in bursts--> watcher
 *           --announces and answers, two such links each--> by way of the others
 */
import { Suspicion } from '../../host/resilience/suspicion.ts';
import type { SuspicionInput, SuspicionOutput } from '../../host/resilience/suspicion.ts';
import { RESILIENCE_DEFAULTS } from '../../host/resilience/settings.ts';
import type { Millis, Random, Tick } from '../../protocol/core/machine.ts';
import { TICK } from '../../protocol/core/machine.ts';

export type VigilOptions = {
  /** Heartbeats lost, of a thousand; and how many in a row, on average. */
  lossPerMille: number;
  burst: number;
  /** Neighbours that both have. */
  others: number;
};

/** What was seen while the watched node lived, and how long its death took to show. */
export type VigilFigures = { suspected: number; failed: number; silentMs: Millis };

const { intervalMs } = RESILIENCE_DEFAULTS.pace;
/** A heartbeat is late by so much, or less. */
const JITTER_MS = 500;
const TRIP_MS = 200;
const PING_LOST_MS = 10_000;
/** In intervals. */
const ANNOUNCE_EVERY = 3;
const ID = new Uint8Array(8).fill(7);

export class Vigil {
  private readonly options: VigilOptions;
  private readonly random: Random;
  private readonly machine = new Suspicion(RESILIENCE_DEFAULTS);
  private readonly link: Bursts;
  /** By way of each of the others: their link to it, and ours to them. */
  private readonly ways: [Bursts, Bursts][];
  private readonly due: { at: Millis; input: SuspicionInput }[] = [];
  private suspected = 0;
  private failed = 0;
  private suspectedAt: Millis = Infinity;
  private missed = 0;
  private isAlive = true;

  constructor(options: VigilOptions, random: Random) {
    const channel = (): Bursts => new Bursts(options, random);
    this.options = options;
    this.random = random;
    this.link = channel();
    this.ways = Array.from({ length: options.others }, () => [channel(), channel()]);
  }

  /** It lives for so many heartbeats, and dies somewhen in the next interval. */
  watch(beats: number): VigilFigures {
    for (let n = 1; n <= beats; n++) this.live(n);
    const { suspected, failed } = this;
    const diedAt = beats * intervalMs + this.random(intervalMs);
    this.runUntil(diedAt);
    this.isAlive = false;
    const wasSuspected = this.machine.stateOf(ID) === 'suspected';
    this.suspectedAt = wasSuspected ? diedAt : Infinity;
    for (let at = diedAt; this.suspectedAt === Infinity; at += intervalMs) {
      for (const way of this.ways.flat()) way.turn();
      this.runUntil(at);
    }
    return { suspected, failed, silentMs: this.suspectedAt - diedAt };
  }

  private live(n: number): void {
    const at = n * intervalMs + this.random(JITTER_MS);
    this.runUntil(at);
    for (const way of this.ways.flat()) way.turn();
    if (this.link.turn()) this.missed++;
    else {
      this.tell({ kind: 'beat', id: ID, missed: this.missed }, at);
      this.missed = 0;
    }
    const isHeard = n % ANNOUNCE_EVERY === 0 && this.ways.some(isClear);
    if (isHeard) this.tell({ kind: 'word', id: ID, at }, at);
  }

  private runUntil(until: Millis): void {
    for (;;) {
      const next = this.due.reduce((least, { at }) => Math.min(least, at), Infinity);
      const at = Math.min(next, this.machine.deadline());
      if (at > until) return;
      if (next > at) this.tell(TICK, at);
      else {
        const place = this.due.findIndex((other) => other.at === at);
        this.tell(this.due.splice(place, 1)[0].input, at);
      }
    }
  }

  private tell(input: SuspicionInput | Tick, now: Millis): void {
    for (const output of this.machine.step(input, now)) this.hear(output, now);
  }

  private hear(output: SuspicionOutput, now: Millis): void {
    if (output.kind === 'suspected') {
      this.suspected++;
      this.suspectedAt = Math.min(this.suspectedAt, now);
    }
    if (output.kind === 'failed') this.failed++;
    if (output.kind === 'recovered') this.suspectedAt = Infinity;
    if (output.kind !== 'probe') return;
    const ways = this.ways.length > 0 ? this.ways : [[this.link]];
    const isAnswered = this.isAlive && ways.some(isClear);
    const at = now + (isAnswered ? TRIP_MS : PING_LOST_MS);
    const asked = this.options.others;
    this.due.push({
      at,
      input: isAnswered ? { kind: 'word', id: ID, at } : { kind: 'unanswered', id: ID, asked },
    });
  }
}

function isClear(way: readonly Bursts[]): boolean {
  return way.every(({ isLosing }) => !isLosing);
}

/** Gilbert's channel: it loses all in a burst and nothing between. It turns with each heartbeat. */
class Bursts {
  isLosing = false;
  private readonly enter: number;
  private readonly leave: number;
  private readonly random: Random;

  constructor({ lossPerMille, burst }: VigilOptions, random: Random) {
    this.random = random;
    this.leave = 1 / burst;
    this.enter = (this.leave * lossPerMille) / (1000 - lossPerMille);
  }

  /** Whether it loses now. */
  turn(): boolean {
    const chance = this.isLosing ? this.leave : this.enter;
    if (this.random(GRAIN) < chance * GRAIN) this.isLosing = !this.isLosing;
    return this.isLosing;
  }
}

const GRAIN = 1_000_000;
