/**
 * What a relay with keys does for those around it: phones, small nodes and wires alike.
 */
import { describe, expect, it } from 'vitest';
import {
  ANNOUNCE,
  ENCRYPTED,
  FRAGMENT,
  LEAVE,
  MESSAGE,
  PING,
  PONG,
} from '../../../protocol/core/packet.ts';
import { ANNOUNCE_PACE } from '../../../protocol/peer/announcer.ts';
import { HISTORY_LIMITS } from '../../../protocol/peer/history.ts';
import type { Station } from '../../../protocol/peer/station.ts';
import { PINS_EVERY_MS } from '../../../protocol/peer/station.ts';
import { FragmentAssembler } from '../../../protocol/wire/fragment-assembler.ts';
import { encodePing } from '../../../protocol/wire/ping.ts';
import { composePacket, openPacket } from '../../../protocol/wire/packet.ts';
import { withTtl } from '../../packets.ts';
import { announceOf, messageOf, person } from '../trust/people.ts';
import type { Phone } from './village.ts';
import { phoneOf, stationOf, timeIn, Village } from './village.ts';

describe('a station between a phone, nodes and a wire', () => {
  it('passes each packet on once over each other link, and delivers it once', () => {
    const { village, middle, phone, others } = crossroads();
    village.write(phone, 0, announceOf(phone.identity, { timestamp: timeIn(village) }));
    village.pass(100);
    const before = phone.ofType(MESSAGE).length;
    const speakers = [middle, ...others];
    for (let round = 0; round < 20; round++) {
      village.write(phone, 0, messageOf(phone.identity, timeIn(village) + round));
      for (const speaker of speakers) village.tell(speaker, { kind: 'say', text: `${round}` });
      village.pass(500);
    }
    village.pass(2000);
    // Of four stations, twenty messages each; its own never come back.
    expect(phone.ofType(MESSAGE).length - before).toBe(80);
    for (const station of speakers) {
      const heard = village.told(station, 'message').map(({ id }) => id);
      expect(heard).toHaveLength(80);
      expect(new Set(heard).size).toBe(80);
      expect(station.snapshot(village.now).drops).toEqual({});
    }
  });

  it('names those at the far ends in its announce, and says of itself what phones read', () => {
    const { village, phone, others } = crossroads();
    village.write(phone, 0, announceOf(phone.identity, { timestamp: timeIn(village) }));
    village.pass(40_000);
    const seen = others[0].snapshot(village.now).peers.find(({ name }) => name === 'relay 1')!;
    expect(seen.neighbours).toHaveLength(4);
    expect(seen).toMatchObject({ isDirect: true, hops: 1, link: 0 });
    expect(phone.ofType(ANNOUNCE).every(({ ttl }) => ttl > 0)).toBe(true);
  });

  it('tells a phone of everybody before it tells it what they say', () => {
    const village = new Village();
    const station = stationOf(village, 1);
    const other = stationOf(village, 2);
    village.join(station, 1, other, 0, 'node');
    village.pass(5000);
    const late = phoneOf(village, 10);
    village.join(station, 0, late, 0, 'phone');
    village.tell(other, { kind: 'say', text: 'hello' });
    village.pass(1000);
    const types = late.heard.map(({ packet }) => packet.type);
    expect(types.indexOf(MESSAGE)).toBeGreaterThan(1);
    expect(types.slice(0, types.indexOf(MESSAGE)).every((type) => type === ANNOUNCE)).toBe(true);
    // Ours first, as a direct neighbour's; the replayed one as it was passed on.
    expect(late.heard[0].packet).toMatchObject({ ttl: 7, sender: person(1).id });
    expect(late.heard[1].packet).toMatchObject({ ttl: 6, sender: person(2).id });
  });

  it('does not replay an announce that is a minute old', () => {
    const village = new Village();
    const station = stationOf(village, 1);
    const first = phoneOf(village, 10);
    village.join(station, 0, first, 0, 'phone');
    village.write(first, 0, announceOf(first.identity, { timestamp: timeIn(village) }));
    village.pass(61_000);
    const late = phoneOf(village, 11);
    village.join(station, 1, late, 0, 'phone');
    village.pass(500);
    expect(late.ofType(ANNOUNCE).map(({ sender }) => sender)).toEqual([person(1).id]);
  });

  it('does not replay an announce that it did not pass on either', () => {
    const village = new Village();
    const station = stationOf(village, 1);
    const first = phoneOf(village, 10);
    village.join(station, 0, first, 0, 'phone');
    const announce = announceOf(first.identity, { timestamp: timeIn(village) });
    village.write(first, 0, withTtl(announce, 1));
    village.pass(500);
    const late = phoneOf(village, 11);
    village.join(station, 1, late, 0, 'phone');
    village.pass(500);
    expect(late.ofType(ANNOUNCE).map(({ sender }) => sender)).toEqual([person(1).id]);
  });

  it('drops what a phone cannot take in one write, and counts it', () => {
    const { village, middle, phone, others } = crossroads();
    const [far, distant] = [others[0], phoneOf(village, 11)];
    village.join(far, 1, distant, 0, 'phone');
    village.write(distant, 0, announceOf(distant.identity, { timestamp: timeIn(village) }));
    village.pass(1000);
    const payload = new TextEncoder().encode('x'.repeat(600));
    village.write(distant, 0, messageOf(distant.identity, timeIn(village), { payload }));
    village.pass(1000);
    expect(phone.ofType(MESSAGE)).toHaveLength(0);
    expect(middle.snapshot(village.now).links[0].drops).toEqual({ 'over-limit': 1 });
    expect(village.told(middle, 'message')).toHaveLength(1);
  });

  it('says again what was too long, when a phone takes longer writes after all', () => {
    const { village, middle, phone } = crossroads();
    const heard = (): number => phone.ofType(ANNOUNCE).length;
    village.tell(middle, { kind: 'resized', link: 0, payloadMax: 20 });
    village.pass(60_000);
    const before = heard();
    village.pass(60_000);
    expect(heard()).toBe(before);
    village.tell(middle, { kind: 'resized', link: 0, payloadMax: 512 });
    village.pass(100);
    expect(heard()).toBeGreaterThan(before);
  });

  it('holds as much history as its settings say', () => {
    const village = new Village();
    const station = stationOf(village, 1, { history: { ...HISTORY_LIMITS, messages: 3 } });
    for (const text of ['a', 'b', 'c', 'd', 'e']) {
      village.tell(station, { kind: 'say', text });
      village.pass(1000);
    }
    expect(station.snapshot(village.now).historySize).toBe(3);
  });

  it('cuts what it says itself, and puts together what others cut', () => {
    const { village, middle, phone, others } = crossroads();
    const text = 'so much to say, and every word of it another one: '.repeat(2) + longText();
    village.tell(middle, { kind: 'say', text });
    village.pass(3000);
    for (const other of others) {
      expect(village.told(other, 'message').map((message) => message.text)).toEqual([text]);
    }
    expect(phone.heard.every(({ bytes }) => bytes.length <= 512)).toBe(true);
  });

  it('cuts what it says to what the narrowest phone takes, but never an announce', () => {
    const village = new Village();
    const station = stationOf(village, 1);
    const [wide, narrow] = [phoneOf(village, 10), phoneOf(village, 11)];
    village.join(station, 0, wide, 0, 'phone');
    village.join(station, 1, narrow, 0, 'phone', 182);
    village.pass(100);
    village.tell(station, { kind: 'say', text: longText() });
    village.pass(1000);
    const pieces = narrow.ofType(FRAGMENT);
    expect(pieces).toEqual(wide.ofType(FRAGMENT));
    expect(narrow.heard.every(({ bytes }) => bytes.length <= 182)).toBe(true);
    const assembler = new FragmentAssembler();
    const made = pieces.map(({ sender, payload }) => assembler.add(sender, payload, 0));
    const whole = made[made.length - 1];
    const opened = whole.ok && whole.frame !== null ? openPacket(whole.frame) : null;
    expect(opened?.ok && new TextDecoder().decode(opened.packet.payload)).toBe(longText());
  });

  it('cuts nothing for a link that has not said how much it takes', () => {
    const village = new Village();
    const station = stationOf(village, 1);
    const [wide, tiny] = [phoneOf(village, 10), phoneOf(village, 11)];
    village.join(station, 0, wide, 0, 'phone');
    village.join(station, 1, tiny, 0, 'phone', 20);
    village.tell(station, { kind: 'say', text: 'short' });
    village.pass(1000);
    expect(wide.ofType(MESSAGE)).toHaveLength(1);
  });

  it('loses its links on the air with the radio, and no wire', () => {
    const { village, middle } = crossroads();
    village.tell(middle, { kind: 'power', isOn: false });
    expect(village.told(middle, 'link-closed').map(({ link }) => link)).toEqual([0, 1, 2]);
    expect(middle.snapshot(village.now).links.map(({ link }) => link)).toEqual([7]);
    // What the radio still says of them.
    village.tell(middle, { kind: 'closed', link: 1 });
    village.tell(middle, { kind: 'received', link: 2, bytes: noise(30) });
    village.tell(middle, { kind: 'sent', link: 2 });
    expect(village.told(middle, 'link-closed')).toHaveLength(3);
  });

  it('says sooner who it is when the last one whom it knows is gone', () => {
    const village = new Village();
    const station = stationOf(village, 1);
    const phone = phoneOf(village, 10);
    village.join(station, 0, phone, 0, 'phone');
    village.join(station, 1, stationOf(village, 2), 0, 'node');
    const announces = (): number => phone.ofType(ANNOUNCE).filter(isOf(1)).length;
    village.pass(5000);
    const first = announces();
    while (announces() === first) village.pass(100);
    village.cut(station, 1);
    village.pass(ANNOUNCE_PACE.isolatedMs + 100);
    expect(announces()).toBe(first + 2);
  });

  it('says goodbye, and says nothing after that', () => {
    const { village, middle, phone, others } = crossroads();
    village.tell(middle, { kind: 'leave' });
    village.pass(100);
    expect(phone.ofType(LEAVE)).toHaveLength(1);
    expect(village.told(others[0], 'peer-left')).toMatchObject([
      { name: 'relay 1', reason: 'user' },
    ]);
    const heard = phone.heard.length;
    village.tell(middle, { kind: 'say', text: 'still here' });
    village.pass(120_000);
    expect(phone.ofType(ANNOUNCE).filter(isOf(1))).toHaveLength(
      phone.heard.slice(0, heard).filter(({ packet }) => isOf(1)(packet) && packet.type === 1)
        .length,
    );
    expect(village.told(middle, 'refused')).toEqual([
      { kind: 'refused', what: 'say', reason: 'left' },
    ]);
  });

  it('misses a peer that has been silent for a minute', () => {
    const village = new Village();
    const station = stationOf(village, 1);
    const phone = phoneOf(village, 10);
    village.join(station, 0, phone, 0, 'phone');
    village.write(phone, 0, announceOf(phone.identity, { timestamp: timeIn(village) }));
    village.pass(59_000);
    expect(village.told(station, 'peer-left')).toEqual([]);
    village.pass(2000);
    expect(village.told(station, 'peer-left')).toMatchObject([{ reason: 'timeout' }]);
  });
});

describe('a station without a clock', () => {
  it('relays, and says nothing in its own name', () => {
    const village = new Village();
    const station = stationOf(village, 1);
    village.tell(station, { kind: 'clock', offsetMs: null });
    const [here, there] = [phoneOf(village, 10), phoneOf(village, 11)];
    village.join(station, 0, here, 0, 'phone');
    village.join(station, 1, there, 0, 'phone');
    village.write(here, 0, announceOf(here.identity, { timestamp: 5 }));
    village.pass(500);
    village.write(here, 0, messageOf(here.identity, 6));
    village.tell(station, { kind: 'say', text: 'what time is it?' });
    village.pass(60_000);
    expect(there.heard.map(({ packet }) => packet.type)).toEqual([ANNOUNCE, MESSAGE]);
    expect(village.told(station, 'refused')).toEqual([
      { kind: 'refused', what: 'say', reason: 'no-clock' },
    ]);
  });
});

describe('pings and traces of a station', () => {
  it('measures time and hops to a peer two links away', () => {
    const { village, others } = crossroads();
    village.tell(others[0], { kind: 'ping', id: person(3).id });
    village.pass(2000);
    const [pong] = village.told(others[0], 'pong');
    expect(pong).toMatchObject({ id: person(3).id, hops: 2 });
    expect(pong.roundTripMs).toBeGreaterThan(10);
    expect(pong.roundTripMs).toBeLessThan(500);
  });

  it('gives a ping up after ten seconds', () => {
    const { village, middle } = crossroads();
    village.tell(middle, { kind: 'ping', id: person(99).id });
    village.pass(10_001);
    expect(village.told(middle, 'ping-lost')).toEqual([{ kind: 'ping-lost', id: person(99).id }]);
  });

  it('answers five pings in ten seconds, and only where they came from', () => {
    const { village, middle, phone, others } = crossroads();
    for (let i = 0; i < 8; i++) {
      const payload = encodePing({ nonce: noise(8, i), originTtl: 7 });
      const [sender, recipient] = [phone.identity.id, person(1).id];
      const timestamp = timeIn(village);
      const ping = composePacket({ type: PING, ttl: 7, timestamp, sender, payload, recipient });
      village.write(phone, 0, ping);
    }
    village.pass(1000);
    expect(phone.ofType(PONG)).toHaveLength(5);
    expect(middle.snapshot(village.now).links[0].drops).toEqual({ 'ping-flooding': 3 });
    for (const other of others) expect(village.told(other, 'pong')).toEqual([]);
  });

  it('shows the way to a peer hop by hop', () => {
    const { village, others } = crossroads();
    const far = stationOf(village, 5, { lines: 1 });
    village.line(others[2], 11, far, 11);
    village.pass(1000);
    village.tell(others[0], { kind: 'trace', id: person(5).id });
    village.pass(6000);
    const hops = village.told(others[0], 'hop').map(({ hop }) => hop);
    const way = hops.filter(({ id }) => [1, 4, 5].some((n) => id.join() === person(n).id.join()));
    expect(way.map(({ distance, medium }) => ({ distance, medium }))).toEqual([
      { distance: 0, medium: 'air' },
      { distance: 1, medium: 'wire' },
      { distance: 2, medium: 'line' },
    ]);
    expect(village.told(others[0], 'trace-done')).toHaveLength(1);
  });
});

describe('the seams of a station', () => {
  it('hands private packets for it to the services, and no others', () => {
    const { village, middle, phone } = crossroads();
    const payload = noise(40);
    const send = (recipient: Uint8Array): void => {
      const draft = { type: ENCRYPTED, ttl: 7, timestamp: timeIn(village), payload, recipient };
      village.write(phone, 0, composePacket({ ...draft, sender: phone.identity.id }));
    };
    send(person(1).id);
    send(person(2).id);
    village.pass(500);
    const up = village.tape.flatMap(({ resident, output }) =>
      resident === middle && output.kind === 'deliver' ? [output] : [],
    );
    expect(up).toMatchObject([{ link: 0, packet: { type: ENCRYPTED, payload } }]);
  });

  it('says what a service wants said: sealed, stamped and padded', () => {
    const { village, middle, phone } = crossroads();
    const recipient = phone.identity.id;
    const draft = { type: ENCRYPTED, payload: noise(40), recipient, isSigned: false };
    village.tell(middle, { kind: 'send', draft });
    village.pass(200);
    const [private_] = phone.heard.filter(({ packet }) => packet.type === ENCRYPTED);
    expect(private_.bytes).toHaveLength(256);
    expect(private_.packet).toMatchObject({ sender: person(1).id, recipient, ttl: 7 });
  });

  it('shows every packet heard and sent, while somebody looks', () => {
    const { village, middle, phone } = crossroads();
    village.tell(middle, { kind: 'tap', isOn: true });
    village.write(phone, 0, announceOf(phone.identity, { timestamp: timeIn(village) }));
    village.pass(300);
    const tapped = village.tape.flatMap(({ output }) =>
      output.kind === 'tapped' ? [`${output.frame.way} ${output.frame.link}`] : [],
    );
    expect(tapped.sort()).toEqual(['heard 0', 'sent 1', 'sent 2', 'sent 7']);
    village.tell(middle, { kind: 'tap', isOn: false });
    const shown = village.tape.length;
    village.pass(60_000);
    expect(village.tape.slice(shown).some(({ output }) => output.kind === 'tapped')).toBe(false);
  });

  it('stores the keys it met ten minutes later, and once', () => {
    const { village, middle } = crossroads();
    const isOfMiddle = ({ resident }: { resident: object }): boolean => resident === middle;
    const seen = village.tape
      .filter(isOfMiddle)
      .find(({ output }) => output.kind === 'told' && output.event.kind === 'peer-seen')!;
    village.pass(PINS_EVERY_MS);
    const stored = village.tape.filter(isOfMiddle).filter(({ output }) => output.kind === 'store');
    expect(stored.map(({ at }) => at)).toEqual([seen.at + PINS_EVERY_MS]);
    expect(middle.deadline()).toBeGreaterThan(village.now);
  });

  it('stores the keys it met at the end, and knows them after a restart', () => {
    const { village, middle } = crossroads();
    const stored = village
      .tell(middle, { kind: 'leave' })
      .flatMap((output) => (output.kind === 'store' ? [output.record] : []));
    const pins = stored.flatMap((record) => (record.kind === 'pins' ? record.pins : []));
    expect(pins).toHaveLength(3);
    const again = stationOf(new Village(), 1, { pins });
    expect(again.pins.all()).toEqual(pins);
  });
});

/** A station with a phone, two nodes and a wire, all of them met. */
function crossroads(): { village: Village; middle: Station; phone: Phone; others: Station[] } {
  const village = new Village();
  const middle = stationOf(village, 1);
  const others = [2, 3, 4].map((number) => stationOf(village, number, { lines: 1 }));
  const phone = phoneOf(village, 10);
  village.join(middle, 0, phone, 0, 'phone');
  village.join(middle, 1, others[0], 0, 'node');
  village.join(middle, 2, others[1], 0, 'node');
  village.join(middle, 7, others[2], 7, 'wire');
  village.pass(5000);
  return { village, middle, phone, others };
}

function isOf(number: number): (packet: { sender: Uint8Array }) => boolean {
  return ({ sender }) => sender.join() === person(number).id.join();
}

/** Bytes that do not compress. */
function noise(size: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * 7919 + seed * 104_729) >> 3);
}

function longText(): string {
  return Array.from({ length: 300 }, (_, i) => String.fromCodePoint(0x4e00 + i * 13)).join('');
}
