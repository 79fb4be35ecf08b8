/** Announces that show work, or none. */
import { ANNOUNCE, plainPacket } from '../../../protocol/core/packet.ts';
import type { Identity } from '../../../protocol/trust/identity.ts';
import { stamp } from '../../../protocol/trust/stamp.ts';
import { encodeAnnounce } from '../../../protocol/wire/announce.ts';
import { crypto } from '../trust/ports.ts';

/** `bits` of work; null for an announce as phones say it. */
export function stampedAnnounce(
  who: Identity,
  timestamp: number,
  bits: number | null,
  name = 'somebody',
): Uint8Array {
  const payload = encodeAnnounce({
    name,
    noiseKey: who.noiseKey,
    signingKey: who.signingKey,
    neighbours: [],
    capabilities: null,
    geohash: null,
    extras: bits === null ? [] : [stamp(crypto, who.id, timestamp, bits)],
  });
  return who.sealPacket(plainPacket(ANNOUNCE, 7, timestamp, who.id, payload));
}
