/**
 * Tally: how many requests were answered, by the class of their status.
 */
export class Tally {
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
