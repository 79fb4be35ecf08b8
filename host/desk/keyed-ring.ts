/**
 * Keyed ring: the last so many of what goes by, each under a number that grows. Whoever comes back says
 * which one he saw last; numbers that are not there were too many, or are gone.
 */
export class KeyedRing<Item> {
  private readonly most: number;
  private readonly items: { key: number; item: Item }[] = [];
  private last = 0;

  /** Items kept; then the oldest go. */
  constructor(most: number) {
    this.most = most;
  }

  /** `skipped`: those before it that nobody gave us; they have numbers all the same. */
  add(item: Item, skipped = 0): void {
    this.last += skipped + 1;
    this.items.push({ key: this.last, item });
    if (this.items.length > this.most) this.items.shift();
  }

  /** The newest ones with numbers above `key`, the oldest of them first. */
  after(key: number, limit: number): { key: number; item: Item }[] {
    const from = this.items.findIndex((each) => each.key > key);
    return from < 0 || limit <= 0 ? [] : this.items.slice(from).slice(-limit);
  }

  find(key: number): Item | null {
    return this.items.find((each) => each.key === key)?.item ?? null;
  }
}
