/**
 * Leave (0x03): a peer goes (WIRE §3). Most apps send nothing with it, some their nickname, and
 * Android takes what begins with `#` for leaving that channel only. There is no way to say it wrong.
 */
import type { Decoded } from './decoded.ts';
import { decodeText, encodeText } from './text.ts';

export type Leave = {
  /** With its `#`; null when the peer itself goes. */
  channel: string | null;
};

export function decodeLeave(bytes: Uint8Array): Decoded<Leave, never> {
  const text = decodeText(bytes);
  return { ok: true, value: { channel: text !== null && text.startsWith('#') ? text : null } };
}

export function encodeLeave(leave: Leave): Uint8Array {
  return encodeText(leave.channel ?? '');
}
