/**
 * Text on the wire is UTF-8, whole or refused. A byte order mark is a character like any other, so
 * that the bytes come back as they were.
 */
const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const ENCODER = new TextEncoder();

/** Null where the bytes are not UTF-8. */
export function decodeText(bytes: Uint8Array): string | null {
  try {
    return DECODER.decode(bytes);
  } catch {
    return null;
  }
}

export function encodeText(text: string): Uint8Array {
  return ENCODER.encode(text);
}

/** Names that a person would take for the same are the same. */
export function foldName(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}
