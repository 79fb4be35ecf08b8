/**
 * hopline listen [--with <peer>] [--history <n> | --since <when> | --after <cursor>] [--events]
 *                [--data <folder>] [--json]
 *
 * Messages as they come, one a line, until it is stopped. With --after it goes on where a reader of its
 * JSON stopped.
 */
import type { EventView, MessageView } from '../../host/http/views.ts';
import { PUBLIC } from '../../host/types.ts';
import { HoplineError } from '../../protocol/errors.ts';
import { BridgeClient } from '../bridge/client.ts';
import { jsonOfMessage } from '../bridge/message-json.ts';
import type { Look } from '../bridge/message-lines.ts';
import { eventLine, messageLine, stateLine } from '../bridge/message-lines.ts';
import { Names } from '../bridge/names.ts';
import { Reader } from '../bridge/reader.ts';
import { timeOf } from '../bridge/time-words.ts';
import { DATA_OPTION } from '../bridge/data-option.ts';
import { ChatScreen } from '../chat-screen.ts';
import type { Args, Command, Io } from '../command.ts';
import { has, JSON_OPTION, textOf, wholeNumberOf } from '../command.ts';

/** Messages of before that are looked through at most. */
const HISTORY_MAX = 1000;

export const listen: Command = {
  name: 'listen',
  summary: 'messages of a running bridge as they come',
  usage:
    'hopline listen [--with <peer>] [--history <n>] [--since <when>] [--after <cursor>] ' +
    '[--events] [--data <folder>] [--json]',
  options: {
    with: { type: 'string', value: 'peer', help: 'only what is said with that peer, or public' },
    history: { type: 'string', value: 'n', help: 'the last messages first (0)' },
    since: { type: 'string', value: 'when', help: 'what was heard since, as 2h or 2026-11-21' },
    after: { type: 'string', value: 'cursor', help: 'go on after the event with that cursor' },
    events: { type: 'boolean', help: 'everything else that happens, too' },
    data: DATA_OPTION,
    json: { ...JSON_OPTION, help: 'print events as JSON, for programs' },
  },
  examples: ['hopline listen', 'hopline listen --since 2h --json', 'hopline listen --with public'],

  async run(args, io) {
    const stop = io.stopping();
    const client = BridgeClient.of(args, io);
    const peers = await client.peers();
    const names = new Names();
    for (const peer of [...peers].reverse()) names.learn(peer);
    const listener = new Listener(args, io, names, await conversationOf(args, client));
    const reader = new Reader(client, listener);
    try {
      await open(reader, args, listener);
      await new Promise<void>((resolve) => {
        stop.addEventListener('abort', () => resolve());
        if (stop.aborted) resolve();
      });
    } finally {
      reader.close();
    }
  },
};

async function conversationOf(args: Args, client: BridgeClient): Promise<string | null> {
  const who = textOf(args, 'with');
  if (who === null || who === PUBLIC) return who;
  return (await client.peer(who)).id;
}

async function open(reader: Reader, args: Args, listener: Listener): Promise<void> {
  const cursor = textOf(args, 'after');
  const since = textOf(args, 'since');
  const count = wholeNumberOf(args, 'history', { least: 0, most: HISTORY_MAX }, 0);
  if (cursor !== null) {
    if (since === null && count === 0) return reader.openAfter(cursor);
    throw new HoplineError('USAGE', '--after goes on by itself, without --since or --history');
  }
  const from = since === null ? 0 : timeOf(since, Date.now());
  const newest = await reader.newest();
  const most = count > 0 ? count : since === null ? 0 : HISTORY_MAX;
  if (most > 0) {
    for (const message of await reader.history(listener.conversation, most, newest)) {
      if (message.heardAt >= from) listener.message(message, null);
    }
  }
  await reader.openAfterKey(newest);
}

class Listener {
  /** Only this one, or null. */
  readonly conversation: string | null;
  private readonly isJson: boolean;
  private readonly wantsEvents: boolean;
  private readonly io: Io;
  private readonly look: Look;

  constructor(args: Args, io: Io, names: Names, conversation: string | null) {
    this.conversation = conversation;
    this.isJson = has(args, 'json');
    this.wantsEvents = has(args, 'events');
    this.io = io;
    this.look = { ...new ChatScreen(io, this.isJson).look, names };
  }

  message(message: MessageView, event: EventView | null): void {
    if (message.senderName !== null && !message.isOwn) {
      this.look.names.learn({ id: message.sender, name: message.senderName });
    }
    if (!this.isWanted(message)) return;
    this.io.out(
      this.isJson ? jsonOfMessage('message', message, event) : messageLine(message, this.look),
    );
  }

  state(message: MessageView, event: EventView | null): void {
    if (!this.isWanted(message)) return;
    const line = this.isJson
      ? jsonOfMessage('message-state', message, event)
      : stateLine(message, this.look);
    if (line !== null) this.io.out(line);
  }

  event(event: EventView): void {
    if (event.kind === 'peer') this.look.names.learn(event.peer);
    if (!this.wantsEvents && event.kind !== 'gap') return;
    const line = this.isJson ? JSON.stringify(event) : eventLine(event, this.look);
    if (line !== null && (this.isJson || this.wantsEvents)) this.io.out(line);
  }

  lost(): void {
    this.io.err('the bridge is gone; it is looked for');
  }

  back(): void {
    this.io.err('the bridge is back');
  }

  private isWanted({ conversation }: MessageView): boolean {
    return this.conversation === null || this.conversation === conversation;
  }
}
