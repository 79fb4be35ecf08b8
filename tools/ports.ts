/**
 * Ports: what a person names to get at a board: the path of a serial port, or `ble:NAME` for one in
 * range of the radio.
 */
import { openBluetooth } from '../device/pi/bluetooth.ts';
import { BleLines } from '../device/pi/ble-lines.ts';
import type { Wanted } from '../device/pi/ble-lines.ts';
import { openSerial } from '../device/pi/serial.ts';
import type { SerialEvents, SerialLink } from '../device/pi/serial.ts';
import { HoplineError } from '../protocol/errors.ts';

const BLE = 'ble:';

/** There is one radio a process (see Bluetooth), opened when first wanted. */
let lines: Promise<BleLines> | null = null;

/** `wanted` matters over the radio only: a wire leads to whatever is there. */
export async function openPort(
  path: string,
  baud: number,
  events: SerialEvents,
  wanted: Wanted,
): Promise<SerialLink> {
  // As where a variable of a shell is not set; serialport would throw a fault of its own.
  if (path === '') {
    const detail = 'its name is empty; hopline flash --list shows those that are there';
    throw new HoplineError('PORT_MISSING', detail);
  }
  if (!path.startsWith(BLE)) return openSerial(path, baud, events);
  lines ??= startLines();
  return (await lines).open(path.slice(BLE.length), wanted, events);
}

/** Lets the radio go, or the process would not end. */
export async function releasePorts(): Promise<void> {
  const opened = await lines?.catch(() => null);
  await opened?.close();
  lines = null;
}

function startLines(): Promise<BleLines> {
  const options = { adapter: process.env['HOPLINE_ADAPTER'] ?? null, name: 'hopline' };
  const adapters = process.env['HOPLINE_ADAPTERS'];
  return BleLines.start((hear) =>
    openBluetooth(adapters === undefined ? options : { ...options, adapters }, hear),
  );
}
