/**
 * Counts: how often something was dropped for which reason.
 */
/** Reasons counted apart; further ones, if there ever are more, together as `other`. */
export const REASONS_MAX = 64;

export class Counts {
  private readonly drops = new Map<string, number>();

  drop(reason: string): void {
    const isNew = !this.drops.has(reason);
    const name = isNew && this.drops.size >= REASONS_MAX ? 'other' : reason;
    this.drops.set(name, (this.drops.get(name) ?? 0) + 1);
  }

  reasons(): Record<string, number> {
    return Object.fromEntries(this.drops);
  }
}

/** `a` becomes `udp-a`, so that what others count under the same name is told apart. */
export function prefixed(
  prefix: string,
  drops: Partial<Record<string, number>>,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(drops).map(([reason, count = 0]) => [prefix + reason, count]),
  );
}
