/**
 * Hops: packets over one and two links of the product's radio, one adapter a node, and what links
 * live through.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { runs } from '../../seed.ts';
import { carry, chainOf } from '../../ble/hops.ts';
import { link, startRadios } from '../../ble/radios.ts';
import type { Rig } from '../../ble/rig.ts';
import { HAS_LIBRARIES, openRig } from '../../ble/rig.ts';

let rig: Rig;
afterEach(() => rig.close());

describe.skipIf(!HAS_LIBRARIES)('A, B and C in a row', () => {
  it('lose, double and reorder nothing, in both directions at once', async () => {
    rig = await openRig(3);
    const [a, b, c] = await chainOf(rig, 3);
    const count = runs(500, 10_000);
    const arrived = await Promise.all([carry(a, c, count, 300), carry(c, a, count, 300)]);
    for (const { wrong, latencies } of arrived)
      expect([wrong, latencies.length]).toEqual([0, count]);
    for (const hop of [a, b, c]) {
      expect(hop.said.filter(({ kind }) => kind === 'drop' || kind === 'closed')).toEqual([]);
      expect(hop.printed).toBe('');
    }
    expect(rig.controllers.map(({ overflows }) => overflows)).toEqual([0, 0, 0]);
  });
});

describe.skipIf(!HAS_LIBRARIES)('two ends that greet each other at once', () => {
  it('both hear it, though one may do so before its link is open', async () => {
    rig = await openRig(2);
    const [a, b] = await chainOf(rig, 2);
    expect([a.said, b.said]).toEqual([[], []]);
    expect(await carry(a, b, 16, 50)).toMatchObject({ wrong: 0 });
  });
});

describe.skipIf(!HAS_LIBRARIES)('a link', () => {
  const cuts = runs(4, 100);

  it(`heals each time it is cut, ${cuts} times`, async () => {
    rig = await openRig(2);
    const [a, b] = await startRadios(rig, 2);
    const { address } = b;
    await link(a, b);
    for (let cut = 0; cut < cuts; cut++) {
      rig.air.cut(rig.controllers[0], rig.controllers[1]);
      expect(await a.event('closed')).toMatchObject({ link: 1, why: 'it went out of range' });
      await b.event('closed');
      a.call('connect', 1, address, 'node');
      expect(await a.event('opened')).toMatchObject({ payloadMax: 514 });
      await b.event('opened');
      expect(await a.stream(1, b, 0, { count: 20 })).toMatchObject({ wrong: 0 });
      expect(await b.stream(0, a, 1, { count: 20 })).toMatchObject({ wrong: 0 });
    }
  });

  it('out of range ends when its supervision timeout is over, at both ends', async () => {
    rig = await openRig(2);
    const [a, b] = await startRadios(rig, 2);
    await link(a, b);
    const began = performance.now();
    rig.air.setReach(rig.controllers[0], rig.controllers[1], false);
    await Promise.all([a.event('closed'), b.event('closed')]);
    expect(performance.now() - began).toBeGreaterThan(3_900);
  });
});

describe.skipIf(!HAS_LIBRARIES)('phones and nodes at once', () => {
  it('get frames of 512 bytes whole, both ways, over a relay that serves and dials', async () => {
    rig = await openRig(3);
    const [phone, relay, node] = await startRadios(rig, 3);
    const [, opened] = await link(phone, relay, 'phone');
    expect(opened).toMatchObject({ link: 0, service: 'phone' });
    await link(relay, node, 'node');
    const count = runs(50, 1_000);
    const streams = { count, size: 512 };
    const arrived = await Promise.all([
      phone.stream(1, relay, 0, streams),
      relay.stream(1, node, 0, streams),
    ]);
    const back = await Promise.all([
      relay.stream(0, phone, 1, streams),
      node.stream(0, relay, 1, streams),
    ]);
    for (const { wrong } of [...arrived, ...back]) expect(wrong).toBe(0);
  });
});
