/**
 * Advertisement: what is said to everyone in range, in two packets of 31 bytes.
 *
 *   advertisement | 02 01 06 | 11 07, service of the phones 16 |
 *   scan response | 17 FF FF FF, field of a node 20 | name, as far as it goes |
 *
 * Phones look for a service, and in the background only in the first packet; so nodes, which can be
 * told to ask for the second, have their field there. It names a node, and no person (S26).
 */
import type { Advertisement, Service } from './radio.ts';

/** UUIDs as noble writes them: what we write to, and what notifies us. */
export type Gatt = { service: string; write: string; notify: string };

const PHONE = 'a1b2c3d4e5f64a5b8c9d0e1f2a3b4c5d';
const NODE = '93ae06e665df4194bed65406901e326f';

export const GATTS: Record<Service, Gatt> = {
  phone: { service: 'f47b5e2d4a9e4c5a9b3f8e1d2c3a4b5c', write: PHONE, notify: PHONE },
  node: { service: 'c432e246e8b24df994503a26001a4eb4', write: NODE, notify: NODE },
  uart: {
    service: '6e400001b5a3f393e0a9e50e24dcca9e',
    write: '6e400002b5a3f393e0a9e50e24dcca9e',
    notify: '6e400003b5a3f393e0a9e50e24dcca9e',
  },
};

/** Bytes of one advertising packet. */
const PACKET_SIZE = 31;
const GENERAL_LE_ONLY = 0x06;
const FLAGS = 0x01;
const SERVICES_128 = 0x07;
const NAME = 0x09;
const NAME_SHORTENED = 0x08;
const MANUFACTURER = 0xff;
/** The Bluetooth SIG's number for whoever has none; its bytes are the same both ways round. */
const COMPANY = [0xff, 0xff];
const MAGIC = 'HL';

export function encodeAdvertisement(shown: Advertisement): { data: Buffer; response: Buffer } {
  const uuid = Buffer.from(GATTS.phone.service, 'hex').reverse();
  const flags = field(FLAGS, Buffer.from([GENERAL_LE_ONLY]));
  const data = shown.isForPhones ? Buffer.concat([flags, field(SERVICES_128, uuid)]) : flags;
  const maker = field(MANUFACTURER, Buffer.concat([Buffer.from(COMPANY), shown.bytes]));
  const name = Buffer.from(shown.name);
  const room = PACKET_SIZE - maker.length - 2;
  const end = wholeCharacters(name, room);
  const named = end === name.length ? NAME : NAME_SHORTENED;
  const response = end > 0 ? [maker, field(named, name.subarray(0, end))] : [maker];
  return { data, response: Buffer.concat(response) };
}

function field(type: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([content.length + 1, type]), content]);
}

/** Where to cut UTF-8 so that at most `room` bytes and no half of a character are left. */
function wholeCharacters(text: Uint8Array, room: number): number {
  let end = Math.min(text.length, Math.max(0, room));
  while (end > 0 && (text[end] & 0xc0) === 0x80) end--;
  return end;
}

/** What noble tells of an advertisement, as far as we ask. */
export type Heard = { serviceUuids?: string[]; manufacturerData?: Buffer };

/** Null for who is none of ours. Whoever is both is a node. */
export function recognise(heard: Heard): { service: Service; bytes: Uint8Array } | null {
  const maker = heard.manufacturerData;
  if (maker !== undefined && maker.subarray(0, 4).equals(NODE_MARK)) {
    return { service: 'node', bytes: new Uint8Array(maker.subarray(COMPANY.length)) };
  }
  for (const service of ['phone', 'uart'] as const) {
    if (heard.serviceUuids?.includes(GATTS[service].service)) {
      return { service, bytes: new Uint8Array(0) };
    }
  }
  return null;
}

const NODE_MARK = Buffer.concat([Buffer.from(COMPANY), Buffer.from(MAGIC)]);
