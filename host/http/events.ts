/**
 * Events: what happens, told to whoever listens over a WebSocket. A reader holds a cursor and is sent
 * what comes after it; one that does not keep up costs us no more than its limit, and goes on from its
 * cursor once it has read, or is told of a gap where that is gone (RELIABILITY R14).
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import { HoplineError } from '../../protocol/errors.ts';
import type { Desk } from './desk.ts';
import type { HttpLimits } from './limits.ts';
import type { EventView } from './views.ts';

/** Bytes a reader may send us; nothing it says means anything. */
const SAID_MAX = 1024;
/** Characters of a cursor; none of ours is half as long. */
const CURSOR_MAX = 64;

/** What of `ws` a reader needs. */
type Line = Pick<WebSocket, 'send' | 'bufferedAmount' | 'ping' | 'terminate' | 'close' | 'on'>;

export class Events {
  private readonly desk: Desk;
  private readonly limits: HttpLimits;
  private readonly readers = new Set<Reader>();
  private readonly server = new WebSocketServer({
    noServer: true,
    maxPayload: SAID_MAX,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has('hopline') ? 'hopline' : false),
  });
  private readonly stop: () => void;
  private readonly pulse: NodeJS.Timeout;

  constructor(desk: Desk, limits: HttpLimits) {
    this.desk = desk;
    this.limits = limits;
    this.stop = desk.listen((event) => {
      for (const reader of this.readers) reader.tell(event);
    });
    this.pulse = setInterval(() => {
      for (const reader of this.readers) reader.ping();
    }, limits.pingMs);
    this.pulse.unref();
  }

  /** Takes over the connection of a request that the guard let through. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { readersMax, waitingMax } = this.limits;
    if (this.readers.size >= readersMax) {
      throw new HoplineError('TOO_MANY', `${readersMax} others listen already`);
    }
    const cursor = cursorOf(request.url ?? '');
    this.server.handleUpgrade(request, socket, head, (line) => {
      const reader = new Reader(line, this.desk, cursor, waitingMax);
      this.readers.add(reader);
      line.on('close', () => this.readers.delete(reader));
      line.on('error', () => line.terminate());
      reader.catchUp();
    });
  }

  close(): void {
    this.stop();
    clearInterval(this.pulse);
    for (const reader of this.readers) reader.end();
    this.server.close();
  }
}

function cursorOf(url: string): string | null {
  const [, query = ''] = url.split('?', 2);
  const cursor = new URLSearchParams(query).get('after');
  if (cursor !== null && cursor.length > CURSOR_MAX) {
    throw new HoplineError('REQUEST_INVALID', 'after: that is no cursor of ours');
  }
  return cursor;
}

class Reader {
  private readonly line: Line;
  private readonly desk: Desk;
  private readonly waitingMax: number;
  /** Of the last event sent. */
  private cursor: string | null;
  /** There are events after the cursor that were not sent. */
  private isBehind = false;
  private isAlive = true;

  constructor(line: Line, desk: Desk, cursor: string | null, waitingMax: number) {
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
    if (this.isFull()) this.isBehind = true;
    else this.send(event);
  }

  catchUp(): void {
    this.isBehind = false;
    if (this.cursor === null) return;
    for (const event of this.desk.eventsAfter(this.cursor)) {
      if (this.isFull()) {
        this.isBehind = true;
        return;
      }
      this.send(event);
    }
  }

  ping(): void {
    if (!this.isAlive) return this.line.terminate();
    this.isAlive = false;
    this.line.ping();
  }

  end(): void {
    this.line.close(1001);
    this.line.terminate();
  }

  private isFull(): boolean {
    return this.line.bufferedAmount > this.waitingMax;
  }

  private send(event: EventView): void {
    this.cursor = event.cursor;
    this.line.send(JSON.stringify(event), () => {
      if (this.isBehind && this.line.bufferedAmount === 0) this.catchUp();
    });
  }
}
