/**
 * HCI: the bytes between a Bluetooth host and its controller, as far as LE needs them (Bluetooth
 * Core, volume 4, part E). Over a socket every packet begins with its kind, which is called H4.
 *
 *   command | 01 | opcode 2 | size 1 | parameters ...
 *   ACL     | 02 | handle 12 bits, flags 4 | size 2 | data ...
 *   event   | 04 | code 1 | size 1 | parameters ...
 */

export const COMMAND = 0x01;
export const ACL = 0x02;
export const EVENT = 0x04;

export const OPCODE = {
  DISCONNECT: 0x0406,
  SET_EVENT_MASK: 0x0c01,
  RESET: 0x0c03,
  READ_LE_HOST_SUPPORTED: 0x0c6c,
  WRITE_LE_HOST_SUPPORTED: 0x0c6d,
  READ_LOCAL_VERSION: 0x1001,
  READ_LOCAL_COMMANDS: 0x1002,
  READ_BUFFER_SIZE: 0x1005,
  READ_ADDRESS: 0x1009,
  READ_RSSI: 0x1405,
  LE_SET_EVENT_MASK: 0x2001,
  LE_READ_BUFFER_SIZE: 0x2002,
  LE_SET_RANDOM_ADDRESS: 0x2005,
  LE_SET_ADVERTISING_PARAMETERS: 0x2006,
  LE_SET_ADVERTISING_DATA: 0x2008,
  LE_SET_SCAN_RESPONSE: 0x2009,
  LE_SET_ADVERTISING: 0x200a,
  LE_SET_SCAN_PARAMETERS: 0x200b,
  LE_SET_SCAN: 0x200c,
  LE_CONNECT: 0x200d,
  LE_CONNECT_CANCEL: 0x200e,
  LE_UPDATE_CONNECTION: 0x2013,
} as const;

export const EVENT_CODE = {
  DISCONNECTED: 0x05,
  COMMAND_COMPLETE: 0x0e,
  COMMAND_STATUS: 0x0f,
  PACKETS_COMPLETED: 0x13,
  DATA_OVERFLOW: 0x1a,
  LE: 0x3e,
  /** Of the maker of this controller: the adapter was switched on (1) or off (0). */
  POWER: 0xff,
} as const;

export const LE_EVENT = { CONNECTED: 0x01, REPORT: 0x02, UPDATED: 0x03 } as const;

export const STATUS = {
  OK: 0x00,
  UNKNOWN_COMMAND: 0x01,
  UNKNOWN_CONNECTION: 0x02,
  TIMED_OUT: 0x08,
  DISALLOWED: 0x0c,
  INVALID: 0x12,
  ENDED_BY_PEER: 0x13,
  ENDED_BY_US: 0x16,
} as const;

/** Parts an H4 stream into packets, each with its kind in front. Holds less than one packet. */
export class H4Reader {
  private held = Buffer.alloc(0);

  /** Null once the stream makes no sense: there is nothing in it to start again from. */
  feed(bytes: Buffer): Buffer[] | null {
    let rest = this.held.length === 0 ? bytes : Buffer.concat([this.held, bytes]);
    const packets: Buffer[] = [];
    for (;;) {
      const size = sizeOf(rest);
      if (size < 0) return null;
      if (size === 0 || rest.length < size) break;
      packets.push(rest.subarray(0, size));
      rest = rest.subarray(size);
    }
    this.held = Buffer.from(rest);
    return packets;
  }
}

/** Bytes of the packet that begins here; 0 while its head is not whole, -1 if it is none. */
function sizeOf(bytes: Buffer): number {
  switch (bytes[0]) {
    case undefined:
      return 0;
    case COMMAND:
      return bytes.length < 4 ? 0 : 4 + bytes[3];
    case ACL:
      return bytes.length < 5 ? 0 : 5 + bytes.readUInt16LE(3);
    case EVENT:
      return bytes.length < 3 ? 0 : 3 + bytes[2];
    default:
      return -1;
  }
}

export function event(code: number, parameters: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([EVENT, code, parameters.length]), parameters]);
}

export function leEvent(code: number, parameters: Uint8Array): Buffer {
  return event(EVENT_CODE.LE, Buffer.concat([Buffer.from([code]), parameters]));
}

/** Little-endian 16-bit numbers, one after the other. */
export function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, at) => bytes.writeUInt16LE(value, at * 2));
  return bytes;
}

export function octets(...values: number[]): Buffer {
  return Buffer.from(values.map((value) => value & 0xff));
}

/** On the wire an address is the other way round. */
export function addressBytes(text: string): Buffer {
  return Buffer.from(text.replaceAll(':', ''), 'hex').reverse();
}

export function addressText(bytes: Uint8Array): string {
  return [...bytes]
    .reverse()
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join(':');
}
