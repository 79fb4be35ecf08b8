/**
 * hopline restore <file> --to <folder> [--json]
 *
 * Brings a backup back as the store of a folder that has none. It never takes the place of a store.
 */
import { HoplineError } from '../../protocol/errors.ts';
import type { Command } from '../command.ts';
import { has, JSON_OPTION, textOf } from '../command.ts';
import { many } from '../relay/words.ts';

export const restore: Command = {
  name: 'restore',
  summary: 'bring a backup back into a folder without a store',
  usage: 'hopline restore <file> --to <folder> [--json]',
  operands: { least: 1, most: 1 },
  options: {
    to: { type: 'string', value: 'folder', help: 'the folder that gets the store' },
    json: JSON_OPTION,
  },
  examples: ['hopline restore monday.backup --to hopline-data'],

  async run(args, io) {
    const { restore: bringBack } = await import('../../host/store/backup.ts');
    const to = textOf(args, 'to');
    if (to === null) throw new HoplineError('USAGE', `where to? ${restore.usage}`);
    const brought = await bringBack(args.operands[0], to);
    if (has(args, 'json')) return io.out(JSON.stringify({ folder: to, ...brought }));
    const { messages, peers, outbox, owner } = brought;
    const held = `${many(messages, 'message')}, ${many(peers, 'peer')}`;
    io.say(`${to}: ${held}, ${outbox} waiting to be acknowledged`);
    io.say('invitations that were open are not any more');
    io.say(`it opens for the keys of peer ${owner.slice(0, 16)} only; a backup holds no keys`);
  },
};
