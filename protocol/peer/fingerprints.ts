/**
 * Fingerprints: what stands for any range of a timeline under one salt (WIRE §20): the sum of a hash
 * of every id in it, in two halves modulo 2^32. Sums of whole blocks are kept, so that a range of
 * thousands costs little more than the two blocks it begins and ends in.
 *
 * The hash is HalfSipHash-2-4 and the salt its key. Whoever knows the salt could find packets whose
 * hashes add up to those of others; so it is drawn anew for each link, and again and again.
 */
import { writeU32, readU32 } from '../core/bytes.ts';
import type { PacketHash } from '../core/seen.ts';
import { makeSeenHash } from '../trust/seen-hash.ts';
import { FINGERPRINT_SIZE, NAME_SIZE } from '../wire/reconcile.ts';
import type { Block, Dated, Part, Timeline } from './timeline.ts';

type Sum = { revision: number; low: number; high: number };

export class Fingerprints {
  readonly salt: Uint8Array;
  private readonly hash: PacketHash;
  private readonly sums = new WeakMap<Block<Dated>, Sum>();
  private readonly name = new Uint8Array(NAME_SIZE);
  private readonly key = new Uint32Array(2);

  constructor(salt: Uint8Array) {
    this.salt = salt;
    this.hash = makeSeenHash(wordOf(salt, 0), wordOf(salt, 4));
  }

  /** Of the items `from` to before `to`, counted from the oldest. */
  of(timeline: Timeline<Dated>, from: number, to: number): Uint8Array {
    let [low, high] = [0, 0];
    for (const part of timeline.parts(from, to)) {
      const { block } = part;
      const isWhole = part.from === 0 && part.to === block.items.length;
      const sum = isWhole ? this.sumOf(block) : this.add(part);
      low = (low + sum.low) >>> 0;
      high = (high + sum.high) >>> 0;
    }
    const bytes = new Uint8Array(FINGERPRINT_SIZE);
    writeU32(bytes, 0, low);
    writeU32(bytes, 4, high);
    return bytes;
  }

  private sumOf(block: Block<Dated>): Sum {
    const known = this.sums.get(block);
    if (known !== undefined && known.revision === block.revision) return known;
    const sum = this.add({ block, from: 0, to: block.items.length });
    this.sums.set(block, sum);
    return sum;
  }

  private add({ block, from, to }: Part<Dated>): Sum {
    const { name, key } = this;
    let [low, high] = [0, 0];
    for (let at = from; at < to; at++) {
      readHex(block.items[at].name, name);
      this.hash(name, NAME_SIZE, key);
      low = (low + key[0]) >>> 0;
      high = (high + key[1]) >>> 0;
    }
    return { revision: block.revision, low, high };
  }
}

/** The words of the key are little-endian, as all of that hash. */
function wordOf(salt: Uint8Array, at: number): number {
  const bytes = new Uint8Array(salt.subarray(at, at + 4));
  return readU32(bytes.reverse(), 0);
}

/** Lower-case hex of the right length: names are made here. */
function readHex(text: string, into: Uint8Array): void {
  for (let i = 0; i < into.length; i++) {
    into[i] = (digitOf(text.charCodeAt(2 * i)) << 4) | digitOf(text.charCodeAt(2 * i + 1));
  }
}

function digitOf(code: number): number {
  return code < 58 ? code - 48 : code - 87;
}
