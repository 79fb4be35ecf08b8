/**
 * Sightings: who was heard advertising, how well, and how it went when we dialled. It answers whom to
 * dial next, and lets those be that failed: ever longer, and by chance, so that two never meet in step.
 */
import type { Millis, Random } from '../core/machine.ts';
import type { Service } from './contract.ts';

export type Sighting = {
  readonly address: string;
  service: Service;
  /** The peer id it advertises, as characters; empty for none. */
  id: string;
  /** Smoothed, in dBm. */
  rssi: number;
  seenAt: Millis;
  /** When a link to it ended last. */
  servedAt: Millis;
  /** Turns in a row without traffic of value. */
  idleTurns: number;
  /** Dials that failed and links that broke at once, in a row. */
  failures: number;
  /** It is not dialled before. */
  restsUntil: Millis;
};

/** Addresses remembered. Beyond it the one heard longest ago is forgotten, and with it its failures. */
export const SIGHTINGS_MAX = 256;

/** Who was not heard for so long has left, or rests from advertising. */
const PRESENT_MS = 60_000;
/** One that failed is let be for this long, doubled up to nine times: more than an hour. */
const REST_MS = 8000;
const DOUBLINGS_MAX = 9;
/** One that is hardly heard gets a chance only when nothing better came of it for so long. */
const WEAK_DBM = -90;
const WEAK_REST_MS = 30_000;
/** What the radio says when it does not know. */
const RSSI_UNKNOWN = 127;
const RSSI_USUAL = -75;
/** Of each new measurement, one part in so many counts. */
const SMOOTHING = 4;

/** Turns without traffic that count: after four a phone waits for a quarter of an hour. */
const IDLE_TURNS_MAX = 4;
/** Points of a dial. Who has waited for half an hour, or was never served, goes before all. */
const QUALITY_MAX = 60;
const WAITING_MAX = 180;
const WAITING_POINT_MS = 10_000;
const DEMAND = 20;

export class Sightings {
  private readonly random: Random;
  /** By address, the one heard longest ago first. */
  private readonly byAddress = new Map<string, Sighting>();

  constructor(random: Random) {
    this.random = random;
  }

  get size(): number {
    return this.byAddress.size;
  }

  see(address: string, service: Service, id: string, rssi: number, now: Millis): Sighting {
    const known = this.byAddress.get(address);
    const heard = rssi === RSSI_UNKNOWN ? (known?.rssi ?? RSSI_USUAL) : rssi;
    const sighting = known ?? fresh(address, service, heard, now);
    sighting.service = service;
    sighting.id = id;
    sighting.seenAt = now;
    sighting.rssi += (heard - sighting.rssi) / SMOOTHING;
    this.byAddress.delete(address);
    this.byAddress.set(address, sighting);
    if (this.byAddress.size > SIGHTINGS_MAX) {
      for (const oldest of this.byAddress.keys()) {
        this.byAddress.delete(oldest);
        break;
      }
    }
    return sighting;
  }

  /** A dial failed, or its link broke at once. */
  failed(address: string, now: Millis): void {
    const sighting = this.byAddress.get(address);
    if (sighting === undefined) return;
    const ms = REST_MS * 2 ** sighting.failures;
    sighting.failures = Math.min(sighting.failures + 1, DOUBLINGS_MAX);
    sighting.restsUntil = now + ms + this.random(ms);
  }

  /** Its link held. */
  held(address: string): void {
    const sighting = this.byAddress.get(address);
    if (sighting !== undefined) sighting.failures = 0;
  }

  /** Whoever advertises this id is dialled again as if he had never failed. */
  forgive(id: string): void {
    for (const sighting of this.byAddress.values()) {
      if (sighting.id !== id) continue;
      sighting.failures = 0;
      sighting.restsUntil = -Infinity;
    }
  }

  /** Its turn is over. */
  served(address: string, wasUsed: boolean, now: Millis): void {
    const sighting = this.byAddress.get(address);
    if (sighting === undefined) return;
    sighting.servedAt = now;
    sighting.idleTurns = wasUsed ? 0 : Math.min(sighting.idleTurns + 1, IDLE_TURNS_MAX);
  }

  /** The phone to dial next, of those that `isWanted`. */
  best(now: Millis, isWanted: (sighting: Sighting) => boolean): Sighting | null {
    let best: Sighting | null = null;
    let most = -Infinity;
    for (const sighting of this.byAddress.values()) {
      if (sighting.service !== 'phone' || now - sighting.seenAt > PRESENT_MS) continue;
      if (now < sighting.restsUntil || !isWanted(sighting)) continue;
      const points = pointsOf(sighting, now);
      if (points <= most) continue;
      best = sighting;
      most = points;
    }
    return best;
  }
}

function fresh(address: string, service: Service, rssi: number, now: Millis): Sighting {
  return {
    address,
    service,
    id: '',
    rssi,
    seenAt: now,
    servedAt: -Infinity,
    idleTurns: 0,
    failures: 0,
    restsUntil: rssi < WEAK_DBM ? now + WEAK_REST_MS : now,
  };
}

function pointsOf(sighting: Sighting, now: Millis): number {
  const quality = Math.min(Math.max(sighting.rssi + 100, 0), QUALITY_MAX);
  const waiting = Math.min((now - sighting.servedAt) / WAITING_POINT_MS, WAITING_MAX);
  const isUseful = sighting.idleTurns === 0 && sighting.servedAt > -Infinity;
  return quality + waiting + (isUseful ? DEMAND : 0);
}
