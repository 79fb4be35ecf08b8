/** The battery, as a bridge tells the mesh of it: by its settings, and when it has changed by enough. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readYaml } from '../../../device/pi/yaml-file.ts';
import { readDaemonConfig } from '../../../host/config.ts';
import { Battery, BATTERY_EVERY_MS } from '../../../host/daemon/battery.ts';
import { bridgeSettingsOf } from '../../../host/daemon/bridge-config.ts';

describe('a battery', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is told of at first, and again when it has changed by five percent, or came or went', () => {
    let percent: number | null = 80;
    const told: (number | null)[] = [];
    const battery = new Battery(
      () => percent,
      () => told.push(battery.percent),
    );
    expect(battery.percent).toBe(80);
    battery.start();
    for (percent of [76, 75, 71, 79, 80, null, null, 80, 80]) {
      vi.advanceTimersByTime(BATTERY_EVERY_MS);
    }
    expect(told).toEqual([75, 80, null, 80]);
    battery.stop();
    percent = 1;
    vi.advanceTimersByTime(10 * BATTERY_EVERY_MS);
    expect(told).toHaveLength(4);
  });
});

it.each([
  ['auto', 33, 33],
  ['auto', null, null],
  ['mains', 33, null],
  ['40', 33, 40],
  ['0', null, 0],
])('as the settings have it: %s, where the machine says %s', (energy, machine, told) => {
  const section = readYaml('bridge.yaml', `routing: { energy: ${energy} }`);
  const config = readDaemonConfig(section, { env: {}, hostname: 'bridge' });
  expect(bridgeSettingsOf(config, machine).routing.energyPercent).toBe(told);
});
