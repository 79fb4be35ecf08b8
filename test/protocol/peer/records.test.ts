/** Packets in sealed records: nothing lost, doubled, reordered or altered on the way (WIRE §24). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  framed,
  RECORD_MAX,
  RecordReader,
  RECORDS_PER_KEY,
  RecordWriter,
  Unframer,
} from '../../../protocol/peer/records.ts';
import type { RecordFlaw } from '../../../protocol/peer/records.ts';
import { CipherState } from '../../../protocol/trust/cipher-state.ts';
import type { Crypto } from '../../../protocol/trust/crypto.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { hold, SOAK } from '../../seed.ts';
import { crypto } from '../trust/ports.ts';
import { filled, join } from '../wire/given.ts';

const FRAME_MAX = 100_000;
const KEY = filled(32, 5);

describe('a stream of records', () => {
  it('brings every packet whole and in order, however the bytes are cut', () => {
    const aPacket = fc
      .record({ size: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constant(70_000)) })
      .map(({ size }) => filled(size, size));
    hold(
      fc.property(fc.array(aPacket, { maxLength: 12 }), fc.integer({ min: 1 }), (packets, cut) => {
        const stream = join(...recordsOf(packets));
        const { heard } = readIn(pieces(stream, 1 + (cut % 40_000)));
        expect(heard.map(digest)).toEqual(packets.map(digest));
      }),
      60,
    );
  });

  it('seals what waits together', () => {
    const packets = Array.from({ length: 300 }, (_, at) => filled(200, at));
    expect(recordsOf(packets)).toHaveLength(1);
  });

  it('never cuts a length in two', () => {
    for (let room = 0; room <= 8; room++) {
      const first = filled(RECORD_MAX - 16 - 4 - room, 1);
      const packets = [first, filled(9, 2)];
      expect(readIn(recordsOf(packets)).heard.map(digest)).toEqual(packets.map(digest));
    }
  });

  it('passes over a packet longer than this end takes, and keeps nothing of it', () => {
    const packets = [filled(3, 1), filled(FRAME_MAX + 1, 2), filled(4, 3)];
    const { heard, skipped } = readIn(recordsOf(packets));
    expect(heard).toEqual([packets[0], packets[2]]);
    expect(skipped).toBe(1);
  });

  it('takes no record twice, out of order, or with any bit changed', () => {
    const [one, two] = recordsOf([filled(3, 1)], [filled(3, 2)]);
    expect(readIn([one, one]).flaw).toBe('bad-tag');
    expect(readIn([two, one]).flaw).toBe('bad-tag');
    for (let bit = 16; bit < 8 * one.length; bit++) {
      const bent = one.slice();
      bent[bit >> 3] ^= 1 << (bit & 7);
      expect(readIn([bent])).toMatchObject({ heard: [], flaw: 'bad-tag' });
    }
  });

  it.each([
    { what: 'a packet of no bytes', plaintext: filled(4, 0) },
    { what: 'a length that is cut short', plaintext: filled(3, 1) },
  ])('ends with $what', ({ plaintext }) => {
    const record = framed(new CipherState(crypto, KEY).seal(new Uint8Array(0), plaintext));
    expect(readIn([record]).flaw).toBe('bad-length');
  });

  it('moves each key on after 2^20 records, and both ends at the same', () => {
    const recordsPerKey = SOAK ? RECORDS_PER_KEY : 8;
    let rekeys = 0;
    const counting: Crypto = {
      ...crypto,
      seal: (key, nonce, ad, plaintext, head) => {
        // The last nonce of all is REKEY's own.
        if (nonce.every((byte, at) => byte === (at < 4 ? 0 : 0xff))) rekeys++;
        return crypto.seal(key, nonce, ad, plaintext, head);
      },
    };
    const writer = new RecordWriter(new CipherState(counting, KEY), recordsPerKey);
    const reader = new RecordReader(new CipherState(crypto, KEY), FRAME_MAX, recordsPerKey);
    const bare = new CipherState(crypto, KEY);
    for (let count = 0; count < 2 * recordsPerKey; count++) {
      expect(rekeys).toBe(count < recordsPerKey ? 0 : 1);
      const waiting = [filled(1, 1)];
      const record = writer.next(() => waiting.shift() ?? null)!.subarray(2);
      expect(bare.open(new Uint8Array(0), record) === null).toBe(count >= recordsPerKey);
      expect(reader.read(record, () => {})).toHaveLength(1);
    }
  });
});

describe('a framed stream', () => {
  it('is broken for good by a message over the limit, and holds nothing of it', () => {
    const stream = new Unframer(10);
    stream.feed(framed(filled(10, 1)));
    expect(stream.next()).toEqual(filled(10, 1));
    stream.feed(framed(filled(11, 1)));
    expect(stream.next()).toBeNull();
    expect(stream.isBroken).toBe(true);
    stream.feed(framed(filled(1, 1)));
    expect(stream.next()).toBeNull();
  });
});

/** Large arrays are slow to compare one number at a time. */
function digest(bytes: Uint8Array): string {
  return `${bytes.length}:${toHex(crypto.sha256(bytes))}`;
}

/** Records of batches that wait one after the other. */
function recordsOf(...batches: Uint8Array[][]): Uint8Array[] {
  const writer = new RecordWriter(new CipherState(crypto, KEY));
  return batches.flatMap((batch) => {
    const waiting = [...batch];
    const records: Uint8Array[] = [];
    const next = (): Uint8Array | null => writer.next(() => waiting.shift() ?? null);
    for (let record = next(); record !== null; record = next()) records.push(record);
    return records;
  });
}

function readIn(parts: Uint8Array[]): {
  heard: Uint8Array[];
  skipped: number;
  flaw: RecordFlaw | null;
} {
  const stream = new Unframer(RECORD_MAX);
  const reader = new RecordReader(new CipherState(crypto, KEY), FRAME_MAX);
  const heard: Uint8Array[] = [];
  let skipped = 0;
  for (const part of parts) {
    stream.feed(part);
    for (let record = stream.next(); record !== null; record = stream.next()) {
      const packets = reader.read(record, () => skipped++);
      if (typeof packets === 'string') return { heard, skipped, flaw: packets };
      heard.push(...packets);
    }
  }
  return { heard, skipped, flaw: null };
}

function pieces(bytes: Uint8Array, size: number): Uint8Array[] {
  const cut: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) cut.push(bytes.slice(at, at + size));
  return cut;
}
