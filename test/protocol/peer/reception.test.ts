/**
 * A reception is woken when the first of its machines is due, whatever it hears, and tells of an
 * announce once.
 */
import { describe, expect, it } from 'vitest';
import { LEAVE, PING, plainPacket, PONG } from '../../../protocol/core/packet.ts';
import type { Hello } from '../../../protocol/core/hello.ts';
import type { Mode } from '../../../protocol/core/version.ts';
import type { Identity } from '../../../protocol/trust/identity.ts';
import { Pins } from '../../../protocol/trust/pins.ts';
import { HISTORY_LIMITS } from '../../../protocol/peer/history.ts';
import { Links } from '../../../protocol/peer/links.ts';
import { NoteDesk } from '../../../protocol/peer/note-desk.ts';
import { REACHABLE_MS, TOLD_EVERY_MS } from '../../../protocol/peer/peers.ts';
import { RECONCILE_DEFAULTS } from '../../../protocol/peer/reconcile.ts';
import type { ReceptionOutput } from '../../../protocol/peer/reception.ts';
import { OWN_TTL, Reception } from '../../../protocol/peer/reception.ts';
import { STATION_DEFAULTS } from '../../../protocol/peer/settings.ts';
import { encodeLeave } from '../../../protocol/wire/leave.ts';
import { encodePing } from '../../../protocol/wire/ping.ts';
import { runs, SEED, xorshift } from '../../seed.ts';
import { announceOf, messageOf, person } from '../trust/people.ts';
import { crypto } from '../trust/ports.ts';
import { filled } from '../wire/given.ts';

const LINKS = 3;
const EPOCH = 1_700_000_000_000;

describe('a reception', () => {
  it('is due when the first of its machines is', () => {
    for (let round = 0; round < runs(4, 400); round++) {
      const random = xorshift(SEED + round);
      const { reception, desk } = receptionWith(random);
      const { peers, pinger, tracer, sync } = reception;
      let now = 0;
      for (let step = 0; step < 60; step++) {
        now += random(5) === 0 ? random(20_000) : random(500);
        doAnything(reception, random, now);
        const timed = reception.hasClock ? sync.deadline() : Infinity;
        const due = [peers, pinger, tracer, desk].map((machine) => machine.deadline());
        expect(reception.deadline(), `seed ${SEED + round}`).toBe(Math.min(timed, ...due));
        // Asking all of them anew changes nothing.
        const before = reception.deadline();
        reception.setClock(reception.hasClock ? EPOCH : null);
        expect(reception.deadline(), `seed ${SEED + round}`).toBe(before);
        if (now >= before) reception.tick(now);
      }
    }
  });

  it('misses whoever falls silent, and tells by his links why', () => {
    expect(missed(() => undefined)).toEqual(['timeout']);
    expect(missed((to) => close(to, 0))).toEqual(['network']);
    const letGo = missed((to) => close(to, 0, false));
    expect(letGo, 'let go for its silence').toEqual(['timeout']);
    expect(
      missed((to) => close(to, 1)),
      'another link',
    ).toEqual(['timeout']);
    const elsewhere = (to: ReturnType<typeof receptionWith>): void => {
      close(to, 0);
      const frame = announceOf(person(1), { timestamp: EPOCH + 2000 });
      hear(to.reception, frame, OWN_TTL - 1, 2000, 1);
    };
    expect(missed(elsewhere, 2000), 'heard by another way since').toEqual(['timeout']);
    const { id } = person(1);
    const hello = { name: new Uint8Array(0) } as Hello;
    const linked = (mode: Mode) => (to: ReturnType<typeof receptionWith>) => {
      close(to, 0);
      to.links.step({ kind: 'lined', medium: 'line', link: 2, id, mode, hello }, 1500);
    };
    expect(missed(linked('incompatible'))).toEqual(['protocol']);
    expect(missed(linked('full')), 'another link leads to him').toEqual(['timeout']);
  });

  it('says of an announce what it tells of once, and asks whoever is next to it', () => {
    const { reception } = receptionWith(xorshift(1));
    reception.setClock(EPOCH);
    const frame = announceOf(person(1), { timestamp: EPOCH });
    const { id } = person(1);
    const [name, capabilities] = ['somebody', null];
    const neighbours = new Uint8Array(0);
    expect(hear(reception, frame, OWN_TTL, 0)).toEqual([
      { kind: 'bound', link: 0, id },
      { kind: 'told', event: { kind: 'peer-seen', id, name, isDirect: true } },
      { kind: 'told', event: { kind: 'announced', id, name, frame, capabilities, neighbours } },
    ]);
    const again = announceOf(person(1), { timestamp: EPOCH + 5 });
    expect(hear(reception, again, 5, 5, 1)).toEqual([]);
    expect(reception.peers.find(id)).toMatchObject({ heardAt: 5, isDirect: false, hops: 3 });
    expect(reception.tick(reception.deadline())).toMatchObject([{ kind: 'say', link: 0 }]);
    const late = announceOf(person(1), { timestamp: EPOCH + TOLD_EVERY_MS });
    expect(hear(reception, late, 5, TOLD_EVERY_MS)).toMatchObject([
      { kind: 'told', event: { kind: 'announced', frame: late } },
    ]);
  });

  it('takes nothing from an announce that nobody vouches for, or that is old', () => {
    const { reception } = receptionWith(xorshift(1));
    reception.setClock(EPOCH);
    const forged = { link: 0, ttl: 6, isVerified: false, isReleased: false };
    expect(
      reception.hear({ ...forged, bytes: announceOf(person(1), { timestamp: EPOCH }) }, 0),
    ).toEqual([]);
    const old = announceOf(person(2), { timestamp: EPOCH - 130_000 });
    expect(hear(reception, old, OWN_TTL, 0)).toEqual([]);
    expect(reception.peers.size).toBe(0);
    expect(reception.deadline()).toBe(Infinity);
  });
});

function receptionWith(random: (below: number) => number) {
  const desk = new NoteDesk(crypto, random, []);
  const { window, packetsMax, bytesMax, pace } = STATION_DEFAULTS;
  const crc = (): number => 0;
  const at = { id: person(0).id, linksMax: LINKS, frameMax: 512, crc, pace };
  const links = new Links({ ...at, window, packetsMax, bytesMax });
  for (let link = 0; link < LINKS; link++) {
    const opened = { kind: 'opened', link, medium: 'phone', payloadMax: 512, rssi: 0 } as const;
    links.step({ ...opened, hello: null as never }, 0);
  }
  const reception = new Reception({
    ...{ id: person(0).id, crypto, pins: new Pins(crypto), links, desk, ttl: OWN_TTL },
    ...{ reachableMs: REACHABLE_MS, seed: 1, routes: null, historyLimits: HISTORY_LIMITS },
    ...{ islandBytesPerMs: 1, reconcile: RECONCILE_DEFAULTS, asksForHistory: true },
    draw: (count) => Uint8Array.from({ length: count }, () => random(256)),
  });
  return { reception, desk, links };
}

function hear(
  reception: Reception,
  bytes: Uint8Array,
  ttl: number,
  now: number,
  link = 0,
): ReceptionOutput[] {
  return reception.hear({ link, bytes, ttl, isVerified: true, isReleased: false }, now);
}

/** Why somebody who announced himself over link 0 at 0 is missed a minute after `last`. */
function missed(meanwhile: (to: ReturnType<typeof receptionWith>) => void, last = 0): string[] {
  const made = receptionWith(xorshift(1));
  made.reception.setClock(EPOCH);
  hear(made.reception, announceOf(person(1), { timestamp: EPOCH }), OWN_TTL, 0);
  meanwhile(made);
  return made.reception.tick(last + REACHABLE_MS).flatMap((output) => {
    const isLeft = output.kind === 'told' && output.event.kind === 'peer-left';
    return isLeft ? [(output.event as { reason: string }).reason] : [];
  });
}

function close(
  { reception, links }: ReturnType<typeof receptionWith>,
  link: number,
  isLost = true,
): void {
  links.step({ kind: 'closed', link }, 1000);
  reception.gone(link, isLost, 1000);
}

/** Anything that steps one of its machines, or none. */
function doAnything(reception: Reception, random: (below: number) => number, now: number): void {
  const who = person(1 + random(4));
  const [link, ttl] = [random(LINKS), 5 + random(3)];
  const nonce = filled(8, random(3));
  const wallMs = EPOCH + now;
  const deeds = [
    () => hear(reception, announceOf(who, { timestamp: wallMs }), ttl, now, link),
    () => hear(reception, messageOf(who, wallMs), ttl, now, link),
    () => hear(reception, leaveOf(who, wallMs), ttl, now, link),
    () => hear(reception, pingOf(who, wallMs), ttl, now, link),
    () => hear(reception, pongOf(who, wallMs, nonce), ttl, now, link),
    () => reception.ping({ id: who.id }, nonce, now),
    () => reception.beginTrace(who.id, nonce, now),
    () => reception.setClock(random(4) === 0 ? null : EPOCH),
    () => reception.gone(link, true, now),
    () => reception.lineUp(link, now),
  ];
  deeds[random(deeds.length)]();
}

function leaveOf(who: Identity, timestamp: number): Uint8Array {
  return who.sealPacket(plainPacket(LEAVE, 7, timestamp, who.id, encodeLeave({ channel: null })));
}

function pingOf(who: Identity, timestamp: number): Uint8Array {
  return pongOf(who, timestamp, filled(8, 1), PING);
}

function pongOf(who: Identity, timestamp: number, nonce: Uint8Array, type = PONG): Uint8Array {
  const payload = encodePing({ nonce, originTtl: 7 });
  const packet = plainPacket(type, 7, timestamp, who.id, payload);
  return who.sealPacket({ ...packet, recipient: person(0).id });
}
