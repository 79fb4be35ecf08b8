/**
 * Neighbour: what is known of somebody at the far end of a link of ours, while he is there and after:
 * since when, how much passed each way, how far and how lossy the way is, and how he behaves.
 */
import type { Millis } from '../../protocol/core/machine.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import type { Threat } from '../events.ts';
import { Reputation } from './reputation.ts';

/** Heartbeats that loss is reckoned over; then the older half counts half. */
const BEATS_MAX = 100;

/** As people see it. */
export type NeighbourView = {
  id: string;
  /** How long he has been there; null while he is not. */
  connectedMs: Millis | null;
  silentMs: Millis;
  /** Packets, over all links to him since he is known here. */
  heard: number;
  sent: number;
  roundTripMs: Millis | null;
  /** 0 to 1, of heartbeats; null where there are none. */
  loss: number | null;
  reputation: number;
  /** By what we saw of him, rather than by a person. */
  isQuarantined: boolean;
  /** How often each was told of. */
  threats: Partial<Record<Threat, number>>;
};

export class Neighbour {
  readonly id: Uint8Array;
  readonly reputation: Reputation;
  /** Links that he is at the far end of. */
  readonly links = new Set<number>();
  readonly threats = new Map<Threat, number>();
  /** When each threat was told of, and entered into the audit trail, last. */
  readonly toldAt = new Map<Threat, Millis>();
  readonly notedAt = new Map<Threat, Millis>();
  isQuarantined = false;
  heard = 0;
  sent = 0;
  private connectedAt: Millis = 0;
  private heardAt: Millis;
  private roundTripMs: Millis | null = null;
  private beats = 0;
  private missed = 0;

  constructor(id: Uint8Array, now: Millis) {
    this.id = new Uint8Array(id);
    this.reputation = new Reputation(now);
    this.heardAt = now;
  }

  join(link: number, openedAt: Millis): void {
    if (this.links.size === 0) this.connectedAt = openedAt;
    this.links.add(link);
  }

  pass(heard: number, sent: number, now: Millis): void {
    this.heard += heard;
    this.sent += sent;
    if (heard > 0) this.heardAt = now;
  }

  beat(missed: number, now: Millis): void {
    this.heardAt = now;
    this.beats += 1 + missed;
    this.missed += missed;
    if (this.beats <= BEATS_MAX) return;
    this.beats /= 2;
    this.missed /= 2;
  }

  measure(roundTripMs: Millis): void {
    this.roundTripMs = roundTripMs;
  }

  view(now: Millis): NeighbourView {
    return {
      id: toHex(this.id),
      connectedMs: this.links.size > 0 ? now - this.connectedAt : null,
      silentMs: now - this.heardAt,
      heard: this.heard,
      sent: this.sent,
      roundTripMs: this.roundTripMs,
      loss: this.beats === 0 ? null : this.missed / this.beats,
      reputation: this.reputation.at(now),
      isQuarantined: this.isQuarantined,
      threats: Object.fromEntries(this.threats),
    };
  }
}
