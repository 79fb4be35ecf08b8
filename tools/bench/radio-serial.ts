/**
 * Packets in blocks over a pseudo-terminal, through the tether and a link, beside the same packets as
 * bare bytes through serialport alone. Both come back from the same echo, in the same process; a
 * round of one follows a round of the other, and the best of each counts.
 */
import { SerialPort } from 'serialport';
import { systemClock } from '../../device/pi/clock.ts';
import { Tether } from '../../device/pi/tether.ts';
import { crc32 } from '../../protocol/core/crc32.ts';
import { RELAY } from '../../protocol/core/hello.ts';
import type { LinkInput } from '../../protocol/core/link.ts';
import { Link } from '../../protocol/core/link.ts';
import type { Tick } from '../../protocol/core/machine.ts';
import { TICK } from '../../protocol/core/machine.ts';
import { encodePacket, ID_SIZE, MESSAGE, plainPacket } from '../../protocol/core/packet.ts';
import { OUR_VERSION } from '../../protocol/core/version.ts';
import { HoplineError } from '../../protocol/errors.ts';
import { seededRandom } from '../simulate/random.ts';
import { cable, hasSocat } from './cable.ts';
import type { Result } from './report.ts';

/** A packet of 200 bytes is a line of chat with its signature. */
const PACKET_SIZE = 200;
const ROUNDS = 5;
const BAUD = 115_200;
const FRAME_MAX = 512;

/** Packets that are out at a time, and how many make a round. */
type Load = { window: number; packets: number };
/** Each packet waits for the echo of the one before. */
const ECHO: Load = { window: 1, packets: 1000 };
/** As many as the echo takes without a jam. */
const STREAM: Load = { window: 64, packets: 5000 };

/** Sends a packet to the echo. `back` tells how many bytes of packets have come from it. */
type Way = { send(packet: Uint8Array): void; close(): Promise<void> };
type Open = (path: string, back: (bytes: number) => void) => Promise<Way>;

export async function serialRatio(seed: number): Promise<Result[]> {
  if (!hasSocat()) {
    throw new HoplineError('USAGE', 'this area needs the program socat; install it first');
  }
  const random = seededRandom(seed);
  const packet = plainPacket(MESSAGE, 7, 1, new Uint8Array(ID_SIZE), new Uint8Array(0));
  const headerSize = encodePacket(packet).length;
  packet.payload = Uint8Array.from({ length: PACKET_SIZE - headerSize }, () => random(256));
  const bytes = encodePacket(packet);
  // What comes out of the far end goes in again there.
  const line = await cable(() => 'EXEC:cat');
  try {
    const echo = await compare(line.near, bytes, ECHO);
    const stream = await compare(line.near, bytes, STREAM);
    return [
      { name: 'serial.ratio', value: echo.ours / echo.bare, unit: 'of bare echoes', baseline: 0.8 },
      { name: 'serial.echoes_per_s', value: echo.ours, unit: '/s', baseline: echo.bare },
      { name: 'serial.packets_per_s', value: stream.ours, unit: '/s', baseline: stream.bare },
    ];
  } finally {
    await line.pull();
  }
}

/** Packets a second, of the best round each. */
async function compare(
  path: string,
  packet: Uint8Array,
  load: Load,
): Promise<{ ours: number; bare: number }> {
  let ours = 0;
  let bare = 0;
  for (let round = 0; round < ROUNDS; round++) {
    bare = Math.max(bare, await rate(openBare, path, packet, load));
    ours = Math.max(ours, await rate(openTether, path, packet, load));
  }
  return { ours, bare };
}

async function rate(
  open: Open,
  path: string,
  packet: Uint8Array,
  { window, packets }: Load,
): Promise<number> {
  let sent = 0;
  let backBytes = 0;
  let began = 0;
  let way: Way | null = null;
  const seconds = await new Promise<number>((resolve, reject) => {
    const pump = (): void => {
      const back = Math.floor(backBytes / packet.length);
      while (sent < packets && sent - back < window) {
        sent++;
        way!.send(packet);
      }
      if (back === packets) resolve((performance.now() - began) / 1000);
    };
    open(path, (bytes) => {
      backBytes += bytes;
      pump();
    }).then((opened) => {
      way = opened;
      began = performance.now();
      pump();
    }, reject);
  });
  await way!.close();
  return packets / seconds;
}

async function openBare(path: string, back: (bytes: number) => void): Promise<Way> {
  const port = new SerialPort({ path, baudRate: BAUD, autoOpen: false });
  await new Promise<void>((resolve, reject) => {
    port.open((failure) => (failure ? reject(failure) : resolve()));
  });
  port.on('data', (bytes: Buffer) => back(bytes.length));
  return {
    send: (packet) => void port.write(packet),
    close: () => new Promise((resolve) => port.close(() => resolve())),
  };
}

/** The echo says our own hello to us, so the link settles with itself. */
function openTether(path: string, back: (bytes: number) => void): Promise<Way> {
  const clock = systemClock();
  const link = linkOf(clock.now());
  const random = seededRandom(1);
  const id = new Uint8Array(ID_SIZE);
  return new Promise((resolve) => {
    const feed = (input: LinkInput | Tick): void => {
      for (const output of link.step(input, clock.now())) {
        if (output.kind === 'write') tether.write(output.bytes);
        if (output.kind === 'heard') back(output.bytes.length);
        if (output.kind === 'settled' && output.isFirst) resolve(way);
      }
    };
    const tether = new Tether(
      { path, baud: BAUD, id, frameMax: FRAME_MAX, random, powerCycle: null },
      {
        up: () => feed(TICK),
        received: (bytes) => feed({ kind: 'received', bytes }),
        sent: () => feed({ kind: 'sent' }),
        down() {},
        report() {},
      },
    );
    const way: Way = {
      send: (bytes) => feed({ kind: 'send', bytes, priority: 1 }),
      close: () => tether.close(),
    };
  });
}

function linkOf(now: number): Link {
  const none = new Uint8Array(0);
  const hello = {
    version: OUR_VERSION,
    role: RELAY,
    features: 0,
    frameMax: FRAME_MAX,
    name: none,
    unixMs: null,
    board: none,
    token: none,
  };
  const { window } = STREAM;
  const limits = { window: 32, packetsMax: window, bytesMax: window * FRAME_MAX };
  const id = new Uint8Array(ID_SIZE);
  return new Link({ id, payloadMax: 0, frameMax: FRAME_MAX, crc: crc32, ...limits }, hello, now);
}
