/**
 * Feed: the events of a bridge, in order and none twice, however often the bridge goes and comes back.
 * It goes on after the last event that was dealt with; where the thread is lost, a `gap` says so.
 */
import WebSocket from 'ws';
import type { EventView } from '../../host/http/views.ts';
import { HoplineError } from '../../protocol/errors.ts';
import { refusal } from './refusal.ts';
import type { Whereabouts } from './whereabouts.ts';

export type FeedListener = {
  /** The next one comes when this is done. One that failed comes again, over a new connection. */
  event(event: EventView): Promise<void> | void;
  /** The bridge is gone; it is looked for until it is back or the feed is closed. */
  lost(): void;
  back(): void;
};

/** Between two looks for a bridge that is gone: each time longer, up to the most. */
const LOOK_LEAST_MS = 250;
const LOOK_MOST_MS = 5000;
/** A bridge that takes longer to open a feed is stuck. */
const OPEN_MS = 10_000;
/** Bytes of one event: views are small, and whoever says more is no bridge. */
const EVENT_MAX = 1024 * 1024;

export class Feed {
  private readonly where: () => Whereabouts;
  private readonly listener: FeedListener;
  /** Of the last event that was dealt with; null before the first. */
  private cursor: string | null;
  /** What came in one piece: nothing more is read until it is dealt with. */
  private waiting: EventView[] = [];
  private isTelling = false;
  private socket: WebSocket | null = null;
  private alarm: NodeJS.Timeout | undefined;
  private lookMs = LOOK_LEAST_MS;
  private isClosed = false;

  private constructor(where: () => Whereabouts, after: string | null, listener: FeedListener) {
    this.where = where;
    this.cursor = after;
    this.listener = listener;
  }

  /** Resolves once events come; rejects when the bridge cannot be followed now. */
  static async open(
    where: () => Whereabouts,
    after: string | null,
    listener: FeedListener,
  ): Promise<Feed> {
    const feed = new Feed(where, after, listener);
    await feed.connect(false);
    return feed;
  }

  close(): void {
    this.isClosed = true;
    this.waiting = [];
    clearTimeout(this.alarm);
    this.socket?.terminate();
  }

  private async connect(isAgain: boolean): Promise<void> {
    const { url, token } = this.where();
    const after = this.cursor === null ? '' : `?after=${encodeURIComponent(this.cursor)}`;
    const socket = new WebSocket(
      `${url.replace(/^http/, 'ws')}/api/v1/events${after}`,
      ['hopline', `token.${token}`],
      { handshakeTimeout: OPEN_MS, maxPayload: EVENT_MAX, perMessageDeflate: false },
    );
    this.socket = socket;
    // Events may come in one piece with the answer that opens the feed.
    socket.on('message', (bytes) => this.hear(JSON.parse(String(bytes)) as EventView));
    socket.on('open', () => {
      if (isAgain) this.find();
      socket.on('close', () => this.lose());
    });
    await opened(socket, url);
    if (this.isClosed) socket.terminate();
  }

  private hear(event: EventView): void {
    if (this.isClosed) return;
    this.waiting.push(event);
    if (!this.isTelling) void this.tell();
  }

  private async tell(): Promise<void> {
    this.isTelling = true;
    const { socket } = this;
    socket?.pause();
    try {
      for (let event; (event = this.waiting.shift()) !== undefined;) {
        await this.listener.event(event);
        if (event.cursor !== '') this.cursor = event.cursor;
      }
    } catch {
      this.waiting = [];
      socket?.terminate();
    }
    socket?.resume();
    this.isTelling = false;
  }

  private lose(): void {
    if (this.isClosed) return;
    this.listener.lost();
    this.look();
  }

  private look(): void {
    this.alarm = setTimeout(() => {
      this.connect(true).catch(() => {
        if (!this.isClosed) this.look();
      });
    }, this.lookMs);
    this.lookMs = Math.min(LOOK_MOST_MS, this.lookMs * 2);
  }

  private find(): void {
    if (this.isClosed) return;
    this.lookMs = LOOK_LEAST_MS;
    this.listener.back();
    // Nobody can say what happened since, if there was nothing before.
    if (this.cursor === null) this.hear({ kind: 'gap', cursor: '', at: Date.now() });
  }
}

function opened(socket: WebSocket, url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve());
    socket.on('error', (cause) => {
      const detail = `${url}: ${cause.message || 'the bridge is gone'}`;
      reject(new HoplineError('BRIDGE_UNREACHABLE', detail, { cause }));
    });
    socket.on('unexpected-response', (request, response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => {
        request.destroy();
        reject(refusal(response.statusCode ?? 0, text, url));
      });
    });
  });
}
