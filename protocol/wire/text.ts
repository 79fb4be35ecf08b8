/**
 * Text on the wire is UTF-8, whole or refused. A byte order mark is a character like any other, so
 * that the bytes come back as they were.
 */
import { printable } from '../printable.ts';

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** Bytes that need no decoder, where all are ASCII. */
const SHORT = 64;
const ENCODER = new TextEncoder();

/** Null where the bytes are not UTF-8. */
export function decodeText(bytes: Uint8Array): string | null {
  if (bytes.length <= SHORT && isAscii(bytes, 0, bytes.length)) {
    return String.fromCharCode.apply(null, bytes as unknown as number[]);
  }
  try {
    return DECODER.decode(bytes);
  } catch {
    return null;
  }
}

/** Whether those bytes are UTF-8: what `decodeText` would take. */
export function isText(bytes: Uint8Array, at: number, length: number): boolean {
  return isAscii(bytes, at, length) || decodeText(bytes.subarray(at, at + length)) !== null;
}

/** What most names are, which a decoder takes ten times as long for. */
function isAscii(bytes: Uint8Array, at: number, length: number): boolean {
  for (let i = at; i < at + length; i++) if (bytes[i] > 0x7f) return false;
  return true;
}

export function encodeText(text: string): Uint8Array {
  return ENCODER.encode(text);
}

/** Names that a person would take for the same, as they are printed, are the same. */
export function foldName(name: string): string {
  return printable(name).trim().normalize('NFKC').toLowerCase();
}
