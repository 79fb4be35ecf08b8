/**
 * Sync: the conversation about history (WIRE §9). It asks each peer at the far end of a link what we
 * lack, soon after meeting it and then every 30 s, and answers those who ask us, at a pace that leaves
 * the link to what is of now.
 *
 * A filter names so many packets and no more. Of a phone we ask for the newest alone; other Hopline
 * peers are asked for the time before as well, a span after the other, and tell who said what is so
 * old that its sender may have left.
 *
 * Nobody is answered who did not sign, asks over another's link, or says again what he said before: a
 * request that somebody else recorded is worth nothing (RELIABILITY S16).
 */
import type { Machine, Millis, Tick } from '../core/machine.ts';
import { TICK } from '../core/machine.ts';
import { keepNewest } from '../keep-newest.ts';
import { nameOf } from '../trust/pins.ts';
import type { NotRequestSync, RequestSync } from '../wire/request-sync.ts';
import { decodeRequestSync, encodeRequestSync } from '../wire/request-sync.ts';
import type { AnswerPace, AnswersOutput } from './answers.ts';
import { Answers } from './answers.ts';
import type { History } from './history.ts';
import { ANSWER_MAX, FILTER_BYTES, isReplayed } from './history.ts';

/** WIRE §9, as on the phones: so often at most, and so soon after somebody came. */
export const ASK_MS = 30_000;
const FIRST_ASK_MS = 1000;
/** Old packets are taken as answers for so long after we asked. */
export const ANSWER_TIME_MS = 30_000;
/** Requests of one peer that are answered in this time: `answersMax` of its pace. */
const ANSWERS_WINDOW_MS = 30_000;
/** Peers whose requests are counted; then the one that asked longest ago is forgotten. */
export const ASKERS_MAX = 256;

/** Rounds until a filter may be the same again: fewer than an id takes of its range. */
const TWISTS = 64;

/** Who is at the far end: somebody who said no hello, a Hopline peer, or one at the end of a line. */
export type FarEnd = 'phone' | 'node' | 'line';

type Pace = AnswerPace & {
  filterBytes: number;
  /** Between requests for one span and the next older one; null where only the newest are asked for. */
  spanMs: Millis | null;
  /** Requests of a peer that are answered in `ANSWERS_WINDOW_MS`. */
  answersMax: number;
  /** Packets in the answer to one of them. */
  answerMax: number;
};

const PHONE: Pace = {
  introduces: false,
  isIsland: true,
  filterBytes: FILTER_BYTES,
  spanMs: null,
  answersMax: 8,
  answerMax: ANSWER_MAX,
  // What phones leave between fragments.
  spacingMs: 30,
  bytesPerMs: Infinity,
};

export const PACES: Record<FarEnd, Pace> = {
  phone: PHONE,
  node: { ...PHONE, introduces: true, spanMs: 10_000 },
  // A line has hours to make good at once, and is not to be filled with them.
  line: {
    introduces: true,
    isIsland: false,
    filterBytes: 1024,
    spanMs: 250,
    answersMax: 128,
    answerMax: 10_000,
    spacingMs: 2.5,
    bytesPerMs: 128,
  },
};

export type SyncInput =
  /** A peer has shown itself at the far end of a link. */
  | { kind: 'met'; link: number; farEnd: FarEnd; wallMs: number }
  | { kind: 'gone'; link: number }
  /** A request whose signature holds; `isItsLink` unless the link is another's. */
  | {
      kind: 'request';
      link: number;
      farEnd: FarEnd;
      sender: Uint8Array;
      isItsLink: boolean;
      timestamp: number;
      payload: Uint8Array;
      wallMs: number;
    }
  | { kind: 'wake'; wallMs: number };

export type SyncOutput =
  /** The payload of a request, to go over one link, signed and with TTL 0. */
  | { kind: 'ask'; link: number; payload: Uint8Array }
  | AnswersOutput
  | { kind: 'drop'; link: number; reason: SyncDrop };

/** Why a request was not answered. */
export type SyncDrop = NotRequestSync | 'not-its-link' | 'request-replayed' | 'request-flooding';

type Ask = {
  pace: Pace;
  nextAt: Millis;
  askedAt: Millis;
  /** When the newest were asked for last, and how often. */
  roundAt: Millis;
  rounds: number;
  /** Where the next span ends; null for the newest. */
  until: number | null;
  /** Where the span of the next round ends, once all were asked for; null for below the newest. */
  resume: number | null;
  isFirstWalk: boolean;
};
type Asker = { newest: number; answeredAt: Millis[] };

export class Sync implements Machine<SyncInput, SyncOutput> {
  /** What goes out, whoever asked for it. */
  readonly answers: Answers;
  private readonly history: History;
  /** By link. */
  private readonly asks = new Map<number, Ask>();
  private readonly askers = new Map<string, Asker>();
  private askAt: Millis = Infinity;

  /** `islandBytesPerMs`: as of Answers. */
  constructor(history: History, islandBytesPerMs: number) {
    this.history = history;
    this.answers = new Answers(history, islandBytesPerMs);
  }

  step(input: SyncInput | Tick, now: Millis): SyncOutput[] {
    const out: SyncOutput[] = [];
    if (input.kind === 'tick') return out;
    if (input.kind === 'gone') this.forget(input.link);
    else {
      if (input.kind === 'met') this.meet(input.link, PACES[input.farEnd], now);
      if (input.kind === 'request') this.hear(input, now, out);
      this.ask(input.wallMs, now, out);
      out.push(...this.answers.step(TICK, now));
    }
    this.askAt = Infinity;
    for (const { nextAt } of this.asks.values()) this.askAt = Math.min(this.askAt, nextAt);
    return out;
  }

  deadline(): Millis {
    return Math.min(this.askAt, this.answers.deadline());
  }

  /** Whether what comes over the link may be an answer to us. */
  isAsked(link: number, now: Millis): boolean {
    const ask = this.asks.get(link);
    return ask !== undefined && now - ask.askedAt <= ANSWER_TIME_MS;
  }

  private meet(link: number, pace: Pace, now: Millis): void {
    if (pace === PACES.line) this.answers.hasLines = true;
    if (this.asks.has(link)) return;
    const nextAt = now + FIRST_ASK_MS;
    const [askedAt, roundAt, rounds] = [-Infinity, -Infinity, 0];
    const walk = { until: null, resume: null, isFirstWalk: true };
    this.asks.set(link, { pace, nextAt, askedAt, roundAt, rounds, ...walk });
  }

  private forget(link: number): void {
    this.asks.delete(link);
    this.answers.forget(link);
  }

  private ask(wallMs: number, now: Millis, out: SyncOutput[]): void {
    for (const [link, ask] of this.asks) {
      if (now < ask.nextAt) continue;
      ask.askedAt = now;
      const payload = encodeRequestSync(this.askFor(ask, wallMs, now));
      out.push({ kind: 'ask', link, payload });
    }
  }

  /** The next span, and what follows it. */
  private askFor(ask: Ask, wallMs: number, now: Millis): RequestSync {
    const { spanMs, filterBytes } = ask.pace;
    if (spanMs === null) {
      ask.nextAt = now + ASK_MS;
      return this.history.request(wallMs);
    }
    const { request, older } = this.history.ask(
      wallMs,
      ask.until,
      filterBytes,
      ask.rounds % TWISTS,
    );
    if (ask.until === null) {
      ask.roundAt = now;
      ask.rounds++;
      ask.until = ask.resume ?? older;
    } else if (ask.isFirstWalk && older !== null) {
      ask.until = older;
    } else {
      // All were asked for once. From now on one span a round is looked at again.
      ask.isFirstWalk = false;
      ask.resume = older;
      ask.until = null;
    }
    ask.nextAt = ask.until === null ? Math.max(ask.roundAt + ASK_MS, now + spanMs) : now + spanMs;
    return request;
  }

  private hear(
    input: Extract<SyncInput, { kind: 'request' }>,
    now: Millis,
    out: SyncOutput[],
  ): void {
    const { link, sender, timestamp, payload, wallMs } = input;
    const pace = PACES[input.farEnd];
    const drop = (reason: SyncDrop): void => void out.push({ kind: 'drop', link, reason });
    if (!input.isItsLink) return drop('not-its-link');
    const asker = this.askerOf(nameOf(sender));
    if (isReplayed(timestamp, asker.newest, wallMs)) return drop('request-replayed');
    asker.answeredAt = asker.answeredAt.filter((at) => now - at < ANSWERS_WINDOW_MS);
    if (asker.answeredAt.length >= pace.answersMax) return drop('request-flooding');
    const request = decodeRequestSync(payload);
    if (!request.ok) return drop(request.reason);
    asker.newest = timestamp;
    asker.answeredAt.push(now);
    this.answer(link, pace, request.value, wallMs, now);
  }

  private answer(
    link: number,
    pace: Pace,
    request: RequestSync,
    wallMs: number,
    now: Millis,
  ): void {
    // A new request knows what came of the last one, as far as it goes.
    this.answers.drop(link, request.since ?? 0, request.until ?? Infinity);
    this.answers.add(link, pace, this.history.answer(request, wallMs, pace.answerMax), now);
  }

  private askerOf(name: string): Asker {
    const asker = this.askers.get(name) ?? { newest: -1, answeredAt: [] };
    this.askers.delete(name);
    this.askers.set(name, asker);
    keepNewest(this.askers, ASKERS_MAX);
    return asker;
  }
}
