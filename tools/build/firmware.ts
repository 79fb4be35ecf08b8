/**
 * Firmware: one board's bundle, what it weighs, and whether that is within the board's budget.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HoplineError } from '../../protocol/errors.ts';
import type { Board, BoardName } from './boards.ts';
import { BOARDS } from './boards.ts';
import type { Fit } from './device-gate.ts';
import { bundleForDevice, minifyForDevice } from './device-gate.ts';
import type { Measured } from './measure.ts';
import { shrink } from './shrink/shrink.ts';
import { tokenise } from './tokens.ts';

export type Firmware = {
  board: BoardName;
  /** The program as text. */
  code: string;
  /** As it lies in flash, a byte each: the text, or its tokens where flash is short. */
  flashed: string;
  functions: number;
  /** Each a line for a person: what the gate refused. */
  problems: string[];
};

/** Throws when the gate found something: each line names the place and the way out. */
export function requireSound({ board, problems }: Firmware): void {
  if (problems.length === 0) return;
  throw new HoplineError('BUNDLE_REFUSED', [board, ...problems].join('\n  '));
}

/** What of a firmware is over its board's budget, a line each. `measured` is null without figures. */
export function overBudget(firmware: Firmware, measured: Measured | null): string[] {
  const { budget, jsvars, storageBytes } = BOARDS[firmware.board] as Board;
  const lines: string[] = [];
  const hold = (what: string, is: number | undefined, most: number): void => {
    if (is !== undefined && is > most) lines.push(`${what}: ${is}, the budget is ${most}`);
  };
  hold('bytes', firmware.flashed.length, Math.min(budget.bytes, storageBytes - SETTINGS_BYTES));
  hold('functions', firmware.functions, budget.functions);
  hold('JsVars loaded', measured?.loaded, budget.jsvarsLoaded);
  hold('JsVars at full load', measured?.peak, budget.jsvarsPeak);
  hold("JsVars at full load, of the board's own size", measured?.peakOn13, jsvars);
  return lines;
}

/** What settings and what flash keeps of old ones take beside the program. */
const SETTINGS_BYTES = 4096;

/** A guess where there is no interpreter: 7 a function (DEVICE.md), and what the nodes' lists took. */
export function estimate(firmware: Firmware): Measured {
  const loaded = firmware.functions * 7 + 600;
  return { loaded, peak: loaded + 200 };
}

export async function buildFirmware(name: BoardName): Promise<Firmware> {
  const root = rootOf();
  const board: Board = BOARDS[name];
  const fit: Fit = { constants: constantsOf(name, board), known: await knownNames(root) };
  const bundle = await bundleForDevice(join(root, MAIN), fit);
  if (bundle.problems.length > 0) return { board: name, ...bundle, flashed: '' };
  // Where flash is no matter, neither is the time it would take.
  const program = board.tokens ? shrink(bundle.code, fit.known) : bundle.code;
  const small = await minifyForDevice(program, fit.known);
  const flashed = board.tokens ? tokenise(small.code) : small.code;
  return { board: name, ...small, flashed };
}

const MAIN = join('device', 'espruino', 'main.ts');

/** The checkout we run in, from the sources or from dist/. */
function rootOf(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, MAIN))) {
    const above = dirname(folder);
    if (above === folder) {
      throw new HoplineError(
        'FILE_UNREADABLE',
        `${MAIN}: firmware is built in a checkout of Hopline`,
      );
    }
    folder = above;
  }
  return folder;
}

const WIRE_KINDS = { uart: 1, usb: 2, terminals: 3 };

/** Values of device/espruino/board.ts and protocol/core/features.ts. */
function constantsOf(name: string, board: Board): Fit['constants'] {
  return {
    ...board.features,
    ...board.sizes,
    BOARD: name,
    HAS_BLE: board.linksOut !== null,
    OUT_MAX: board.linksOut ?? 0,
    SEGMENT: board.mtu - 4,
    WIRE_COUNT: board.wire === null ? 0 : board.wire === 'terminals' ? 2 : 1,
    WIRE_KIND: board.wire === null ? 0 : WIRE_KINDS[board.wire],
    FRAME_MAX: 512,
    HASH: board.hash ?? '',
  };
}

/** What the two files that say what a board has call properties. */
async function knownNames(root: string): Promise<Set<string>> {
  const files = ['protocol/core/espruino.d.ts', 'device/espruino/espruino-globals.d.ts'];
  const texts = await Promise.all(files.map((file) => readFile(join(root, file), 'utf8')));
  const plain = texts.join('\n').replace(/\/\*[^]*?\*\/|\/\/.*|'[^']*'/g, '');
  const words = plain.match(/=>|\w+|[^\s\w]/g) ?? [];
  const names = new Set<string>();
  const open: string[] = [];
  words.forEach((word, at) => {
    if ('({['.includes(word)) open.push(word);
    else if (')}]'.includes(word)) open.pop();
    // In round brackets stand the names of parameters.
    else if (/^\w/.test(word) && open.at(-1) === '{' && /^[:(?<]$/.test(words[at + 1] ?? ''))
      names.add(word);
  });
  return names;
}
