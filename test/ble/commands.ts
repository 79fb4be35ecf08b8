/**
 * Commands: what a controller does at the word of a host, one row each. A row returns what its
 * Command Complete says after the status, or answers with Command Status itself and returns null.
 */
import {
  addressBytes,
  addressText,
  event,
  EVENT_CODE,
  LE_EVENT,
  leEvent,
  octets,
  OPCODE,
  STATUS,
  words,
} from './hci.ts';
import type { LinkLayer } from './link-layer.ts';

/** A status other than OK, or what follows it. */
type Answer = Buffer | number | null;
type Row = (controller: LinkLayer, parameters: Buffer) => Answer;

const NOTHING = Buffer.alloc(0);
const ok: Row = () => NOTHING;

const ROWS: Record<number, Row> = {
  [OPCODE.SET_EVENT_MASK]: ok,
  [OPCODE.LE_SET_EVENT_MASK]: ok,
  [OPCODE.WRITE_LE_HOST_SUPPORTED]: ok,
  [OPCODE.READ_LE_HOST_SUPPORTED]: () => octets(1, 0),
  // Of no maker.
  [OPCODE.READ_LOCAL_VERSION]: ({ version }) => octets(version, 0, 0, version, 0xff, 0xff, 0, 0),
  [OPCODE.READ_LOCAL_COMMANDS]: () => Buffer.alloc(64),
  // All zeros: there are no other buffers than those for LE.
  [OPCODE.READ_BUFFER_SIZE]: () => Buffer.alloc(7),
  [OPCODE.READ_ADDRESS]: (controller) => addressBytes(controller.address),
  [OPCODE.LE_READ_BUFFER_SIZE]: ({ air: { options } }) =>
    Buffer.concat([words(options.aclLength), octets(options.aclCount)]),

  [OPCODE.RESET](controller) {
    controller.reset();
    return NOTHING;
  },

  [OPCODE.LE_SET_RANDOM_ADDRESS](controller, parameters) {
    controller.randomAddress = addressText(parameters.subarray(0, 6));
    return NOTHING;
  },

  [OPCODE.LE_SET_ADVERTISING_PARAMETERS](controller, parameters) {
    if (controller.advertising.isOn) return STATUS.DISALLOWED;
    // In steps of 0.625 ms, and never faster than the 20 ms of the book.
    controller.advertising.intervalMs = Math.max(20, parameters.readUInt16LE(0) * 0.625);
    controller.advertising.kind = parameters[4];
    controller.advertising.isRandom = parameters[5] === 1;
    return NOTHING;
  },

  [OPCODE.LE_SET_ADVERTISING_DATA](controller, parameters) {
    controller.data = Buffer.from(parameters.subarray(1, 1 + parameters[0]));
    return NOTHING;
  },

  [OPCODE.LE_SET_SCAN_RESPONSE](controller, parameters) {
    controller.response = Buffer.from(parameters.subarray(1, 1 + parameters[0]));
    return NOTHING;
  },

  [OPCODE.LE_SET_ADVERTISING](controller, parameters) {
    controller.setAdvertising(parameters[0] === 1);
    return NOTHING;
  },

  [OPCODE.LE_SET_SCAN_PARAMETERS](controller, parameters) {
    if (controller.scanning.isOn) return STATUS.DISALLOWED;
    controller.scanning.isActive = parameters[0] === 1;
    return NOTHING;
  },

  [OPCODE.LE_SET_SCAN](controller, parameters) {
    controller.setScanning(parameters[0] === 1, parameters[1] === 1);
    return NOTHING;
  },

  [OPCODE.LE_CONNECT](controller, parameters) {
    const isBusy = controller.dialled !== null;
    status(controller, OPCODE.LE_CONNECT, isBusy ? STATUS.DISALLOWED : STATUS.OK);
    if (isBusy) return null;
    controller.dialled = {
      isRandom: parameters[5] === 1,
      address: addressText(parameters.subarray(6, 12)),
      interval: parameters.readUInt16LE(15),
      latency: parameters.readUInt16LE(17),
      supervision: parameters.readUInt16LE(19),
    };
    return null;
  },

  [OPCODE.LE_CONNECT_CANCEL](controller) {
    const { dialled } = controller;
    if (dialled === null) return STATUS.DISALLOWED;
    controller.dialled = null;
    setImmediate(() => {
      const { address, isRandom } = dialled;
      controller.connectionComplete(STATUS.UNKNOWN_CONNECTION, 0, true, address, isRandom, dialled);
    });
    return NOTHING;
  },

  [OPCODE.LE_UPDATE_CONNECTION](controller, parameters) {
    status(controller, OPCODE.LE_UPDATE_CONNECTION, STATUS.OK);
    const end = controller.ends.get(parameters.readUInt16LE(0));
    if (end === undefined) return null;
    // Interval at most, latency, supervision timeout.
    const agreed = parameters.subarray(4, 10);
    for (const { station, handle } of [end, end.other]) {
      const update = Buffer.concat([octets(STATUS.OK), words(handle), agreed]);
      station.toHosts(leEvent(LE_EVENT.UPDATED, update));
    }
    return null;
  },

  [OPCODE.DISCONNECT](controller, parameters) {
    const end = controller.ends.get(parameters.readUInt16LE(0) & 0xfff);
    const isKnown = end !== undefined;
    status(controller, OPCODE.DISCONNECT, isKnown ? STATUS.OK : STATUS.UNKNOWN_CONNECTION);
    if (isKnown) controller.air.end(end, STATUS.ENDED_BY_US, parameters[2]);
    return null;
  },

  [OPCODE.READ_RSSI](controller, parameters) {
    const handle = parameters.readUInt16LE(0) & 0xfff;
    const end = controller.ends.get(handle);
    if (end === undefined) return STATUS.UNKNOWN_CONNECTION;
    const rssi = controller.air.rssi(controller, end.other.station);
    return Buffer.concat([words(handle), octets(rssi)]);
  },
};

/** Whether there is such a command. */
export function obey(controller: LinkLayer, opcode: number, parameters: Buffer): boolean {
  const row = ROWS[opcode];
  if (row === undefined) {
    status(controller, opcode, STATUS.UNKNOWN_COMMAND);
    return false;
  }
  const answer = controller.refuses.get(opcode) ?? row(controller, parameters);
  if (answer === null) return true;
  const result =
    typeof answer === 'number' ? octets(answer) : Buffer.concat([octets(STATUS.OK), answer]);
  const complete = Buffer.concat([octets(1), words(opcode), result]);
  controller.toHosts(event(EVENT_CODE.COMMAND_COMPLETE, complete));
  return true;
}

function status(controller: LinkLayer, opcode: number, value: number): void {
  const parameters = Buffer.concat([octets(value, 1), words(opcode)]);
  controller.toHosts(event(EVENT_CODE.COMMAND_STATUS, parameters));
}
