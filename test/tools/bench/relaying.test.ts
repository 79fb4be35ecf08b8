/**
 * Relaying: what is measured is work that was done, the same in Node and on a real Espruino.
 */
import { expect, it } from 'vitest';
import { relayedInNode, relayedOnEspruino, workOf } from '../../../tools/bench/relaying.ts';
import { buildFirmware } from '../../../tools/build/firmware.ts';
import { INTERPRETER, WITHOUT_INTERPRETER } from '../../espruino/interpreter.ts';

it('in Node every packet comes out, or there is no figure', async () => {
  const { code } = await buildFirmware('linux');
  expect(relayedInNode(code, workOf(50, 1))).toBeGreaterThan(0);
  const { files } = workOf(50, 1);
  files['blocks'][40] ^= 1;
  expect(() => relayedInNode(code, { packets: 50, files })).toThrow(/49 of 50 packets came out/);
});

it.skipIf(INTERPRETER === null)(
  `on a real Espruino every packet comes out${WITHOUT_INTERPRETER}`,
  async () => {
    const { code } = await buildFirmware('linux');
    expect(await relayedOnEspruino(INTERPRETER!, code, workOf(10, 1))).toBeGreaterThan(0);
  },
  30_000,
);
