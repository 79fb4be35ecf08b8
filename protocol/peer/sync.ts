/**
 * Sync: the conversation about history (WIRE §9). It asks each peer at the far end of a link what we
 * lack, soon after meeting it and then every 30 s, and answers those who ask us, a packet at a time, so
 * that no answer fills a link.
 *
 * Nobody is answered who did not sign, asks over another's link, or says again what he said before: a
 * request that somebody else recorded is worth nothing (RELIABILITY S16).
 */
import type { Machine, Millis, Tick } from '../core/machine.ts';
import { nameOf } from '../trust/pins.ts';
import type { NotRequestSync } from '../wire/request-sync.ts';
import { decodeRequestSync, encodeRequestSync } from '../wire/request-sync.ts';
import type { History } from './history.ts';

/** WIRE §9, as on the phones: so often at most, and so soon after somebody came. */
export const ASK_MS = 30_000;
export const FIRST_ASK_MS = 1000;
/** Old packets are taken as answers for so long after we asked. */
export const ANSWER_TIME_MS = 30_000;
/** Requests of one peer that are answered in this time. */
export const ANSWERS_MAX = 8;
export const ANSWERS_WINDOW_MS = 30_000;
/** Between two packets of an answer: what phones leave between fragments. */
export const ANSWER_SPACING_MS = 30;
/** Peers whose requests are counted; then the one that asked longest ago is forgotten. */
export const ASKERS_MAX = 256;

export type SyncInput =
  /** A peer has shown itself at the far end of a link. */
  | { kind: 'met'; link: number; wallMs: number }
  | { kind: 'gone'; link: number }
  /** A request whose signature holds; `isItsLink` unless the link is another's. */
  | {
      kind: 'request';
      link: number;
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
  | { kind: 'answer'; link: number; bytes: Uint8Array }
  | { kind: 'drop'; link: number; reason: SyncDrop };

/** Why a request was not answered. */
export type SyncDrop = NotRequestSync | 'not-its-link' | 'request-replayed' | 'request-flooding';

type Ask = { nextAt: Millis; askedAt: Millis };
type Answer = { packets: Uint8Array[]; nextAt: Millis };
type Asker = { newest: number; answeredAt: Millis[] };

export class Sync implements Machine<SyncInput, SyncOutput> {
  private readonly history: History;
  /** By link. */
  private readonly asks = new Map<number, Ask>();
  private readonly answers = new Map<number, Answer>();
  private readonly askers = new Map<string, Asker>();

  constructor(history: History) {
    this.history = history;
  }

  step(input: SyncInput | Tick, now: Millis): SyncOutput[] {
    const out: SyncOutput[] = [];
    if (input.kind === 'tick') return out;
    if (input.kind === 'gone') {
      this.asks.delete(input.link);
      this.answers.delete(input.link);
      return out;
    }
    if (input.kind === 'met' && !this.asks.has(input.link)) {
      this.asks.set(input.link, { nextAt: now + FIRST_ASK_MS, askedAt: -Infinity });
    }
    if (input.kind === 'request') this.hear(input, now, out);
    this.ask(input.wallMs, now, out);
    this.goOn(now, out);
    return out;
  }

  deadline(): Millis {
    let at = Infinity;
    for (const { nextAt } of this.asks.values()) at = Math.min(at, nextAt);
    for (const { nextAt } of this.answers.values()) at = Math.min(at, nextAt);
    return at;
  }

  /** Whether what comes over the link may be an answer to us. */
  isAsked(link: number, now: Millis): boolean {
    const ask = this.asks.get(link);
    return ask !== undefined && now - ask.askedAt <= ANSWER_TIME_MS;
  }

  private ask(wallMs: number, now: Millis, out: SyncOutput[]): void {
    for (const [link, ask] of this.asks) {
      if (now < ask.nextAt) continue;
      ask.nextAt = now + ASK_MS;
      ask.askedAt = now;
      const payload = encodeRequestSync(this.history.request(wallMs));
      out.push({ kind: 'ask', link, payload });
    }
  }

  private hear(
    input: Extract<SyncInput, { kind: 'request' }>,
    now: Millis,
    out: SyncOutput[],
  ): void {
    const { link, sender, timestamp, payload, wallMs } = input;
    const drop = (reason: SyncDrop): void => void out.push({ kind: 'drop', link, reason });
    if (!input.isItsLink) return drop('not-its-link');
    const asker = this.askerOf(nameOf(sender));
    if (timestamp <= asker.newest) return drop('request-replayed');
    asker.answeredAt = asker.answeredAt.filter((at) => now - at < ANSWERS_WINDOW_MS);
    if (asker.answeredAt.length >= ANSWERS_MAX) return drop('request-flooding');
    const request = decodeRequestSync(payload);
    if (!request.ok) return drop(request.reason);
    asker.newest = timestamp;
    asker.answeredAt.push(now);
    const packets = this.history.answer(request.value, wallMs);
    // A new request knows what came of the last one.
    this.answers.delete(link);
    if (packets.length > 0) this.answers.set(link, { packets, nextAt: now });
  }

  private goOn(now: Millis, out: SyncOutput[]): void {
    for (const [link, answer] of this.answers) {
      if (now < answer.nextAt) continue;
      answer.nextAt = now + ANSWER_SPACING_MS;
      out.push({ kind: 'answer', link, bytes: answer.packets.shift()! });
      if (answer.packets.length === 0) this.answers.delete(link);
    }
  }

  private askerOf(name: string): Asker {
    const asker = this.askers.get(name) ?? { newest: -1, answeredAt: [] };
    this.askers.delete(name);
    this.askers.set(name, asker);
    if (this.askers.size > ASKERS_MAX) this.askers.delete(this.askers.keys().next().value!);
    return asker;
  }
}
