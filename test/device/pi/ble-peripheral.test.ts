/**
 * The link in, over a bleno that does as it is told: what of it the virtual radio does not show.
 */
import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { Peripheral } from '../../../device/pi/ble-peripheral.ts';
import type { BlenoInternals } from '../../../device/pi/bleno-guards.ts';

const GUARDS = ['foreign-links', 'one-central', 'late-packets', 'buffers', 'mtu', 'socket'];

it('waits for nothing any more once an advertisement is on the air', async () => {
  const bleno = new Bleno();
  const without = GUARDS.map((name) => `bleno-${name}`);
  const peripheral = new Peripheral(bleno as unknown as BlenoInternals, () => {}, 100, without);
  for (let shown = 1; shown <= 20; shown++) {
    const bytes = Uint8Array.of(shown);
    peripheral.advertise({ bytes, isConnectable: true, isForPhones: true, name: 'a' });
    await bleno.started();
  }
  expect(bleno.starts).toBe(20);
  expect(bleno.listenerCount('advertisingStartError')).toBeLessThanOrEqual(1);
});

class Bleno extends EventEmitter {
  state = 'poweredOn';
  starts = 0;
  readonly Characteristic = class {};
  readonly PrimaryService = class {};
  readonly _bindings = {
    _hci: Object.assign(new EventEmitter(), {
      onSocketData() {},
      queueAclDataPkt() {},
      _socket: { write: () => this.later(this._bindings._hci, 'leAdvertisingParametersSet') },
    }),
  };

  setServices(): void {}

  stopAdvertising(): void {
    this.later(this, 'advertisingStop');
  }

  startAdvertisingWithEIRData(): void {
    this.starts++;
    this.later(this, 'advertisingStart');
  }

  /** Whoever waits for it has heard it. */
  async started(): Promise<void> {
    const before = this.starts;
    while (this.starts === before) await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
  }

  private later(emitter: EventEmitter, event: string): void {
    queueMicrotask(() => emitter.emit(event));
  }
}
