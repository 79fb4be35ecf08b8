/**
 * Slots: where firmware lies on a board, so that one of two whole ones always boots. A new one is
 * written beside the one that runs; eight digits in a gap that was left for them make it the newest,
 * and nothing else does. What `.bootcde` holds never changes: it picks the newest slot that is whole.
 *
 *   0          8            16        24
 *   | //hop-1  | generation | CRC-32  | LF | firmware ...      digits in hex; CRC-32 of the firmware
 *
 * With its button held a board starts nothing, and its console is open: the way back in.
 * Storage cannot rename, and to rewrite `.bootcde` itself leaves a moment without any.
 */
import { assert } from '../../protocol/core/assert.ts';
import { crc32 } from '../../protocol/core/crc32.ts';

export const SLOTS = ['hopline.a', 'hopline.b'] as const;
export type Slot = (typeof SLOTS)[number];

export const HEADER_SIZE = 25;
export const GENERATION_AT = 8;
const MARK = '//hop-1 ';
/** Bytes of flash for a file beside its content: its header, and the end of its last word. */
export const FILE_EXTRA = 32 + 3;

export const LOADER =
  'if(!global.hop&&!(global.BTN1&&BTN1.read())){hop={g:0};["hopline.a","hopline.b"].forEach(n=>{' +
  'let s=require("Storage"),h=s.read(n,0,25)||"",g=parseInt(h.substr(8,8),16);' +
  'if(h.substr(0,8)=="//hop-1 "&&g>hop.g&&' +
  'E.CRC32(s.read(n,25))==parseInt(h.substr(16,8),16))hop={n:n,g:g}});' +
  'if(hop.n)eval(require("Storage").read(hop.n,25))}';

/** A whole slot file, but for its generation: erased flash is all ones. */
export function slotFile(firmware: string): string {
  assert(firmware.length > 0, 'there is firmware');
  return `${MARK}${'\xff'.repeat(8)}${hex(sumOf(firmware))}\n${firmware}`;
}

export function sumOf(firmware: string): number {
  return crc32(Uint8Array.from(firmware, (letter) => letter.charCodeAt(0)));
}

export function hex(number: number): string {
  return number.toString(16).padStart(8, '0');
}

/** What a board tells of a slot: bytes in all, the two fields of its header, and its true CRC-32. */
export type SlotState = { size: number; generation: string; stated: string; sum: number } | null;

/** Asks it, in the order of SLOTS, and then the CRC-32 of `.bootcde`. */
export const SLOT_STATES =
  '(s=>["hopline.a","hopline.b"].map(n=>{let h=s.read(n,0,25);return h?[s.read(n).length,' +
  'h.substr(8,8),h.substr(0,8)=="//hop-1 "?h.substr(16,8):"",E.CRC32(s.read(n,25)||"")]:null})' +
  '.concat([E.CRC32(s.read(".bootcde")||"")]))(require("Storage"))';

export type Shelf = {
  slots: Record<Slot, SlotState>;
  /** `.bootcde` is our loader, and nothing needs to be done to it. */
  hasLoader: boolean;
};

export function shelfOf(value: unknown): Shelf | null {
  if (!Array.isArray(value) || value.length !== 3) return null;
  const [a, b, boot] = value;
  return {
    slots: { 'hopline.a': slotStateOf(a), 'hopline.b': slotStateOf(b) },
    hasLoader: boot === sumOf(LOADER),
  };
}

function slotStateOf(value: unknown): SlotState {
  if (!Array.isArray(value)) return null;
  const [size, generation, stated, sum] = value;
  return {
    size: Number(size),
    generation: String(generation),
    stated: String(stated),
    sum: Number(sum),
  };
}

/** The generation of a slot that would boot, or 0. It judges as the loader does. */
export function generationOf(state: SlotState): number {
  if (state === null || state.sum !== parseInt(state.stated, 16)) return 0;
  return parseInt(state.generation, 16) || 0;
}

/** The slot that boots, or null. */
export function bootingSlot({ slots }: Shelf): Slot | null {
  const [a, b] = SLOTS.map((slot) => generationOf(slots[slot]));
  if (a === 0 && b === 0) return null;
  return a >= b ? SLOTS[0] : SLOTS[1];
}

/**
 * Puts the loader in place, and bears being done twice. While `.bootcde` is being replaced, a spare
 * loader boots in its stead; the guard in the loader lets only one of them run.
 */
export const PLACE_LOADER =
  '(s=>{let r=()=>s.read(".boot3"),' +
  // Ours, whole or cut short while it was written.
  'o=()=>r()&&r().length==d.length&&d.indexOf(r().split("\\xff")[0])==0;' +
  'if(s.read(".bootcde")!==d){if(o()&&r()!==d)s.erase(".boot3");' +
  'if(!r())s.write(".boot3",d);s.write(".bootcde",d)}' +
  'if(o())s.erase(".boot3");return s.read(".bootcde")===d})(require("Storage"))';
