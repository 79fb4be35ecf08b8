/** Hex: how ids are written for people, logs and some payloads. Lower case out, either case in. */
import { ID_SIZE } from '../core/packet.ts';

const DIGITS = Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));
/** Bytes that are written at once. */
const SPAN = 1024;

/**
 * In one piece: ids are kept by the thousand as keys of maps, and a text that was put together digit by
 * digit is kept as all of its pieces.
 */
export function toHex(bytes: Uint8Array): string {
  if (bytes.length <= SPAN) return spanOf(bytes);
  let text = '';
  for (let at = 0; at < bytes.length; at += SPAN) text += spanOf(bytes.subarray(at, at + SPAN));
  return text;
}

function spanOf(bytes: Uint8Array): string {
  const codes = new Array<number>(2 * bytes.length);
  for (let at = 0; at < bytes.length; at++) {
    codes[2 * at] = DIGITS[bytes[at] >> 4];
    codes[2 * at + 1] = DIGITS[bytes[at] & 15];
  }
  return String.fromCharCode.apply(null, codes);
}

/** Ids that lie one behind the other. */
export function idsInHex(ids: Uint8Array): string[] {
  const names: string[] = [];
  for (let at = 0; at < ids.length; at += ID_SIZE) {
    names.push(toHex(ids.subarray(at, at + ID_SIZE)));
  }
  return names;
}

/** Null where the text is not pairs of hex digits. */
export function fromHex(text: string): Uint8Array | null {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return null;
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = Number.parseInt(text.substring(i * 2, i * 2 + 2), 16);
  }
  return bytes;
}
