/**
 * Limits: what connections may carry, each way and by the side that they are on (DEFAULTS §5): those of
 * our clients (local), and lines to other gateways (internet).
 */
import type { BudgetLimits } from '../../protocol/peer/budget.ts';
import type { TrunkLimits } from '../../protocol/peer/trunks.ts';

export type Interface = 'local' | 'internet';
export const INTERFACES: readonly Interface[] = ['local', 'internet'];

/** Mbit/s: what one connection may bring and take, and what all of them may, each way. */
export type SideLimits = { inMbps: number; outMbps: number; allMbps: number };
export type TrafficLimits = Record<Interface, SideLimits>;

export const TRAFFIC_LIMITS: TrafficLimits = {
  local: { inMbps: 0.25, outMbps: 10, allMbps: 10 },
  internet: { inMbps: 100, outMbps: 100, allMbps: 100 },
};

/** What a client brings at once, however little it may bring in a second. */
const CLIENT_BURST = 64 * 1024;

export function trunkLimitsOf({ local, internet }: TrafficLimits): Record<Interface, TrunkLimits> {
  const clientIn = { ...rateOf(local.inMbps), burstBytes: CLIENT_BURST };
  return {
    local: { ...limitsOf(local), inbound: { line: clientIn, all: rateOf(local.allMbps) } },
    internet: limitsOf(internet),
  };
}

function limitsOf({ inMbps, outMbps, allMbps }: SideLimits): TrunkLimits {
  return {
    inbound: { line: rateOf(inMbps), all: rateOf(allMbps) },
    outbound: { line: rateOf(outMbps), all: rateOf(allMbps) },
  };
}

/** Half a second of it may go at once. */
function rateOf(mbps: number): BudgetLimits {
  const bytesPerSecond = (mbps * 1e6) / 8;
  return { bytesPerSecond, burstBytes: bytesPerSecond / 2 };
}
