/**
 * hopline trace <peer> [--json]
 *
 * The way to a peer, node by node, as each of them tells it, and why packets of a bridge take theirs.
 * Phones pass it on and say nothing.
 */
import type { TraceAnswer } from '../../device/pi/relay-service.ts';
import { HoplineError } from '../../protocol/errors.ts';
import { printable } from '../../protocol/printable.ts';
import type { Command } from '../command.ts';
import { has, JSON_OPTION } from '../command.ts';
import { PLACE_OPTIONS, statusOf, whoIs, withRelay } from '../relay/asking.ts';
import { hopLines } from '../relay/hop-lines.ts';

export const trace: Command = {
  name: 'trace',
  summary: 'the way to a peer, hop by hop',
  usage: 'hopline trace <peer> [--data <folder> | --socket <path>] [--json]',
  operands: { least: 1, most: 1 },
  options: { ...PLACE_OPTIONS, json: JSON_OPTION },
  examples: ['hopline trace cellar'],

  async run(args, io) {
    const [word] = args.operands;
    await withRelay(args, io, async (client) => {
      const id = await whoIs(client, word);
      const { hops, choice, shunned } = (await client.ask('trace', { id })) as TraceAnswer;
      if (has(args, 'json')) io.out(JSON.stringify({ id, hops, choice, shunned }));
      else if (hops.length > 0) {
        const { station } = await statusOf(client);
        const nameOf = (hop: string): string =>
          printable(
            station.peers.find((peer) => peer.id === hop)?.name ??
              station.links.find((link) => link.peer === hop)?.name ??
              '',
          );
        for (const line of hopLines(id, hops, nameOf)) io.out(line);
        if (choice !== null) io.say(choice);
      }
      if (!hops.some((hop) => hop.id === id)) {
        const how = hops.length === 0 ? 'no node answered' : 'it did not answer itself';
        const why = shunned ?? 'only Hopline nodes tell the way';
        throw new HoplineError('CHECKS_FAILED', `${printable(word)}: ${how}; ${why}`);
      }
    });
  },
};
