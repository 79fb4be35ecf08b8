/**
 * Conditions: what becomes of the writes of one node to another, this way and not the other: when each
 * has left, when it arrives, how often, and whether at all.
 *
 *   write -> waits for its turn -> left after its time on the air -> arrives after the way's latency
 */
import type { Millis, Random } from '../../protocol/core/machine.ts';

export type Conditions = {
  latencyMs: Millis;
  /** Beside it, drawn for each write. */
  jitterMs: Millis;
  /** Writes lost, of a thousand; all of them make this a way for one side only. */
  lossPerMille: number;
  /** Losses that come together (Gilbert and Elliott), beside the others. */
  bursts: Bursts | null;
  /** Writes that arrive twice, of a thousand. */
  duplicatePerMille: number;
  /** Writes that those after them may overtake, of a thousand. */
  reorderPerMille: number;
  /** What the way carries. `Infinity`: a write has left at once. */
  bytesPerSecond: number;
};

/** Of a thousand writes: how many begin a burst, how many end one, and what is lost within. */
export type Bursts = { enterPerMille: number; leavePerMille: number; lossPerMille: number };

export const CLEAR: Conditions = {
  latencyMs: 5,
  jitterMs: 0,
  lossPerMille: 0,
  bursts: null,
  duplicatePerMille: 0,
  reorderPerMille: 0,
  bytesPerSecond: Infinity,
};

/** A write that is overtaken, and the second copy of one, comes so much later, or less. */
const LATE_MS = 200;

/** What has no bound is reckoned to speak as Bluetooth LE does in its slower mode. */
export const UNBOUND_BYTES_PER_S = 125_000;

/** Writes are given one after another: what carries them has one voice. */
export type Voice = {
  /** Until then it speaks, or has to be silent. */
  busyUntil: Millis;
  /** So long it speaks, altogether: what waits for its turn is counted. */
  airtimeMs: Millis;
  /** Of a hundred parts of its time, how many it may speak (ETSI's 1 or 10 percent, say). */
  dutyPercent: number;
};

export function freshVoice(): Voice {
  return { busyUntil: 0, airtimeMs: 0, dutyPercent: 100 };
}

/** How long it has spoken by now; what it says last counts evenly until it may say more. */
export function spokenBy({ airtimeMs, busyUntil, dutyPercent }: Voice, now: Millis): Millis {
  return airtimeMs - (Math.max(0, busyUntil - now) * dutyPercent) / 100;
}

/** What became of a write: when it had left, and when it arrives and a second copy of it; or never. */
export type Fate = { leftAt: Millis; arrivesAt: Millis; againAt: Millis };

/** Of the last write of all: nobody else's turn comes before one is done with it. */
const FATE: Fate = { leftAt: 0, arrivesAt: 0, againAt: 0 };

/** One way from one node to another. */
export class Way {
  conditions: Conditions;
  private isInBurst = false;
  private lastAt: Millis = 0;

  constructor(conditions: Conditions) {
    this.conditions = conditions;
  }

  /** What it returns says so until the next write, over whichever way. */
  carry(size: number, now: Millis, voice: Voice, random: Random): Readonly<Fate> {
    const { latencyMs, jitterMs, duplicatePerMille } = this.conditions;
    const fate = FATE;
    fate.leftAt = this.speak(size, now, voice);
    fate.arrivesAt = Infinity;
    fate.againAt = Infinity;
    if (this.isLost(random)) return fate;
    const drawnMs = jitterMs > 0 ? random(jitterMs + 1) : 0;
    fate.arrivesAt = this.inTurn(fate.leftAt + latencyMs + drawnMs, random);
    if (happens(duplicatePerMille, random)) fate.againAt = fate.arrivesAt + 1 + random(LATE_MS);
    return fate;
  }

  /** A duty cycle asks for silence after whatever was said. */
  private speak(size: number, now: Millis, voice: Voice): Millis {
    const { bytesPerSecond } = this.conditions;
    if (bytesPerSecond === Infinity) {
      voice.airtimeMs += (size * 1000) / UNBOUND_BYTES_PER_S;
      return now;
    }
    const spokenMs = Math.ceil((size * 1000) / bytesPerSecond);
    const leftAt = Math.max(now, voice.busyUntil) + spokenMs;
    voice.airtimeMs += spokenMs;
    voice.busyUntil =
      leftAt + Math.ceil((spokenMs * (100 - voice.dutyPercent)) / voice.dutyPercent);
    return leftAt;
  }

  /** A link keeps the order of what it carries, unless its conditions say otherwise. */
  private inTurn(at: Millis, random: Random): Millis {
    if (happens(this.conditions.reorderPerMille, random)) return at + 1 + random(LATE_MS);
    this.lastAt = Math.max(this.lastAt, at);
    return this.lastAt;
  }

  private isLost(random: Random): boolean {
    const { lossPerMille, bursts } = this.conditions;
    const isLost = happens(lossPerMille, random);
    if (bursts === null) return isLost;
    const turns = this.isInBurst ? bursts.leavePerMille : bursts.enterPerMille;
    if (happens(turns, random)) this.isInBurst = !this.isInBurst;
    return (this.isInBurst && happens(bursts.lossPerMille, random)) || isLost;
  }
}

/** Draws only where there is something to decide. */
function happens(perMille: number, random: Random): boolean {
  return perMille > 0 && random(1000) < perMille;
}
