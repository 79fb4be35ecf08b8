/**
 * Flash: the command as a person meets it, over a real pseudo-terminal with a simulated board at its
 * far end. Every way to fail is one line that says what to do.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { plugIn } from '../../../tools/bench/cable.ts';
import { flashOf } from '../../../tools/commands/flash.ts';
import { lineOf } from '../../../tools/commands/progress.ts';
import { dispatch } from '../../../tools/dispatch.ts';
import type { BoardMake } from '../../../tools/simulate/board.ts';
import { Board, Flash, PUCK } from '../../../tools/simulate/board.ts';
import type { Cable } from '../../pty.ts';
import { cable, SOCAT, WITHOUT_SOCAT } from '../../pty.ts';
import { testIo } from '../io.ts';

let ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
});

describe('hopline flash', () => {
  it.skipIf(!SOCAT)(`builds for the board it finds, and flashes it${WITHOUT_SOCAT}`, async () => {
    const { board, port } = await plugged();
    const first = await run(['flash', port]);
    expect(first).toMatchObject({ status: 0, built: ['puck'] });
    expect(first.outs[0]).toMatch(/^flashed \d+ bytes to hopline.a by packets, \d+\.\d kB\/s$/);
    expect(first.errs[0]).toBe('found a PUCKJS with Espruino 2v25.0 at 115200 baud');
    expect(board.started).toEqual(['built for puck']);

    const second = await run(['flash', port, '--board', 'puck', '--json', '--verify']);
    expect(second.outs.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ port, board: 'PUCKJS', kind: 'same', slot: 'hopline.a' }),
    ]);
    const third = await run(['flash', port, '--file', 'mine.js', '--verify']);
    expect([third.status, third.errs.at(-1)]).toEqual([
      3,
      expect.stringContaining('it boots another, hopline.a'),
    ]);
    expect(third.errs.at(-1)).toContain('[FIRMWARE_DIFFERS]');
    const dry = await run(['flash', port, '--file', 'mine.js', '--dry-run']);
    expect(dry.outs[0]).toMatch(/^would write 15 bytes to hopline.b, .*; nothing was changed$/);
  });

  it.skipIf(!SOCAT)(`asks for the password of a locked console${WITHOUT_SOCAT}`, async () => {
    const { board, port } = await plugged(PUCK, 'E.setPassword("sesame");E.lockConsole()');
    const mine = ['flash', port, '--file', 'mine.js', '--baud', '115200'];
    const nobody = await run(mine);
    expect([nobody.status, nobody.errs.at(-1)]).toEqual([
      9,
      expect.stringMatching(/give its password with --password-file \[CONSOLE_LOCKED\]$/),
    ]);
    const wrong = await run([...mine, '--password-file', 'wrong']);
    expect(wrong.errs.at(-1)).toContain('that is not its password [CONSOLE_LOCKED]');
    const typed = await run(mine, ['open', 'sesame']);
    expect([typed.status, typed.errs]).toEqual([
      0,
      [
        `Password of the console on ${port}: `,
        `That was not it. Password of the console on ${port}: `,
        expect.stringContaining('found a PUCKJS'),
      ],
    ]);
    board.powerUp();
    expect(board.started).toEqual(['mine']);
  });

  it.skipIf(!SOCAT)(`tells what is not right, and what to do${WITHOUT_SOCAT}`, async () => {
    const { port } = await plugged({ ...PUCK, storageBytes: 2000 });
    for (const [words, code, advice] of [
      [['--board', 'pixl'], 'BOARD_WRONG', 'it is a PUCKJS, and the firmware is for pixl'],
      [['--file', 'large'], 'FIRMWARE_TOO_LARGE', 'or all with --erase'],
      [['--file', 'empty'], 'FILE_UNREADABLE', 'it is empty'],
      [['--file', 'mine.js', '--password-file', 'empty'], 'FILE_UNREADABLE', 'no password'],
      [['--board', 'pixi'], 'USAGE', 'did you mean pixl?'],
      [['--verify', '--dry-run'], 'USAGE', 'two different wishes'],
      [['--baud', '12'], 'USAGE', '--baud takes a whole number from 300'],
    ] as const) {
      const { errs, outs, status } = await run(['flash', port, ...words]);
      expect(errs.at(-1)).toContain(`[${code}]`);
      expect(errs.at(-1)).toContain(advice);
      expect([outs, status > 0]).toEqual([[], true]);
    }
  });

  it.skipIf(!SOCAT)(`has no firmware for a board it does not know${WITHOUT_SOCAT}`, async () => {
    const { port } = await plugged({ ...PUCK, name: 'MICROBIT2' });
    const { errs } = await run(['flash', port]);
    expect(errs.at(-1)).toContain('there is no firmware for a MICROBIT2; give one with --file');
  });

  it.skipIf(!SOCAT)(
    `tells silence from a stranger${WITHOUT_SOCAT}`,
    async () => {
      const one = await plug();
      const silent = await run(['flash', one.near, '--file', 'mine.js', '--baud', '9600']);
      expect(silent.errs.at(-1)).toContain('is it powered, and is this its port? [BOARD_SILENT]');
      const { openSerial } = await import('../../../device/pi/serial.ts');
      const far = await openSerial(one.far, 9600, { received() {}, down() {} });
      let isOpen = true;
      const talk = async (): Promise<void> => {
        while (isOpen) await far.write(Buffer.from('$GPGGA,123519,4807.038,N*47\r\n'));
      };
      const talking = talk().catch(() => {});
      const stranger = await run(['flash', one.near, '--file', 'mine.js', '--baud', '9600']);
      isOpen = false;
      await far.close();
      await talking;
      expect(stranger.errs.at(-1)).toContain('[BOARD_UNKNOWN]');
    },
    30_000,
  );

  it.skipIf(!SOCAT)(`says that the cable was pulled${WITHOUT_SOCAT}`, async () => {
    const { port, one } = await plugged();
    const going = run(['flash', port, '--file', 'long.js']);
    setTimeout(() => void one.pull(), 1200);
    const { errs, status } = await going;
    expect([status, errs.at(-1)]).toEqual([
      71,
      expect.stringContaining(`${port}: it was unplugged`),
    ]);
  });

  it.skipIf(!SOCAT)(`stops when it is told to, and says so${WITHOUT_SOCAT}`, async () => {
    const { port, board } = await plugged(PUCK, 'started("before")');
    const stop = AbortSignal.timeout(1000);
    const { errs } = await run(['flash', port, '--file', 'long.js'], [], stop);
    expect(errs.at(-1)).toContain('stopped; run this again, for the board may stand still');
    board.powerUp();
    expect(board.started).toEqual(['before']);
  });

  it('blames no compiler that was stopped with it', async () => {
    const stop = new AbortController();
    const cut = flashOf(async () => {
      setTimeout(() => stop.abort(), 0);
      throw new Error('The service was stopped: write EPIPE');
    });
    const flash = async (signal: AbortSignal) => {
      const io = testIo();
      io.wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms + 10));
      io.stopping = () => signal;
      const words = ['flash', '/dev/x', '--board', 'puck'];
      return { status: await dispatch(words, { flash: async () => cut }, '0', io), errs: io.errs };
    };
    const { status, errs } = await flash(stop.signal);
    expect([status, errs]).toEqual([
      5,
      [expect.stringContaining('/dev/x: stopped; the board is as it was [FLASH_FAILED]')],
    ]);
    expect((await flash(new AbortController().signal)).status).toBe(70);
  });

  it('wants a port, unless it lists them', async () => {
    expect((await run(['flash'])).errs[0]).toContain('hopline flash --list shows them');
    const { outs, status } = await run(['flash', '--list', '--json']);
    expect([status, Array.isArray(JSON.parse(outs[0]))]).toEqual([0, true]);
    expect((await run(['flash', '--list'])).outs.length).toBeGreaterThan(0);
  });
});

describe('its progress', () => {
  it('shows how far, how fast and how long still', () => {
    expect(lineOf(0, 1000, 0)).toBe(`[${'.'.repeat(30)}]   0 %`);
    expect(lineOf(5000, 20_000, 500)).toBe(
      `[${'#'.repeat(7)}${'.'.repeat(23)}]  25 %  10.0 kB/s  2 s left`,
    );
    expect(lineOf(10, 10, 5)).toContain(`[${'#'.repeat(30)}] 100 %`);
  });
});

async function plug(): Promise<Cable> {
  const one = await cable();
  ends.push(() => one.pull());
  return one;
}

async function plugged(make: BoardMake = PUCK, program?: string) {
  const one = await plug();
  const flash = new Flash(make.storageBytes);
  if (program !== undefined) flash.write('.bootcde', new TextEncoder().encode(program), 0, 0);
  const board = new Board(make, flash);
  ends.push(await plugIn(board, one.far, make.baud));
  return { board, port: one.near, one };
}

async function run(words: string[], secrets: string[] = [], stop?: AbortSignal) {
  const io = testIo({
    'mine.js': 'started("mine")',
    'long.js': `started("long")//${'x'.repeat(30_000)}`,
    large: 'x'.repeat(3000),
    empty: '',
    wrong: 'abracadabra\n',
  });
  io.secrets.push(...secrets);
  if (stop !== undefined) io.stopping = () => stop;
  const built: string[] = [];
  const flash = flashOf(async (board) => {
    built.push(board);
    return `started("built for ${board}")`;
  });
  const status = await dispatch(words, { flash: async () => flash }, '0', io);
  return { status, outs: io.outs, errs: io.errs, built };
}
