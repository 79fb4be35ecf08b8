/**
 * Greeting: what a daemon found around it at its start, what is missing, and where to go from here.
 */
import type { StatusView } from '../../host/http/views.ts';
import type { Daemon } from '../../host/daemon.ts';
import { printable } from '../../protocol/printable.ts';
import { labelled } from '../relay/words.ts';

/** `login` is good for one time, and for ten minutes. */
export function greeting(daemon: Daemon, status: StatusView, url: string, login: string): string[] {
  const lines = [
    `${printable(status.name)}  ${status.id}`,
    ...labelled([
      ['bridge', `Hopline ${status.version}, process ${process.pid}, in ${daemon.config.data}`],
      ['radio', radioWords(daemon)],
      ['wires', wireWords(daemon)],
      ['lines', lineWords(daemon)],
      ['page', `${url}  (hopline login prints another link)`],
      ['log in', login],
    ]),
  ];
  for (const problem of status.problems) lines.push(`  ! ${problem}`);
  if (daemon.isVirtual) lines.push(...VIRTUAL);
  return lines;
}

const VIRTUAL = [
  '',
  '  Everything around this bridge is simulated: eight nodes on its island, and a second island',
  '  behind a line. No radio and no wire is used, and none of its packets leave this machine.',
  '  With a Bluetooth adapter or a board plugged in, start it as: hopline up',
];

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
  const wires = daemon.audience.report().wires.map(({ port, state }) => `${port} ${state}`);
  if (wires.length > 0) return wires.join(', ');
  return daemon.config.serial === 'auto' ? 'none yet; boards are found as they come' : 'none';
}

function lineWords(daemon: Daemon): string {
  const { listening } = daemon;
  const dialled = daemon.snapshot().gateway.lines.filter(({ address }) => address !== null);
  const heard =
    listening === null
      ? 'nobody is let in'
      : `others are let in at ${listening.host}:${listening.port}`;
  return `${heard}; ${dialled.length} to dial`;
}
