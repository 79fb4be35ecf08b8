/**
 * Dispatch: from a command line to a command, and from what went wrong to an exit status.
 */
import { HoplineError } from '../protocol/errors.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import { suggest } from '../protocol/suggest.ts';
import { readArguments } from './arguments.ts';
import type { Command, Io } from './command.ts';
import { ELSEWHERE } from './commands/elsewhere.ts';
import { helpFor, overview } from './help.ts';

/** Commands by name, each loaded when it is wanted: one must not cost the others their start. */
export type Commands = Record<string, () => Promise<Command>>;

/** The exit status of every code. Where sysexits.h has a number for the case, it is that one. */
export const STATUS: Record<ErrorCode, number> = {
  CHECKS_FAILED: 1,
  FIRMWARE_DIFFERS: 3,
  FIRMWARE_TOO_LARGE: 4,
  FLASH_FAILED: 5,
  BOARD_SILENT: 6,
  BOARD_UNKNOWN: 7,
  BOARD_WRONG: 8,
  CONSOLE_LOCKED: 9,
  OVER_BUDGET: 10,
  RELAY_RUNNING: 11,
  RELAY_UNREACHABLE: 12,
  REQUEST_INVALID: 13,
  RADIO_MISSING: 14,
  RADIO_DENIED: 15,
  RADIO_UNUSABLE: 16,
  STORE_NEWER: 20,
  STORE_FOREIGN: 21,
  STORE_EXISTS: 22,
  STORE_DAMAGED: 23,
  STORE_LOCKED: 24,
  AUDIT_BROKEN: 25,
  NODE_LOCKED: 30,
  NODE_LOST: 31,
  NODE_REFUSED: 32,
  FLEET_UNFINISHED: 33,
  TOKEN_REFUSED: 40,
  SITE_REFUSED: 41,
  LOGIN_REFUSED: 42,
  NOT_FOUND: 43,
  PEER_UNKNOWN: 44,
  AMBIGUOUS_NAME: 45,
  REQUEST_TOO_LARGE: 46,
  TOO_OFTEN: 47,
  TOO_MANY: 48,
  BRIDGE_FAULT: 49,
  STORE_FAILING: 50,
  BRIDGE_UNREACHABLE: 51,
  BRIDGE_DIFFERS: 52,
  MESSAGE_FAILED: 53,
  MESSAGE_PENDING: 54,
  LINE_DOWN: 55,
  COMPONENT_INVALID: 56,
  COMPONENT_FAILED: 57,
  RELAY_BROKEN: 17,
  USAGE: 64,
  BUNDLE_REFUSED: 65,
  FILE_UNREADABLE: 66,
  SUBJECT_FAILED: 69,
  PORT_MISSING: 68,
  PORT_GONE: 71,
  LISTEN_FAILED: 72,
  KEY_FILE_EXISTS: 73,
  FILE_UNWRITABLE: 74,
  PORT_BUSY: 75,
  PORT_DENIED: 77,
  KEY_FILE_INVALID: 78,
  CONFIG_INVALID: 79,
  STATE_INVALID: 80,
  TOPOLOGY_INVALID: 81,
  FAULTS_INVALID: 82,
};
/** Our own mistake: the one failure that prints a stack. */
const BROKEN = 70;

/**
 * Runs one command line to its end and gives the exit status. It never rejects. `groups` are the
 * commands under the headings of their list.
 */
export async function dispatch(
  words: string[],
  commands: Commands,
  version: string,
  io: Io,
  groups: Record<string, Commands> = { commands },
): Promise<number> {
  try {
    await obey(words, commands, version, io, groups);
    return 0;
  } catch (failure) {
    return report(failure, io);
  }
}

/** Says what failed and gives its exit status. */
export function report(failure: unknown, io: Io): number {
  if (failure instanceof HoplineError) {
    // One line whatever a path or a cause brought along.
    io.err(`hopline: ${failure.message.replace(/\s+/g, ' ')}`);
    return STATUS[failure.code];
  }
  io.err('hopline: a fault of its own; please report what follows');
  io.err(failure instanceof Error ? (failure.stack ?? failure.message) : String(failure));
  return BROKEN;
}

async function obey(
  words: string[],
  commands: Commands,
  version: string,
  io: Io,
  groups: Record<string, Commands>,
): Promise<void> {
  const [first, ...rest] = words;
  switch (first) {
    case undefined:
    case 'help':
    case '--help':
    case '-h':
      return io.out(await help(rest[0], commands, groups, helpWidth(io)));
    case '--version':
      return io.out(`hopline ${version}`);
  }
  const command = await find(first, commands);
  const args = readArguments(rest, command);
  if (args === null) return io.out(await helpFor(command, helpWidth(io)));
  await command.run(args, io);
}

async function help(
  name: string | undefined,
  commands: Commands,
  groups: Record<string, Commands>,
  width: number,
): Promise<string> {
  if (name !== undefined) return helpFor(await find(name, commands), width);
  const loaded = Object.entries(groups).map(async ([heading, loads]) => {
    return [heading, await Promise.all(Object.values(loads).map((load) => load()))] as const;
  });
  return overview(await Promise.all(loaded), width);
}

function helpWidth({ isTTY, columns }: Io): number {
  return isTTY ? columns : Infinity;
}

function find(name: string, commands: Commands): Promise<Command> {
  if (Object.hasOwn(commands, name)) return commands[name]();
  const detail = name.startsWith('-')
    ? `${name} stands before any command; write hopline <command> ${name}`
    : `there is no command "${name}"${insteadOf(name, commands)}`;
  throw new HoplineError('USAGE', `${detail} (hopline help lists them)`);
}

function insteadOf(name: string, commands: Commands): string {
  if (Object.hasOwn(ELSEWHERE, name)) return `; that is ${ELSEWHERE[name]}`;
  return suggest(name, [...Object.keys(commands), 'help']);
}
