/**
 * Bridges of one network: each says that it is there and hears of the others, and nothing that is heard
 * is believed (WIRE §24).
 */
import { describe, expect, it } from 'vitest';
import {
  FOUND_MAX,
  FOUND_TIMEOUT_MS,
  Lan,
  SAID_EVERY_MS,
  SAID_GAP_MS,
} from '../../../host/gateway/lan.ts';
import { encodeHello, GATEWAY, LEAF } from '../../../protocol/core/hello.ts';
import { encodePacket, HEARTBEAT, HELLO, plainPacket } from '../../../protocol/core/packet.ts';
import { OUR_VERSION } from '../../../protocol/core/version.ts';
import { filled } from '../../protocol/wire/given.ts';

const SELF = filled(8, 200);
const BOB = filled(8, 1);
const [HERE, THERE] = ['192.0.2.1:8334', '192.0.2.2:8334'];
const nobody = (): boolean => false;
const everybody = (): boolean => true;

describe('a bridge of this network', () => {
  it('is found where it was heard, and is dialled if it is known', () => {
    const lan = new Lan(SELF, 0);
    expect(lan.hear(HERE, said(BOB), nobody, nobody, 0)).toBe(true);
    expect(lan.all()).toMatchObject([{ node: BOB, name: 'bob', address: `udp://${HERE}` }]);
    expect(lan.routes(everybody)).toEqual([{ address: `udp://${HERE}`, id: BOB }]);
    expect(lan.routes(nobody)).toEqual([]);
  });

  it('is dialled elsewhere when it moved, unless a line is up to where it was', () => {
    const lan = new Lan(SELF, 0);
    lan.hear(HERE, said(BOB), nobody, nobody, 0);
    expect(lan.hear(HERE, said(BOB), nobody, nobody, 1)).toBe(false);
    expect(lan.hear(THERE, said(BOB), everybody, nobody, 2)).toBe(false);
    expect(lan.all()[0].address).toBe(`udp://${HERE}`);
    expect(lan.hear(THERE, said(BOB), nobody, nobody, 3)).toBe(true);
    expect(lan.all()[0].address).toBe(`udp://${THERE}`);
  });

  it('is gone once it was not heard for three times as long as it may take, unless a line is up', () => {
    const lan = new Lan(SELF, 0);
    lan.hear(HERE, said(BOB), nobody, nobody, 5);
    expect(lan.expire(nobody, 5 + FOUND_TIMEOUT_MS - 1)).toBe(false);
    expect(lan.expire(everybody, 5 + FOUND_TIMEOUT_MS)).toBe(false);
    expect(lan.all()).toHaveLength(1);
    expect(lan.expire(nobody, 5 + FOUND_TIMEOUT_MS)).toBe(true);
    expect(lan.all()).toEqual([]);
  });

  it('is not ourselves', () => {
    const lan = new Lan(SELF, 0);
    expect(lan.hear(HERE, said(SELF), nobody, nobody, 0)).toBe(false);
    expect(lan.all()).toEqual([]);
  });
});

it('we say that we are here at once, then twice a minute, and soon to somebody new', () => {
  const lan = new Lan(SELF, 100);
  expect(lan.isToSay(100)).toBe(true);
  expect(lan.isToSay(101)).toBe(false);
  expect(lan.deadline()).toBe(100 + SAID_EVERY_MS);
  lan.hear(HERE, said(BOB), nobody, nobody, 200);
  expect(lan.deadline()).toBe(100 + SAID_GAP_MS);
  expect(lan.isToSay(100 + SAID_GAP_MS)).toBe(true);
  lan.hear(HERE, said(BOB), nobody, nobody, 5000);
  expect(lan.deadline()).toBe(100 + SAID_GAP_MS + SAID_EVERY_MS);
});

describe('what is said in this network', () => {
  it.each([
    ['nothing', new Uint8Array(0), 'too-short'],
    ['half of it', said(BOB).subarray(0, 20), 'too-short'],
    [
      'something too long',
      said(BOB, { name: filled(255, 65), board: filled(255, 65) }),
      'too-long',
    ],
    ['another packet', encodePacket(plainPacket(HEARTBEAT, 0, 0, BOB, filled(20, 0))), 'bad-type'],
    ['no hello', encodePacket(plainPacket(HELLO, 0, 0, BOB, filled(3, 255))), 'bad-field'],
    ['the hello of a leaf', said(BOB, { role: LEAF }), 'not-a-gateway'],
  ])('is dropped and counted when it is %s', (_, bytes, reason) => {
    const lan = new Lan(SELF, 0);
    expect(lan.hear(HERE, bytes, nobody, nobody, 0)).toBe(false);
    expect(lan.drops).toEqual({ [reason]: 1 });
    expect(lan.all()).toEqual([]);
  });

  it('does not grow without end', () => {
    const lan = new Lan(SELF, 0);
    for (let count = 0; count <= FOUND_MAX; count++) {
      lan.hear(HERE, said(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, count)), nobody, nobody, 0);
    }
    expect(lan.all()).toHaveLength(FOUND_MAX);
    expect(lan.drops).toEqual({ 'too-many': 1 });
    expect(lan.hear(THERE, said(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0)), nobody, nobody, 1)).toBe(
      true,
    );
  });
});

it('has room for a bridge that is known, however many others are made up', () => {
  const lan = new Lan(SELF, 0);
  const isBob = (node: Uint8Array): boolean => node[0] === BOB[0];
  for (let count = 0; count < FOUND_MAX; count++) {
    lan.hear(HERE, said(Uint8Array.of(9, 0, 0, 0, 0, 0, 0, count)), nobody, isBob, count);
  }
  expect(lan.hear(THERE, said(BOB), nobody, isBob, 100)).toBe(true);
  expect(lan.routes(isBob)).toEqual([{ address: `udp://${THERE}`, id: BOB }]);
  expect(lan.all()).toHaveLength(FOUND_MAX);
  // And nobody takes it from him.
  const more = Array.from({ length: FOUND_MAX }, (_, count) =>
    Uint8Array.of(8, 0, 0, 0, 0, 0, 0, count),
  );
  for (const node of more) lan.hear(HERE, said(node), nobody, isBob, 200);
  expect(lan.routes(isBob)).toHaveLength(1);
});

function said(node: Uint8Array, differs: object = {}): Uint8Array {
  const none = new Uint8Array(0);
  const hello = {
    version: OUR_VERSION,
    role: GATEWAY,
    features: 0,
    frameMax: 1000,
    name: new TextEncoder().encode('bob'),
    unixMs: null,
    board: none,
    token: none,
    ...differs,
  };
  return encodePacket(plainPacket(HELLO, 0, 0, node, encodeHello(hello)));
}
