/**
 * The firmware on a real Espruino, started from its Storage, relays between two serial lines: of
 * what goes in at one end nothing is lost, doubled or corrupted.
 */
import { describe, expect, it } from 'vitest';
import { openSerial } from '../../device/pi/serial.ts';
import { crc32 } from '../../protocol/core/crc32.ts';
import { BlockReader, encodeBlock, PACKET_BLOCK } from '../../protocol/core/framing.ts';
import { HELLO, MESSAGE, TTL_AT } from '../../protocol/core/packet.ts';
import { encodeSlot } from '../../protocol/core/settings.ts';
import type { Settings } from '../../protocol/core/settings.ts';
import {
  LINK_BURST,
  LINK_RATE,
  SENDER_BURST,
  SENDER_RATE,
} from '../../protocol/core/settings-table.ts';
import { buildFirmware } from '../../tools/build/firmware.ts';
import { id, packet } from '../packets.ts';
import { cable, SOCAT, WITHOUT_SOCAT } from '../pty.ts';
import { runs, SEED, xorshift } from '../seed.ts';
import { INTERPRETER, start, WITHOUT_INTERPRETER } from './interpreter.ts';
import { until } from '../patience.ts';

/** Packets on their way at once: the interpreter's input buffer holds 1,024 bytes. */
const WINDOW = 8;
const PAYLOAD_MAX = 80;

describe('a real Espruino', () => {
  it.skipIf(INTERPRETER === null || !SOCAT)(
    `relays packets between two serial lines, none lost, doubled or corrupted${WITHOUT_INTERPRETER || WITHOUT_SOCAT}`,
    async () => {
      const lines = [await cable(), await cable()];
      const { flashed } = await buildFirmware('linux');
      const board = await start(INTERPRETER!, {
        '.boot0': Buffer.from(`var WIRE_PATHS=${JSON.stringify(lines.map(({ far }) => far))};`),
        '.bootcde': Buffer.from(flashed, 'latin1'),
        hop0: encodeSlot(fastSettings(), 1, crc32),
      });
      const ends = [await end(lines[0].near), await end(lines[1].near)];
      try {
        const isUp = ({ heard }: { heard: Uint8Array[] }) =>
          heard.some((frame) => frame[1] === HELLO);
        await until(() => ends.every(isUp), board.said);
        const random = xorshift(SEED);
        const count = runs(500, 10_000);
        const sent: Uint8Array[] = [];
        const got = ends[1].messages;
        while (got.length < count) {
          for (; sent.length < count && sent.length - got.length < WINDOW;) {
            const payload = Uint8Array.from({ length: random(PAYLOAD_MAX) }, () => random(256));
            const frame = packet({
              timestamp: 1000 + sent.length,
              sender: id(1 + random(9)),
              payload,
            });
            sent.push(frame);
            ends[0].write(frame);
          }
          const before = got.length;
          await until(() => got.length > before, board.said);
        }
        // What is doubled would come now.
        await new Promise((resolve) => setTimeout(resolve, 300));
        expect(got.length).toBe(count);
        sent.forEach((frame) => (frame[TTL_AT] = 6));
        got.forEach((frame, at) => expect(frame, `packet ${at}`).toEqual(sent[at]));
        expect(ends.map(({ drops }) => drops)).toEqual([{}, {}]);
        expect(ends[0].messages).toEqual([]);
      } finally {
        for (const one of ends) await one.close();
        await board.stop();
        for (const line of lines) await line.pull();
      }
    },
    runs(50_000, 1_500_000),
  );
});

/** Rates that no test reaches. */
function fastSettings(): Settings {
  const settings: Settings = [];
  settings[LINK_RATE] = settings[SENDER_RATE] = Uint8Array.of(3, 232);
  settings[LINK_BURST] = settings[SENDER_BURST] = Uint8Array.of(15, 160);
  return settings;
}

async function end(path: string) {
  const reader = new BlockReader(600, crc32, (size) => new Uint8Array(size));
  const heard: Uint8Array[] = [];
  const messages: Uint8Array[] = [];
  const link = await openSerial(path, 115_200, {
    received: (bytes) => {
      for (const { kind, body } of reader.feed(bytes)) {
        if (kind !== PACKET_BLOCK) continue;
        const frame = new Uint8Array(body);
        heard.push(frame);
        if (frame[1] === MESSAGE) messages.push(frame);
      }
    },
    down() {},
  });
  // One write at a time, in order.
  let written = Promise.resolve();
  return {
    heard,
    messages,
    drops: reader.drops,
    write(frame: Uint8Array) {
      const block = encodeBlock(PACKET_BLOCK, frame, crc32);
      written = written.then(() => link.write(block));
    },
    close: () => link.close(),
  };
}
