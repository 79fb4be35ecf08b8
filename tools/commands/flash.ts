/**
 * hopline flash <port> [--board <name>] [--file <bundle>] [--list] [--verify] [--dry-run] [--erase]
 *               [--password-file <file>] [--baud <n>] [--json]
 *
 * Firmware onto a board over a serial port, or over Bluetooth where the port is ble:NAME. Whatever happens on the way, a board boots what it booted
 * before or the new firmware, whole.
 */
import { listSerial } from '../../device/pi/serial.ts';
import { HoplineError } from '../../protocol/errors.ts';
import { suggest } from '../../protocol/suggest.ts';
import type { Board, BoardName } from '../build/boards.ts';
import { BOARDS } from '../build/boards.ts';
import type { Args, Command, Io } from '../command.ts';
import { has, JSON_OPTION, textOf, wholeNumberOf } from '../command.ts';
import type { FlashJob, FlashRemark, FlashResult } from '../flash/flasher.ts';
import { flasher } from '../flash/flasher.ts';
import { BAUDS, PASSWORD_MAX } from '../flash/recognise.ts';
import { survey } from '../flash/survey.ts';
import { converse } from '../session.ts';
import { notABoard } from './not-a-board.ts';
import { progressLine } from './progress.ts';

/** The firmware for a board, by our name for it. */
export type FirmwareFor = (board: BoardName) => Promise<string>;

const NAMES = Object.keys(BOARDS) as BoardName[];
/** Wrong answers to the question for a password. */
const PASSWORD_TRIES = 3;

export function flashOf(firmwareFor: FirmwareFor): Command {
  return {
    name: 'flash',
    summary: 'put firmware onto an Espruino board',
    usage:
      'hopline flash <port | ble:name> [--board <name>] [--file <bundle>] [--verify | --dry-run] [--erase] ' +
      '[--password-file <file>] [--baud <n>] [--json]; hopline flash --list',
    operands: { least: 0, most: 1 },
    options: {
      list: { type: 'boolean', help: 'list the ports and their ids instead' },
      board: {
        type: 'string',
        value: 'name',
        help: `${NAMES.join(', ')} (asks it)`,
      },
      file: { type: 'string', value: 'bundle', help: 'a bundle of your own, for whatever board' },
      verify: { type: 'boolean', help: 'only compare what the board runs with the firmware' },
      'dry-run': { type: 'boolean', help: 'only say what would be done' },
      erase: { type: 'boolean', help: 'first erase all that the board stores, settings too' },
      'password-file': { type: 'string', value: 'file', help: 'opens a locked console' },
      baud: {
        type: 'string',
        value: 'n',
        help: `the rate of the port (tries ${BAUDS.join(', ')})`,
      },
      json: JSON_OPTION,
    },
    examples: ['hopline flash --list', 'hopline flash /dev/ttyUSB0 --board puck --dry-run'],

    async run(args, io) {
      if (has(args, 'list')) return list(args, io);
      const [port] = args.operands;
      if (port === undefined) {
        throw new HoplineError('USAGE', 'which port? hopline flash --list shows them');
      }
      if (has(args, 'verify') && has(args, 'dry-run')) {
        throw new HoplineError('USAGE', '--verify and --dry-run are two different wishes');
      }
      const wanted = boardOf(args);
      const access = await accessOf(args, io, port);
      const stop = io.stopping();
      let name = wanted;
      let firmware = await fileOf(args, io);
      if (firmware === null) {
        name ??= await surveyed(access, io, stop);
        firmware = await unlessStopped(firmwareFor(name), port, io, stop);
      }
      const job: Omit<FlashJob, 'password'> = {
        mode: has(args, 'verify') ? 'verify' : has(args, 'dry-run') ? 'dry-run' : 'flash',
        firmware,
        boardNames: name === null ? null : BOARDS[name].firmware,
        erase: has(args, 'erase'),
        bauds: access.bauds,
        seed: Date.now() % 2 ** 30,
      };
      const result = await withPassword(access, io, (password) => {
        const progress = progressLine(io, (reading) => performance.now() - reading);
        const remark = (said: FlashRemark): void => show(said, progress, io);
        return converse(flasher({ ...job, password }), port, access.bauds[0], remark, stop);
      });
      report(result, port, name, has(args, 'json'), io);
    },
  };
}

export const flash = flashOf(built);

/** How to get at the console. */
type Access = { port: string; bauds: number[]; password: string | null };

async function list(args: Args, io: Io): Promise<void> {
  const ports = await listSerial();
  if (has(args, 'json')) return io.out(JSON.stringify(ports));
  if (ports.length === 0) io.out('no serial port with hardware behind it');
  for (const port of ports) {
    const usb = port.vendorId === null ? '' : `${port.vendorId}:${port.productId}`;
    const words = [port.path, usb, port.serial ?? '', port.usbPath ?? '', port.manufacturer ?? ''];
    io.out(words.filter((word) => word !== '').join('  '));
  }
}

function boardOf(args: Args): BoardName | null {
  const name = textOf(args, 'board');
  if (name === null || Object.hasOwn(BOARDS, name)) return name as BoardName | null;
  const detail = `there is no board "${name}"${suggest(name, NAMES)}`;
  throw new HoplineError('USAGE', `${detail} (boards: ${NAMES.join(', ')})`);
}

async function built(name: BoardName): Promise<string> {
  const { buildFirmware, overBudget } = await import('../build/firmware.ts');
  const firmware = await buildFirmware(name);
  const [problem] = firmware.problems;
  if (problem !== undefined) throw new HoplineError('BUNDLE_REFUSED', `${name}: ${problem}`);
  const over = overBudget(firmware, null);
  if (over.length === 0) return firmware.flashed;
  const detail = `${name}: ${over.join('; ')}`;
  throw new HoplineError(
    'OVER_BUDGET',
    `${detail} (hopline build --anyway writes it, and --file flashes it)`,
  );
}

/** A compiler that was stopped together with us is no fault of ours. */
async function unlessStopped(
  building: Promise<string>,
  port: string,
  io: Io,
  stop: AbortSignal,
): Promise<string> {
  try {
    return await building;
  } catch (cause) {
    // The signal may be told of after what it did.
    await io.wait(0);
    if (!stop.aborted) throw cause;
    throw new HoplineError('FLASH_FAILED', `${port}: stopped; the board is as it was`, { cause });
  }
}

async function accessOf(args: Args, io: Io, port: string): Promise<Access> {
  const baud = wholeNumberOf(args, 'baud', { least: 300, most: 4_000_000 }, 0);
  const file = textOf(args, 'password-file');
  let password: string | null = null;
  if (file !== null) {
    password = (await io.readText(file)).split(/\r?\n/)[0];
    if (!isPassword(password)) {
      const detail = `${file}: its first line is no password of 1 to ${PASSWORD_MAX} plain characters`;
      throw new HoplineError('FILE_UNREADABLE', detail);
    }
  }
  // The air has no rate, so there is none to be found.
  const tried = port.startsWith('ble:') ? BAUDS.slice(0, 1) : BAUDS;
  return { port, bauds: baud === 0 ? [...tried] : [baud], password };
}

/** The console forgets what is longer, and cannot be told what is not ASCII. */
function isPassword(text: string): boolean {
  return text.length <= PASSWORD_MAX && /^[ -~]+$/.test(text);
}

/** As bytes, one a character. */
async function fileOf(args: Args, io: Io): Promise<string | null> {
  const path = textOf(args, 'file');
  if (path === null) return null;
  const bytes = new TextEncoder().encode(await io.readText(path));
  if (bytes.length === 0) throw new HoplineError('FILE_UNREADABLE', `${path}: it is empty`);
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}

async function surveyed(access: Access, io: Io, stop: AbortSignal): Promise<BoardName> {
  const { port, bauds } = access;
  const result = await withPassword(access, io, (password) => {
    const talk = survey(bauds, password, Date.now() % 2 ** 30);
    return converse(talk, port, bauds[0], () => {}, stop);
  });
  if (!result.ok) throw notABoard(port, result.failure.reason);
  const name = NAMES.find((each) => (BOARDS[each] as Board).firmware.includes(result.board.name));
  if (name !== undefined) return name;
  const detail = `${port}: there is no firmware for a ${result.board.name}`;
  throw new HoplineError('BOARD_WRONG', `${detail}; give one with --file`);
}

/** Asks for the password where one is needed and none was given, and keeps it in `access`. */
async function withPassword<
  Result extends { ok: true } | { ok: false; failure: { reason: string } },
>(access: Access, io: Io, attempt: (password: string | null) => Promise<Result>): Promise<Result> {
  const isAsked = access.password === null;
  for (let tries = 0; ; tries++) {
    const result = await attempt(access.password);
    if (result.ok) return result;
    const { reason } = result.failure;
    if (reason !== 'locked' && reason !== 'wrong-password') return result;
    if (!isAsked || tries === PASSWORD_TRIES) return result;
    const again = tries === 0 ? '' : 'That was not it. ';
    const typed = await io.askSecret(`${again}Password of the console on ${access.port}: `);
    if (typed === null || !isPassword(typed)) return result;
    access.password = typed;
  }
}

function show(remark: FlashRemark, progress: (done: number, total: number) => void, io: Io): void {
  switch (remark.kind) {
    case 'recognised': {
      const { name, version, baud } = remark.board;
      return io.err(`found a ${name} with Espruino ${version} at ${baud} baud`);
    }
    case 'progress':
      return progress(remark.done, remark.total);
    case 'again':
      return io.err(`the upload was damaged on the way; again, by ${remark.way}`);
  }
}

function report(
  result: FlashResult,
  port: string,
  wanted: string | null,
  isJson: boolean,
  io: Io,
): void {
  if (!result.ok) throw failureOf(result, port, wanted);
  const { board, outcome } = result;
  if (isJson) {
    const { name, version, baud } = board;
    return io.out(JSON.stringify({ port, board: name, version, baud, ...outcome }));
  }
  switch (outcome.kind) {
    case 'same':
      return io.out(`the board has this firmware: ${outcome.bytes} bytes, ${outcome.slot}`);
    case 'would-flash': {
      const { bytes, slot, neededBytes, roomBytes } = outcome;
      const room = `${neededBytes} of ${roomBytes} bytes that are free`;
      return io.out(`would write ${bytes} bytes to ${slot}, in ${room}; nothing was changed`);
    }
    case 'flashed': {
      const { bytes, uploadMs, way, slot, words } = outcome;
      const rate = (bytes / Math.max(1, uploadMs)).toFixed(1);
      io.out(`flashed ${bytes} bytes to ${slot} by ${way}, ${rate} kB/s`);
      if (words !== null) io.err(`as it started, it said: ${words}`);
    }
  }
}

function failureOf(
  { board, failure }: FlashResult & { ok: false },
  port: string,
  wanted: string | null,
): HoplineError {
  switch (failure.reason) {
    case 'wrong-board': {
      const detail = `${port}: it is a ${board?.name}, and the firmware is for ${wanted}`;
      return new HoplineError('BOARD_WRONG', `${detail}; name the right board or port`);
    }
    case 'too-large': {
      const { neededBytes, roomBytes } = failure;
      const detail = `${port}: it needs ${neededBytes} bytes of Storage, and ${roomBytes} are free`;
      return new HoplineError(
        'FIRMWARE_TOO_LARGE',
        `${detail}; remove files from the board, or all with --erase`,
      );
    }
    case 'different': {
      const what = failure.boots === null ? 'no firmware of ours' : `another, ${failure.boots}`;
      return new HoplineError(
        'FIRMWARE_DIFFERS',
        `${port}: it boots ${what}; flash without --verify`,
      );
    }
    case 'damaged':
      return new HoplineError(
        'FLASH_FAILED',
        `${port}: every upload was damaged; take a better cable. What ran before still boots`,
      );
    case 'lost':
      return new HoplineError(
        'FLASH_FAILED',
        `${port}: the board stopped answering; run this again. What it boots is whole`,
      );
    default:
      return notABoard(port, failure.reason);
  }
}
