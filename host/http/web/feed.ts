/**
 * Feed: the daemon's events over one WebSocket that is opened again for ever. It remembers the cursor
 * of the last event, so what happened meanwhile comes first; where that cannot be, it says
 * `missed`. It owns no clock and no socket: both are given to it.
 */
import type { EventView } from '../views.ts';
import { readAnswer } from './answers.ts';

export type FeedPorts = {
  /** A socket that tells what becomes of it, until it is closed. */
  open(url: string, protocols: string[], told: SocketTold): { close(): void };
  /** Calls back once, and gives the way to prevent it. */
  later(ms: number, call: () => void): () => void;
  /** Whether the daemon would take us: a WebSocket that is refused does not say why. */
  probe(): Promise<'welcome' | 'unreachable' | 'shut'>;
};

export type SocketTold = { opened(): void; received(text: string): void; closed(): void };

export type FeedTold = {
  live(): void;
  lost(retryMs: number): void;
  shut(): void;
  event(event: EventView): void;
  /** Nobody knows what happened meanwhile. */
  missed(): void;
};

/** Waits between attempts; the last one is kept to for ever. */
export const RETRY_MS = [500, 1000, 2000, 5000, 10_000];

export class Feed {
  private readonly url: string;
  private readonly protocols: string[];
  private readonly ports: FeedPorts;
  private readonly told: FeedTold;
  private cursor: string | null = null;
  private wasLive = false;
  private attempts = 0;
  /** Of the attempt under way. Whatever an earlier one still says is not heard. */
  private generation = 0;
  private socket: { close(): void } | null = null;
  private prevent: () => void = () => {};

  constructor(origin: string, token: string, ports: FeedPorts, told: FeedTold) {
    this.url = `${origin.replace(/^http/, 'ws')}/api/v1/events`;
    this.protocols = token === '' ? ['hopline'] : ['hopline', `token.${token}`];
    this.ports = ports;
    this.told = told;
  }

  /** Opens at once, whatever it was doing. */
  async open(): Promise<void> {
    this.close();
    const generation = this.generation;
    const answer = await this.ports.probe();
    if (generation !== this.generation) return;
    if (answer === 'shut') return this.told.shut();
    if (answer === 'unreachable') return this.retry();
    const from = this.cursor === null ? '' : `?after=${encodeURIComponent(this.cursor)}`;
    const isOurs = (): boolean => generation === this.generation;
    this.socket = this.ports.open(`${this.url}${from}`, this.protocols, {
      opened: () => isOurs() && this.opened(),
      received: (text) => isOurs() && this.received(text),
      closed: () => isOurs() && this.retry(),
    });
  }

  /** Stays closed until it is opened. */
  close(): void {
    this.generation++;
    this.prevent();
    this.socket?.close();
    this.socket = null;
  }

  private opened(): void {
    // Nothing was heard yet that a daemon could go on from, so nobody knows what was missed.
    if (this.wasLive && this.cursor === null) {
      this.told.missed();
    }
    this.wasLive = true;
    this.attempts = 0;
    this.told.live();
  }

  private received(text: string): void {
    const event = readAnswer<EventView>(text);
    this.cursor = event.cursor;
    this.told.event(event);
  }

  private retry(): void {
    this.close();
    const wait = RETRY_MS[Math.min(this.attempts++, RETRY_MS.length - 1)];
    this.told.lost(wait);
    this.prevent = this.ports.later(wait, () => void this.open());
  }
}
