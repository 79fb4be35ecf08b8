/**
 * A suite is worth what it refuses: each fault of the wrong twin shows in the cases listed here, and
 * in no other.
 */
import { describe, expect, it } from 'vitest';
import { askAll } from './ours.ts';
import type { Fault } from './wrong-twin.ts';
import { wrongTwin } from './wrong-twin.ts';

const SHOWS: Record<Fault, string[]> = {
  // Where nothing is padded (241 to 256 bytes, 497 to 768 and so on) the fault does not matter.
  'no-padding': [
    'announces: verify alice',
    'announces: verify alice three hops on',
    'announces: verify alice, padded on a link',
    'announces: refuse a signature over the unpadded packet',
    'signing: an announce',
    'signing: a public message, iOS: no recipient',
    'signing: a public message, Android: recipient of eight FF',
    'signing: a routed packet',
    'signing: a leave',
    'signing: an unsigned packet',
    'signing: an announce of 102 bytes',
    'signing: a packet padded on air',
    'signing: bytes behind the packet',
    'signing: a requested sync response',
    'signing: flags nobody has named, and the route flag in version 1',
    ...[22, 240, 257, 496, 769, 1008, 1793, 2032].map((n) => `signing: ${n} bytes before padding`),
    'signing: verify a message, iOS',
    'signing: verify a message, Android',
    'signing: verify a routed packet',
    'signing: verify a message at TTL 1',
    'signing: verify a message as a sync answer',
    'signing: verify a message padded on a link',
    'signing: verify 300 bytes',
    'signing: verify a message whose relay set unknown flags',
    'signing: refuse a signature over the unpadded packet',
    ...[156, 266, 401].flatMap((n) => [
      `compression: preimage of ${n} bytes by stock zlib`,
      `compression: preimage of ${n} bytes by Node's zlib`,
      `compression: verify ${n} bytes by stock zlib`,
      `compression: verify ${n} bytes by Node's zlib`,
    ]),
  ],
  // One late by a multiple of eight, or by less than eight, is not lost.
  'wrong-shift': [
    'noise: a message twice is read once',
    'noise: a message ten behind',
    'replay: the last fifteen of a thousand again',
    'replay: the first eight again',
    ...[9, 10, 15, 17, 25, 31, 33].map((n) => `replay: one late by ${n}`),
    'replay: a jump of one less than the window',
    'replay: mildly out of order, then all again',
    'replay: a walk with jumps',
  ],
  // A few texts come out alike, and everybody reads what everybody writes.
  'node-zlib': [
    ...[104, 121, 156, 183, 222, 266, 305, 344, 401, 480, 643, 902].map(
      (n) => `compression: a chat of ${n} bytes`,
    ),
    'compression: encode a message of 156 bytes',
    'compression: encode a message of 266 bytes',
  ],
};

describe('the suite', () => {
  for (const [fault, shows] of Object.entries(SHOWS) as [Fault, string[]][]) {
    const asked = askAll(wrongTwin(fault));
    const failed = asked.filter(({ verdict }) => verdict.kind === 'failed');

    it(`finds the fault ${fault} where it shows and nowhere else`, () => {
      expect(failed.map(({ title }) => title)).toEqual(shows);
    });

    it(`has a case that the fault ${fault} leaves alone, for each op it touches`, () => {
      for (const op of new Set(failed.map(({ asked }) => asked.op))) {
        const passed = asked.filter((one) => one.asked.op === op && one.verdict.kind === 'passed');
        expect(passed.length, op).toBeGreaterThan(0);
      }
    });
  }
});
