/**
 * hopline join [--data <folder>] [--json] <line>
 *
 * The other half of a pairing: takes what `hopline invite` printed elsewhere, and waits a moment for
 * the line to come up. A bridge goes on dialling when it does not.
 */
import type { LineView } from '../../host/http/views.ts';
import { HoplineError } from '../../protocol/errors.ts';
import { printable } from '../../protocol/printable.ts';
import { BridgeClient } from '../bridge/client.ts';
import { lineName } from '../bridge/message-lines.ts';
import { DATA_OPTION } from '../bridge/data-option.ts';
import type { Command, Io } from '../command.ts';
import { has, JSON_OPTION } from '../command.ts';

/** A line that can come up is up long before. */
const UP_MS = 10_000;
const LOOK_MS = 250;

export const join: Command = {
  name: 'join',
  summary: 'join the gateway whose invite this is, and its island',
  usage: 'hopline join [--data <folder>] [--json] <line>',
  operands: { least: 1, most: 1 },
  options: { data: DATA_OPTION, json: JSON_OPTION },
  examples: ['hopline join hopline:gate.example.org:8334/4c0ff1cd9cd844b0/SECRET'],

  async run(args, io) {
    const client = BridgeClient.of(args, io);
    const [words] = args.operands;
    const joined = await client.post<LineView>('lines', { line: words.trim() });
    io.progress(`joined ${lineName(joined)}; waiting for the line`);
    const line = await comesUp(client, joined, io);
    if (has(args, 'json')) io.out(JSON.stringify(line));
    if (line.state !== 'up') throw notUp(line);
    if (!has(args, 'json')) io.out(upWords(line));
  },
};

async function comesUp(client: BridgeClient, joined: LineView, io: Io): Promise<LineView> {
  let line = joined;
  for (let waitedMs = 0; line.state !== 'up' && waitedMs < UP_MS; waitedMs += LOOK_MS) {
    await io.wait(LOOK_MS);
    const lines = await client.lines();
    line = lines.find(({ node }) => node === joined.node) ?? line;
  }
  return line;
}

function upWords(line: LineView): string {
  const { roundTripMs } = line;
  const time = roundTripMs === null ? '' : `, ${Math.round(roundTripMs)} ms there and back`;
  return `joined ${lineName(line)}: the line is up${time}`;
}

function notUp(line: LineView): HoplineError {
  const why = line.problem === null ? `it is ${line.state}` : printable(line.problem);
  const where = line.address === null ? '' : ` at ${line.address}`;
  return new HoplineError(
    'LINE_DOWN',
    `${lineName(line)}${where}: ${why}; it is dialled from now on, hopline lines shows how it stands`,
  );
}
