/**
 * Guards around bleno 0.6.2, as those around noble: each function is something that its code does
 * and ours cannot live with.
 */
import type { EventEmitter } from 'node:events';
import type Bleno from '@abandonware/bleno';
import { creditOf, packetsOf } from './ble-credit.ts';
import type { Credit } from './ble-credit.ts';
import type { Polling } from './noble-guards.ts';
import { bindAgain, MTU_MAX, noticeDeath, stopPolling } from './noble-guards.ts';

/** What of bleno is used beside its documented face. */
export type BlenoInternals = typeof Bleno & { _bindings: Bindings };

type Bindings = EventEmitter & {
  _hci: Hci;
  _gap: { restartAdvertising(): void };
  _gatt: { maxMtu: number; _mtu: number };
  _handle: number | null;
  _aclStream: EventEmitter & { write(channel: number, value: Buffer): void };
  onSigIntBinded: () => void;
  onExit(): void;
};

type Hci = Polling & {
  _deviceId: number;
  _aclMtu: number;
  _aclMaxInProgress: number;
  _mainHandle: number | null;
  _handleAclsInProgress: Record<number, number>;
  initDev(): void;
  onSocketData(packet: Buffer): void;
  disconnect(handle: number): void;
  setAdvertiseEnable(isOn: boolean): void;
  processLeConnComplete(status: number, data: Buffer): void;
  processLeReadBufferSize(result: Buffer): void;
  queueAclDataPkt(handle: number, channel: number, value: Buffer): void;
};

const GUARDS = {
  /** It takes connections that noble made, and those that failed, for its own. */
  'bleno-foreign-links'({ _hci: hci }) {
    const { processLeConnComplete } = hci;
    hci.processLeConnComplete = function (status, data) {
      const isInbound = status === 0 && data[2] === 1;
      if (isInbound) processLeConnComplete.call(this, status, data);
    };
  },

  /** A second central silently takes the place of the first. */
  'bleno-one-central'({ _hci: hci, _gap: gap }) {
    const { processLeConnComplete } = hci;
    hci.processLeConnComplete = function (status, data) {
      if (this._mainHandle !== null && status === 0 && data[2] === 1) {
        this.disconnect(data.readUInt16LE(0));
      } else processLeConnComplete.call(this, status, data);
    };
    // Whoever advertises decides anew when a central has left.
    gap.restartAdvertising = () => {};
  },

  /** One notification after the end leaves its count of packets no number, and it sends no more. */
  'bleno-late-packets'({ _hci: hci }) {
    const { queueAclDataPkt } = hci;
    hci.queueAclDataPkt = function (handle, channel, value) {
      if (handle in this._handleAclsInProgress) queueAclDataPkt.call(this, handle, channel, value);
    };
  },

  /** It takes all buffers of the controller for its own, of which noble does too. */
  'bleno-buffers'({ _hci: hci }) {
    const { processLeReadBufferSize } = hci;
    hci.processLeReadBufferSize = function (result) {
      processLeReadBufferSize.call(this, result);
      this._aclMaxInProgress = Math.max(1, Math.floor(this._aclMaxInProgress / 2));
    };
  },

  /** It grants an MTU of 256 at most. */
  'bleno-mtu'({ _gatt: gatt }) {
    gatt.maxMtu = MTU_MAX;
  },

  /** Its socket is dead once the adapter has vanished, and it goes on writing to that. */
  'bleno-socket'({ _hci: hci }) {
    noticeDeath(hci);
    const { initDev } = hci;
    hci.initDev = function () {
      bindAgain(this._socket, this._deviceId);
      initDev.call(this);
    };
  },
} satisfies Record<string, (bindings: Bindings) => void>;

/** Before bleno is listened to, which starts it. `without` is for tests. */
export function guardBleno(
  { _bindings: bindings }: BlenoInternals,
  credit: Credit,
  without: readonly string[],
): void {
  for (const [name, guard] of Object.entries(GUARDS)) {
    if (!without.includes(name)) guard(bindings);
  }
  count(bindings._hci, credit);
}

/** Sees what goes to the controller, and what it says it has finished with. */
function count(hci: Hci, credit: Credit): void {
  const { queueAclDataPkt, onSocketData } = hci;
  hci.queueAclDataPkt = function (handle, channel, value) {
    if (handle in this._handleAclsInProgress) {
      credit.queue(handle, packetsOf(value, this._aclMtu));
    }
    queueAclDataPkt.call(this, handle, channel, value);
  };
  hci.onSocketData = function (packet) {
    onSocketData.call(this, packet);
    for (const { handle, packets } of creditOf(packet)) credit.finish(handle, packets);
  };
}

const COMMAND = 0x01;
const SET_ADVERTISING_PARAMETERS = 0x2006;
/** All three channels. */
const CHANNELS = 0x07;
const CONNECTABLE = 0x00;
const SCANNABLE = 0x02;

/** Its own knows connectable advertising only. To be sent while there is none. */
export function setAdvertisingParameters(
  { _bindings: { _hci: hci } }: BlenoInternals,
  isConnectable: boolean,
  intervalMs: number,
): void {
  const command = Buffer.alloc(19);
  const interval = Math.round(intervalMs / 0.625);
  command[0] = COMMAND;
  command.writeUInt16LE(SET_ADVERTISING_PARAMETERS, 1);
  command[3] = command.length - 4;
  command.writeUInt16LE(interval, 4);
  command.writeUInt16LE(interval, 6);
  command[8] = isConnectable ? CONNECTABLE : SCANNABLE;
  command[17] = CHANNELS;
  hci._socket.write(command);
}

/** bleno looks for its adapter for ever; after this it does not, and lets the process end. */
export function stopBleno({ _bindings: bindings }: BlenoInternals): void {
  stopPolling(bindings._hci);
}
