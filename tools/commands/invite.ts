/**
 * hopline invite [--address <host:port>] [--data <folder>] [--json]
 *
 * Half of a pairing: one line with which one other gateway may join this one, once.
 */
import type { InviteView } from '../../host/http/views.ts';
import { BridgeClient } from '../bridge/client.ts';
import { hostOf, isPrivate } from '../bridge/address.ts';
import { fullTime } from '../bridge/paints.ts';
import { DATA_OPTION } from '../bridge/data-option.ts';
import type { Command } from '../command.ts';
import { has, JSON_OPTION, textOf } from '../command.ts';

export const invite: Command = {
  name: 'invite',
  summary: 'a line with which another gateway joins this one, once',
  usage: 'hopline invite [--address <host:port>] [--data <folder>] [--json]',
  options: {
    address: {
      type: 'string',
      value: 'host:port',
      help: 'where the other side reaches this bridge (its own address), or udp://, ws://, wss://',
    },
    data: DATA_OPTION,
    json: JSON_OPTION,
  },
  examples: ['hopline invite', 'hopline invite --address gate.example.org:8334'],

  async run(args, io) {
    const body = { address: textOf(args, 'address') };
    const invite = await BridgeClient.of(args, io).post<InviteView>('invites', body);
    const host = hostIn(invite.line);
    if (has(args, 'json')) io.out(JSON.stringify({ ...invite, isPrivate: isPrivate(host) }));
    else io.out(invite.line);
    io.err('');
    io.err('Whoever has this line may join, so send it on a way you trust. On the other side:');
    io.err(`  ${invite.command}`);
    io.err(`It lets one gateway in, once, until ${fullTime(invite.expiresAt)}.`);
    if (!isPrivate(host)) return;
    io.err('');
    io.err(
      [
        `Note: ${host} is known inside its own network only. For a gateway elsewhere, have`,
        'the router pass a TCP port on to this machine, and name the address that the router',
        'has outside: hopline invite --address HOST:PORT. Or join from here what the other',
        'side invites to; or let both join a third gateway that both can reach.',
      ].join(' '),
    );
  },
};

/** `hopline:HOST:PORT/NODE/SECRET` */
function hostIn(line: string): string {
  return hostOf(line.replace(/^hopline:/, ''));
}
