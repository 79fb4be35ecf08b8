/**
 * hopline chat [--to <peer>] [--history <n>] [--bell] [--data <folder>] [--json]
 * hopline chat --udp [--port <n>] [--peers <host:port> ...] ...
 *
 * Talk over a running bridge, or with --udp in a plain UDP chat: at a terminal with a line to type in, in
 * a pipe line by line. What the one needs is not loaded for the other.
 */
import { HoplineError } from '../../protocol/errors.ts';
import { DATA_OPTION } from '../bridge/data-option.ts';
import type { Args, Command, Io } from '../command.ts';
import { has, JSON_OPTION, textOf, wholeNumberOf } from '../command.ts';
import { PEERS_MAX, UDP_OPTIONS, udpChatOptions } from '../udp-chat/options.ts';

const HISTORY_MAX = 1000;

export const chat: Command = {
  name: 'chat',
  summary: 'talk, publicly and privately, over a running bridge; or by plain UDP',
  usage:
    'hopline chat [--to <peer>] [--history <n>] [--bell] [--data <folder>] [--json]; ' +
    'hopline chat --udp [--port <n>] [--peers <host:port> ...] [--host <address>] [--discover] ' +
    '[--ttl <n>] [--seen-ttl <s>] [--history <file>] [--to <host:port>] [--stats] [--json]',
  operands: { least: 0, most: PEERS_MAX },
  options: {
    to: { type: 'string', value: 'peer', help: 'begin with that peer alone, by name or id' },
    history: {
      type: 'string',
      value: 'n|file',
      help: 'messages of before to show first (10; piped 0); with --udp, the file to keep them in',
    },
    bell: { type: 'boolean', help: 'ring when a message is for you alone, or names you' },
    data: DATA_OPTION,
    json: { ...JSON_OPTION, help: 'print every event as JSON, for programs' },
    ...UDP_OPTIONS,
  },
  examples: [
    'hopline chat',
    'hopline chat --to ada',
    "echo '/msg ada hello' | hopline chat",
    'hopline chat --udp --port 9001 --peers 127.0.0.1:9002 127.0.0.1:9003',
    'hopline chat --udp --discover --history said.jsonl',
  ],

  run: (args, io) => (has(args, 'udp') ? overUdp(args, io) : overBridge(args, io)),
};

async function overUdp(args: Args, io: Io): Promise<void> {
  const options = udpChatOptions(args, has(args, 'json'));
  const { UdpChat } = await import('../udp-chat/udp-chat.ts');
  await new UdpChat(options, io).run(io.stopping());
}

async function overBridge(args: Args, io: Io): Promise<void> {
  const alien = Object.keys(UDP_OPTIONS).find((name) => args.values[name] !== undefined);
  if (alien !== undefined) throw new HoplineError('USAGE', `--${alien} goes with --udp only`);
  if (args.operands.length > 0) {
    const detail = `"${args.operands[0]}" is too much; to speak to one peer, write --to ${args.operands[0]}`;
    throw new HoplineError('USAGE', detail);
  }
  const count = wholeNumberOf(args, 'history', { least: 0, most: HISTORY_MAX }, -1);
  const [{ BridgeClient }, { Chat }] = await Promise.all([
    import('../bridge/client.ts'),
    import('../bridge/chat.ts'),
  ]);
  const client = BridgeClient.of(args, io);
  const options = {
    to: textOf(args, 'to'),
    history: count < 0 ? null : count,
    isJson: has(args, 'json'),
    hasBell: has(args, 'bell'),
  };
  await new Chat(client, io, options).run(io.stopping());
}
