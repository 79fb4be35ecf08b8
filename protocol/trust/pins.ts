/**
 * Pins: which keys go with which id. The first signing key heard for an id stays (WIRE §5); another
 * one raises an alarm and changes nothing (RELIABILITY S2, S3), unless the holder of the Noise key
 * itself names it inside a session: a proof beats a rumour.
 *
 * There is room for a fixed number of strangers, and the one silent longest makes way for the next.
 * Peers a person keeps - contacted, verified, trusted - have room of their own and never make way
 * (S4). Whom he turns away, keeps apart or slows down is noted here as well, whoever that is.
 */
import { assert } from '../core/assert.ts';
import { ID_SIZE } from '../core/packet.ts';
import type { Crypto } from './crypto.ts';
import { equalSecret } from './crypto.ts';
import { keyFlaw } from './signature.ts';

/** How a peer came to be known. All but `seen` are a person's doing, and are kept. */
export type Standing = 'seen' | 'contacted' | 'verified' | 'trusted';

export type Pin = {
  readonly id: Uint8Array;
  readonly noiseKey: Uint8Array;
  readonly signingKey: Uint8Array;
  readonly standing: Standing;
  /** The holder of the Noise key named the signing key inside a session (WIRE §8, §24). */
  readonly proven: boolean;
};

/** What came of keys that were shown for an id. Only `new` and `known` may be believed. */
export type Meeting =
  | 'new'
  | 'known'
  /** The Noise key does not hash to the id. */
  | 'not-its-id'
  /** A key nobody can own alone: of low order, not canonical, empty (RELIABILITY §3 a). */
  | 'weak-key'
  /** Another key is pinned for this id. An alarm was raised. */
  | 'second-key';

/** Somebody showed another key for a known id. One of the two is not who he says. */
export type Alarm = { pinned: Pin; noiseKey: Uint8Array; signingKey: Uint8Array };

export type PinsConfig = {
  /** Strangers remembered. Then the one silent longest is forgotten. */
  seenMax: number;
  /** Peers kept by a person. Then keeping another is refused. */
  keptMax: number;
  /** Ids turned away or kept apart. Then doing so with another is refused. */
  deniedMax: number;
};

export const PINS_DEFAULTS: PinsConfig = { seenMax: 8192, keptMax: 4096, deniedMax: 4096 };

/** Peers that have a rate of their own. Then giving one to another is refused. */
export const LIMITS_MAX = 1024;
/** Messages a minute that a person may give to a peer. */
export const LIMIT_MAX = 6000;

/** What a person decided about ids, as it is stored. */
export type Decisions = {
  denied: Uint8Array[];
  quarantined: Uint8Array[];
  limits: { id: Uint8Array; perMinute: number }[];
};

/** Alarms not taken yet. Then further ones are counted only. */
export const ALARMS_MAX = 64;

export class Pins {
  alarmCount = 0;
  private alarms: Alarm[] = [];
  private readonly crypto: Crypto;
  private readonly config: PinsConfig;
  /** Strangers, the one silent longest first. */
  private readonly seen = new Map<string, Pin>();
  private readonly kept = new Map<string, Pin>();
  private readonly denied = new Set<string>();
  private readonly quarantined = new Set<string>();
  /** Messages a minute. */
  private readonly limits = new Map<string, number>();

  constructor(crypto: Crypto, config: PinsConfig = PINS_DEFAULTS) {
    this.crypto = crypto;
    this.config = config;
  }

  /** The pin of the id at `at`, or null. */
  find(bytes: Uint8Array, at = 0): Pin | null {
    const name = nameOf(bytes, at);
    return this.kept.get(name) ?? this.seen.get(name) ?? null;
  }

  /** What `meet` would answer, without remembering anything: before a signature is checked. */
  judge(id: Uint8Array, noiseKey: Uint8Array, signingKey: Uint8Array): Meeting {
    if (noiseKey.length !== 32 || noiseKey.every((byte) => byte === 0)) return 'weak-key';
    if (keyFlaw(signingKey) !== null) return 'weak-key';
    const pin = this.find(id);
    // A pinned key was hashed when it was pinned.
    if (pin !== null && equalSecret(pin.noiseKey, noiseKey)) {
      return equalSecret(pin.signingKey, signingKey) ? 'known' : 'second-key';
    }
    const hash = this.crypto.sha256(noiseKey);
    for (let i = 0; i < ID_SIZE; i++) if (hash[i] !== id[i]) return 'not-its-id';
    return pin === null ? 'new' : 'second-key';
  }

  /** Keys shown in the open, by an announce whose own signature holds; `meeting` as just judged. */
  meet(
    id: Uint8Array,
    noiseKey: Uint8Array,
    signingKey: Uint8Array,
    meeting: Meeting = this.judge(id, noiseKey, signingKey),
  ): Meeting {
    if (meeting === 'new') this.remember(pinOf(id, noiseKey, signingKey, 'seen', false));
    if (meeting === 'known') this.refresh(nameOf(id));
    if (meeting === 'second-key') this.raise(id, noiseKey, signingKey);
    return meeting;
  }

  /**
   * A signing key named inside a session, by whoever holds the Noise key. Where only a rumour was
   * pinned it takes its place, with an alarm; what was proven or vouched for by a person stays.
   */
  prove(noiseKey: Uint8Array, signingKey: Uint8Array): Meeting {
    const id = this.crypto.sha256(noiseKey).slice(0, ID_SIZE);
    const meeting = this.meet(id, noiseKey, signingKey);
    const pin = this.find(id);
    if (pin === null || meeting === 'weak-key') return meeting;
    const proof = pinOf(id, noiseKey, signingKey, pin.standing, true);
    if (meeting !== 'second-key') this.remember(proof);
    else if (pin.standing === 'seen' && !pin.proven) {
      this.remember(proof);
      return 'new';
    }
    return meeting;
  }

  /** A person's word on a known peer. False when the id is unknown or there is no room left. */
  keep(id: Uint8Array, standing: Standing): boolean {
    const pin = this.find(id);
    if (pin === null) return false;
    const name = nameOf(id);
    const isKept = standing !== 'seen';
    if (isKept && !this.kept.has(name) && this.kept.size >= this.config.keptMax) return false;
    this.remember({ ...pin, standing });
    return true;
  }

  /** A person says that an id stands for another device now, or for nobody. */
  forget(id: Uint8Array): void {
    this.kept.delete(nameOf(id));
    this.seen.delete(nameOf(id));
  }

  /** Turns an id away, known or not. False when there is no room left. */
  deny(id: Uint8Array): boolean {
    return this.judgeAs(this.denied, id);
  }

  /** What it says is passed on and not shown. False when there is no room left. */
  quarantine(id: Uint8Array): boolean {
    return this.judgeAs(this.quarantined, id);
  }

  allow(id: Uint8Array): void {
    this.denied.delete(nameOf(id));
    this.quarantined.delete(nameOf(id));
  }

  isDenied(bytes: Uint8Array, at = 0): boolean {
    return this.denied.size > 0 && this.denied.has(nameOf(bytes, at));
  }

  isQuarantined(bytes: Uint8Array, at = 0): boolean {
    return this.quarantined.size > 0 && this.quarantined.has(nameOf(bytes, at));
  }

  /** How many messages a minute it may say; null for as many as anybody. False: no room left. */
  limit(id: Uint8Array, perMinute: number | null): boolean {
    const name = nameOf(id);
    if (perMinute === null) {
      this.limits.delete(name);
      return true;
    }
    assert(perMinute >= 1 && perMinute <= LIMIT_MAX, 'a rate of 1 to 6000 a minute');
    if (this.limits.size >= LIMITS_MAX && !this.limits.has(name)) return false;
    this.limits.set(name, perMinute);
    return true;
  }

  limitOf(bytes: Uint8Array, at = 0): number | null {
    return this.limits.size > 0 ? (this.limits.get(nameOf(bytes, at)) ?? null) : null;
  }

  /** Decisions from our own store. */
  restoreDecisions({ denied, quarantined, limits }: Decisions): void {
    for (const id of quarantined) this.quarantine(id);
    for (const id of denied) this.deny(id);
    for (const { id, perMinute } of limits) this.limit(id, perMinute);
  }

  /** Every pin, for a store to keep across a restart. */
  all(): Pin[] {
    return [...this.kept.values(), ...this.seen.values()];
  }

  /** A pin from our own store. */
  restore(pin: Pin): void {
    assert(pin.id.length === ID_SIZE, 'an id has 8 bytes');
    this.remember(pin);
  }

  /** The alarms raised since the last call. */
  takeAlarms(): Alarm[] {
    const alarms = this.alarms;
    this.alarms = [];
    return alarms;
  }

  /** An id is in one of the two at most. */
  private judgeAs(sentence: Set<string>, id: Uint8Array): boolean {
    const name = nameOf(id);
    const { deniedMax } = this.config;
    const isJudged = this.denied.has(name) || this.quarantined.has(name);
    if (!isJudged && this.denied.size + this.quarantined.size >= deniedMax) return false;
    this.allow(id);
    sentence.add(name);
    return true;
  }

  private remember(pin: Pin): void {
    const name = nameOf(pin.id);
    this.seen.delete(name);
    if (pin.standing !== 'seen') {
      this.kept.set(name, pin);
      return;
    }
    this.kept.delete(name);
    this.seen.set(name, pin);
    if (this.seen.size > this.config.seenMax) this.seen.delete(this.seen.keys().next().value!);
  }

  private refresh(name: string): void {
    const pin = this.seen.get(name);
    if (pin === undefined) return;
    this.seen.delete(name);
    this.seen.set(name, pin);
  }

  private raise(id: Uint8Array, noiseKey: Uint8Array, signingKey: Uint8Array): void {
    this.alarmCount++;
    if (this.alarms.length >= ALARMS_MAX) return;
    const pinned = this.find(id);
    assert(pinned !== null, 'an alarm is about a known peer');
    this.alarms.push({ pinned, noiseKey: noiseKey.slice(), signingKey: signingKey.slice() });
  }
}

function pinOf(
  id: Uint8Array,
  noiseKey: Uint8Array,
  signingKey: Uint8Array,
  standing: Standing,
  proven: boolean,
): Pin {
  // Copies of exactly these bytes: views into a frame would keep the frame.
  return {
    id: new Uint8Array(id.subarray(0, ID_SIZE)),
    noiseKey: new Uint8Array(noiseKey),
    signingKey: new Uint8Array(signingKey),
    standing,
    proven,
  };
}

/** The eight bytes of an id as four characters, which a Map finds fastest. */
export function nameOf(bytes: Uint8Array, at = 0): string {
  return String.fromCharCode(
    (bytes[at] << 8) | bytes[at + 1],
    (bytes[at + 2] << 8) | bytes[at + 3],
    (bytes[at + 4] << 8) | bytes[at + 5],
    (bytes[at + 6] << 8) | bytes[at + 7],
  );
}
