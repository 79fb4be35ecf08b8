/**
 * Pcapng: packets as a capture file that Wireshark and others open. Pure: bytes in, blocks out. Each
 * link of the relay is an interface of its own, and what a packet is stands beside it as a comment.
 *
 *   section header | interface of link 0 | interface ... | packet | packet | ...
 *   block: | type 4 | length 4 | body, padded to 4 | length 4 |   little-endian
 */

const SECTION = 0x0a0d0d0a;
const INTERFACE = 1;
const PACKET = 6;
const BYTE_ORDER = 0x1a2b3c4d;
/** LINKTYPE_USER0: ours to say what it means, since no number is kept for this protocol. */
const LINK_TYPE = 147;
/** Longer frames do not exist. */
const SNAP_LENGTH = 0;

const END = 0;
const COMMENT = 1;
const APPLICATION = 4;
const NAME = 2;
const FLAGS = 2;

export type Captured = {
  /** As `interfaceBlock` numbered it: the first is 0. */
  at: number;
  unixMs: number;
  way: 'heard' | 'sent';
  frame: Uint8Array;
  comment: string;
};

export function sectionBlock(application: string): Uint8Array {
  const body = new Uint8Array(16);
  const view = new DataView(body.buffer);
  view.setUint32(0, BYTE_ORDER, true);
  view.setUint16(4, 1, true);
  // Of unknown length: it is written as it comes.
  view.setBigInt64(8, -1n, true);
  return block(SECTION, [body, option(APPLICATION, text(application)), option(END, NOTHING)]);
}

export function interfaceBlock(name: string): Uint8Array {
  const body = new Uint8Array(8);
  const view = new DataView(body.buffer);
  view.setUint16(0, LINK_TYPE, true);
  view.setUint32(4, SNAP_LENGTH, true);
  return block(INTERFACE, [body, option(NAME, text(name)), option(END, NOTHING)]);
}

export function packetBlock({ at, unixMs, way, frame, comment }: Captured): Uint8Array {
  const body = new Uint8Array(20);
  const view = new DataView(body.buffer);
  const micros = BigInt(Math.round(unixMs * 1000));
  view.setUint32(0, at, true);
  view.setUint32(4, Number(micros >> 32n), true);
  view.setUint32(8, Number(micros & 0xffffffffn), true);
  view.setUint32(12, frame.length, true);
  view.setUint32(16, frame.length, true);
  const direction = Uint8Array.of(way === 'heard' ? 1 : 2, 0, 0, 0);
  const options = [option(COMMENT, text(comment)), option(FLAGS, direction), option(END, NOTHING)];
  return block(PACKET, [body, padded(frame), ...options]);
}

const NOTHING = new Uint8Array(0);

function block(type: number, parts: Uint8Array[]): Uint8Array {
  const length = 12 + parts.reduce((sum, part) => sum + part.length, 0);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, length, true);
  let at = 8;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  view.setUint32(at, length, true);
  return bytes;
}

function option(code: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + padded(value).length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, code, true);
  view.setUint16(2, value.length, true);
  bytes.set(value, 4);
  return bytes;
}

function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  whole.set(bytes);
  return whole;
}

function text(words: string): Uint8Array {
  return new TextEncoder().encode(words);
}
