/**
 * Chat: what one person, or one program at the end of a pipe, says and reads over a running bridge.
 * What was said appears as the bridge stored it, not as it was typed.
 */
import type {
  ConversationView,
  EventView,
  MessageView,
  PeerView,
  StatusView,
} from '../../host/http/views.ts';
import { PUBLIC } from '../../host/types.ts';
import { HoplineError } from '../../protocol/errors.ts';
import { printable } from '../../protocol/printable.ts';
import type { Io } from '../command.ts';
import type { Dialogue } from '../dialogue.ts';
import type { BridgeClient } from './client.ts';
import type { Look } from './message-lines.ts';
import { eventLine, lineName, messageLine, stateLine } from './message-lines.ts';
import { clockTime, dayOf, fullTime, paints } from './paints.ts';
import { Names } from './names.ts';
import { jsonOfMessage } from './message-json.ts';
import { peerTable } from './peer-table.ts';
import { ReadMarks } from './read-marks.ts';
import { Reader } from './reader.ts';
import type { Typed } from './typed.ts';
import { completions, helpLines, typed } from './typed.ts';

export type ChatOptions = {
  /** Whom it begins to speak to: an id, a name, or null for everyone. */
  to: string | null;
  /** Messages of before that are shown at first; null for as many as suit. */
  history: number | null;
  isJson: boolean;
};

/** Messages of before that a person sees at first; a program asks for them. */
const HISTORY_AT_FIRST = 10;
/** What was said is told within moments, unless the bridge is gone. */
const LAST_MS = 2000;
const LOOK_MS = 20;
/** Conversations whose unread messages are pointed out. */
const UNREAD_MAX = 20;

export class Chat {
  private readonly client: BridgeClient;
  private readonly io: Io;
  private readonly options: ChatOptions;
  private readonly names = new Names();
  private readonly inReach = new Set<string>();
  private readonly reader: Reader;
  private readonly marks: ReadMarks;
  private dialogue: Dialogue | null = null;
  /** Whom a line without a command goes to: `public`, or an id. */
  private conversation = PUBLIC;
  private day = '';
  private refused = 0;
  /** The key of what was said last, and the newest that was told. */
  private said = 0;
  private told = 0;

  constructor(client: BridgeClient, io: Io, options: ChatOptions) {
    this.client = client;
    this.io = io;
    this.options = options;
    this.marks = new ReadMarks(client);
    this.reader = new Reader(client, {
      message: (message, event) => this.hearMessage(message, event),
      state: (message, event) => this.hearState(message, event),
      event: (event) => this.hear(event),
      lost: () =>
        this.remark('the bridge is gone; it is looked for, and nothing is sent meanwhile'),
      back: () => this.remark('the bridge is back'),
    });
  }

  /** Until the person leaves, or the input ends. */
  async run(stop: AbortSignal): Promise<void> {
    const status = await this.client.get<StatusView>('status');
    const peers = await this.client.peers();
    for (const peer of [...peers].reverse()) this.meet(peer);
    const whom = this.options.to;
    if (whom !== null && whom !== PUBLIC) this.conversation = (await this.client.peer(whom)).id;
    const dialogue = this.io.dialogue({
      complete: (line) => completions(line, this.names.typeable()),
      isTakenBack: (line) => ['say', 'msg'].includes(typed(line).kind),
    });
    this.dialogue = dialogue;
    const leave = (): void => dialogue.close();
    stop.addEventListener('abort', leave);
    try {
      if (dialogue.isLive) this.greet(status);
      this.prompt();
      await this.begin();
      for (let line; !stop.aborted && (line = await dialogue.next()) !== null;) {
        if (!(await this.obey(typed(line)))) break;
      }
      if (!dialogue.isLive) await this.hearLast(stop);
    } finally {
      stop.removeEventListener('abort', leave);
      this.reader.close();
      dialogue.close();
    }
    if (this.refused === 0 || dialogue.isLive) return;
    const lines = this.refused === 1 ? 'a line was' : `${this.refused} lines were`;
    throw new HoplineError('MESSAGE_FAILED', `${lines} refused, see above`);
  }

  /** What was said last is told, too, before the end. */
  private async hearLast(stop: AbortSignal): Promise<void> {
    for (let waitedMs = 0; this.told < this.said && waitedMs < LAST_MS; waitedMs += LOOK_MS) {
      if (stop.aborted) return;
      await this.io.wait(LOOK_MS);
    }
  }

  private async begin(): Promise<void> {
    const count = this.options.history ?? (this.isLive() ? HISTORY_AT_FIRST : 0);
    const newest = await this.reader.newest();
    if (count > 0) {
      const before = await this.reader.history(this.conversation, count, newest);
      for (const message of before) this.showMessage(message, null);
    }
    await this.reader.openAfterKey(newest);
    if (!this.isLive()) return;
    for (const conversation of await this.reader.conversations(UNREAD_MAX)) {
      this.pointOut(conversation);
    }
  }

  /** False when the person leaves. */
  private async obey(wish: Typed): Promise<boolean> {
    try {
      switch (wish.kind) {
        case 'quit':
          return false;
        // It appears when the bridge tells of it.
        case 'say':
          this.said = (await this.client.send(this.conversation, wish.text)).key;
          break;
        case 'msg':
          this.said = (await this.client.send(wish.to, wish.text)).key;
          break;
        case 'with':
          await this.turnTo((await this.client.peer(wish.who)).id);
          break;
        case 'public':
          await this.turnTo(PUBLIC);
          break;
        case 'history':
          await this.showHistory(wish.count);
          break;
        case 'who':
          await this.showPeers();
          break;
        case 'state':
          await this.showState();
          break;
        case 'help':
          for (const line of helpLines()) this.print(line);
          break;
        case 'mistake':
          this.refuse(wish.why);
      }
    } catch (cause) {
      if (!(cause instanceof HoplineError)) throw cause;
      const lost = wish.kind === 'say' || wish.kind === 'msg' ? `not sent: "${wish.text}": ` : '';
      this.refuse(`${printable(lost)}${cause.message}`);
    }
    return true;
  }

  private async turnTo(conversation: string): Promise<void> {
    this.conversation = conversation;
    this.prompt();
    if (conversation === PUBLIC) return this.remark('you speak to everyone');
    this.remark(`you speak to ${this.names.of(conversation)} alone; /public ends that`);
    if (this.isLive()) await this.showHistory(HISTORY_AT_FIRST);
  }

  private async showHistory(count: number): Promise<void> {
    const newest = await this.reader.newest();
    const messages = await this.reader.history(this.conversation, count, newest);
    if (messages.length === 0) this.remark('nothing was said here yet');
    for (const message of messages) this.showMessage(message, null);
  }

  private async showPeers(): Promise<void> {
    const peers = await this.client.peers();
    if (this.options.isJson) return this.print(JSON.stringify({ kind: 'peers', peers }));
    const near = peers.filter(({ isReachable }) => isReachable);
    if (near.length > 0) for (const line of peerTable(near, Date.now())) this.print(line);
    else this.remark('nobody is in reach');
    const away = peers.length - near.length;
    if (away > 0) this.remark(`${away} more are known and out of reach: hopline peers lists them`);
  }

  private async showState(): Promise<void> {
    const status = await this.client.get<StatusView>('status');
    const lines = await this.client.lines();
    if (this.options.isJson) return this.print(JSON.stringify({ kind: 'state', status, lines }));
    const radios = status.radios
      .map(({ name, state }) => (state === 'virtual' ? name : `${name} ${state}`))
      .join(', ');
    this.print(`${printable(status.name)} (${status.id}), Hopline ${status.version}`);
    this.print(`health: ${status.health}, radios: ${radios || 'none'}`);
    for (const problem of status.problems) this.print(`problem: ${printable(problem)}`);
    for (const line of lines) this.print(`line to ${lineName(line)}: ${line.state}`);
    if (lines.length === 0) this.print('no lines to other gateways');
  }

  private greet(status: StatusView): void {
    const count = this.inReach.size;
    const peers = `${count} peer${count === 1 ? '' : 's'} in reach`;
    const name = printable(status.name);
    this.remark(`you are ${name} (${status.id}), ${peers}; /help lists commands, /quit leaves`);
    if (status.isVirtual) this.remark('the island is virtual: everyone around is simulated');
    for (const problem of status.problems) this.remark(`problem: ${printable(problem)}`);
  }

  private pointOut({ name, unread }: ConversationView): void {
    if (name === PUBLIC || name === this.conversation || unread === 0) return;
    const whom = this.names.of(name);
    this.remark(`${unread} unread from ${whom}: /with ${/\s/.test(whom) ? `"${whom}"` : whom}`);
  }

  private hearMessage(message: MessageView, event: EventView | null): void {
    this.told = Math.max(this.told, message.key);
    if (message.senderName !== null && !message.isOwn) {
      this.names.learn({ id: message.sender, name: message.senderName });
    }
    this.showMessage(message, event);
  }

  private hearState(message: MessageView, event: EventView | null): void {
    if (this.options.isJson) return this.print(jsonOfMessage('message-state', message, event));
    const line = stateLine(message, this.look());
    if (line !== null) this.print(line);
  }

  private hear(event: EventView): void {
    if (this.options.isJson) this.print(JSON.stringify(event));
    if (event.kind === 'peer') {
      const wasHere = this.inReach.has(event.peer.id);
      this.meet(event.peer);
      if (wasHere === event.peer.isReachable) return;
    }
    if (event.kind === 'peer-left' && !this.inReach.delete(event.id)) return;
    // Links come and go, and a note is said on as a message.
    if (this.options.isJson || ['link', 'note', 'gap'].includes(event.kind)) return;
    const line = eventLine(event, this.look());
    if (line !== null) this.print(line);
  }

  private meet(peer: PeerView): void {
    this.names.learn(peer);
    if (peer.isReachable) this.inReach.add(peer.id);
    else this.inReach.delete(peer.id);
  }

  private showMessage(message: MessageView, event: EventView | null): void {
    if (this.options.isJson) return this.print(jsonOfMessage('message', message, event));
    const day = dayOf(message.heardAt);
    if (this.isLive() && day !== this.day) this.print(this.paints().dim(`--- ${day} ---`));
    this.day = day;
    this.print(messageLine(message, this.look()));
    if (this.isLive() && !message.isOwn) this.marks.see(message);
  }

  private prompt(): void {
    const whom = this.conversation === PUBLIC ? 'everyone' : this.names.of(this.conversation);
    this.dialogue?.prompt(`${whom}> `);
  }

  private refuse(why: string): void {
    this.refused++;
    if (this.isLive()) this.print(this.paints().alert(why));
    else this.io.err(`hopline: ${why}`);
  }

  private remark(words: string): void {
    if (this.isLive()) this.print(this.paints().dim(`* ${words}`));
    else this.io.err(words);
  }

  private print(line: string): void {
    if (this.dialogue === null) this.io.out(line);
    else this.dialogue.say(line);
  }

  private isLive(): boolean {
    return this.dialogue?.isLive === true && !this.options.isJson;
  }

  private paints(): ReturnType<typeof paints> {
    return paints(this.io);
  }

  private look(): Look {
    const isLive = this.isLive();
    return {
      names: this.names,
      colour: this.io.colour,
      time: isLive ? clockTime : fullTime,
      lineBreak: isLive ? '\n      | ' : ' / ',
    };
  }
}
