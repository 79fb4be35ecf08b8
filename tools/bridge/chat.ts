/**
 * Chat: what one person, or one program at the end of a pipe, says and reads over a running bridge.
 * What was said appears as the bridge stored it, not as it was typed.
 */
import type { EventView, MessageView, PeerView, StatusView } from '../../host/http/views.ts';
import { excessOf } from '../../host/http/text-limit.ts';
import { PUBLIC } from '../../host/types.ts';
import { HoplineError } from '../../protocol/errors.ts';
import { printable } from '../../protocol/printable.ts';
import { ChatScreen } from '../chat-screen.ts';
import type { Io } from '../command.ts';
import type { Dialogue } from '../dialogue.ts';
import type { BridgeClient } from './client.ts';
import { Enquiries } from './enquiries.ts';
import { eventLine } from './message-lines.ts';
import { ReadMarks } from './read-marks.ts';
import { Reader } from './reader.ts';
import { Scroll } from './scroll.ts';
import type { Typed } from './typed.ts';
import { completions, helpLines, typed } from './typed.ts';

export type ChatOptions = {
  /** Whom it begins to speak to: an id, a name, or null for everyone. */
  to: string | null;
  /** Messages of before that are shown at first; null for as many as suit. */
  history: number | null;
  isJson: boolean;
  /** Rings where a message is for the person alone, or names him. */
  hasBell: boolean;
};

/** Messages of before that a person sees at first; a program asks for them. */
const HISTORY_AT_FIRST = 10;
/** What was said is told within moments, unless the bridge is gone. */
const LAST_MS = 2000;
const LOOK_MS = 20;
/** Conversations whose unread messages are pointed out. */
const UNREAD_MAX = 20;
/** Messages that nobody read yet are all shown at first, up to so many. */
const UNREAD_SHOWN_MAX = 50;

const NOTHING_SAID = 'nothing was said here yet';

export class Chat {
  private readonly client: BridgeClient;
  private readonly io: Io;
  private readonly options: ChatOptions;
  private readonly screen: ChatScreen;
  private readonly scroll: Scroll;
  private readonly inReach = new Set<string>();
  private readonly reader: Reader;
  private readonly enquiries: Enquiries;
  private readonly leaving = new AbortController();
  private dialogue: Dialogue | null = null;
  /** Whom a line without a command goes to: `public`, or an id. */
  private conversation = PUBLIC;
  /** The last of our own that failed. */
  private failed: MessageView | null = null;
  /** The key of what was said last, and the newest that was told. */
  private said = 0;
  private told = 0;

  constructor(client: BridgeClient, io: Io, options: ChatOptions) {
    this.client = client;
    this.io = io;
    this.options = options;
    this.screen = new ChatScreen(io, options.isJson);
    this.scroll = new Scroll(this.screen, new ReadMarks(client), options.isJson);
    this.enquiries = new Enquiries(client, {
      print: (line) => this.screen.print(line),
      remark: (words) => this.screen.remark(words),
      look: () => this.scroll.look,
      isJson: options.isJson,
      leaving: this.leaving.signal,
    });
    this.reader = new Reader(client, {
      message: (message, event) => this.hearMessage(message, event),
      state: (message, event) => this.hearState(message, event),
      event: (event) => this.hear(event),
      lost: () =>
        this.screen.remark('the bridge is gone; it is looked for, and nothing is sent meanwhile'),
      back: () => this.screen.remark('the bridge is back'),
    });
  }

  /** Until the person leaves, or the input ends. */
  async run(stop: AbortSignal): Promise<void> {
    const status = await this.client.get<StatusView>('status');
    this.scroll.us = { id: status.id, name: status.name };
    const peers = await this.client.peers();
    for (const peer of [...peers].reverse()) this.meet(peer);
    const whom = this.options.to;
    if (whom !== null && whom !== PUBLIC) this.conversation = (await this.client.peer(whom)).id;
    const dialogue = this.io.dialogue({
      complete: (line) =>
        completions(line, this.scroll.names.typeable(), this.scroll.names.callable()),
      isTakenBack: (line) => wordsOf(typed(line)) !== null,
      hint: (line) => this.hint(line),
      looked: () => this.scroll.seeAll(),
    });
    this.dialogue = dialogue;
    this.screen.attach(dialogue);
    const leave = (): void => dialogue.close();
    stop.addEventListener('abort', leave);
    try {
      if (dialogue.isLive) this.greet(status);
      this.prompt();
      await this.begin();
      for (let line; !stop.aborted && (line = await dialogue.next()) !== null;) {
        if (!(await this.obey(line))) break;
      }
      if (!dialogue.isLive) await this.hearLast(stop);
    } finally {
      stop.removeEventListener('abort', leave);
      this.leaving.abort();
      this.reader.close();
      dialogue.close();
    }
    this.screen.demandNoneRefused();
  }

  /** What was said last is told, too, before the end. */
  private async hearLast(stop: AbortSignal): Promise<void> {
    for (let waitedMs = 0; this.told < this.said && waitedMs < LAST_MS; waitedMs += LOOK_MS) {
      if (stop.aborted) return;
      await this.io.wait(LOOK_MS);
    }
  }

  private async begin(): Promise<void> {
    const newest = await this.reader.newest();
    const rooms = this.screen.isLive ? await this.reader.conversations(UNREAD_MAX) : [];
    const here = rooms.find(({ name }) => name === this.conversation)?.unread ?? 0;
    const usual = this.screen.isLive ? firstShown(here) : 0;
    await this.showHistory(this.options.history ?? usual, newest, here);
    for (const { name, unread } of rooms)
      if (name !== this.conversation) this.scroll.pointOut(name, unread);
    await this.reader.openAfterKey(newest);
  }

  /** False when the person leaves. */
  private async obey(line: string): Promise<boolean> {
    const wish = typed(line);
    try {
      const excess = this.excess(wish);
      if (excess !== null) {
        this.screen.refuse(`not sent: ${excess}`);
        this.dialogue?.putBack(line);
        return true;
      }
      if (wish.kind === 'quit') return false;
      if (isSlow(wish) && this.screen.isLive)
        void this.perform(wish).catch((cause) => this.fail(cause, wish)); // prettier-ignore
      else await this.perform(wish);
    } catch (cause) {
      this.fail(cause, wish);
    }
    return true;
  }

  private async perform(wish: Typed): Promise<void> {
    switch (wish.kind) {
      // It appears when the bridge tells of it.
      case 'say':
        return this.say(this.conversation, wish.text);
      case 'msg':
        return this.say(wish.to, wish.text);
      case 'again':
        return this.sayAgain();
      case 'with':
        return this.turnTo((await this.client.peer(wish.who)).id);
      case 'public':
        return this.turnTo(PUBLIC);
      case 'history':
        if (await this.showHistory(wish.count, await this.reader.newest(), 0)) return;
        return this.screen.remark(NOTHING_SAID);
      case 'ping':
      case 'trace':
      case 'path':
        return this.askAbout(wish.kind, wish.who);
      case 'search':
        return this.enquiries.search(wish.words);
      case 'rooms':
        return this.enquiries.rooms();
      case 'who':
        return this.enquiries.peers();
      case 'state':
        return this.enquiries.state();
      case 'help':
        for (const line of helpLines()) this.screen.print(line);
        return;
      case 'mistake':
        return this.screen.refuse(wish.why);
    }
  }

  private fail(cause: unknown, wish: Typed): void {
    if (!(cause instanceof HoplineError)) throw cause;
    if (this.leaving.signal.aborted) return;
    const words = wordsOf(wish);
    const lost = words === null ? '' : `not sent: "${words}": `;
    this.screen.refuse(`${printable(lost)}${cause.message}`);
  }

  private async say(to: string, text: string): Promise<void> {
    this.said = (await this.client.send(to, text)).key;
  }

  private async sayAgain(): Promise<void> {
    const { failed } = this;
    if (failed === null) return this.screen.refuse('nothing failed since this chat began');
    this.failed = null;
    await this.say(failed.conversation, failed.text);
  }

  private async askAbout(kind: 'ping' | 'trace' | 'path', who: string | null): Promise<void> {
    const whom = who ?? this.conversation;
    if (whom === PUBLIC) return this.screen.refuse(`say whom: /${kind} NAME`);
    await this.enquiries[kind](whom);
  }

  /** By how much a text is too long; null where it fits, or is none. */
  private excess(wish: Typed): string | null {
    const words = wordsOf(wish);
    if (words === null) return null;
    const isPublic = wish.kind === 'msg' ? wish.to === PUBLIC : this.conversation === PUBLIC;
    return excessOf(words, isPublic);
  }

  private hint(line: string): string | null {
    const wish = typed(line);
    const excess = this.excess(wish);
    if (excess !== null) return excess;
    const lines = wordsOf(wish)?.split('\n').length ?? 1;
    return lines === 1
      ? null
      : `${lines} lines: Enter sends them as one message, Ctrl-C drops them`;
  }

  private async turnTo(conversation: string): Promise<void> {
    this.conversation = conversation;
    this.prompt();
    if (conversation === PUBLIC) this.screen.remark('you speak to everyone');
    else
      this.screen.remark(
        `you speak to ${this.scroll.names.of(conversation)} alone; /public ends that`,
      );
    if (!this.screen.isLive) return;
    const newest = await this.reader.newest();
    const rooms = await this.reader.conversations(UNREAD_MAX);
    const unread = rooms.find(({ name }) => name === conversation)?.unread ?? 0;
    // What everyone said was on the screen already.
    if (conversation === PUBLIC && unread === 0) return;
    if (!(await this.showHistory(firstShown(unread), newest, unread)))
      this.screen.remark(NOTHING_SAID);
  }

  /** The last ones up to a key; false where there are none. */
  private async showHistory(count: number, upTo: number, unread: number): Promise<boolean> {
    if (count === 0) return false;
    const messages = await this.reader.history(this.conversation, count, upTo);
    this.scroll.unroll(messages, unread);
    return messages.length > 0;
  }

  private greet(status: StatusView): void {
    const count = this.inReach.size;
    const peers = `${count} peer${count === 1 ? '' : 's'} in reach`;
    const name = printable(status.name);
    this.screen.remark(
      `you are ${name} (${status.id}), ${peers}; /help lists commands, /quit leaves`,
    );
    if (status.isVirtual) this.screen.remark('the island is virtual: everyone around is simulated');
    for (const problem of status.problems) this.screen.remark(`problem: ${printable(problem)}`);
  }

  private hearMessage(message: MessageView, event: EventView | null): void {
    this.told = Math.max(this.told, message.key);
    this.scroll.hear(message, event, this.dialogue?.isWatched() !== false);
    if (this.options.hasBell && this.scroll.isForUs(message)) this.dialogue?.ring();
  }

  private hearState(message: MessageView, event: EventView | null): void {
    if (message.isOwn && message.state === 'failed') this.failed = message;
    this.scroll.showState(message, event);
  }

  private hear(event: EventView): void {
    if (this.options.isJson) this.screen.printJson(event);
    if (event.kind === 'peer') {
      const wasHere = this.inReach.has(event.peer.id);
      this.meet(event.peer);
      if (wasHere === event.peer.isReachable) return;
    }
    if (event.kind === 'peer-left' && !this.inReach.delete(event.id)) return;
    // Links come and go, and a note is said on as a message.
    if (this.options.isJson || ['link', 'note', 'gap'].includes(event.kind)) return;
    const line = eventLine(event, this.scroll.look);
    if (line !== null) this.screen.print(line);
  }

  private meet(peer: PeerView): void {
    this.scroll.names.learn(peer);
    if (peer.isReachable) this.inReach.add(peer.id);
    else this.inReach.delete(peer.id);
  }

  private prompt(): void {
    const whom =
      this.conversation === PUBLIC ? 'everyone' : this.scroll.names.of(this.conversation);
    this.dialogue?.prompt(`${whom}> `);
  }
}

/** What is said by it; null where nothing is. */
function wordsOf(wish: Typed): string | null {
  return wish.kind === 'say' || wish.kind === 'msg' ? wish.text : null;
}

/** Whoever asks this may talk on while it takes its time. */
function isSlow({ kind }: Typed): boolean {
  return kind === 'ping' || kind === 'trace';
}

/** Messages of before that are shown where so many are unread. */
function firstShown(unread: number): number {
  return Math.max(HISTORY_AT_FIRST, Math.min(unread, UNREAD_SHOWN_MAX));
}
