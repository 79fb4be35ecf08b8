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
    if (conversation !== null && this.state.threads[conversation] === undefined) {
      void this.turn(conversation, null);
    }
  }

  async older(conversation: string): Promise<void> {
    const oldest = this.state.threads[conversation]?.messages[0];
    if (oldest !== undefined) await this.turn(conversation, oldest.key);
  }

  async send(to: string, text: string): Promise<MessageView> {
    const message = await this.ask(() => this.requests.send(to, text));
    this.change({ kind: 'message', message });
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
    if (this.state.parts.status === undefined) this.refresh(ALL_PARTS);
    this.catchUp();
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

  private async probe(): Promise<'welcome' | 'unreachable' | 'shut'> {
    try {
      const view = await this.requests.part('status');
      this.change({ kind: 'part', part: 'status', view });
      return 'welcome';
    } catch (failure) {
      return failure instanceof Refusal && failure.status === 401 ? 'shut' : 'unreachable';
    }
  }

  /** Reads what went stale; what goes stale meanwhile waits a moment, so that events come in bunches. */
  private catchUp(): void {
    const { connection, stale, threads, watched } = this.state;
    if (connection.kind !== 'live') return;
    if (watched !== null) this.keepRead(watched);
    const thread = watched === null ? undefined : threads[watched];
    const isOld = thread?.isStale ?? false;
    if (this.isReading || (stale.length === 0 && !isOld)) return;
    this.isReading = true;
    void this.readAgain(stale, isOld ? watched : null);
  }

  private async readAgain(parts: Part[], conversation: string | null): Promise<void> {
    this.change({ kind: 'reading', parts });
    const reads = parts.map(async (part) => {
      const view = await this.requests.part(part);
      this.change({ kind: 'part', part, view } as Action);
    });
    if (conversation !== null) reads.push(this.turn(conversation, null));
    const failures = (await Promise.allSettled(reads)).filter(
      ({ status }) => status === 'rejected',
    );
    // Nothing is lost: it is read again with the next cursor, or with the next event.
    if (failures.length > 0) this.change({ kind: 'stale', parts });
    this.ports.later(REFRESH_MS, () => {
      this.isReading = false;
      this.catchUp();
    });
  }

  private async turn(conversation: string, before: number | null): Promise<void> {
    const messages = await this.requests.messages(conversation, before);
    const hasOlder = messages.length === PAGE_SIZE;
    this.change({ kind: 'page', conversation, messages, isNewest: before === null, hasOlder });
  }

  /** What is looked at is read, and its sender is told so. */
  private keepRead(conversation: string): void {
    const one = this.state.parts.conversations?.find(({ name }) => name === conversation);
    if (one === undefined || one.unread === 0 || one.last === null) return;
    const { key } = one.last;
    this.change({ kind: 'read', conversation });
    // A reading that fails is said again with the next message.
    this.requests.read(conversation, key).catch(() => {});
  }
}
