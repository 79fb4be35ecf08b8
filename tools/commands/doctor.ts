/**
 * hopline doctor [--json]
 *
 * Why a relay does not work on this machine, and exactly what to do about it. It ends with 1 when
 * something is in its way.
 */
import { hostname } from 'node:os';
import { defaultConfig } from '../../device/pi/config.ts';
import type { StatusAnswer } from '../../device/pi/relay-service.ts';
import { HoplineError } from '../../protocol/errors.ts';
import type { Args, Command, Io } from '../command.ts';
import { has, JSON_OPTION } from '../command.ts';
import {
  adapters,
  bluetoothd,
  capability,
  kernel,
  mtu,
  reverseDiscovery,
} from '../doctor/bluetooth.ts';
import type { Finding, Severity } from '../doctor/finding.ts';
import type { DoctorPort } from '../doctor/port.ts';
import { machine } from '../doctor/port.ts';
import { clock, disk, instance, serial } from '../doctor/surroundings.ts';
import { SOCKET_OPTION, statusOf, withRelay } from '../relay/asking.ts';

/** In the order in which one would look. */
const CHECKS = [
  kernel,
  adapters,
  bluetoothd,
  capability,
  reverseDiscovery,
  instance,
  mtu,
  clock,
  serial,
  disk,
];

export function doctorOf(machineOf: (relay: StatusAnswer | null, io: Io) => DoctorPort): Command {
  return {
    name: 'doctor',
    summary: 'why a relay does not work here, and what to do',
    usage: 'hopline doctor [--socket <path>] [--json]',
    options: { socket: SOCKET_OPTION, json: JSON_OPTION },
    examples: ['hopline doctor'],

    async run(args, io) {
      const port = machineOf(await statusOrNull(args, io), io);
      const findings = CHECKS.flatMap((check) => check(port));
      if (has(args, 'json')) io.out(JSON.stringify(findings));
      else
        for (const line of findings.flatMap((finding) => linesOf(finding, io.colour))) io.say(line);
      const problems = findings.filter(({ severity }) => severity === 'problem');
      if (problems.length === 0) return;
      const names = problems.map(({ check }) => check).join(', ');
      throw new HoplineError('CHECKS_FAILED', `in the way of a relay: ${names}`);
    },
  };
}

export const doctor = doctorOf((relay, io) =>
  machine('/', relay, defaultConfig({ env: io.env, hostname: hostname() }).data),
);

/** A relay that does not answer is a finding, not a failure. */
function statusOrNull(args: Args, io: Io): Promise<StatusAnswer | null> {
  return withRelay(args, io, statusOf).catch((cause) => {
    if (cause instanceof HoplineError) return null;
    throw cause;
  });
}

const COLOURS: Record<Severity, string> = {
  good: '\x1b[32m',
  unknown: '\x1b[2m',
  warning: '\x1b[33m',
  problem: '\x1b[31m',
};

function linesOf({ check, severity, what, fix }: Finding, isColoured: boolean): string[] {
  const mark = severity.padEnd(7);
  const coloured = isColoured ? `${COLOURS[severity]}${mark}\x1b[0m` : mark;
  const line = `${coloured}  ${check}: ${what}`;
  return fix === null ? [line] : [line, `         do: ${fix}`];
}
