/**
 * hopline path <peer> [--data <folder>] [--json]
 *
 * How packets of a running bridge go to a peer, and why: the routes that it keeps, the one that is
 * taken, and when that last changed; or why packets are flooded.
 */
import { BridgeClient } from '../bridge/client.ts';
import { DATA_OPTION } from '../bridge/data-option.ts';
import { pathLines } from '../bridge/path-lines.ts';
import type { Command } from '../command.ts';
import { has, JSON_OPTION } from '../command.ts';

export const path: Command = {
  name: 'path',
  summary: 'which way packets take to a peer, and why',
  usage: 'hopline path <peer> [--data <folder>] [--json]',
  operands: { least: 1, most: 1 },
  options: { data: DATA_OPTION, json: JSON_OPTION },
  examples: ['hopline path cellar', 'hopline path 4c0ff1cd9cd844b0'],

  async run(args, io) {
    const client = BridgeClient.of(args, io);
    const [who] = args.operands;
    const path = await client.path(who);
    if (has(args, 'json')) return io.out(JSON.stringify(path));
    const peers = await client.peers();
    for (const line of pathLines(path, peers)) io.say(line);
  },
};
