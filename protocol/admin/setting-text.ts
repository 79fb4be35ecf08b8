/**
 * Setting text: how a person writes and reads a setting, in files and on command lines alike. Ranges
 * are those of the settings table (WIRE §21); words, units and offsets stand here.
 */
import { assert } from '../core/assert.ts';
import { bigEndian, numberOf } from '../core/fields.ts';
import { ADMIN_KEY, ALLOWED, NAME, NODE_ID, SETTINGS_TABLE } from '../core/settings-table.ts';
import type { Settings } from '../core/settings.ts';
import { numberSetting } from '../core/settings.ts';
import { suggest } from '../suggest.ts';
import { fromHex, toHex } from '../wire/hex.ts';
import { SETTING_NAMES } from '../wire/setting-names.ts';

export type SettingName = (typeof SETTING_NAMES)[number];

/** A value as it goes to a node, empty to ask for the default; or what is wrong with the text. */
export type SettingRead = { ok: true; value: Uint8Array } | { ok: false; what: string };

/** Asks for the default, whatever the setting. */
export const DEFAULT = 'default';

type Manner = {
  help: string;
  /** What stands for 0, 1 and so on. */
  words?: readonly string[];
  /** Added to what a person writes. */
  offset?: number;
  unit?: string;
};

/** Settings that a person may write; ids and keys are drawn instead. */
const MANNERS: Partial<Record<SettingName, Manner>> = {
  name: { help: 'what people call it' },
  role: {
    help: 'what it does in the mesh',
    words: ['leaf', 'relay', 'peer', 'gateway', 'tethered'],
  },
  'ttl-max': { help: 'hops that a packet may still have after it' },
  'link-rate': { help: 'packets a second from one neighbour' },
  'link-burst': { help: 'packets at once from one neighbour' },
  'sender-rate': { help: 'packets a second of one sender' },
  'sender-burst': { help: 'packets at once of one sender' },
  allowed: { help: 'ids it hears, and no others' },
  denied: { help: 'ids it does not hear' },
  'advertise-duty': { help: 'how much of the time it advertises', unit: '%' },
  'scan-duty': { help: 'how much of the time it scans', unit: '%' },
  'power-source': { help: 'what it runs on', words: ['mains', 'battery'] },
  'transmit-power': { help: 'its power', offset: 40, unit: 'dBm' },
  'seen-max': { help: 'packets it remembers; 0 leaves it to the board' },
  'console-lock': { help: 'whether its console asks for the admin', words: ['off', 'on'] },
};

export const WRITABLE = Object.keys(MANNERS) as SettingName[];

/** Ids as in the table, from 1. */
export function idOf(name: SettingName): number {
  return SETTING_NAMES.indexOf(name) + 1;
}

export function nameOf(id: number): SettingName {
  return SETTING_NAMES[id - 1];
}

/** One line for a person who asks what it is and what it takes. */
export function helpOf(name: SettingName): string {
  return `${mannerOf(name).help} (${rangeOf(name)})`;
}

export function isList(id: number): boolean {
  return id >= ALLOWED && id < ALLOWED + 2;
}

/** Lists have their ids apart by commas or spaces. */
export function readSetting(name: SettingName, text: string): SettingRead {
  const id = idOf(name);
  if (text === DEFAULT) return { ok: true, value: new Uint8Array() };
  if (id === NAME) return readName(text);
  if (isList(id)) return readIds(name, text);
  const { words, offset = 0 } = mannerOf(name);
  const [width, least, most] = rowOf(id);
  const number =
    words?.includes(text) === true
      ? words.indexOf(text)
      : /^-?\d+$/.test(text)
        ? Number(text) + offset
        : NaN;
  const isWord = words === undefined || words.includes(text);
  if (isWord && number >= least && number <= most) {
    return { ok: true, value: bigEndian(number, width) };
  }
  const near = words === undefined ? '' : suggest(text, [...words]);
  const kind = words === undefined && Number.isNaN(number) ? 'a whole number, ' : '';
  const what = `${name} takes ${kind}${rangeOf(name)}, not "${visible(text)}"${near}`;
  return { ok: false, what };
}

/** As a person would write it. An empty value is the default. */
export function writeSetting(id: number, value: Uint8Array): string {
  if (value.length === 0) return id === NAME || isList(id) ? 'none' : DEFAULT;
  if (id === NAME) return visible(new TextDecoder().decode(value));
  if (isList(id) || id === NODE_ID) return idsIn(value).join(', ');
  const { words, offset = 0 } = mannerOf(nameOf(id));
  const number = numberOf(value);
  return words?.[number] ?? String(number - offset);
}

/** The value that holds: of a number its default too, of bytes none at all where there are none. */
export function valueIn(settings: Settings, id: number): Uint8Array {
  const [width] = rowOf(id);
  if (width > 0) return bigEndian(numberSetting(settings, id), width);
  return settings[id] ?? new Uint8Array();
}

/** Node ids in hex. */
export function idsIn(value: Uint8Array): string[] {
  return Array.from({ length: value.length / 8 }, (_, i) =>
    toHex(value.subarray(i * 8, i * 8 + 8)),
  );
}

/** Eight bytes from hex: no node's id is all zeros or, as the broadcast address, all ones (S7). */
export function nodeIdIn(text: string): Uint8Array | null {
  const bytes = fromHex(text);
  if (bytes === null || bytes.length !== 8) return null;
  const isSpecial = [0, 0xff].some((value) => bytes.every((byte) => byte === value));
  return isSpecial ? null : bytes;
}

/**
 * Text as it is seen. Stricter than `printable`: what has no shape of its own is no part of a name, be it
 * harmless to a terminal.
 */
export function visible(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
}

function readName(text: string): SettingRead {
  const value = new TextEncoder().encode(text);
  const [, least, most] = rowOf(NAME);
  if (value.length < least || value.length > most) {
    return { ok: false, what: `name takes ${least} to ${most} bytes, and this is ${value.length}` };
  }
  if (visible(text) !== text || text.trim() !== text) {
    return { ok: false, what: 'name takes letters that can be seen, and no space at its ends' };
  }
  return { ok: true, value };
}

function readIds(name: SettingName, text: string): SettingRead {
  const ids = text.split(/[\s,]+/).filter((word) => word !== '');
  const [, , most] = rowOf(idOf(name));
  if (ids.length > most / 8) {
    return {
      ok: false,
      what: `${name} takes at most ${most / 8} ids, and these are ${ids.length}`,
    };
  }
  const value = new Uint8Array(ids.length * 8);
  for (const [at, word] of ids.entries()) {
    const id = nodeIdIn(word);
    if (id === null) {
      const what = `${name} takes ids of 16 hex digits, and "${visible(word)}" is none`;
      return { ok: false, what };
    }
    value.set(id, at * 8);
  }
  return { ok: true, value };
}

function rangeOf(name: SettingName): string {
  const id = idOf(name);
  const { words, offset = 0, unit = '' } = mannerOf(name);
  const [, least, most] = rowOf(id);
  if (words !== undefined) return words.join(', ');
  if (id === NAME) return `${least} to ${most} bytes`;
  if (isList(id)) return `up to ${most / 8} ids of 16 hex digits`;
  return `${least - offset} to ${most - offset} ${unit}`.trim();
}

function rowOf(id: number): [width: number, least: number, most: number] {
  const at = (id - 1) * 4;
  return [SETTINGS_TABLE[at], SETTINGS_TABLE[at + 1], SETTINGS_TABLE[at + 2]];
}

function mannerOf(name: SettingName): Manner {
  const manner = MANNERS[name];
  assert(manner !== undefined && idOf(name) < ADMIN_KEY, 'a person may write it');
  return manner;
}
