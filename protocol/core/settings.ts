/**
 * Settings: what an operator decided about a node, and how it survives a power cut (WIRE §21). A set
 * travels as fields of id u8 and length u16; what is left out has its default, and an empty value
 * asks for it.
 *
 *   slot  | length u16 | generation u32 | fields, `length` bytes | CRC-32 of all before, u32 |
 *
 * Two slots take turns in flash and the newest whole one counts: a cut at any byte of a write leaves
 * the old set or the new.
 */
import { readU16, readU32, writeU16, writeU32 } from './bytes.ts';
import type { Fields } from './fields.ts';
import { bigEndian, encodeFields, numberIn, numberOf, readFields } from './fields.ts';
import type { Crc32 } from './framing.ts';
import { ADMIN_KEY, SETTINGS_MAX, SETTINGS_TABLE } from './settings-table.ts';

/** Values by id; missing where the default holds. A set is never changed, only replaced. */
export type Settings = Fields;

export function numberSetting(settings: Settings, id: number): number {
  return numberIn(settings, id, SETTINGS_TABLE[id * 4 - 1]);
}

/**
 * The settings with those that `bytes` name in place of theirs. `fault` is the id of one that is
 * unknown or out of range, and left as it was, or -1; null stands for bytes that end too soon. A
 * request must be refused for a fault; a node that has to start with something may go on.
 */
export function changeSettings(
  base: Settings,
  bytes: Uint8Array,
): { settings: Settings; fault: number } | null {
  const fields = readFields(bytes, 2, []);
  if (fields === null) return null;
  const settings: Settings = [];
  for (let id = 1; id <= SETTINGS_MAX; id++) settings[id] = base[id];
  let fault = -1;
  for (let id = 0; id < fields.length; id++) {
    const value = fields[id];
    if (!value) continue;
    if (!isInRange(id, value)) fault = id;
    else settings[id] = value.length > 0 ? value : null;
  }
  return { settings: settings, fault: fault };
}

function isInRange(id: number, value: Uint8Array): boolean {
  if (id < 1 || id > SETTINGS_MAX) return false;
  const row = id * 4 - 4;
  const width = SETTINGS_TABLE[row];
  const size = value.length;
  if (size === 0) return true;
  if (width > 0 ? size !== width : size % SETTINGS_TABLE[row + 3] > 0) return false;
  const measure = width > 0 ? numberOf(value) : size;
  return measure >= SETTINGS_TABLE[row + 1] && measure <= SETTINGS_TABLE[row + 2];
}

/** All settings as they hold, defaults too, but no keys. */
export function readableSettings(settings: Settings): Uint8Array {
  const fields: Fields = [];
  for (let id = 1; id < ADMIN_KEY; id++) {
    const width = SETTINGS_TABLE[id * 4 - 4];
    fields[id] = width > 0 ? bigEndian(numberSetting(settings, id), width) : settings[id];
  }
  return encodeFields(fields, 2);
}

/**
 * The largest slot: allow and deny list share what the other settings leave, and a change that does
 * not fit is refused as FULL. What `readableSettings` gives then fits one frame, too (WIRE §20).
 */
export const SLOT_MAX = 400;
const HEADER = 6;

/** What a slot holds, and which of the two it is. */
export type Slot = {
  index: number;
  generation: number;
  fields: Uint8Array;
  /** There were settings and none can be read, so who holds this node need not own it. */
  isLost?: boolean;
};

export function encodeSlot(settings: Settings, generation: number, crc: Crc32): Uint8Array {
  const fields = encodeFields(settings, 2);
  const end = HEADER + fields.length;
  const bytes = new Uint8Array(end + 4);
  writeU16(bytes, 0, fields.length);
  writeU32(bytes, 2, generation);
  bytes.set(fields, HEADER);
  writeU32(bytes, end, crc(bytes.subarray(0, end)));
  return bytes;
}

/**
 * The newest whole one of what lies in the two places in flash. Generations count from 1, and flash
 * wears out long before they wrap; 0 is for a node that has none yet. The first write of all, cut
 * short, leaves one place that ends in erased bytes: no settings were lost by it.
 */
export function chooseSlot(places: Uint8Array[], crc: Crc32): Slot {
  let newest: Slot = { index: 1, generation: 0, fields: new Uint8Array(0) };
  let remains = 0;
  for (let index = 0; index < 2; index++) {
    const bytes = places[index];
    const size = bytes.length;
    if (size > 0 && bytes[0] < 255) remains += bytes[size - 1] === 255 ? 1 : 2;
    // Erased flash has a length that no slot has; one cut short, or over the remains of another, no
    // CRC that fits.
    const end = HEADER + readU16(bytes, 0);
    const generation = readU32(bytes, 2);
    if (end + 4 > size || generation <= newest.generation) continue;
    if (readU32(bytes, end) !== crc(bytes.subarray(0, end))) continue;
    const fields = new Uint8Array(bytes.subarray(HEADER, end));
    newest = { index: index, generation: generation, fields: fields };
  }
  if (newest.generation === 0 && remains > 1) newest.isLost = true;
  return newest;
}
