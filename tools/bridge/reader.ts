/**
 * Reader: the messages of a bridge, each told once and in order, with what became of our own. What
 * happened while the bridge was gone is read afterwards.
 */
import type { ConversationView, EventView, MessageView } from '../../host/http/views.ts';
import type { BridgeClient } from './client.ts';
import type { Feed, FeedListener } from './feed.ts';

export type ReaderListener = {
  message(message: MessageView, event: EventView | null): void;
  /** One of ours came further, or failed. */
  state(message: MessageView, event: EventView | null): void;
  /** Everything else that happens. */
  event(event: EventView): void;
  lost(): void;
  back(): void;
};

/** Messages of a conversation that are made up for; what lies before them is in the history. */
const MISSED_MAX = 1000;
/** Conversations that are looked at for it, the ones last spoken in. */
const CONVERSATIONS_MAX = 200;
/** Keys that are remembered as told; an older one is taken for told. */
const TOLD_MAX = 4096;
/** Own messages whose further way is watched; then the oldest is let go. */
const PENDING_MAX = 256;

export class Reader {
  private readonly client: BridgeClient;
  private readonly listener: ReaderListener;
  private feed: Feed | null = null;
  private readonly told = new Set<number>();
  /** Nothing up to this key is told any more. */
  private floor = 0;
  /** Where what was missed begins, if nothing was told yet; null while nobody knows. */
  private base: number | null = null;
  /** Own private messages on their way, by key. */
  private readonly pending = new Map<number, MessageView>();

  constructor(client: BridgeClient, listener: ReaderListener) {
    this.client = client;
    this.listener = listener;
  }

  /** The key of the newest message there is. */
  async newest(): Promise<number> {
    const [conversation] = await this.conversations(1);
    return conversation?.last?.key ?? 0;
  }

  /** Tells the messages after this key. */
  async openAfterKey(key: number): Promise<void> {
    this.floor = key;
    this.base = key;
    const early: EventView[] = [];
    let isOpen = false;
    this.feed = await this.follow(null, (event) =>
      isOpen ? this.hear(event) : void early.push(event),
    );
    // What came between the key and the feed is in neither.
    await this.makeUp();
    for (const event of early) await this.hear(event);
    isOpen = true;
  }

  /** Tells what happened after this cursor of an event. */
  async openAfter(cursor: string): Promise<void> {
    this.feed = await this.follow(cursor, (event) => this.hear(event));
  }

  close(): void {
    this.feed?.close();
  }

  /** The last ones up to a key, the oldest first: of one conversation, or of all. */
  async history(conversation: string | null, count: number, upTo: number): Promise<MessageView[]> {
    const names =
      conversation === null
        ? (await this.conversations(CONVERSATIONS_MAX)).map(({ name }) => name)
        : [conversation];
    const pages = await Promise.all(names.map((name) => this.page(name, upTo + 1, count)));
    return pages
      .flat()
      .sort((a, b) => a.key - b.key)
      .slice(-count);
  }

  conversations(limit: number): Promise<ConversationView[]> {
    return this.client
      .get<{ conversations: ConversationView[] }>('conversations', { limit })
      .then(({ conversations }) => conversations);
  }

  private follow(after: string | null, event: FeedListener['event']): Promise<Feed> {
    const { listener } = this;
    return this.client.follow(after, {
      event,
      lost: () => listener.lost(),
      back: () => listener.back(),
    });
  }

  private async hear(event: EventView): Promise<void> {
    switch (event.kind) {
      case 'message':
        return this.tell(event.message, event);
      case 'message-state':
        return this.further(event.message, event);
      case 'gap':
        this.listener.event(event);
        return this.makeUp();
      default:
        return this.listener.event(event);
    }
  }

  private tell(message: MessageView, event: EventView | null): void {
    const { key } = message;
    if (key <= this.floor || this.told.has(key)) return;
    this.told.add(key);
    if (this.told.size > TOLD_MAX) {
      const [oldest] = this.told;
      this.told.delete(oldest);
      this.floor = Math.max(this.floor, oldest);
    }
    this.watch(message);
    this.listener.message(message, event);
  }

  private further(message: MessageView, event: EventView | null): void {
    this.watch(message);
    this.listener.state(message, event);
  }

  private watch(message: MessageView): void {
    if (!message.isOwn) return;
    this.pending.delete(message.key);
    if (message.state !== 'waiting' && message.state !== 'sent') return;
    this.pending.set(message.key, message);
    if (this.pending.size > PENDING_MAX) this.pending.delete([...this.pending.keys()][0]);
  }

  /** What was said, and what became of ours, while nobody told us. */
  private async makeUp(): Promise<void> {
    if (this.base === null && this.told.size === 0) {
      this.base = await this.newest();
      return;
    }
    const known = Math.max(this.base ?? 0, this.floor, ...this.told);
    const recent = await this.conversations(CONVERSATIONS_MAX);
    const fresh = recent.filter(({ last }) => last !== null && last.key > known);
    const waiting = [...this.pending.values()].map(({ conversation }) => conversation);
    const names = new Set([...fresh.map(({ name }) => name), ...waiting]);
    const pages = await Promise.all([...names].map((name) => this.page(name, null, MISSED_MAX)));
    for (const message of pages.flat().sort((a, b) => a.key - b.key)) {
      const before = this.pending.get(message.key);
      if (message.key > known) this.tell(message, null);
      else if (before !== undefined && before.state !== message.state) this.further(message, null);
    }
  }

  private page(conversation: string, before: number | null, limit: number): Promise<MessageView[]> {
    const query = { conversation, limit, ...(before === null ? {} : { before }) };
    return this.client
      .get<{ messages: MessageView[] }>('messages', query)
      .then(({ messages }) => messages);
  }
}
