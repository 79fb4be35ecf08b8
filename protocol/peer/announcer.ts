/**
 * Announcer: when this peer says who it is and whom it hears (WIRE §5). Often while nobody has shown
 * up, seldom once others have; never to nobody, and never without a clock, since a phone drops what is
 * two minutes off.
 */
import { assert } from '../core/assert.ts';
import type { Machine, Millis, Random, Tick } from '../core/machine.ts';
import { encodeAnnounce, NEIGHBOURS_MAX } from '../wire/announce.ts';
import { encodeText } from '../wire/text.ts';
import type { Identity } from '../trust/identity.ts';

/** How often it says so: to nobody known yet, to some neighbours, to many. */
export type AnnouncePace = { isolatedMs: Millis; connectedMs: Millis; crowdedMs: Millis };

/** WIRE §5. */
export const ANNOUNCE_PACE: AnnouncePace = {
  isolatedMs: 4000,
  connectedMs: 15_000,
  crowdedMs: 30_000,
};
/** The phones call so many neighbours many. */
const CROWD = 6;
/** A fourth of the time is left to chance, so that neighbours do not speak all at once. */
const JITTER = 4;
/** Bytes of a name in UTF-8, so that an announce never needs cutting: cut, it shows no neighbour. */
export const NAME_MAX = 64;

export type AnnouncerConfig = {
  name: string;
  /** Bits of WIRE §5. */
  capabilities: bigint;
  announces: AnnouncePace;
};

export type AnnouncerInput =
  /**
   * Whether anybody would hear us, the peers known to be at the far end of a link on our island, and
   * how many are at the far end of a line.
   */
  | { kind: 'around'; isHeard: boolean; neighbours: Uint8Array[]; lined: number }
  /** Whether the time is known. */
  | { kind: 'clock'; isKnown: boolean }
  /** We have said goodbye. */
  | { kind: 'leave' };

/** The payload of an announce, to be said to everyone now. */
export type AnnouncerOutput = { kind: 'announce'; payload: Uint8Array };

export class Announcer implements Machine<AnnouncerInput, AnnouncerOutput> {
  private readonly identity: Identity;
  private readonly name: string;
  private readonly pace: AnnouncePace;
  private readonly random: Random;
  private readonly capabilities: bigint;
  private neighbours: Uint8Array[] = [];
  private lined = 0;
  private isHeard = false;
  private hasClock = false;
  private hasLeft = false;
  private nextAt: Millis = 0;

  constructor(
    identity: Identity,
    { name, capabilities, announces }: AnnouncerConfig,
    random: Random,
  ) {
    assert(encodeText(name).length <= NAME_MAX, 'a name has its limit');
    this.identity = identity;
    this.name = name;
    this.capabilities = capabilities;
    this.pace = announces;
    this.random = random;
  }

  step(input: AnnouncerInput | Tick, now: Millis): AnnouncerOutput[] {
    if (input.kind === 'leave') this.hasLeft = true;
    if (input.kind === 'clock') this.hasClock = input.isKnown;
    if (input.kind === 'around') {
      const wereAlone = this.company() === 0;
      this.isHeard = input.isHeard;
      this.neighbours = input.neighbours;
      this.lined = input.lined;
      // Whoever lost his last neighbour looks for others sooner.
      if (this.company() === 0 && !wereAlone) {
        this.nextAt = Math.min(this.nextAt, now + this.pace.isolatedMs);
      }
    }
    if (now < this.deadline()) return [];
    this.nextAt = now + this.interval();
    return [{ kind: 'announce', payload: this.payload() }];
  }

  deadline(): Millis {
    return this.isHeard && this.hasClock && !this.hasLeft ? this.nextAt : Infinity;
  }

  private company(): number {
    return this.neighbours.length + this.lined;
  }

  private interval(): Millis {
    const count = this.company();
    const { isolatedMs, connectedMs, crowdedMs } = this.pace;
    if (count === 0) return isolatedMs;
    const ms = count < CROWD ? connectedMs : crowdedMs;
    const chance = Math.floor(ms / JITTER);
    return ms - chance + this.random(2 * chance + 1);
  }

  private payload(): Uint8Array {
    return encodeAnnounce({
      name: this.name,
      noiseKey: this.identity.noiseKey,
      signingKey: this.identity.signingKey,
      neighbours: this.neighbours.slice(0, NEIGHBOURS_MAX),
      capabilities: this.capabilities,
      geohash: null,
      extras: [],
    });
  }
}
