/**
 * System: the machine under all of it. How busy it is without us, what its disk writes and syncs, how
 * warm it is, and how long its battery lasts, where it has one.
 */
import * as fs from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { BenchArea } from './area.ts';
import { syncsPerSecond } from './bridge-store.ts';
import type { Missing, Result } from './report.ts';
import { perSecond } from './stopwatch.ts';

const MEASURED_MS = 1000;
const BLOCK = 1 << 20;
/** Written before it is begun anew, so that little room is needed. */
const BLOCKS = 64;
const SYS = '/sys/class';

export const area: BenchArea = {
  name: 'system',
  summary: 'how busy this machine is, its disk, its temperature and its battery',
  takes: 'seconds',

  async run(_seed, progress) {
    progress('what others do');
    const busy = await busyPercent(MEASURED_MS);
    progress('the disk');
    return [busy, ...disk(), ...sensors(SYS)];
  },
};

/** The share of all cores that others took, while we waited. */
export async function busyPercent(forMs: number): Promise<Result> {
  const before = ticks();
  await wait(forMs);
  const after = ticks();
  const all = after.all - before.all;
  const value = all > 0 ? 100 * (1 - (after.idle - before.idle) / all) : 0;
  return { name: 'system.cpu_percent', value, unit: '% of all cores, before we began' };
}

function ticks(): { all: number; idle: number } {
  const spent = cpus().map(({ times }) => times);
  const idle = spent.reduce((sum, times) => sum + times.idle, 0);
  return { idle, all: spent.flatMap(Object.values<number>).reduce((sum, part) => sum + part, 0) };
}

function disk(): Result[] {
  const home = fs.mkdtempSync(join(tmpdir(), 'hopline-bench-'));
  try {
    const { bavail, bsize } = fs.statfsSync(home);
    return [
      { name: 'system.disk_mb_per_s', value: written(join(home, 'blocks')), unit: 'MB/s written' },
      { name: 'system.syncs_per_s', value: syncsPerSecond(join(home, 'bare')), unit: 'syncs/s' },
      { name: 'system.disk_free_mb', value: (bavail * bsize) / 1e6, unit: 'MB free' },
    ];
  } finally {
    fs.rmSync(home, { recursive: true, force: true });
  }
}

/** Megabytes a second, each on the disk before the next. */
function written(path: string): number {
  const file = fs.openSync(path, 'w');
  try {
    const block = Buffer.alloc(BLOCK, 1);
    let count = 0;
    const write = (): void => {
      fs.writeSync(file, block, 0, BLOCK, (count++ % BLOCKS) * BLOCK);
      fs.fdatasyncSync(file);
    };
    return (perSecond(write, MEASURED_MS) * BLOCK) / 1e6;
  } finally {
    fs.closeSync(file);
  }
}

/** The warmest sensor and the fullest battery that `sys` knows; what is not there is named. */
export function sensors(sys: string): (Result | Missing)[] {
  const warmest = most(sys, 'thermal', 'temp');
  const fullest = most(sys, 'power_supply', 'capacity');
  return [
    warmest === null
      ? { name: 'system.temperature_c', unit: 'C', absent: 'no sensor that this system shows' }
      : { name: 'system.temperature_c', value: warmest / 1000, unit: 'C at the warmest sensor' },
    fullest === null
      ? { name: 'system.battery_percent', unit: '%', absent: 'no battery' }
      : { name: 'system.battery_percent', value: fullest, unit: '% of a full battery' },
  ];
}

function most(sys: string, sort: string, file: string): number | null {
  const folder = join(sys, sort);
  const parts = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  const values = parts.map((part) => read(join(folder, part, file))).filter(Number.isFinite);
  return values.length > 0 ? Math.max(...values) : null;
}

/** NaN where there is no number to be read: a sensor may be asleep. */
function read(path: string): number {
  try {
    return Number.parseInt(fs.readFileSync(path, 'utf8'), 10);
  } catch {
    return NaN;
  }
}
