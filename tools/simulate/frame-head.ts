/**
 * Frame head: what can be told of a packet by the write that it begins in, without waiting for the rest:
 * its type, its TTL, and a number that names it whatever its TTL is.
 */
import { FLAGS_AT, HAS_RECIPIENT, ID_SIZE, TTL_AT } from '../../protocol/core/packet.ts';

/** Bytes that name a packet: header, recipient, and the place of a fragment among others. */
const NAMED = 40;
/** A first byte that says: the way this came lies before the packet (WIRE §27). */
const HISTORY = 0x27;

export type FrameHead = {
  type: number;
  ttl: number;
  name: number;
  bytes: Uint8Array;
  isCut: boolean;
};

/** In place of a type, where the way before a packet filled the write. */
export const ANY_TYPE = -1;
const UNSEEN: FrameHead = {
  type: ANY_TYPE,
  ttl: 255,
  name: 0,
  bytes: new Uint8Array(0),
  isCut: true,
};

/** The head of a block is looked for this far: behind the way of 16 nodes. */
const LOOKED_AT = 1 + 2 + 16 * ID_SIZE + NAMED;

/** Null where no packet begins; `isCut`: not all that names it lies in this write. */
export function headOf(write: Uint8Array, isWire: boolean): FrameHead | null {
  if (isWire) return headAt(unstuffed(write), 1);
  return (write[0] & 0x80) === 0 ? null : headAt(write, 1);
}

function headAt(bytes: Uint8Array, from: number): FrameHead | null {
  const at = bytes[from] === HISTORY ? from + 2 + bytes[from + 1] * 8 : from;
  if (at + TTL_AT >= bytes.length) return at === from ? null : UNSEEN;
  const size = Math.min(NAMED, sizeAt(bytes, at));
  const head = bytes.subarray(at, at + size);
  const isCut = head.length < size;
  return { type: head[1], ttl: head[TTL_AT], name: nameOf(head), bytes: head, isCut };
}

/** Without signature and padding: over a wire a checksum would follow, and be taken for a part of it. */
function sizeAt(bytes: Uint8Array, at: number): number {
  const isLong = bytes[at] === 2;
  const length = (bytes[at + (isLong ? 14 : 12)] << 8) | bytes[at + (isLong ? 15 : 13)];
  const recipient = bytes[at + FLAGS_AT] & HAS_RECIPIENT ? ID_SIZE : 0;
  return (isLong ? 16 : 14) + ID_SIZE + recipient + length;
}

/** The beginning of a block, as it was before zeros were taken out of it (WIRE §22). */
function unstuffed(block: Uint8Array): Uint8Array {
  const out = new Uint8Array(LOOKED_AT + 260);
  let size = 0;
  for (let at = 1; at < block.length && block[at] !== 0 && size <= LOOKED_AT;) {
    const run = block[at];
    out.set(block.subarray(at + 1, at + run), size);
    size += run - 1;
    // After a full run there was no zero.
    if (run < 255) size++;
    at += run;
  }
  return out.subarray(0, size);
}

/** 53 bits: of the packets of one run no two will share it. */
function nameOf(head: Uint8Array): number {
  let low = 0x811c9dc5;
  let high = 0x1b873593;
  for (let at = 0; at < head.length; at++) {
    // Both change on the way.
    if (at === TTL_AT || at === FLAGS_AT) continue;
    low = Math.imul(low ^ head[at], 0x01000193);
    high = Math.imul(high ^ head[at] ^ (low >>> 15), 0x85ebca6b);
  }
  return (low >>> 0) * 2_097_152 + (high >>> 11);
}

/** Where its sender's id begins, which depends on the version. */
export function senderAt({ bytes }: FrameHead): number {
  return bytes[0] === 2 ? 16 : 14;
}
