/**
 * Areas: what `hopline bench` can measure. An area is one file beside this one and one line here.
 */
import type { BenchArea } from './area.ts';

/** By name, loaded when wanted. */
export type Areas = Record<string, () => Promise<BenchArea>>;

export const areas: Areas = {
  attack: async () => (await import('./attack.ts')).area,
  bridge: async () => (await import('./bridge.ts')).area,
  crypto: async () => (await import('./crypto.ts')).area,
  device: async () => (await import('./device.ts')).area,
  memory: async () => (await import('./memory.ts')).area,
  mesh: async () => (await import('./mesh.ts')).area,
  protocol: async () => (await import('./protocol.ts')).area,
  radio: async () => (await import('./radio.ts')).area,
  system: async () => (await import('./system.ts')).area,
};
