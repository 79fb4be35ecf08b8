/**
 * Signs: by what a threat is noticed (DEFAULTS §2). Most are reasons for which a station drops packets,
 * counted for each link, so that whoever brought them over his own link answers for them, and nobody in
 * whose name they were made up does.
 */
import type { Threat } from '../events.ts';

export type Sign = {
  threat: Threat;
  /** What one such packet takes from the reputation of whoever brought it. */
  cost: number;
};

/** Of one threat, in one look: else a burst would count for more than a habit. */
export const COST_MAX = 60;

const SUSPICIOUS: Sign = { threat: 'suspicious-payload', cost: 15 };

export const SIGNS: Readonly<Record<string, Sign>> = {
  flooding: { threat: 'flood', cost: 1 },
  'ping-flooding': { threat: 'flood', cost: 1 },
  'request-flooding': { threat: 'flood', cost: 1 },
  'bad-signature': { threat: 'bad-signature', cost: 20 },
  // Whoever does not know the sender passes it on, as he should: told of, and held against nobody.
  forged: { threat: 'bad-signature', cost: 0 },
  flooded: { threat: 'flood', cost: 0 },
  unsigned: { threat: 'bad-signature', cost: 5 },
  'identity-clash': { threat: 'fingerprint-mismatch', cost: 60 },
  // Somebody's clock is wrong, maybe ours: told of, and held against nobody. Kept apart he would stay
  // when the clock is long right again (RELIABILITY R16), and nothing stale goes any further anyway.
  stale: { threat: 'timestamp-anomaly', cost: 0 },
  'bad-timestamp': { threat: 'timestamp-anomaly', cost: 10 },
  // A filter may be mistaken now and then.
  'known-history': { threat: 'replay', cost: 4 },
  'request-replayed': { threat: 'replay', cost: 10 },
  // Phones make no stamps, and are no worse for it than others who make none.
  'stamp-missing': { threat: 'stamp-missing', cost: 1 },
  'bad-payload': SUSPICIOUS,
  'bad-compression': SUSPICIOUS,
  'payload-too-large': SUSPICIOUS,
  'bad-text': SUSPICIOUS,
  'bad-sender': SUSPICIOUS,
  'bad-route': SUSPICIOUS,
  'link-scope': SUSPICIOUS,
  'not-a-packet': SUSPICIOUS,
  nested: SUSPICIOUS,
};

/** The same words of one sender again and again. */
export const REPEATED: Sign = { threat: 'repeated-content', cost: 20 };

/** Threats that belong into the audit trail. The others are many, and told as they come. */
export const WEIGHTY: readonly Threat[] = [
  'bad-signature',
  'fingerprint-mismatch',
  'flood',
  'replay',
];
