/**
 * Binding: ties a node's signing key to one handshake and no other, so that the identity is more than
 * decoration (WIRE §24, RELIABILITY S1). The signature covers the handshake hash, which holds both
 * ends' ephemeral keys and the signer's Noise key: carried into any other handshake it is worth
 * nothing.
 *
 *   signed      | "hopline/1" | role 1 | handshake hash 32 |
 *   payload     | signing key 32 | signature 64 | hello fields ... |
 */
import { assert } from '../core/assert.ts';
import { sameBytes } from '../core/bytes.ts';
import { SIGNATURE_SIZE } from '../core/packet.ts';
import type { NotPeerState, PeerState } from '../wire/peer-state.ts';
import { decodePeerState } from '../wire/peer-state.ts';
import type { Crypto } from './crypto.ts';
import type { Identity } from './identity.ts';
import { idOf } from './identity.ts';
import type { Handshake, HandshakeFlaw, Role, Transport } from './noise.ts';
import type { Pins } from './pins.ts';
import { verify } from './signature.ts';

/** The prologue of a link's handshake, and what its signatures begin with. */
export const LINK_PROLOGUE = Uint8Array.from('hopline/1', (letter) => letter.charCodeAt(0));

/** So that what one end signed cannot be handed back to it as the other end's. */
const ROLE_BYTE = { initiator: 0, responder: 1 };

const KEY_SIZE = 32;
const INTRODUCTION_SIZE = KEY_SIZE + SIGNATURE_SIZE;
/** Hello fields in a handshake message. Longer ones are refused. */
export const HELLO_MAX = 1024;

/** Who is at the other end of a link, proven. */
export type Neighbour = {
  id: Uint8Array;
  noiseKey: Uint8Array;
  signingKey: Uint8Array;
  /** Hello fields as they came (WIRE §20). */
  hello: Uint8Array;
};

export type LinkFlaw =
  | HandshakeFlaw
  /** The first message carries nothing: what it carried would be in clear and unproven. */
  | 'bad-payload'
  /** The signing key did not sign this handshake. */
  | 'bad-binding'
  /** Proven, but not the node this end wanted to reach, or this end itself. */
  | 'wrong-node'
  | 'denied'
  /** The keys contradict what is pinned (RELIABILITY S2), or nobody can own them. */
  | 'identity-clash';

/** What an end of a link has: its primitives, who it is, and whom it knows. */
export type LinkPorts = { crypto: Crypto; identity: Identity; pins: Pins };

/** The handshake of an IP link: Noise XX, each end introduced by name (WIRE §24). */
export class LinkHandshake {
  /** The other end, once it has introduced itself and been believed. */
  neighbour: Neighbour | null = null;
  private readonly ports: LinkPorts;
  private readonly hello: Uint8Array;
  private readonly wanted: Uint8Array | null;
  private readonly noise: Handshake;
  private isOver = false;

  /** `wanted` is the id this end means to reach, or null for whoever it is. */
  constructor(
    ports: LinkPorts,
    role: Role,
    ephemeral: Uint8Array,
    hello: Uint8Array,
    wanted: Uint8Array | null,
  ) {
    assert(hello.length <= HELLO_MAX, 'our hello fits a handshake');
    this.ports = ports;
    this.hello = hello;
    this.wanted = wanted;
    this.noise = ports.identity.handshake(role, LINK_PROLOGUE, ephemeral);
  }

  get isFinished(): boolean {
    return this.noise.isFinished;
  }

  /** The next message to send, in turn; null if the other end's key is of low order. */
  write(): Uint8Array | null {
    assert(!this.isOver, 'nobody goes on with a link that was refused');
    if (this.noise.role === 'initiator' && this.noise.remoteStatic === null) {
      return this.noise.write(new Uint8Array(0));
    }
    return this.noise.write((hash) => this.introduction(hash));
  }

  /**
   * Null when the message was right. What fails its tag changes nothing; whoever proves to be the
   * wrong one has ended the handshake.
   */
  read(message: Uint8Array): LinkFlaw | null {
    if (this.isOver) return 'out-of-turn';
    const read = this.noise.read(message);
    if (!read.ok) return read.reason;
    const flaw = this.judge(read.payload, read.hash);
    this.isOver = flaw !== null;
    return flaw;
  }

  private judge(payload: Uint8Array, hash: Uint8Array): LinkFlaw | null {
    const { crypto, identity, pins } = this.ports;
    const noiseKey = this.noise.remoteStatic;
    if (noiseKey === null) return payload.length === 0 ? null : 'bad-payload';
    const size = payload.length;
    if (size < INTRODUCTION_SIZE || size > INTRODUCTION_SIZE + HELLO_MAX) return 'bad-payload';
    const signingKey = payload.slice(0, KEY_SIZE);
    const signature = payload.subarray(KEY_SIZE, INTRODUCTION_SIZE);
    const role = this.noise.role === 'initiator' ? 'responder' : 'initiator';
    if (!verify(crypto, signature, boundBytes(role, hash), signingKey)) return 'bad-binding';
    const id = idOf(crypto, noiseKey);
    if (this.wanted !== null && !sameBytes(id, 0, this.wanted)) return 'wrong-node';
    if (sameBytes(id, 0, identity.id)) return 'wrong-node';
    if (pins.isDenied(id)) return 'denied';
    const isKnown = pins.standingOf(id) !== null;
    const meeting = isKnown
      ? pins.prove(noiseKey, signingKey)
      : pins.judge(id, noiseKey, signingKey);
    if (meeting !== 'new' && meeting !== 'known') return 'identity-clash';
    const hello = payload.slice(INTRODUCTION_SIZE);
    this.neighbour = { id, noiseKey, signingKey, hello };
    return null;
  }

  /** The other end is let in: from now on its keys are known. Others would take the room of those who are. */
  pin(): void {
    assert(this.neighbour !== null, 'nobody is let in before he is known');
    this.ports.pins.prove(this.neighbour.noiseKey, this.neighbour.signingKey);
  }

  /** The keys of the link. Only a link whose other end was believed has any. */
  split(): Transport {
    assert(this.neighbour !== null, 'a link begins when its other end is known');
    return this.noise.split();
  }

  private introduction(hash: Uint8Array): Uint8Array {
    const { identity } = this.ports;
    const payload = new Uint8Array(INTRODUCTION_SIZE + this.hello.length);
    payload.set(identity.signingKey);
    payload.set(identity.sign(boundBytes(this.noise.role, hash)), KEY_SIZE);
    payload.set(this.hello, INTRODUCTION_SIZE);
    return payload;
  }
}

export type HeardState =
  { ok: true; state: PeerState } | { ok: false; reason: NotPeerState | 'identity-clash' };

/**
 * The same for a session with a phone, which carries no introduction: what the peer says of itself
 * inside (WIRE §8) names its signing key, and only the holder of `noiseKey` can have said it.
 */
export function hearPeerState(pins: Pins, noiseKey: Uint8Array, body: Uint8Array): HeardState {
  const decoded = decodePeerState(body);
  if (!decoded.ok) return decoded;
  const meeting = pins.prove(noiseKey, decoded.value.signingKey);
  if (meeting !== 'new' && meeting !== 'known') return { ok: false, reason: 'identity-clash' };
  return { ok: true, state: decoded.value };
}

/** What the end in that role signs. */
export function boundBytes(role: Role, hash: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(LINK_PROLOGUE.length + 1 + hash.length);
  bytes.set(LINK_PROLOGUE);
  bytes[LINK_PROLOGUE.length] = ROLE_BYTE[role];
  bytes.set(hash, LINK_PROLOGUE.length + 1);
  return bytes;
}
