/** Peers of known secrets, for tests that need somebody. */
import type { Field } from '../../../protocol/wire/fields.ts';
import type { PacketFields } from '../../../protocol/core/packet.ts';
import { ANNOUNCE, MESSAGE, plainPacket } from '../../../protocol/core/packet.ts';
import { Identity } from '../../../protocol/trust/identity.ts';
import { encodeAnnounce } from '../../../protocol/wire/announce.ts';
import { filled } from '../wire/given.ts';
import { crypto } from './ports.ts';

/** The peer of that number; always the same one. */
export function person(number: number): Identity {
  const noise = filled(32, 1);
  const sign = filled(32, 2);
  new DataView(noise.buffer).setUint32(0, number);
  new DataView(sign.buffer).setUint32(0, number);
  return new Identity(crypto, { noise, sign });
}

/** 32 secret bytes, other ones each time, the same in every run. */
export function secretsFrom(seed: number): () => Uint8Array {
  let drawn = 0;
  return () => {
    const secret = filled(32, 3);
    new DataView(secret.buffer).setUint32(0, seed);
    new DataView(secret.buffer).setUint32(4, ++drawn);
    return secret;
  };
}

/** What `who` announces, signed; with keys that are not his, if so asked. */
export function announceOf(
  who: Identity,
  claims: {
    noiseKey?: Uint8Array;
    signingKey?: Uint8Array;
    timestamp?: number;
    extras?: Field[];
  } = {},
): Uint8Array {
  const payload = encodeAnnounce({
    name: 'somebody',
    noiseKey: claims.noiseKey ?? who.noiseKey,
    signingKey: claims.signingKey ?? who.signingKey,
    neighbours: [],
    capabilities: null,
    geohash: null,
    extras: claims.extras ?? [],
  });
  const sender = crypto.sha256(claims.noiseKey ?? who.noiseKey).slice(0, 8);
  return who.sealPacket(plainPacket(ANNOUNCE, 7, claims.timestamp ?? 1000, sender, payload));
}

/** A public message of `who`, signed, unless told otherwise. */
export function messageOf(
  who: Identity,
  timestamp: number,
  differs: Partial<PacketFields> = {},
): Uint8Array {
  const payload = new TextEncoder().encode(`message ${timestamp}`);
  return who.sealPacket({ ...plainPacket(MESSAGE, 7, timestamp, who.id, payload), ...differs });
}
