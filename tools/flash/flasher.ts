/**
 * Flasher: firmware onto a board, as one machine. Until eight digits make the new slot the newest,
 * what ran before is what boots; a run that was cut short leaves nothing that the next one minds.
 *
 *   recognise -> check -> erase the idle slot -> upload -> CRC-32 read back -> commit -> load
 *                                   ^------ damaged ------'
 */
import { assert } from '../../protocol/core/assert.ts';
import type { Asker } from './checked.ts';
import { literal } from './checked.ts';
import type { Board, NotABoard } from './recognise.ts';
import { recognise } from './recognise.ts';
import type { Shelf, Slot } from './slots.ts';
import {
  bootingSlot,
  FILE_EXTRA,
  GENERATION_AT,
  generationOf,
  HEADER_SIZE,
  hex,
  LOADER,
  PLACE_LOADER,
  shelfOf,
  SLOT_STATES,
  slotFile,
  SLOTS,
  sumOf,
} from './slots.ts';
import type { Script } from '../../protocol/admin/script.ts';
import type { Speaker } from './talk.ts';
import { Talk } from './talk.ts';
import type { Way } from './upload.ts';
import { upload } from './upload.ts';

export type FlashJob = {
  /** What is to be done: flash, compare only, or say what would be done. */
  mode: 'flash' | 'verify' | 'dry-run';
  /** Any characters up to 255. */
  firmware: string;
  /** Each `process.env.BOARD` it is for. Null fits all. */
  boardNames: readonly string[] | null;
  /** Storage is emptied first: the old firmware, and all settings. */
  erase: boolean;
  bauds: readonly number[];
  password: string | null;
  /** Any number up to 2^30, another each time. */
  seed: number;
};

export type FlashRemark =
  | { kind: 'recognised'; board: Board }
  | { kind: 'progress'; way: Way; done: number; total: number }
  /** The upload starts again, by this way. */
  | { kind: 'again'; way: Way };

export type FlashResult =
  | { ok: true; board: Board; outcome: FlashOutcome }
  | { ok: false; board: Board | null; failure: FlashFailure };

export type FlashOutcome =
  /**
   * `uploadMs` is from the first byte of the file to the answer to the last; `words` is what the new
   * firmware said when it broke off as it started, or null.
   */
  | { kind: 'flashed'; slot: Slot; bytes: number; way: Way; uploadMs: number; words: string | null }
  | { kind: 'same'; slot: Slot; bytes: number }
  | { kind: 'would-flash'; slot: Slot; bytes: number; neededBytes: number; roomBytes: number };

export type FlashFailure =
  | { reason: NotABoard }
  | { reason: 'wrong-board' }
  | { reason: 'too-large'; neededBytes: number; roomBytes: number }
  /** With `verify`: it boots something else, or nothing of ours. */
  | { reason: 'different'; boots: Slot | null }
  /** Every upload was damaged. */
  | { reason: 'damaged' }
  /** The board stopped answering. What it runs is still whole. */
  | { reason: 'lost' };

/** In this order; lines when packets do not get through. */
const WAYS: readonly Way[] = ['packets', 'packets', 'lines', 'lines', 'lines'];
/** How long the new firmware is listened to for its last words. */
const START_MS = 1500;

export type Flasher = Talk<FlashRemark, FlashResult>;

export function flasher(job: FlashJob): Flasher {
  return new Talk(job.bauds[0], (speaker) => flash(job, speaker));
}

function* flash(job: FlashJob, speaker: Speaker<FlashRemark>): Script<FlashResult> {
  const seen = yield* recognise(speaker, job.bauds, job.password, job.seed);
  if (!seen.found) return { ok: false, board: null, failure: { reason: seen.reason } };
  const { board, asker } = seen;
  speaker.remark({ kind: 'recognised', board });
  const fail = (failure: FlashFailure): FlashResult => ({ ok: false, board, failure });

  const { firmware, boardNames } = job;
  if (boardNames !== null && !boardNames.includes(board.name))
    return fail({ reason: 'wrong-board' });
  const file = slotFile(firmware);
  let shelf = yield* look(asker);
  if (shelf === null) return fail({ reason: 'lost' });

  const boots = bootingSlot(shelf);
  const isSame = boots !== null && shelf.slots[boots]!.sum === sumOf(firmware);
  const bytes = firmware.length;
  if (job.mode === 'verify') {
    if (!isSame || !shelf.hasLoader) return fail({ reason: 'different', boots });
    return { ok: true, board, outcome: { kind: 'same', slot: boots, bytes } };
  }

  const slot = boots === SLOTS[0] && !job.erase ? SLOTS[1] : SLOTS[0];
  const neededBytes = file.length + FILE_EXTRA + (shelf.hasLoader ? 0 : 2 * (LOADER.length + 64));
  const roomBytes = board.freeBytes + ownBytes(shelf, job.erase ? SLOTS : [slot]);
  if (neededBytes > roomBytes && !isSame)
    return fail({ reason: 'too-large', neededBytes, roomBytes });
  if (job.mode === 'dry-run') {
    if (isSame && !job.erase)
      return { ok: true, board, outcome: { kind: 'same', slot: boots, bytes } };
    return {
      ok: true,
      board,
      outcome: { kind: 'would-flash', slot, bytes, neededBytes, roomBytes },
    };
  }

  // What runs would talk into the upload, and needs the memory; a reset runs none of it.
  yield* speaker.ask('\x10reset()\n', (heard) => (/>$/.test(heard) ? true : null), 2000);
  if (job.erase) {
    const erased = yield* asker.run('require("Storage").eraseAll(),1', '', 20_000);
    if (!erased.ok) return fail({ reason: 'lost' });
    shelf = yield* look(asker);
    if (shelf === null) return fail({ reason: 'lost' });
  }
  if (isSame && !job.erase) {
    if (!(yield* placeLoader(asker))) return fail({ reason: 'lost' });
    yield* start(speaker);
    return { ok: true, board, outcome: { kind: 'same', slot: boots, bytes } };
  }

  const ways = WAYS.filter((way) => way !== 'packets' || board.hasPackets);
  for (const [tried, way] of ways.entries()) {
    if (tried > 0) speaker.remark({ kind: 'again', way });
    if (!(yield* clear(asker, slot))) return fail({ reason: 'lost' });
    let begun = 0;
    let arrived = 0;
    const progress = (done: number): void => {
      if (done === 0) begun = speaker.now;
      arrived = speaker.now;
      speaker.remark({ kind: 'progress', way, done, total: file.length });
    };
    const sent = yield* upload(asker, speaker, way, board, { name: slot, file, progress });
    if (sent === 'full') return fail({ reason: 'too-large', neededBytes, roomBytes });
    if (sent === 'damaged') continue;

    const uploadMs = arrived - begun;
    const newest = Math.max(...SLOTS.map((name) => generationOf(shelf!.slots[name])));
    if (!(yield* commit(asker, slot, newest + 1))) return fail({ reason: 'lost' });
    if (!(yield* placeLoader(asker))) return fail({ reason: 'lost' });
    const words = yield* start(speaker);
    return { ok: true, board, outcome: { kind: 'flashed', slot, bytes, way, uploadMs, words } };
  }
  return fail({ reason: 'damaged' });
}

function* look(asker: Asker<FlashRemark>): Script<Shelf | null> {
  const answer = yield* asker.run(SLOT_STATES, '', 5000);
  return answer.ok ? shelfOf(answer.value) : null;
}

/** Bytes that erasing these slots gives back. */
function ownBytes(shelf: Shelf, slots: readonly Slot[]): number {
  let bytes = 0;
  for (const slot of slots) {
    const state = shelf.slots[slot];
    if (state !== null) bytes += state.size + FILE_EXTRA;
  }
  return bytes;
}

function* clear(asker: Asker<FlashRemark>, slot: Slot): Script<boolean> {
  const name = literal(slot);
  const code = `(s=>{if(s.read(${name}))s.erase(${name});return!s.read(${name})})(require("Storage"))`;
  const answer = yield* asker.run(code, '', 5000);
  return answer.ok && answer.value === true;
}

/** The one moment at which the new firmware takes over. */
function* commit(asker: Asker<FlashRemark>, slot: Slot, generation: number): Script<boolean> {
  assert(generation > 0 && generation < 2 ** 31, 'generations are counted from 1');
  const at = `${literal(slot)},${GENERATION_AT},8`;
  const code =
    `(s=>{if(s.read(${at})!==d)s.write(${literal(slot)},d,${GENERATION_AT});` +
    `return s.read(${at})===d})(require("Storage"))`;
  const answer = yield* asker.run(code, hex(generation));
  return answer.ok && answer.value === true;
}

function* placeLoader(asker: Asker<FlashRemark>): Script<boolean> {
  const answer = yield* asker.run(PLACE_LOADER, LOADER, 5000);
  return answer.ok && answer.value === true;
}

/** Starts what boots now. It may take the port over at once, so silence is a good sign. */
function* start(speaker: Speaker<FlashRemark>): Script<string | null> {
  const broken = (heard: string): string | null => /Uncaught ([^\r\n]*)\r/.exec(heard)?.[1] ?? null;
  return yield* speaker.ask('\x10load()\n', broken, START_MS);
}

assert(HEADER_SIZE === slotFile('x').length - 1, 'the header has its size');
