/** The battery of this machine, as the kernel lists it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { batteryPercent } from '../../../device/pi/battery.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hopline-power-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it.each<[string, Record<string, Record<string, string>>, number | null]>([
  ['none', {}, null],
  ['mains alone', { AC: { type: 'Mains' } }, null],
  ['a battery', { AC: { type: 'Mains' }, BAT0: { type: 'Battery', capacity: '81' } }, 81],
  ['two', { BAT0: { type: 'Battery', capacity: '7' }, BAT1: { type: 'Battery', capacity: '100' } }, 100], // prettier-ignore
  ['that of a mouse', { m: { type: 'Battery', capacity: '55', scope: 'Device' } }, null],
  ['one that does not say', { BAT0: { type: 'Battery' } }, null],
  ['one that says nonsense', { BAT0: { type: 'Battery', capacity: '101' } }, null],
])('with %s', (_, supplies, percent) => {
  for (const [name, files] of Object.entries(supplies)) {
    mkdirSync(join(folder, name));
    for (const [what, text] of Object.entries(files)) {
      writeFileSync(join(folder, name, what), `${text}\n`);
    }
  }
  expect(batteryPercent(folder)).toBe(percent);
});

it('is none where there is no such list', () => {
  expect(batteryPercent(join(folder, 'nowhere'))).toBeNull();
});
