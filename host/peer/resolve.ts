/**
 * Resolve: whom a person means by what he typed. Names are anybody's to choose, so one that two
 * peers have is nobody's: the person is shown who there is, and says again by id (RELIABILITY S25).
 */
import { sameBytes } from '../../protocol/core/bytes.ts';
import { ID_SIZE } from '../../protocol/core/packet.ts';
import type { Pins } from '../../protocol/trust/pins.ts';
import { fromHex, toHex } from '../../protocol/wire/hex.ts';
import type { PeerReads } from '../types.ts';
import { NAMESAKES_MAX } from '../types.ts';

/** Digits of an id that are taken for the beginning of one. */
export const PREFIX_MIN = 4;

export type Resolved =
  | { kind: 'found'; id: Uint8Array }
  | { kind: 'ambiguous'; candidates: Uint8Array[] }
  | { kind: 'unknown' };

/** By whole id, known or not; or by the beginning of an id or a name that only one peer has. */
export function resolve(who: string, peers: PeerReads, pins: Pick<Pins, 'all'>): Resolved {
  const asked = who.trim();
  const whole = asked.length === 2 * ID_SIZE ? fromHex(asked) : null;
  if (whole !== null) return { kind: 'found', id: whole };
  const candidates = peers.named(asked).map(({ id }) => id);
  for (const id of beginningWith(asked, pins)) {
    if (candidates.length >= NAMESAKES_MAX) break;
    if (!candidates.some((other) => sameBytes(other, 0, id))) candidates.push(id);
  }
  if (candidates.length === 0) return { kind: 'unknown' };
  if (candidates.length === 1) return { kind: 'found', id: candidates[0] };
  return { kind: 'ambiguous', candidates };
}

function beginningWith(asked: string, pins: Pick<Pins, 'all'>): Uint8Array[] {
  if (!/^[0-9a-fA-F]+$/.test(asked) || asked.length < PREFIX_MIN) return [];
  const prefix = asked.toLowerCase();
  return pins.all().flatMap(({ id }) => (toHex(id).startsWith(prefix) ? [id] : []));
}
