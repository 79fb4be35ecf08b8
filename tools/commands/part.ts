/**
 * hopline part [--data <folder>] <node>
 *
 * Ends a line to another gateway for good.
 */
import type { LineView } from '../../host/http/views.ts';
import { HoplineError } from '../../protocol/errors.ts';
import { printable } from '../../protocol/printable.ts';
import { foldName } from '../../protocol/wire/text.ts';
import { BridgeClient } from '../bridge/client.ts';
import { lineName } from '../bridge/message-lines.ts';
import { DATA_OPTION } from '../bridge/data-option.ts';
import type { Command } from '../command.ts';

export const part: Command = {
  name: 'part',
  summary: 'end the line to another gateway',
  usage: 'hopline part [--data <folder>] <node>',
  operands: { least: 1, most: 1 },
  options: { data: DATA_OPTION },
  examples: ['hopline part attic', 'hopline part 4c0ff1cd9cd844b0'],

  async run(args, io) {
    const client = BridgeClient.of(args, io);
    const lines = await client.lines();
    const line = lineTo(args.operands[0], lines);
    await client.delete(`lines/${line.node}`);
    io.out(`parted from ${lineName(line)}`);
  },
};

/** By id, or by a name that only one of them has (RELIABILITY S25). */
function lineTo(word: string, lines: LineView[]): LineView {
  const asked = foldName(word);
  const found = lines.filter(({ node, name }) => node === asked || foldName(name) === asked);
  if (found.length === 1) return found[0];
  if (found.length === 0) {
    const detail = `${printable(word)}: no line leads there; hopline lines lists them`;
    throw new HoplineError('NOT_FOUND', detail);
  }
  const ids = found.map(({ node }) => node).join(', ');
  throw new HoplineError('AMBIGUOUS_NAME', `${printable(word)}: ${ids}; give one of these ids`);
}
