/**
 * Who is at the far end of our links: what is known of him, what he is kept apart for and for how long,
 * and what a person's word does to that. The station, its links and the bridge are real.
 */
import { describe, expect, it } from 'vitest';
import { Neighbour } from '../../../host/neighbours/neighbour.ts';
import {
  LOOK_EVERY_MS,
  Neighbours,
  NEIGHBOURS_MAX,
  NOTED_MAX,
  QUARANTINE_AT,
  TELL_EVERY_MS,
  TOLD_MAX,
} from '../../../host/neighbours/neighbours.ts';
import type { ComponentOutput } from '../../../host/component.ts';
import { TICK } from '../../../protocol/core/machine.ts';
import type { LinkSnapshot, Snapshot } from '../../../protocol/peer/snapshot.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { componentPorts } from '../registry/ports.ts';
import { messageOf } from '../../protocol/trust/people.ts';
import { timeIn } from '../../protocol/peer/village.ts';
import { House, Lane } from './lane.ts';

describe('a neighbour', () => {
  it('has figures from when he came, and keeps them when he goes', () => {
    const lane = new Lane();
    const { village, house, friend } = lane;
    const before = lane.view(friend);
    for (let i = 0; i < 5; i++) lane.from(friend, messageOf(friend.identity, timeIn(village) + i));
    lane.pass(LOOK_EVERY_MS);
    const after = lane.view(friend);
    expect(after.heard - before.heard).toBe(5);
    expect(after.connectedMs).toBe(village.now);
    expect(after.silentMs).toBeLessThanOrEqual(LOOK_EVERY_MS);
    expect(after.sent).toBeGreaterThan(0);
    expect(after.reputation).toBeGreaterThan(before.reputation);
    village.cut(house, 0);
    village.pass(60_000);
    expect(lane.view(friend)).toMatchObject({ connectedMs: null, heard: after.heard });
    expect(lane.view(friend).silentMs).toBeGreaterThanOrEqual(60_000);
  });

  it('is gone when somebody else shows himself at the end of his link', () => {
    const { component, link } = watch();
    const connectedMs = (id: Uint8Array) => component.view(id, LOOK_EVERY_MS)?.connectedMs;
    expect(connectedMs(link.id)).toBe(LOOK_EVERY_MS);
    drop(component, { ...link, id: idOf(2) }, {}, LOOK_EVERY_MS);
    expect([connectedMs(link.id), connectedMs(idOf(2))]).toEqual([null, LOOK_EVERY_MS]);
  });

  it('has a loss that is that of his last heartbeats, and a way as long as was measured', () => {
    const neighbour = new Neighbour(new Uint8Array(8), 0);
    expect(neighbour.view(0)).toMatchObject({ loss: null, roundTripMs: null });
    for (let i = 0; i < 30; i++) neighbour.beat(i % 3 === 0 ? 1 : 0, i);
    neighbour.measure(42);
    expect(neighbour.view(30)).toMatchObject({ loss: 10 / 40, roundTripMs: 42, silentMs: 1 });
    for (let i = 0; i < 1000; i++) neighbour.beat(0, 30 + i);
    expect(neighbour.view(2000).loss).toBeLessThan(0.01);
  });

  it('of a node has both from its heartbeats', () => {
    const { component, link } = watch();
    component.step({ kind: 'beat', link: 1, id: link.id, roundTripMs: 31, missed: 1 }, 10);
    expect(component.view(link.id, 20)).toMatchObject({ roundTripMs: 31, loss: 0.5, silentMs: 10 });
  });
});

describe('a neighbour who goes on doing harm', () => {
  it('is kept apart, passed on, and shown again when his reputation is back', () => {
    const lane = new Lane();
    const { village, house, friend, foe } = lane;
    spoil(lane, 12);
    expect(lane.view(foe)).toMatchObject({ isQuarantined: true });
    expect(lane.view(foe).reputation).toBeLessThanOrEqual(QUARANTINE_AT);
    expect(lane.judgements()).toEqual(['quarantine by reputation']);
    expect(lane.view(friend).isQuarantined).toBe(false);

    const word = messageOf(foe.identity, timeIn(village));
    lane.from(foe, word);
    lane.pass(1000);
    expect(lane.texts()).toEqual([]);
    expect(friend.heard.some(({ bytes }) => bytes.length === word.length)).toBe(true);

    // He behaves from now on.
    lane.pass(70 * 60_000);
    expect(lane.judgements()).toEqual(['quarantine by reputation', 'allow by reputation']);
    expect(lane.texts()).toEqual([textOf(word)]);
    expect(lane.view(foe).isQuarantined).toBe(false);
    const acts = lane.trail().map(({ act, who, subject }) => [act, who, subject]);
    const id = toHex(foe.identity.id);
    expect(acts).toEqual([
      ['threat', 'bridge', id],
      ['quarantined', 'bridge', id],
      ['released', 'bridge', id],
    ]);
    expect(house.bridge.snapshot(lane.now).components[1].health).toEqual({ state: 'well' });
  });

  it('is let in at once by a person, and nothing is held against him', () => {
    const lane = new Lane();
    const { village, house, foe } = lane;
    spoil(lane, 12);
    const word = messageOf(foe.identity, timeIn(village));
    lane.from(foe, word);
    lane.pass(1000);
    house.ask({ kind: 'allow', peer: foe.identity.id }, lane.now);
    expect(lane.texts()).toEqual([textOf(word)]);
    expect(lane.view(foe)).toMatchObject({ isQuarantined: false, reputation: 100 });
    expect(lane.judgements().at(-1)).toBe('allow by person');
  });

  it('is heard all the same if a person vouched for him', () => {
    const lane = new Lane();
    const { village, house, foe } = lane;
    house.ask({ kind: 'stand', peer: foe.identity.id, standing: 'trusted' }, lane.now);
    spoil(lane, 12);
    lane.from(foe, messageOf(foe.identity, timeIn(village)));
    lane.pass(1000);
    expect(lane.texts()).toHaveLength(1);
  });
});

describe('what a person decides', () => {
  it('is in the archive with its line of the audit trail, and works at once', () => {
    const lane = new Lane();
    const { village, house, foe } = lane;
    const peer = foe.identity.id;
    for (const [wish, check] of [
      [{ kind: 'quarantine', peer }, () => house.archive.peers.quarantined().length === 1],
      [{ kind: 'allow', peer }, () => house.archive.peers.quarantined().length === 0],
      [{ kind: 'deny', peer }, () => house.archive.peers.denied().length === 1],
      [{ kind: 'quarantine', peer }, () => house.archive.peers.denied().length === 0],
      [{ kind: 'limit', peer, perMinute: 5 }, () => house.bridge.pins.limitOf(peer) === 5],
      [{ kind: 'limit', peer, perMinute: null }, () => house.archive.peers.limits().length === 0],
    ] as const) {
      house.ask(wish, lane.now);
      expect(house.answers.at(-1)?.answer).toEqual({ kind: 'done' });
      expect(check(), wish.kind).toBe(true);
    }
    expect(lane.trail().map(({ act, who, detail }) => [act, who, detail])).toEqual([
      ['quarantined', 'owner', ''],
      ['allowed', 'owner', ''],
      ['blocked', 'owner', ''],
      ['quarantined', 'owner', ''],
      ['limited', 'owner', '5 messages a minute'],
      ['limited', 'owner', 'the rate of everybody'],
    ]);
    lane.from(foe, messageOf(foe.identity, timeIn(village)));
    lane.pass(1000);
    expect(lane.texts()).toEqual([]);
    house.ask({ kind: 'limit', peer, perMinute: 6001 }, lane.now);
    expect(house.answers.at(-1)?.answer).toEqual({ kind: 'refused', reason: 'bad-rate' });
  });
});

it('what a person decided holds after a restart', () => {
  const lane = new Lane();
  const { house, friend, foe } = lane;
  house.ask({ kind: 'deny', peer: foe.identity.id }, lane.now);
  house.ask({ kind: 'quarantine', peer: friend.identity.id }, lane.now);
  house.ask({ kind: 'limit', peer: friend.identity.id, perMinute: 7 }, lane.now);
  const { pins } = new House({}, lane.now, house.archive).bridge;
  expect(pins.isDenied(foe.identity.id)).toBe(true);
  expect(pins.isQuarantined(friend.identity.id)).toBe(true);
  expect(pins.limitOf(friend.identity.id)).toBe(7);
});

it.each([
  ['forged', 'bad-signature'],
  ['flooded', 'flood'],
])('nothing is held against whoever passes on what was %s, and it is told of', (reason, threat) => {
  const { component, link } = watch();
  const told = drop(component, link, { [reason]: 100 }, LOOK_EVERY_MS);
  expect(told.filter(({ kind }) => kind === 'event').map(threatOf)).toEqual([threat]);
  expect(component.view(link.id, LOOK_EVERY_MS)?.reputation).toBe(100);
});

describe('however many neighbours and threats there are', () => {
  it('a fixed number is known, and those of whom there is least to remember go first', () => {
    const { component, link } = watch();
    drop(component, link, { 'bad-signature': 3 }, LOOK_EVERY_MS);
    component.step({ kind: 'heard', event: { kind: 'link-closed', link: 1 } }, 5500);
    for (let i = 0; i < NEIGHBOURS_MAX + 50; i++) {
      const id = idOf(i + 1);
      component.step({ kind: 'beat', link: 2, id, roundTripMs: null, missed: 0 }, 6000);
    }
    expect(component.views(6000)).toHaveLength(NEIGHBOURS_MAX);
    expect(component.view(link.id, 6000)?.reputation).toBe(40);
  });

  it('whoever is forgotten for others is not kept apart any more', () => {
    const { component, link } = watch();
    const crowd = Array.from({ length: NEIGHBOURS_MAX }, (_, i) => ({ ...link, id: idOf(i + 1) }));
    for (let look = 1; look <= 8; look++) {
      dropAll(component, crowd, { 'bad-signature': 10 * look }, look * LOOK_EVERY_MS);
    }
    expect(component.statistics()['quarantined']).toBe(NEIGHBOURS_MAX);
    const id = idOf(NEIGHBOURS_MAX + 1);
    const told = component.step(
      { kind: 'beat', link: 1, id, roundTripMs: null, missed: 0 },
      41_000,
    );
    expect(component.statistics()['quarantined']).toBe(NEIGHBOURS_MAX - 1);
    const [gone] = crowd.filter((each) => component.view(each.id, 41_000) === null);
    expect(told).toContainEqual({ kind: 'order', order: { kind: 'release', id: gone.id } });
    const judged = { kind: 'PeerJudged', peer: gone.id, decision: 'allow', by: 'reputation' };
    expect(told).toContainEqual({ kind: 'event', event: judged });
  });

  it('a threat of one neighbour is told of once a minute, and noted once an hour', () => {
    const { component, link } = watch();
    const told: ComponentOutput[] = [];
    for (let i = 1; i <= 30; i++) {
      told.push(...drop(component, link, { flooding: 10 * i }, i * LOOK_EVERY_MS));
    }
    const events = told.filter(({ kind }) => kind === 'event');
    expect(events.map(threatOf)).toEqual(['flood', 'flood', 'flood']);
    expect(told.filter(({ kind }) => kind === 'store')).toHaveLength(1);
    expect(component.view(link.id, 150_000)?.threats).toEqual({ flood: 30 });
  });

  it('all together tell no more than so much a minute, and note no more than so much an hour', () => {
    const { component } = watch();
    const told: ComponentOutput[] = [];
    for (let i = 0; i < 200; i++) {
      const id = new Uint8Array(8).fill(i);
      told.push(...component.step({ kind: 'heard', event: { kind: 'alarm', id } }, 10 + i));
    }
    expect(told.filter(({ kind }) => kind === 'event')).toHaveLength(TOLD_MAX);
    expect(told.filter(({ kind }) => kind === 'store')).toHaveLength(NOTED_MAX);
    const id = new Uint8Array(8).fill(1);
    const later = component.step(
      { kind: 'heard', event: { kind: 'alarm', id } },
      TELL_EVERY_MS + 9,
    );
    expect(later).toEqual([]);
    const again = component.step(
      { kind: 'heard', event: { kind: 'alarm', id } },
      TELL_EVERY_MS + 10,
    );
    expect(again.map(({ kind }) => kind)).toEqual(['event']);
  });

  it('what a link did is not held against who has its number next', () => {
    const { component, link } = watch();
    drop(component, link, { 'bad-signature': 2 }, LOOK_EVERY_MS);
    const next = { ...link, id: new Uint8Array(8).fill(9), openedAt: 9000 };
    component.step({ kind: 'heard', event: { kind: 'link-closed', link: 1 } }, 9000);
    drop(component, next, { 'bad-signature': 2 }, 10_000);
    expect(component.view(next.id, 10_000)?.reputation).toBe(100);
    drop(component, next, { 'bad-signature': 3 }, 15_000);
    expect(component.view(next.id, 15_000)?.reputation).toBe(80);
  });
});

/** Signatures that do not hold, in the friend's name, over the foe's link. */
function spoil(lane: Lane, looks: number): void {
  const { village, friend, foe } = lane;
  for (let look = 0; look < looks; look++) {
    for (let i = 0; i < 4; i++) {
      const frame = messageOf(friend.identity, timeIn(village) + i);
      frame[frame.length - 20] ^= 1;
      lane.from(foe, frame);
    }
    lane.pass(LOOK_EVERY_MS);
  }
}

function textOf(frame: Uint8Array): string {
  const text = new TextDecoder().decode(frame);
  return /message \d+/.exec(text)![0];
}

type Watched = { id: Uint8Array; openedAt: number };

/** The component by itself, and a link whose counts the test says. */
function watch(): { component: Neighbours; link: Watched } {
  const ports = componentPorts();
  const component = new Neighbours(ports, 0);
  const link = { id: new Uint8Array(8).fill(5), openedAt: 0 };
  PORTS.set(component, ports);
  drop(component, link, {}, 0);
  return { component, link };
}

const PORTS = new WeakMap<Neighbours, ReturnType<typeof componentPorts>>();

/** The link is looked at, and has dropped so much by then. */
function drop(
  component: Neighbours,
  link: Watched,
  drops: Record<string, number>,
  now: number,
): ComponentOutput[] {
  return dropAll(component, [link], drops, now);
}

/** As many links, each of which has dropped so much. */
function dropAll(
  component: Neighbours,
  watched: Watched[],
  drops: Record<string, number>,
  now: number,
): ComponentOutput[] {
  const ports = PORTS.get(component)!;
  const still = componentPorts().station(0);
  ports.station = (at): Snapshot => {
    const counts = { heard: 0, sent: 0, drops, roundTripMs: null };
    const links = watched.map(({ id, openedAt }, index) => {
      return { link: index + 1, peer: toHex(id), openMs: at - openedAt, ...counts };
    });
    return { ...still, links: links as unknown as LinkSnapshot[] };
  };
  return component.step(TICK, now);
}

function idOf(number: number): Uint8Array {
  const id = new Uint8Array(8);
  new DataView(id.buffer).setUint32(0, number);
  return id;
}

function threatOf(output: ComponentOutput): string {
  if (output.kind !== 'event' || output.event.kind !== 'SecurityEvent') return output.kind;
  return output.event.threat;
}
