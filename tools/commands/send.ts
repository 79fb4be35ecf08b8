/**
 * hopline send [--to <peer>] [--wait [--within <s>]] [--data <folder>] [--json] [<text>...]
 *
 * One message, from the command line or from standard input. It ends with 0 once the bridge has it on
 * its disk, or with --wait once the peer has it.
 */
import type { MessageView } from '../../host/http/views.ts';
import { failureOf } from '../../host/http/web/words.ts';
import { PUBLIC } from '../../host/types.ts';
import { HoplineError } from '../../protocol/errors.ts';
import { printable } from '../../protocol/printable.ts';
import { BridgeClient } from '../bridge/client.ts';
import { arrival } from '../bridge/message-lines.ts';
import { Reader } from '../bridge/reader.ts';
import { DATA_OPTION } from '../bridge/data-option.ts';
import type { Args, Command, Io } from '../command.ts';
import { has, JSON_OPTION, misuse, textOf, wholeNumberOf } from '../command.ts';

/** Characters of a text that come in through a pipe; what a message may hold is the bridge's to say. */
const TEXT_MAX = 64 * 1024;
const WORDS_MAX = 10_000;
/** A bridge gives a message up itself before that. */
const WITHIN_MAX_S = 7 * 24 * 3600;

export const send: Command = {
  name: 'send',
  summary: 'say one thing over a running bridge, to everyone or to one peer',
  usage:
    'hopline send [--to <peer>] [--wait] [--within <s>] [--data <folder>] [--json] [<text>...]',
  operands: { least: 0, most: WORDS_MAX },
  options: {
    to: { type: 'string', value: 'peer', help: 'to that peer alone, by name or id (everyone)' },
    wait: { type: 'boolean', help: 'wait until it was delivered, or why it was not' },
    within: { type: 'string', value: 's', help: 'with --wait, give up waiting after so long' },
    data: DATA_OPTION,
    json: { ...JSON_OPTION, help: 'print the message as JSON, for programs' },
  },
  examples: [
    'hopline send good morning',
    'hopline send --to ada --wait "see you at nine"',
    'uptime | hopline send --to 4c0ff1cd9cd844b0',
  ],

  async run(args, io) {
    const withinS = wholeNumberOf(args, 'within', { least: 1, most: WITHIN_MAX_S }, WITHIN_MAX_S);
    const text = await textToSend(args, io);
    const client = BridgeClient.of(args, io);
    const wish = { to: textOf(args, 'to') ?? PUBLIC, text };
    const message = has(args, 'wait')
      ? await sendAndWait(client, wish, withinS * 1000, io)
      : await client.send(wish.to, wish.text);
    io.out(has(args, 'json') ? JSON.stringify(message) : wordsOf(message, wish.to));
    complain(message, has(args, 'wait'));
  },
};

async function textToSend(args: Args, io: Io): Promise<string> {
  const piped = args.operands.length === 0 ? await io.readInput(TEXT_MAX) : args.operands.join(' ');
  const text = piped?.replace(/[\r\n]+$/, '') ?? '';
  if (text.trim() !== '') return text;
  const detail = piped === null ? 'there is nothing to send' : 'the text is empty';
  throw misuse(send, detail);
}

type Wish = { to: string; text: string };

/** The message as it ended, or as it was when the time was over. */
async function sendAndWait(
  client: BridgeClient,
  wish: Wish,
  withinMs: number,
  io: Io,
): Promise<MessageView> {
  const stop = io.stopping();
  let latest: MessageView | null = null;
  let wake = (): void => {};
  /** What was told before we knew which message is ours. */
  const early = new Map<number, MessageView>();
  const hear = (message: MessageView): void => {
    if (latest === null) early.set(message.key, message);
    else if (message.key === latest.key) latest = message;
    wake();
  };
  const reader = new Reader(client, {
    message: hear,
    state: hear,
    event() {},
    lost: () => io.err('the bridge is gone; it is looked for'),
    back: () => io.err('the bridge is back'),
  });
  let isEnough = false;
  const enough = (): void => {
    isEnough = true;
    wake();
  };
  const alarm = setTimeout(enough, withinMs);
  stop.addEventListener('abort', enough);
  try {
    await reader.openAfterKey(await reader.newest());
    const accepted = await client.send(wish.to, wish.text);
    latest = early.get(accepted.key) ?? accepted;
    early.clear();
    while (!isOver(latest) && !isEnough) {
      await new Promise<void>((resolve) => (wake = resolve));
    }
    return latest;
  } finally {
    clearTimeout(alarm);
    reader.close();
  }
}

/** Nobody acknowledges what was said to everyone. */
function isOver({ state, conversation }: MessageView): boolean {
  if (conversation === PUBLIC) return state !== 'waiting';
  return state === 'delivered' || state === 'read' || state === 'failed';
}

function wordsOf(message: MessageView, to: string): string {
  const { conversation, state } = message;
  if (conversation === PUBLIC) return state === 'failed' ? 'not sent' : 'sent to everyone in reach';
  const whom = to === conversation ? to : `${printable(to)} (${conversation})`;
  switch (state) {
    case 'delivered':
    case 'read':
      return `${arrival(state)} ${whom}`;
    case 'failed':
      return `not delivered to ${whom}`;
    default:
      return `${state === 'sent' ? 'sent to' : 'stored, and waits for'} ${whom}`;
  }
}

function complain(message: MessageView, hasWaited: boolean): void {
  if (message.state === 'failed') {
    const { reason } = message;
    const why = reason === null ? 'no reason is known' : failureOf(reason);
    throw new HoplineError('MESSAGE_FAILED', printable(why));
  }
  if (!hasWaited || isOver(message)) return;
  const detail = `it is ${message.state} still, and the bridge goes on trying`;
  throw new HoplineError('MESSAGE_PENDING', detail);
}
