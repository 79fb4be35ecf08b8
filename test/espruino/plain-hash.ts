/**
 * FNV-1a twice over: a packet hash that is short, deterministic and the same on every runtime.
 * Products stay below 2^53, so that an Espruino without Math.imul agrees.
 */
export function plainHash(bytes: Uint8Array, length: number, out: Uint32Array): void {
  let low = 2166136261;
  let high = 84696351;
  for (let i = 0; i < length; i++) {
    low = timesPrime((low ^ bytes[i]) >>> 0);
    high = timesPrime((high ^ bytes[i]) >>> 0);
  }
  out[0] = low;
  out[1] = high;
}

/** Times 16777619, modulo 2^32. */
function timesPrime(value: number): number {
  return ((value & 0xffff) * 16777619 + ((((value >>> 16) * 403) & 0xffff) << 16)) >>> 0;
}
