/**
 * Satchel: sealed mail of others for peers who are away (WIRE §10). Nobody here can read it; whom
 * it is for shows only to those who know his key, by a tag that changes every day. It is handed
 * over when he announces himself, and is kept across restarts. It goes when both clocks say so: that of
 * the wall that its time is over, and ours that it has had it, for either may be set wrong while it waits.
 */
import { sameBytes } from '../../protocol/core/bytes.ts';
import type { Millis } from '../../protocol/core/machine.ts';
import { COURIER, ID_SIZE } from '../../protocol/core/packet.ts';
import { HIGH } from '../../protocol/core/queue.ts';
import type { Crypto } from '../../protocol/trust/crypto.ts';
import { nameOf } from '../../protocol/trust/pins.ts';
import type { Courier } from '../../protocol/wire/courier.ts';
import { courierTag, decodeCourier, encodeCourier } from '../../protocol/wire/courier.ts';
import { composePacket, openPacket } from '../../protocol/wire/packet.ts';
import type { HeldPacket, StoreWrite } from '../types.ts';
import { DAY_MS } from '../types.ts';
import { GRACE_MS } from './contract.ts';

export type SatchelLimits = {
  /** Envelopes and their bytes, in all; then another is refused. */
  count: number;
  bytes: number;
  /** The same for one tag: a recipient has three that are good at once. */
  countOfTag: number;
  bytesOfTag: number;
  /** Envelopes of one who gave them here: a peer kept by a person, or a stranger. */
  ofKept: number;
  ofStranger: number;
  /** Envelopes of all strangers together. */
  ofStrangers: number;
};

export const SATCHEL_LIMITS: SatchelLimits = {
  count: 512,
  bytes: 2 * 1024 * 1024,
  countOfTag: 40,
  bytesOfTag: 256 * 1024,
  ofKept: 64,
  ofStranger: 8,
  ofStrangers: 256,
};

/** Mail lives a day, and clocks differ a little (WIRE §10). */
export const MAIL_LIFE_MS = DAY_MS;
const LIFE_MAX_MS = DAY_MS + 3_600_000;
/** Between two copies of one envelope, since a flooded one may be lost; and how many there are. */
export const HAND_OVER_EVERY_MS = 600_000;
export const HAND_OVERS_MAX = 3;

/** Why an envelope was not taken. */
export type MailRefusal =
  | 'mail-known'
  | 'mail-expired'
  | 'mail-too-lasting'
  | 'mail-full'
  | 'mail-full-for-recipient'
  | 'mail-full-of-sender'
  | 'mail-full-of-strangers';

type Piece = {
  envelope: Courier;
  size: number;
  mark: Uint8Array;
  giver: Uint8Array;
  isStranger: boolean;
  hands: number;
  handedAt: Millis;
  /** It is not given up earlier, whatever time it is. */
  restsUntil: Millis;
};

export class Satchel {
  private readonly crypto: Crypto;
  private readonly limits: SatchelLimits;
  /** By mark, the one that came first in front. */
  private readonly pieces = new Map<string, Piece>();
  private bytes = 0;

  constructor(crypto: Crypto, limits: SatchelLimits = SATCHEL_LIMITS) {
    this.crypto = crypto;
    this.limits = limits;
  }

  get usage(): { count: number; bytes: number } {
    return { count: this.pieces.size, bytes: this.bytes };
  }

  /** What was held before a restart. */
  restore(held: HeldPacket[], isKept: (giver: Uint8Array) => boolean, now: Millis): void {
    for (const { frame } of held) {
      const opened = openPacket(frame);
      if (!opened.ok) continue;
      const envelope = decodeCourier(opened.packet.payload);
      const { sender } = opened.packet;
      if (!envelope.ok) continue;
      this.put(this.pieceOf(envelope.value, sender, !isKept(sender), now + GRACE_MS));
    }
  }

  /** What need not be held longer, since its time is over. */
  expire(now: Millis, unixMs: number): StoreWrite[] {
    const writes: StoreWrite[] = [];
    for (const [name, piece] of this.pieces) {
      if (now < piece.restsUntil || unixMs < piece.envelope.expiry) continue;
      this.drop(name, piece);
      writes.push({ kind: 'released', ...keyOf(piece) });
    }
    return writes;
  }

  /** What to store for an envelope that somebody gave us, or why it is not taken. */
  take(
    envelope: Courier,
    giver: Uint8Array,
    isStranger: boolean,
    now: Millis,
    unixMs: number,
  ): StoreWrite | MailRefusal {
    const restsUntil = now + envelope.expiry - unixMs;
    const piece = this.pieceOf(envelope, giver, isStranger, restsUntil);
    const refusal = this.refusalOf(piece, unixMs);
    if (refusal !== null) return refusal;
    this.put(piece);
    const payload = encodeCourier(envelope);
    const letter = { type: COURIER, ttl: 0, timestamp: unixMs, sender: giver, payload };
    return {
      kind: 'held',
      packet: {
        ...keyOf(piece),
        frame: composePacket(letter),
        priority: HIGH,
        heldAt: unixMs,
        expiresAt: envelope.expiry,
      },
    };
  }

  /**
   * What is for a peer who is in reach: envelopes to hand over, and what need not be held longer.
   */
  handOver(
    noiseKey: Uint8Array,
    now: Millis,
    unixMs: number,
  ): { envelopes: Courier[]; writes: StoreWrite[] } {
    const envelopes: Courier[] = [];
    const writes: StoreWrite[] = [];
    if (this.pieces.size === 0) return { envelopes, writes };
    const tags = tagsOf(this.crypto, noiseKey, unixMs);
    for (const [name, piece] of this.pieces) {
      const { envelope } = piece;
      if (!tags.some((tag) => sameBytes(envelope.tag, 0, tag))) continue;
      if (now < piece.handedAt + HAND_OVER_EVERY_MS) continue;
      piece.handedAt = now;
      piece.hands++;
      envelopes.push({ ...envelope, copies: 1 });
      if (piece.hands < HAND_OVERS_MAX) continue;
      this.drop(name, piece);
      writes.push({ kind: 'released', ...keyOf(piece) });
    }
    return { envelopes, writes };
  }

  private refusalOf(piece: Piece, unixMs: number): MailRefusal | null {
    const { envelope, size, giver, isStranger } = piece;
    if (this.pieces.has(nameOfMark(piece.mark))) return 'mail-known';
    if (envelope.expiry <= unixMs) return 'mail-expired';
    if (envelope.expiry > unixMs + LIFE_MAX_MS) return 'mail-too-lasting';
    const { limits } = this;
    const all = [...this.pieces.values()];
    if (all.length >= limits.count || this.bytes + size > limits.bytes) return 'mail-full';
    const alike = all.filter((other) => sameBytes(other.envelope.tag, 0, envelope.tag));
    const bytes = alike.reduce((sum, other) => sum + other.size, 0);
    if (alike.length >= limits.countOfTag || bytes + size > limits.bytesOfTag) {
      return 'mail-full-for-recipient';
    }
    const most = isStranger ? limits.ofStranger : limits.ofKept;
    const given = all.filter((other) => sameBytes(other.giver, 0, giver));
    if (given.length >= most) return 'mail-full-of-sender';
    const strange = all.filter((other) => other.isStranger);
    if (isStranger && strange.length >= limits.ofStrangers) return 'mail-full-of-strangers';
    return null;
  }

  private pieceOf(
    envelope: Courier,
    giver: Uint8Array,
    isStranger: boolean,
    restsUntil: Millis,
  ): Piece {
    const mark = new Uint8Array(this.crypto.sha256(envelope.ciphertext).subarray(0, 16));
    const size = envelope.ciphertext.length;
    const hands = { hands: 0, handedAt: -Infinity };
    return { envelope, size, mark, giver, isStranger, ...hands, restsUntil };
  }

  private put(piece: Piece): void {
    this.pieces.set(nameOfMark(piece.mark), piece);
    this.bytes += piece.size;
  }

  private drop(name: string, piece: Piece): void {
    this.pieces.delete(name);
    this.bytes -= piece.size;
  }
}

/** The tags a peer may be meant by: midnight passes, and clocks differ (WIRE §10). */
export function tagsOf(crypto: Crypto, noiseKey: Uint8Array, unixMs: number): Uint8Array[] {
  const today = Math.floor(unixMs / DAY_MS);
  return [today - 1, today, today + 1].map((day) => courierTag(crypto, noiseKey, day));
}

/** By whom it waits for is known by the beginning of the tag alone: a destination has 8 bytes. */
function keyOf({ envelope, mark }: Piece): Pick<HeldPacket, 'purpose' | 'destination' | 'mark'> {
  return { purpose: 'peer', destination: new Uint8Array(envelope.tag.subarray(0, ID_SIZE)), mark };
}

function nameOfMark(mark: Uint8Array): string {
  return nameOf(mark) + nameOf(mark, ID_SIZE);
}
