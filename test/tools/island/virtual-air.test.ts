/**
 * A place on a virtual island, taken by a station with its hardware as a real one has it; only time is
 * quicker.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { SystemClock } from '../../../device/pi/clock.ts';
import { systemClock } from '../../../device/pi/clock.ts';
import { nativeCrypto } from '../../../device/pi/crypto.ts';
import { Hardware } from '../../../device/pi/hardware.ts';
import { openLog } from '../../../device/pi/log.ts';
import { Tether } from '../../../device/pi/tether.ts';
import { crc32 } from '../../../protocol/core/crc32.ts';
import { Driver } from '../../../protocol/core/driver.ts';
import type { StationInput, StationOutput } from '../../../protocol/peer/contract.ts';
import { STATION_DEFAULTS } from '../../../protocol/peer/settings.ts';
import { Station } from '../../../protocol/peer/station.ts';
import { VirtualAir } from '../../../tools/island/virtual-air.ts';
import { HOME } from '../../../tools/simulate/scripts.ts';
import { person } from '../../protocol/trust/people.ts';
import { SEED, xorshift } from '../../seed.ts';
import { until } from '../../device/pi/relay-rig.ts';

const SPEED = 30;

let ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
});

describe('the radio of a virtual island', () => {
  it('is a radio to the hardware of a station, and finds it company', async () => {
    const { hardware, station, clock } = await visit();
    const names = (): string[] =>
      station
        .snapshot(clock.now())
        .peers.map(({ name }) => name)
        .sort();
    await until(() => names().length === HOME.length, 'everybody is known');
    expect(names()).toEqual(HOME.map(({ name }) => name).sort());
    expect(hardware.radioReport()).toMatchObject({ state: 'on', isAdvertising: true });
    // Nobody takes its addresses for those of devices.
    for (const { address } of hardware.neighbours()) expect(address).toMatch(/^virtual-\d$/);
    await until(() => hardware.isDrained, 'what was written has left');
  });

  it('has no console to open, and says nothing more once it is closed', async () => {
    const air = airOf();
    const events: string[] = [];
    const radio = await air.openRadio({ adapter: null, name: '' }, (event) =>
      events.push(event.kind),
    );
    radio.connect(1, 'virtual-0', 'uart');
    await until(() => events.includes('closed'), 'it is closed');
    radio.scan(true);
    await until(() => events.includes('sighted'), 'somebody is there');
    await radio.close();
    const before = events.length;
    await new Promise((resolve) => setTimeout(resolve, 5000 / SPEED));
    expect(events).toHaveLength(before);
  });
});

async function visit() {
  const clock = clockOf();
  const log = openLog('error', { write() {} }, null);
  const random = xorshift(SEED);
  const identity = person(1);
  const settings = { ...STATION_DEFAULTS, name: 'guest', wires: 0 };
  const air = airOf();
  const hardware = await Hardware.open(
    {
      name: 'guest',
      id: identity.id,
      frameMax: settings.frameMax,
      isOptional: false,
      radio: { isOn: true, adapter: null },
      serial: [],
      baud: 115_200,
      powerCycle: null,
    },
    {
      openRadio: air.openRadio,
      tether: (options, heard) => new Tether(options, heard),
      listSerial: async () => [],
      random,
      clock,
      log,
      overwhelmed: fail,
    },
  );
  const draw = (size: number): Uint8Array => Uint8Array.from({ length: size }, () => random(256));
  const ports = { crypto: nativeCrypto(), identity, random, draw, crc: crc32 };
  const station = new Station(settings, ports, clock.now());
  const driver = new Driver<StationInput, StationOutput>(station, clock, {
    commit() {},
    perform(output) {
      switch (output.kind) {
        case 'write':
        case 'connect':
        case 'disconnect':
        case 'advertise':
        case 'scan':
          hardware.perform(output);
      }
    },
    halted: fail,
  });
  driver.feed({ kind: 'clock', offsetMs: Date.now() - clock.now() });
  await hardware.start((input) => driver.feed(input));
  ends.push(() => hardware.close());
  return { hardware, station, clock };
}

function airOf(): VirtualAir {
  return new VirtualAir(HOME, 1, { crypto: nativeCrypto(), clock: clockOf(), broken: fail });
}

function clockOf(): SystemClock {
  const clock = systemClock(SPEED);
  ends.push(() => clock.stop());
  return clock;
}

function fail(cause: unknown): never {
  throw cause;
}
