/**
 * Reconciliation: how Hopline neighbours come to hold the same history (WIRE §20, 0xE5). What they hold
 * is compared by fingerprints of ever smaller ranges of time, so that it costs what the difference is
 * worth, and nothing to speak of where there is none. Phones go on with Sync.
 *
 *   due -> opening: a fingerprint or two of all that is settled -> alike
 *                                                              -> smaller fingerprints, ids -> ...
 *   ids -> those we lack are wanted, of one neighbour at a time; those he lacks are offered
 *   wanted -> Answers, as for Sync -> what came so is offered to all other neighbours
 *
 * What one of two let go, comparing does not show: over a line it is asked for by id (see Tally), once
 * somebody wants to know what was lost while that was down.
 *
 * Every frame is answered out of what is held then, and nothing is remembered of an exchange: a frame
 * that is lost or said again costs a round, and changes nothing. Nobody is answered who did not sign,
 * or speaks over another's link (RELIABILITY S16).
 */
import { sameBytes } from '../core/bytes.ts';
import type { Machine, Millis, Tick } from '../core/machine.ts';
import { keepNewest } from '../keep-newest.ts';
import { nameOf } from '../trust/pins.ts';
import type { Asked, Bound, Compared, NotReconcile, Range, Reconcile } from '../wire/reconcile.ts';
import {
  compareBounds,
  decodeReconcile,
  encodeReconcile,
  NAME_SIZE,
  RANGES_MAX,
  SALT_SIZE,
} from '../wire/reconcile.ts';
import type { Answers } from './answers.ts';
import type { Draw } from './author.ts';
import { Fingerprints } from './fingerprints.ts';
import type { History, Kept } from './history.ts';
import { FRESH_MS, isReplayed } from './history.ts';
import type { FarEnd } from './sync.ts';
import { ANSWER_TIME_MS, PACES } from './sync.ts';
import type { Span, Tally } from './tally.ts';
import { beginTally, takePage, TALLIES_MAX } from './tally.ts';
import type { Timeline } from './timeline.ts';
import { byAge } from './timeline.ts';

export type ReconcileConfig = {
  /** Between two comparisons on a link while there is news. */
  everyMs: Millis;
  /** What is younger may still be on its way by itself, and is not compared. */
  settleMs: Millis;
};

export const RECONCILE_DEFAULTS: ReconcileConfig = { everyMs: 10_000, settleMs: 3000 };

/** After a link came up: what its far end knows us by goes ahead. */
const FIRST_MS = 250;
/** After something differed: for what is left of it. A line is not kept waiting by what is of now. */
const SOON_MS = 2500;
const SOON_BY_LINE_MS = 250;
/** After something was made good: it is offered on other links, together with what follows. */
const PASS_ON_MS = 1000;
/** While packets are on their way, either way, it is looked so often whether they are through. */
const REST_STEP_MS = 250;
/** So many times `everyMs` may lie between comparisons that bring nothing, or without news. */
const QUIET = 6;
/** How long a salt is good for. */
const SALT_MS = 600_000;
/** A neighbour may come with another salt once in this time: each costs a sum over all. */
const SALT_SPACING_MS = 1000;
/** Frames of a neighbour that are looked at in this time. */
const HEARD_WINDOW_MS = 10_000;
export const HEARD_MAX = 100;
/** Ids wanted of one link and not there yet; with as many, no more are. */
export const WANTED_MAX = 256;
/**
 * Ids remembered as wanted, of all links, and as given, of each on the air; then the one of longest ago
 * is forgotten.
 */
export const REMEMBERED_MAX = 4096;
/**
 * With nothing from that link for so long, what was wanted of it did not come. It is wanted of another at
 * once; of the same again after that time, twice that, and so on.
 */
export const WANT_MS = 3000;
/** How long it rests at most where nothing came: it may have been lost, and asking costs an id. */
export const SILENT_REST_MAX_MS = 60_000;
/**
 * And where it came, and was not taken: of a sender who is denied, or our relay remembers it. Then each
 * time costs the packet.
 */
export const REFUSED_REST_MAX_MS = 600_000;
/** Ids remembered as given over a line, and told of as taken: it may have been down for hours. */
export const GIVEN_MAX = 20_000;
/** Frames that wait for a line; with as many, no more are said, and what they ask for is asked later. */
export const UNSAID_MAX = 256;
/** Neighbours whose newest frame is remembered; then the one heard longest ago is forgotten. */
export const SPEAKERS_MAX = 256;

/** A range of no more is told by its ids; one of more is cut. */
const NAMES_MAX = 16;
/** Ranges that a larger one is cut into, and how few packets are worth a range of their own. */
const CUTS = 16;
const CUT_MIN = 8;

/** Header, ids and signature of a frame. */
const FRAME_OVERHEAD = 96;
/** What encoding takes at most: a range and its bounds, one with a fingerprint, and all else. */
const RANGE_BYTES = 28;
const PRINT_BYTES = RANGE_BYTES + 14;
const ENVELOPE_BYTES = 72;
/** Bytes of a frame to whoever takes more: on the air, others wait for it. */
const FRAME_MOST: Record<FarEnd, number> = { phone: 0, node: 1024, line: 4096 };
/** What every link takes. */
const FRAME_LEAST = 469;

/** What is about to be too old is left out, in steps that are the same for all: clocks differ. */
const AGE_MARGIN_MS = 300_000;
const AGE_STEP_MS = 60_000;

/** What it is to know, and says nothing to. */
export type ReconcileNews =
  /** Who reconciles is at the far end. `leads`: of the two, we are to begin. */
  | { kind: 'met'; link: number; farEnd: FarEnd; leads: boolean; frameMax: number }
  | { kind: 'gone'; link: number }
  /** A message was added; `late`: what it is called, where it was an answer to us, or else null. */
  | { kind: 'kept'; link: number; late: string | null }
  /** One that came unasked, and is of an outage of that line. */
  | { kind: 'handed'; link: number; name: string }
  /**
   * What answers a request came over the link, and whatever was to be done with it has been done: what
   * is not kept by then was not taken. Null where it cannot be read.
   */
  | { kind: 'came'; link: number; name: string | null };

export type ReconcileInput =
  /** A frame whose signature holds; `isItsLink` unless the link is another's. */
  | {
      kind: 'heard';
      link: number;
      sender: Uint8Array;
      isItsLink: boolean;
      timestamp: number;
      payload: Uint8Array;
      wallMs: number;
    }
  /** Somebody wants to know what was lost of this time behind those links. */
  | { kind: 'tally'; links: readonly number[]; span: Span; wallMs: number }
  | { kind: 'wake'; wallMs: number };

/** The payload of a frame for one link, signed and with TTL 0. */
type Said = { kind: 'say'; link: number; payload: Uint8Array };

export type ReconcileOutput = Said | { kind: 'drop'; link: number; reason: ReconcileDrop };

/** Why a frame was not answered. */
export type ReconcileDrop =
  NotReconcile | 'not-its-link' | 'no-reconcile' | 'reconcile-replayed' | 'reconcile-flooding';

/** What was compared: everything from `from` to `until`, when the history had this version. */
type Round = { version: number; from: Bound; until: number };

type Side = {
  readonly farEnd: FarEnd;
  readonly leads: boolean;
  readonly bytesMax: number;
  /** Under the salt that we drew, and under the last one that came. */
  own: Fingerprints;
  saltedAt: Millis;
  theirs: Fingerprints | null;
  theirsAt: Millis;
  /** Before this time the far end has nothing, as far as it said. */
  floor: number;
  /** When we last began, or were begun with. */
  openedAt: Millis;
  opened: Round | null;
  agreed: Round | null;
  /** From when on both ends hold what there was; what is older one of them let go. */
  agreedFrom: number;
  /** When news came since we agreed; Infinity for none. */
  newsAt: Millis;
  dueAt: Millis;
  /** Not before, whatever is due. */
  restsUntil: Millis;
  /** Until the next comparison after one that differed. */
  gapMs: Millis;
  /** How far back the last one came, before its frames were full. */
  reached: Bound;
  /** When we last wanted something, and when something last came. */
  wantedAt: Millis;
  gainedAt: Millis;
  /** Answers that may still come for what we wanted; no more are looked at. */
  awaited: number;
  heardAt: Millis[];
  /** What came late to us and is to be offered there, as far as we know; and when, or Infinity. */
  gained: Set<string>;
  offersAt: Millis;
  readonly metAt: Millis;
  /** What came unasked over a line, said before it was up, and is to be told of as taken; and when. */
  taken: string[];
  takenAt: Millis;
  /** By id, when it was said: what was asked of us, or taken. The one given longest ago in front. */
  given: Map<string, number>;
  /** Frames for a line, and when the last of them went: one goes in a millisecond. */
  unsaid: Said[];
  saidAt: Millis;
  /** By when their time begins, the one asked for longest ago in front. */
  tallies: Map<number, Tally>;
};

/** Over one link: how often an id was wanted there, and how often it came so and was not taken. */
type Tries = { wanted: number; refused: number };

/** `toldAt`: when it was first said to be there. `tries`: by link. */
type Wanted = { link: number; at: Millis; toldAt: Millis; tries: Map<number, Tries> };

/** What a frame is answered with, as far as there is room. */
type Reply = { room: number; ranges: Range[]; from: Bound; offers: string[]; wants: string[] };

export class Reconciliation implements Machine<ReconcileInput, ReconcileOutput> {
  readonly history: History;
  private readonly answers: Answers;
  private readonly draw: Draw;
  private readonly config: ReconcileConfig;
  /** By link. */
  readonly sides = new Map<number, Side>();
  /** By id, the one wanted longest ago in front. */
  readonly wanted = new Map<string, Wanted>();
  /** Of lines, those with frames that are not said yet. */
  private readonly waiting = new Set<Side>();
  /** By neighbour, the time of his newest frame: what is older was said before. */
  private readonly speakers = new Map<string, number>();

  constructor(history: History, answers: Answers, draw: Draw, config: ReconcileConfig) {
    this.history = history;
    this.answers = answers;
    this.draw = draw;
    this.config = config;
  }

  note(news: ReconcileNews, now: Millis): void {
    switch (news.kind) {
      case 'met':
        return this.meet(news, now);
      case 'gone':
        return this.forget(news.link);
      case 'kept':
        return this.keep(news, now);
      case 'handed':
        return this.take(news.link, news.name, now);
      case 'came':
        return this.look(news);
    }
  }

  step(input: ReconcileInput | Tick, now: Millis): ReconcileOutput[] {
    const out: ReconcileOutput[] = [];
    switch (input.kind) {
      case 'heard':
        this.hear(input, now, out);
        break;
      case 'tally':
        this.tally(input, out);
        break;
      case 'wake':
        this.open(input.wallMs, now, out);
        break;
      case 'tick':
        break;
    }
    return this.spaced(out, now);
  }

  deadline(): Millis {
    let at = Infinity;
    for (const side of this.sides.values()) {
      at = Math.min(at, this.dueAt(side), side.offersAt, side.takenAt);
    }
    for (const { saidAt } of this.waiting) at = Math.min(at, saidAt + 1);
    return at;
  }

  /** Of frames with the same time, the far end takes the second for one that was said before. */
  private spaced(said: ReconcileOutput[], now: Millis): ReconcileOutput[] {
    const out = said.filter((output) => !this.isHeldBack(output));
    for (const side of this.waiting) {
      if (now < side.saidAt + 1) continue;
      out.push(side.unsaid.shift()!);
      side.saidAt = now;
      if (side.unsaid.length === 0) this.waiting.delete(side);
    }
    return out;
  }

  private isHeldBack(output: ReconcileOutput): boolean {
    const side = output.kind === 'say' ? this.sides.get(output.link) : undefined;
    if (output.kind !== 'say' || side?.farEnd !== 'line') return false;
    if (side.unsaid.length < UNSAID_MAX) side.unsaid.push(output);
    this.waiting.add(side);
    return true;
  }

  /** Whether what comes over the link may be an answer to us. */
  isAsked(link: number, now: Millis): boolean {
    const side = this.sides.get(link);
    return side !== undefined && now - side.wantedAt <= ANSWER_TIME_MS;
  }

  /** Whether it is of use to know what came over the link. */
  awaits(link: number): boolean {
    return (this.sides.get(link)?.awaited ?? 0) > 0;
  }

  /** Whether it may have been said while that line was down, by our own clock; clocks differ. */
  isOfOutage(link: number, saidAt: Millis): boolean {
    const side = this.sides.get(link);
    return side?.farEnd === 'line' && saidAt <= side.metAt + FRESH_MS;
  }

  private meet(
    { link, farEnd, leads, frameMax }: Extract<ReconcileNews, { kind: 'met' }>,
    now: Millis,
  ): void {
    if (this.sides.has(link)) return;
    if (farEnd === 'line') this.answers.hasLines = true;
    const frame = Math.max(FRAME_LEAST, Math.min(frameMax, FRAME_MOST[farEnd]));
    this.sides.set(link, {
      ...{ farEnd, leads, bytesMax: frame - FRAME_OVERHEAD, floor: 0 },
      ...{ own: this.salted(), saltedAt: now, theirs: null, theirsAt: -Infinity },
      ...{ openedAt: -Infinity, opened: null, agreed: null, agreedFrom: Infinity, newsAt: now },
      ...{ dueAt: now + patience({ leads }, FIRST_MS), restsUntil: now },
      ...{ gapMs: soonOn(farEnd), reached: START },
      ...{ wantedAt: -Infinity, gainedAt: -Infinity, awaited: 0, heardAt: [] },
      ...{ gained: new Set<string>(), offersAt: Infinity, given: new Map<string, number>() },
      ...{ unsaid: [], saidAt: -Infinity },
      ...{ metAt: now, taken: [], takenAt: Infinity, tallies: new Map<number, Tally>() },
    });
  }

  private forget(link: number): void {
    const side = this.sides.get(link);
    if (side !== undefined) this.waiting.delete(side);
    this.sides.delete(link);
    for (const want of this.wanted.values()) {
      want.tries.delete(link);
      if (want.link === link) want.at = -Infinity;
    }
  }

  private keep({ link, late }: Extract<ReconcileNews, { kind: 'kept' }>, now: Millis): void {
    // It was here, however soon it has to make way.
    if (late !== null) this.wanted.delete(late);
    for (const [other, side] of this.sides) {
      side.newsAt = Math.min(side.newsAt, now);
      if (late === null) continue;
      if (other === link) side.gainedAt = now;
      // What came late to us came to nobody behind us.
      else if (side.gained.size < WANTED_MAX) {
        side.gained.add(late);
        side.offersAt = Math.min(side.offersAt, now + PASS_ON_MS);
      }
    }
  }

  /** Whoever handed it over a line that came up does not know that we lacked it. */
  private take(link: number, name: string, now: Millis): void {
    const side = this.sides.get(link);
    if (side === undefined || side.taken.length >= GIVEN_MAX) return;
    side.taken.push(name);
    side.takenAt = Math.min(side.takenAt, now + PASS_ON_MS);
  }

  private look({ link, name }: Extract<ReconcileNews, { kind: 'came' }>): void {
    const side = this.sides.get(link);
    if (side === undefined || side.awaited === 0) return;
    side.awaited--;
    // What was taken is wanted no longer.
    const tries = name === null ? undefined : this.wanted.get(name)?.tries.get(link);
    if (tries !== undefined) tries.refused = Math.min(tries.wanted, tries.refused + 1);
  }

  private dueAt(side: Side): Millis {
    const { everyMs, settleMs } = this.config;
    const { openedAt, newsAt, dueAt, restsUntil } = side;
    const nextAt = openedAt + patience(side, everyMs);
    const settledAt = newsAt + patience(side, settleMs + SOON_MS);
    return Math.max(restsUntil, Math.min(dueAt, Math.max(nextAt, settledAt)));
  }

  private open(wallMs: number, now: Millis, out: ReconcileOutput[]): void {
    for (const [link, side] of this.sides) {
      if (now >= side.offersAt) this.offer(link, side, out);
      if (now >= side.takenAt) this.thank(link, side, out);
      if (now < this.dueAt(side)) continue;
      // What is on its way already would only be listed again.
      const isBusy = this.answers.waiting(link) > 0 || this.pending(link, now) > 0;
      if (isBusy) side.restsUntil = now + REST_STEP_MS;
      else this.begin(link, side, wallMs, now, out);
    }
  }

  /** What came late, with no comparing: mostly it is all that differs. */
  private offer(link: number, side: Side, out: ReconcileOutput[]): void {
    const isForIt = (kept: Kept | null): boolean => kept !== null && kept.timestamp >= side.floor;
    const names = [...side.gained].filter((name) => isForIt(this.history.find(name)));
    for (const offers of pagesOf(names, side)) {
      say(link, { compared: null, offers, wants: [] }, out);
    }
    side.gained.clear();
    side.offersAt = Infinity;
  }

  private thank(link: number, side: Side, out: ReconcileOutput[]): void {
    for (const taken of pagesOf(side.taken, side)) {
      say(link, { compared: null, offers: [], wants: [], taken }, out);
    }
    side.taken = [];
    side.takenAt = Infinity;
  }

  private begin(
    link: number,
    side: Side,
    wallMs: number,
    now: Millis,
    out: ReconcileOutput[],
  ): void {
    this.history.expire(wallMs);
    if (now - side.saltedAt >= SALT_MS) {
      side.own = this.salted();
      side.saltedAt = now;
    }
    const floor = this.floor(wallMs);
    const from = { time: Math.max(floor, side.floor), name: '' };
    const newest = { time: Math.max(from.time + 1, wallMs - this.config.settleMs), name: '' };
    // On from where there was no more room: what is newer may differ for ever, and shall hold up nothing.
    const to = compareBounds(side.reached, from) > 0 ? side.reached : newest;
    const until = to.time;
    const agreed = side.agreed?.until ?? 0;
    // What we agreed on before is most likely alike: then only the rest needs to be looked into.
    const hasAgreed = agreed > from.time && agreed < until;
    const bounds = hasAgreed ? [{ time: agreed, name: '' }, to] : [to];
    const ranges: Range[] = [];
    let before = from;
    for (const bound of bounds) {
      ranges.push(this.printOf(side.own, before, bound));
      before = bound;
    }
    side.openedAt = now;
    side.opened = { version: this.history.version, from, until };
    side.newsAt = Infinity;
    side.dueAt = now + side.gapMs;
    side.gapMs = Math.min(side.gapMs * 2, this.config.everyMs * QUIET);
    const compared = { salt: side.own.salt, from, ranges, floor };
    say(link, { compared, offers: [], wants: [] }, out);
  }

  private hear(
    input: Extract<ReconcileInput, { kind: 'heard' }>,
    now: Millis,
    out: ReconcileOutput[],
  ): void {
    const { link, sender, timestamp, payload, wallMs } = input;
    const drop = (reason: ReconcileDrop): void => void out.push({ kind: 'drop', link, reason });
    if (!input.isItsLink) return drop('not-its-link');
    const side = this.sides.get(link);
    if (side === undefined) return drop('no-reconcile');
    if (!this.isNewer(nameOf(sender), timestamp, wallMs)) return drop('reconcile-replayed');
    side.heardAt = side.heardAt.filter((at) => now - at < HEARD_WINDOW_MS);
    if (side.heardAt.length >= HEARD_MAX) return drop('reconcile-flooding');
    const heard = decodeReconcile(payload);
    if (!heard.ok) return drop(heard.reason);
    const prints = this.printsFor(side, heard.value.compared, now);
    if (prints === null) return drop('reconcile-flooding');
    side.heardAt.push(now);
    this.history.expire(wallMs);
    const { compared, offers, wants } = heard.value;
    const upAt = wallMs - (now - side.metAt);
    if (side.farEnd === 'line') this.account(link, side, heard.value, upAt, out);
    if (compared === null && offers.length + wants.length === 0) return;
    this.answer(link, side, heard.value, prints, this.floor(wallMs), now, out);
  }

  /** What there is to say of an outage that ended at `upAt`, in Unix ms, beside what is compared. */
  private account(
    link: number,
    side: Side,
    { taken = [], asked, page }: Reconcile,
    upAt: number,
    out: ReconcileOutput[],
  ): void {
    for (const name of taken) {
      const kept = this.history.find(name);
      if (kept !== null && kept.timestamp <= upAt) remember(side, kept);
    }
    if (asked !== undefined) this.turnPage(link, side, asked, out);
    if (page === undefined) return;
    for (const tally of side.tallies.values()) {
      if (takePage(tally, page, (name) => this.history.knows(name))) askOn(link, tally, out);
    }
  }

  /** Of what lies before either floor; of all, where comparing never came to an end. */
  private tally(
    { links, span, wallMs }: Extract<ReconcileInput, { kind: 'tally' }>,
    out: ReconcileOutput[],
  ): void {
    const { from, until } = span;
    for (const link of links) {
      const side = this.sides.get(link);
      if (side === undefined || side.farEnd !== 'line') continue;
      const isEndless = span.isSettled && !hasAgreed(side, span);
      const floor = isEndless ? Infinity : Math.max(this.floor(wallMs), side.floor);
      const to = Math.min(floor, until + 1);
      if (to <= from) continue;
      const tally = beginTally(from, to);
      side.tallies.delete(from);
      side.tallies.set(from, tally);
      keepNewest(side.tallies, TALLIES_MAX);
      askOn(link, tally, out);
    }
  }

  private turnPage(link: number, side: Side, { from, to }: Asked, out: ReconcileOutput[]): void {
    const most = namesMax(side);
    const least = Math.max(from, this.history.namedFrom);
    const known = this.history.known(least, to, most);
    const isFull = known.length === most;
    const { timestamp: time, name } = isFull ? known[most - 1] : { timestamp: least, name: '' };
    const down = { time, name };
    const names = known.map((each) => each.name);
    const page = { from: compareBounds(down, to) > 0 ? to : down, to, names };
    say(link, { compared: null, offers: [], wants: [], page }, out);
  }

  private isNewer(speaker: string, timestamp: number, wallMs: number): boolean {
    if (isReplayed(timestamp, this.speakers.get(speaker) ?? -1, wallMs)) return false;
    this.speakers.delete(speaker);
    this.speakers.set(speaker, timestamp);
    keepNewest(this.speakers, SPEAKERS_MAX);
    return true;
  }

  /** Under the salt of the frame; null where there were too many others. */
  private printsFor(side: Side, compared: Compared | null, now: Millis): Fingerprints | null {
    if (compared === null || sameBytes(side.own.salt, 0, compared.salt)) return side.own;
    const { salt } = compared;
    if (side.theirs !== null && sameBytes(side.theirs.salt, 0, salt)) return side.theirs;
    if (now - side.theirsAt < SALT_SPACING_MS) return null;
    side.theirsAt = now;
    side.theirs = new Fingerprints(salt);
    return side.theirs;
  }

  private answer(
    link: number,
    side: Side,
    heard: Reconcile,
    prints: Fingerprints,
    floor: number,
    now: Millis,
    out: ReconcileOutput[],
  ): void {
    const { compared } = heard;
    const [room, from] = [side.bytesMax - ENVELOPE_BYTES, compared?.from ?? START];
    const reply: Reply = { room, ranges: [], from, offers: [], wants: [] };
    const { ranges, offers, wants } = reply;
    for (const name of [...heard.offers, ...heard.wants]) side.gained.delete(name);
    const isNew = heard.wants.some((name) => !side.given.has(name));
    this.give(link, side, heard.wants, now);
    this.want(link, heard.offers, reply, now);
    const isAlike = compared !== null && this.judge(link, compared, floor, prints, reply, now);
    const hasIds = [offers, wants, heard.offers, heard.wants].some(({ length }) => length > 0);
    if (wants.length > 0) {
      side.wantedAt = now;
      side.awaited = Math.min(WANTED_MAX, side.awaited + wants.length);
    }
    // What is offered or wanted again and again is not: only what is wanted the first few times goes on.
    const isSoon = (name: string): boolean => this.restOf(name, link) < SILENT_REST_MAX_MS;
    if (isNew || wants.some(isSoon)) side.gapMs = soonOn(side.farEnd);
    if (compared !== null) {
      side.floor = compared.floor;
      side.reached = reply.from;
    }
    // What has nothing but `alike` in it asks nothing.
    const asks = compared?.ranges.some(({ kind }) => kind !== 'alike') === true;
    if (asks) side.openedAt = now;
    if (isAlike && !hasIds) this.agree(side, compared, floor, asks, now);
    // Ids alone, long after a comparison, came late to him: they say nothing of what else may differ.
    else if (now - side.openedAt < SOON_MS) side.dueAt = now + patience(side, side.gapMs);
    const isCompared = asks && ranges.length > 0;
    if (!isCompared && offers.length + wants.length === 0) return;
    const said = { salt: prints.salt, from: reply.from, ranges, floor };
    say(link, { compared: isCompared ? said : null, offers, wants }, out);
  }

  /** Nothing differed: whoever asked knows what he asked for, and who was asked what he was. */
  private agree(
    side: Side,
    { from, ranges }: Compared,
    floor: number,
    asks: boolean,
    now: Millis,
  ): void {
    const until = ranges[ranges.length - 1].to.time;
    const { version, timeline } = this.history;
    const { opened } = side;
    if (asks && from.time <= Math.max(floor, side.floor)) {
      side.agreed = { version, from, until };
    } else if (opened?.until === until && compareBounds(from, opened.from) <= 0) {
      side.agreed = opened;
    } else return;
    side.agreedFrom = Math.max(side.agreed.from.time, floor, side.floor);
    const isAll = side.agreed.version === version && (timeline.newest?.timestamp ?? -1) < until;
    side.newsAt = isAll ? Infinity : Math.min(side.newsAt, now);
    side.gapMs = soonOn(side.farEnd);
    side.dueAt = now + patience(side, this.config.everyMs * QUIET);
  }

  /** The newest first, since there may not be room for all. True where nothing differs. */
  private judge(
    link: number,
    { from, ranges }: Compared,
    floor: number,
    prints: Fingerprints,
    reply: Reply,
    now: Millis,
  ): boolean {
    let isAlike = true;
    for (let at = ranges.length - 1; at >= 0; at--) {
      const range = ranges[at];
      const begins = at > 0 ? ranges[at - 1].to : from;
      const before = atLeast(begins, floor);
      if (compareBounds(before, range.to) >= 0) break;
      if (!hasRoom(reply)) return false;
      const isWhole = before === begins;
      if (range.kind === 'alike' || (isWhole && this.isAlike(prints, before, range))) {
        put(reply, { to: range.to, kind: 'alike' }, before);
        continue;
      }
      isAlike = false;
      if (range.kind === 'names' && isWhole) this.compare(link, before, range, reply, now);
      else this.tell(prints, before, range.to, reply);
    }
    return isAlike;
  }

  private isAlike(prints: Fingerprints, from: Bound, range: Range): boolean {
    const { timeline } = this.history;
    const [low, high] = [timeline.rank(from), timeline.rank(range.to)];
    if (range.kind === 'fingerprint') {
      if (high - low !== range.count) return false;
      return sameBytes(prints.of(timeline, low, high), 0, range.fingerprint);
    }
    if (range.kind !== 'names' || range.names.length !== high - low) return false;
    const names = new Set(range.names);
    return timeline.slice(low, high).every(({ name }) => names.has(name));
  }

  /** Ids against ids: what either side lacks. */
  private compare(
    link: number,
    from: Bound,
    { to, names }: Extract<Range, { kind: 'names' }>,
    reply: Reply,
    now: Millis,
  ): void {
    const { timeline } = this.history;
    const theirs = new Set(names);
    this.want(link, names, reply, now);
    const low = timeline.rank(from);
    const ours = timeline.slice(low, timeline.rank(to));
    let left = ours.length;
    for (; left > 0; left--) {
      const { name } = ours[left - 1];
      if (theirs.has(name)) continue;
      if (!hasRoom(reply)) break;
      reply.room -= NAME_SIZE;
      reply.offers.push(name);
    }
    // What there was no room for is not told of, and has its turn another time.
    if (left === 0) put(reply, { to, kind: 'alike' }, from);
    else if (left < ours.length) put(reply, { to, kind: 'alike' }, boundAt(timeline, low + left));
  }

  /** What we hold in a range that differs: ids if they are few, else fingerprints of its parts. */
  private tell(prints: Fingerprints, from: Bound, to: Bound, reply: Reply): void {
    const { timeline } = this.history;
    const [low, high] = [timeline.rank(from), timeline.rank(to)];
    const count = high - low;
    if (count <= NAMES_MAX) {
      const names = timeline.slice(low, high).map(({ name }) => name);
      // Where it does not fit, nothing that is older would follow it.
      if (reply.room < RANGE_BYTES + names.length * NAME_SIZE) reply.room = 0;
      else put(reply, { to, kind: 'names', names }, from);
      return;
    }
    const cuts = Math.min(CUTS, Math.ceil(count / CUT_MIN));
    let upper = to;
    for (let cut = cuts - 1; cut >= 0 && hasRoom(reply); cut--) {
      const rank = low + Math.floor((count * cut) / cuts);
      const lower = cut === 0 ? from : boundAt(timeline, rank);
      put(reply, this.printOf(prints, lower, upper), lower);
      upper = lower;
    }
  }

  private printOf(prints: Fingerprints, from: Bound, to: Bound): Range {
    const { timeline } = this.history;
    const [low, high] = [timeline.rank(from), timeline.rank(to)];
    const fingerprint = prints.of(timeline, low, high);
    return { to, kind: 'fingerprint', count: high - low, fingerprint };
  }

  /** Of these, what we lack and have not asked another for. */
  private want(link: number, names: string[], reply: Reply, now: Millis): void {
    let count = this.pending(link, now);
    for (const name of names) {
      if (!hasRoom(reply) || count >= WANTED_MAX) return;
      if (this.history.find(name) !== null || !this.mayWant(name, link, now)) continue;
      const { tries, toldAt } = this.wanted.get(name) ?? untried(now);
      const { wanted, refused } = tries.get(link) ?? { wanted: 0, refused: 0 };
      tries.set(link, { wanted: wanted + 1, refused });
      this.wanted.delete(name);
      this.wanted.set(name, { link, at: now, toldAt, tries });
      keepNewest(this.wanted, REMEMBERED_MAX);
      reply.room -= NAME_SIZE;
      reply.wants.push(name);
      count++;
    }
  }

  private mayWant(name: string, link: number, now: Millis): boolean {
    const before = this.wanted.get(name);
    if (before === undefined) return true;
    return now - before.at >= this.restOf(name, link) && !this.isPending(before, now);
  }

  /** How long it rests before it is wanted of the same again. */
  private restOf(name: string, link: number): Millis {
    const tries = this.wanted.get(name)?.tries.get(link);
    if (tries === undefined) return 0;
    const silentMs = Math.min(WANT_MS * 2 ** (tries.wanted - 1), SILENT_REST_MAX_MS);
    return Math.max(silentMs, Math.min(WANT_MS * 2 ** (tries.refused - 1), REFUSED_REST_MAX_MS));
  }

  /** How many ids we want of a link that may still come. */
  private pending(link: number, now: Millis): number {
    let count = 0;
    for (const [name, want] of this.wanted) {
      if (this.history.find(name) !== null) this.wanted.delete(name);
      else if (want.link === link && this.isPending(want, now)) count++;
    }
    return count;
  }

  private isPending({ link, at }: Wanted, now: Millis): boolean {
    const gainedAt = this.sides.get(link)?.gainedAt ?? -Infinity;
    return at > -Infinity && now - Math.max(at, gainedAt) < WANT_MS;
  }

  private give(link: number, side: Side, names: string[], now: Millis): void {
    const pace = PACES[side.farEnd];
    const room = pace.answerMax - this.answers.waiting(link);
    const found = names.map((name) => this.history.find(name)).filter((kept) => kept !== null);
    // Wanted with the newest first, they come as they were said.
    const packets = found.slice(0, Math.max(0, room)).sort(byAge);
    for (const kept of packets) remember(side, kept);
    this.answers.add(link, pace, packets, now);
  }

  /** From when on we hold what there was, and others of our kind do. */
  private floor(wallMs: number): number {
    const oldest = wallMs - this.history.ageMs + AGE_MARGIN_MS;
    return Math.max(0, Math.ceil(oldest / AGE_STEP_MS) * AGE_STEP_MS, this.history.floor(wallMs));
  }

  private salted(): Fingerprints {
    return new Fingerprints(this.draw(SALT_SIZE));
  }
}

/** Whether comparing with a far end went as far as it must to count. */
export function hasAgreed({ agreed }: Pick<Side, 'agreed'>, { comparedTo }: Span): boolean {
  return agreed !== null && agreed.until >= comparedTo;
}

function say(link: number, said: Reconcile, out: ReconcileOutput[]): void {
  out.push({ kind: 'say', link, payload: encodeReconcile(said) });
}

function soonOn(farEnd: FarEnd): Millis {
  return farEnd === 'line' ? SOON_BY_LINE_MS : SOON_MS;
}

function remember({ farEnd, given }: Side, { name, timestamp }: Kept): void {
  given.set(name, timestamp);
  const most = farEnd === 'line' ? GIVEN_MAX : REMEMBERED_MAX;
  keepNewest(given, most);
}

/** Ids that a frame has room for, where nothing else is in it. */
function namesMax({ bytesMax }: Side): number {
  return Math.floor((bytesMax - ENVELOPE_BYTES) / NAME_SIZE);
}

function pagesOf(names: string[], side: Side): string[][] {
  const most = namesMax(side);
  const pages = Math.ceil(names.length / most);
  return Array.from({ length: pages }, (_, at) => names.slice(at * most, (at + 1) * most));
}

function askOn(link: number, { from, rest }: Tally, out: ReconcileOutput[]): void {
  const asked = { from: from.time, to: rest };
  say(link, { compared: null, offers: [], wants: [], asked }, out);
}

function untried(now: Millis): Pick<Wanted, 'tries' | 'toldAt'> {
  return { tries: new Map(), toldAt: now };
}

/** Whoever does not lead waits half as long again: mostly the other has begun by then. */
function patience({ leads }: Pick<Side, 'leads'>, ms: Millis): Millis {
  return leads ? ms : ms * 1.5;
}

/** Nothing lies before it. */
const START: Bound = { time: 0, name: '' };

/** Room for one more of whatever there is. */
function hasRoom(reply: Reply): boolean {
  return reply.room >= PRINT_BYTES && reply.ranges.length < RANGES_MAX;
}

/** Ranges come from the newest down, each up to where the one before begins. */
function put(reply: Reply, range: Range, from: Bound): void {
  const { ranges } = reply;
  reply.from = from;
  // Neighbours that are alike are one.
  if (range.kind === 'alike' && ranges[0]?.kind === 'alike') return;
  const names = range.kind === 'names' ? range.names.length * NAME_SIZE : 0;
  reply.room -= names + (range.kind === 'fingerprint' ? PRINT_BYTES : RANGE_BYTES);
  ranges.unshift(range);
}

function atLeast(bound: Bound, time: number): Bound {
  return bound.time < time ? { time, name: '' } : bound;
}

/** The bound before the item of that rank, with no more of its id than tells it from the one before. */
function boundAt(timeline: Timeline<Kept>, rank: number): Bound {
  const [before, { timestamp, name }] = timeline.slice(rank - 1, rank + 1);
  let length = 0;
  while (before.timestamp === timestamp && before.name.startsWith(name.slice(0, length)))
    length += 2;
  return { time: timestamp, name: name.slice(0, length) };
}
