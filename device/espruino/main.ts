/**
 * Main: a board's whole program. It reads the settings, builds one node, and performs what it says;
 * whatever breaks a law of the node ends in a restart, and flash holds what must survive that.
 */
import { OPEN_CONSOLE } from '../../protocol/core/control-codes.ts';
import { Driver } from '../../protocol/core/driver.ts';
import { NOTES, WIRES } from '../../protocol/core/features.ts';
import type { NodeConfig, NodeInput, NodeOutput } from '../../protocol/core/node.ts';
import { COUNTER_PLACE, Node } from '../../protocol/core/node.ts';
import type { Settings } from '../../protocol/core/settings.ts';
import { changeSettings, chooseSlot, numberSetting } from '../../protocol/core/settings.ts';
import {
  ADMIN_KEY,
  CONSOLE_LOCK,
  NODE_ID,
  TRANSMIT_POWER,
} from '../../protocol/core/settings-table.ts';
import { advertise, connect, disconnect, scan, startRadio, write } from './ble.ts';
import {
  ANNOUNCES_KEPT,
  BOARD,
  FRAME_MAX,
  HAS_BLE,
  OUT_MAX,
  QUEUE_BYTES,
  QUEUE_PACKETS,
  SEEN,
  SENDER_SETS,
  WAITING,
  WINDOW,
  WIRE_COUNT,
  WIRE_KIND,
} from './board.ts';
import { clock, setUnixMs } from './clock.ts';
import { readPlace, writePlace } from './flash.ts';
import { draw, hash, hmac } from './hash.ts';
import type { Wire } from './serial.ts';
import { openWire } from './serial.ts';

const WATCHDOG_S = 30;
const BATTERY_MS = 60000;
/** Until what was written has left. */
const REBOOT_MS = 500;
/** The console has the wire for so long after a start, for whoever wants to flash the board anew. */
const CONSOLE_MS = 1500;
const BLINKS_MS = [200, 200, 200, 200, 200, 200, 200];
const BUTTON = [0x62, 0x75, 0x74, 0x74, 0x6f, 0x6e];

const wires: (Wire | null)[] = [];

function crc(bytes: Uint8Array): number {
  return E.CRC32(bytes) >>> 0;
}

function reboot(): void {
  E.reboot();
}

const isHeld = typeof BTN1 !== 'undefined' && digitalRead(BTN1) === 1;

/**
 * A provisioned board gives a shell to its admin only, who knows the password (WIRE §21), unless its
 * button was held when it started.
 */
function lockConsole(settings: Settings): void {
  if (isHeld || numberSetting(settings, CONSOLE_LOCK) !== 1) return;
  const key = settings[ADMIN_KEY];
  // Without a key it is one that nobody knows.
  const secret = key && hmac !== null ? hmac(key, new Uint8Array([OPEN_CONSOLE])) : draw();
  E.setPassword(btoa(secret.subarray(0, 15)));
  E.lockConsole();
}

function store(output: NodeOutput): void {
  if (output.kind === 'store') writePlace(output.slot, output.bytes);
}

function perform(output: NodeOutput): void {
  switch (output.kind) {
    case 'write': {
      const wire = WIRES ? wires[output.link - 1 - OUT_MAX] : null;
      if (wire) {
        wire.write(output.bytes);
        driver.feed({ kind: 'sent', link: output.link });
      } else if (HAS_BLE) write(output.link, output.bytes);
      break;
    }
    case 'connect':
      if (HAS_BLE) connect(output.link, output.address);
      break;
    case 'disconnect':
      if (HAS_BLE) disconnect(output.link);
      break;
    case 'advertise':
      if (HAS_BLE) advertise(output.bytes, output.connectable, node.advertiseMs);
      break;
    case 'scan':
      if (HAS_BLE) scan(output.on);
      break;
    case 'settings':
      apply(output.settings);
      break;
    case 'clock':
      setUnixMs(output.unixMs);
      break;
    case 'identify':
      if (typeof LED1 !== 'undefined') digitalPulse(LED1, true, BLINKS_MS);
      break;
    case 'reboot':
      setTimeout(reboot, REBOOT_MS);
      break;
    case 'console': {
      const wire = !WIRES ? null : wires[output.link - 1 - OUT_MAX];
      if (!wire) break;
      driver.feed({ kind: 'closed', link: output.link });
      wire.toConsole();
      break;
    }
    default:
      break;
  }
}

function apply(settings: Settings): void {
  if (HAS_BLE) NRF.setTxPower(numberSetting(settings, TRANSMIT_POWER) - 40);
  lockConsole(settings);
}

function openWires(): void {
  for (let i = 0; i < WIRE_COUNT; i++) {
    const link = 1 + OUT_MAX + i;
    const received = (bytes: Uint8Array): void =>
      void driver.feed({ kind: 'received', link: link, bytes: bytes });
    const wire = openWire(i, received);
    wires.push(wire);
    if (wire !== null) driver.feed({ kind: 'opened', link: link, payloadMax: 0 });
  }
}

const slot = chooseSlot([readPlace(0), readPlace(1)], crc);
const read = changeSettings([], slot.fields);
const settings: Settings = read === null ? [] : read.settings;
if (slot.isLost && !isHeld) {
  // Open to nobody, until its button is held: keys that nobody knows.
  settings[ADMIN_KEY] = draw();
  settings[CONSOLE_LOCK] = new Uint8Array([1]);
}
let counter = 0;
if (NOTES) {
  const digits = readPlace(COUNTER_PLACE);
  for (let i = 0; i < digits.length; i++) counter = counter * 10 + digits[i] - 48;
}

const config: NodeConfig = {
  // Without provisioning a node is another at every start.
  id: settings[NODE_ID] || draw().subarray(0, 8),
  board: BOARD,
  outMax: OUT_MAX,
  wires: WIRE_COUNT,
  frameMax: FRAME_MAX,
  seenMax: SEEN,
  waitingMax: WAITING,
  senderSets: SENDER_SETS,
  window: WINDOW,
  packetsMax: QUEUE_PACKETS,
  bytesMax: QUEUE_BYTES,
  announcesMax: ANNOUNCES_KEPT,
  counter: counter,
};
const ports = {
  random: (below: number) => Math.floor(((E.hwRand() >>> 0) / 4294967296) * below),
  hash: hash,
  crc: crc,
  hmac: hmac,
  draw: draw,
};
const node = new Node(config, settings, slot, ports, clock.now());
const driver: Driver<NodeInput, NodeOutput> = new Driver(node, clock, {
  commit(stores) {
    for (let i = 0; i < stores.length; i++) store(stores[i]);
  },
  perform: perform,
  halted: reboot,
});

hopline = { statistics: () => node.statistics() };
if (NOTES) {
  hopline.say = (text: string) => driver.feed({ kind: 'say', text: E.toUint8Array(text) });
}

E.enableWatchdog(WATCHDOG_S, true);
apply(settings);
// Over the air the console asks for a password, so there must be one.
if (HAS_BLE)
  startRadio((input) => driver.feed(input), isHeld || numberSetting(settings, CONSOLE_LOCK) === 1);
// Held down at the start, the button leaves the wire to the console.
if (WIRES && !isHeld) setTimeout(openWires, WIRE_KIND === 3 ? 1 : CONSOLE_MS);
if (NOTES && typeof BTN1 !== 'undefined') {
  const press = (): void => void driver.feed({ kind: 'say', text: new Uint8Array(BUTTON) });
  setWatch(press, BTN1, { repeat: true, edge: 'rising', debounce: 50 });
}
/** The first one starts the driver. */
function feedBattery(): void {
  driver.feed({ kind: 'battery', percent: E.getBattery ? E.getBattery() : 255 });
}
setInterval(feedBattery, BATTERY_MS);
feedBattery();
