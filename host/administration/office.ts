/**
 * Office: what administrators elsewhere ask of this bridge. Whoever asks has proven his key in the
 * session; whether he is obeyed is the owner's word. What has the same id is done once, and its answer
 * kept for whoever lost it.
 *
 *   request -> dropped                          (too many of one peer in a minute: counted)
 *           -> refused                          (counted, and a line of the audit trail now and then)
 *           -> serve, working ... -> served -> answer, part after part
 */
import { Buckets } from '../../protocol/core/buckets.ts';
import { readU32 } from '../../protocol/core/bytes.ts';
import type { Millis } from '../../protocol/core/machine.ts';
import type { Counts } from '../../protocol/peer/counts.ts';
import type { Crypto } from '../../protocol/trust/crypto.ts';
import type { AdminReply, AdminStatus, HeardRequest } from '../../protocol/wire/administration.ts';
import {
  ANSWER_MAX,
  ARGUMENT_MAX,
  encodeAdminReply,
  packText,
  PARTS_MAX,
  PIECE_MAX,
  unpackText,
} from '../../protocol/wire/administration.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import { encodeText } from '../../protocol/wire/text.ts';
import { OwnRates } from '../../protocol/trust/own-rates.ts';
import type { AdministrationOutput, Served } from './contract.ts';

/** Answers kept for whoever lost one; then the oldest is forgotten. */
export const ANSWERS_MAX = 32;
/** Orders under way at once; one more is answered `full`. */
export const ORDERS_MAX = 8;
/** Requests of one peer in a minute, where a person gave him no rate of his own (DEFAULTS §2). */
export const REQUESTS_PER_MINUTE = 100;
/** Refusals that one peer is given; what he asks beyond that is dropped. */
const REFUSALS = { perSecond: 1, burst: 4 };
/** How old a request may be, by both clocks; as old as any packet may be (WIRE §12 o). */
export const FRESH_MS = 120_000;
/** Refusals of one peer that the audit trail tells of: one, and another after an hour. */
const TOLD_EVERY_MS = 3_600_000;

export type OfficePorts = {
  crypto: Crypto;
  /** What a person gave a peer, a minute; null for as much as anybody. */
  rateOf(peer: Uint8Array): number | null;
};

/** Who asks, as his session has proven it. */
export type Asker = { peer: Uint8Array; noiseKey: Uint8Array };

type Answer = { status: AdminStatus; pieces: Uint8Array[]; size: number | null };
type Case = {
  readonly number: number;
  readonly peer: Uint8Array;
  readonly id: Uint8Array;
  /** Null while it is being done. */
  answer: Answer | null;
};

export class Office {
  administrators: readonly string[] = [];
  /** Requests that were obeyed, and that were not. */
  served = 0;
  refused = 0;
  private readonly drops: Counts;
  private readonly ports: OfficePorts;
  /** By who asked and the id he drew; in the order in which they were asked. */
  private readonly cases = new Map<string, Case>();
  private readonly requests: Buckets;
  private readonly ownRates = new OwnRates();
  private readonly refusals: Buckets;
  private readonly told: Buckets;
  private numbers = 0;

  constructor(ports: OfficePorts, drops: Counts, perMinute: number, seed: number) {
    this.ports = ports;
    this.drops = drops;
    const rate = { perSecond: perMinute / 60, burst: perMinute };
    this.requests = new Buckets(64, rate, seed);
    this.refusals = new Buckets(64, REFUSALS, seed);
    this.told = new Buckets(64, { perSecond: 1, burst: 1 }, seed);
  }

  hear(
    asker: Asker,
    request: HeardRequest,
    now: Millis,
    unixMs: number | null,
  ): AdministrationOutput[] {
    const out: AdministrationOutput[] = [];
    const { peer } = asker;
    const { id, part, saidAt } = request;
    const known = this.cases.get(keyOf(peer, id));
    // Said again, and part by part, it is still the same request.
    if (known === undefined && !this.mayAsk(peer, now)) {
      this.drops.drop('request-flooding');
      return out;
    }
    const isFresh = unixMs !== null && Math.abs(unixMs - saidAt) <= FRESH_MS;
    if (!this.obeys(asker)) this.refuse(asker, request, now, unixMs, out);
    else if (!isFresh) reply(peer, { id, status: 'stale' }, out);
    else if (known !== undefined) this.repeat(known, part, out);
    else if (part > 0) reply(peer, { id, status: 'gone' }, out);
    else this.begin(peer, request, out);
    return out;
  }

  onServed(number: number, { status, text }: Served): AdministrationOutput[] {
    const out: AdministrationOutput[] = [];
    const found = [...this.cases.values()].find((each) => each.number === number);
    if (found === undefined) return out;
    found.answer = answerOf(status, text);
    this.repeat(found, 0, out);
    return out;
  }

  private mayAsk(peer: Uint8Array, now: Millis): boolean {
    const perMinute = this.ports.rateOf(peer);
    const purse = perMinute === null ? this.requests : this.ownRates.purseOf(peer, 0, perMinute);
    return purse.take(readU32(peer, 0), readU32(peer, 4), now);
  }

  /** An id is the beginning of its fingerprint (WIRE §5). */
  private obeys({ noiseKey }: Asker): boolean {
    const fingerprint = toHex(this.ports.crypto.sha256(noiseKey));
    return this.administrators.some((beginning) => fingerprint.startsWith(beginning));
  }

  private refuse(
    { peer }: Asker,
    { id, operation }: HeardRequest,
    now: Millis,
    unixMs: number | null,
    out: AdministrationOutput[],
  ): void {
    this.refused++;
    const [high, low] = [readU32(peer, 0), readU32(peer, 4)];
    if (!this.refusals.take(high, low, now)) return;
    reply(peer, { id, status: 'refused' }, out);
    if (!this.told.take(high, low, Math.floor((now * 1000) / TOLD_EVERY_MS))) return;
    const act = { who: toHex(peer), act: 'administration-refused', subject: '' } as const;
    out.push({
      kind: 'store',
      write: { kind: 'audit', entry: { at: unixMs, ...act, detail: operation ?? '' } },
    });
  }

  private begin(
    peer: Uint8Array,
    { id, operation, board, argument }: HeardRequest,
    out: AdministrationOutput[],
  ): void {
    if (operation === null) return reply(peer, { id, status: 'unsupported' }, out);
    const text = unpackText(argument, ARGUMENT_MAX);
    if (text === null) return reply(peer, { id, status: 'malformed' }, out);
    const underWay = [...this.cases.values()].filter(({ answer }) => answer === null);
    if (underWay.length >= ORDERS_MAX) return reply(peer, { id, status: 'full' }, out);
    this.served++;
    const number = ++this.numbers;
    const by = new Uint8Array(peer);
    this.cases.set(keyOf(peer, id), { number, peer: by, id: new Uint8Array(id), answer: null });
    this.forget();
    out.push({ kind: 'serve', number, by, order: { operation, board, argument: text } });
  }

  /** What is answered goes, the oldest first. */
  private forget(): void {
    for (const [key, { answer }] of this.cases) {
      if (this.cases.size <= ANSWERS_MAX) return;
      if (answer !== null) this.cases.delete(key);
    }
  }

  private repeat({ peer, id, answer }: Case, part: number, out: AdministrationOutput[]): void {
    if (answer === null) return reply(peer, { id, status: 'working' }, out);
    const { status, pieces, size } = answer;
    const piece = pieces[part];
    if (piece === undefined) return reply(peer, { id, status: 'gone' }, out);
    reply(peer, { id, status, part, parts: pieces.length, piece, size }, out);
  }
}

function answerOf(status: Served['status'], text: string): Answer {
  const { bytes, size } = packText(text);
  if (encodeText(text).length > ANSWER_MAX || bytes.length > PIECE_MAX * PARTS_MAX) {
    const detail = 'the answer is too long to be sent; ask for less';
    return answerOf('failed', JSON.stringify({ code: 'REQUEST_TOO_LARGE', message: detail }));
  }
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < Math.max(1, bytes.length); at += PIECE_MAX) {
    pieces.push(bytes.subarray(at, at + PIECE_MAX));
  }
  return { status, pieces, size };
}

function reply(
  peer: Uint8Array,
  said: Pick<AdminReply, 'id' | 'status'> & Partial<AdminReply>,
  out: AdministrationOutput[],
): void {
  const none = { part: 0, parts: 0, piece: new Uint8Array(0), size: null };
  out.push({ kind: 'seal', peer, body: encodeAdminReply({ ...none, ...said }) });
}

function keyOf(peer: Uint8Array, id: Uint8Array): string {
  return `${toHex(peer)}/${toHex(id)}`;
}
