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
export const RECONCILES = 0x20;
export const SPREADS = 0x40;
export const INTRODUCES = 0x80;

/** Major, minor, patch; a byte each. */
export type Version = Uint8Array;

/** The minor rises with what is really there (DEFAULTS §4): the basic mesh, as boards have it. */
export const OUR_VERSION: Version = new Uint8Array([1, 0, 0]);

/** Of a node with these features. */
export function versionWith(features: number): Version {
  if ((features & ROUTING) !== 0) return new Uint8Array([1, 2, 0]);
  return (features & GATEWAYS) !== 0 ? new Uint8Array([1, 1, 0]) : OUR_VERSION;
}

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
  const mode = modeOf(ours, theirs);
  const both = theirs === null || mode === 'incompatible' ? 0 : ours.features & theirs.features;
  return { mode: mode, features: both >>> 0 };
}

export function modeOf(ours: Abilities, theirs: Abilities | null): Mode {
  if (theirs === null) return 'legacy';
  // The minor is for people: what counts is in the bits.
  if (theirs.version[0] !== ours.version[0]) return 'incompatible';
  return ours.features === theirs.features ? 'full' : 'limited';
}
