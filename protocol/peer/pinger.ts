/**
 * Pinger: how far a peer is, in time and hops (WIRE §10), and the answers to those who want to know it
 * of us. An answer leaves where the ping came from and nowhere else, so a forged ping gains nothing.
 */
import type { Machine, Millis, Tick } from '../core/machine.ts';
import { nameOf } from '../trust/pins.ts';
import { decodePing, encodePing, hopCount } from '../wire/ping.ts';

/** A ping without an answer for so long is lost. */
export const PING_TIMEOUT_MS = 10_000;
/** Pings out at once; more are refused. */
export const PINGS_MAX = 16;
/** Pings answered in this time, of each link, as on the phones. */
export const PONGS_MAX = 5;
export const PONGS_WINDOW_MS = 10_000;

export type PingerInput =
  | { kind: 'ask'; id: Uint8Array; nonce: Uint8Array; ttl: number }
  | { kind: 'ping'; link: number; payload: Uint8Array; ttl: number }
  | { kind: 'pong'; sender: Uint8Array; payload: Uint8Array; heardTtl: number }
  | { kind: 'gone'; link: number };

export type PingerOutput =
  | { kind: 'ping'; id: Uint8Array; payload: Uint8Array }
  /** To whoever pinged, over the link he did it on. */
  | { kind: 'pong'; payload: Uint8Array }
  | { kind: 'answered'; id: Uint8Array; roundTripMs: Millis; hops: number | null }
  | { kind: 'lost'; id: Uint8Array }
  | { kind: 'refused' }
  | { kind: 'drop'; reason: PingDrop };

export type PingDrop = 'bad-ping' | 'ping-flooding' | 'pong-unknown';

type Pending = { id: Uint8Array; sentAt: Millis };

export class Pinger implements Machine<PingerInput, PingerOutput> {
  /** By nonce, the oldest first. */
  private readonly pending = new Map<string, Pending>();
  /** By link: when pings were answered, the oldest first. */
  private readonly answered = new Map<number, Millis[]>();

  step(input: PingerInput | Tick, now: Millis): PingerOutput[] {
    const out: PingerOutput[] = [];
    if (input.kind !== 'gone') this.expire(now, out);
    if (input.kind === 'ask') this.ask(input, now, out);
    if (input.kind === 'ping') this.answer(input, now, out);
    if (input.kind === 'pong') this.hear(input, now, out);
    if (input.kind === 'gone') this.answered.delete(input.link);
    return out;
  }

  deadline(): Millis {
    for (const { sentAt } of this.pending.values()) return sentAt + PING_TIMEOUT_MS;
    return Infinity;
  }

  private ask(input: Extract<PingerInput, { kind: 'ask' }>, now: Millis, out: PingerOutput[]) {
    const { id, nonce, ttl } = input;
    if (this.pending.size >= PINGS_MAX) return out.push({ kind: 'refused' });
    this.pending.set(nameOf(nonce), { id, sentAt: now });
    return out.push({ kind: 'ping', id, payload: encodePing({ nonce, originTtl: ttl }) });
  }

  private answer(input: Extract<PingerInput, { kind: 'ping' }>, now: Millis, out: PingerOutput[]) {
    const ping = decodePing(input.payload);
    if (!ping.ok) return out.push({ kind: 'drop', reason: 'bad-ping' });
    const recent = (this.answered.get(input.link) ?? []).filter((at) => now - at < PONGS_WINDOW_MS);
    this.answered.set(input.link, recent);
    if (recent.length >= PONGS_MAX) return out.push({ kind: 'drop', reason: 'ping-flooding' });
    recent.push(now);
    const { nonce } = ping.value;
    return out.push({ kind: 'pong', payload: encodePing({ nonce, originTtl: input.ttl }) });
  }

  private hear(input: Extract<PingerInput, { kind: 'pong' }>, now: Millis, out: PingerOutput[]) {
    const pong = decodePing(input.payload);
    if (!pong.ok) return out.push({ kind: 'drop', reason: 'bad-ping' });
    const { nonce, originTtl } = pong.value;
    const asked = this.pending.get(nameOf(nonce));
    if (asked === undefined || nameOf(asked.id) !== nameOf(input.sender)) {
      return out.push({ kind: 'drop', reason: 'pong-unknown' });
    }
    this.pending.delete(nameOf(nonce));
    const roundTripMs = now - asked.sentAt;
    const hops = hopCount(originTtl, input.heardTtl);
    return out.push({ kind: 'answered', id: asked.id, roundTripMs, hops });
  }

  private expire(now: Millis, out: PingerOutput[]): void {
    for (const [nonce, { id, sentAt }] of this.pending) {
      if (now < sentAt + PING_TIMEOUT_MS) return;
      this.pending.delete(nonce);
      out.push({ kind: 'lost', id });
    }
  }
}
