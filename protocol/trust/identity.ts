/**
 * Identity: the two keys a peer is known by, and what it signs with them. The id on the wire is the
 * first 8 bytes of the SHA-256 of the Noise key (WIRE §5); where 8 are too few, all 32 are the
 * fingerprint (DEFAULTS §1). Secrets stay inside: no field, print or JSON shows them.
 */
import { assert } from '../core/assert.ts';
import type { PacketFields } from '../core/packet.ts';
import {
  encodePacket,
  FLAGS_AT,
  HAS_SIGNATURE,
  ID_SIZE,
  PacketView,
  SIGNATURE_SIZE,
} from '../core/packet.ts';
import { signedBytesOf } from '../wire/packet.ts';
import { SCRATCH_ROOM } from '../wire/padding.ts';
import type { Crypto } from './crypto.ts';
import type { Role } from './noise.ts';
import { Handshake } from './noise.ts';
import { openOneWay, sealOneWay } from './one-way.ts';
import { verify } from './signature.ts';

/** 32 bytes each, from a source of true randomness (RELIABILITY S5). */
export type Secrets = { noise: Uint8Array; sign: Uint8Array };

export class Identity {
  readonly id: Uint8Array;
  readonly fingerprint: Uint8Array;
  readonly noiseKey: Uint8Array;
  readonly signingKey: Uint8Array;
  readonly #crypto: Crypto;
  readonly #secrets: Secrets;

  constructor(crypto: Crypto, secrets: Secrets) {
    assert(secrets.noise.length === 32, 'a Noise secret has 32 bytes');
    assert(secrets.sign.length === 32, 'a signing secret has 32 bytes');
    this.#crypto = crypto;
    this.#secrets = { noise: secrets.noise.slice(), sign: secrets.sign.slice() };
    this.noiseKey = crypto.x25519Public(this.#secrets.noise);
    this.signingKey = crypto.ed25519Public(this.#secrets.sign);
    this.fingerprint = crypto.sha256(this.noiseKey);
    this.id = idOf(crypto, this.noiseKey);
  }

  sign(message: Uint8Array): Uint8Array {
    return this.#crypto.sign(this.#secrets.sign, message);
  }

  /** The packet in bytes, signed (WIRE §4). */
  sealPacket(fields: PacketFields): Uint8Array {
    return this.signFrame(encodePacket({ ...fields, signature: null }));
  }

  /** The frame with this node's signature, in place of any it carries; padding falls away. */
  signFrame(frame: Uint8Array): Uint8Array {
    const view = new PacketView();
    assert(view.read(frame, frame.length) === null, 'our own packets are well formed');
    const preimage = signedBytesOf(view);
    const end = view.signatureAt < 0 ? view.length : view.signatureAt;
    const signed = new Uint8Array(end + SIGNATURE_SIZE);
    signed.set(frame.subarray(0, end));
    signed[FLAGS_AT] |= HAS_SIGNATURE;
    signed.set(this.sign(preimage), end);
    return signed;
  }

  /** A handshake in this node's name. `ephemeral` is 32 secret bytes drawn for it alone. */
  handshake(role: Role, prologue: Uint8Array, ephemeral: Uint8Array): Handshake {
    return new Handshake(this.#crypto, role, prologue, this.#secrets.noise, ephemeral);
  }

  /** One message that only the holder of `recipientKey` opens; null if that is no key. */
  sealTo(
    recipientKey: Uint8Array,
    prologue: Uint8Array,
    ephemeral: Uint8Array,
    plaintext: Uint8Array,
  ): Uint8Array | null {
    const { noise } = this.#secrets;
    return sealOneWay(this.#crypto, prologue, noise, ephemeral, recipientKey, plaintext);
  }

  /** What somebody sealed to this node, and his proven key; null where it is not for us. */
  openSealed(
    prologue: Uint8Array,
    message: Uint8Array,
  ): { senderKey: Uint8Array; plaintext: Uint8Array } | null {
    return openOneWay(this.#crypto, prologue, this.#secrets.noise, message);
  }
}

/** The id that goes with a Noise key (WIRE §5). */
export function idOf(crypto: Crypto, noiseKey: Uint8Array): Uint8Array {
  return crypto.sha256(noiseKey).slice(0, ID_SIZE);
}

/** Nobody else's turn comes before one is done with it. */
const SIGNATURE = new Uint8Array(SIGNATURE_SIZE);

/** Whether the packet carries a signature, and `signingKey` made it. */
export function checkFrame(crypto: Crypto, packet: PacketView, signingKey: Uint8Array): boolean {
  const { bytes, signatureAt } = packet;
  if (signatureAt < 0) return false;
  for (let i = 0; i < SIGNATURE_SIZE; i++) SIGNATURE[i] = bytes[signatureAt + i];
  return verify(crypto, SIGNATURE, signedBytesOf(packet, SCRATCH_ROOM), signingKey);
}
