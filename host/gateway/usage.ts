/**
 * Usage: what lines carry, second by second, for the last hour: those of clients (local) and those to
 * other gateways (internet), each by the busier of its two directions. It warns when a limit is reached.
 */
import type { Millis } from '../../protocol/core/machine.ts';

/** Samples kept, of a second each; then the oldest goes. */
export const SAMPLES_MAX = 3600;
export const SAMPLE_EVERY_MS = 1000;
/** A limit is told of once in this time, however often it is reached. */
export const WARN_EVERY_MS = 60_000;
/** So much of a limit is taken for all of it: what comes in a second is never even. */
const NEARLY = 0.9;

export type Interface = 'local' | 'internet';
/** Bytes so far, and how often a line was not read on because of its share or the limit of all. */
export type Traffic = { received: number; sent: number; holds: number };
/** `share` is what one line may bring, `all` what all of them may. */
export type UsageLimits = Record<Interface, { shareMbps: number; allMbps: number }>;
export type UsageView = {
  localMbps: number;
  internetMbps: number;
  localLimitMbps: number;
  internetLimitMbps: number;
  /** The oldest first, one a second. */
  samples: { localMbps: number[]; internetMbps: number[] };
};
export type Warning = { kind: 'BandwidthLimit'; side: Interface; limitMbps: number };

const SIDES: readonly Interface[] = ['local', 'internet'];

export class Usage {
  private readonly limits: UsageLimits;
  private readonly samples = { local: ring(), internet: ring() };
  private readonly before: Record<Interface, Traffic> = { local: nothing(), internet: nothing() };
  private readonly warnedAt: Record<Interface, Millis> = { local: -Infinity, internet: -Infinity };
  private count = 0;
  private sampledAt: Millis;

  constructor(limits: UsageLimits, now: Millis) {
    this.limits = limits;
    this.sampledAt = now;
  }

  deadline(): Millis {
    return this.sampledAt + SAMPLE_EVERY_MS;
  }

  /** Takes a sample when it is time; seconds that were slept through are alike. */
  look(traffic: Record<Interface, Traffic>, now: Millis): Warning[] {
    const seconds = Math.floor((now - this.sampledAt) / SAMPLE_EVERY_MS);
    if (seconds < 1) return [];
    const warnings: Warning[] = [];
    for (const side of SIDES) {
      const { received, sent, holds } = traffic[side];
      const last = this.before[side];
      const bytes = Math.max(received - last.received, sent - last.sent);
      const mbps = (bytes * 8) / 1e6 / seconds;
      for (let at = 0; at < Math.min(seconds, SAMPLES_MAX); at++) {
        this.samples[side][(this.count + at) % SAMPLES_MAX] = mbps;
      }
      const limitMbps = this.reached(side, mbps, holds > last.holds);
      this.before[side] = { received, sent, holds };
      if (limitMbps === null || now - this.warnedAt[side] < WARN_EVERY_MS) continue;
      this.warnedAt[side] = now;
      warnings.push({ kind: 'BandwidthLimit', side, limitMbps });
    }
    this.count += Math.min(seconds, SAMPLES_MAX);
    this.sampledAt += seconds * SAMPLE_EVERY_MS;
    return warnings;
  }

  view(): UsageView {
    const { local, internet } = this.limits;
    const samples = { localMbps: this.listed('local'), internetMbps: this.listed('internet') };
    return {
      localMbps: samples.localMbps.at(-1) ?? 0,
      internetMbps: samples.internetMbps.at(-1) ?? 0,
      localLimitMbps: local.allMbps,
      internetLimitMbps: internet.allMbps,
      samples,
    };
  }

  /** The limit that was reached in these seconds; null for none. */
  private reached(side: Interface, mbps: number, isHeld: boolean): number | null {
    const { shareMbps, allMbps } = this.limits[side];
    if (mbps >= allMbps * NEARLY) return allMbps;
    return isHeld ? shareMbps : null;
  }

  private listed(side: Interface): number[] {
    const first = Math.max(0, this.count - SAMPLES_MAX);
    const ring = this.samples[side];
    return Array.from({ length: this.count - first }, (_, at) => {
      return Math.round(ring[(first + at) % SAMPLES_MAX] * 1000) / 1000;
    });
  }
}

function ring(): Float32Array {
  return new Float32Array(SAMPLES_MAX);
}

function nothing(): Traffic {
  return { received: 0, sent: 0, holds: 0 };
}
