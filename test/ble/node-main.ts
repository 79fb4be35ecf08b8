/**
 * Node: a small node on a radio of its own, as it runs on a board: the core's Node, settings that
 * outlast a start, and nobody's keys. SETTINGS are its settings in hex.
 */
import { createHmac, randomBytes, randomInt } from 'node:crypto';
import process from 'node:process';
import { systemClock } from '../../device/pi/clock.ts';
import { openBluetooth } from '../../device/pi/bluetooth.ts';
import { crc32 } from '../../protocol/core/crc32.ts';
import { Driver } from '../../protocol/core/driver.ts';
import type { NodeInput, NodeOutput } from '../../protocol/core/node.ts';
import { Node } from '../../protocol/core/node.ts';
import { changeSettings, chooseSlot, encodeSlot } from '../../protocol/core/settings.ts';
import { NODE_ID } from '../../protocol/core/settings-table.ts';

/** A byte for the header of a segment. */
const HEADER = 1;
const REBOOT_MS = 500;

const say = (message: object): void => void process.send!(message);
const given = changeSettings([], Buffer.from(process.env['SETTINGS']!, 'hex'))!.settings;
const places = [encodeSlot(given, 1, crc32), new Uint8Array(0)];
const adapters = process.env['VIRTUAL_ADAPTERS']!;
const radio = await openBluetooth({ adapter: null, name: '', adapters }, (event) => {
  switch (event.kind) {
    case 'opened':
      feed({ kind: 'opened', link: event.link, payloadMax: event.payloadMax - HEADER });
      break;
    case 'received':
    case 'sent':
    case 'closed':
    case 'sighted':
      feed(event);
  }
});
let driver: Driver<NodeInput, NodeOutput>;
start();

function start(): void {
  const slot = chooseSlot(places, crc32);
  const { settings } = changeSettings([], slot.fields)!;
  const draw = (): Uint8Array => new Uint8Array(randomBytes(16));
  const config = {
    id: settings[NODE_ID] ?? draw().subarray(0, 8),
    board: 'test',
    outMax: 2,
    wires: 0,
    frameMax: 512,
    seenMax: 64,
    waitingMax: 8,
    senderSets: 4,
    window: 16,
    packetsMax: 16,
    bytesMax: 4096,
    announcesMax: 2,
    counter: 0,
  };
  const hash = (bytes: Uint8Array, length: number, out: Uint32Array): void => {
    out[0] = crc32(bytes.subarray(0, length));
    out[1] = length;
  };
  const hmac = (key: Uint8Array, bytes: Uint8Array): Uint8Array =>
    new Uint8Array(createHmac('sha256', key).update(bytes).digest());
  const ports = { random: randomInt, hash, crc: crc32, hmac, draw };
  const clock = systemClock();
  const node = new Node(config, settings, slot, ports, clock.now());
  driver = new Driver(node, clock, {
    commit(stores) {
      for (const store of stores) {
        if (store.kind === 'store') places[store.slot] = store.bytes;
      }
    },
    perform,
    halted: (cause) => {
      throw cause;
    },
  });
  driver.feed({ kind: 'battery', percent: 100 });
  say({ kind: 'started' });
}

function feed(input: NodeInput): void {
  driver?.feed(input);
}

function perform(output: NodeOutput): void {
  switch (output.kind) {
    case 'write':
      return radio.write(output.link, output.bytes);
    case 'connect':
      return radio.connect(output.link, output.address, 'node');
    case 'disconnect':
      return radio.disconnect(output.link);
    case 'advertise':
      return radio.advertise({
        bytes: output.bytes,
        isConnectable: output.connectable,
        isForPhones: false,
        name: '',
      });
    case 'scan':
      return radio.scan(output.on);
    case 'identify':
      return say({ kind: 'identify' });
    case 'reboot':
      setTimeout(() => {
        radio.disconnect(0);
        start();
      }, REBOOT_MS);
  }
}
