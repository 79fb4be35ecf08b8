/**
 * Talks: the sessions of this peer and who is at their other ends. Whoever holds a Noise key proves
 * by it which id is his, and says inside which key he signs with (WIRE §8). One who names another
 * signing key than he had proven, or a person vouched for, is not talked to any more (RELIABILITY
 * S1, S2).
 */
import { Buckets } from '../../protocol/core/buckets.ts';
import { readU32 } from '../../protocol/core/bytes.ts';
import type { Millis } from '../../protocol/core/machine.ts';
import { TICK } from '../../protocol/core/machine.ts';
import { HANDSHAKE } from '../../protocol/core/packet.ts';
import { keepNewest } from '../../protocol/keep-newest.ts';
import type { OwnDraft } from '../../protocol/peer/contract.ts';
import type { Counts } from '../../protocol/peer/counts.ts';
import { hearPeerState } from '../../protocol/trust/binding.ts';
import { nameOf } from '../../protocol/trust/pins.ts';
import type { SessionOutput } from '../../protocol/trust/session.ts';
import { Sessions } from '../../protocol/trust/session.ts';
import { capabilities } from '../../protocol/wire/capabilities.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import type { NoisePayload } from '../../protocol/wire/noise-payload.ts';
import { decodeNoisePayload, encodeNoisePayload, KIND } from '../../protocol/wire/noise-payload.ts';
import type { Packet } from '../../protocol/wire/packet.ts';
import { encodePeerState, RECEIPTS_TOGETHER } from '../../protocol/wire/peer-state.ts';
import type { SessionState, StoreOutput, TalkEvent } from '../types.ts';
import type { ConversationsConfig, ConversationsPorts } from './contract.ts';

export type TalksOutput =
  | { kind: 'send'; draft: OwnDraft }
  | StoreOutput
  | { kind: 'told'; event: TalkEvent }
  /** A session is there; or there is none, and none comes of what was asked. */
  | { kind: 'session'; peer: Uint8Array; isLive: boolean }
  /** All that waits for him is to be given up. */
  | { kind: 'distrusted'; peer: Uint8Array }
  /** What he said; peer states are dealt with here. */
  | { kind: 'heard'; talk: Talk; payload: NoisePayload };

/** A live session, and who is at its other end. */
export type Talk = {
  readonly peer: Uint8Array;
  /** The name of the conversation with him. */
  readonly conversation: string;
  readonly noiseKey: Uint8Array;
  heardAt: Millis;
  hasEchoed: boolean;
  /** He takes several receipts at once. */
  takesTogether: boolean;
};

/** Peers who showed another key than they had proven. Then the first of them may try again. */
export const DISTRUSTED_MAX = 1024;
/** A session that one end seems to have lost is renewed so often: anybody may seem so. */
const RENEW_EVERY_MS = 30_000;

/** We take no media (WIRE §5). */
const OWN_STATE = { capabilities: capabilities([]), features: RECEIPTS_TOGETHER };

export class Talks {
  private readonly ports: ConversationsPorts;
  private readonly drops: Counts;
  private readonly sessions: Sessions;
  private readonly live = new Map<string, Talk>();
  private readonly distrusted = new Set<string>();
  private readonly rate: Buckets;
  private readonly renewals: Buckets;

  constructor(
    ports: ConversationsPorts,
    limits: Pick<ConversationsConfig, 'sessions' | 'rate'>,
    drops: Counts,
    seed: number,
  ) {
    const { crypto, identity, pins, draw } = ports;
    this.ports = ports;
    this.drops = drops;
    this.sessions = new Sessions(crypto, identity, pins, () => draw(32), seed, limits.sessions);
    this.rate = new Buckets(256, limits.rate, seed);
    this.renewals = new Buckets(256, { perSecond: 1, burst: 1 }, seed);
  }

  /** A handshake or a sealed packet for this node. */
  hear({ type, sender: peer, payload }: Packet, link: number, now: Millis): TalksOutput[] {
    const out: TalksOutput[] = [];
    if (type === HANDSHAKE) {
      const outputs = this.sessions.step({ kind: 'handshake', peer, link, payload }, now);
      this.onSessions(outputs, now, out);
      return out;
    }
    const outputs = this.sessions.step({ kind: 'encrypted', peer, payload }, now);
    this.onSessions(outputs, now, out);
    if (outputs.some(isLost)) this.heal(peer, now, out);
    return out;
  }

  open(peer: Uint8Array, now: Millis): TalksOutput[] {
    const out: TalksOutput[] = [];
    const outputs = this.sessions.step({ kind: 'open', peer }, now);
    this.onSessions(outputs, now, out);
    const isRefused = outputs.some(({ kind }) => kind === 'refused');
    if (isRefused) out.push({ kind: 'session', peer, isLive: false });
    else tell(out, { kind: 'session', peer, state: this.stateOf(peer) });
    return out;
  }

  renew(peer: Uint8Array, now: Millis): TalksOutput[] {
    const out: TalksOutput[] = [];
    this.onSessions(this.sessions.step({ kind: 'renew', peer }, now), now, out);
    return out;
  }

  close(peer: Uint8Array, now: Millis): TalksOutput[] {
    const out: TalksOutput[] = [];
    this.onSessions(this.sessions.step({ kind: 'close', peer }, now), now, out);
    return out;
  }

  /** `attempts`: how often the same was sent before, and not confirmed. */
  seal(peer: Uint8Array, kind: number, body: Uint8Array, now: Millis, attempts = 0): TalksOutput[] {
    const out: TalksOutput[] = [];
    const plaintext = encodeNoisePayload({ kind, body });
    const sealed = this.sessions.step({ kind: 'seal', peer, plaintext }, now);
    this.onSessions(sealed, now, out, attempts);
    return out;
  }

  tick(now: Millis): TalksOutput[] {
    const out: TalksOutput[] = [];
    if (now >= this.sessions.deadline()) this.onSessions(this.sessions.step(TICK, now), now, out);
    return out;
  }

  deadline(): Millis {
    return this.sessions.deadline();
  }

  stateOf(peer: Uint8Array): SessionState {
    if (this.sessions.isLive(peer)) return 'live';
    return this.sessions.isOpening(peer) ? 'opening' : 'none';
  }

  isLive(peer: Uint8Array): boolean {
    return this.sessions.isLive(peer);
  }

  /** When something of his was opened last; -Infinity without a session. */
  heardAt(peer: Uint8Array): Millis {
    return this.live.get(nameOf(peer))?.heardAt ?? -Infinity;
  }

  counts(): { live: number; outgoing: number; incoming: number } {
    const { live, outgoing, incoming } = this.sessions.counts();
    return { live, outgoing, incoming };
  }

  isDistrusted(peer: Uint8Array): boolean {
    return this.distrusted.size > 0 && this.distrusted.has(nameOf(peer));
  }

  /** A person has looked into it. */
  trustAgain(peer: Uint8Array): void {
    this.distrusted.delete(nameOf(peer));
  }

  private onSessions(
    outputs: SessionOutput[],
    now: Millis,
    out: TalksOutput[],
    attempts = 0,
  ): void {
    for (const output of outputs) {
      const { peer } = output;
      switch (output.kind) {
        case 'transmit': {
          const { type, payload } = output;
          const draft = { type, payload, recipient: peer, isSigned: false };
          out.push({ kind: 'send', draft: attempts > 0 ? { ...draft, attempts } : draft });
          break;
        }
        case 'established':
          this.establish(peer, output.noiseKey, now, out);
          break;
        case 'received':
          this.receive(peer, output.plaintext, now, out);
          break;
        case 'refused':
          this.drops.drop(output.reason);
          break;
        case 'closed':
          this.live.delete(nameOf(peer));
          tell(out, { kind: 'session', peer, state: 'none' });
          out.push({ kind: 'session', peer, isLive: false });
          break;
      }
    }
  }

  /** A restart, or a lost last message of a handshake: he has a session that we have not. */
  private heal(peer: Uint8Array, now: Millis, out: TalksOutput[]): void {
    if (this.ports.around.find(peer) === null || this.isDistrusted(peer)) return;
    const clock = Math.floor((now * 1000) / RENEW_EVERY_MS);
    if (this.renewals.take(readU32(peer, 0), readU32(peer, 4), clock)) {
      out.push(...this.renew(peer, now));
    }
  }

  private establish(peer: Uint8Array, noiseKey: Uint8Array, now: Millis, out: TalksOutput[]): void {
    if (this.isDistrusted(peer)) return void out.push(...this.close(peer, now));
    const talk: Talk = {
      peer,
      conversation: toHex(peer),
      noiseKey,
      heardAt: now,
      hasEchoed: false,
      takesTogether: false,
    };
    this.live.set(nameOf(peer), talk);
    tell(out, { kind: 'session', peer, state: 'live' });
    this.sayState(peer, now, out);
    out.push({ kind: 'session', peer, isLive: true });
  }

  private receive(peer: Uint8Array, plaintext: Uint8Array, now: Millis, out: TalksOutput[]): void {
    const talk = this.live.get(nameOf(peer));
    // The session was ended while its packets were on the way.
    if (talk === undefined) return this.drops.drop('no-session');
    talk.heardAt = now;
    if (!this.rate.take(readU32(peer, 0), readU32(peer, 4), now))
      return this.drops.drop('flooding');
    const decoded = decodeNoisePayload(plaintext);
    if (!decoded.ok) return this.drops.drop(decoded.reason);
    if (decoded.value.kind !== KIND.peerState) {
      out.push({ kind: 'heard', talk, payload: decoded.value });
    } else this.hearState(talk, decoded.value.body, now, out);
  }

  private hearState(talk: Talk, body: Uint8Array, now: Millis, out: TalksOutput[]): void {
    const { pins } = this.ports;
    const { peer } = talk;
    const wasProven = pins.find(peer)?.proven ?? false;
    const heard = hearPeerState(pins, talk.noiseKey, body);
    for (const { pinned } of pins.takeAlarms()) {
      tell(out, { kind: 'alarm', peer: pinned.id, reason: 'second-key' });
    }
    if (!heard.ok) {
      this.drops.drop(heard.reason);
      if (heard.reason === 'identity-clash') this.distrust(peer, now, out);
      return;
    }
    talk.takesTogether = (heard.state.features & RECEIPTS_TOGETHER) !== 0;
    const pin = pins.find(peer);
    if (pin !== null && !wasProven) {
      out.push({ kind: 'store', write: { kind: 'pins', pins: [pin] } });
    }
    if (talk.hasEchoed) return;
    talk.hasEchoed = true;
    this.sayState(peer, now, out);
  }

  /** Whoever it is, it is not whom a person here knows by that id. */
  private distrust(peer: Uint8Array, now: Millis, out: TalksOutput[]): void {
    this.distrusted.add(nameOf(peer));
    keepNewest(this.distrusted, DISTRUSTED_MAX);
    out.push({ kind: 'distrusted', peer }, ...this.close(peer, now));
  }

  private sayState(peer: Uint8Array, now: Millis, out: TalksOutput[]): void {
    const { signingKey } = this.ports.identity;
    const body = encodePeerState({ ...OWN_STATE, signingKey });
    out.push(...this.seal(peer, KIND.peerState, body, now));
  }
}

function isLost(output: SessionOutput): boolean {
  if (output.kind !== 'refused') return false;
  return output.reason === 'no-session' || output.reason === 'bad-tag';
}

function tell(out: TalksOutput[], event: TalkEvent): void {
  out.push({ kind: 'told', event });
}
