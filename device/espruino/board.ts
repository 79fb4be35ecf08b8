/**
 * Board: what is known of it when the program is built. Here stands the Linux interpreter; a build
 * for another puts its own values in the place of this file (tools/build/boards.ts).
 */

export const BOARD: string = 'linux';
/** Has Bluetooth LE: one link in and OUT_MAX out. */
export const HAS_BLE: boolean = false;
export const OUT_MAX: number = 0;
/** Bytes of a frame in a segment: the MTU less 4. */
export const SEGMENT: number = 49;
/** How many wires, and what they are: 0 none, 1 a UART, 2 USB, 3 terminals by path. */
export const WIRE_COUNT: number = 2;
export const WIRE_KIND: number = 3;
export const FRAME_MAX: number = 512;
/** Packets remembered, packets that wait for their moment, sets of four senders. */
export const SEEN: number = 256;
export const WAITING: number = 32;
export const SENDER_SETS: number = 32;
/** Writes that are out at once, packets and bytes that wait for them, announces kept. */
export const WINDOW: number = 16;
export const QUEUE_PACKETS: number = 32;
export const QUEUE_BYTES: number = 8192;
export const ANNOUNCES_KEPT: number = 8;
/** 'SHA256', 'SHA1', or nothing. */
export const HASH: string = 'SHA256';
