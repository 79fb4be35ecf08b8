/** Ping and pong share a payload: a nonce and the TTL it set out with (WIRE §10). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePing, encodePing, hopCount } from '../../../protocol/wire/ping.ts';
import { hold } from '../../seed.ts';
import { anId, filled, hex } from './given.ts';
import { golden } from './goldens.ts';

describe('a ping', () => {
  it('is the bytes that iOS publishes', () => {
    const ping = { nonce: hex('01020304aabbccff'), originTtl: 7 };
    expect(encodePing(ping)).toEqual(golden('ping-payload'));
    expect(decodePing(golden('ping-payload'))).toEqual({ ok: true, value: ping });
  });

  it('may have more behind it than we know', () => {
    const value = { nonce: filled(8, 0x42), originTtl: 3 };
    expect(decodePing(golden('ping-payload-trailing'))).toEqual({ ok: true, value });
  });

  it('comes back from its bytes', () => {
    hold(
      fc.property(anId, fc.nat(255), (nonce, originTtl) => {
        const value = { nonce, originTtl };
        expect(decodePing(encodePing(value))).toEqual({ ok: true, value });
      }),
      100,
    );
  });

  for (const length of [0, 8]) {
    it(`of ${length} bytes is refused`, () => {
      expect(decodePing(filled(length, 1))).toEqual({ ok: false, reason: 'too-short' });
    });
  }

  it('needs a nonce of 8 bytes', () => {
    expect(() => encodePing({ nonce: filled(7, 0), originTtl: 7 })).toThrow('broken law');
  });
});

describe('hops', () => {
  for (const [origin, received, hops] of [
    [7, 7, 1],
    [7, 6, 2],
    [7, 1, 7],
    [3, 7, null],
  ] as const) {
    it(`from TTL ${origin} to ${received} are ${hops ?? 'none that can be'}`, () => {
      expect(hopCount(origin, received)).toBe(hops);
    });
  }
});
