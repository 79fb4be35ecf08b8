/**
 * hopline backup <folder> --out <file> [--json]
 *
 * A copy of a store in one file, made while the daemon goes on working. The key file is not in it, and
 * is for the person to keep.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
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
    const [folder] = args.operands;
    await mustBeReal(folder);
    const made = await backUp(folder, out);
    if (has(args, 'json')) return io.out(JSON.stringify({ file: out, ...made }));
    const { messages, peers, outbox } = made;
    const held = `${many(messages, 'message')}, ${many(peers, 'peer')}`;
    io.say(`${out}: ${held}, ${outbox} waiting to be acknowledged`);
    io.say('anyone who has it can read those messages; the key file is not in it: keep that too');
  },
};

/** What `npm start` keeps of a simulated world lies apart, and is asked for by its own name. */
async function mustBeReal(folder: string): Promise<void> {
  const { storeIn } = await import('../../host/store/folder.ts');
  const { VIRTUAL_FOLDER } = await import('../island/virtual-daemon.ts');
  const simulated = join(folder, VIRTUAL_FOLDER);
  if (existsSync(storeIn(folder)) || !existsSync(storeIn(simulated))) return;
  const detail = `${folder}: nothing but a simulated world was kept there; to copy that, name ${simulated}`;
  throw new HoplineError('FILE_UNREADABLE', detail);
}
