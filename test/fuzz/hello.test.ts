/**
 * Theorem: whatever bytes arrive, `decodeHello` returns a hello that says the same when it is said
 * again, or a reason from its list; it never throws, and holds no more than twice its input and
 * 1 KiB.
 */
import { expect, it } from 'vitest';
import { decodeHello, encodeHello } from '../../protocol/core/hello.ts';
import { settle } from '../../protocol/core/version.ts';
import { storm, STORM_MS, weight } from './storm.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const spoken = {
  ...{ version: Uint8Array.of(1, 0, 0), role: 1, features: 0x101, frameMax: 512 },
  ...{ name: text('gate'), unixMs: 1700000000123, board: text('puck'), token: text('x') },
};

it('decodeHello stands every storm', { timeout: STORM_MS }, () => {
  let read = 0;
  const reasons = new Set<string>();
  storm([encodeHello(spoken), encodeHello({ ...spoken, unixMs: null })], (bytes) => {
    const hello = decodeHello(bytes);
    if (typeof hello === 'string') {
      reasons.add(hello);
      return;
    }
    read++;
    if (weight(hello) > 2 * bytes.length + 1024) throw new Error('too heavy');
    bytes.fill(0x55);
    const said = encodeHello(hello);
    const again = decodeHello(said);
    if (typeof again === 'string') throw new Error(again);
    if (Buffer.compare(said, encodeHello(again)) !== 0) throw new Error('says otherwise');
    const ours = settle(spoken, hello);
    const theirs = settle(hello, spoken);
    if (ours.mode !== theirs.mode || ours.features !== theirs.features) throw new Error('unequal');
  });
  expect(read).toBeGreaterThan(1000);
  expect([...reasons].sort()).toEqual(['bad-field', 'no-version']);
});
