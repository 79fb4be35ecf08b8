/**
 * Targets: what a figure should reach, area by area of the overall score (DEFAULTS §6), and what each
 * area weighs in it. A figure scores the share of its target that it reaches, 100 at most.
 */

export type Target = {
  figure: string;
  /** As it is said; the figure's own unit. */
  unit: string;
} & ({ atLeast: number } | { atMost: number });

export type GradedArea = { name: string; weight: number; targets: Target[] };

/** What must be reached overall. */
export const OVERALL_TARGET = 80;

export const GRADED: GradedArea[] = [
  {
    name: 'network',
    weight: 0.25,
    targets: [
      // 50 Mbit/s.
      { figure: 'link.mb_per_s', atLeast: 6.25, unit: 'MB/s' },
      { figure: 'durable.p95_ms', atMost: 250, unit: 'ms' },
      { figure: 'mesh.delivery', atLeast: 99.9, unit: '%' },
      { figure: 'mesh.transmissions_vs_flood', atMost: 60, unit: '%' },
    ],
  },
  {
    name: 'consensus',
    weight: 0.2,
    targets: [{ figure: 'consensus.p95_ms', atMost: 500, unit: 'ms' }],
  },
  {
    name: 'crypto',
    weight: 0.15,
    targets: [
      { figure: 'crypto.signatures_per_s', atLeast: 1000, unit: 'signatures/s' },
      { figure: 'crypto.verifications_per_s', atLeast: 1000, unit: 'verifications/s' },
      { figure: 'crypto.hashes_per_s', atLeast: 100_000, unit: 'hashes/s' },
    ],
  },
  {
    name: 'memory',
    weight: 0.15,
    targets: [
      { figure: 'memory.used_percent', atMost: 80, unit: '%' },
      { figure: 'memory.gc_pause_p99_ms', atMost: 50, unit: 'ms' },
      { figure: 'memory.fragmentation_percent', atMost: 50, unit: '%' },
    ],
  },
  {
    name: 'game',
    weight: 0.15,
    targets: [{ figure: 'game.response_p95_ms', atMost: 100, unit: 'ms' }],
  },
  {
    name: 'system',
    weight: 0.1,
    targets: [
      { figure: 'system.cpu_percent', atMost: 80, unit: '%' },
      { figure: 'system.syncs_per_s', atLeast: 100, unit: 'syncs/s' },
      { figure: 'system.temperature_c', atMost: 80, unit: 'C' },
      { figure: 'system.battery_percent', atLeast: 20, unit: '%' },
    ],
  },
];

/** 0 to 100. A figure of nothing at all misses a floor altogether, and keeps any ceiling. */
export function scoreOf(target: Target, value: number): number {
  const reach = 'atLeast' in target ? value / target.atLeast : target.atMost / value;
  return 100 * Math.max(0, Math.min(1, Number.isNaN(reach) ? 1 : reach));
}
