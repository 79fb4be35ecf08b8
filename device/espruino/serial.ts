/**
 * Serial: wires of a board, a UART, USB, or a terminal by its path. The console is moved off, and
 * there is no flow control: 03 and 11 are bytes like others in a block (WIRE §22).
 */
import { WIRE_KIND } from './board.ts';

const BAUD = 115200;

export type Wire = { write: (bytes: Uint8Array) => void; toConsole: () => void };

/** Opens the wire with that number, from 0; null where it is not there. */
export function openWire(index: number, received: (bytes: Uint8Array) => void): Wire | null {
  let port: SerialPort;
  if (WIRE_KIND === 3) {
    if (typeof WIRE_PATHS === 'undefined' || index >= WIRE_PATHS.length) return null;
    port = index === 0 ? Serial1 : Serial2;
    port.setup(BAUD, { path: WIRE_PATHS[index] });
  } else {
    E.setConsole(null, { force: true });
    port = WIRE_KIND === 2 ? USB : Serial1;
    port.setup(BAUD, {});
  }
  port.on('data', (text) => received(E.toUint8Array(text)));
  return {
    write: (bytes) => port.write(bytes),
    toConsole: () => E.setConsole(port, { force: true }),
  };
}
