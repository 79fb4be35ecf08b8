/**
 * Version: what two nodes can do together, a pure function of their two hellos (WIRE §26). Both ends
 * come to the same answer.
 */

/** Feature bits of a hello (WIRE §20). */
export const MESH = 0x01;
export const GATEWAYS = 0x02;
export const ROUTING = 0x04;
export const COMPRESSION = 0x08;
export const RECEIPTS = 0x10;

/** Major, minor, patch; a byte each. */
export type Version = Uint8Array;

/** The minor rises with what is really there (DEFAULTS §4): so far the basic mesh. */
export const OUR_VERSION: Version = new Uint8Array([1, 0, 0]);

/**
 * `legacy`: a phone, which said no hello; Part I of WIRE only. `incompatible`: packets are relayed,
 * nothing else.
 */
export type Mode = 'full' | 'limited' | 'legacy' | 'incompatible';

/** What settling looks at; a hello will do. */
export type Abilities = { version: Version; features: number };

/** With the features that both have. */
export function settle(
  ours: Abilities,
  theirs: Abilities | null,
): { mode: Mode; features: number } {
  if (theirs === null) return { mode: 'legacy', features: 0 };
  // The minor is for people: what counts is in the bits.
  if (theirs.version[0] !== ours.version[0]) return { mode: 'incompatible', features: 0 };
  return {
    mode: ours.features === theirs.features ? 'full' : 'limited',
    features: (ours.features & theirs.features) >>> 0,
  };
}
