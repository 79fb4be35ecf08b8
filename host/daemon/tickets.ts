/**
 * Tickets: who waits for the answer to a wish. An answer comes once what it says is durable, so whoever
 * has it has the acknowledgement.
 */
import { HoplineError } from '../../protocol/errors.ts';

/** Wishes under way at once; one more is refused. */
export const WISHES_MAX = 256;

export class Tickets<Answer> {
  private readonly waiting = new Map<
    number,
    { resolve(answer: Answer): void; reject(cause: unknown): void }
  >();
  private last = 0;

  /** `feed` is given the ticket, and says whether the wish was taken. */
  ask(feed: (ticket: number) => boolean): Promise<Answer> {
    if (this.waiting.size >= WISHES_MAX) throw busy();
    const ticket = ++this.last;
    return new Promise((resolve, reject) => {
      this.waiting.set(ticket, { resolve, reject });
      if (feed(ticket)) return;
      this.waiting.delete(ticket);
      reject(busy());
    });
  }

  answer(ticket: number, answer: Answer): void {
    const asker = this.waiting.get(ticket);
    this.waiting.delete(ticket);
    asker?.resolve(answer);
  }

  /** Nothing is answered any more. */
  refuse(cause: unknown): void {
    for (const { reject } of this.waiting.values()) reject(cause);
    this.waiting.clear();
  }
}

function busy(): HoplineError {
  return new HoplineError('TOO_MANY', 'it does all it can at once already; try again in a moment');
}
