/**
 * Bluetooth: opens a Radio on one adapter of this machine, with noble for the links out and bleno for
 * the one in. Both are loaded when a radio is wanted and there is an adapter, since they end the
 * process where the kernel knows no Bluetooth.
 */
import { existsSync, readdirSync } from 'node:fs';
import { HoplineError } from '../../protocol/errors.ts';
import { Central, PATIENCE } from './ble-central.ts';
import type { Patience } from './ble-central.ts';
import { Peripheral } from './ble-peripheral.ts';
import type { BlenoInternals } from './bleno-guards.ts';
import type { Noble } from './noble-guards.ts';
import type { Radio, RadioEvent } from './radio.ts';
import { within } from './within.ts';

export type BluetoothOptions = {
  /** `hci0`, or null for the first there is. */
  adapter: string | null;
  /** What a device that connects may read as our name. */
  name: string;
  /** Where the kernel lists adapters. */
  adapters?: string;
  patience?: Partial<Patience>;
  /** Guards to do without, for tests of what they are good for. */
  without?: readonly string[];
};

/** Where the kernel lists adapters. */
const ADAPTERS = '/sys/class/bluetooth';
/** An adapter that says nothing for so long is not going to. */
const START_MAX_MS = 5_000;

/** One radio a process: both libraries are made for one. */
export async function openBluetooth(
  options: BluetoothOptions,
  hear: (event: RadioEvent) => void,
): Promise<Radio> {
  const adapter = findAdapter(options.adapter, options.adapters ?? ADAPTERS);
  const { noble, bleno } = await load(adapter, options.name);
  const patience = { ...PATIENCE, ...options.patience };
  const without = options.without ?? [];
  const central = new Central(noble, hear, patience, without);
  const peripheral = new Peripheral(bleno, hear, patience.adapterMs, without);
  await start(noble, bleno, adapter, (isOn) => {
    // What is gone is told before, what is there after.
    if (isOn) hear({ kind: 'power', isOn });
    central.power(isOn);
    peripheral.power(isOn);
    if (!isOn) hear({ kind: 'power', isOn });
  });
  return {
    connect: (link, address, service) => central.connect(link, address, service),
    disconnect: (link) => (link === 0 ? peripheral.disconnect() : central.disconnect(link)),
    write: (link, bytes) => (link === 0 ? peripheral.write(bytes) : central.write(link, bytes)),
    advertise: (what) => peripheral.advertise(what),
    scan: (isOn) => central.scan(isOn),
    async close() {
      await Promise.all([central.close(), peripheral.close()]);
    },
  };
}

/** The name of the adapter to use, once it is certain that there is one. */
function findAdapter(wanted: string | null, folder: string): string {
  const there = existsSync(folder)
    ? readdirSync(folder).filter((name) => /^hci\d+$/.test(name))
    : [];
  const [first] = there.sort();
  if (first === undefined) {
    const detail =
      process.platform === 'linux'
        ? `${folder} lists none; plug one in, or on a Raspberry Pi remove dtoverlay=disable-bt from the boot configuration`
        : 'Hopline uses Bluetooth on Linux only';
    throw new HoplineError('RADIO_MISSING', detail);
  }
  if (wanted === null || there.includes(wanted)) return wanted ?? first;
  throw new HoplineError('RADIO_MISSING', `${wanted}; there is ${there.join(', ')}`);
}

async function load(
  adapter: string,
  name: string,
): Promise<{ noble: Noble; bleno: BlenoInternals }> {
  const number = adapter.replace('hci', '');
  process.env['NOBLE_HCI_DEVICE_ID'] = number;
  process.env['BLENO_HCI_DEVICE_ID'] = number;
  // It would be the name of this computer.
  process.env['BLENO_DEVICE_NAME'] = name;
  // With it the exclusive channel is taken, over which no service is ever found.
  delete process.env['HCI_CHANNEL_USER'];
  // With it noble leaves questions of the other end unanswered; its links are its own without it.
  delete process.env['NOBLE_MULTI_ROLE'];
  try {
    const [noble, bleno] = await Promise.all([
      import('@abandonware/noble'),
      import('@abandonware/bleno'),
    ]);
    return {
      noble: noble.default as unknown as Noble,
      bleno: bleno.default as BlenoInternals,
    };
  } catch (cause) {
    const detail =
      'noble and bleno are not installed or do not load; ' +
      'install a C++ compiler and run npm install again';
    throw new HoplineError('RADIO_UNUSABLE', detail, { cause: cause as Error });
  }
}

/** Resolves once both know whether the adapter is on; from then on `power` is told of changes. */
async function start(
  noble: Noble,
  bleno: BlenoInternals,
  adapter: string,
  power: (isOn: boolean) => void,
): Promise<void> {
  let isOn: boolean | null = null;
  await within(
    START_MAX_MS,
    adapter,
    new Promise<void>((resolve, reject) => {
      const look = (): void => {
        const states = [noble.state, bleno.state as string];
        for (const state of states) if (state in REFUSED) reject(REFUSED[state](adapter));
        // Off as soon as one of them notices, on when both do.
        const now = states.includes('poweredOff')
          ? false
          : states.every((state) => state === 'poweredOn') || null;
        if (now === null || now === isOn) return;
        isOn = now;
        power(now);
        resolve();
      };
      noble.on('stateChange', look);
      bleno.on('stateChange', look);
    }),
  ).catch((cause: Error) => {
    if (cause instanceof HoplineError) throw cause;
    const detail = `${adapter} does not answer; try "sudo hciconfig ${adapter} reset"`;
    throw new HoplineError('RADIO_UNUSABLE', detail, { cause });
  });
  // Each ends the process on SIGINT; that is ours to do.
  for (const { _bindings } of [noble, bleno]) {
    process.removeListener('SIGINT', _bindings.onSigIntBinded);
  }
}

/** States that no waiting mends. */
const REFUSED: Record<string, (adapter: string) => HoplineError> = {
  unauthorized: (adapter) =>
    new HoplineError(
      'RADIO_DENIED',
      `${adapter}; this process needs the capability cap_net_raw, which "hopline relay install" gives its service`,
    ),
  unsupported: (adapter) =>
    new HoplineError('RADIO_UNUSABLE', `${adapter} knows no Bluetooth Low Energy; use another`),
};
