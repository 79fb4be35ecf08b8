/**
 * Padding hides how long a frame is (WIRE §2). Each pad byte is the count of pad bytes, so a frame
 * more than 255 short of its block stays as it is: both phone apps do the same, and signatures
 * cover the padding (WIRE §4).
 *
 *   | frame | n | n | ... | n |      n = 1..255 bytes, up to a block of 256, 512, 1024 or 2048
 */
import type { Room } from '../core/framing.ts';
import { ENCRYPTED, HANDSHAKE } from '../core/packet.ts';

const BLOCKS = [256, 512, 1024, 2048];
const SCRATCH = BLOCKS.map((size) => new Uint8Array(size));
/** Room the phones keep free in a block for an authentication tag. */
const TAG_SIZE = 16;
/** One byte holds the count. */
const PADDING_MAX = 255;

/** The frame padded to its block, or the frame itself where the count would not fit. */
export function pad(frame: Uint8Array): Uint8Array {
  return paddedSize(frame.length) > frame.length
    ? paddedCopy(frame, frame.length, OWN_ROOM)
    : frame;
}

/** The same of the first `length` bytes, in bytes that `room` gives. */
export function paddedCopy(bytes: Uint8Array, length: number, room: Room): Uint8Array {
  const size = paddedSize(length);
  const padded = room(size);
  // All of them where they fit, since making a view of the first costs more than writing the rest.
  padded.set(bytes.length <= size ? bytes : bytes.subarray(0, length));
  return padded.fill(size - length, length);
}

/** Bytes of their own. */
export const OWN_ROOM: Room = (size) => new Uint8Array(size);

/**
 * The same bytes again and again, where a block is filled: for whoever is done with what lies there
 * before it is anybody else's turn.
 */
export const SCRATCH_ROOM: Room = (size) => {
  const block = BLOCKS.indexOf(size);
  return block < 0 ? new Uint8Array(size) : SCRATCH[block];
};

function paddedSize(length: number): number {
  for (const block of BLOCKS) {
    if (length + TAG_SIZE <= block) return block - length > PADDING_MAX ? length : block;
  }
  return length;
}

/** The frame as it goes on air: only Noise frames are padded there (WIRE §2). */
export function airFrame(frame: Uint8Array): Uint8Array {
  return frame[1] === HANDSHAKE || frame[1] === ENCRYPTED ? pad(frame) : frame;
}
