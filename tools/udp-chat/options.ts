/**
 * Options of the plain UDP chat: what its command line says, and what holds without (DEFAULTS §7).
 */
import { HoplineError } from '../../protocol/errors.ts';
import type { Address } from '../../protocol/udp-chat/address.ts';
import { readAddress } from '../../protocol/udp-chat/address.ts';
import { SEEN_TTL_DEFAULT_S, TTL_DEFAULT } from '../../protocol/udp-chat/contract.ts';
import type { Args, Command } from '../command.ts';
import { has, textOf, wholeNumberOf } from '../command.ts';
import type { RunningNodeOptions } from './running-node.ts';

export type UdpChatOptions = {
  node: RunningNodeOptions;
  /** Whom it begins to speak to; empty for everyone. */
  to: string;
  /** The file in which what is said is kept. */
  history: string | null;
  showsStats: boolean;
  isJson: boolean;
};

/** Each costs a datagram for every message; the rest of a mesh is reached through them. */
export const PEERS_MAX = 64;
const TTL_MOST = 1000;
const SEEN_TTL_MOST_S = 86_400;

/** Of the options of `hopline chat`, those that only the plain UDP chat has. */
export const UDP_OPTIONS: Command['options'] = {
  udp: { type: 'boolean', help: 'plain UDP chat with Python nodes, without a bridge; with it:' },
  port: { type: 'string', value: 'n', help: '  the UDP port to be reached at (any that is free)' },
  peers: {
    type: 'string',
    value: 'host:port',
    help: '  the neighbours, with spaces or commas between them',
  },
  host: {
    type: 'string',
    value: 'address',
    help: '  the address to be reached at (127.0.0.1; all, where others are not here)',
  },
  discover: { type: 'boolean', help: '  find neighbours in this network by multicast' },
  ttl: { type: 'string', value: 'n', help: `  hops that a message may go (${TTL_DEFAULT})` },
  'seen-ttl': {
    type: 'string',
    value: 's',
    help: `  seconds that a message is remembered (${SEEN_TTL_DEFAULT_S})`,
  },
  stats: { type: 'boolean', help: '  say at the end what came, went and was dropped' },
};

export function udpChatOptions(args: Args, isJson: boolean): UdpChatOptions {
  if (args.values['data'] !== undefined) {
    throw new HoplineError('USAGE', '--data is the folder of a bridge, and --udp has none');
  }
  if (has(args, 'bell'))
    throw new HoplineError('USAGE', '--bell rings for a bridge, not for --udp');
  const peers = peersOf(args);
  const discovers = has(args, 'discover');
  const to = textOf(args, 'to') ?? '';
  if (to !== '' && readAddress(to) === null) throw notAnAddress('--to', to);
  const seenTtl = { least: 1, most: SEEN_TTL_MOST_S };
  return {
    node: {
      host: textOf(args, 'host') ?? usualHost(peers, discovers),
      port: wholeNumberOf(args, 'port', { least: 1, most: 65_535 }, 0),
      peers,
      ttl: wholeNumberOf(args, 'ttl', { least: 1, most: TTL_MOST }, TTL_DEFAULT),
      seenTtlMs: wholeNumberOf(args, 'seen-ttl', seenTtl, SEEN_TTL_DEFAULT_S) * 1000,
      discovers,
    },
    to,
    history: textOf(args, 'history'),
    showsStats: has(args, 'stats'),
    isJson,
  };
}

/** `--peers a b,c`: what follows an option's value comes as an operand. */
function peersOf(args: Args): Address[] {
  const texts = [textOf(args, 'peers') ?? '', ...args.operands]
    .flatMap((text) => text.split(/[\s,]+/))
    .filter((text) => text !== '');
  if (texts.length > PEERS_MAX) {
    throw new HoplineError('USAGE', `--peers takes ${PEERS_MAX} neighbours, not ${texts.length}`);
  }
  return texts.map((text) => {
    const peer = readAddress(text);
    if (peer === null) throw notAnAddress('--peers', text);
    return peer;
  });
}

function notAnAddress(option: string, text: string): HoplineError {
  const detail = `${option} takes HOST:PORT with a port from 1 to 65535, not "${text}"`;
  return new HoplineError('USAGE', detail);
}

/** Who is at 127.0.0.1 reaches nobody elsewhere, and at other addresses need not be reached. */
function usualHost(peers: Address[], discovers: boolean): string {
  const isHere = (host: string): boolean => /^(localhost|127\..*|::1)$/.test(host);
  const isSix = peers.length > 0 && peers.every(({ host }) => host.includes(':'));
  if (!discovers && peers.every(({ host }) => isHere(host))) return isSix ? '::1' : '127.0.0.1';
  return isSix ? '::' : '0.0.0.0';
}
