/**
 * Tally: how many requests were answered, by the class of their status, and how those do who listen.
 */

/** Those who listen to events, and what waits for them. */
export type Listening = { readers: number; waitingBytes: number };

export class Tally {
  /** Connections that ask, or may. */
  connections: () => number = () => 0;
  listening: () => Listening = () => ({ readers: 0, waitingBytes: 0 });
  /** Listeners that were let go because they read nothing. */
  stalled = 0;
  /** By the first digit of the status: 1 to 5. */
  private readonly counts = [0, 0, 0, 0, 0, 0];

  answered(status: number): void {
    const first = Math.floor(status / 100);
    if (first >= 1 && first <= 5) this.counts[first]++;
  }

  /** As Prometheus' people write them: `2xx`. */
  entries(): [string, number][] {
    return this.counts.slice(1).map((count, at) => [`${at + 1}xx`, count]);
  }
}
