/**
 * hopline chat [--to <peer>] [--history <n>] [--data <folder>] [--json]
 *
 * Talk over a running bridge: at a terminal with a line to type in, in a pipe line by line.
 */
import { Chat } from '../bridge/chat.ts';
import { BridgeClient } from '../bridge/client.ts';
import { DATA_OPTION } from '../bridge/whereabouts.ts';
import type { Command } from '../command.ts';
import { has, JSON_OPTION, textOf, wholeNumberOf } from '../command.ts';

const HISTORY_MAX = 1000;

export const chat: Command = {
  name: 'chat',
  summary: 'talk, publicly and privately, over a running bridge',
  usage: 'hopline chat [--to <peer>] [--history <n>] [--data <folder>] [--json]',
  options: {
    to: { type: 'string', value: 'peer', help: 'begin with that peer alone, by name or id' },
    history: { type: 'string', value: 'n', help: 'messages of before to show first (10; piped 0)' },
    data: DATA_OPTION,
    json: { ...JSON_OPTION, help: 'print every event as JSON, for programs' },
  },
  examples: ['hopline chat', 'hopline chat --to ada', "echo '/msg ada hello' | hopline chat"],

  async run(args, io) {
    const count = wholeNumberOf(args, 'history', { least: 0, most: HISTORY_MAX }, -1);
    const client = BridgeClient.of(args, io);
    const options = {
      to: textOf(args, 'to'),
      history: count < 0 ? null : count,
      isJson: has(args, 'json'),
    };
    await new Chat(client, io, options).run(io.stopping());
  },
};
