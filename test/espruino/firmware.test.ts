/**
 * The firmware of every board behind a double of that board: it boots, joins others, survives a
 * power cut wherever it comes, and gives strangers no console.
 */
import { describe, expect, it } from 'vitest';
import {
  COMMIT,
  OPERATION,
  ARGUMENT,
  LOCKED,
  OK,
  OPEN_CONSOLE,
  READ_SETTINGS,
  REQUEST_ID,
  STAGE,
  STATISTICS,
  STATUS,
} from '../../protocol/core/control-codes.ts';
import { crc32 } from '../../protocol/core/crc32.ts';
import type { Fields } from '../../protocol/core/fields.ts';
import { bigEndian, encodeFields, readFields } from '../../protocol/core/fields.ts';
import { BlockReader, encodeBlock, PACKET_BLOCK } from '../../protocol/core/framing.ts';
import { decodeHello } from '../../protocol/core/hello.ts';
import {
  CONTROL,
  encodePacket,
  HELLO,
  PacketView,
  plainPacket,
} from '../../protocol/core/packet.ts';
import {
  ADMIN_KEY,
  ADVERTISE_DUTY,
  CONSOLE_LOCK,
  NAME,
  NODE_ID,
  NOTE_KEY,
  POWER_SOURCE,
  TTL_MAX,
} from '../../protocol/core/settings-table.ts';
import type { Settings } from '../../protocol/core/settings.ts';
import { encodeSlot } from '../../protocol/core/settings.ts';
import { pureCrypto } from '../../protocol/trust/pure-crypto.ts';
import { consolePassword } from '../../protocol/wire/administer.ts';
import type { Board as Kind, BoardName } from '../../tools/build/boards.ts';
import { BOARDS } from '../../tools/build/boards.ts';
import type { Firmware } from '../../tools/build/firmware.ts';
import { buildFirmware, overBudget } from '../../tools/build/firmware.ts';
import { id, packet } from '../packets.ts';
import { Board, Flash, PowerCut, Reach, Time } from './board.ts';

const NAMES = Object.keys(BOARDS) as BoardName[];

describe('a bundle', () => {
  for (const name of NAMES) {
    it(`for ${name} passes the gate, and its board has room for it`, async () => {
      const firmware = await firmwareOf(name);
      expect(firmware.problems).toEqual([]);
      expect(firmware.functions).toBeGreaterThan(100);
      expect(overBudget(firmware, null)).toEqual([]);
    });
  }

  it('leaves out what its board does without', async () => {
    const texts = await Promise.all([codeOf('puck'), codeOf('xiao-ble')]);
    // A reason that only a trace gives, and one that only a wire gives.
    expect(texts.map((text) => text.includes('trace-loop'))).toEqual([false, true]);
    expect(texts.map((text) => text.includes('bad-checksum'))).toEqual([false, true]);
  });
});

describe('a board with a wire', () => {
  it('says hello first, with its name and board', async () => {
    const { board, heard, time } = await wired('esp32', settingsNamed('gate'));
    board.boot();
    time.run(2000);
    const [first] = heard();
    expect(first[1]).toBe(HELLO);
    const hello = decodeHello(payloadOf(first));
    if (typeof hello === 'string') throw new Error(hello);
    expect(text(hello.name)).toBe('gate');
    expect(text(hello.board)).toBe('esp32');
  });

  it('takes settings over it and has them after the next start', async () => {
    const { board, heard, time } = await wired('xiao-ble', []);
    board.boot();
    time.run(2000);
    commitName(board, 'door');
    expect(statusesOf(heard())).toEqual([OK, OK]);
    board.restart();
    time.run(2000);
    board.type(control(READ_SETTINGS, null));
    const answers = heard().filter((frame) => frame[1] === CONTROL);
    const read = readFields(readFields(payloadOf(answers[0]), 2, [])![ARGUMENT]!, 2, [])!;
    expect(text(read[NAME]!)).toBe('door');
  });

  for (const [what, names] of [
    ['the first settings of all', []],
    ['the second, into the other place', ['old']],
    ['later ones, over the oldest', ['older', 'old']],
  ] as const) {
    it(`has the old settings or the new, whole, wherever the power fails: ${what}`, async () => {
      const code = await codeOf('esp32');
      const before = new Flash();
      names.forEach((name, place) => {
        before.write(`hop${place}`, encodeSlot(settingsNamed(name), place + 1, crc32));
      });
      const seen = new Set<string>();
      let charge = 0;
      for (let isThrough = false; !isThrough; charge++) {
        const flash = before.copy();
        const time = new Time();
        const board = new Board(code, BOARDS.mdbt42q, time, new Reach(), flash);
        board.boot();
        time.run(2000);
        flash.charge = charge;
        // Whatever the program does with what it meets there, the board is dead.
        board.restart = () => board.die();
        commitName(board, 'new');
        isThrough = flash.charge > 0;
        flash.charge = Infinity;
        const again = new Board(code, BOARDS.mdbt42q, time, new Reach(), flash);
        again.boot();
        time.run(2000);
        const [first] = packetsIn(again.sent);
        const hello = decodeHello(payloadOf(first));
        seen.add(typeof hello === 'string' ? hello : text(hello.name));
        expect(again.isConsoleLocked, `cut after ${charge} bytes`).toBe(false);
      }
      expect([...seen].sort()).toEqual(['new', names.at(-1) ?? ''].sort());
      // The header of a file, and all of a slot.
      expect(charge).toBeGreaterThan(40);
    });
  }

  it('passes packets from its wire to the air and counts them', async () => {
    const { board, time } = await wired('xiao-ble', []);
    board.boot();
    time.run(2000);
    board.type(block(packet()));
    time.run(500);
    board.type(control(STATISTICS, null));
    expect(board.statistic('delivered')).toBe(2);
    board.type(block(packet()));
    expect(board.statistic('drop.duplicate')).toBe(1);
    expect(board.statistic('battery')).toBe(77);
  });
});

describe('boards in reach of each other', () => {
  for (const kinds of [
    ['xiao-ble', 'puck', 'puck'],
    ['bangle2', 'xiao-ble', 'bangle2'],
    ['esp32', 'esp32', 'esp32'],
  ] as BoardName[][]) {
    it(`${kinds.join(', ')}: link, and a note of one is heard by all`, async () => {
      const { boards, time } = await island(kinds);
      time.run(30_000);
      expect(linksOf(boards)).toBe(2);
      expect(boards.map((board) => board.statistic('island'))).toEqual([3, 3, 3]);
      for (const board of boards) {
        if (board.inbound) expect(board.statistic('link0.rssi')).toBe(-60);
        if (board.outbound.length > 0) expect(board.statistic('link1.rssi')).toBe(-60);
      }
      const before = boards.map((board) => board.statistic('delivered'));
      boards[0].press();
      time.run(4000);
      const after = boards.map((board, at) => board.statistic('delivered') - before[at]);
      expect(after).toEqual([0, 1, 1]);
      // Nobody answers: said four times, and given up.
      time.run(120_000);
      expect(boards[0].statistic('drop.note-unanswered')).toBe(1);
      expect(boards[1].statistic('delivered') - before[1]).toBe(4);
      expect(boards.map((board) => board.restarts)).toEqual([0, 0, 0]);
    });
  }

  it('advertise as often as their settings say', async () => {
    const { boards, time } = await island(['puck', 'puck']);
    const settings: Settings = [];
    settings[POWER_SOURCE] = Uint8Array.of(1);
    settings[ADVERTISE_DUTY] = Uint8Array.of(50);
    boards[1].flash.write('hop1', encodeSlot(settings, 2, crc32));
    boards[1].restart();
    time.run(30_000);
    const before = boards.map(({ advertised }) => advertised);
    time.run(60_000);
    expect(boards.map(({ advertised }, at) => advertised - before[at])).toEqual([60, 15]);
  });

  it('link again when the one between them dies', async () => {
    const { boards, time } = await island(['puck', 'puck', 'puck', 'puck']);
    time.run(30_000);
    const middle = boards.findIndex((board) => board.inbound && board.outbound.length > 0);
    boards[middle].die();
    time.run(90_000);
    const left = boards.filter((_, at) => at !== middle);
    expect(left.map((board) => board.statistic('island'))).toEqual([3, 3, 3]);
  });

  it('never reuse the counter of a note, whenever the power fails', async () => {
    const { boards, time } = await island(['bangle2', 'bangle2']);
    time.run(20_000);
    const counters: number[] = [];
    for (let life = 0; life < 3; life++) {
      boards[0].press();
      time.run(2000);
      counters.push(Number(text(boards[0].flash.read('hopn')!)));
      boards[0].restart();
      time.run(20_000);
    }
    expect(counters).toEqual([16, 32, 48]);
  });
});

describe('the console', () => {
  it('keeps the wire for a moment, and for good when the button is held', async () => {
    const { board, time } = await wired('esp32', []);
    board.boot();
    time.run(1000);
    expect(board.sent).toEqual([]);
    time.run(1000);
    expect(board.sent).not.toEqual([]);
    board.sent = [];
    board.isButtonDown = true;
    board.restart();
    time.run(5000);
    expect(board.sent).toEqual([]);
  });

  for (const [what, isHeld, isLocked] of [
    ['is locked on a provisioned board', false, true],
    ['stays open when the button is held at the start', true, false],
  ] as const) {
    it(what, async () => {
      const settings = settingsNamed('gate');
      settings[CONSOLE_LOCK] = Uint8Array.of(1);
      const { board } = await wired('esp32', settings);
      board.isButtonDown = isHeld;
      board.boot();
      expect(board.isConsoleLocked).toBe(isLocked);
      // Over the air it is offered too: to its admin, and to who stands before it.
      expect(board.servesConsole).toBe(true);
    });
  }

  it('is not offered on the air by a board that has no password to ask for', async () => {
    const { board } = await wired('esp32', settingsNamed('gate'));
    board.boot();
    expect([board.isConsoleLocked, board.servesConsole]).toEqual([false, false]);
  });

  it('opens to the password that the admin key gives', async () => {
    const settings = settingsNamed('gate');
    settings[CONSOLE_LOCK] = Uint8Array.of(1);
    settings[ADMIN_KEY] = new Uint8Array(32).fill(7);
    const { board } = await wired('esp32', settings);
    board.boot();
    expect(board.password).toBe(consolePassword(settings[ADMIN_KEY], pureCrypto.hmacSha256));
    expect(board.password).toHaveLength(20);
  });

  it('has no password that anybody knows without an admin key', async () => {
    const settings = settingsNamed('gate');
    settings[CONSOLE_LOCK] = Uint8Array.of(1);
    const passwords = new Set<string>();
    const { board } = await wired('esp32', settings);
    for (let start = 0; start < 3; start++) {
      board.restart();
      passwords.add(board.password);
    }
    expect(passwords.size).toBe(3);
  });

  it('gets the wire back when an admin asks for it, until the next start', async () => {
    const { board, heard, time } = await wired('esp32', []);
    board.boot();
    time.run(2000);
    expect(board.hasConsole).toBe(false);
    board.type(control(OPEN_CONSOLE, null));
    expect([board.hasConsole, statusesOf(heard())]).toEqual([true, [OK]]);
    time.run(60_000);
    expect(board.sent).toEqual([]);
    board.restart();
    time.run(2000);
    expect(board.hasConsole).toBe(false);
  });

  it('is open on a board that nobody has provisioned', async () => {
    const { board } = await wired('esp32', []);
    board.boot();
    expect(board.isConsoleLocked).toBe(false);
  });
});

describe('a board whose settings are damaged', () => {
  for (const places of [['hop0'], ['hop0', 'hop1']]) {
    it(`is open to nobody until its button is held: ${places.join(' and ')}`, async () => {
      const { board, heard, time } = await wired('esp32', []);
      for (const [at, place] of places.entries()) {
        board.flash.write(place, encodeSlot(settingsNamed('gate'), at + 1, crc32));
        board.flash.damage(place, 9);
      }
      board.boot();
      time.run(2000);
      expect(board.isConsoleLocked).toBe(true);
      heard();
      for (const operation of [READ_SETTINGS, STATISTICS, OPEN_CONSOLE]) {
        board.type(control(operation, null));
      }
      commitName(board, 'mine');
      expect(statusesOf(heard())).toEqual([LOCKED, LOCKED, LOCKED, LOCKED, LOCKED]);
      board.isButtonDown = true;
      board.restart();
      expect([board.isConsoleLocked, board.hasConsole]).toEqual([false, true]);
    });
  }

  it('goes on relaying', async () => {
    const { board, time } = await wired('xiao-ble', settingsNamed('gate'));
    board.flash.damage('hop0', 9);
    board.boot();
    time.run(2000);
    board.type(block(packet()));
    expect(board.statistic('delivered')).toBe(1);
  });

  it('uses the older set while that is whole', async () => {
    const { board, heard, time } = await wired('esp32', settingsNamed('gate'));
    board.flash.write('hop1', encodeSlot(settingsNamed('door'), 2, crc32));
    board.flash.damage('hop1', 9);
    board.boot();
    time.run(2000);
    const hello = decodeHello(payloadOf(heard()[0]));
    expect(typeof hello === 'string' ? hello : text(hello.name)).toBe('gate');
    expect(board.isConsoleLocked).toBe(false);
  });
});

describe('the double', () => {
  it('has flash that loses power in the middle of a file', () => {
    const flash = new Flash();
    flash.charge = 40;
    expect(() => flash.write('hop0', new Uint8Array(20))).toThrow(PowerCut);
    expect(flash.read('hop0')).toHaveLength(20);
    expect(flash.read('hop0')!.subarray(8)).toEqual(new Uint8Array(12).fill(0xff));
  });
});

const built = new Map<BoardName, Promise<Firmware>>();

function firmwareOf(name: BoardName): Promise<Firmware> {
  if (!built.has(name)) built.set(name, buildFirmware(name));
  return built.get(name)!;
}

async function codeOf(name: BoardName): Promise<string> {
  return (await firmwareOf(name)).code;
}

function flashWith(settings: Settings, generation: number): Flash {
  const flash = new Flash();
  flash.write('hop0', encodeSlot(settings, generation, crc32));
  return flash;
}

function settingsNamed(name: string): Settings {
  const settings: Settings = [];
  settings[NAME] = Buffer.from(name);
  return settings;
}

async function wired(name: BoardName, settings: Settings) {
  const time = new Time();
  const flash = settings.length > 0 ? flashWith(settings, 1) : new Flash();
  const board = new Board(await codeOf(name), BOARDS[name] as Kind, time, new Reach(), flash);
  const reader = new BlockReader(600, crc32, (size) => new Uint8Array(size));
  /** Packets it wrote since the last look. */
  const heard = (): Uint8Array[] => {
    const blocks = reader.feed(Uint8Array.from(board.sent));
    board.sent = [];
    expect(reader.drops).toEqual({});
    return blocks.filter(({ kind }) => kind === PACKET_BLOCK).map(({ body }) => body);
  };
  return { board, heard, time };
}

/** Provisioned boards with ids and a key for their notes, switched on a little apart. */
async function island(kinds: BoardName[]) {
  const time = new Time();
  const reach = new Reach();
  const boards: Board[] = [];
  for (const [at, kind] of kinds.entries()) {
    const settings: Settings = [];
    settings[NODE_ID] = id(at + 1);
    settings[NOTE_KEY] = new Uint8Array(32).fill(at);
    settings[TTL_MAX] = Uint8Array.of(7);
    const flash = flashWith(settings, 1);
    const board = new Board(await codeOf(kind), BOARDS[kind] as Kind, time, reach, flash);
    boards.push(board);
    board.boot();
    time.run(150);
  }
  return { boards, time };
}

function linksOf(boards: Board[]): number {
  return boards.reduce((sum, board) => sum + board.outbound.length, 0);
}

/** The packets in all that a board has written. */
function packetsIn(sent: number[]): Uint8Array[] {
  const reader = new BlockReader(600, crc32, (size) => new Uint8Array(size));
  const blocks = reader.feed(Uint8Array.from(sent));
  return blocks.filter(({ kind }) => kind === PACKET_BLOCK).map(({ body }) => body);
}

function block(frame: Uint8Array): Uint8Array {
  return encodeBlock(PACKET_BLOCK, frame, crc32);
}

function control(operation: number, argument: Uint8Array | null): Uint8Array {
  const fields: Fields = [];
  fields[REQUEST_ID] = bigEndian(7, 2);
  fields[OPERATION] = bigEndian(operation, 1);
  fields[ARGUMENT] = argument;
  return block(encodePacket(plainPacket(CONTROL, 0, 0, id(9), encodeFields(fields, 2))));
}

function commitName(board: Board, name: string): void {
  board.type(control(STAGE, encodeFields(settingsNamed(name), 2)));
  board.type(control(COMMIT, null));
}

function statusesOf(frames: Uint8Array[]): number[] {
  return frames
    .filter((frame) => frame[1] === CONTROL)
    .map((frame) => readFields(payloadOf(frame), 2, [])![STATUS]![0]);
}

function payloadOf(frame: Uint8Array): Uint8Array {
  const view = new PacketView();
  expect(view.read(frame, 1000)).toBeNull();
  return frame.subarray(view.payloadAt, view.payloadAt + view.payloadLength);
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
