/**
 * Hop: a process with a radio and the core's Link on every link. What comes in by one of two links
 * goes out by the other; who has one link only sends and takes numbered packets, at most WINDOW of
 * them ahead of the other end's word, since a chain of links has no credit of its own.
 *
 *   payload  | kind 1 | number u32 | when it was sent, ms f64 | filling |
 */
import process from 'node:process';
import { openBluetooth } from '../../device/pi/bluetooth.ts';
import type { Radio, RadioEvent } from '../../device/pi/radio.ts';
import { crc32 } from '../../protocol/core/crc32.ts';
import { RELAY } from '../../protocol/core/hello.ts';
import { Link } from '../../protocol/core/link.ts';
import type { LinkInput } from '../../protocol/core/link.ts';
import { TICK } from '../../protocol/core/machine.ts';
import { encodePacket, PacketView, plainPacket } from '../../protocol/core/packet.ts';
import { MESH, OUR_VERSION } from '../../protocol/core/version.ts';

/** Of a type that no link takes for its own. */
const TYPE = 0x02;
const DATA = 1;
const ACK = 2;
const WINDOW = 32;
const ACK_EVERY = 16;
const HEAD = 13;
const FRAME_MAX = 4096;

type Told =
  | { kind: 'open'; id: number }
  | { kind: 'dial'; address: string }
  | { kind: 'send'; count: number; size: number }
  | { kind: 'expect'; count: number };

let radio: Radio;
let id: Uint8Array = new Uint8Array(8);
let wanted = '';
const links = new Map<number, Link>();
const packet = new PacketView();

let toSend = { count: 0, size: 0 };
let sent = 0;
let acknowledged = 0;
let began = 0;
let expected = 0;
let received = 0;
let wrong = 0;
let latencies: number[] = [];
let first = 0;

const say = (message: object): void => void process.send!(message);
/** The same in every process of this machine. */
const now = (): number => performance.timeOrigin + performance.now();

process.on('message', async (told: Told) => {
  switch (told.kind) {
    case 'open':
      id = new Uint8Array(8).fill(told.id);
      radio = await openBluetooth(
        { adapter: null, name: 'hop', adapters: process.env['VIRTUAL_ADAPTERS']! },
        hear,
      );
      radio.advertise({ bytes: advertised(), isConnectable: true, isForPhones: true, name: '' });
      setInterval(() => {
        for (const number of links.keys()) step(number, TICK);
      }, 100);
      say({ kind: 'open' });
      break;
    case 'dial':
      wanted = told.address;
      radio.scan(true);
      break;
    case 'send':
      toSend = told;
      sent = 0;
      acknowledged = 0;
      began = now();
      pump();
      break;
    case 'expect':
      expected = told.count;
      received = 0;
      wrong = 0;
      latencies = [];
      say({ kind: 'expecting' });
      break;
  }
});

function hear(event: RadioEvent): void {
  switch (event.kind) {
    case 'sighted':
      if (event.address !== wanted || links.has(1)) return;
      wanted = '';
      radio.scan(false);
      return radio.connect(1, event.address, 'node');
    case 'opened':
      links.set(event.link, linkOf(event.payloadMax));
      return step(event.link, TICK);
    case 'closed':
      links.delete(event.link);
      return say({ kind: 'closed', link: event.link, why: event.why });
    case 'received':
    case 'sent':
      return step(event.link, event);
    case 'drop':
      return say({ kind: 'drop', reason: event.reason });
  }
}

function step(number: number, input: LinkInput | typeof TICK): void {
  const outputs = links.get(number)?.step(input, performance.now()) ?? [];
  for (const output of outputs) {
    if (output.kind === 'write') radio.write(number, output.bytes);
    if (output.kind === 'heard') pass(number, output.bytes);
    if (output.kind === 'drop') say({ kind: 'drop', reason: output.reason });
    if (output.kind === 'settled' && output.isFirst) say({ kind: 'linked', mode: output.mode });
  }
}

function pass(from: number, bytes: Uint8Array): void {
  const other = [...links.keys()].find((number) => number !== from);
  if (other === undefined) take(from, bytes);
  else step(other, { kind: 'send', bytes, priority: 1 });
}

function take(from: number, bytes: Uint8Array): void {
  if (packet.read(bytes, FRAME_MAX) !== null) wrong++;
  const view = new DataView(bytes.buffer, bytes.byteOffset + packet.payloadAt);
  const number = view.getUint32(1);
  if (view.getUint8(0) === ACK) {
    acknowledged = number;
    if (acknowledged === toSend.count) say({ kind: 'done', ms: now() - began });
    return pump();
  }
  if (received === 0) first = now();
  if (number !== received) wrong++;
  received++;
  latencies.push(now() - view.getFloat64(5));
  if (received % ACK_EVERY === 0 || received === expected) put(from, ACK, received, HEAD);
  if (received === expected) say({ kind: 'received', wrong, latencies, ms: now() - first });
}

function pump(): void {
  const [number] = links.keys();
  while (sent < toSend.count && sent - acknowledged < WINDOW) {
    put(number, DATA, sent++, toSend.size);
  }
}

function put(link: number, kind: number, number: number, size: number): void {
  const payload = new Uint8Array(size);
  const view = new DataView(payload.buffer);
  view.setUint8(0, kind);
  view.setUint32(1, number);
  view.setFloat64(5, now());
  const bytes = encodePacket(plainPacket(TYPE, 7, 0, id, payload));
  step(link, { kind: 'send', bytes, priority: 1 });
}

function linkOf(payloadMax: number): Link {
  const hello = {
    version: OUR_VERSION,
    role: RELAY,
    features: MESH,
    frameMax: FRAME_MAX,
    name: new Uint8Array(0),
    unixMs: null,
    board: new Uint8Array(0),
    token: new Uint8Array(0),
    mesh: new Uint8Array(0),
  };
  return new Link(
    {
      id,
      // One byte of each write is the segment's own.
      payloadMax: payloadMax - 1,
      frameMax: FRAME_MAX,
      window: 16,
      packetsMax: 256,
      bytesMax: 256 * 1024,
      crc: crc32,
    },
    hello,
    performance.now(),
  );
}

function advertised(): Uint8Array {
  const bytes = new Uint8Array(20);
  bytes.set([0x48, 0x4c, 0x31, ...id, ...id, 1]);
  return bytes;
}
