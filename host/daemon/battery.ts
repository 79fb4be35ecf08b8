/**
 * Battery: what is left of the one this machine runs on, looked at now and then. What changed by little
 * is not worth a word to the mesh.
 */

export const BATTERY_EVERY_MS = 60_000;
/** Percent. */
const BATTERY_STEP = 5;

export class Battery {
  /** As it was told last; null for mains. */
  percent: number | null;
  private readonly read: () => number | null;
  private readonly changed: () => void;
  private looking: NodeJS.Timeout | undefined;

  constructor(read: () => number | null, changed: () => void) {
    this.read = read;
    this.changed = changed;
    this.percent = read();
  }

  start(): void {
    this.looking = setInterval(() => this.look(), BATTERY_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.looking);
  }

  private look(): void {
    const percent = this.read();
    const before = this.percent;
    const isNear = percent !== null && before !== null && Math.abs(percent - before) < BATTERY_STEP;
    if (isNear || percent === before) return;
    this.percent = percent;
    this.changed();
  }
}
