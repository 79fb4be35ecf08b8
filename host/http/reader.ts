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
  send(text: string, sent: () => void): void;
  on(event: 'pong', heard: () => void): unknown;
};

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

  tell(event: EventView): void {
    if (this.isBehind) return;
    if (this.line.bufferedAmount > this.waitingMax) this.isBehind = true;
    else this.send(event);
  }

  catchUp(): void {
    this.isBehind = false;
    if (this.cursor === null) return;
    for (const event of this.desk.eventsAfter(this.cursor)) {
      this.tell(event);
      if (this.isBehind) return;
    }
  }

  ping(): void {
    if (!this.isAlive) return this.line.terminate();
    this.isAlive = false;
    this.line.ping();
  }

  end(): void {
    this.line.close(1001);
    setTimeout(() => this.line.terminate(), GOODBYE_MS).unref();
  }

  private send(event: EventView): void {
    this.cursor = event.cursor;
    this.line.send(JSON.stringify(event), () => {
      if (this.isBehind && this.line.bufferedAmount <= this.waitingMax / 2) this.catchUp();
    });
  }
}
