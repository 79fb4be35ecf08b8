/**
 * A station among people who mean harm: what is flooded, forged, replayed or made up costs others
 * nothing, and its own memory a bounded amount (RELIABILITY §2). The full counts run in soak.
 */
import { describe, expect, it } from 'vitest';
import {
  ANNOUNCE,
  ENCRYPTED,
  encodePacket,
  FRAGMENT,
  HANDSHAKE,
  IS_ANSWER,
  FLAGS_AT,
  MESSAGE,
  plainPacket,
} from '../../../protocol/core/packet.ts';
import { TICK } from '../../../protocol/core/machine.ts';
import type { StationOutput } from '../../../protocol/peer/contract.ts';
import { PEERS_MAX } from '../../../protocol/peer/peers.ts';
import { REBIND_MS } from '../../../protocol/peer/links.ts';
import { STATION_DEFAULTS } from '../../../protocol/peer/settings.ts';
import type { StationConfig } from '../../../protocol/peer/settings.ts';
import type { Station } from '../../../protocol/peer/station.ts';
import { ASSEMBLER_LIMITS } from '../../../protocol/wire/fragment-assembler.ts';
import { encodeFragment, splitFrame } from '../../../protocol/wire/fragment.ts';
import { Siege } from '../../../tools/simulate/siege.ts';
import { withTtl } from '../../packets.ts';
import { runs, SEED, SOAK, xorshift } from '../../seed.ts';
import { announceOf, messageOf, person } from '../trust/people.ts';
import { crypto } from '../trust/ports.ts';
import { filled } from '../wire/given.ts';
import { EPOCH, phoneOf, stationOf, timeIn, Village } from './village.ts';

describe('S7: a packet that claims an impossible sender', () => {
  for (const [who, sender] of [
    ['everybody', filled(8, 0xff)],
    ['nobody', filled(8, 0)],
    ['the station itself', person(1).id],
  ] as const) {
    it(`goes nowhere when that is ${who}`, () => {
      const { village, station, victim, attacker } = alley();
      const before = victim.heard.length;
      for (const type of [ENCRYPTED, HANDSHAKE, FRAGMENT, 0x7f]) {
        const timestamp = timeIn(village) + type;
        const frame = encodePacket(plainPacket(type, 7, timestamp, sender, filled(30, type)));
        village.write(attacker, 0, frame);
      }
      village.pass(1000);
      expect(victim.heard.length).toBe(before);
      const { drops } = station.snapshot(village.now);
      expect((drops['bad-sender'] ?? 0) + (drops['own-echo'] ?? 0)).toBe(4);
    });
  }
});

describe('S17: what is unsigned by design', () => {
  it('is passed on with no more hops than a phone gives it', () => {
    const { village, victim, attacker } = alley();
    for (const ttl of [255, 64, 8, 7]) {
      const fields = plainPacket(ENCRYPTED, ttl, timeIn(village), person(30).id, filled(20, ttl));
      village.write(attacker, 0, encodePacket(fields));
    }
    village.pass(1000);
    expect(victim.ofType(ENCRYPTED).map(({ ttl }) => ttl)).toEqual([6, 6, 6, 6]);
  });

  it('is passed on in one name at the rate of that name, and in all names at that of the link', () => {
    const { perLinkAndSender, unverified } = STATION_DEFAULTS.admission;
    for (const [names, rate] of [
      [1, perLinkAndSender],
      [100_000, unverified],
    ] as const) {
      const { village, station } = alley();
      for (let i = 0; i < 20_000; i++) {
        const sender = filled(8, 7);
        new DataView(sender.buffer).setUint32(0, 1 + (i % names));
        const fields = plainPacket(ENCRYPTED, 7, timeIn(village) + i, sender, filled(20, 1));
        station.step({ kind: 'received', link: 1, bytes: encodePacket(fields) }, village.now);
        if (i % 10 === 0) village.pass(1);
      }
      const { drops, delivered } = station.snapshot(village.now);
      // Two seconds of it.
      expect(drops['flooding']).toBeGreaterThan(20_000 - rate.burst - 3 * rate.perSecond);
      expect(delivered).toBeLessThan(rate.burst + 3 * rate.perSecond);
    }
  });
});

describe('S18: an announce that is replayed with the TTL of a neighbour', () => {
  it('moves nobody to the link of who replays it', () => {
    const { village, station, victim, attacker } = alley();
    const announce = announceOf(victim.identity, { timestamp: timeIn(village) });
    village.write(victim, 0, announce);
    village.pass(500);
    for (const delay of [0, 10_000, 130_000, 700_000]) {
      village.pass(delay);
      village.write(victim, 0, announceOf(victim.identity, { timestamp: timeIn(village) }));
      village.pass(100);
      const before = peersOnLinks(station, village);
      village.write(attacker, 0, announce);
      village.write(attacker, 0, withTtl(announce, 7));
      village.pass(500);
      expect(peersOnLinks(station, village)).toEqual(before);
    }
  });

  it('moves nobody either when it is the first copy, while its sender is bound elsewhere', () => {
    const { village, station, victim, attacker } = alley();
    village.write(victim, 0, announceOf(victim.identity, { timestamp: timeIn(village) }));
    village.pass(100);
    village.write(attacker, 0, announceOf(victim.identity, { timestamp: timeIn(village) }));
    village.pass(100);
    expect(peersOnLinks(station, village)[1]).not.toBe(peersOnLinks(station, village)[0]);
  });

  it('leaves a link to whom it was bound, for a minute', () => {
    const { village, station, attacker } = alley();
    village.write(attacker, 0, announceOf(attacker.identity, { timestamp: timeIn(village) }));
    village.pass(100);
    const before = peersOnLinks(station, village);
    village.write(attacker, 0, announceOf(person(40), { timestamp: timeIn(village) }));
    village.pass(REBIND_MS - 1000);
    expect(peersOnLinks(station, village)).toEqual(before);
    village.pass(1000);
    village.write(attacker, 0, announceOf(person(41), { timestamp: timeIn(village) }));
    village.pass(100);
    expect(peersOnLinks(station, village)).not.toEqual(before);
  });
});

describe('S2, S3: keys of a peer that others try to take over', () => {
  it('stay those it was met with, and the attempt is told', () => {
    const { village, station, victim, attacker } = alley();
    village.write(victim, 0, announceOf(victim.identity, { timestamp: timeIn(village) }));
    village.pass(100);
    const pinned = station.pins.find(victim.identity.id);
    const { noiseKey } = victim.identity;
    for (const signingKey of [attacker.identity.signingKey, new Uint8Array(32)]) {
      const claims = { noiseKey, signingKey, timestamp: timeIn(village) };
      village.write(attacker, 0, announceOf(attacker.identity, claims));
      village.pass(100);
    }
    expect(station.pins.find(victim.identity.id)).toEqual(pinned);
    expect(village.told(station, 'alarm')).toEqual([{ kind: 'alarm', id: victim.identity.id }]);
  });
});

describe('S4, S15: peers and senders that are made up', () => {
  it('take a bounded place, and never that of a peer whom a person keeps', () => {
    const { village, station, victim } = alley({
      pinsLimits: { seenMax: 64, keptMax: 16, deniedMax: 16 },
    });
    village.write(victim, 0, announceOf(victim.identity, { timestamp: timeIn(village) }));
    village.pass(100);
    expect(station.pins.keep(victim.identity.id, 'verified')).toBe(true);
    const made = runs(500, 20_000);
    for (let i = 0; i < made; i++) {
      const bytes = announceOf(person(100_000 + i), { timestamp: timeIn(village) });
      station.step({ kind: 'received', link: 1, bytes }, village.now);
      if (i % 20 === 0) village.pass(100);
    }
    expect(station.pins.all().length).toBe(65);
    expect(station.pins.find(victim.identity.id)?.standing).toBe('verified');
    const { peers } = station.snapshot(village.now);
    expect(peers.length).toBeLessThanOrEqual(PEERS_MAX);
  });

  it('R10: grow nothing when a million of them say one thing each', () => {
    const senders = runs(20_000, 1_000_000);
    const { village, station } = alley();
    const random = xorshift(SEED);
    let mid = 0;
    for (let i = 0; i < senders; i++) {
      const sender = filled(8, 9);
      new DataView(sender.buffer).setUint32(0, i + 1);
      const type = [ENCRYPTED, HANDSHAKE, MESSAGE, 0x7f, ANNOUNCE][i % 5];
      const fields = plainPacket(
        type,
        random(9),
        EPOCH + Math.floor(village.now),
        sender,
        filled(9, 1),
      );
      station.step({ kind: 'received', link: random(2), bytes: encodePacket(fields) }, village.now);
      if (i % 50 === 0) village.pass(5);
      if (i % 5000 === 0) village.forget();
      if (i === senders >> 1) mid = memory();
    }
    report(`${senders} sender ids`);
    // Half of them have filled whatever fills; what the collector leaves behind is little beside that.
    if (SOAK) expect(memory() - mid).toBeLessThan(64);
    expect(station.snapshot(village.now).peers.length).toBeLessThanOrEqual(1);
  });

  it('S14: opens fragments without end, and those of others still come together', () => {
    const chains = runs(20_000, 1_000_000);
    const { village, station, victim } = alley();
    village.write(victim, 0, announceOf(victim.identity, { timestamp: timeIn(village) }));
    village.pass(100);
    const whole = splitFrame(
      messageOf(victim.identity, timeIn(village), { payload: filled(1200, 65) }),
      filled(8, 3),
    );
    const pieces = whole.ok ? whole.value : [];
    expect(pieces.length).toBeGreaterThan(2);
    let sent = 0;
    for (let i = 0; i < chains; i++) {
      const id = filled(8, 1);
      new DataView(id.buffer).setUint32(0, i);
      const sender = filled(8, 5);
      new DataView(sender.buffer).setUint32(0, 1 + (i % 50_000));
      const payload = encodeFragment({
        id,
        index: 0,
        total: 99,
        type: MESSAGE,
        piece: filled(300, 1),
      });
      const fields = plainPacket(FRAGMENT, 7, EPOCH + Math.floor(village.now), sender, payload);
      station.step({ kind: 'received', link: 1, bytes: encodePacket(fields) }, village.now);
      if (i % 20 === 0) village.pass(1);
      if (i % 5000 === 0 && sent === 0) village.forget();
      if (sent < pieces.length && i > chains - (pieces.length - sent) * 3000) {
        village.write(victim, 0, pieces[sent++]);
      }
    }
    village.pass(1000);
    report(`${chains} fragment chains, ${ASSEMBLER_LIMITS.sets} kept at most`);
    expect(village.told(station, 'message').map(({ text }) => text.length)).toEqual([1200]);
  });
});

describe('S11: genuine packets that are replayed', () => {
  it('are delivered once, however often and in whatever guise, while they are remembered', () => {
    const replays = runs(30_000, 1_000_000);
    const { village, station, victim } = alley();
    const random = xorshift(SEED + 1);
    const speakers = [victim.identity, person(60), person(61)];
    const genuine: Uint8Array[] = [];
    for (const speaker of speakers) {
      village.write(victim, 0, announceOf(speaker, { timestamp: timeIn(village) }));
      village.pass(50);
      for (let i = 0; i < 30; i++) genuine.push(messageOf(speaker, timeIn(village) + i));
    }
    for (const frame of genuine) village.write(victim, 0, frame);
    village.pass(1000);
    const delivered = village.told(station, 'message').length;
    expect(delivered).toBe(genuine.length);
    let again = 0;
    for (let i = 0; i < replays; i++) {
      const bytes = withTtl(genuine[random(genuine.length)], random(256));
      if (random(3) === 0) bytes[FLAGS_AT] |= IS_ANSWER;
      again += messagesIn(station.step({ kind: 'received', link: random(2), bytes }, village.now));
      // Ten minutes altogether: past the time in which a packet may be of now.
      if (i % 100 === 0) {
        village.pass(60_000_000 / replays);
        again += messagesIn(station.step(TICK, village.now));
      }
    }
    expect(again).toBe(0);
    expect(village.told(station, 'message')).toHaveLength(delivered);
  });
});

describe('R6: a flood of forgeries on one link', () => {
  it('costs honest people on another less than a packet in a thousand, nor much time', () => {
    const seconds = runs(3, 60);
    const calm = besieged(0, seconds);
    const siege = besieged(10_000, seconds);
    expect(siege.flooded).toBeGreaterThanOrEqual(seconds * 10_000 - 10);
    expect(siege.delays.length / siege.said).toBeGreaterThanOrEqual(0.999);
    expect(siege.passedOn / siege.flooded).toBeLessThanOrEqual(1);
    expect(p99(siege.delays)).toBeLessThanOrEqual(2 * p99(calm.delays));
  });
});

function besieged(floodPerSecond: number, seconds: number): Siege {
  let now = 0;
  const siege = new Siege(
    { seed: SEED, crypto, people: 10, sayMs: 1000, floodPerSecond, writesPerSecond: 100 },
    () => now,
  );
  for (; now < seconds * 1000; now++) siege.advance(now);
  siege.hush();
  for (const until = now + 2000; now < until; now++) siege.advance(now);
  return siege;
}

function p99(delays: number[]): number {
  return delays.sort((a, b) => a - b)[Math.floor(delays.length * 0.99)];
}

/** A station with a victim on link 0 and an attacker on link 1. */
function alley(differs: Partial<StationConfig> = {}) {
  const village = new Village();
  const station = stationOf(village, 1, differs);
  const [victim, attacker] = [phoneOf(village, 20), phoneOf(village, 30)];
  village.join(station, 0, victim, 0, 'phone');
  village.join(station, 1, attacker, 0, 'phone');
  village.pass(100);
  return { village, station, victim, attacker };
}

function peersOnLinks(station: Station, village: Village): (string | null)[] {
  return station.snapshot(village.now).links.map(({ peer }) => peer);
}

function messagesIn(outputs: StationOutput[]): number {
  return outputs.filter((output) => output.kind === 'told' && output.event.kind === 'message')
    .length;
}

/** MB of this process. */
function memory(): number {
  return process.memoryUsage().rss / 2 ** 20;
}

function report(what: string): void {
  if (SOAK) console.log(`${what}: ${memory().toFixed(0)} MB of RSS`);
}
