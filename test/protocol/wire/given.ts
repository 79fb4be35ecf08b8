/** Givens shared by the tests of this room: bytes written as hex, and arbitrary bytes and texts. */
import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';

/** Bytes from hex; spaces are for the reader. */
export function hex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));
}

/** As many bytes of one value. */
export function filled(count: number, value: number): Uint8Array {
  return new Uint8Array(count).fill(value);
}

export function join(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** The two primitives this room asks for, from Node. */
export const hashes = {
  sha256: (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest()),
  hmacSha256: (key: Uint8Array, bytes: Uint8Array) =>
    new Uint8Array(createHmac('sha256', key).update(bytes).digest()),
};

export const anId = fc.uint8Array({ minLength: 8, maxLength: 8 });
export const aKey = fc.uint8Array({ minLength: 32, maxLength: 32 });
export const aTime = fc.maxSafeNat();
/** What UTF-8 can carry: no half of a surrogate pair. */
export const aText = fc.string({ unit: 'binary' });

/** Plain copies, so that a Buffer's or a view's identity does not show in comparisons. */
export const anyBytes = (maxLength: number) => fc.uint8Array({ maxLength });

/** A text of chat words, as people write them. */
export function chat(next: (below: number) => number, length: number): string {
  let text = '';
  while (text.length < length) {
    text += WORDS[next(WORDS.length)] + (next(9) === 0 ? '. ' : next(40) === 0 ? '\n' : ' ');
  }
  return text;
}

const WORDS =
  'the a mesh radio hello anyone can hear me on this hill battery low meet at bridge ok yes no where are you water food north camp tonight coming relay 7 42 @bob #help wir sind hier déjà où 你好 привет 😀'.split(
    ' ',
  );
