/**
 * hopline scan [--json]
 *
 * Who advertises near a running relay, the loudest first: phones with the app, and Hopline nodes.
 */
import type { ScanAnswer } from '../../device/pi/relay-service.ts';
import { printable } from '../../protocol/printable.ts';
import type { Command } from '../command.ts';
import { has, JSON_OPTION } from '../command.ts';
import { PLACE_OPTIONS, withRelay } from '../relay/asking.ts';
import { age, tableOf } from '../relay/words.ts';

export const scan: Command = {
  name: 'scan',
  summary: 'phones and nodes near a running relay, and how loud they are',
  usage: 'hopline scan [--data <folder> | --socket <path>] [--json]',
  options: { ...PLACE_OPTIONS, json: JSON_OPTION },
  examples: ['hopline scan'],

  async run(args, io) {
    const found = await withRelay(
      args,
      io,
      async (client) => (await client.ask('scan')) as ScanAnswer,
    );
    if (has(args, 'json')) return io.out(JSON.stringify(found));
    if (found.length === 0) return io.out('nobody was heard in the last minute');
    const rows = found.map(({ address, service, rssi, silentMs, id, name }) => [
      address,
      service,
      rssi,
      age(silentMs),
      id,
      printable(name),
    ]);
    for (const line of tableOf(['address', 'kind', 'dBm', 'silent', 'id', 'name'], rows))
      io.out(line);
  },
};
