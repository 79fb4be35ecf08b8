/**
 * Events: what happens, told to whoever listens over a WebSocket, from the cursor he names
 * (RELIABILITY R14).
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { HoplineError } from '../../protocol/errors.ts';
import type { HttpLog } from './app.ts';
import type { Desk } from './desk.ts';
import type { HttpLimits } from './limits.ts';
import { Reader, written } from './reader.ts';
import type { Listening, Tally } from './tally.ts';

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
  private readonly tally: Tally;
  private readonly log: HttpLog;
  private readonly stop: () => void;
  private readonly pulse: NodeJS.Timeout;

  constructor(desk: Desk, limits: HttpLimits, tally: Tally, log: HttpLog) {
    this.desk = desk;
    this.limits = limits;
    this.log = log;
    this.stop = desk.listen((event) => {
      if (this.readers.size === 0) return;
      const once = written(event);
      for (const reader of this.readers) reader.tell(once);
    });
    this.pulse = setInterval(() => this.ping(), limits.pingMs);
    this.pulse.unref();
    tally.listening = () => this.figures();
    this.tally = tally;
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

  /** Whoever reads nothing reads no ping either. */
  private ping(): void {
    for (const reader of this.readers) {
      const { waitingBytes } = reader;
      if (reader.ping()) continue;
      this.tally.stalled++;
      this.log.warn('a listener is let go: it read nothing, and answered no ping', {
        waitingBytes,
      });
    }
  }

  private figures(): Listening {
    let waitingBytes = 0;
    for (const reader of this.readers) waitingBytes += reader.waitingBytes;
    return { readers: this.readers.size, waitingBytes };
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
