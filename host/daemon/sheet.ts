/**
 * Sheet: the settings of a bridge one by one, by dotted names such as `budget.burst`, for whoever shows
 * or compares them; and which of them a running bridge takes up.
 */
import { isMap, isScalar, isSeq } from 'yaml';
import type { Document } from 'yaml';
import { textOf } from '../../device/pi/yaml-file.ts';
import type { SETTINGS } from '../config.ts';
import { daemonSchema } from '../config.ts';
import type { Schema } from '../settings/rules.ts';

/** What the table of settings says of one of them. */
export type Entry = { name: string; path: string[]; schema: Schema };

/** Plain values by name, as JSON has them; only of settings that are written. */
export type Sheet = Map<string, unknown>;

/** Every setting there is, in the order of the table. */
export const ENTRIES: readonly Entry[] = entriesIn(daemonSchema(), []);

/** What holds at once when it changes; everything else does from the next start on. */
const LIVE_PARTS: readonly (keyof typeof SETTINGS)[] = [
  'security',
  'log',
  'failure',
  'healing',
  'routing',
  'budget',
  'administrators',
  'limits',
  'keep',
  'on',
];
export const LIVE: ReadonlySet<string> = new Set(
  ENTRIES.filter(({ path }) => LIVE_PARTS.some((part) => part === path[0])).map(({ name }) => name),
);

/**
 * What runs programs, names files, or says who may ask is the file's alone: whoever holds the token of
 * the API, or is let in without one, does not become the owner of the machine by it. Administrators can
 * do no more than the API can, so it may name them; they themselves may not (host/desk/steward.ts).
 */
export const FILE_ONLY: ReadonlySet<string> = new Set([
  'data',
  'key-file',
  'socket',
  'power-cycle',
  'notes',
  'node-keys',
  'http.host',
  'http.port',
  'http.hosts',
  'http.open-on-loopback',
  'http.token-file',
  'components',
  'on',
]);

export function sheetOf(document: Document): Sheet {
  const sheet: Sheet = new Map();
  for (const { name, path, schema } of ENTRIES) {
    const node = document.getIn(path, true);
    if (node !== undefined) sheet.set(name, plain(node, schema));
  }
  return sheet;
}

/** Ids of digits alone are written as texts from now on: as numbers they lose their zeros. */
export function keepTexts(document: Document): void {
  for (const { path, schema } of ENTRIES) keep(document.getIn(path, true), schema);
}

function keep(node: unknown, schema: Schema): void {
  if (isSeq(node)) return node.items.forEach((item) => keep(item, within(schema, null)));
  if (isMap(node)) {
    return node.items.forEach(({ key, value }) => keep(value, within(schema, String(key))));
  }
  if (isScalar(node) && schema['type'] === 'string') node.value = textOf(node);
}

/** Names of what is another way in one than in the other. */
export function differences(one: Sheet, other: Sheet): string[] {
  const text = (sheet: Sheet, { name, schema }: Entry): string =>
    JSON.stringify(sheet.has(name) ? sheet.get(name) : (schema['default'] ?? null));
  return ENTRIES.filter((entry) => text(one, entry) !== text(other, entry)).map(({ name }) => name);
}

/** As a file would have it: `{ 'budget.burst': 1 }` is `{ budget: { burst: 1 } }`. */
export function nested(sheet: Sheet): Record<string, unknown> {
  const top: Record<string, unknown> = {};
  for (const { name, path } of ENTRIES) {
    if (!sheet.has(name)) continue;
    const last = path.length - 1;
    const within = path
      .slice(0, last)
      .reduce<Record<string, unknown>>(
        (at, part) => (at[part] ??= {}) as Record<string, unknown>,
        top,
      );
    within[path[last]] = sheet.get(name);
  }
  return top;
}

function entriesIn(schema: Schema, path: string[]): Entry[] {
  const settings = Object.entries((schema['properties'] ?? {}) as Record<string, Schema>);
  return settings.flatMap(([name, inner]) => {
    const here = [...path, name];
    if (inner['properties'] !== undefined) return entriesIn(inner, here);
    return [{ name: here.join('.'), path: here, schema: inner }];
  });
}

/** Where a text is meant, digits are one, as they were written. */
function plain(node: unknown, schema: Schema): unknown {
  if (isSeq(node)) {
    return node.items.map((item) => plain(item, within(schema, null)));
  }
  if (isMap(node)) {
    return Object.fromEntries(
      node.items.map(({ key, value }) => [String(key), plain(value, within(schema, String(key)))]),
    );
  }
  if (!isScalar(node)) return node;
  return schema['type'] === 'string' ? textOf(node) : node.value;
}

/** Of what stands under a name, or of an item where that is null. */
function within(schema: Schema, name: string | null): Schema {
  if (name === null) return (schema['items'] ?? {}) as Schema;
  return ((schema['properties'] ?? {}) as Record<string, Schema>)[name] ?? {};
}
