/**
 * Author: packets in this peer's own name, stamped so that no relay takes one for another (WIRE §12
 * iii), compressed, signed and padded as the phones do it, and cut where a frame is more than a link
 * need take (WIRE §7, §20).
 */
import { assert } from '../core/assert.ts';
import { ANNOUNCE } from '../core/packet.ts';
import type { Crypto } from '../trust/crypto.ts';
import type { Identity } from '../trust/identity.ts';
import { stamp } from '../trust/stamp.ts';
import { TimestampGuard } from '../trust/timestamp-guard.ts';
import { Packer } from '../wire/compression.ts';
import { encodeFields } from '../wire/fields.ts';
import { PIECE_SIZE, splitFrame } from '../wire/fragment.ts';
import { composePacket } from '../wire/packet.ts';
import { airFrame } from '../wire/padding.ts';
import type { OwnDraft } from './contract.ts';

/** Bytes that nobody can foresee. */
export type Draw = (size: number) => Uint8Array;

/** Bytes of a payload; the pieces of a longer one would fill the queue of a slow link. */
export const PAYLOAD_MAX = 32_768;

export class Author {
  private readonly identity: Identity;
  private readonly draw: Draw;
  /** For the stamps of announces; null for none. */
  private readonly stamper: Crypto | null;
  private readonly guard = new TimestampGuard();
  private readonly packer = new Packer();

  constructor(identity: Identity, draw: Draw, stamper: Crypto | null) {
    this.identity = identity;
    this.draw = draw;
    this.stamper = stamper;
  }

  /** One whole frame. */
  write(draft: OwnDraft, ttl: number, wallMs: number): Uint8Array {
    assert(draft.payload.length <= PAYLOAD_MAX, 'a payload has its limit');
    const { type, recipient } = draft;
    const timestamp = this.guard.stamp(wallMs, draft.payload);
    const sender = this.identity.id;
    const payload = type === ANNOUNCE ? this.stamped(draft.payload, timestamp) : draft.payload;
    const frame = composePacket({ type, ttl, timestamp, sender, payload, recipient }, this.packer);
    return draft.isSigned ? this.identity.signFrame(frame) : frame;
  }

  /** A field more, behind the others: what names a packet lies in front. */
  private stamped(announce: Uint8Array, timestamp: number): Uint8Array {
    if (this.stamper === null) return announce;
    const field = encodeFields(1, [stamp(this.stamper, this.identity.id, timestamp)]);
    const payload = new Uint8Array(announce.length + field.length);
    payload.set(announce);
    payload.set(field, announce.length);
    return payload;
  }

  /** As it goes on the air: padded where the phones pad, or in pieces of at most `largest` bytes. */
  pieces(frame: Uint8Array, largest: number | null = null): Uint8Array[] {
    if (frame.length <= (largest ?? PIECE_SIZE)) return [airFrame(frame)];
    // A piece states its size, and its packet what it has beside it: 64 bytes are more than enough.
    const pieceSize = largest === null ? null : Math.max(1, Math.min(PIECE_SIZE, largest - 64));
    const cut = splitFrame(frame, this.draw(8), pieceSize);
    assert(cut.ok, 'our own packets can be cut');
    return cut.value;
  }
}
