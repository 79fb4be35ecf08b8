/**
 * Build: a person learns what a firmware weighs and how long a battery lasts, and gets none that the
 * board has no room for unless he insists.
 */
import { describe, expect, it } from 'vitest';
import type { Board } from '../../../tools/build/boards.ts';
import { batteryLives, batteryTable } from '../../../tools/build/battery.ts';
import { BOARDS } from '../../../tools/build/boards.ts';
import { estimate, overBudget, requireSound } from '../../../tools/build/firmware.ts';
import { build } from '../../../tools/commands/build.ts';
import { dispatch } from '../../../tools/dispatch.ts';
import { testIo } from '../io.ts';

describe('hopline build', () => {
  it('writes the firmware and prints what it weighs', async () => {
    const { status, io } = await run(['--board', 'esp32', '--out', 'relay.js']);
    expect(status, io.errs.join('\n')).toBe(0);
    expect(io.files.get('relay.js')).toMatch(/^var .*;\n?$/s);
    expect(io.outs[0]).toBe('ESP32 (esp32): 16383 JsVars of 14 bytes');
    // A guess is beside no budget that it might seem to break.
    expect(io.outs.join('\n')).toMatch(/JsVars loaded +\d+ \(ESTIMATE, there is no interpreter\)/);
    expect(io.outs.at(-1)).toBe('written to relay.js');
  });

  it('says so when the firmware does not come up on an interpreter that is there', async () => {
    const { io } = await run(['--board', 'esp32', '--out', 'relay.js'], '/bin/true');
    expect(io.outs.join('\n')).toMatch(/\(ESTIMATE, it did not come up on the interpreter/);
  });

  it('prints the published names as JSON', async () => {
    const { io } = await run(['--board', 'xiao-ble', '--json']);
    expect(io.outs).toHaveLength(1);
    const report = JSON.parse(io.outs[0]);
    expect(report.results.map(({ name }: { name: string }) => name)).toEqual([
      'bundle.bytes.xiao-ble',
      'bundle.functions',
      'bundle.jsvars_loaded',
      'bundle.jsvars_peak',
    ]);
    expect(report).toMatchObject({ estimated: true, over: [], file: 'hopline-xiao-ble.js' });
    expect(report.results[0].value).toBe(io.files.get('hopline-xiao-ble.js')!.length);
    expect(report.battery).toEqual(batteryLives(BOARDS['xiao-ble']));
  });

  it('refuses a board it does not know, and names one near', async () => {
    const { status, io } = await run(['--board', 'pukc']);
    expect([status, io.errs[0]]).toEqual([64, expect.stringContaining('did you mean puck?')]);
    expect((await run([])).status).toBe(64);
  });

  it('refuses a firmware over the budget of its board, and writes it only when told to', async () => {
    const budget = (BOARDS.esp32 as Board).budget;
    const bytes = budget.bytes;
    try {
      budget.bytes = 1000;
      const refused = await run(['--board', 'esp32']);
      expect(refused.io.errs.join('\n')).toMatch(
        /bytes: \d+, the budget is 1000.*\[OVER_BUDGET\]/s,
      );
      expect([refused.status, refused.io.files.size]).toEqual([10, 0]);
      const anyway = await run(['--board', 'esp32', '--anyway']);
      expect([anyway.status, anyway.io.files.size]).toEqual([0, 1]);
    } finally {
      budget.bytes = bytes;
    }
  });
});

it('a bundle that no board can run is refused with the place and the way out', () => {
  const problems = ['main.ts:3: a board has no Map \u2014 use an array'];
  const firmware = { board: 'puck' as const, code: '', flashed: '', functions: 0, problems };
  expect(() => requireSound(firmware)).toThrow(/main\.ts:3: .* use an array.*\[BUNDLE_REFUSED\]/s);
  expect(requireSound({ ...firmware, problems: [] })).toBeUndefined();
});

describe('a budget', () => {
  const measured = { loaded: 1200, peak: 2100 };
  for (const [what, change, line] of [
    ['bytes', { flashed: 'x'.repeat(16_385) }, 'bytes: 16385, the budget is 16384'],
    ['functions', { functions: 111 }, 'functions: 111, the budget is 110'],
    [
      'loaded',
      { measured: { ...measured, loaded: 1201 } },
      'JsVars loaded: 1201, the budget is 1200',
    ],
    [
      'peak',
      { measured: { ...measured, peak: 2101 } },
      'JsVars at full load: 2101, the budget is 2100',
    ],
  ] as const) {
    it(`of ${what} is held to the unit`, () => {
      const fits = {
        board: 'puck' as const,
        code: '',
        flashed: 'x'.repeat(16_384),
        functions: 110,
        problems: [],
      };
      expect(overBudget(fits, measured)).toEqual([]);
      const { measured: figures = measured, ...rest } = { measured, ...change };
      expect(overBudget({ ...fits, ...rest }, figures)).toEqual([line]);
    });
  }

  it('is not held against an estimate', () => {
    const large = { board: 'puck' as const, code: '', flashed: '', functions: 110, problems: [] };
    expect(estimate(large).loaded).toBeGreaterThan(1200);
    expect(overBudget(large, null)).toEqual([]);
  });
});

describe('a battery', () => {
  it('of a Puck.js lasts 18 hours of scanning without a pause, as was measured', () => {
    expect(batteryLives(BOARDS.puck)[0]).toMatchObject({ scanPercent: 100, hours: 18 });
  });

  for (const [name, board] of Object.entries(BOARDS) as [string, Board][]) {
    it(`of ${name} lasts longer the less is scanned, where there is one`, () => {
      const hours = batteryLives(board).map((life) => life.hours);
      expect(hours).toHaveLength(board.battery === null ? 0 : 4);
      expect([...hours].sort((a, b) => a - b)).toEqual(hours);
    });
  }

  it('is reckoned in hours or days, and said to be an estimate', () => {
    const table = batteryTable(BOARDS.puck);
    expect(table[0]).toMatch(/^battery +220 mAh, ESTIMATE/);
    expect(table.slice(1).map((line) => line.slice(2, 30).trim().split(/ {2,}/))).toEqual([
      ['scans 100 %', '18 hours'],
      ['scans 12.5 %', '6 days'],
      ['scans 1.6 %', '41 days'],
      ['advertises only', '306 days'],
    ]);
    expect(batteryTable(BOARDS.linux)).toEqual([expect.stringContaining('runs on mains')]);
  });
});

describe('a board', () => {
  for (const [name, board] of Object.entries(BOARDS) as [string, Board][]) {
    it(`${name} has a budget that leaves it room to work`, () => {
      if (name !== 'linux') expect(board.budget.jsvarsPeak).toBeLessThan(board.jsvars);
      expect(board.budget.jsvarsLoaded).toBeLessThan(board.jsvars);
      expect(board.features.NOTES && board.hash !== 'SHA256').toBe(false);
      expect(board.features.TETHERS && !board.features.WIRES).toBe(false);
    });
  }
});

/** Without an interpreter, wherever the test runs, unless one is given. */
async function run(words: string[], interpreter = '') {
  const io = testIo();
  io.env = { ESPRUINO_BIN: interpreter, PATH: '' };
  const commands = { build: async () => build };
  return { status: await dispatch(['build', ...words], commands, '0', io), io };
}
