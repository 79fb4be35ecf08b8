/**
 * hopline build --board <name> [--out <file>] [--json] [--anyway]
 *
 * The firmware of a board: one file, what it weighs, and how long a battery lasts with it. A program
 * that the board cannot run, or has no room for, is refused with what to do about it.
 */
import { HoplineError } from '../../protocol/errors.ts';
import { suggest } from '../../protocol/suggest.ts';
import { batteryLives, batteryTable } from '../build/battery.ts';
import type { Board, BoardName } from '../build/boards.ts';
import { BOARDS } from '../build/boards.ts';
import type { Firmware } from '../build/firmware.ts';
import type { Measured } from '../build/measure.ts';
import type { Command, Io } from '../command.ts';
import { has, JSON_OPTION, textOf } from '../command.ts';

const NAMES = Object.keys(BOARDS);

export const build: Command = {
  name: 'build',
  summary: 'build the firmware of a board',
  usage: `hopline build --board <${NAMES.join('|')}> [--out <file>] [--json] [--anyway]`,
  options: {
    board: { type: 'string', value: 'name', help: `one of ${NAMES.join(', ')}` },
    out: { type: 'string', value: 'file', help: 'where to write it (hopline-BOARD.js)' },
    anyway: { type: 'boolean', help: 'write it even if it is over the budget of the board' },
    json: JSON_OPTION,
  },
  examples: ['hopline build --board xiao-ble', 'hopline build --board esp32 --out relay.js --json'],

  async run(args, io) {
    const name = boardNamed(textOf(args, 'board'));
    const { buildFirmware, estimate, overBudget, requireSound } =
      await import('../build/firmware.ts');
    const { interpreter, measure } = await import('../build/measure.ts');
    const firmware = await buildFirmware(name);
    requireSound(firmware);
    const binary = interpreter(io.env);
    if (binary !== null) io.progress('measuring on the interpreter');
    const measured = binary === null ? null : await measure(binary, BOARDS[name], firmware.flashed);
    const over = overBudget(firmware, measured);
    const figures = measured ?? estimate(firmware);
    const out = textOf(args, 'out') ?? `hopline-${name}.js`;
    if (has(args, 'json')) {
      const report = {
        board: name,
        results: [
          { name: `bundle.bytes.${name}`, value: firmware.flashed.length, unit: 'B' },
          { name: 'bundle.functions', value: firmware.functions, unit: 'functions' },
          { name: 'bundle.jsvars_loaded', value: figures.loaded, unit: 'JsVars' },
          { name: 'bundle.jsvars_peak', value: figures.peak, unit: 'JsVars' },
          ...(figures.peakOn13 === undefined
            ? []
            : [{ name: 'bundle.jsvars_peak_13', value: figures.peakOn13, unit: 'JsVars' }]),
        ],
        estimated: measured === null,
        battery: batteryLives(BOARDS[name]),
        over,
        file: out,
      };
      io.out(JSON.stringify(report));
    } else {
      const guessed = binary === null ? 'there is no interpreter' : NOT_UP;
      print(io, name, firmware, figures, measured === null ? guessed : null);
    }
    if (over.length > 0) {
      for (const line of over) io.err(`${name}: ${line}`);
      if (!has(args, 'anyway')) {
        const detail = `${name}: ${over.join('; ')}`;
        throw new HoplineError(
          'OVER_BUDGET',
          `${detail} (leave features out in tools/build/boards.ts, or write it with --anyway)`,
        );
      }
    }
    await io.writeText(out, firmware.code);
    if (!has(args, 'json')) io.out(`written to ${out}`);
  },
};

function boardNamed(name: string | null): BoardName {
  if (name === null) throw new HoplineError('USAGE', `which board? (--board ${NAMES.join('|')})`);
  if (Object.hasOwn(BOARDS, name)) return name as BoardName;
  const detail = `there is no board "${name}"${suggest(name, NAMES)}`;
  throw new HoplineError('USAGE', `${detail} (boards: ${NAMES.join(', ')})`);
}

const NOT_UP = 'it did not come up on the interpreter that is here';

/** `guessed` says why the figures are an estimate, or null where they were measured. */
function print(
  io: Io,
  name: BoardName,
  { code, flashed, functions }: Firmware,
  { loaded, peak, peakOn13 }: Measured,
  guessed: string | null,
): void {
  const board: Board = BOARDS[name];
  const { budget, features } = board;
  const out = Object.entries(features).flatMap(([feature, is]) =>
    is ? [] : [feature.toLowerCase()],
  );
  io.out(`${board.title} (${name}): ${board.jsvars} JsVars of ${board.jsvarBytes} bytes`);
  io.out(`  left out            ${out.length === 0 ? 'nothing' : out.join(', ')}`);
  const text = flashed === code ? '' : ` (as tokens; ${code.length} as text)`;
  io.out(`  bytes               ${flashed.length} of ${budget.bytes}${text}`);
  io.out(`  functions           ${functions} of ${budget.functions}`);
  // A guess is judged by nothing, so it stands beside no budget.
  if (guessed === null) {
    const on13 = peakOn13 === undefined ? '' : `; with 13 bytes to each ${peakOn13}`;
    io.out(`  JsVars loaded       ${loaded} of ${budget.jsvarsLoaded}, on the Linux interpreter`);
    io.out(`  JsVars at full load ${peak} of ${budget.jsvarsPeak}${on13}`);
  } else {
    io.out(`  JsVars loaded       ${loaded} (ESTIMATE, ${guessed})`);
    io.out(`  JsVars at full load ${peak} (so is this; the budgets hold what is measured)`);
  }
  for (const line of batteryTable(board)) io.out(`  ${line}`);
}
