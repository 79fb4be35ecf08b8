/**
 * BLE lines: which of the boards in range is meant, on a radio that a test plays. How lines carry is
 * tested with whole commands (test/tools/commands/flash-ble.test.ts).
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BleLines } from '../../../device/pi/ble-lines.ts';
import type { Radio, RadioEvent } from '../../../device/pi/radio.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a board that is looked for by what it is called', () => {
  it('is found among any number of others', async () => {
    let tell: (event: RadioEvent) => void = () => {};
    const dialled: string[] = [];
    const radio: Radio = {
      scan() {},
      connect(link, address, service) {
        dialled.push(address);
        const opened = {
          kind: 'opened',
          link,
          service,
          address,
          payloadMax: 20,
          rssi: -60,
        } as const;
        queueMicrotask(() => tell(opened));
      },
      disconnect() {},
      write() {},
      advertise() {},
      async close() {},
    };
    const lines = await BleLines.start(async (hear) => {
      tell = hear;
      return radio;
    });
    const events = { received() {}, down() {} };
    const opening = lines.open('Puck.js b10c', 'console', events);
    const sight = (address: string, name: string): void => {
      tell({ kind: 'sighted', address, rssi: -60, service: 'uart', bytes: new Uint8Array(), name });
    };
    sight('c2:ba:be:01:00:00', 'Puck.js b10c');
    await vi.advanceTimersByTimeAsync(10);
    for (let at = 0; at < 50; at++) sight(`c2:ba:be:02:00:${at}`, `Puck.js ${at}`);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await opening.catch((failure: Error) => failure.message)).toMatchObject({
      path: 'ble:Puck.js b10c',
    });
    expect(dialled).toEqual(['c2:ba:be:01:00:00']);
  });
});
