/**
 * One session's messages as bytes (WIRE §8): their sizes, their counters, and where these end.
 */
import { describe, expect, it } from 'vitest';
import { Channel, LAST_COUNTER, PLAINTEXT_MAX } from '../../../protocol/trust/channel.ts';
import { CipherState } from '../../../protocol/trust/cipher-state.ts';
import { Sessions } from '../../../protocol/trust/session.ts';
import { Pins } from '../../../protocol/trust/pins.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { filled } from '../wire/given.ts';
import { person, secretsFrom } from './people.ts';
import { crypto } from './ports.ts';

describe('a channel', () => {
  it('adds 20 bytes, to nothing as to the largest file a phone takes', () => {
    const [there, here] = [channel(), channel()];
    for (const size of [0, 1, 64, PLAINTEXT_MAX]) {
      const payload = there.seal(new Uint8Array(size))!;
      expect(payload).toHaveLength(size + 20);
      const opened = here.open(payload);
      expect(opened.ok && opened.plaintext.length).toBe(size);
    }
  });

  it.each([
    ['nothing', 0, 'too-short'],
    ['a counter and less than a tag', 19, 'too-short'],
    ['a counter and a tag of nobody', 20, 'bad-tag'],
    ['the largest there is, of nobody', PLAINTEXT_MAX + 20, 'bad-tag'],
    ['more than that', PLAINTEXT_MAX + 21, 'too-long'],
  ])('refuses %s', (_, size, reason) => {
    expect(channel().open(new Uint8Array(size))).toEqual({ ok: false, reason });
  });

  it('moves nothing for a counter that nobody proved, however far ahead', () => {
    const [there, here] = [channel(), channel()];
    const first = there.seal(filled(3, 3))!;
    const ahead = first.slice();
    ahead.fill(0xff, 0, 4);
    expect(here.open(ahead)).toEqual({ ok: false, reason: 'bad-tag' });
    expect(here.open(first).ok).toBe(true);
    expect(here.open(first)).toEqual({ ok: false, reason: 'replayed' });
  });

  it('sends 2^32 - 1 messages, as the phones do, and then none', () => {
    const late = channel(LAST_COUNTER - 2);
    expect(late.sealed).toBe(LAST_COUNTER - 2);
    expect(toHex(late.seal(filled(1, 1))!.subarray(0, 4))).toBe('fffffffd');
    expect(toHex(late.seal(filled(1, 1))!.subarray(0, 4))).toBe('fffffffe');
    expect(late.seal(filled(1, 1))).toBeNull();
    expect(late.seal(filled(1, 1))).toBeNull();
  });
});

describe('a session', () => {
  it('is given no message larger than a phone takes, or we are broken', () => {
    const [a, b] = [person(1), person(2)];
    const sessions = new Sessions(crypto, a, new Pins(crypto), secretsFrom(1), 1);
    const seal = (size: number): unknown =>
      sessions.step({ kind: 'seal', peer: b.id, plaintext: new Uint8Array(size) }, 0);
    expect(seal(PLAINTEXT_MAX)).toMatchObject([{ reason: 'no-session' }]);
    expect(() => seal(PLAINTEXT_MAX + 1)).toThrow('at most what a phone takes');
  });
});

/** A channel of known keys that has said `sealed` messages already. */
function channel(sealed = 0): Channel {
  class Worn extends CipherState {
    override get next(): number {
      return super.next + sealed;
    }
  }
  const keys = {
    sealing: new Worn(crypto, filled(32, 1)),
    opening: new CipherState(crypto, filled(32, 1)),
  };
  return new Channel(person(2).id, 'initiator', keys, 0, Infinity);
}
