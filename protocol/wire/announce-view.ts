/**
 * Announce view: where the fields of an announce lie in the bytes it came in (WIRE §5), for whoever
 * reads one and is done with it before the bytes change. One view is read into again and again;
 * `decodeAnnounce` makes values of their own of it.
 */
import { IS_COMPRESSED, ID_SIZE } from '../core/packet.ts';
import type { PacketView } from '../core/packet.ts';
import { payloadOf, unopenable } from './packet.ts';
import type { Unopenable } from './packet.ts';
import { isText } from './text.ts';

export const KEY_SIZE = 32;
/** A longer one is ignored, as on the phones. */
export const GEOHASH_MAX = 12;
/** Fields nobody knows that are kept; further ones are skipped. */
export const EXTRAS_MAX = 32;

export type NotAnnounce = 'cut' | 'bad-name' | 'bad-key' | 'incomplete';

/** The types of the fields. */
export const NAME = 1;
export const NOISE_KEY = 2;
export const SIGNING_KEY = 3;
export const NEIGHBOURS = 4;
export const CAPABILITIES = 5;
export const GEOHASH = 6;

export class AnnounceView {
  bytes: Uint8Array = new Uint8Array(0);
  nameAt = 0;
  nameLength = 0;
  /** 32 bytes each. */
  noiseKeyAt = 0;
  signingKeyAt = 0;
  neighboursAt = 0;
  /** Ids of 8 bytes; 0 where none are named. */
  neighbourCount = 0;
  /** -1: not said. */
  capabilitiesAt = -1;
  capabilitiesLength = 0;
  geohashAt = 0;
  /** 0: none. */
  geohashLength = 0;
  /** Fields nobody knows. */
  extraCount = 0;
  private readonly extras = new Uint32Array(EXTRAS_MAX);

  /** Null when an announce fills the bytes from `at` to `end`, otherwise what is wrong. */
  read(bytes: Uint8Array, at = 0, end: number = bytes.length): NotAnnounce | null {
    this.bytes = bytes;
    this.nameAt = this.noiseKeyAt = this.signingKeyAt = this.capabilitiesAt = -1;
    this.neighbourCount = this.geohashLength = this.extraCount = 0;
    // A field that comes twice counts as it came last. One stray byte at the end is no field.
    while (at + 2 <= end) {
      const valueAt = at + 2;
      const length = bytes[at + 1];
      if (valueAt + length > end) return 'cut';
      const flaw = this.note(bytes[at], valueAt, length);
      if (flaw !== null) return flaw;
      at = valueAt + length;
    }
    const isWhole = this.nameAt >= 0 && this.noiseKeyAt >= 0 && this.signingKeyAt >= 0;
    return isWhole ? null : 'incomplete';
  }

  /** The same of what a packet carries; a compressed payload is inflated into bytes of its own. */
  readPacket(packet: PacketView, payloadMax: number): NotAnnounce | Unopenable | null {
    if (packet.flags & IS_COMPRESSED) {
      const payload = payloadOf(packet, payloadMax);
      return typeof payload === 'string' ? payload : this.read(payload);
    }
    const { bytes, payloadAt, payloadLength } = packet;
    return unopenable(packet, payloadMax) ?? this.read(bytes, payloadAt, payloadAt + payloadLength);
  }

  /** A view of the bytes, as the next. */
  noiseKey(): Uint8Array {
    return this.bytes.subarray(this.noiseKeyAt, this.noiseKeyAt + KEY_SIZE);
  }

  signingKey(): Uint8Array {
    return this.bytes.subarray(this.signingKeyAt, this.signingKeyAt + KEY_SIZE);
  }

  /**
   * Where the value of an unknown field lies, the first of that type, with its length in the byte
   * before it; -1 for none.
   */
  findExtra(type: number): number {
    for (let i = 0; i < this.extraCount; i++) {
      if (this.extraType(i) === type) return this.extraAt(i);
    }
    return -1;
  }

  /** Where the value of the `index`th lies. */
  extraAt(index: number): number {
    return this.extras[index] + 2;
  }

  extraType(index: number): number {
    return this.bytes[this.extras[index]];
  }

  private note(type: number, at: number, length: number): NotAnnounce | null {
    switch (type) {
      case NAME:
        if (!isText(this.bytes, at, length)) return 'bad-name';
        this.nameAt = at;
        this.nameLength = length;
        break;
      case NOISE_KEY:
        if (length !== KEY_SIZE) return 'bad-key';
        this.noiseKeyAt = at;
        break;
      case SIGNING_KEY:
        if (length !== KEY_SIZE) return 'bad-key';
        this.signingKeyAt = at;
        break;
      case NEIGHBOURS:
        if (length === 0 || length % ID_SIZE !== 0) break;
        this.neighboursAt = at;
        this.neighbourCount = length / ID_SIZE;
        break;
      case CAPABILITIES:
        this.capabilitiesAt = at;
        this.capabilitiesLength = length;
        break;
      case GEOHASH:
        if (length > GEOHASH_MAX) break;
        this.geohashAt = at;
        this.geohashLength = isText(this.bytes, at, length) ? length : 0;
        break;
      default:
        if (this.extraCount < EXTRAS_MAX) this.extras[this.extraCount++] = at - 2;
    }
    return null;
  }
}
