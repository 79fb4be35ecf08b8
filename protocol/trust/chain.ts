/**
 * Chain: lines that are only ever added, each with the hash of all before it, so that whoever changes,
 * removes or moves one of them is found out by anybody who has the end.
 *
 *   hash = SHA-256(hash of the line before | the line's content as JSON, in UTF-8)
 *
 * Where the oldest lines were cut off, the chain begins at the last of them, and a later line says so.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { toHex } from '../wire/hex.ts';
import { encodeText } from '../wire/text.ts';
import { equalSecret } from './crypto.ts';

/** A line's number and hash. */
export type ChainEnd = { key: number; hash: Uint8Array };
/** Numbers grow by one. */
export type ChainLine = ChainEnd & { content: readonly (string | number | null)[] };

/** Before the first line. */
export const CHAIN_START: ChainEnd = { key: 0, hash: new Uint8Array(32) };

export type ChainFlaw = { key: number; why: string };

export function chainHash(before: Uint8Array, content: ChainLine['content']): Uint8Array {
  const text = encodeText(JSON.stringify(content));
  const bytes = new Uint8Array(before.length + text.length);
  bytes.set(before);
  bytes.set(text, before.length);
  return sha256(bytes);
}

/** Checks lines as they come, the oldest first; in as many pieces as there are. */
export class ChainCheck {
  count = 0;
  private readonly base: ChainEnd;
  private last: ChainEnd;
  private namesBase: boolean;
  private readonly baseText: string;

  /** `base`: the last line that was cut off. */
  constructor(base: ChainEnd) {
    this.base = base;
    this.last = base;
    this.baseText = endText(base);
    this.namesBase = base.key === 0;
  }

  /** The first line that is not as it was written, or null. */
  add(line: ChainLine): ChainFlaw | null {
    const { key, content, hash } = line;
    if (key !== this.last.key + 1) {
      const missing = this.last.key + 1;
      return { key: missing, why: `line ${missing} is missing, or is not in its place` };
    }
    if (content[0] !== key || !equalSecret(chainHash(this.last.hash, content), hash)) {
      return { key, why: `line ${key} is not as it was written, or what went before it is not` };
    }
    if (content.includes(this.baseText)) this.namesBase = true;
    this.last = { key, hash };
    this.count++;
    return null;
  }

  /** When there are no more lines: whether these end where the chain does. */
  end(head: ChainEnd): ChainFlaw | null {
    const { key } = this.last;
    if (key > head.key) return { key, why: `line ${key} was added behind the end` };
    if (key < head.key) {
      const [first, last] = [key + 1, head.key];
      const why =
        first === last ? `line ${first} is missing` : `lines ${first} to ${last} are missing`;
      return { key: first, why };
    }
    if (!equalSecret(this.last.hash, head.hash)) return { key, why: 'it ends in another line' };
    if (this.namesBase) return null;
    const cut = this.base.key;
    return { key: cut, why: `no line says that what came up to ${cut} was cut off` };
  }
}

/** As a line that cuts the chain names the last one that it cut off. */
export function endText({ key, hash }: ChainEnd): string {
  return `${key} ${toHex(hash)}`;
}
