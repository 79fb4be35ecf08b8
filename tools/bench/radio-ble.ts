/**
 * Ble: packets over the virtual radio, by the core's links on the product's radio, beside the bare
 * libraries in the same run.
 */
import { fork } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HoplineError } from '../../protocol/errors.ts';
import { buildProgram, rootOf } from '../build/program.ts';
import type { Result } from './report.ts';

/** The virtual radio lives with the tests, and what measures it is run, not imported. */
const PROGRAM = 'test/ble/bench-main.ts';

type Round = { packetsPerS: number; latencies: number[] };
type Measured = { packetSize: number; bare: Round[]; one: Round[]; two: Round[] };

export async function bleRatio(progress: (line: string) => void): Promise<Result[]> {
  if (!existsSync(join(rootOf(), PROGRAM))) {
    throw new HoplineError('USAGE', `${PROGRAM}: radio is measured in a checkout of Hopline`);
  }
  const { packetSize, bare, one, two } = await measure(progress);
  const plain = figures(bare, packetSize);
  const oneHop = figures(one, packetSize);
  const twoHops = figures(two, packetSize);
  return [
    { name: 'ble.one_hop.ratio', value: oneHop.packetsPerS / plain.packetsPerS, unit: 'x' },
    ...named('ble.one_hop', oneHop, plain),
    ...named('ble.two_hop', twoHops, null),
  ];
}

async function measure(progress: (line: string) => void): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'hopline-bench-'));
  try {
    const child = fork(await buildProgram(PROGRAM, folder), {
      env: { ...process.env, HOPLINE_CHECKOUT: rootOf() },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    return await new Promise<Measured>((resolve, reject) => {
      child.on('message', (said: { kind: string; line: string } & Measured) => {
        if (said.kind === 'progress') progress(said.line);
        else resolve(said);
      });
      child.on('error', reject);
      child.on('close', (status) => {
        reject(new HoplineError('CHECKS_FAILED', `${PROGRAM} ended with status ${status}`));
      });
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Figures = { packetsPerS: number; mbPerS: number; p50: number; p95: number; p99: number };

/** The median of the rounds: the best would be luck, the mean somebody else's work. */
function figures(rounds: Round[], packetSize: number): Figures {
  const packetsPerS = quantile(
    rounds.map((round) => round.packetsPerS),
    0.5,
  );
  const latencies = rounds.flatMap((round) => round.latencies);
  return {
    packetsPerS,
    mbPerS: (packetsPerS * packetSize) / 1e6,
    p50: quantile(latencies, 0.5),
    p95: quantile(latencies, 0.95),
    p99: quantile(latencies, 0.99),
  };
}

function quantile(values: number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

const UNITS = [
  ['packets_per_s', 'packetsPerS', 'packets/s'],
  ['mb_per_s', 'mbPerS', 'MB/s'],
  ['p50_ms', 'p50', 'ms'],
  ['p95_ms', 'p95', 'ms'],
  ['p99_ms', 'p99', 'ms'],
] as const;

function named(prefix: string, is: Figures, baseline: Figures | null): Result[] {
  return UNITS.map(([name, key, unit]) => ({
    name: `${prefix}.${name}`,
    value: is[key],
    unit,
    ...(baseline === null ? {} : { baseline: baseline[key] }),
  }));
}
