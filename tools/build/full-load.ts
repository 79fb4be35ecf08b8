/**
 * Full load: what is done to a board to see how much memory it needs at most. Its radio takes every
 * write and never says that it has left, so windows and queues fill; it is linked to one node in and
 * to as many out as it can, an admin has staged settings, notes wait, and packets of 200 bytes come
 * from ever new senders.
 */
import { createHmac } from 'node:crypto';
import {
  ARGUMENT,
  CHALLENGE,
  MAC,
  OPERATION,
  REQUEST_ID,
  STAGE,
} from '../../protocol/core/control-codes.ts';
import { macInput } from '../../protocol/core/control.ts';
import { SIGHT_SIZE } from '../../protocol/core/connector.ts';
import { crc32 } from '../../protocol/core/crc32.ts';
import type { Fields } from '../../protocol/core/fields.ts';
import { bigEndian, encodeFields } from '../../protocol/core/fields.ts';
import { encodeHello } from '../../protocol/core/hello.ts';
import { CONTROL, encodePlain, HELLO, MESSAGE } from '../../protocol/core/packet.ts';
import { SegmentWriter } from '../../protocol/core/segments.ts';
import { ADMIN_KEY, NAME, NODE_ID, NOTE_KEY } from '../../protocol/core/settings-table.ts';
import { encodeSlot } from '../../protocol/core/settings.ts';
import { MESH, OUR_VERSION } from '../../protocol/core/version.ts';
import type { Board } from './boards.ts';

/** Milliseconds until a board has opened its wires, and links are up. */
const START_MS = 2000;
const LINKS_MS = 4000;
const PACKETS = 60;
/** Every byte that the board draws, so that its challenges are known. */
const DRAWN = 7;

/** Settings of a provisioned node: its slot in flash. */
export function loadedSlot(board: Board): Uint8Array {
  const settings: Fields = [];
  settings[NAME] = Buffer.from('sixteen letters!');
  settings[NODE_ID] = new Uint8Array(8).fill(1);
  if (board.hash === 'SHA256') {
    settings[ADMIN_KEY] = KEY;
    settings[NOTE_KEY] = KEY;
  }
  return encodeSlot(settings, 1, crc32);
}
const KEY = new Uint8Array(32).fill(9);

/** What is fed to its links: lines of one width, each the number of a link and base64. */
export function loadFeeds(board: Board): { text: string; count: number; width: number } {
  const feeds = [
    ...[...Array(1 + (board.linksOut ?? 0)).keys()].flatMap((link) =>
      segmentsOf(board, link, [hello(link)]),
    ),
    ...segmentsOf(board, 0, [request(CHALLENGE, null), request(STAGE, staged(board))], 1),
    ...segmentsOf(board, 0, [...Array(PACKETS).keys()].map(packet), 3),
  ];
  const width = Math.max(...feeds.map(({ length }) => length));
  return { text: feeds.map((feed) => feed.padEnd(width)).join(''), count: feeds.length, width };
}

/** What runs before the firmware: its radio and wire, and `own`, the memory they take. */
export function loadScript(board: Board): string {
  const { count, width } = loadFeeds(board);
  return `${RADIO}function fullLoad() {
  print('LOADED ' + (process.memory().usage - own));
  onRadio.connect();
  for (var t = 0; t < ${LINKS_MS}; t += 500) setTimeout(sight, t, t % 1000 ? 2 : 3);
  if (hopline.say) for (var n = 0; n < 4; n++) setTimeout(hopline.say, ${LINKS_MS}, 'help, and quickly');
  setTimeout(function() {
    for (var i = 0; i < ${count}; i++) {
      var feed = require('Storage').read('feeds', i * ${width}, ${width}).split(' ');
      if (into[feed[0]]) into[feed[0]](E.toUint8Array(atob(feed[1])).buffer);
      look();
    }
    E.dumpVariables();
    print('PEAK ' + most);
    setTimeout(quit, 1);
  }, ${LINKS_MS});
}
var own = process.memory().usage;
setTimeout(fullLoad, ${START_MS});
`;
}

const RADIO = `
var heard, onRadio = {}, into = [], most = 0, dialled = 0;
function look() { most = Math.max(most, process.memory().usage - own); }
function sight(id) {
  var b = new Uint8Array(${SIGHT_SIZE});
  b[0] = 0x48; b[1] = 0x4c; b[2] = 0x71; b.fill(id, 3, 19); b[19] = 1;
  if (heard) heard({ id: 'f0:00:00:00:00:0' + id, rssi: -60, manufacturer: 0xffff, manufacturerData: b.buffer });
}
var silent = { then: function() { return silent; }, catch: function() { return silent; } };
var NRF = {
  setServices: function(s) {
    for (var a in s) for (var b in s[a]) {
      var write = s[a][b].onWrite;
      into[0] = function(d) { write({ data: d }); };
    }
  },
  updateServices: look,
  setAdvertising: look,
  setScan: function(f) { if (f) heard = f; },
  setTxPower: look,
  setRSSIHandler: look,
  connect: function() {
    var link = ++dialled;
    return Promise.resolve({
      device: { on: look },
      setRSSIHandler: look,
      disconnect: function() { return silent; },
      getPrimaryService: function() {
        return Promise.resolve({ getCharacteristic: function() {
          return Promise.resolve({
            writeValue: function() { look(); return silent; },
            on: function(e, f) {
              into[link] = function(d) { f({ target: { value: { buffer: d } } }); };
            },
            startNotifications: function() { return Promise.resolve(); }
          });
        } });
      }
    });
  },
  disconnect: look,
  on: function(e, f) { onRadio[e] = f; }
};
var Serial1 = { setup: look, on: look, write: look };
E.setConsole = look;
E.hwRand = function() { return ${DRAWN}; };
E.reboot = function() { print('HALTED'); };
E.lockConsole = look;
E.setPassword = look;
`;

/** Each as the number of its link and base64; numbers of segments run on from \`from\`. */
function segmentsOf(board: Board, link: number, frames: Uint8Array[], from = 0): string[] {
  const writer = new SegmentWriter(board.mtu - 4);
  const found: string[] = [];
  let number = from;
  for (const frame of frames) {
    writer.begin(frame);
    for (let segment = writer.next(); segment !== null; segment = writer.next()) {
      segment[0] = (segment[0] & 0xc0) | (number++ & 0x3f);
      found.push(`${link} ${Buffer.from(segment).toString('base64')}`);
    }
  }
  return found;
}

function hello(link: number): Uint8Array {
  const payload = encodeHello({
    version: OUR_VERSION,
    role: 1,
    features: MESH,
    frameMax: 512,
    name: Buffer.from('neighbour'),
    unixMs: null,
    board: Buffer.from('puck'),
    token: new Uint8Array(0),
  });
  return encodePlain(HELLO, 0, 0, new Uint8Array(8).fill(link + 10), null, payload);
}

function request(operation: number, argument: Uint8Array | null): Uint8Array {
  const fields: Fields = [];
  fields[REQUEST_ID] = bigEndian(operation, 2);
  fields[OPERATION] = bigEndian(operation, 1);
  if (argument !== null) {
    fields[ARGUMENT] = argument;
    fields[MAC] = new Uint8Array(16);
  }
  const payload = encodeFields(fields, 2);
  if (argument !== null) {
    const covered = macInput(new Uint8Array(16).fill(DRAWN), payload);
    const mac = createHmac('sha256', KEY).update(covered).digest();
    payload.set(mac.subarray(0, 16), payload.length - 16);
  }
  return encodePlain(CONTROL, 0, 0, new Uint8Array(8).fill(10), null, payload);
}

function staged(board: Board): Uint8Array {
  const settings: Fields = [];
  settings[NAME] = Buffer.from(`a new name for ${board.mtu}`);
  return encodeFields(settings, 2);
}

function packet(at: number): Uint8Array {
  const sender = new Uint8Array(8).fill(100 + at);
  return encodePlain(MESSAGE, 7, 1000 + at, sender, null, new Uint8Array(200).fill(at));
}
