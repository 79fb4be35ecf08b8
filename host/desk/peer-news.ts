/**
 * Peer news: of which peers those who listen are to be told, all of a moment together. How a peer is shows
 * only where everybody is looked at, and on the air anybody may be somebody new at any time.
 */
import { keepNewest } from '../../protocol/keep-newest.ts';

/** How long a peer waits for others to be told of. */
export const NEWS_EVERY_MS = 500;
/** Peers that wait; then the one of longest ago is told of when it is another again. */
export const NEWS_MAX = 2048;

export class PeerNews {
  private readonly tell: (ids: string[]) => void;
  private readonly others = new Set<string>();
  private telling: NodeJS.Timeout | undefined;

  constructor(tell: (ids: string[]) => void) {
    this.tell = tell;
  }

  /** He is another than he was. */
  add(id: string): void {
    this.others.add(id);
    keepNewest(this.others, NEWS_MAX);
    this.telling ??= setTimeout(() => this.tellAll(), NEWS_EVERY_MS).unref();
  }

  /** Of him something else is told. */
  leave(id: string): void {
    this.others.delete(id);
  }

  close(): void {
    clearTimeout(this.telling);
    this.telling = undefined;
    this.others.clear();
  }

  private tellAll(): void {
    const ids = [...this.others];
    this.close();
    this.tell(ids);
  }
}
