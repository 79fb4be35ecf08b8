/**
 * Plan: the difference between what is wished of a node and what holds there, as data for machines
 * and as lines for people.
 */
import { CONSOLE_LOCK, NODE_ID } from '../../protocol/core/settings-table.ts';
import type { Settings } from '../../protocol/core/settings.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import type { Wish } from '../../protocol/admin/staging.ts';
import { unmet, wanting } from '../../protocol/admin/staging.ts';
import { nameOf, valueIn, writeSetting } from '../../protocol/admin/setting-text.ts';

/** A node as it answered. */
export type NodeState = {
  /** As it calls itself; of a node without provisioning another at every start. */
  id: Uint8Array;
  /** What its hello named, or its console; null when it has not said. */
  board: string | null;
  /** It has an admin key. */
  hasAdmin: boolean;
  /** It has SHA-256, which keys need. */
  canHoldKeys: boolean;
  /** Those that can be read, as they hold. */
  settings: Settings;
};

export type Change = { name: string; from: string; to: string };

/** Whether nobody has given it an id and, if it can hold one, an admin key. */
export function isNew(state: NodeState): boolean {
  return !state.settings[NODE_ID] || (state.canHoldKeys && !state.hasAdmin);
}

/** The wishes that do not hold yet. A node that gets an admin key locks its console unasked. */
export function openWishes(wishes: readonly Wish[], state: NodeState): Wish[] {
  const all = [...wishes];
  const isLocking = state.canHoldKeys && !state.hasAdmin;
  if (isLocking && all.every(({ id }) => id !== CONSOLE_LOCK)) {
    all.push({ id: CONSOLE_LOCK, value: Uint8Array.of(1) });
  }
  return unmet(all, state.settings);
}

/** What a person is shown. `id` is the one that a new node gets, when it is drawn already. */
export function changesOf(
  wishes: readonly Wish[],
  state: NodeState,
  id: Uint8Array | null,
): Change[] {
  const { settings } = state;
  const open = openWishes(wishes, state);
  const wanted = wanting(open, settings);
  const changes: Change[] = open.map((wish) => ({
    name: nameOf(wish.id),
    from: writeSetting(wish.id, valueIn(settings, wish.id)),
    to: writeSetting(wish.id, valueIn(wanted, wish.id)),
  }));
  if (!settings[NODE_ID]) {
    changes.push({ name: 'node-id', from: 'none', to: id === null ? 'new' : toHex(id) });
  }
  if (state.canHoldKeys && !state.hasAdmin) {
    for (const name of ['admin-key', 'note-key']) changes.push({ name, from: 'none', to: 'new' });
  }
  return changes;
}
