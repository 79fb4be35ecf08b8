/** Keys of lines over UDP: each counter good once, in any order, whatever moves meanwhile (WIRE §24). */
import { describe, expect, it } from 'vitest';
import { CipherState } from '../../../protocol/trust/cipher-state.ts';
import { COUNTERS_PER_KEY, DatagramKeys } from '../../../protocol/trust/datagram-keys.ts';
import { UDP_WINDOW } from '../../../protocol/trust/replay.ts';
import { SEED, xorshift } from '../../seed.ts';
import { filled } from '../wire/given.ts';
import { crypto } from './ports.ts';

const PER_KEY = 50;

describe('datagrams', () => {
  it('are opened in whatever order they come, over many keys, once each', () => {
    const { seal, theirs } = pair();
    const sealed = Array.from({ length: 500 }, (_, at) => seal(at));
    const random = xorshift(SEED);
    // Each comes up to 40 places late.
    const order = sealed.map((one, at) => ({ one, at, place: at + random(40) }));
    order.sort((a, b) => a.place - b.place);
    for (const { one, at } of order) {
      expect(theirs.open(at, one), `counter ${at}`).toMatchObject({ plaintext: filled(9, at) });
      expect(theirs.open(at, one)).toBe('replayed');
    }
  });

  it('tell which is the newest', () => {
    const { seal, theirs } = pair();
    const [first, second] = [seal(0), seal(1)];
    expect(theirs.open(1, second)).toMatchObject({ isNewest: true });
    expect(theirs.open(0, first)).toMatchObject({ isNewest: false });
  });

  it('change nothing when they are forged, even where a new key begins', () => {
    const { seal, theirs } = pair();
    const sealed = Array.from({ length: 3 * PER_KEY }, (_, at) => seal(at));
    for (let at = 0; at < sealed.length; at++) {
      const forged = new Uint8Array(sealed[at]);
      forged[0] ^= 1;
      for (const counter of [at, at + 1, at + PER_KEY, at + 2 * PER_KEY]) {
        expect(theirs.open(counter, forged)).toMatch(/bad-tag|too-far/);
      }
      expect(theirs.open(at, sealed[at])).toMatchObject({ plaintext: filled(9, at) });
    }
  });

  it('are opened by the key before while they are late, and by none before that', () => {
    const { seal, theirs } = pair();
    const sealed = Array.from({ length: 2 * PER_KEY + 1 }, (_, at) => seal(at));
    theirs.open(PER_KEY, sealed[PER_KEY]);
    expect(theirs.open(0, sealed[0])).toMatchObject({ plaintext: filled(9, 0) });
    theirs.open(2 * PER_KEY, sealed[2 * PER_KEY]);
    expect(theirs.open(1, sealed[1])).toBe('too-far');
    expect(theirs.open(PER_KEY + 1, sealed[PER_KEY + 1])).toMatchObject({ isNewest: false });
  });

  it('are too old behind the window, and too far ahead of the next key', () => {
    const { seal, theirs } = pair(COUNTERS_PER_KEY);
    const sealed = Array.from({ length: UDP_WINDOW + 2 }, (_, at) => seal(at));
    theirs.open(UDP_WINDOW + 1, sealed[UDP_WINDOW + 1]);
    expect(theirs.open(0, sealed[0])).toBe('replayed');
    expect(theirs.open(1, sealed[1])).toMatchObject({ isNewest: false });
    expect(theirs.open(2 * COUNTERS_PER_KEY, sealed[5])).toBe('too-far');
    expect(theirs.open(2 ** 60, sealed[5])).toBe('replayed');
  });
});

function pair(perKey = PER_KEY) {
  const state = (number: number): CipherState => new CipherState(crypto, filled(32, number));
  const keysOf = (sealing: number, opening: number): DatagramKeys =>
    new DatagramKeys({ sealing: state(sealing), opening: state(opening) }, perKey);
  const [ours, theirs] = [keysOf(1, 2), keysOf(2, 1)];
  return { seal: (number: number) => ours.seal(filled(9, number), 0), theirs };
}
