/**
 * Console: over a real pseudo-terminal, each line says what it is, and none steers the terminal.
 */
import { expect, it } from 'vitest';
import { openSerial } from '../../../device/pi/serial.ts';
import { crc32 } from '../../../protocol/core/crc32.ts';
import { encodeBlock, PACKET_BLOCK, TEXT_BLOCK } from '../../../protocol/core/framing.ts';
import { commands } from '../../../tools/commands/index.ts';
import { dispatch } from '../../../tools/dispatch.ts';
import { packet } from '../../packets.ts';
import { cable, SOCAT, WITHOUT_SOCAT } from '../../pty.ts';
import { testIo } from '../io.ts';

it.skipIf(!SOCAT)(`a node is shown as it speaks, until it is enough${WITHOUT_SOCAT}`, async () => {
  const log = new TextEncoder().encode('up \x1b[2J\x07now');
  const said = [
    new TextEncoder().encode('=42\r\n'),
    encodeBlock(TEXT_BLOCK, log, crc32),
    encodeBlock(PACKET_BLOCK, packet({ type: 0x99 }), crc32),
  ];
  const line = await cable();
  for (const [words, expected] of [
    [[], ['board  =42', 'log    up ?now', /^packet type 0x99, TTL 7, from (01){8}, \d+ bytes$/]],
    [['--json'], [/"kind":"console","text":"=42"/, /"kind":"log"/, /"type":"type 0x99","ttl":7/]],
  ] as const) {
    const io = testIo();
    const stop = new AbortController();
    io.stopping = () => stop.signal;
    const running = dispatch(['console', line.near, ...words], commands, '0', io);
    const far = await openSerial(line.far, 115_200, { received() {}, down() {} });
    for (let tries = 0; tries < 400 && io.outs.length < 3; tries++) {
      if (tries % 100 === 50) for (const bytes of said) await far.write(bytes);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    stop.abort();
    expect(await running).toBe(0);
    await far.close();
    expect(io.outs.slice(0, 3)).toEqual(
      expected.map((part) => (typeof part === 'string' ? part : expect.stringMatching(part))),
    );
  }
  await line.pull();
});

it('a port that is not there is one line', async () => {
  const io = testIo();
  expect(await dispatch(['console', '/dev/ttyNOWHERE'], commands, '0', io)).toBe(68);
  expect(io.errs).toEqual([expect.stringContaining('[PORT_MISSING]')]);
});
