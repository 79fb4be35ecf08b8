/**
 * Ble: the radio of a board. Link 0 is whoever connects to us, 1 and up those we connect to; each
 * write is one segment (WIRE §23), and the next leaves when the radio has taken the one before.
 */
import type { Millis } from '../../protocol/core/machine.ts';
import type { NodeInput } from '../../protocol/core/node.ts';
import { OUT_MAX, SEGMENT } from './board.ts';

const SERVICE = 'c432e246-e8b2-4df9-9450-3a26001a4eb4';
const CHARACTERISTIC = '93ae06e6-65df-4194-bed6-5406901e326f';
/** The Bluetooth SIG's number for whoever has none. */
const MANUFACTURER = 0xffff;
/** A notification tells nobody that it has left: at the shortest interval one leaves in so long. */
const NOTIFY_MS = 20;
const CONNECTION = { minInterval: 20, maxInterval: 50 };

type Feed = (input: NodeInput) => void;
/** By link out: whom it leads to, and what to write to. */
const gatts: (Gatt | null)[] = [];
const doors: (Characteristic | null)[] = [];
/** By link: what waits for the write that is out. The window of the link bounds it. */
const waiting: Uint8Array[][] = [];
const isBusy: boolean[] = [];
let feed: Feed;

function described(options: CharacteristicOptions): object {
  const characteristics: { [uuid: string]: object } = {};
  characteristics[CHARACTERISTIC] = options;
  const services: { [uuid: string]: object } = {};
  services[SERVICE] = characteristics;
  return services;
}

function bytesOf(buffer: ArrayBuffer): Uint8Array {
  return new Uint8Array(new Uint8Array(buffer));
}

/** With `console`, whoever connects may also speak to the console, if it lets them. */
export function startRadio(feeds: Feed, console: boolean): void {
  feed = feeds;
  for (let link = 0; link <= OUT_MAX; link++) {
    gatts.push(null);
    doors.push(null);
    waiting.push([]);
    isBusy.push(false);
  }
  const options = {
    maxLen: SEGMENT + 1,
    value: new Uint8Array(1),
    writable: true,
    writableWithoutResponse: true,
    notify: true,
    onWrite: (event: { data: ArrayBuffer }) =>
      feed({ kind: 'received', link: 0, bytes: bytesOf(event.data) }),
  };
  NRF.setServices(described(options), { uart: console });
  NRF.on('connect', () => feed({ kind: 'opened', link: 0, payloadMax: SEGMENT }));
  NRF.on('disconnect', () => closed(0));
}

export function advertise(bytes: Uint8Array, connectable: boolean, everyMs: Millis): void {
  NRF.setAdvertising(
    {},
    {
      showName: false,
      connectable: connectable,
      whenConnected: true,
      interval: everyMs,
      manufacturer: MANUFACTURER,
      manufacturerData: bytes,
    },
  );
}

export function scan(on: boolean): void {
  if (!on) return NRF.setScan(false);
  NRF.setScan(
    (advertised) => {
      const bytes = advertised.manufacturerData;
      if (!bytes || advertised.manufacturer !== MANUFACTURER) return;
      feed({
        kind: 'sighted',
        address: advertised.id,
        rssi: advertised.rssi,
        bytes: bytesOf(bytes),
      });
    },
    // The field of a node that serves phones is in its scan response.
    { filters: [{ manufacturerData: { 0xffff: {} } }], active: true },
  );
}

export function connect(link: number, address: string): void {
  NRF.connect(address, CONNECTION)
    .then((gatt) => {
      gatts[link] = gatt;
      gatt.device.on('gattserverdisconnected', () => closed(link));
      return gatt.getPrimaryService(SERVICE);
    })
    .then((service) => service.getCharacteristic(CHARACTERISTIC))
    .then((door) => {
      doors[link] = door;
      door.on('characteristicvaluechanged', (event) =>
        feed({ kind: 'received', link: link, bytes: bytesOf(event.target.value.buffer) }),
      );
      return door.startNotifications();
    })
    .then(() => feed({ kind: 'opened', link: link, payloadMax: SEGMENT }))
    .catch(() => disconnect(link));
}

/** Answered by `closed`, whatever state the link is in. */
export function disconnect(link: number): void {
  if (link === 0) return NRF.disconnect();
  const gatt = gatts[link];
  if (gatt === null) closed(link);
  else gatt.disconnect().catch(() => closed(link));
}

export function write(link: number, bytes: Uint8Array): void {
  waiting[link].push(bytes);
  if (!isBusy[link]) next(link);
}

function next(link: number): void {
  const bytes = waiting[link].shift();
  isBusy[link] = bytes !== undefined;
  if (bytes === undefined) return;
  const door = doors[link];
  if (link === 0) {
    NRF.updateServices(described({ value: bytes, notify: true }));
    setTimeout(() => sent(link), NOTIFY_MS);
  } else if (door !== null) {
    door
      .writeValue(bytes)
      .then(() => sent(link))
      .catch(() => disconnect(link));
  }
}

function sent(link: number): void {
  // The link may have gone, and what waited with it.
  if (!isBusy[link]) return;
  feed({ kind: 'sent', link: link });
  next(link);
}

function closed(link: number): void {
  gatts[link] = null;
  doors[link] = null;
  waiting[link] = [];
  isBusy[link] = false;
  feed({ kind: 'closed', link: link });
}
