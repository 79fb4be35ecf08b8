/**
 * Introductions: who meets a neighbour tells it by name which announces are fresh here, and gives
 * those that it asks for (WIRE §29). Else every link that opens would carry all of them, both ways, of
 * which the far end has most from others.
 *
 *   up -> told, and once more what it may not have heard -> asked for -> given
 *   told of what we lack -> wanted, of one who has it at a time -> came
 *
 * What the far end says it has need not be brought there: it is covered. Who says so and has it not
 * goes without it until its sender announces himself again, as does who loses all that is said here.
 */
import type { Machine, Millis, Tick } from '../core/machine.ts';
import { sameBytes } from '../core/bytes.ts';
import { ID_SIZE, TTL_AT } from '../core/packet.ts';
import { ANNOUNCE_NAME_SIZE, INTRODUCED_MAX, TOLD_SIZE } from '../wire/spread.ts';
import { Announced, NAMED_TIME_AT, nameOfAnnounce, senderIn, writeName } from './announced.ts';
import { Named } from './named.ts';
import { inParts } from './names.ts';
import { Wants } from './wants.ts';

/** How often a far end is told, and how much later again: what it did not hear costs it a round. */
export const TELLS = 2;
export const AGAIN_MS = 5000;
/** For each announce that was told, so many are given: flooded with wants, a link gets no more. */
export const GIVES_MAX = 2;
/** Announces that a far end is believed to have, while it is told; others are told or brought to it. */
export const HAD_MAX = 256;
/** Announces asked for at once, in all and of one neighbour; and how long after one in vain. */
export const SEEKS_MAX = 256;
export const SEEKS_OF_ONE_MAX = 128;
export const RETRY_MS = 5000;

export type IntroductionsInput =
  /** Who introduces by name is at the far end; announces that came before `since` it may lack. */
  | { kind: 'up'; link: number; id: Uint8Array; since: Millis }
  /** As in a payload: announces that it has, and those that it asks for. */
  | { kind: 'told'; link: number; names: Uint8Array }
  | { kind: 'sought'; link: number; names: Uint8Array }
  | { kind: 'gone'; link: number };

export type IntroductionsOutput =
  | { kind: 'tell'; link: number; names: Uint8Array }
  | { kind: 'seek'; link: number; names: Uint8Array }
  | { kind: 'give'; link: number; bytes: Uint8Array };

const NOTHING = new Uint8Array(0);

/** The fresh announces of others, each with the TTL that it was passed on with: views, good for now. */
export type Fresh = (now: Millis) => readonly Uint8Array[];

type Introduction = {
  readonly link: number;
  readonly id: Uint8Array;
  readonly since: Millis;
  /** What it says it has, or asked for, by name. */
  readonly had: Named;
  /** What it was told, and is to be told once more unless it had that. */
  told: Uint8Array;
  tells: number;
  /** When it is told again; Infinity once that is over. */
  tellAt: Millis;
  /** How many more it is given. */
  gives: number;
};

export class Introductions implements Machine<IntroductionsInput, IntroductionsOutput> {
  private readonly fresh: Fresh;
  private readonly announced: Announced;
  /** By link. */
  private readonly introductions = new Map<number, Introduction>();
  private readonly wants = new Wants({
    most: SEEKS_MAX,
    mostOfOne: SEEKS_OF_ONE_MAX,
    retryMs: RETRY_MS,
  });
  /** Those who are to be told once more, and when the first of them is. */
  private meeting: Introduction[] = [];
  private tellAt: Millis = Infinity;

  /** `seed`: as of Announced. */
  constructor(fresh: Fresh, seed: number) {
    this.fresh = fresh;
    this.announced = new Announced(seed);
  }

  step(input: IntroductionsInput | Tick, now: Millis): IntroductionsOutput[] {
    const out: IntroductionsOutput[] = [];
    if (input.kind === 'up') this.meet(input.link, input.id, input.since, now);
    if (input.kind === 'told') this.hear(input.link, input.names, now, out);
    if (input.kind === 'sought') this.give(input.link, input.names, now, out);
    if (input.kind === 'gone') this.forget(input.link);
    for (const { link, names } of this.wants.due(now)) this.seek(link, names, out);
    if (now >= this.tellAt) this.tellDue(now, out);
    return out;
  }

  deadline(): Millis {
    return Math.min(this.tellAt, this.wants.deadline());
  }

  /** An announce that came with this TTL is let in: it is news no more. */
  note(frame: Uint8Array, ttl: number, now: Millis): void {
    this.announced.note(frame, ttl, now);
    if (this.wants.size > 0) this.wants.came(nameOfAnnounce(frame));
  }

  passedOn(frame: Uint8Array): void {
    this.announced.passedOn(frame);
  }

  /** One came over a link, whatever is thought of it. */
  met(frame: Uint8Array, link: number): void {
    if (this.wants.size > 0) this.wants.given(link, nameOfAnnounce(frame));
  }

  /** Of links, 32 to a word, those whose far ends say they have the announce. */
  covered(open: number, word: number, frame: Uint8Array): number {
    const senderAt = senderIn(frame);
    let covered = 0;
    for (const { link, had } of this.meeting) {
      if (link >> 5 !== word) continue;
      if (had.has(frame, senderAt, NAMED_TIME_AT)) covered |= 1 << (link & 31);
    }
    return covered & open;
  }

  private meet(link: number, id: Uint8Array, since: Millis, now: Millis): void {
    if (this.introductions.has(link)) return;
    this.introductions.set(link, {
      link,
      id: new Uint8Array(id),
      since,
      had: new Named(),
      told: NOTHING,
      tells: 0,
      tellAt: now,
      gives: 0,
    });
    this.rearm();
  }

  private tellDue(now: Millis, out: IntroductionsOutput[]): void {
    for (const introduction of this.meeting) {
      if (now >= introduction.tellAt) this.tell(introduction, now, out);
    }
    this.rearm();
  }

  private rearm(): void {
    this.meeting = [];
    this.tellAt = Infinity;
    for (const introduction of this.introductions.values()) {
      if (introduction.tellAt === Infinity) continue;
      this.meeting.push(introduction);
      this.tellAt = Math.min(this.tellAt, introduction.tellAt);
    }
  }

  private tell(introduction: Introduction, now: Millis, out: IntroductionsOutput[]): void {
    const isFirst = introduction.tells === 0;
    const told = isFirst ? this.toldTo(introduction, now) : lackingOf(introduction);
    introduction.gives += (told.length / TOLD_SIZE) * GIVES_MAX;
    const most = INTRODUCED_MAX * TOLD_SIZE;
    for (let from = 0; from < told.length; from += most) {
      const names = told.slice(from, from + most);
      out.push({ kind: 'tell', link: introduction.link, names });
    }
    const isLast = ++introduction.tells === TELLS;
    introduction.tellAt = isLast ? Infinity : now + AGAIN_MS;
    introduction.told = isLast ? NOTHING : told;
    if (isLast) introduction.had.clear();
  }

  /** What came since the link is there was brought to it like anything. */
  private toldTo({ id, since }: Introduction, now: Millis): Uint8Array {
    const fresh = this.fresh(now);
    const told = new Uint8Array(fresh.length * TOLD_SIZE);
    let size = 0;
    for (const frame of fresh) {
      const isOwn = sameBytes(frame, senderIn(frame), id);
      if (isOwn || this.announced.heardAt(frame) >= since) continue;
      writeName(frame, told, size);
      told[size + ANNOUNCE_NAME_SIZE] = frame[TTL_AT];
      size += TOLD_SIZE;
    }
    return told.subarray(0, size);
  }

  private hear(link: number, names: Uint8Array, now: Millis, out: IntroductionsOutput[]): void {
    const introduction = this.introductions.get(link);
    if (introduction === undefined) return;
    const lacking: Uint8Array[] = [];
    for (let at = 0; at < names.length; at += TOLD_SIZE) {
      const nameEnd = at + ANNOUNCE_NAME_SIZE;
      believe(introduction, names, at);
      if (this.announced.lacks(names, at, names[nameEnd], now)) {
        lacking.push(new Uint8Array(names.subarray(at, nameEnd)));
      }
    }
    this.seek(link, this.wants.offered(link, lacking, now), out);
  }

  private give(link: number, names: Uint8Array, now: Millis, out: IntroductionsOutput[]): void {
    const introduction = this.introductions.get(link);
    if (introduction === undefined) return;
    const sought = new Named();
    for (let at = 0; at < names.length; at += ANNOUNCE_NAME_SIZE) {
      believe(introduction, names, at);
      sought.add(names, at, at + ID_SIZE);
    }
    let left = sought.size;
    for (const bytes of this.fresh(now)) {
      if (introduction.gives === 0 || left === 0) return;
      if (!sought.has(bytes, senderIn(bytes), NAMED_TIME_AT)) continue;
      left--;
      introduction.gives--;
      out.push({ kind: 'give', link, bytes: new Uint8Array(bytes) });
    }
  }

  private seek(link: number, names: readonly Uint8Array[], out: IntroductionsOutput[]): void {
    for (const some of inParts(names, INTRODUCED_MAX))
      out.push({ kind: 'seek', link, names: some });
  }

  /** Its number is given to somebody else. */
  private forget(link: number): void {
    this.introductions.delete(link);
    this.wants.forget(link);
    this.rearm();
  }
}

/** Of what it was told, what it neither named nor asked for. */
function lackingOf({ told, had }: Introduction): Uint8Array {
  const lacking = new Uint8Array(told.length);
  let size = 0;
  for (let at = 0; at < told.length; at += TOLD_SIZE) {
    if (had.has(told, at, at + ID_SIZE)) continue;
    lacking.set(told.subarray(at, at + TOLD_SIZE), size);
    size += TOLD_SIZE;
  }
  return lacking.subarray(0, size);
}

function believe({ had, tellAt }: Introduction, names: Uint8Array, at: number): void {
  if (tellAt < Infinity && had.size < HAD_MAX) had.add(names, at, at + ID_SIZE);
}
