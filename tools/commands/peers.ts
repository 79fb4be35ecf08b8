/**
 * hopline peers [--all] [<peer>]
 * hopline peers verify|trust|doubt|block|unblock|quarantine|allow|forget <id>
 * hopline peers limit <id> --per-minute <count>
 *
 * Who there is, and what a person thinks of them. Judging takes an id: anybody can call himself
 * anything (RELIABILITY S25).
 */
import type { PeerView } from '../../host/http/views.ts';
import {
  REPUTATION_MAX,
  REPUTATION_MIN,
  REPUTATION_START,
} from '../../host/neighbours/reputation.ts';
import { HoplineError } from '../../protocol/errors.ts';
import { printable } from '../../protocol/printable.ts';
import { suggest } from '../../protocol/suggest.ts';
import { BridgeClient } from '../bridge/client.ts';
import { fullTime } from '../bridge/paints.ts';
import { peerTable, placeOf, standingOf } from '../bridge/peer-table.ts';
import { DATA_OPTION } from '../bridge/data-option.ts';
import { named } from '../bridge/names.ts';
import type { Args, Command, Io } from '../command.ts';
import { has, JSON_OPTION, textOf } from '../command.ts';

const ID = /^[0-9a-f]{16}$/i;
/** What a reputation may be. */
const SCALE = `${REPUTATION_MIN} to ${REPUTATION_MAX}, and a stranger has ${REPUTATION_START}`;

/** What a person may decide about a peer, as the bridge is asked for it. */
const JUDGEMENTS: Record<string, { change: object | null; done: string }> = {
  verify: { change: { standing: 'verified' }, done: 'is verified: you compared the fingerprint' },
  trust: { change: { standing: 'trusted' }, done: 'is trusted' },
  doubt: { change: { standing: 'seen' }, done: 'is neither verified nor trusted any more' },
  block: { change: { isDenied: true }, done: 'is blocked: nothing he says is shown' },
  unblock: { change: { isDenied: false }, done: 'is not blocked any more' },
  quarantine: {
    change: { isQuarantined: true },
    done: 'is kept apart: what he says is passed on, and waits here',
  },
  allow: { change: { isQuarantined: false }, done: 'is let in: what waited of him is shown' },
  forget: { change: null, done: 'is forgotten: the next key that is shown as this id is taken' },
};

export const peers: Command = {
  name: 'peers',
  summary: 'who there is; verify, trust or block somebody',
  usage:
    `hopline peers [--all] [--data <folder>] [--json] [<peer> | ` +
    `${Object.keys(JUDGEMENTS).join('|')} <id> | limit <id> --per-minute <count>]`,
  operands: { least: 0, most: 2 },
  options: {
    all: { type: 'boolean', help: 'those out of reach, too' },
    'per-minute': {
      type: 'string',
      value: 'count',
      help: 'messages a minute that limit gives him; "usual" for as many as anybody',
    },
    data: DATA_OPTION,
    json: JSON_OPTION,
  },
  examples: ['hopline peers', 'hopline peers ada', 'hopline peers verify 4c0ff1cd9cd844b0'],

  async run(args, io) {
    const client = BridgeClient.of(args, io);
    const [first, second] = args.operands;
    if (first === 'limit' && second !== undefined) return limit(client, second, args, io);
    if (textOf(args, 'per-minute') !== null && first !== 'limit') {
      throw new HoplineError('USAGE', '--per-minute is for hopline peers limit <id>');
    }
    if (second !== undefined) return judge(client, first, second, args, io);
    if (first !== undefined) return showOne(client, first, args, io);
    await showAll(client, args, io);
  },
};

async function showAll(client: BridgeClient, args: Args, io: Io): Promise<void> {
  const peers = await client.peers();
  const shown = has(args, 'all') ? peers : peers.filter(({ isReachable }) => isReachable);
  if (has(args, 'json')) return io.out(JSON.stringify(shown));
  if (shown.length > 0) for (const line of peerTable(shown, Date.now())) io.out(line);
  else io.err('nobody is in reach');
  const left = peers.length - shown.length;
  if (left > 0) io.err(`${left} more are known and out of reach: --all lists them, too`);
}

async function showOne(client: BridgeClient, who: string, args: Args, io: Io): Promise<void> {
  if (Object.hasOwn(JUDGEMENTS, who) || who === 'limit') {
    throw new HoplineError('USAGE', `whom? (usage: hopline peers ${who} <id>)`);
  }
  const peer = await client.peer(who);
  if (has(args, 'json')) return io.out(JSON.stringify(peer));
  for (const line of cardOf(peer)) io.say(line);
}

function cardOf(peer: PeerView): string[] {
  const rows: [string, string][] = [
    ['where', placeOf(peer)],
    ['standing', standingOf(peer)],
    ['fingerprint', groups(peer.fingerprint) ?? 'not known yet'],
    ['session', peer.session],
    ['first heard', fullTime(peer.firstSeenAt)],
    ['last heard', fullTime(peer.lastSeenAt)],
    ...neighbourRows(peer.neighbour),
    ...(peer.perMinute === null ? [] : [limitRow(peer.perMinute)]),
    ['can do', peer.capabilities.map(printable).join(', ') || 'nothing special'],
    ['hears', peer.neighbours.join(', ') || 'nobody'],
  ];
  const card = rows.map(([label, words]) => `  ${label.padEnd(11)}  ${words}`);
  if (peer.hasAlarm) {
    card.push('  Somebody shows another key as this id. If it is a new phone of his, compare the');
    card.push(`  fingerprints and run: hopline peers forget ${peer.id}`);
  }
  return [`${printable(peer.name)}  ${peer.id}`, ...card];
}

function limitRow(perMinute: number): [string, string] {
  return ['may say', `${perMinute} messages a minute`];
}

/** Of somebody who is or was at the far end of a link. */
function neighbourRows(neighbour: PeerView['neighbour']): [string, string][] {
  if (neighbour === null) return [];
  const { connectedAt, heard, sent, roundTripMs, lossPerMille, reputation, threats } = neighbour;
  const seen = Object.entries(threats).map(([threat, count]) => `${threat} (${count})`);
  return [
    ['connected', connectedAt === null ? 'not now' : `since ${fullTime(connectedAt)}`],
    ['packets', `${heard} heard, ${sent} sent`],
    ['latency', roundTripMs === null ? 'not measured' : `${roundTripMs} ms`],
    ['loss', lossPerMille === null ? 'not measured' : `${lossPerMille / 10} %`],
    ['reputation', `${reputation}${seen.length === 0 ? '' : `, for ${seen.join(', ')}`}; ${SCALE}`],
  ];
}

/** In fours, as people read them to each other. */
function groups(fingerprint: string | null): string | null {
  return fingerprint?.match(/.{1,4}/g)?.join(' ') ?? null;
}

/** How much somebody may say. */
async function limit(client: BridgeClient, id: string, args: Args, io: Io): Promise<void> {
  if (!ID.test(id)) throw await needsId(client, 'limit', id);
  const given = textOf(args, 'per-minute');
  const perMinute = given === 'usual' ? null : Number(given);
  const isRate = perMinute === null || (Number.isInteger(perMinute) && perMinute >= 1);
  if (given === undefined || !isRate) {
    const how = `hopline peers limit ${id} --per-minute 10`;
    throw new HoplineError('USAGE', `how many messages a minute? 1 to 6000, or usual: ${how}`);
  }
  const peer = await client.patch<PeerView>(`peers/${id.toLowerCase()}`, { perMinute });
  if (has(args, 'json')) return io.out(JSON.stringify(peer));
  const rate = perMinute === null ? 'as many messages as anybody' : limitRow(perMinute)[1];
  io.say(`${named(peer)} may say ${rate}`);
}

async function judge(
  client: BridgeClient,
  verb: string,
  id: string,
  args: Args,
  io: Io,
): Promise<void> {
  if (!Object.hasOwn(JUDGEMENTS, verb)) {
    const known = [...Object.keys(JUDGEMENTS), 'limit'];
    const near = suggest(verb, known) || `; it is one of ${known.join(', ')}`;
    throw new HoplineError('USAGE', `a peer cannot be asked to "${verb}"${near}`);
  }
  if (!ID.test(id)) throw await needsId(client, verb, id);
  const { change, done } = JUDGEMENTS[verb];
  const path = `peers/${id.toLowerCase()}`;
  const peer = change === null ? null : await client.patch<PeerView>(path, change);
  if (change === null) await client.delete(path);
  if (has(args, 'json')) return io.out(JSON.stringify(peer));
  io.say(`${peer === null ? id : named(peer)} ${done}`);
}

/** A name says who somebody claims to be; here it has to be certain. */
async function needsId(client: BridgeClient, verb: string, who: string): Promise<HoplineError> {
  const { id, name } = await client.peer(who);
  return new HoplineError(
    'USAGE',
    `this takes an id, since anybody can call himself ${printable(name)}; ` +
      `if you mean ${id}: hopline peers ${verb} ${id}`,
  );
}
