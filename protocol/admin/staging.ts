/**
 * Staging: settings of a node, changed so that a cut at any moment leaves the old ones or the new
 * (WIRE §21): what an earlier visit left staged goes, the new ones are staged in parts and read back
 * before anything is committed.
 */
import { sameBytes } from '../core/bytes.ts';
import { FULL, LOCKED, OK, READ_SETTINGS, ROLL_BACK, STAGE } from '../core/control-codes.ts';
import type { Fields } from '../core/fields.ts';
import { encodeFields, readFields } from '../core/fields.ts';
import {
  ADMIN_KEY,
  NODE_ID,
  POWER_SOURCE,
  ROLE,
  SCAN_DUTY,
  SEEN_MAX,
} from '../core/settings-table.ts';
import type { Settings } from '../core/settings.ts';
import { changeSettings } from '../core/settings.ts';
import type { Reply } from '../wire/administer.ts';
import type { Admin } from './admin.ts';
import type { Script } from './script.ts';
import { valueIn } from './setting-text.ts';

/** A setting that shall hold; an empty value stands for the default. */
export type Wish = { id: number; value: Uint8Array };

export type StageFailure =
  | { reason: 'lost' }
  /** They do not fit the board's place for them. */
  | { reason: 'full' }
  /** It does not take this setting, or the one with that id was not as staged when read back. */
  | { reason: 'refused' | 'different'; setting: number };

/** Settings that a node takes at a start only (core/node.ts). */
export const AT_START = [NODE_ID, ROLE, SCAN_DUTY, POWER_SOURCE, SEEN_MAX];
/** Bytes of settings in one request, beside the header, the other fields and the MAC. */
const PART_MAX = 400;

/**
 * What holds there, as it can be read; the admin key is taken where one is needed. `keyOf` gives that of
 * a node, or null where it is not at hand.
 */
export function* readSettings(
  admin: Admin,
  keyOf: (node: Uint8Array) => Uint8Array | null,
): Script<{ settings: Settings; isLocked: boolean } | 'lost' | 'no-key' | 'wrong-key'> {
  let reply = yield* admin.ask(READ_SETTINGS);
  const isLocked = reply?.status === LOCKED;
  if (isLocked) {
    admin.key = keyOf(admin.nodeId!);
    if (admin.key === null) return 'no-key';
    reply = yield* admin.ask(READ_SETTINGS);
    if (reply !== null && reply.status !== OK) return 'wrong-key';
  }
  const settings = settingsIn(reply);
  return settings === null ? 'lost' : { settings, isLocked };
}

/** Nothing is in force yet: what an earlier visit left staged goes, and all is read back. */
export function* stage(
  admin: Admin,
  wishes: readonly Wish[],
  settings: Settings,
): Script<StageFailure | null> {
  if ((yield* admin.ask(ROLL_BACK)) === null) return { reason: 'lost' };
  for (const part of partsOf(wishes)) {
    const reply = yield* admin.ask(STAGE, encodeWishes(part));
    if (reply === null) return { reason: 'lost' };
    if (reply.status === FULL) return { reason: 'full' };
    if (reply.status !== OK) return { reason: 'refused', setting: reply.fault ?? part[0].id };
  }
  const staged = settingsIn(yield* admin.ask(READ_SETTINGS, new Uint8Array(1)));
  if (staged === null) return { reason: 'lost' };
  const wanted = wanting(wishes, settings);
  for (const { id } of wishes) {
    if (id < ADMIN_KEY && !isSame(staged, wanted, id)) return { reason: 'different', setting: id };
  }
  return null;
}

/** The wishes that do not hold yet. */
export function unmet(wishes: readonly Wish[], settings: Settings): Wish[] {
  const wanted = wanting(wishes, settings);
  return wishes.filter(({ id }) => !isSame(settings, wanted, id));
}

/** The settings with the wishes in force. */
export function wanting(wishes: readonly Wish[], settings: Settings): Settings {
  return changeSettings(settings, encodeWishes(wishes))?.settings ?? settings;
}

/** Wishes as the argument of a stage. */
export function encodeWishes(wishes: readonly Wish[]): Uint8Array {
  const fields: Fields = [];
  for (const { id, value } of wishes) fields[id] = value;
  return encodeFields(fields, 2);
}

/** Those of an answer; null where it was none, or no good one. */
function settingsIn(reply: Reply | null): Settings | null {
  return reply?.status === OK ? readFields(reply.argument, 2, []) : null;
}

/** As many to a request as a frame takes: nodes take 512 bytes, and the longest list has half. */
function partsOf(wishes: readonly Wish[]): Wish[][] {
  const parts: Wish[][] = [[]];
  for (const wish of wishes) {
    const last = parts[parts.length - 1];
    if (encodeWishes([...last, wish]).length <= PART_MAX) last.push(wish);
    else parts.push([wish]);
  }
  return parts;
}

function isSame(a: Settings, b: Settings, id: number): boolean {
  const [one, other] = [valueIn(a, id), valueIn(b, id)];
  return one.length === other.length && sameBytes(one, 0, other);
}
