/**
 * Cable: a simulated board at the end of a pseudo-terminal hears no faster than its rate, or what is
 * measured through it would be worth nothing.
 */
import { expect, it } from 'vitest';
import { openSerial } from '../../../device/pi/serial.ts';
import { plugIn } from '../../../tools/bench/cable.ts';
import { Board, Flash, PUCK } from '../../../tools/simulate/board.ts';
import { cable, SOCAT, WITHOUT_SOCAT } from '../../pty.ts';

it.skipIf(!SOCAT)(
  `a board hears all, at the rate of its line and no faster${WITHOUT_SOCAT}`,
  async () => {
    const line = await cable();
    const board = new Board(PUCK, new Flash(1000));
    let heard = 0;
    const receive = board.receive.bind(board);
    board.receive = (bytes) => {
      heard += bytes.length;
      receive(bytes);
    };
    const unplug = await plugIn(board, line.far, 115_200);
    const link = await openSerial(line.near, 115_200, { received() {}, down() {} });
    const began = performance.now();
    await link.write(new Uint8Array(4000));
    while (heard < 4000 && performance.now() - began < 4000) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const ms = performance.now() - began;
    await link.close();
    await unplug();
    await line.pull();
    expect(heard).toBe(4000);
    expect(ms).toBeGreaterThan((4000 * 1000) / 11_520 - 20);
  },
);
