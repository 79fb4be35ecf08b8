/**
 * Scroll: the messages on the screen of a chat, and which of them its person has seen. Where those begin
 * that nobody read yet, a line says so.
 */
import type { EventView, MessageView } from '../../host/http/views.ts';
import type { Reading } from '../../host/http/mentions.ts';
import { namesUs } from '../../host/http/mentions.ts';
import { PUBLIC } from '../../host/types.ts';
import type { ChatScreen } from '../chat-screen.ts';
import { jsonOfMessage } from './message-json.ts';
import type { Look } from './message-lines.ts';
import { messageLine, stateLine } from './message-lines.ts';
import { Names } from './names.ts';
import type { ReadMarks } from './read-marks.ts';

export class Scroll {
  readonly names = new Names();
  /** Who reads it. */
  us: Reading | null = null;
  private readonly screen: ChatScreen;
  private readonly marks: Pick<ReadMarks, 'see'>;
  private readonly isJson: boolean;
  /** What came while the person looked elsewhere: the newest of each conversation. */
  private readonly unseen = new Map<string, MessageView>();

  constructor(screen: ChatScreen, marks: Pick<ReadMarks, 'see'>, isJson: boolean) {
    this.screen = screen;
    this.marks = marks;
    this.isJson = isJson;
  }

  get look(): Look {
    return { ...this.screen.look, names: this.names, us: this.us };
  }

  /** It has just come. */
  hear(message: MessageView, event: EventView | null, isWatched: boolean): void {
    if (message.senderName !== null && !message.isOwn) {
      this.names.learn({ id: message.sender, name: message.senderName });
    }
    if (this.screen.isLive && !message.isOwn && !isWatched) {
      if (this.unseen.size === 0) this.markNew(0);
      this.unseen.set(message.conversation, message);
    }
    this.show(message, event);
  }

  /** Some of before, of which the last `unread` of others are new. */
  unroll(messages: readonly MessageView[], unread: number): void {
    const others = messages.filter(({ isOwn }) => !isOwn);
    const first = unread === 0 ? undefined : others.at(-Math.min(unread, others.length));
    for (const message of messages) {
      if (message === first) this.markNew(unread - others.length);
      this.show(message, null);
    }
  }

  /** What became of one of ours. */
  showState(message: MessageView, event: EventView | null): void {
    if (this.isJson) return this.screen.print(jsonOfMessage('message-state', message, event));
    const line = stateLine(message, this.look);
    if (line !== null) this.screen.print(line);
  }

  pointOut(conversation: string, unread: number): void {
    if (unread === 0) return;
    const isPublic = conversation === PUBLIC;
    const whom = isPublic ? 'everyone' : this.names.of(conversation);
    const command = isPublic ? '/public' : `/with ${/\s/.test(whom) ? `"${whom}"` : whom}`;
    this.screen.remark(`${unread} unread from ${whom}: ${command}`);
  }

  /** The person looks here again, and at all that came meanwhile. */
  seeAll(): void {
    for (const message of this.unseen.values()) this.marks.see(message);
    this.unseen.clear();
  }

  /** For the person alone, or it names him. */
  isForUs({ isOwn, conversation, text }: MessageView): boolean {
    return !isOwn && (conversation !== PUBLIC || (this.us !== null && namesUs(text, this.us)));
  }

  /** Where what is new begins; `more` of it lie further back. */
  private markNew(more: number): void {
    const back = more > 0 ? `, and ${more} more before: /history shows them` : '';
    this.screen.divide(`new${back}`);
  }

  private show(message: MessageView, event: EventView | null): void {
    if (this.isJson) return this.screen.print(jsonOfMessage('message', message, event));
    this.screen.turnTo(message.heardAt);
    this.screen.print(messageLine(message, this.look));
    if (this.screen.isLive && !message.isOwn && !this.unseen.has(message.conversation)) {
      this.marks.see(message);
    }
  }
}
