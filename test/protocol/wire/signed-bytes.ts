/**
 * Signed bytes: what the signature of a frame covers, signed or not; null where the bytes are no packet.
 */
import { FRAME_MAX, PacketView } from '../../../protocol/core/packet.ts';
import { signedBytesOf } from '../../../protocol/wire/packet.ts';

export function signedBytes(frame: Uint8Array): Uint8Array | null {
  const view = new PacketView();
  return view.read(frame, FRAME_MAX) === null ? signedBytesOf(view) : null;
}
