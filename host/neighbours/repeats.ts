/**
 * Repeats: notices who says the same again and again. Each time it is another packet, rightly signed,
 * so that nothing below has anything against it.
 */
import type { Millis } from '../../protocol/core/machine.ts';
import { keepNewest } from '../../protocol/keep-newest.ts';
import { nameOf } from '../../protocol/trust/pins.ts';

/** As often as this in the time below is often enough to be told of, and each time from then on. */
export const REPEATS_MAX = 5;
export const REPEATS_MS = 60_000;
/** Words remembered; then those said longest ago are forgotten. */
export const WORDS_MAX = 512;
/** Less than this everybody says twice. */
const LENGTH_MIN = 8;

export class Repeats {
  private readonly said = new Map<string, { count: number; since: Millis }>();

  /** How often the sender has said it by now, once that is too often; else 0. */
  hear(sender: Uint8Array, text: string, now: Millis): number {
    const words = text.trim();
    if (words.length < LENGTH_MIN) return 0;
    const key = nameOf(sender) + words;
    const known = this.said.get(key);
    const isOld = known === undefined || now - known.since >= REPEATS_MS;
    const entry = isOld ? { count: 1, since: now } : { ...known, count: known.count + 1 };
    this.said.delete(key);
    this.said.set(key, entry);
    keepNewest(this.said, WORDS_MAX);
    return entry.count >= REPEATS_MAX ? entry.count : 0;
  }
}
