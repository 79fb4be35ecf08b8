/**
 * The settings of a node (WIRE §21): one table for the device, the provisioner and the tests. It
 * imports nothing, so that a bundler writes the numbers in where they are used.
 */

/** Ids, in the order of the table. New ones come at the end: an id is never used again. */
export const NAME = 1;
/** As in a hello. */
export const ROLE = 2;
/** Above it TTLs are cut down (WIRE §12). */
export const TTL_MAX = 3;
/** Packets per second and at once, from one link; from one sender on it. */
export const LINK_RATE = 4;
export const LINK_BURST = 5;
export const SENDER_RATE = 6;
export const SENDER_BURST = 7;
/** Node ids. An allow list that is not empty shuts out everyone else. */
export const ALLOWED = 8;
export const DENIED = 9;
/** Percent of the time. */
export const ADVERTISE_DUTY = 10;
export const SCAN_DUTY = 11;
/** 0 mains, 1 battery. */
export const POWER_SOURCE = 12;
/** dBm + 40. */
export const TRANSMIT_POWER = 13;
/** Packets remembered; 0 leaves it to the board. */
export const SEEN_MAX = 14;
export const CONSOLE_LOCK = 15;
/** Of a keyless node, drawn when it is provisioned (WIRE §20). */
export const NODE_ID = 16;
/** From here on keys, which are set over a wire only and never read back. */
export const ADMIN_KEY = 17;
export const NOTE_KEY = 18;
export const SETTINGS_MAX = 18;

/**
 * A row of a number: width, smallest, largest, default. Of bytes: 0, fewest, most, and what their
 * count must be a multiple of. One flat array, as many small ones would be dear on a board.
 */
// prettier-ignore
export const SETTINGS_TABLE = new Uint16Array([
  0, 1, 32, 1, // name
  1, 0, 4, 1, // role: relay
  1, 1, 64, 7, // ttl-max
  2, 1, 1000, 100, // link-rate
  2, 1, 4000, 200, // link-burst
  2, 1, 1000, 50, // sender-rate
  2, 1, 4000, 100, // sender-burst
  0, 8, 248, 8, // allowed
  0, 8, 248, 8, // denied
  1, 0, 100, 100, // advertise-duty
  1, 0, 100, 100, // scan-duty
  1, 0, 1, 0, // power-source: mains
  1, 0, 60, 40, // transmit-power: 0 dBm
  2, 0, 10000, 0, // seen-max
  1, 0, 1, 0, // console-lock
  0, 8, 8, 8, // node-id
  0, 32, 32, 32, // admin-key
  0, 32, 32, 32, // note-key
]);
