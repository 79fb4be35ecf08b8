/**
 * hopline clients [add <name> | remove <name>] [--data <folder>] [--json]
 *
 * Programs and pages that take part in the mesh over a line of their own, each let in by a token.
 */
import type { ClientTicketView, ClientView } from '../../host/http/views.ts';
import { printable } from '../../protocol/printable.ts';
import { BridgeClient } from '../bridge/client.ts';
import { fullTime } from '../bridge/paints.ts';
import { DATA_OPTION } from '../bridge/data-option.ts';
import type { Args, Command, Io } from '../command.ts';
import { has, JSON_OPTION, misuse } from '../command.ts';
import { tableOf } from '../relay/words.ts';

export const clients: Command = {
  name: 'clients',
  summary: 'programs and pages that take part over a line of their own',
  usage: 'hopline clients [add <name> | remove <name>] [--data <folder>] [--json]',
  operands: { least: 0, most: 2 },
  options: { data: DATA_OPTION, json: JSON_OPTION },
  examples: ['hopline clients', 'hopline clients add kitchen-tablet'],

  async run(args, io) {
    const client = BridgeClient.of(args, io);
    const [verb, name] = args.operands;
    if (verb === undefined) return show(client, args, io);
    if (name === undefined || (verb !== 'add' && verb !== 'remove')) {
      throw misuse(clients, 'write add or remove, and a name');
    }
    if (verb === 'add') return add(client, name, args, io);
    await client.delete(`clients/${encodeURIComponent(name)}`);
    io.say(`${printable(name)} is not let in any more`);
  },
};

async function show(client: BridgeClient, args: Args, io: Io): Promise<void> {
  const { clients } = await client.get<{ clients: ClientView[] }>('clients');
  if (has(args, 'json')) return io.out(JSON.stringify(clients));
  if (clients.length === 0) return io.err('no clients: let one in by hopline clients add NAME');
  const rows = clients.map(({ name, addedAt, nodes }) => [
    printable(name),
    fullTime(addedAt),
    nodes.length === 0 ? 'not here' : nodes.join(' '),
  ]);
  for (const line of tableOf(['client', 'since', 'here as'], rows)) io.out(line);
}

async function add(client: BridgeClient, name: string, args: Args, io: Io): Promise<void> {
  const ticket = await client.post<ClientTicketView>('clients', { name });
  if (has(args, 'json')) return io.out(JSON.stringify(ticket));
  io.out(ticket.line);
  io.err('');
  io.err(`With this line ${printable(name)} takes part as one of your own, until you remove it.`);
  io.err('It is told this once: paste it into the page /leaf of this bridge, or into a program.');
}
