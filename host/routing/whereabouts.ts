/**
 * Whereabouts: where we are and how we move, as the owner said it, and since when. What he said holds
 * for as long as a movement is believed; then we do not know where we are, until he says it again.
 * Whoever stands still is where he was.
 */
import type { Millis } from '../../protocol/core/machine.ts';
import type { Mobility, Place } from '../../protocol/wire/link-state.ts';
import { moves, onward, PREDICTED_MS } from './place.ts';

type Said = { place: Place | null; mobility: Mobility | null };

export class Whereabouts {
  private said: Said;
  private saidAt: Millis;

  constructor({ place, mobility }: Said, now: Millis) {
    this.said = { place, mobility };
    this.saidAt = now;
  }

  /** The owner's word; the same again, with other settings, is none. */
  take({ place, mobility }: Said, now: Millis): void {
    const isSame = place === this.said.place && mobility === this.said.mobility;
    if (isSame || JSON.stringify({ place, mobility }) === JSON.stringify(this.said)) return;
    this.said = { place, mobility };
    this.saidAt = now;
  }

  /** As it was said, and when: at any time, of whoever stands still. */
  asSaid(now: Millis): Said & { since: Millis } {
    const { place, mobility } = this.said;
    if (!moves(mobility)) return { place, mobility, since: Infinity };
    const isLost = now - this.saidAt > PREDICTED_MS;
    return { place: isLost ? null : place, mobility, since: this.saidAt };
  }

  /** As it is now, for others, who reckon on from when they hear it. */
  now(now: Millis): Said {
    const { place, mobility } = this.said;
    if (place === null || mobility === null || !moves(mobility)) return this.said;
    return onward(place, mobility, now - this.saidAt) ?? { place: null, mobility };
  }
}
