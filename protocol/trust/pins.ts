/**
 * Pins: which keys go with which id. The first signing key heard for an id stays (WIRE §5); another
 * one raises an alarm and changes nothing (RELIABILITY S2, S3), unless the holder of the Noise key
 * itself names it inside a session: a proof beats a rumour.
 *
 * There is room for a fixed number of strangers, and the one silent longest makes way for the next.
 * Peers a person keeps - contacted, verified, trusted - have room of their own and never make way
 * (S4). Whom he turns away, keeps apart or slows down is noted here as well, whoever that is.
 *
 *   columns   | Noise key 32 | signing key 32 | standing, and whether proven 4 | - 4 | bucket 8 |
 */
import { assert } from '../core/assert.ts';
import type { Rate } from '../core/buckets.ts';
import { spend } from '../core/buckets.ts';
import { readU32, writeU32 } from '../core/bytes.ts';
import type { Millis } from '../core/machine.ts';
import { ID_SIZE } from '../core/packet.ts';
import type { AnnounceView } from '../wire/announce-view.ts';
import { KEY_SIZE } from '../wire/announce-view.ts';
import type { Crypto } from './crypto.ts';
import { IdPlaces, PLACES_MAX } from './id-places.ts';
import { keyFlaw } from './signature.ts';

/** How a peer came to be known. All but `seen` are a person's doing, and are kept. */
export type Standing = 'seen' | 'contacted' | 'verified' | 'trusted';

const STANDINGS: readonly Standing[] = ['seen', 'contacted', 'verified', 'trusted'];

/** How people may call a standing: the lower two have another name besides (DEFAULTS §2). */
export type StandingName = Standing | 'unknown' | 'basic';
export const STANDING_NAMES: Record<StandingName, Standing> = {
  unknown: 'seen',
  seen: 'seen',
  basic: 'contacted',
  contacted: 'contacted',
  verified: 'verified',
  trusted: 'trusted',
};

const PROVEN = 0x80;
/** Where they lie in a row as words. */
const KEY_WORDS = KEY_SIZE / 4;
const NOISE_KEY = 0;
const SIGNING_KEY = NOISE_KEY + KEY_WORDS;
const STANDING = SIGNING_KEY + KEY_WORDS;
/** Two words, as of `spend`. */
const BUCKET = STANDING + 2;
const COLUMNS = (BUCKET + 2) / 2;
/** What a person may decide about an id. */
const DENIED = 1;
const QUARANTINED = 2;

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
  /** A key nobody can own alone: of low order, not canonical, empty (RELIABILITY §1). */
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
  private readonly seed: number;
  /** Of strangers, those used last are those heard last; of the kept, those kept last. */
  private readonly places: IdPlaces;
  private keptCount = 0;
  /** Whom a person turned away or keeps apart; null while there is nobody, since every packet asks. */
  private sentenced: IdPlaces | null = null;
  private readonly limited: IdPlaces;
  /** Messages a minute, by place. */
  private readonly limits: number[] = [];

  /** `seed` is secret, as of IdPlaces. */
  constructor(crypto: Crypto, config: PinsConfig = PINS_DEFAULTS, seed = 0) {
    this.crypto = crypto;
    this.config = config;
    this.seed = seed;
    // A store may bring more that are kept than may be kept now, and none of them makes way.
    this.places = new IdPlaces(PLACES_MAX, seed, COLUMNS);
    this.limited = new IdPlaces(LIMITS_MAX, seed);
  }

  /** The pin of the id at `at`, or null. */
  find(bytes: Uint8Array, at = 0): Pin | null {
    const place = this.places.find(bytes, at);
    return place < 0 ? null : this.pinAt(place);
  }

  /** How the id at `at` came to be known; null for not at all. */
  standingOf(bytes: Uint8Array, at = 0): Standing | null {
    const place = this.places.find(bytes, at);
    return place < 0 ? null : this.standingAt(place);
  }

  /** Writes the signing key of the id at `at` into `key`; false where the id is not known. */
  signingKeyOf(bytes: Uint8Array, at: number, key: Uint8Array): boolean {
    const place = this.places.find(bytes, at);
    if (place < 0) return false;
    this.copyKey(place, SIGNING_KEY, key);
    return true;
  }

  /**
   * Whether the peer whose id is at `at` may say one more thing at this rate; if so, it is counted. Who
   * is not known, or was forgotten meanwhile, has said nothing yet.
   */
  take(bytes: Uint8Array, at: number, rate: Rate, now: Millis): boolean {
    const place = this.places.find(bytes, at);
    if (place < 0) return true;
    return spend(this.places.words, this.wordsOf(place) + BUCKET, rate, now >>> 0);
  }

  /** What `meet` would answer, without remembering anything: before a signature is checked. */
  judge(id: Uint8Array, noiseKey: Uint8Array, signingKey: Uint8Array): Meeting {
    if (noiseKey.length !== KEY_SIZE || isEmpty(noiseKey)) return 'weak-key';
    if (keyFlaw(signingKey) !== null) return 'weak-key';
    const place = this.places.find(id);
    // A pinned key was hashed when it was pinned.
    if (place >= 0 && this.holds(place, NOISE_KEY, noiseKey, 0)) {
      return this.holds(place, SIGNING_KEY, signingKey, 0) ? 'known' : 'second-key';
    }
    const hash = this.crypto.sha256(noiseKey);
    for (let i = 0; i < ID_SIZE; i++) if (hash[i] !== id[i]) return 'not-its-id';
    return place < 0 ? 'new' : 'second-key';
  }

  /** The same for the keys of an announce whose sender is at `at`. */
  judgeAnnounce(bytes: Uint8Array, at: number, announce: AnnounceView): Meeting {
    const place = this.places.find(bytes, at);
    // Most are of somebody known, whose keys were judged when they were pinned.
    const isKnown =
      place >= 0 &&
      this.holds(place, NOISE_KEY, announce.bytes, announce.noiseKeyAt) &&
      this.holds(place, SIGNING_KEY, announce.bytes, announce.signingKeyAt);
    if (isKnown) return 'known';
    return this.judge(idIn(bytes, at), announce.noiseKey(), announce.signingKey());
  }

  /** Keys shown in the open, by an announce whose own signature holds; `meeting` as just judged. */
  meet(
    id: Uint8Array,
    noiseKey: Uint8Array,
    signingKey: Uint8Array,
    meeting: Meeting = this.judge(id, noiseKey, signingKey),
  ): Meeting {
    if (meeting === 'new') this.write(id, noiseKey, signingKey, 'seen', false);
    if (meeting === 'known') this.refresh(id);
    if (meeting === 'second-key') this.raise(id, noiseKey, signingKey);
    return meeting;
  }

  /** The same for the keys of an announce whose sender is at `at`. */
  meetAnnounce(bytes: Uint8Array, at: number, announce: AnnounceView, meeting: Meeting): void {
    if (meeting === 'known') this.refresh(bytes, at);
    else this.meet(idIn(bytes, at), announce.noiseKey(), announce.signingKey(), meeting);
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
    const isRumour = pin.standing === 'seen' && !pin.proven;
    if (meeting === 'second-key' && !isRumour) return meeting;
    this.write(id, noiseKey, signingKey, pin.standing, true);
    return meeting === 'second-key' ? 'new' : meeting;
  }

  /** A person's word on a known peer. False when the id is unknown or there is no room left. */
  keep(id: Uint8Array, standing: Standing): boolean {
    const place = this.places.find(id);
    if (place < 0) return false;
    const isNewlyKept = standing !== 'seen' && !this.isKept(place);
    if (isNewlyKept && this.keptCount >= this.config.keptMax) return false;
    this.restore({ ...this.pinAt(place), standing });
    return true;
  }

  /** A person says that an id stands for another device now, or for nobody. */
  forget(id: Uint8Array): void {
    const place = this.places.find(id);
    if (place >= 0) this.remove(place);
  }

  /** Turns an id away, known or not. False when there is no room left. */
  deny(id: Uint8Array): boolean {
    return this.judgeAs(DENIED, id);
  }

  /** What it says is passed on and not shown. False when there is no room left. */
  quarantine(id: Uint8Array): boolean {
    return this.judgeAs(QUARANTINED, id);
  }

  allow(id: Uint8Array): void {
    if (this.sentenced !== null) drop(this.sentenced, id);
  }

  isDenied(bytes: Uint8Array, at = 0): boolean {
    return this.isSentenced(DENIED, bytes, at);
  }

  isQuarantined(bytes: Uint8Array, at = 0): boolean {
    return this.isSentenced(QUARANTINED, bytes, at);
  }

  /** How many messages a minute it may say; null for as many as anybody. False: no room left. */
  limit(id: Uint8Array, perMinute: number | null): boolean {
    if (perMinute === null) {
      drop(this.limited, id);
      return true;
    }
    assert(perMinute >= 1 && perMinute <= LIMIT_MAX, 'a rate of 1 to 6000 a minute');
    if (this.limited.size >= LIMITS_MAX && this.limited.find(id) < 0) return false;
    this.limits[put(this.limited, id)] = perMinute;
    return true;
  }

  limitOf(bytes: Uint8Array, at = 0): number | null {
    const place = this.limited.find(bytes, at);
    return place < 0 ? null : this.limits[place];
  }

  /** Decisions from our own store. */
  restoreDecisions({ denied, quarantined, limits }: Decisions): void {
    for (const id of quarantined) this.quarantine(id);
    for (const id of denied) this.deny(id);
    for (const { id, perMinute } of limits) this.limit(id, perMinute);
  }

  /** Every pin, for a store to keep across a restart: strangers last, the one silent longest first. */
  all(): Pin[] {
    const places = this.places.inOrder();
    const kept = places.filter((place) => this.isKept(place));
    const seen = places.filter((place) => !this.isKept(place));
    return [...kept, ...seen].map((place) => this.pinAt(place));
  }

  /** A pin from our own store. */
  restore(pin: Pin): void {
    assert(pin.id.length === ID_SIZE, 'an id has 8 bytes');
    this.write(pin.id, pin.noiseKey, pin.signingKey, pin.standing, pin.proven);
  }

  /** The alarms raised since the last call. */
  takeAlarms(): Alarm[] {
    const alarms = this.alarms;
    this.alarms = [];
    return alarms;
  }

  private judgeAs(sentence: number, id: Uint8Array): boolean {
    const { deniedMax } = this.config;
    this.sentenced ??= new IdPlaces(deniedMax, this.seed, 1);
    if (this.sentenced.size >= deniedMax && this.sentenced.find(id) < 0) return false;
    const place = put(this.sentenced, id);
    this.sentenced.numbers[this.sentenced.columnsOf(place)] = sentence;
    return true;
  }

  private isSentenced(sentence: number, bytes: Uint8Array, at: number): boolean {
    const { sentenced } = this;
    if (sentenced === null) return false;
    const place = sentenced.find(bytes, at);
    return place >= 0 && sentenced.numbers[sentenced.columnsOf(place)] === sentence;
  }

  private write(
    id: Uint8Array,
    noiseKey: Uint8Array,
    signingKey: Uint8Array,
    standing: Standing,
    proven: boolean,
  ): void {
    assert(noiseKey.length === KEY_SIZE && signingKey.length === KEY_SIZE, 'keys have 32 bytes');
    const before = this.places.find(id);
    const wasKept = before >= 0 && this.isKept(before);
    const place = before < 0 ? this.places.add(id) : before;
    const { words } = this.places;
    const row = this.wordsOf(place);
    for (let i = 0; i < KEY_WORDS; i++) {
      words[row + NOISE_KEY + i] = readU32(noiseKey, 4 * i);
      words[row + SIGNING_KEY + i] = readU32(signingKey, 4 * i);
    }
    words[row + STANDING] = STANDINGS.indexOf(standing) | (proven ? PROVEN : 0);
    if (this.isKept(place)) this.keptCount++;
    if (wasKept) this.keptCount--;
    if (!wasKept || !this.isKept(place)) this.places.use(place);
    if (this.places.size - this.keptCount <= this.config.seenMax) return;
    this.remove(this.places.oldest((other) => !this.isKept(other)));
  }

  private refresh(bytes: Uint8Array, at = 0): void {
    const place = this.places.find(bytes, at);
    if (place >= 0 && !this.isKept(place)) this.places.use(place);
  }

  private remove(place: number): void {
    if (this.isKept(place)) this.keptCount--;
    this.places.remove(place);
  }

  private isKept(place: number): boolean {
    return this.standingAt(place) !== 'seen';
  }

  private standingAt(place: number): Standing {
    return STANDINGS[this.places.words[this.wordsOf(place) + STANDING] & ~PROVEN];
  }

  private wordsOf(place: number): number {
    return 2 * this.places.columnsOf(place);
  }

  /** Whether the key at `at` is that one of the row. They are public: time may tell. */
  private holds(place: number, key: number, bytes: Uint8Array, at: number): boolean {
    const { words } = this.places;
    const row = this.wordsOf(place);
    for (let i = 0; i < KEY_WORDS; i++) {
      if (words[row + key + i] !== readU32(bytes, at + 4 * i)) return false;
    }
    return true;
  }

  private copyKey(place: number, key: number, to: Uint8Array): Uint8Array {
    const { words } = this.places;
    const row = this.wordsOf(place);
    for (let i = 0; i < KEY_WORDS; i++) writeU32(to, 4 * i, words[row + key + i]);
    return to;
  }

  private pinAt(place: number): Pin {
    return {
      id: this.places.idAt(place),
      noiseKey: this.copyKey(place, NOISE_KEY, new Uint8Array(KEY_SIZE)),
      signingKey: this.copyKey(place, SIGNING_KEY, new Uint8Array(KEY_SIZE)),
      standing: this.standingAt(place),
      proven: (this.places.words[this.wordsOf(place) + STANDING] & PROVEN) !== 0,
    };
  }

  private raise(id: Uint8Array, noiseKey: Uint8Array, signingKey: Uint8Array): void {
    this.alarmCount++;
    if (this.alarms.length >= ALARMS_MAX) return;
    const pinned = this.find(id);
    assert(pinned !== null, 'an alarm is about a known peer');
    this.alarms.push({ pinned, noiseKey: noiseKey.slice(), signingKey: signingKey.slice() });
  }
}

function put(places: IdPlaces, id: Uint8Array): number {
  const place = places.find(id);
  return place < 0 ? places.add(id) : place;
}

function drop(places: IdPlaces, id: Uint8Array): void {
  const place = places.find(id);
  if (place >= 0) places.remove(place);
}

function idIn(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.subarray(at, at + ID_SIZE);
}

function isEmpty(key: Uint8Array): boolean {
  for (const byte of key) if (byte !== 0) return false;
  return true;
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
