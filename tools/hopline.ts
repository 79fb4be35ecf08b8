#!/usr/bin/env node
/**
 * hopline: the one program. Commands live in commands/; this joins them to the process that runs us.
 */
import { commands, groups } from './commands/index.ts';
import { dispatch, report } from './dispatch.ts';
import { releasePorts } from './ports.ts';
import { terminal } from './terminal.ts';
import { version } from './version.ts';

process.setSourceMapsEnabled(true);
const io = terminal();

// Whoever reads us may stop reading (`hopline ... | head`): that is no fault, and nothing is left
// to say.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (cause: NodeJS.ErrnoException) => {
    if (cause.code === 'EPIPE') process.exit(0);
    throw cause;
  });
}
process.on('uncaughtException', (failure) => process.exit(report(failure, io)));

process.exitCode = await dispatch(process.argv.slice(2), commands, version(), io, groups);
await releasePorts();
