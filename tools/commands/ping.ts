/**
 * hopline ping <peer> [--count <n>] [--json]
 *
 * How long it takes to a peer and back, and over how many hops. It ends with 1 when nothing came back.
 */
import type { PingAnswer } from '../../device/pi/relay-service.ts';
import { HoplineError } from '../../protocol/errors.ts';
import { printable } from '../../protocol/printable.ts';
import type { Command } from '../command.ts';
import { has, JSON_OPTION, wholeNumberOf } from '../command.ts';
import { PLACE_OPTIONS, whoIs, withRelay } from '../relay/asking.ts';
import { unanswered } from '../relay/words.ts';

/** Between two pings: phones answer five in ten seconds, and no more. */
const PAUSE_MS = 2000;

export const ping: Command = {
  name: 'ping',
  summary: 'how far a peer is, in time and hops',
  usage: 'hopline ping <peer> [--count <n>] [--data <folder> | --socket <path>] [--json]',
  operands: { least: 1, most: 1 },
  options: {
    count: { type: 'string', value: 'n', help: 'how often (1)' },
    ...PLACE_OPTIONS,
    json: JSON_OPTION,
  },
  examples: ['hopline ping attic --count 5', 'hopline ping 4c0ff1cd9cd844b0'],

  async run(args, io) {
    const count = wholeNumberOf(args, 'count', { least: 1, most: 1000 }, 1);
    const [word] = args.operands;
    const answered = await withRelay(args, io, async (client) => {
      const id = await whoIs(client, word);
      let answered = 0;
      for (let at = 0; at < count; at++) {
        if (at > 0) await io.wait(PAUSE_MS);
        const pong = (await client.ask('ping', { id })) as PingAnswer;
        if (pong !== null) answered++;
        io.out(has(args, 'json') ? JSON.stringify({ id, pong }) : lineOf(id, pong));
      }
      return answered;
    });
    if (answered === 0) throw new HoplineError('CHECKS_FAILED', unanswered(printable(word)));
  },
};

function lineOf(id: string, pong: PingAnswer): string {
  if (pong === null) return `${id}: nothing came back`;
  const hops = pong.hops === null ? '' : `, ${pong.hops} hop${pong.hops === 1 ? '' : 's'}`;
  return `${id}: ${pong.roundTripMs.toFixed(1)} ms${hops}`;
}
