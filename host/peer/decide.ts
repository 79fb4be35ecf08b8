/**
 * Decide: what a person says about a peer - how well he knows him, that he is to be turned away,
 * that an id stands for another device. Said, it is in the pins at once, and in the store with the
 * answer.
 */
import type { Pins } from '../../protocol/trust/pins.ts';
import type { StoreWrite, Wish, WishRefusal } from '../types.ts';

export type Decision = Extract<Wish, { kind: 'stand' | 'deny' | 'allow' | 'forget' }>;

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
    case 'allow':
      pins.allow(id);
      return { kind: 'allow', id };
    case 'forget':
      pins.forget(id);
      return { kind: 'forget', id };
  }
}
