/**
 * Capabilities: what a peer says it can do, 64 bits, little-endian with trailing zero bytes dropped
 * (WIRE §5). Bits nobody has named yet are kept as they came.
 */
export const CAPABILITY = {
  prekeys: 0,
  wifiBulk: 1,
  gateway: 2,
  groups: 3,
  board: 4,
  vouch: 5,
  meshDiagnostics: 6,
  bridge: 7,
  privateMedia: 8,
  privateMediaReceipts: 9,
} as const;

export type Capability = keyof typeof CAPABILITY;

export function capabilities(names: Capability[]): bigint {
  let bits = 0n;
  for (const name of names) bits |= 1n << BigInt(CAPABILITY[name]);
  return bits;
}

export function hasCapability(bits: bigint, name: Capability): boolean {
  return ((bits >> BigInt(CAPABILITY[name])) & 1n) === 1n;
}

/** Those that have a name, by bit. */
export function namedCapabilities(bits: bigint): Capability[] {
  const names = Object.keys(CAPABILITY) as Capability[];
  return names.filter((name) => hasCapability(bits, name));
}

/** At least one byte, so that none differs from not said. */
export function encodeCapabilities(bits: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, bits);
  do {
    bytes.push(Number(rest & 255n));
    rest >>= 8n;
  } while (rest > 0n);
  return new Uint8Array(bytes);
}

/** Of any length: what lies above 64 bits is for later versions. */
export function decodeCapabilities(bytes: Uint8Array): bigint {
  let bits = 0n;
  for (let i = 0; i < bytes.length && i < 8; i++) bits |= BigInt(bytes[i]) << BigInt(i * 8);
  return bits;
}
