/**
 * Client: what a running bridge is asked over HTTP. What it refuses is thrown in its own words, under
 * its own code.
 */
import type {
  HopView,
  LineView,
  MessageView,
  PathView,
  PeerView,
  PingView,
  StatusView,
  UsageView,
} from '../../host/http/views.ts';
import { startOf } from '../../host/daemon/start-command.ts';
import { HoplineError } from '../../protocol/errors.ts';
import type { Args, Io } from '../command.ts';
import { Feed } from './feed.ts';
import type { FeedListener } from './feed.ts';
import { refusal } from './refusal.ts';
import { dataFolder, whereabouts } from './whereabouts.ts';
import type { Whereabouts } from './whereabouts.ts';

/** A bridge that does not answer for so long is stuck, or its disk is. */
const ANSWER_MS = 30_000;
/** How it is it knows at once. */
const STATUS_MS = 2000;

export class BridgeClient {
  readonly folder: string;
  private readonly answerMs: number;

  constructor(folder: string, answerMs = ANSWER_MS) {
    this.folder = folder;
    this.answerMs = answerMs;
  }

  static of(args: Args, io: Io): BridgeClient {
    return new BridgeClient(dataFolder(args, io));
  }

  get<Answer>(path: string, query: Record<string, string | number> = {}): Promise<Answer> {
    const words = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) words.set(name, String(value));
    return this.ask('GET', words.size === 0 ? path : `${path}?${words}`);
  }

  post<Answer>(path: string, body: object = {}, stop?: AbortSignal): Promise<Answer> {
    return this.ask('POST', path, body, stop);
  }

  patch<Answer>(path: string, body: object): Promise<Answer> {
    return this.ask('PATCH', path, body);
  }

  delete(path: string): Promise<void> {
    return this.ask('DELETE', path);
  }

  async peers(): Promise<PeerView[]> {
    const { peers } = await this.get<{ peers: PeerView[] }>('peers');
    return peers;
  }

  /** By id, or by a name that only one peer has (RELIABILITY S25). */
  peer(who: string): Promise<PeerView> {
    return this.get<PeerView>(`peers/${encodeURIComponent(who)}`);
  }

  /** Null when he does not answer. */
  async ping(who: string, stop: AbortSignal): Promise<PingView> {
    const path = `peers/${encodeURIComponent(who)}/ping`;
    return (await this.post<{ ping: PingView }>(path, {}, stop)).ping;
  }

  async trace(who: string, stop: AbortSignal): Promise<HopView[]> {
    const path = `peers/${encodeURIComponent(who)}/trace`;
    return (await this.post<{ hops: HopView[] }>(path, {}, stop)).hops;
  }

  path(who: string): Promise<PathView> {
    return this.get<PathView>(`peers/${encodeURIComponent(who)}/path`);
  }

  async lines(): Promise<LineView[]> {
    const { lines } = await this.get<{ lines: LineView[] }>('lines');
    return lines;
  }

  /** The newest first. */
  async search(text: string, limit: number): Promise<MessageView[]> {
    return (await this.get<{ messages: MessageView[] }>('search', { text, limit })).messages;
  }

  usage(): Promise<UsageView> {
    return this.get<UsageView>('usage');
  }

  /** It resolves when the bridge has it on its disk. */
  send(to: string, text: string): Promise<MessageView> {
    return this.post<MessageView>('messages', { to, text });
  }

  /** Events as they happen, from a cursor on or from now; resolves once they come. */
  follow(after: string | null, listener: FeedListener): Promise<Feed> {
    return Feed.open(() => whereabouts(this.folder), after, listener);
  }

  private async ask<Answer>(
    method: string,
    path: string,
    body?: object,
    stop?: AbortSignal,
  ): Promise<Answer> {
    const alarm = AbortSignal.timeout(this.answerMs);
    const { url, token, pid } = whereabouts(this.folder);
    try {
      const response = await fetch(`${url}/api/v1/${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: stop === undefined ? alarm : AbortSignal.any([alarm, stop]),
      });
      const text = await response.text();
      if (response.ok) return (text === '' ? undefined : JSON.parse(text)) as Answer;
      throw refusal(response.status, text, url);
    } catch (cause) {
      if (cause instanceof HoplineError) throw cause;
      // Asked for here, the alarm is not collected before it has rung.
      throw await this.unreachable({ url, token, pid }, cause as Error, alarm.aborted);
    }
  }

  private async unreachable(
    where: Whereabouts,
    cause: Error,
    isLate: boolean,
  ): Promise<HoplineError> {
    const { url, pid } = where;
    const detail = isLate
      ? `${url}: no answer for ${this.answerMs / 1000} s; ${await whatItSays(where)}`
      : `${url}: process ${pid} is gone; start the bridge with ${startOf(['--data', this.folder])}`;
    return new HoplineError('BRIDGE_UNREACHABLE', detail, { cause });
  }
}

/** Whoever waits for its disk need not be started again: what was asked is done once that heals. */
async function whatItSays({ url, token, pid }: Whereabouts): Promise<string> {
  try {
    const headers = { authorization: `Bearer ${token}` };
    const signal = AbortSignal.timeout(STATUS_MS);
    const response = await fetch(`${url}/api/v1/status`, { headers, signal });
    const { problems } = (await response.json()) as StatusView;
    if (problems.length === 0) return 'it runs, and is busy';
    return `it runs, and says: ${problems.join('; ')}`;
  } catch {
    return `start process ${pid} again`;
  }
}
