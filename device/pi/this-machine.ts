/**
 * This machine: its chance, its crypto, its adapters and its ports, for whoever runs a station on it.
 * Bluetooth is loaded when a radio is wanted, and only then.
 */
import { randomBytes, randomInt } from 'node:crypto';
import type { Random } from '../../protocol/core/machine.ts';
import type { Crypto } from '../../protocol/trust/crypto.ts';
import { loadSodium, nativeCrypto } from './crypto.ts';
import type { HardwarePorts } from './hardware.ts';
import { listSerial } from './serial.ts';
import { Tether } from './tether.ts';

export type ThisMachine = Pick<HardwarePorts, 'openRadio' | 'tether' | 'listSerial'> & {
  crypto: Crypto;
  random: Random;
  draw: (size: number) => Uint8Array;
};

export function thisMachine(env: Record<string, string | undefined>): ThisMachine {
  return {
    crypto: nativeCrypto(loadSodium()),
    random: (below) => randomInt(below),
    draw: (size) => new Uint8Array(randomBytes(size)),
    openRadio: async (options, events) => {
      const { openBluetooth } = await import('./bluetooth.ts');
      // Where the kernel lists adapters, for tests.
      const adapters = env['HOPLINE_ADAPTERS'];
      return openBluetooth(adapters === undefined ? options : { ...options, adapters }, events);
    },
    tether: (options, heard) => new Tether(options, heard),
    listSerial,
  };
}
