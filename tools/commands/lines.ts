/**
 * hopline lines [--data <folder>] [--json]
 *
 * The lines of a running bridge to other gateways, and why one is down.
 */
import type { LineView, UsageView } from '../../host/http/views.ts';
import { printable } from '../../protocol/printable.ts';
import { BridgeClient } from '../bridge/client.ts';
import { DATA_OPTION } from '../bridge/data-option.ts';
import type { Command } from '../command.ts';
import { has, JSON_OPTION } from '../command.ts';
import { age, tableOf } from '../relay/words.ts';

export const lines: Command = {
  name: 'lines',
  summary: 'the lines of a running bridge to other gateways',
  usage: 'hopline lines [--data <folder>] [--json]',
  options: { data: DATA_OPTION, json: JSON_OPTION },
  examples: ['hopline lines'],

  async run(args, io) {
    const client = BridgeClient.of(args, io);
    const lines = await client.lines();
    if (has(args, 'json')) return io.out(JSON.stringify(lines));
    if (lines.length === 0) {
      return io.err('no lines: pair with another gateway by hopline invite and hopline join');
    }
    for (const line of lineTable(lines, Date.now())) io.say(line);
    const usage = await client.usage();
    for (const line of congestedLines(usage)) io.err(line);
    io.err(usageWords(usage));
  },
};

function congestedLines({ connections }: UsageView): string[] {
  return connections.flatMap(({ side, name, waiting, slowedToMbps }) => {
    if (side !== 'internet' || slowedToMbps === null) return [];
    const offered = `it is offered ${slowedToMbps} Mbit/s, and ${waiting} packets wait`;
    return [`${printable(name)} is congested: ${offered}`];
  });
}

function usageWords(usage: UsageView): string {
  const { internetMbps, internetLimitMbps, localMbps, localLimitMbps } = usage;
  const lines = `${internetMbps.toFixed(1)} of ${internetLimitMbps} Mbit/s`;
  return `they carry ${lines}, and clients ${localMbps.toFixed(1)} of ${localLimitMbps}`;
}

function lineTable(lines: LineView[], now: number): string[] {
  const rows = lines.map((line) => [
    printable(line.name),
    line.node,
    line.address ?? '(dials us)',
    line.state,
    line.sinceAt === null ? '' : age(Math.max(0, now - line.sinceAt)),
    line.roundTripMs === null ? null : Math.round(line.roundTripMs),
    line.origin,
    line.problem === null ? '' : printable(line.problem),
  ]);
  return tableOf(['gateway', 'node', 'address', 'state', 'since', 'ms', 'from', 'problem'], rows);
}
