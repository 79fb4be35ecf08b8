/**
 * Public message (0x02): the text and nothing else (WIRE §6). It carries no id; everyone works out
 * the same one from what was signed.
 */
import type { Crypto } from '../trust/crypto.ts';
import type { Decoded } from './decoded.ts';
import { toHex } from './hex.ts';
import { decodeText, encodeText } from './text.ts';

export function decodeMessage(bytes: Uint8Array): Decoded<string, 'bad-text'> {
  const text = decodeText(bytes);
  return text === null ? { ok: false, reason: 'bad-text' } : { ok: true, value: text };
}

export function encodeMessage(text: string): Uint8Array {
  return encodeText(text);
}

/** The stable id: 32 hex digits, alike on every node that has the packet. */
export function messageId(
  crypto: Pick<Crypto, 'sha256'>,
  sender: Uint8Array,
  timestamp: number,
  text: string,
): string {
  const named = `${toHex(sender)}|${timestamp}|${trimAsApple(text)}`;
  return toHex(crypto.sha256(encodeText(named)).slice(0, 16));
}

/**
 * What Apple's `whitespacesAndNewlines` takes off both ends. JavaScript's own trim leaves U+0085 and
 * U+200B, and takes U+FEFF, which Apple leaves.
 */
function trimAsApple(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isApplesSpace(text.charCodeAt(from))) from++;
  while (from < to && isApplesSpace(text.charCodeAt(to - 1))) to--;
  return text.substring(from, to);
}

function isApplesSpace(code: number): boolean {
  return (
    (code >= 0x09 && code <= 0x0d) ||
    (code >= 0x2000 && code <= 0x200b) ||
    SINGLE_SPACES.includes(code)
  );
}

const SINGLE_SPACES = [0x20, 0x85, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000];
