/**
 * Capture: the packets of a pcapng file, as `hopline monitor --out` writes them. What is not ours in a
 * capture is passed over; what is no capture is refused with the place where it stops being one.
 */
import { HoplineError } from '../../protocol/errors.ts';

export type CapturedFrame = { unixMs: number; way: 'heard' | 'sent'; frame: Uint8Array };

const SECTION = 0x0a0d0d0a;
const INTERFACE = 1;
const PACKET = 6;
const BYTE_ORDER = 0x1a2b3c4d;
/** LINKTYPE_USER0, as our captures have it. */
const LINK_TYPE = 147;
const FLAGS = 2;
const SENT = 2;
/** Blocks of fewer bytes than their own frame do not exist. */
const BLOCK_MIN = 12;

type Block = { at: number; type: number; view: DataView; bytes: Uint8Array };

export function readCapture(path: string, bytes: Uint8Array): CapturedFrame[] {
  const refuse = (what: string): never => {
    throw new HoplineError('FILE_UNREADABLE', `${path}: ${what}`);
  };
  const frames: CapturedFrame[] = [];
  let isOurs: boolean[] = [];
  let little = true;
  for (let at = 0; at < bytes.length;) {
    const all = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const isShort = bytes.length - at < BLOCK_MIN;
    if (isShort && at > 0) refuse(`it is cut off at byte ${at}`);
    const type = isShort ? 0 : all.getUint32(at, little);
    if (type === SECTION) {
      little = all.getUint32(at + 8, true) === BYTE_ORDER;
      isOurs = [];
    } else if (at === 0) refuse('it is no pcapng capture; hopline monitor --out writes one');
    const length = all.getUint32(at + 4, little);
    if (length < BLOCK_MIN || length % 4 !== 0)
      refuse(`the block at byte ${at} has no such length`);
    if (at + length > bytes.length) refuse(`it is cut off at byte ${at}`);
    const view = new DataView(bytes.buffer, bytes.byteOffset + at + 8, length - BLOCK_MIN);
    const body = bytes.subarray(at + 8, at + length - 4);
    if (type === INTERFACE) isOurs.push(view.getUint16(0, little) === LINK_TYPE);
    if (type === PACKET) {
      const frame = packetOf({ at, type, view, bytes: body }, little);
      if (frame === null) refuse(`the packet at byte ${at} is longer than its block`);
      else if (isOurs[view.getUint32(0, little)]) frames.push(frame);
    }
    at += length;
  }
  if (frames.length === 0) refuse('there are no packets of ours in it');
  return frames;
}

function packetOf({ view, bytes }: Block, little: boolean): CapturedFrame | null {
  if (bytes.length < 20) return null;
  const micros = view.getUint32(4, little) * 2 ** 32 + view.getUint32(8, little);
  const size = view.getUint32(12, little);
  if (20 + size > bytes.length) return null;
  const frame = new Uint8Array(bytes.subarray(20, 20 + size));
  const flags = optionOf(view, 20 + Math.ceil(size / 4) * 4, little);
  return { unixMs: micros / 1000, way: (flags & 3) === SENT ? 'sent' : 'heard', frame };
}

/** The flags of a packet, or 0. */
function optionOf(view: DataView, from: number, little: boolean): number {
  for (let at = from; at + 4 <= view.byteLength;) {
    const code = view.getUint16(at, little);
    const size = view.getUint16(at + 2, little);
    if (code === 0) return 0;
    if (code === FLAGS && at + 8 <= view.byteLength) return view.getUint32(at + 4, little);
    at += 4 + Math.ceil(size / 4) * 4;
  }
  return 0;
}
