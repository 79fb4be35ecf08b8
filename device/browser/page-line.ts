/**
 * Page line: lines over the WebSocket of a browser, as a leaf has them. A browser tells neither when a
 * message has left nor lets anybody stop reading, so both are done by looking.
 */
import type { LeafLineInput, LeafLineOutput } from '../../protocol/peer/leaf.ts';
import { LINE_PATH, readLineAddress } from '../../protocol/peer/line-address.ts';

/** How often is looked whether what was written has left, while it has not. */
const LOOK_MS = 20;

type Line = { socket: WebSocket; unsent: number };

export class PageLine {
  private readonly feed: (event: LeafLineInput) => void;
  private readonly lines = new Map<number, Line>();
  private looking: ReturnType<typeof setTimeout> | null = null;

  constructor(feed: (event: LeafLineInput) => void) {
    this.feed = feed;
  }

  perform(order: LeafLineOutput): void {
    const line = this.lines.get(order.line);
    switch (order.kind) {
      case 'dial':
        return this.dial(order.line, order.address);
      case 'hangUp':
        return line?.socket.close();
      case 'write':
        if (line?.socket.readyState !== WebSocket.OPEN) return;
        line.socket.send(order.bytes as Uint8Array<ArrayBuffer>);
        line.unsent++;
        return this.look();
    }
  }

  close(): void {
    if (this.looking !== null) clearTimeout(this.looking);
    for (const { socket } of this.lines.values()) socket.close();
  }

  private dial(line: number, address: string): void {
    const url = urlOf(address);
    if (url === null) {
      return this.feed({ kind: 'closed', line, why: 'a page dials ws:// and wss:// alone' });
    }
    const socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    this.lines.set(line, { socket, unsent: 0 });
    socket.onopen = () => this.feed({ kind: 'opened', line, address });
    socket.onmessage = ({ data }) => {
      if (data instanceof ArrayBuffer) {
        this.feed({ kind: 'received', line, bytes: new Uint8Array(data) });
      } else socket.close();
    };
    socket.onclose = () => {
      this.lines.delete(line);
      this.feed({ kind: 'closed', line, why: 'nobody is there, or he hung up' });
    };
  }

  private look(): void {
    this.looking ??= setTimeout(() => {
      this.looking = null;
      for (const [number, line] of this.lines) {
        if (line.socket.bufferedAmount > 0) continue;
        for (; line.unsent > 0; line.unsent--) this.feed({ kind: 'sent', line: number });
      }
      if ([...this.lines.values()].some(({ unsent }) => unsent > 0)) this.look();
    }, LOOK_MS);
  }
}

function urlOf(address: string): string | null {
  const read = readLineAddress(address);
  if (!read.ok || read.value.scheme === 'tcp') return null;
  const { scheme, host, port, path = LINE_PATH } = read.value;
  return `${scheme}://${host}:${port}${path}`;
}
