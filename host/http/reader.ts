/**
 * Reader: one who listens to events, by a cursor. One that does not keep up costs no more than what
 * may wait for it: then it is sent nothing until it has read half of that, and goes on after its
 * cursor. If the desk has forgotten that by then, the desk says that there is a gap.
 */
import type { WebSocket } from 'ws';
import type { Desk } from './desk.ts';
import type { EventView } from './views.ts';

/** What of a WebSocket a reader needs. */
export type ReaderLine = Pick<WebSocket, 'bufferedAmount' | 'ping' | 'close' | 'terminate'> & {
  send(text: Buffer, options: typeof AS_TEXT, sent: () => void): void;
  on(event: 'pong', heard: () => void): unknown;
};

/** An event as it is sent; to all readers the same bytes. */
export type WrittenEvent = { cursor: string; text: Buffer };

const AS_TEXT = { binary: false } as const;
/** What a frame of a WebSocket has in front of its text. */
const HEAD_MAX = 10;

/** For the goodbye, before the connection is cut. */
const GOODBYE_MS = 250;

export class Reader {
  private readonly line: ReaderLine;
  private readonly desk: Desk;
  private readonly waitingMax: number;
  /** Of the last event sent. */
  private cursor: string | null;
  /** There are events after the cursor that were not sent. */
  private isBehind = false;
  private isAlive = true;

  constructor(line: ReaderLine, desk: Desk, cursor: string | null, waitingMax: number) {
    this.line = line;
    this.desk = desk;
    this.cursor = cursor;
    this.waitingMax = waitingMax;
    line.on('pong', () => {
      this.isAlive = true;
    });
  }

  get waitingBytes(): number {
    return this.line.bufferedAmount;
  }

  tell(event: WrittenEvent): void {
    if (this.isBehind) return;
    const { bufferedAmount } = this.line;
    const isTooMuch = bufferedAmount + event.text.length + HEAD_MAX > this.waitingMax;
    // One that is too much by itself goes alone.
    if (isTooMuch && bufferedAmount > 0) this.isBehind = true;
    else this.send(event);
  }

  catchUp(): void {
    this.isBehind = false;
    if (this.cursor === null) return;
    for (const event of this.desk.eventsAfter(this.cursor)) {
      this.tell(written(event));
      if (this.isBehind) return;
    }
  }

  /** False for one that has not answered the last; it is let go. */
  ping(): boolean {
    if (!this.isAlive) {
      this.line.terminate();
      return false;
    }
    this.isAlive = false;
    this.line.ping();
    return true;
  }

  end(): void {
    this.line.close(1001);
    setTimeout(() => this.line.terminate(), GOODBYE_MS).unref();
  }

  private send({ cursor, text }: WrittenEvent): void {
    this.cursor = cursor;
    this.line.send(text, AS_TEXT, () => {
      if (this.isBehind && this.line.bufferedAmount <= this.waitingMax / 2) this.catchUp();
    });
  }
}

export function written(event: EventView): WrittenEvent {
  return { cursor: event.cursor, text: Buffer.from(JSON.stringify(event)) };
}
