/**
 * Greeting: what a daemon found around it at its start, what is missing, and where to go from here.
 */
import type { StatusView } from '../../host/http/views.ts';
import type { Daemon } from '../../host/daemon.ts';
import { printable } from '../../protocol/printable.ts';
import { labelled } from '../relay/words.ts';

/** `login` is good for one time, and for ten minutes: it stands last, where it is seen. */
export function greeting(daemon: Daemon, status: StatusView, url: string, login: string): string[] {
  const { data } = daemon.config;
  const { realStart } = status;
  const lines = [
    `${printable(status.name)}  ${status.id}`,
    ...labelled([
      ['bridge', `Hopline ${status.version}, process ${process.pid}, in ${data}`],
      ['radio', radioWords(daemon)],
      ['wires', wireWords(daemon)],
      ['lines', lineWords(daemon)],
      ['page', url],
    ]),
  ];
  for (const problem of status.problems) lines.push(`  ! ${problem}`);
  if (realStart !== null) lines.push('', ...virtualWords(realStart));
  lines.push('', `  To log in, open ${login}`, '  once; hopline login prints another link.');
  return lines;
}

function virtualWords(realStart: string): string[] {
  return [
    '  Everything around this bridge is simulated: eight nodes on its island, and a',
    '  second island behind a line. No radio and no wire is used, and none of its',
    '  packets leave this machine. To use the Bluetooth adapter and the boards of',
    '  this machine instead, end it and start',
    `    ${realStart}`,
    '  (npm link puts hopline on the PATH; hopline doctor says what a radio lacks).',
  ];
}

function radioWords(daemon: Daemon): string {
  if (daemon.isVirtual) return 'virtual';
  const { state, adapter } = daemon.audience.report().radio;
  switch (state) {
    case 'on':
      return adapter ?? 'the first Bluetooth adapter';
    case 'off':
      return 'the adapter has no power; hopline doctor says what to do';
    case 'missing':
      return 'there is none that can be used; hopline doctor says what to do';
    case 'unwanted':
      return 'off, as the settings say';
  }
}

function wireWords(daemon: Daemon): string {
  if (daemon.isVirtual) return 'none are opened';
  const wires = daemon.audience.report().wires.map(({ port, state }) => `${port} ${state}`);
  if (wires.length > 0) return wires.join(', ');
  return daemon.config.serial === 'auto' ? 'none yet; boards are found as they come' : 'none';
}

function lineWords(daemon: Daemon): string {
  if (daemon.isVirtual) return 'one to a second island, simulated too; nobody is let in';
  const { listening } = daemon;
  const dialled = daemon.snapshot().gateway.lines.filter(({ address }) => address !== null);
  const heard =
    listening === null
      ? 'nobody is let in'
      : `others are let in at ${listening.host}:${listening.port}`;
  return `${heard}; ${dialled.length} to dial`;
}
