/**
 * hopline identity <key-file> [--create] [--json]
 *
 * Who the keys in a file make a peer: his id on the air and his public keys. The secrets stay in the
 * file; nothing here prints them, and nothing replaces a file that is there.
 */
import { randomBytes } from 'node:crypto';
import { Identity } from '../../protocol/trust/identity.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import type { Command } from '../command.ts';
import { has, JSON_OPTION } from '../command.ts';

export const identity: Command = {
  name: 'identity',
  summary: 'show whom a key file makes you, or create one',
  usage: 'hopline identity <key-file> [--create] [--json]',
  operands: { least: 1, most: 1 },
  options: {
    create: { type: 'boolean', help: 'draw new keys into a file that does not exist yet' },
    json: JSON_OPTION,
  },
  examples: ['hopline identity keys/peer --create'],

  async run(args, io) {
    const { createKeyFile, readKeyFile } = await import('../../device/pi/key-file.ts');
    const { nativeCrypto } = await import('../../device/pi/crypto.ts');
    const path = args.operands[0];
    const isNew = has(args, 'create');
    const secrets = isNew ? createKeyFile(path, randomBytes) : readKeyFile(path);
    const peer = new Identity(nativeCrypto(), secrets);
    const shown = {
      id: toHex(peer.id),
      fingerprint: toHex(peer.fingerprint),
      noiseKey: toHex(peer.noiseKey),
      signingKey: toHex(peer.signingKey),
    };
    if (has(args, 'json')) return io.out(JSON.stringify(shown));
    if (isNew) io.say(`new keys are in ${path}; who loses the file loses this identity`);
    io.out(`id           ${shown.id}`);
    io.out(`fingerprint  ${inGroups(shown.fingerprint)}`);
    io.out(`noise key    ${shown.noiseKey}`);
    io.out(`signing key  ${shown.signingKey}`);
  },
};

/** For two people to read to each other. */
function inGroups(hex: string): string {
  return hex.replace(/(.{4})(?=.)/g, '$1 ');
}
