/** The gate's first question: whether a packet can be of now. What comes after it is Admission's. */
import { describe, expect, it } from 'vitest';
import {
  ENCRYPTED,
  encodePacket,
  FRAME_MAX,
  LINK_STATE,
  MESSAGE,
  PacketView,
  plainPacket,
  RECONCILE,
  REQUEST_SYNC,
} from '../../../protocol/core/packet.ts';
import { BACKGROUND, NORMAL } from '../../../protocol/core/queue.ts';
import { COURTESY } from '../../../protocol/peer/courtesy.ts';
import { Gate } from '../../../protocol/peer/gate.ts';
import { STATION_DEFAULTS } from '../../../protocol/peer/settings.ts';
import { Pins } from '../../../protocol/trust/pins.ts';
import { announceOf, person } from '../trust/people.ts';
import { crypto } from '../trust/ports.ts';

const EPOCH = 1_800_000_000_000;
const MINUTE_MS = 60_000;
const HISTORY_MS = 60 * MINUTE_MS;

describe('a packet of another time', () => {
  const cases: [what: string, type: number, aheadMs: number, isAsked: boolean, isStale: boolean][] =
    [
      ['a message two minutes old', MESSAGE, -2 * MINUTE_MS, false, false],
      ['an older one that nobody asked for', MESSAGE, -3 * MINUTE_MS, false, true],
      ['an older one that was asked for', MESSAGE, -3 * MINUTE_MS, true, false],
      ['one that is too old for history', MESSAGE, -61 * MINUTE_MS, true, true],
      // Held, it would never be too old; forgotten, nothing but what is of now would be taken until then.
      ['an answer of tomorrow', MESSAGE, 24 * 60 * MINUTE_MS, true, true],
      ['a request for history', REQUEST_SYNC, 10 * MINUTE_MS, true, true],
      // Believed, it would make all that the neighbour says until then a repetition (R16).
      ['a comparison of histories', RECONCILE, 10 * MINUTE_MS, true, true],
      ['where somebody stood', LINK_STATE, -10 * MINUTE_MS, false, true],
    ];
  for (const [what, type, aheadMs, isAsked, isStale] of cases) {
    it(`is ${isStale ? 'refused' : 'let on'}: ${what}`, () => {
      const gate = gateOf(isAsked);
      gate.epochMs = EPOCH;
      const packet = new PacketView();
      const sender = person(1);
      const fields = plainPacket(type, 0, EPOCH + aheadMs, sender.id, Uint8Array.of(1));
      packet.read(sender.sealPacket(fields), FRAME_MAX);
      expect(gate.admit(packet, 0, 0) === 'stale').toBe(isStale);
    });
  }
});

it('what nobody vouches for waits behind the rest once it is too much, and so does a copy', () => {
  const gate = gateOf(false);
  const packet = new PacketView();
  const classes = Array.from({ length: 2 * COURTESY.burst }, (_, i) => {
    packet.read(
      encodePacket(plainPacket(ENCRYPTED, 7, i, person(1).id, Uint8Array.of(1))),
      FRAME_MAX,
    );
    expect(gate.admit(packet, 0, 0)).toBeNull();
    const copy = packet.bytes.slice();
    gate.treatAlike(copy, packet.bytes);
    expect(gate.priorityOf(copy, NORMAL)).toBe(gate.priorityOf(packet.bytes, NORMAL));
    return gate.priorityOf(packet.bytes, NORMAL);
  });
  const inTime = Array.from({ length: COURTESY.burst }, () => NORMAL);
  expect(classes).toEqual([...inTime, ...inTime.map(() => BACKGROUND)]);
});

function gateOf(isAsked: boolean): Gate {
  const { admission, lineAdmission } = STATION_DEFAULTS;
  const rates = { admission, lineAdmission, linksMax: 2, ttlMax: 7, firstLine: 2, firstClient: 2 };
  const limits = { ...rates, historyMs: HISTORY_MS };
  return new Gate(crypto, new Pins(crypto), limits, () => isAsked, 1, null);
}

it('the last packet is forgotten on demand, and not held for the sake of a question', () => {
  const gate = gateOf(false);
  const packet = new PacketView();
  packet.read(announceOf(person(1)), FRAME_MAX);
  expect(gate.admit(packet, 0, 0)).toBeNull();
  expect(gate.isVerified(packet.bytes)).toBe(true);
  gate.forget();
  expect(gate.isVerified(packet.bytes)).toBe(false);
});
