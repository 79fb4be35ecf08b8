/**
 * Page line: lines over the WebSocket of a browser, as a leaf has them. A browser tells neither when a
 * message has left nor lets anybody stop reading, so both are done by looking.
 */
import type { LeafLineInput, LeafLineOutput } from '../../protocol/peer/leaf.ts';
import { readLineAddress } from '../../protocol/peer/line-address.ts';

/**
 * How often is looked whether what was written has left, while it has not. In a hidden tab it may be a
 * minute, so that is looked also whenever something comes.
 */
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
    const socket = socketTo(address);
    if (typeof socket === 'string') return this.feed({ kind: 'closed', line, why: socket });
    socket.binaryType = 'arraybuffer';
    this.lines.set(line, { socket, unsent: 0 });
    socket.onopen = () => this.feed({ kind: 'opened', line, address });
    socket.onmessage = ({ data }) => {
      this.tellSent();
      if (data instanceof ArrayBuffer) {
        this.feed({ kind: 'received', line, bytes: new Uint8Array(data) });
      } else socket.close();
    };
    // Where the rules of the page forbid the line, Chromium tells of an error alone.
    socket.onclose = socket.onerror = () => {
      if (!this.lines.delete(line)) return;
      this.feed({ kind: 'closed', line, why: 'nobody is there, or he hung up' });
    };
  }

  private look(): void {
    this.looking ??= setTimeout(() => {
      this.looking = null;
      this.tellSent();
      if ([...this.lines.values()].some(({ unsent }) => unsent > 0)) this.look();
    }, LOOK_MS);
  }

  private tellSent(): void {
    for (const [number, line] of this.lines) {
      if (line.socket.bufferedAmount > 0) continue;
      for (; line.unsent > 0; line.unsent--) this.feed({ kind: 'sent', line: number });
    }
  }
}

/** Or why there cannot be one. */
function socketTo(address: string): WebSocket | string {
  const read = readLineAddress(address);
  if (!read.ok) return read.why;
  const { scheme, host, port, path } = read.value;
  if (scheme !== 'ws' && scheme !== 'wss') return 'a page dials ws:// and wss:// alone';
  try {
    return new WebSocket(`${scheme}://${host}:${port}${path}`);
  } catch (failure) {
    // A page that came over https dials wss:// alone, say.
    return (failure as Error).message;
  }
}
