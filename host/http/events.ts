/**
 * Events: what happens, told to whoever listens over a WebSocket, from the cursor he names
 * (RELIABILITY R14).
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { HoplineError } from '../../protocol/errors.ts';
import type { Desk } from './desk.ts';
import type { HttpLimits } from './limits.ts';
import { Reader } from './reader.ts';

/** Bytes a reader may send us; nothing it says means anything. */
const SAID_MAX = 1024;
/** Characters of a cursor; none of ours is half as long. */
const CURSOR_MAX = 64;

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
