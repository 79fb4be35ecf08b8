/**
 * Partitions: when a part of the mesh is cut off, and what its return brought. Peers that fall silent
 * together, and are neighbours of each other, have not all failed: the way to them has. What both sides
 * said meanwhile is counted when they meet again, and what was lost of it, as far as histories were
 * compared since (WIRE §20, 0xE5). What was let go cannot be compared: of that, the far ends of lines
 * are asked before it is told.
 *
 *   lost, lost, lost ... quiet--> split --one is heard--> healing --nothing more comes--> accounted for
 *                                        not all could be compared, over lines: asked --'
 *
 * Times are our own clock's; those of messages are Unix time, as their senders' clocks say.
 */
import type { Machine, Millis, Tick } from '../../protocol/core/machine.ts';
import type { Stock } from '../../protocol/peer/stock.ts';
import type { Span } from '../../protocol/peer/tally.ts';
import { fromHex } from '../../protocol/wire/hex.ts';
import type { PartitionAccounting } from '../events.ts';

export type PartitionsInput =
  /** A peer has been silent for too long; ids are hex. */
  | { kind: 'lost'; id: string; heardAt: Millis; neighbours: readonly string[] }
  | { kind: 'found'; id: string }
  /** A public message came, or was said here. */
  | { kind: 'said'; timestamp: number }
  | { kind: 'clock'; offsetMs: number };

export type PartitionsOutput =
  | { kind: 'detected'; partition: number; lost: Uint8Array[] }
  /** What was lost then is to be asked of those who are back; ids are hex. */
  | { kind: 'doubted'; ids: ReadonlySet<string>; span: Span }
  | { kind: 'healed'; accounting: PartitionAccounting };

export type PartitionView = {
  partition: number;
  state: 'split' | 'healing';
  splitAt: number;
  /** Of the first that was heard again. */
  healedAt: number | null;
  lost: string[];
  back: string[];
};

/** Silent together is who fell silent within it (DEFAULTS §3). */
export const TOGETHER_MS = 60_000;
/** After so long without another loss, those lost are told of. */
export const QUIET_MS = 15_000;
/** History is asked for every 30 s, hop by hop: what comes so late after the last comes from no split. */
export const SETTLED_MS = 100_000;
/** Longer nobody waits for what is still to come (DEFAULTS §3). */
export const HEALING_MAX_MS = 300_000;
/** So long do those have who are asked what was lost. */
export const TALLY_MS = 10_000;
/** Whoever is away for longer has left: the mesh is as well without him. */
export const MISSED_MS = 24 * 3_600_000;
/** At once; then the oldest is taken for what it looks like, and forgotten. */
export const PARTITIONS_MAX = 16;
/** Peers lost and not yet told of; then the one lost first is forgotten. */
export const LOST_MAX = 1024;
/** Times of messages remembered, to know which were said since the split; then the oldest go. */
export const TIMES_MAX = 4096;

type Lost = { id: string; heardAt: Millis; lostAt: Millis; neighbours: readonly string[] };
type Partition = {
  readonly number: number;
  readonly lost: Set<string>;
  readonly back: Set<string>;
  /** When the last of them was heard before it. */
  readonly splitAt: Millis;
  healedAt: Millis;
  /** Of messages that were said since: those we had before it healed, and those that came then. */
  ours: number;
  theirs: number;
  /** When the last of those came. */
  newsAt: Millis;
  /** When others were asked what was lost; Infinity for never. */
  doubtedAt: Millis;
};

/**
 * What is known of messages of a span, over links that lead to those of these ids, which are hex;
 * `isWithThem` where they are at the far ends themselves, `isByLine` where one of the links is a line.
 */
export type StockOf = (
  span: Span,
  ids: ReadonlySet<string>,
  now: Millis,
) => Stock & { isWithThem: boolean; isByLine: boolean };

export class Partitions implements Machine<PartitionsInput, PartitionsOutput> {
  /** Of all merges that were accounted for; `unsure`: those of which losses are not known, or not all. */
  readonly healed = { partitions: 0, reconciled: 0, missing: 0, unsure: 0 };
  /** As the owner has them. */
  togetherMs = TOGETHER_MS;
  mergeMs = HEALING_MAX_MS;
  private readonly stockOf: StockOf;
  private offsetMs = 0;
  private lost: Lost[] = [];
  private partitions: Partition[] = [];
  private readonly times: number[] = [];
  private nextNumber = 1;

  constructor(stockOf: StockOf) {
    this.stockOf = stockOf;
  }

  get active(): number {
    return this.partitions.length;
  }

  /** Peers that partitions took within the last day, and that are not back. */
  cutOff(now: Millis): number {
    const missed = this.partitions.filter(({ splitAt }) => now - splitAt < MISSED_MS);
    return missed.reduce((sum, { lost, back }) => sum + lost.size - back.size, 0);
  }

  step(input: PartitionsInput | Tick, now: Millis): PartitionsOutput[] {
    const out: PartitionsOutput[] = [];
    switch (input.kind) {
      case 'lost':
        this.lose(input, now);
        break;
      case 'found':
        this.find(input.id, now);
        break;
      case 'said':
        this.hear(input.timestamp, now);
        break;
      case 'clock':
        this.offsetMs = input.offsetMs;
        break;
      case 'tick':
        break;
    }
    if (now >= this.gatheredAt()) this.gather(now, out);
    for (const partition of [...this.partitions]) {
      if (now >= this.settledAt(partition)) this.account(partition, now, out);
    }
    return out;
  }

  deadline(): Millis {
    let least = this.gatheredAt();
    for (const partition of this.partitions) least = Math.min(least, this.settledAt(partition));
    return least;
  }

  views(): PartitionView[] {
    return this.partitions.map(({ number, lost, back, splitAt, healedAt }) => ({
      partition: number,
      state: healedAt === Infinity ? 'split' : 'healing',
      splitAt: this.unix(splitAt),
      healedAt: healedAt === Infinity ? null : this.unix(healedAt),
      lost: [...lost],
      back: [...back],
    }));
  }

  private lose({ id, heardAt, neighbours }: Omit<Lost, 'lostAt'>, now: Millis): void {
    // One that came back and fell silent again is of the same partition.
    const known = this.partitions.find(({ lost }) => lost.has(id));
    if (known !== undefined) return void known.back.delete(id);
    this.lost.push({ id, heardAt, lostAt: now, neighbours });
    if (this.lost.length > LOST_MAX) this.lost.shift();
  }

  private find(id: string, now: Millis): void {
    this.lost = this.lost.filter((lost) => lost.id !== id);
    for (const partition of this.partitions) {
      if (!partition.lost.has(id)) continue;
      partition.back.add(id);
      if (partition.healedAt < Infinity) continue;
      partition.healedAt = now;
      partition.newsAt = now;
    }
  }

  private hear(timestamp: number, now: Millis): void {
    this.times.push(timestamp);
    if (this.times.length > TIMES_MAX) this.times.shift();
    for (const partition of this.partitions) {
      const { splitAt, healedAt } = partition;
      if (timestamp < this.unix(splitAt)) continue;
      if (healedAt === Infinity) partition.ours++;
      else if (timestamp <= this.unix(healedAt)) {
        partition.theirs++;
        partition.newsAt = now;
      }
    }
  }

  private gatheredAt(): Millis {
    if (this.lost.length === 0) return Infinity;
    const last = this.lost[this.lost.length - 1].lostAt;
    return Math.min(last + QUIET_MS, this.lost[0].lostAt + this.togetherMs);
  }

  private gather(now: Millis, out: PartitionsOutput[]): void {
    const { lost } = this;
    this.lost = [];
    for (const group of groupsOf(lost)) {
      // One alone has failed, or left without a word.
      if (group.length < 2 || this.joinOlder(group, now)) continue;
      this.split(group, out);
    }
  }

  /** The rest of those that were told of a moment ago. */
  private joinOlder(group: Lost[], now: Millis): boolean {
    const ids = new Set(group.map(({ id }) => id));
    const older = this.partitions.find(
      ({ lost, splitAt, healedAt }) =>
        healedAt === Infinity &&
        now - splitAt < 3 * this.togetherMs &&
        group.some(({ neighbours }) => neighbours.some((id) => lost.has(id) && !ids.has(id))),
    );
    for (const id of ids) older?.lost.add(id);
    return older !== undefined;
  }

  private split(group: Lost[], out: PartitionsOutput[]): void {
    const splitAt = Math.max(...group.map(({ heardAt }) => heardAt));
    const since = this.unix(splitAt);
    const partition: Partition = {
      number: this.nextNumber++,
      lost: new Set(group.map(({ id }) => id)),
      back: new Set(),
      splitAt,
      healedAt: Infinity,
      ours: this.times.filter((time) => time >= since).length,
      theirs: 0,
      newsAt: Infinity,
      doubtedAt: Infinity,
    };
    this.partitions.push(partition);
    if (this.partitions.length > PARTITIONS_MAX) this.partitions.shift();
    out.push({ kind: 'detected', partition: partition.number, lost: bytesOf(partition.lost) });
  }

  private account(partition: Partition, now: Millis, out: PartitionsOutput[]): void {
    const { number, lost, back, splitAt, healedAt, newsAt, ours, theirs } = partition;
    const [from, until] = [this.unix(splitAt), this.unix(healedAt)];
    // While something came, the others were not alike either.
    const comparedTo = this.unix(newsAt);
    const isSettled = now >= newsAt + SETTLED_MS;
    const span = { since: splitAt, from, until, comparedTo, isSettled };
    const { lacking, given, isCompared, isWithThem, isByLine } = this.stockOf(span, back, now);
    if (!isCompared && isByLine && partition.doubtedAt === Infinity) {
      partition.doubtedAt = now;
      return void out.push({ kind: 'doubted', ids: back, span });
    }
    const missing = isCompared || lacking > 0 ? lacking : null;
    const compared = !isCompared ? 'not' : isWithThem ? 'with-them' : 'with-neighbours';
    const reconciled = theirs + given;
    this.partitions = this.partitions.filter((other) => other !== partition);
    const accounting: PartitionAccounting = {
      partition: number,
      splitAt: from,
      healedAt: until,
      lost: bytesOf(lost),
      stillLost: lost.size - back.size,
      ours,
      theirs,
      given,
      reconciled,
      missing,
      compared,
    };
    const { healed } = this;
    healed.partitions++;
    healed.reconciled += reconciled;
    healed.missing += lacking;
    if (!isCompared) healed.unsure++;
    out.push({ kind: 'healed', accounting });
  }

  private settledAt({ healedAt, newsAt, doubtedAt }: Partition): Millis {
    if (doubtedAt < Infinity) return doubtedAt + TALLY_MS;
    return Math.min(newsAt + SETTLED_MS, healedAt + this.mergeMs);
  }

  private unix(at: Millis): number {
    return Math.floor(at + this.offsetMs);
  }
}

function bytesOf(ids: Iterable<string>): Uint8Array[] {
  return [...ids].flatMap((id) => fromHex(id) ?? []);
}

/** Those that are neighbours of each other; who names nobody may be of any, and is of the largest. */
function groupsOf(lost: readonly Lost[]): Lost[][] {
  const groups: Lost[][] = [];
  const left = new Map(lost.map((one) => [one.id, one]));
  const named = new Set(lost.flatMap(({ neighbours }) => neighbours));
  const silent = lost.filter(({ id, neighbours }) => neighbours.length === 0 && !named.has(id));
  for (const { id } of silent) left.delete(id);
  for (const first of left.values()) {
    const group: Lost[] = [];
    const toVisit = [first];
    left.delete(first.id);
    for (let one = toVisit.pop(); one !== undefined; one = toVisit.pop()) {
      group.push(one);
      for (const other of left.values()) {
        if (!one.neighbours.includes(other.id) && !other.neighbours.includes(one.id)) continue;
        left.delete(other.id);
        toVisit.push(other);
      }
    }
    groups.push(group);
  }
  groups.sort((a, b) => b.length - a.length);
  if (groups.length === 0) groups.push([]);
  groups[0].push(...silent);
  return groups;
}
