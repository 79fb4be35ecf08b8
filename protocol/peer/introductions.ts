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
import { TTL_AT } from '../core/packet.ts';
import { ANNOUNCE_NAME_SIZE, INTRODUCED_MAX, TOLD_SIZE } from '../wire/spread.ts';
import { Announced, nameOfAnnounce } from './announced.ts';
import { inParts, split } from './names.ts';
import { keyOf, Wants } from './wants.ts';

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

/** The fresh announces of others, each with the TTL that it was passed on with. */
export type Fresh = (now: Millis) => readonly Uint8Array[];

type Introduction = {
  readonly id: Uint8Array;
  readonly since: Millis;
  /** What it says it has, or asked for, by name. */
  readonly had: Set<string>;
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
    this.tellAt = Infinity;
    for (const [link, introduction] of this.introductions) {
      if (now >= introduction.tellAt) this.tell(link, introduction, now, out);
      this.tellAt = Math.min(this.tellAt, introduction.tellAt);
    }
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
    if (this.tellAt === Infinity) return 0;
    const key = keyOf(nameOfAnnounce(frame));
    let covered = 0;
    for (const [link, { had }] of this.introductions) {
      if (link >> 5 === word && had.has(key)) covered |= 1 << (link & 31);
    }
    return covered & open;
  }

  private meet(link: number, id: Uint8Array, since: Millis, now: Millis): void {
    if (this.introductions.has(link)) return;
    const at = { tells: 0, tellAt: now, gives: 0 };
    this.introductions.set(link, { id: new Uint8Array(id), since, had: new Set(), ...at });
  }

  private tell(
    link: number,
    introduction: Introduction,
    now: Millis,
    out: IntroductionsOutput[],
  ): void {
    const isLast = ++introduction.tells === TELLS;
    introduction.tellAt = isLast ? Infinity : now + AGAIN_MS;
    const told = this.toldTo(introduction, now);
    introduction.gives += told.length * GIVES_MAX;
    for (const some of inParts(told, INTRODUCED_MAX)) out.push({ kind: 'tell', link, names: some });
    if (isLast) introduction.had.clear();
  }

  /** What came since the link is there was brought to it like anything. */
  private toldTo({ id, since, had }: Introduction, now: Millis): Uint8Array[] {
    const told: Uint8Array[] = [];
    for (const frame of this.fresh(now)) {
      const name = nameOfAnnounce(frame);
      const mayLack = this.announced.heardAt(frame) < since && !sameBytes(name, 0, id);
      if (mayLack && !had.has(keyOf(name))) told.push(withTtl(name, frame[TTL_AT]));
    }
    return told;
  }

  private hear(link: number, names: Uint8Array, now: Millis, out: IntroductionsOutput[]): void {
    const introduction = this.introductions.get(link);
    if (introduction === undefined) return;
    const lacking: Uint8Array[] = [];
    for (const told of split(names, TOLD_SIZE)) {
      const name = told.subarray(0, ANNOUNCE_NAME_SIZE);
      this.believe(introduction, name);
      if (this.announced.lacks(name, told[ANNOUNCE_NAME_SIZE], now)) lacking.push(name);
    }
    this.seek(link, this.wants.offered(link, lacking, now), out);
  }

  private give(link: number, names: Uint8Array, now: Millis, out: IntroductionsOutput[]): void {
    const introduction = this.introductions.get(link);
    if (introduction === undefined) return;
    const sought = new Set<string>();
    for (const name of split(names, ANNOUNCE_NAME_SIZE)) {
      this.believe(introduction, name);
      sought.add(keyOf(name));
    }
    for (const bytes of this.fresh(now)) {
      if (introduction.gives === 0) return;
      if (!sought.has(keyOf(nameOfAnnounce(bytes)))) continue;
      introduction.gives--;
      out.push({ kind: 'give', link, bytes });
    }
  }

  private believe({ had, tellAt }: Introduction, name: Uint8Array): void {
    if (tellAt < Infinity && had.size < HAD_MAX) had.add(keyOf(name));
  }

  private seek(link: number, names: readonly Uint8Array[], out: IntroductionsOutput[]): void {
    for (const some of inParts(names, INTRODUCED_MAX))
      out.push({ kind: 'seek', link, names: some });
  }

  /** Its number is given to somebody else. */
  private forget(link: number): void {
    this.introductions.delete(link);
    this.wants.forget(link);
  }
}

function withTtl(name: Uint8Array, ttl: number): Uint8Array {
  const told = new Uint8Array(TOLD_SIZE);
  told.set(name);
  told[ANNOUNCE_NAME_SIZE] = ttl;
  return told;
}
