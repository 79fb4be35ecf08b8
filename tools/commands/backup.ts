/**
 * hopline backup <folder> --out <file> [--json]
 *
 * A copy of a store in one file, made while the daemon goes on working. The key file is not in it, and
 * is for the person to keep.
 */
import { HoplineError } from '../../protocol/errors.ts';
import type { Command } from '../command.ts';
import { has, JSON_OPTION, textOf } from '../command.ts';
import { many } from '../relay/words.ts';

export const backup: Command = {
  name: 'backup',
  summary: 'copy a store into one file, also while it is in use',
  usage: 'hopline backup <folder> --out <file> [--json]',
  operands: { least: 1, most: 1 },
  options: {
    out: { type: 'string', value: 'file', help: 'the file to make' },
    json: JSON_OPTION,
  },
  examples: ['hopline backup hopline-data --out monday.backup'],

  async run(args, io) {
    const { backUp } = await import('../../host/store/backup.ts');
    const out = textOf(args, 'out');
    if (out === null) throw new HoplineError('USAGE', `where to? ${backup.usage}`);
    const made = await backUp(args.operands[0], out);
    if (has(args, 'json')) return io.out(JSON.stringify({ file: out, ...made }));
    const { messages, peers, outbox } = made;
    const held = `${many(messages, 'message')}, ${many(peers, 'peer')}`;
    io.out(`${out}: ${held}, ${outbox} waiting to be acknowledged`);
    io.out('anyone who has it can read those messages; the key file is not in it: keep that too');
  },
};
