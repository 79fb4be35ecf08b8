/**
 * hopline console <port> [--baud <n>] [--json]
 *
 * One node, live: what it logs, its statistics and the packets it passes on, each line marked with
 * what it is. A board without firmware is heard too, as the console it then is.
 */
import { randomBytes } from 'node:crypto';
import { HoplineError } from '../../protocol/errors.ts';
import { printable } from '../../protocol/printable.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import { typeName } from '../../protocol/wire/type-names.ts';
import type { Command, Io } from '../command.ts';
import { has, JSON_OPTION, wholeNumberOf } from '../command.ts';
import type { Heard } from '../flash/monitor.ts';
import { Monitor } from '../flash/monitor.ts';
import { converse } from '../session.ts';

/** What firmware speaks at. */
const BAUD = 115_200;

export const console: Command = {
  name: 'console',
  summary: 'watch the log, statistics and packets of one node',
  usage: 'hopline console <port> [--baud <n>] [--json]',
  operands: { least: 1, most: 1 },
  options: {
    baud: { type: 'string', value: 'n', help: `the rate of the port (${BAUD})` },
    json: JSON_OPTION,
  },
  examples: ['hopline console /dev/ttyUSB0', 'hopline console /dev/ttyUSB0 --json'],

  async run(args, io) {
    const [port] = args.operands;
    const baud = wholeNumberOf(args, 'baud', { least: 300, most: 4_000_000 }, BAUD);
    const stop = io.stopping();
    const isJson = has(args, 'json');
    let wasRefused = false;
    const remark = (heard: Heard): void => {
      // It will say so every time it is asked.
      if (heard.kind === 'refused' && wasRefused) return;
      wasRefused ||= heard.kind === 'refused';
      show(heard, isJson, io);
    };
    try {
      await converse(new Monitor(randomBytes(8)), port, baud, remark, stop, 'node');
    } catch (failure) {
      // To be stopped is how this ends.
      if (!stop.aborted || !(failure instanceof HoplineError)) throw failure;
    }
  },
};

function show(heard: Heard, isJson: boolean, io: Io): void {
  if (heard.kind === 'refused') return io.err('the node keeps its statistics to its admin');
  if (isJson) return io.out(JSON.stringify(plain(heard)));
  io.out(`${MARKS[heard.kind]} ${lineOf(heard)}`);
}

const MARKS = { log: 'log   ', statistics: 'stats ', packet: 'packet', console: 'board ' };

function lineOf(heard: Exclude<Heard, { kind: 'refused' }>): string {
  switch (heard.kind) {
    case 'statistics':
      return Object.entries(heard.values)
        .map(([name, value]) => `${printable(name)} ${value}`)
        .join(', ');
    case 'packet': {
      const { type, ttl, sender, recipient } = heard.packet;
      const to = recipient === null ? '' : ` to ${toHex(recipient)}`;
      return `${typeName(type)}, TTL ${ttl}, from ${toHex(sender)}${to}, ${heard.size} bytes`;
    }
    default:
      return printable(heard.text);
  }
}

function plain(heard: Exclude<Heard, { kind: 'refused' }>): object {
  if (heard.kind !== 'packet') return heard;
  const { type, ttl, timestamp, sender, recipient, payload } = heard.packet;
  return {
    kind: 'packet',
    type: typeName(type),
    ttl,
    timestamp,
    sender: toHex(sender),
    recipient: recipient === null ? null : toHex(recipient),
    size: heard.size,
    payload: toHex(payload),
  };
}
