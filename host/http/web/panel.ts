/**
 * Panel: joins the state of the page, the requests and the feed. It reads again what went stale, keeps
 * conversations read that a person looks at, and is all that views call.
 */
import type { InviteView, LineView, MessageView, PeerView } from '../views.ts';
import { Feed } from './feed.ts';
import type { FeedPorts } from './feed.ts';
import { PAGE_SIZE, Refusal, Requests } from './requests.ts';
import { ALL_PARTS, EMPTY, reduce } from './state.ts';
import type { Action, Part, State } from './state.ts';
import type { ThreadPage } from './threads.ts';

export type PanelPorts = Omit<FeedPorts, 'probe'> & { unixMs(): number };

/** What changes often is read again at most this often. */
const REFRESH_MS = 800;
/** Figures that no event tells of are read again this often while they are shown. */
export const FIGURES_MS = 3000;
export const FIGURES: Part[] = ['status', 'statistics', 'links'];

export class Panel {
  state: State = EMPTY;
  readonly requests: Requests;
  private readonly feed: Feed;
  private readonly ports: PanelPorts;
  private readonly listeners = new Set<() => void>();
  private isReading = false;
  /** Conversations whose newest page is asked for. */
  private readonly turning = new Set<string>();
  private wasLive = false;

  constructor(origin: string, token: string, ports: PanelPorts) {
    this.ports = ports;
    this.requests = new Requests(origin, token);
    this.feed = new Feed(
      origin,
      token,
      { ...ports, probe: () => this.probe() },
      {
        live: () => this.goLive(),
        lost: (retryMs) => this.lose(retryMs),
        shut: () => this.change({ kind: 'connection', connection: { kind: 'shut' } }),
        event: (event) => this.change({ kind: 'event', event }),
        missed: () => this.miss(),
      },
    );
  }

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  open(): void {
    void this.feed.open();
  }

  close(): void {
    this.feed.close();
  }

  /** Finds out whether the daemon is still there: sockets of what slept do not say that they are dead. */
  wake(): void {
    if (this.state.connection.kind === 'live') void this.ask(() => this.probe()).catch(() => {});
    else this.open();
  }

  /** What a person looks at now; null while the page is hidden or shows something else. */
  watch(conversation: string | null): void {
    if (conversation === this.state.watched) return;
    this.change({ kind: 'watched', conversation });
  }

  async older(conversation: string): Promise<void> {
    const oldest = this.state.threads[conversation]?.messages[0];
    if (oldest === undefined) return;
    const messages = await this.ask(() => this.requests.messages(conversation, oldest.key));
    this.turn(conversation, { place: 'older', messages, hasOlder: isFull(messages) });
  }

  async newer(conversation: string): Promise<void> {
    const newest = this.state.threads[conversation]?.messages.at(-1);
    if (newest === undefined) return;
    const messages = await this.ask(() => this.requests.messagesAfter(conversation, newest.key));
    this.turn(conversation, { place: 'newer', messages, hasNewer: isFull(messages) });
  }

  /** Has a message and what stands around it, wherever in the conversation it is. */
  async goTo(conversation: string, key: number): Promise<void> {
    const held = this.state.threads[conversation]?.messages ?? [];
    if (held.some((message) => message.key === key)) return;
    const [before, after] = await this.ask(() =>
      Promise.all([
        this.requests.messages(conversation, key + 1),
        this.requests.messagesAfter(conversation, key),
      ]),
    );
    const messages = [...before, ...after];
    const more = { hasOlder: isFull(before), hasNewer: isFull(after) };
    this.turn(conversation, { place: 'around', messages, ...more });
  }

  /** Back to what is said now. */
  async goToEnd(conversation: string): Promise<void> {
    const messages = await this.ask(() => this.requests.messages(conversation, null));
    const hasOlder = isFull(messages);
    this.turn(conversation, { place: 'around', messages, hasOlder, hasNewer: false });
  }

  async send(to: string, text: string): Promise<MessageView> {
    const message = await this.ask(() => this.requests.send(to, text));
    this.change({ kind: 'message', message });
    if (this.state.threads[message.conversation]?.hasNewer === true) {
      await this.goToEnd(message.conversation);
    }
    return message;
  }

  async changePeer(id: string, change: Parameters<Requests['changePeer']>[1]): Promise<PeerView> {
    const peer = await this.ask(() => this.requests.changePeer(id, change));
    this.refresh(['peers']);
    return peer;
  }

  async forgetPeer(id: string): Promise<void> {
    await this.ask(() => this.requests.forgetPeer(id));
    this.refresh(['peers', 'map']);
  }

  invite(address: string | null): Promise<InviteView> {
    return this.ask(() => this.requests.invite(address));
  }

  async join(line: string): Promise<LineView> {
    const joined = await this.ask(() => this.requests.join(line.trim()));
    this.refresh(['lines', 'map']);
    return joined;
  }

  async hangUp(node: string): Promise<void> {
    await this.ask(() => this.requests.hangUp(node));
    this.refresh(['lines', 'map']);
  }

  /** Has parts read again. */
  refresh(parts: Part[]): void {
    this.change({ kind: 'stale', parts });
  }

  /** A request of a person. One that nobody answers tells us as much as a socket that closes. */
  async ask<Answer>(request: () => Promise<Answer>): Promise<Answer> {
    try {
      return await request();
    } catch (failure) {
      const isShut = failure instanceof Refusal && failure.status === 401;
      if (isShut || !(failure instanceof Refusal)) void this.feed.open();
      throw failure;
    }
  }

  private change(action: Action): void {
    const before = this.state;
    this.state = reduce(before, action);
    if (this.state === before) return;
    for (const listener of this.listeners) listener();
    this.catchUp();
  }

  private goLive(): void {
    this.change({ kind: 'connection', connection: { kind: 'live' } });
    // Later on, events say what changed.
    if (!this.wasLive) this.refresh(ALL_PARTS);
    this.wasLive = true;
  }

  private lose(retryMs: number): void {
    const now = this.ports.unixMs();
    const { connection } = this.state;
    const sinceAt = connection.kind === 'lost' ? connection.sinceAt : now;
    this.change({
      kind: 'connection',
      connection: { kind: 'lost', sinceAt, retryAt: now + retryMs },
    });
  }

  private miss(): void {
    const at = this.ports.unixMs();
    this.change({ kind: 'event', event: { kind: 'gap', cursor: `missed ${at}`, at } });
  }

  private async probe(): Promise<'welcome' | 'unreachable' | 'shut'> {
    try {
      const view = await this.requests.part('status');
      this.change({ kind: 'part', part: 'status', view });
      return 'welcome';
    } catch (failure) {
      return failure instanceof Refusal && failure.status === 401 ? 'shut' : 'unreachable';
    }
  }

  /** Reads what is missing or went stale. */
  private catchUp(): void {
    const { connection, stale, watched } = this.state;
    if (connection.kind !== 'live') return;
    if (watched !== null) {
      this.keepThread(watched);
      this.keepRead(watched);
    }
    if (this.isReading || stale.length === 0) return;
    this.isReading = true;
    void this.readAgain(stale).then(() => {
      // What goes stale meanwhile waits a moment, because events come in bunches.
      this.ports.later(REFRESH_MS, () => {
        this.isReading = false;
        this.catchUp();
      });
    });
  }

  private async readAgain(parts: Part[]): Promise<void> {
    this.change({ kind: 'reading', parts });
    const reads = parts.map(async (part) => {
      try {
        this.change({ kind: 'part', part, view: await this.requests.part(part) } as Action);
      } catch {
        this.change({ kind: 'failed', parts: [part] });
      }
    });
    await Promise.all(reads);
  }

  /** The newest messages of what is looked at are here, or are asked for. */
  private keepThread(conversation: string): void {
    const thread = this.state.threads[conversation];
    if (this.turning.has(conversation) || (thread !== undefined && !thread.isStale)) return;
    this.turning.add(conversation);
    const done = (): void => {
      this.turning.delete(conversation);
      this.catchUp();
    };
    const read = this.requests.messages(conversation, null).then((messages) => {
      this.turn(conversation, { place: 'newest', messages, hasOlder: isFull(messages) });
    });
    read.then(done, () => this.ports.later(REFRESH_MS, done));
  }

  private turn(conversation: string, page: ThreadPage): void {
    this.change({ kind: 'page', conversation, page });
  }

  /** What is looked at is read, and its sender is told so. */
  private keepRead(conversation: string): void {
    const one = this.state.parts.conversations?.find(({ name }) => name === conversation);
    if (one === undefined || one.unread === 0 || one.last === null) return;
    // Who looks at an old message has not seen the newest.
    if (this.state.threads[conversation]?.hasNewer === true) return;
    const { key } = one.last;
    this.change({ kind: 'read', conversation });
    // What was asked for before does not know of it. If it fails, the next message says it again.
    const told = (): void => this.refresh(['conversations']);
    this.requests.read(conversation, key).then(told, () => {});
  }
}

/** There may be more of them. */
function isFull(messages: MessageView[]): boolean {
  return messages.length === PAGE_SIZE;
}
