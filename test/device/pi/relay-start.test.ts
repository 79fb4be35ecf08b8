/**
 * A relay that cannot begin leaves nothing behind that goes on.
 */
import { expect, it, vi } from 'vitest';
import { defaultConfig } from '../../../device/pi/config.ts';
import { openLog } from '../../../device/pi/log.ts';
import { Relay } from '../../../device/pi/relay.ts';
import { thisMachine } from '../../../device/pi/this-machine.ts';
import { person } from '../../protocol/trust/people.ts';

it('stops its clock when its ports cannot be listed', async () => {
  const intervals = vi.spyOn(globalThis, 'setInterval');
  const cleared = vi.spyOn(globalThis, 'clearInterval');
  const config = defaultConfig({ env: {}, hostname: 'attic' });
  const starting = Relay.start(
    { ...config, radio: { isOn: false, adapter: null }, serial: 'auto' },
    { identity: person(1), pins: [], devices: [] },
    {
      ...thisMachine({}),
      listSerial: () => Promise.reject(new Error('no ports today')),
      log: openLog('error', { write() {} }, null),
      store() {},
      broken() {},
    },
  );
  await expect(starting).rejects.toThrow('no ports today');
  const begun = intervals.mock.results.map(({ value }) => value as unknown);
  const ended = cleared.mock.calls.map(([timer]) => timer as unknown);
  vi.restoreAllMocks();
  expect(begun.filter((timer) => !ended.includes(timer))).toEqual([]);
  expect(begun.length).toBeGreaterThan(0);
});
