/**
 * Guards around noble 1.9.2: what its code does that ours cannot live with, and how it is kept from
 * it at run time. Each is one function of what noble is made of; nothing of noble is copied or
 * changed on disk. A test takes one away and shows what then happens.
 */
import { createRequire } from 'node:module';
import type { EventEmitter } from 'node:events';
import type { Peripheral } from '@abandonware/noble';
import { recognise } from './ble-advertisement.ts';
import type { Heard } from './ble-advertisement.ts';
import { creditOf, packetsOf } from './ble-credit.ts';
import type { Credit } from './ble-credit.ts';

/** What of noble is used beside its documented face. */
export type Noble = EventEmitter & {
  state: string;
  startScanningAsync(services: string[], allowDuplicates: boolean): Promise<void>;
  stopScanningAsync(): Promise<void>;
  _bindings: Bindings;
  _peripherals: Record<string, Peripheral>;
  _services: Record<string, unknown>;
  _characteristics: Record<string, unknown>;
  _descriptors: Record<string, unknown>;
  _discoveredPeripheralUUids: Record<string, unknown>;
};

type Bindings = EventEmitter & {
  _hci: Hci;
  _gap: { _discoveries: Record<string, { advertisement: Heard }> };
  /** Handles by peripheral, and peripherals by handle. */
  _handles: Record<string, number | string>;
  _addresses: Record<string, string>;
  _addresseTypes: Record<string, string>;
  _connectable: Record<string, unknown>;
  scannable: Record<string, unknown>;
  _aclStreams: Record<string, unknown>;
  _pendingConnectionUuid: string | null;
  _connectionQueue: unknown[];
  onSigIntBinded: () => void;
  onDisconnComplete(handle: number, reason: number): void;
  onExit(): void;
};

type Hci = Polling & {
  _bound: boolean;
  _deviceId: number | undefined;
  _aclBuffers: { length: number; num: number } | undefined;
  _aclConnections: Map<number, unknown>;
  _aclQueue: unknown[];
  _handleBuffers: Record<string, unknown>;
  init(): void;
  onSocketData(packet: Buffer): void;
  setAclBuffers(length: number, count: number): void;
  writeAclDataPkt(handle: number, channel: number, value: Buffer): Promise<void>;
};

export type HciSocket = EventEmitter & {
  bindRaw(device?: number): number;
  isDevUp(): boolean;
  start(): void;
  stop(): void;
  write(packet: Buffer): void;
};

/** Addresses remembered of what is ours and of what is not; those heard longest ago go. */
const HEARD_MAX = 256;
/** The largest MTU of Android, and enough for a value of 512 bytes. */
export const MTU_MAX = 517;
/** How a connection ended that nobody said a word about. */
const UNKNOWN_REASON = 0x1f;

const GUARDS = {
  /** It asks for an MTU of 256, into which no packet of 256 bytes and no fragment goes whole. */
  'noble-mtu'() {
    const load = createRequire(import.meta.url);
    const { prototype } = load('@abandonware/noble/lib/hci-socket/gatt.js') as {
      prototype: { _desired_mtu: number; exchangeMtu(): void };
    };
    const { exchangeMtu } = prototype;
    prototype.exchangeMtu = function () {
      this._desired_mtu = MTU_MAX;
      exchangeMtu.call(this);
    };
  },

  /** It takes all buffers of the controller for its own, of which bleno does too. */
  'noble-buffers'({ _bindings: { _hci: hci } }) {
    const { setAclBuffers } = hci;
    hci.setAclBuffers = (length, count) =>
      setAclBuffers(length, Math.max(1, Math.floor(count / 2)));
  },

  /** It remembers every address it ever heard. */
  'noble-memory'(noble) {
    const { _hci: hci, _gap: gap } = noble._bindings;
    const ours = new Set<string>();
    const others = new Set<string>();
    hci.on('leAdvertisingReport', (_status: number, _kind: number, address: string) => {
      const heard = gap._discoveries[address]?.advertisement;
      const isOurs = heard !== undefined && recognise(heard) !== null;
      if (isOurs) others.delete(address);
      const heardLately = isOurs ? ours : others;
      // The last of a set is who was heard last.
      heardLately.delete(address);
      heardLately.add(address);
      if (heardLately.size > HEARD_MAX) forgetOldest(noble, heardLately);
    });
  },

  /** A lost adapter leaves its connections behind, and the packets that waited for them. */
  'noble-power'({ _bindings: bindings }) {
    const { _hci: hci } = bindings;
    hci.on('stateChange', (state: string) => {
      if (state !== 'poweredOff') return;
      hci._aclQueue = [];
      hci._aclConnections.clear();
      hci._handleBuffers = {};
      bindings._connectionQueue = [];
      bindings._pendingConnectionUuid = null;
      for (const handle of Object.keys(bindings._aclStreams)) {
        bindings.onDisconnComplete(Number(handle), UNKNOWN_REASON);
      }
    });
  },

  /** Its socket is dead once the adapter has vanished, and it goes on writing to that. */
  'noble-socket'({ _bindings: { _hci: hci } }) {
    noticeDeath(hci);
    const { init } = hci;
    hci.init = function () {
      if (this._bound) bindAgain(this._socket, this._deviceId);
      init.call(this);
    };
  },

  /** It complains of every connection of bleno's that ends, on the console. */
  'noble-console'(noble) {
    const { _bindings: bindings } = noble;
    const { onDisconnComplete } = bindings;
    bindings.onDisconnComplete = function (handle, reason) {
      if (handle in this._aclStreams) onDisconnComplete.call(this, handle, reason);
    };
    noble.on('warning', () => {});
    noble.on('warning', () => {});
  },
} satisfies Record<string, (noble: Noble) => void>;

/** Before noble is listened to, which starts it. `without` is for tests. */
export function guardNoble(noble: Noble, credit: Credit, without: readonly string[]): void {
  for (const [name, guard] of Object.entries(GUARDS)) {
    if (!without.includes(name)) guard(noble);
  }
  count(noble._bindings._hci, credit);
}

/** Sees what goes to the controller, and what it says it has finished with. */
function count(hci: Hci, credit: Credit): void {
  const { writeAclDataPkt, onSocketData } = hci;
  hci.writeAclDataPkt = function (handle, channel, value) {
    if (this._aclBuffers !== undefined && this._aclConnections.has(handle)) {
      credit.queue(handle, packetsOf(value, this._aclBuffers.length));
    }
    return writeAclDataPkt.call(this, handle, channel, value);
  };
  hci.onSocketData = function (packet) {
    onSocketData.call(this, packet);
    for (const { handle, packets } of creditOf(packet)) credit.finish(handle, packets);
  };
}

/** The first that has no connection; of those there are few. */
function forgetOldest(noble: Noble, addresses: Set<string>): void {
  const { _bindings: bindings } = noble;
  for (const address of addresses) {
    const id = address.replaceAll(':', '');
    if (id in bindings._handles || bindings._pendingConnectionUuid === id) continue;
    addresses.delete(address);
    delete bindings._gap._discoveries[address];
    for (const table of [
      bindings._addresses,
      bindings._addresseTypes,
      bindings._connectable,
      bindings.scannable,
      noble._peripherals,
      noble._services,
      noble._characteristics,
      noble._descriptors,
      noble._discoveredPeripheralUUids,
    ]) {
      delete table[id];
    }
    return;
  }
}

/** Looking once a second, the libraries miss an adapter that vanishes for less. */
export function noticeDeath(hci: Polling): void {
  const { onSocketError } = hci;
  hci.onSocketError = function (cause) {
    onSocketError.call(this, cause);
    if (!DEAD.includes(cause.code ?? '') || !this._isDevUp) return;
    this._isDevUp = false;
    this.emit('stateChange', 'poweredOff');
  };
}

/** What the system says of a socket that will never work again. */
const DEAD = ['EPIPE', 'ENODEV', 'EBADFD'];

/** A socket of an adapter that was only switched off is still bound, and the kernel says so. */
export function bindAgain(socket: HciSocket, device: number | undefined): void {
  try {
    socket.bindRaw(device);
    socket.start();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EALREADY') throw cause;
  }
}

/** noble looks for its adapter for ever; after this it does not, and lets the process end. */
export function stopNoble({ _bindings: bindings }: Noble): void {
  bindings.onExit = () => {};
  stopPolling(bindings._hci);
}

export type Polling = EventEmitter & {
  _socket: HciSocket;
  _isDevUp: boolean | null;
  pollIsDevUp(): void;
  onSocketError(cause: NodeJS.ErrnoException): void;
};

export function stopPolling(hci: Polling): void {
  hci.pollIsDevUp = () => {};
  // One look is still to come.
  hci._socket.isDevUp = () => hci._isDevUp ?? false;
  hci._socket.stop();
}
