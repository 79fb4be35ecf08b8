/**
 * Records: packets in a stream of sealed records, over TCP or whatever else keeps bytes in order
 * (WIRE §24). A record takes along what waits, so that batches are sealed rather than packets.
 *
 *   record      | length 2 | ciphertext ... | tag 16 |
 *   plaintext   | length 4 | packet ... | length 4 | packet ... |    a packet may span records
 */
import { assert } from '../core/assert.ts';
import { readU16, readU32, writeU16, writeU32 } from '../core/bytes.ts';
import type { CipherState } from '../trust/cipher-state.ts';
import { cutFrom } from '../wire/slab.ts';

const TAG_SIZE = 16;
const LENGTH_SIZE = 2;
const PREFIX_SIZE = 4;
const NOTHING = new Uint8Array(0);

/** Ciphertext of one record, tag included. */
export const RECORD_MAX = 65_535;
const PLAINTEXT_MAX = RECORD_MAX - TAG_SIZE;
/** Each direction moves its key on after so many records. */
export const RECORDS_PER_KEY = 2 ** 20;
/** Packets are cut from pieces of memory of this size, each of which stays while one of them does. */
const SLAB_SIZE = 8192;

/** Puts a length before a message of a handshake, or a record. */
export function framed(message: Uint8Array): Uint8Array {
  assert(message.length <= RECORD_MAX, 'a length has 16 bits');
  const bytes = new Uint8Array(LENGTH_SIZE + message.length);
  writeU16(bytes, 0, message.length);
  bytes.set(message, LENGTH_SIZE);
  return bytes;
}

/**
 * Cuts a stream into what was framed. Holds less than one message of `max` bytes beyond what came
 * last; after a longer one nothing can be told apart any more, and the stream is broken.
 */
export class Unframer {
  isBroken = false;
  /** May change between messages. */
  max: number;
  private pieces: Uint8Array[] = [];
  private held = 0;

  constructor(max: number) {
    this.max = max;
  }

  /** More of the stream, whose bytes must stay as they are. */
  feed(bytes: Uint8Array): void {
    if (this.isBroken || bytes.length === 0) return;
    this.pieces.push(bytes);
    this.held += bytes.length;
  }

  /** The next whole message, or null while it is not there. */
  next(): Uint8Array | null {
    if (this.held < LENGTH_SIZE) return null;
    this.join(LENGTH_SIZE);
    const end = LENGTH_SIZE + readU16(this.pieces[0], 0);
    if (end > LENGTH_SIZE + this.max) {
      this.isBroken = true;
      this.pieces = [];
      this.held = 0;
      return null;
    }
    if (end > this.held) return null;
    // Only once it is all there, or small pieces would be copied over and over.
    this.join(end);
    const [first] = this.pieces;
    this.held -= end;
    if (end === first.length) this.pieces.shift();
    else this.pieces[0] = first.subarray(end);
    return first.subarray(LENGTH_SIZE, end);
  }

  /** Makes one piece of what the first `size` bytes lie in, copying no more than these. */
  private join(size: number): void {
    if (size <= this.pieces[0].length) return;
    const whole = new Uint8Array(size);
    let at = 0;
    let used = 0;
    for (const piece of this.pieces) {
      const some = piece.subarray(0, size - at);
      whole.set(some, at);
      at += some.length;
      if (some.length < piece.length) {
        this.pieces[used] = piece.subarray(some.length);
        break;
      }
      used++;
    }
    this.pieces.splice(0, used, whole);
  }
}

/** Packets, each behind its length, into plaintexts of some size. */
export class PacketFiller {
  /** The packet under way, behind its length, and how much of it has left. */
  private packet: Uint8Array | null = null;
  private packetAt = 0;

  get isUnderWay(): boolean {
    return this.packet !== null;
  }

  /** How much of `plaintext` is filled with what `take` gives; 0 when there is nothing. */
  fill(plaintext: Uint8Array, take: () => Uint8Array | null): number {
    let at = 0;
    while (at < plaintext.length) {
      if (this.packet === null) {
        // A length is never cut.
        if (plaintext.length - at < PREFIX_SIZE) return at;
        this.packet = take();
        this.packetAt = 0;
        if (this.packet === null) return at;
        writeU32(plaintext, at, this.packet.length);
        at += PREFIX_SIZE;
      }
      const size = Math.min(this.packet.length - this.packetAt, plaintext.length - at);
      plaintext.set(this.packet.subarray(this.packetAt, this.packetAt + size), at);
      at += size;
      this.packetAt += size;
      if (this.packetAt === this.packet.length) this.packet = null;
    }
    return at;
  }
}

/** Packets into records. */
export class RecordWriter {
  private readonly sealing: CipherState;
  private readonly recordsPerKey: number;
  private readonly plaintext = new Uint8Array(PLAINTEXT_MAX);
  private readonly filler = new PacketFiller();
  private records = 0;

  constructor(sealing: CipherState, recordsPerKey = RECORDS_PER_KEY) {
    this.sealing = sealing;
    this.recordsPerKey = recordsPerKey;
  }

  /** A packet of which a part has left. */
  get isUnderWay(): boolean {
    return this.filler.isUnderWay;
  }

  /** A framed record of what `take` gives, with `most` bytes of it at most; null when there is nothing. */
  next(take: () => Uint8Array | null, most = PLAINTEXT_MAX): Uint8Array | null {
    const length = this.filler.fill(this.plaintext.subarray(0, most), take);
    if (length === 0) return null;
    const record = this.sealing.seal(NOTHING, this.plaintext.subarray(0, length), LENGTH_SIZE);
    writeU16(record, 0, record.length - LENGTH_SIZE);
    if (++this.records % this.recordsPerKey === 0) this.sealing.rekey();
    return record;
  }
}

/** Why the link must end. */
export type RecordFlaw = 'bad-tag' | 'bad-length';

/** Plaintexts, in order, into the packets they were filled with. */
export class PacketCutter {
  private readonly frameMax: number;
  private readonly room = cutFrom(SLAB_SIZE);
  /** The packet that spans plaintexts; null while it is longer than `frameMax` and passed over. */
  private packet: Uint8Array | null = null;
  private missing = 0;

  /** Longer packets than `frameMax` are passed over, and nothing of them is kept. */
  constructor(frameMax: number) {
    this.frameMax = frameMax;
  }

  /** The packets that a plaintext completes, none of which shares a byte, or why the link must end. */
  read(plaintext: Uint8Array, skipped: () => void): Uint8Array[] | 'bad-length' {
    const packets: Uint8Array[] = [];
    let at = 0;
    while (at < plaintext.length) {
      if (this.missing === 0) {
        if (plaintext.length - at < PREFIX_SIZE) return 'bad-length';
        this.missing = readU32(plaintext, at);
        at += PREFIX_SIZE;
        if (this.missing === 0) return 'bad-length';
        this.packet = this.missing > this.frameMax ? null : this.room(this.missing);
        if (this.packet === null) skipped();
      }
      const size = Math.min(this.missing, plaintext.length - at);
      const { packet } = this;
      packet?.set(plaintext.subarray(at, at + size), packet.length - this.missing);
      at += size;
      this.missing -= size;
      if (packet !== null && this.missing === 0) packets.push(packet);
    }
    return packets;
  }
}

/** Records into packets. */
export class RecordReader {
  private readonly opening: CipherState;
  private readonly recordsPerKey: number;
  private readonly cutter: PacketCutter;
  private records = 0;

  /** As a PacketCutter, of longer packets than `frameMax`. */
  constructor(opening: CipherState, frameMax: number, recordsPerKey = RECORDS_PER_KEY) {
    this.opening = opening;
    this.recordsPerKey = recordsPerKey;
    this.cutter = new PacketCutter(frameMax);
  }

  read(record: Uint8Array, skipped: () => void): Uint8Array[] | RecordFlaw {
    const plaintext = this.opening.open(NOTHING, record);
    if (plaintext === null) return 'bad-tag';
    if (++this.records % this.recordsPerKey === 0) this.opening.rekey();
    return this.cutter.read(plaintext, skipped);
  }
}
