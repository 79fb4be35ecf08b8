/**
 * hopline provision <port> --name <name> [--role <role>] ...
 * hopline provision plan | apply <nodes.yaml>
 * hopline provision export [<port> ...]
 * hopline provision read | identify | qr | unlock <port>
 *
 * Settings and keys of one node, or of a fleet that a file describes. Keys are drawn here and kept in a
 * folder; they are never on a command line, in the file, or on the screen.
 */
import { listSerial } from '../../device/pi/serial.ts';
import { HoplineError } from '../../protocol/errors.ts';
import { suggest } from '../../protocol/suggest.ts';
import type { Args, Command, Io, Option } from '../command.ts';
import { JSON_OPTION, misuse } from '../command.ts';
import { helpOf, WRITABLE } from '../../protocol/admin/setting-text.ts';
import type { ListPorts } from './provision-site.ts';

type Act = (operand: string, args: Args, io: Io, listPorts: ListPorts) => Promise<void>;

const fleet = () => import('./provision-fleet.ts');
const node = () => import('./provision-node.ts');

/** What can stand before a port or a file, what it wants there, and the options it heeds. */
const ACTS: Record<string, { wants: string; heeds: string[]; act: Act }> = {
  plan: {
    wants: 'which file?',
    heeds: ['keys', 'ports', 'json'],
    act: async (...all) => (await fleet()).plan(...all),
  },
  apply: {
    wants: 'which file?',
    heeds: ['keys', 'ports', 'json'],
    act: async (...all) => (await fleet()).apply(...all),
  },
  read: {
    wants: 'which port?',
    heeds: ['keys', 'key-file', 'name', 'json'],
    act: async (...all) => (await node()).read(...all),
  },
  identify: {
    wants: 'which port?',
    heeds: ['keys', 'key-file'],
    act: async (...all) => (await node()).identify(...all),
  },
  qr: {
    wants: 'which port?',
    heeds: ['keys', 'key-file', 'name', 'json'],
    act: async (...all) => (await node()).qr(...all),
  },
  unlock: {
    wants: 'which port?',
    heeds: ['keys', 'key-file'],
    act: async (...all) => (await node()).unlock(...all),
  },
};
const EXPORT = 'export';
const EXPORT_HEEDS = ['keys', 'ports'];
const ONE_HEEDS = [...WRITABLE, 'dry-run', 'keys', 'key-file', 'json'];

const SETTINGS = Object.fromEntries(
  WRITABLE.map((name): [string, Option] => [
    name,
    { type: 'string', value: 'value', help: helpOf(name) },
  ]),
);

/** `listPorts` says what is plugged in. */
export function provisionOf(listPorts: ListPorts): Command {
  return {
    name: 'provision',
    summary: 'give nodes their settings and keys, one or a fleet',
    usage:
      'hopline provision <port> --name <name> [settings] [--dry-run] [--keys <folder>] ' +
      '[--key-file <file>] [--json]; hopline provision plan|apply <nodes.yaml> [--ports <paths>]; ' +
      'hopline provision export [<port> ...]; hopline provision read|identify|qr|unlock <port>',
    operands: { least: 0, most: 64 },
    options: {
      ...SETTINGS,
      'dry-run': { type: 'boolean', help: 'only say what would change' },
      keys: {
        type: 'string',
        value: 'folder',
        help: 'where the keys are (keys, beside the file of a fleet)',
      },
      'key-file': { type: 'string', value: 'file', help: 'the keys of this node, from elsewhere' },
      ports: {
        type: 'string',
        value: 'paths',
        help: 'ports to look at besides those listed, apart by commas',
      },
      json: JSON_OPTION,
    },
    examples: [
      'hopline provision /dev/ttyUSB0 --name gate --role relay --transmit-power=-8',
      'hopline provision plan nodes.yaml',
      'hopline provision apply nodes.yaml',
      'hopline provision export > nodes.yaml',
      'hopline provision unlock /dev/ttyUSB0',
    ],

    async run(args, io) {
      const [first, ...rest] = args.operands;
      if (first === undefined) {
        const acts = [...Object.keys(ACTS), EXPORT].join(', ');
        const ports = 'hopline flash --list shows the ports';
        throw misuse(this, `which port, or one of ${acts}? ${ports}`);
      }
      if (first === EXPORT) {
        refuseIdle(EXPORT, EXPORT_HEEDS, args);
        return (await fleet()).exportFleet(rest, args, io, listPorts);
      }
      const known = Object.hasOwn(ACTS, first) ? ACTS[first] : null;
      const [operand, more] = known === null ? [first, rest[0]] : rest;
      if (operand === undefined) throw new HoplineError('USAGE', `${first}: ${known!.wants}`);
      if (more !== undefined) {
        const near = suggest(first, [...Object.keys(ACTS), EXPORT]);
        throw new HoplineError('USAGE', `"${more}" is too much${known === null ? near : ''}`);
      }
      refuseIdle(known === null ? 'of one node' : first, known?.heeds ?? ONE_HEEDS, args);
      if (known !== null) return known.act(operand, args, io, listPorts);
      return (await node()).provisionOne(operand, args, io, listPorts);
    },
  };
}

export const provision = provisionOf(listSerial);

/** Whoever asks for a rehearsal, or for a setting, must not get something else without a word. */
function refuseIdle(act: string, heeds: readonly string[], args: Args): void {
  const idle = Object.keys(args.values).find((name) => !heeds.includes(name));
  if (idle === undefined) return;
  const isRehearsal = act === 'apply' && idle === 'dry-run';
  const instead = isRehearsal ? '; provision plan says what would change' : '';
  throw new HoplineError('USAGE', `provision ${act} has no use for --${idle}${instead}`);
}
