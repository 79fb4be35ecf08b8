/**
 * The small areas give their figures, whatever the machine is busy with.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cryptoFigures } from '../../../tools/bench/crypto.ts';
import { area as light, lightLine } from '../../../tools/bench/light.ts';
import { memoryFigures } from '../../../tools/bench/memory.ts';
import { busyPercent, sensors } from '../../../tools/bench/system.ts';

it('crypto gives signatures, verifications and hashes a second', () => {
  const figures = cryptoFigures(1, 10);
  expect(figures.map(({ name }) => name)).toEqual([
    'crypto.signatures_per_s',
    'crypto.verifications_per_s',
    'crypto.hashes_per_s',
  ]);
  for (const { value } of figures) expect(value).toBeGreaterThan(0);
});

it('memory gives shares of what there is, and what a relay allocates', async () => {
  const figures = await memoryFigures(1, 300);
  const byName = new Map(figures.map((each) => [each.name, each]));
  for (const share of ['memory.used_percent', 'memory.fragmentation_percent']) {
    const value = (byName.get(share) as { value: number }).value;
    expect(value).toBeGreaterThan(0);
    expect(value).toBeLessThan(100);
  }
  expect(byName.get('memory.allocation_mb_per_s')).toMatchObject({ value: expect.any(Number) });
  expect(byName.has('memory.gc_pause_p99_ms')).toBe(true);
});

it('system gives a share of the cores', async () => {
  const { value } = await busyPercent(50);
  expect(value).toBeGreaterThanOrEqual(0);
  expect(value).toBeLessThanOrEqual(100);
});

it('system reads the warmest sensor and the fullest battery, past those that are asleep', () => {
  const sys = mkdtempSync(join(tmpdir(), 'hopline-sys-'));
  try {
    put('thermal/zone0/temp', '41000\n');
    put('thermal/zone1/temp', '62500\n');
    put('thermal/zone2/mode', 'disabled\n');
    put('power_supply/mains/online', '1\n');
    put('power_supply/BAT0/capacity', '77\n');
    expect(sensors(sys)).toMatchObject([{ value: 62.5 }, { value: 77 }]);
  } finally {
    rmSync(sys, { recursive: true });
  }

  function put(path: string, text: string): void {
    mkdirSync(join(sys, path, '..'), { recursive: true });
    writeFileSync(join(sys, path), text);
  }
});

it('system names a sensor and a battery that are not there', () => {
  expect(sensors(join(tmpdir(), 'nowhere at all'))).toMatchObject([
    { name: 'system.temperature_c', absent: 'no sensor that this system shows' },
    { name: 'system.battery_percent', absent: 'no battery' },
  ]);
});

it('light gives five figures in one line', async () => {
  const line = lightLine(await light.run(1, () => {}, false));
  expect(line).toMatch(
    /^system cpu percent \S+ · memory used percent \S+ · memory gc pause p99 ms \S+ · crypto signatures per s \S+ · crypto verifications per s \S+$/,
  );
});
