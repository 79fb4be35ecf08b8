/**
 * Asking: how commands find a running relay, and whom a person means by a name or an id.
 */
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { defaultConfig, socketIn } from '../../device/pi/config.ts';
import type { StatusAnswer } from '../../device/pi/relay-service.ts';
import type { StatusClient } from '../../device/pi/status-client.ts';
import { connectToRelay } from '../../device/pi/status-client.ts';
import { PREFIX_MIN } from '../../host/peer/resolve.ts';
import { HoplineError } from '../../protocol/errors.ts';
import { printable } from '../../protocol/printable.ts';
import { suggest } from '../../protocol/suggest.ts';
import { foldName } from '../../protocol/wire/text.ts';
import type { Args, Io, Option } from '../command.ts';
import { textOf } from '../command.ts';
import { DATA_OPTION } from '../bridge/data-option.ts';
import { localFolder } from '../bridge/whereabouts.ts';
import { SOCKET_PATH } from './unit.ts';

export const SOCKET_OPTION: Option = {
  type: 'string',
  value: 'path',
  help: 'the status socket of the relay or bridge (finds it)',
};
/** Of what both a relay and a bridge are asked. */
export const PLACE_OPTIONS = { data: DATA_OPTION, socket: SOCKET_OPTION };

/** What was named, or a bridge that runs here, or this user's, or the service. */
export function socketPath(args: Args, io: Io): string {
  const data = textOf(args, 'data');
  const told = data === null ? io.env['HOPLINE_SOCKET'] : socketIn(data);
  const named = textOf(args, 'socket') ?? told;
  if (named !== undefined) return named;
  const here = localFolder();
  if (here !== null) return socketIn(here);
  const own = defaultConfig({ env: io.env, hostname: hostname() }).socket;
  return !existsSync(own) && existsSync(SOCKET_PATH) ? SOCKET_PATH : own;
}

/** Asks a relay, and lets go of it whatever happens. */
export async function withRelay<Result>(
  args: Args,
  io: Io,
  ask: (client: StatusClient) => Promise<Result>,
): Promise<Result> {
  const client = await connectToRelay(socketPath(args, io));
  try {
    return await ask(client);
  } finally {
    client.close();
  }
}

export async function statusOf(client: StatusClient): Promise<StatusAnswer> {
  return (await client.ask('status')) as StatusAnswer;
}

/** An id, its beginning, or a name as it is printed, that only one peer has (RELIABILITY S25). */
export async function whoIs(client: StatusClient, word: string): Promise<string> {
  const asked = foldName(word);
  if (/^[0-9a-f]{16}$/.test(asked)) return asked;
  const { station } = await statusOf(client);
  const names = new Map<string, string>();
  for (const { id, name } of station.peers) names.set(id, name);
  for (const { peer, name } of station.links)
    if (peer !== null && name !== null) names.set(peer, name);
  const isBeginning = /^[0-9a-f]+$/.test(asked) && asked.length >= PREFIX_MIN;
  const means = ([id, name]: [string, string]): boolean =>
    foldName(name) === asked || (isBeginning && id.startsWith(asked));
  const found = [...names].filter(means).map(([id]) => id);
  if (found.length === 1) return found[0];
  if (found.length > 1) {
    const detail = `${found.length} peers may be meant by ${printable(word)}: ${found.join(', ')}`;
    throw new HoplineError('AMBIGUOUS_NAME', `${detail}; give the id of the one you mean`);
  }
  // Whoever asks for this node itself is told so in its own words.
  if (foldName(station.name) === asked) return station.id;
  const near = suggest(word, [...names.values()].map(printable));
  const detail = `nobody here is called ${printable(word)}${near}`;
  throw new HoplineError('PEER_UNKNOWN', `${detail} (hopline status lists peers; an id works too)`);
}
