/**
 * Hopline: the commands, run one after another in a process with a radio, as a person at a terminal
 * would run them one process each.
 */
import process from 'node:process';
import { commands } from '../../tools/commands/index.ts';
import { dispatch } from '../../tools/dispatch.ts';
import { releasePorts } from '../../tools/ports.ts';
import { testIo } from '../tools/io.ts';

process.env['HOPLINE_ADAPTERS'] = process.env['VIRTUAL_ADAPTERS'];

process.on('message', async (told: { words: string[]; files: Record<string, string> } | 'end') => {
  if (told === 'end') {
    await releasePorts();
    return process.disconnect();
  }
  const io = testIo(told.files);
  io.progress = (line) => process.send!({ kind: 'progress', line });
  const status = await dispatch(told.words, commands, '0', io);
  process.send!({ kind: 'ended', status, outs: io.outs, errs: io.errs });
});
process.send!({ kind: 'ready' });
