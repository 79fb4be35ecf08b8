/**
 * Memory lines: lines between the gateways of one process, in the place of IpLines. What is written
 * arrives a moment later by the clock of the test, in order, so that one history follows from one
 * seed; and a test can cut all of them.
 */
import type { LineEvent, LineOrder } from '../../../host/links/pipe.ts';

/** From one end to the other. */
const WAY_MS = 2;
/** Until what was not taken is offered again. */
const AGAIN_MS = 1;

type End = { owner: MemoryLines; line: number; far: End | null };

export class MemoryLines {
  private static readonly listening = new Map<number, MemoryLines>();
  private static readonly all = new Set<MemoryLines>();
  private static isCut = false;
  /** Of datagrams, and there are none. */
  readonly drops = {};
  private readonly feed: (event: LineEvent) => boolean;
  private readonly ends = new Map<number, End>();
  private readonly ports: number[] = [];
  private readonly arriving: LineEvent[] = [];
  private nextOpened = 2;

  constructor(feed: (event: LineEvent) => boolean) {
    this.feed = feed;
    MemoryLines.all.add(this);
  }

  /** All lines end, and nobody answers until they are mended. */
  static cut(): void {
    MemoryLines.isCut = true;
    for (const lines of MemoryLines.all) for (const end of lines.ends.values()) lines.hangUp(end);
  }

  static mend(): void {
    MemoryLines.isCut = false;
  }

  async listen(host: string, port: number): Promise<{ host: string; port: number }> {
    const free = port === 0 ? 1 + MemoryLines.listening.size : port;
    MemoryLines.listening.set(free, this);
    this.ports.push(free);
    return { host, port: free };
  }

  perform(order: LineOrder): void {
    if (order.kind === 'dial') return this.dial(order.line, order.address);
    const end = this.ends.get(order.line);
    if (end === undefined) return;
    if (order.kind === 'hangUp') this.hangUp(end);
    if (order.kind === 'write') this.write(end, order.bytes);
  }

  async close(): Promise<void> {
    for (const end of this.ends.values()) this.hangUp(end);
    for (const port of this.ports) MemoryLines.listening.delete(port);
    MemoryLines.all.delete(this);
  }

  private dial(line: number, address: string): void {
    const port = Number(address.split(':').at(-1));
    const other = MemoryLines.isCut ? undefined : MemoryLines.listening.get(port);
    if (other === undefined) return this.tell({ kind: 'closed', line, why: 'nobody listens' });
    const near: End = { owner: this, line, far: null };
    near.far = { owner: other, line: other.nextOpened, far: near };
    other.nextOpened += 2;
    for (const end of [near, near.far]) {
      end.owner.ends.set(end.line, end);
      end.owner.tell({ kind: 'opened', line: end.line, address });
    }
  }

  private write({ line, far }: End, bytes: Uint8Array): void {
    far?.owner.tell({ kind: 'received', line: far.line, bytes: new Uint8Array(bytes) });
    this.tell({ kind: 'sent', line });
  }

  private hangUp(end: End): void {
    for (const side of [end, end.far]) {
      if (side === null || !side.owner.ends.delete(side.line)) continue;
      side.owner.tell({ kind: 'closed', line: side.line, why: 'it was cut' });
    }
  }

  private tell(event: LineEvent): void {
    this.arriving.push(event);
    setTimeout(() => this.deliver(), WAY_MS);
  }

  private deliver(): void {
    if (this.arriving.length === 0) return;
    if (this.feed(this.arriving[0])) this.arriving.shift();
    else setTimeout(() => this.deliver(), AGAIN_MS);
  }
}
