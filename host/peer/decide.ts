/**
 * Decide: what a person says about a peer - how well he knows him, that he is to be turned away, kept
 * apart or slowed down, that an id stands for another device. Said, it is in the pins at once, and in
 * the store and its audit trail with the answer.
 */
import type { Pins } from '../../protocol/trust/pins.ts';
import { LIMIT_MAX } from '../../protocol/trust/pins.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import type { AuditAct, AuditEntry, PeerWish, StoreWrite, Wish, WishRefusal } from '../types.ts';

export type Decision = Extract<Wish, { kind: PeerWish }>;

/** What to store, or why it cannot be. */
export function decide(decision: Decision, pins: Pins): StoreWrite | WishRefusal {
  const id = new Uint8Array(decision.peer);
  switch (decision.kind) {
    case 'stand': {
      if (pins.find(id) === null) return 'unknown-peer';
      if (!pins.keep(id, decision.standing)) return 'full';
      return { kind: 'pins', pins: [pins.find(id)!] };
    }
    case 'deny':
      return pins.deny(id) ? { kind: 'deny', id } : 'full';
    case 'quarantine':
      return pins.quarantine(id) ? { kind: 'quarantine', id } : 'full';
    case 'allow':
      pins.allow(id);
      return { kind: 'allow', id };
    case 'limit': {
      const { perMinute } = decision;
      if (perMinute !== null && (perMinute < 1 || perMinute > LIMIT_MAX)) return 'bad-rate';
      return pins.limit(id, perMinute) ? { kind: 'limit', id, perMinute } : 'full';
    }
    case 'forget':
      pins.forget(id);
      return { kind: 'forget', id };
  }
}

const ACTS: Record<Decision['kind'], AuditAct> = {
  stand: 'standing',
  deny: 'blocked',
  quarantine: 'quarantined',
  allow: 'allowed',
  limit: 'limited',
  forget: 'forgotten',
};

/** The line of the audit trail that tells of it, in the words of `hopline peers`. */
export function entryOfDecision(
  decision: Decision,
  wasBlocked: boolean,
  at: number | null,
): AuditEntry {
  const isUnblocked = decision.kind === 'allow' && wasBlocked;
  const act = isUnblocked ? 'unblocked' : ACTS[decision.kind];
  const detail =
    decision.kind === 'stand'
      ? decision.standing
      : decision.kind === 'limit'
        ? decision.perMinute === null
          ? 'the rate of everybody'
          : `${decision.perMinute} messages a minute`
        : '';
  return { at, who: 'owner', act, subject: toHex(decision.peer), detail };
}
