/**
 * Links out, over a noble that does as it is told: what of them the virtual radio does not show.
 */
import { EventEmitter } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { GATTS } from '../../../device/pi/ble-advertisement.ts';
import { Central } from '../../../device/pi/ble-central.ts';
import type { Noble } from '../../../device/pi/noble-guards.ts';
import type { RadioEvent } from '../../../device/pi/radio.ts';

const GUARDS = ['mtu', 'buffers', 'memory', 'power', 'socket', 'console'];
const [SILENT, THERE] = ['00:00:00:00:00:01', '00:00:00:00:00:02'];

it('has a link under a number that was dialled when the adapter went, and is dialled again', async () => {
  const heard: RadioEvent[] = [];
  const without = GUARDS.map((name) => `noble-${name}`);
  const patience = { dialMs: 1000, askMs: 1000, adapterMs: 50 };
  const noble = new FakeNoble() as unknown as Noble;
  const central = new Central(noble, (event) => heard.push(event), patience, without);
  central.connect(1, SILENT, 'node');
  await wait(10);
  central.power(false);
  central.power(true);
  central.connect(1, THERE, 'node');
  await wait(200);
  const ofLink = (): string[] => heard.map(({ kind }) => kind);
  expect(ofLink().at(-1)).toBe('opened');
  central.disconnect(1);
  await wait(10);
  expect(heard.at(-1)).toMatchObject({ kind: 'closed', why: 'we ended it' });
});

class FakeNoble extends EventEmitter {
  state = 'poweredOn';
  readonly _bindings = Object.assign(new EventEmitter(), {
    _hci: { writeAclDataPkt() {}, onSocketData() {} },
    _handles: { '000000000001': 1, '000000000002': 2 },
    _pendingConnectionUuid: null,
  });
  readonly _peripherals = {
    '000000000001': new FakePeripheral(false),
    '000000000002': new FakePeripheral(true),
  };

  startScanningAsync(): Promise<void> {
    return Promise.resolve();
  }

  stopScanningAsync(): Promise<void> {
    return Promise.resolve();
  }
}

class FakePeripheral extends EventEmitter {
  state = 'disconnected';
  mtu = 100;
  rssi = -50;
  services = [];
  private readonly answers: boolean;

  constructor(answers: boolean) {
    super();
    this.answers = answers;
  }

  connectAsync(): Promise<void> {
    this.state = this.answers ? 'connected' : 'connecting';
    return this.answers ? Promise.resolve() : new Promise(() => {});
  }

  cancelConnect(): void {}

  disconnectAsync(): Promise<void> {
    this.state = 'disconnected';
    return Promise.resolve();
  }

  discoverSomeServicesAndCharacteristicsAsync(): Promise<unknown> {
    const characteristic = Object.assign(new EventEmitter(), {
      uuid: GATTS.node.write,
      subscribeAsync: () => Promise.resolve(),
    });
    return Promise.resolve({ characteristics: [characteristic] });
  }
}
