/**
 * Rates in bounded memory, and the admission of a node without keys.
 */
import { describe, expect, it } from 'vitest';
import { Buckets, Guard } from '../../../protocol/core/buckets.ts';
import { PacketView } from '../../../protocol/core/packet.ts';
import { id, packet } from '../../packets.ts';

const AMPLE = { perSecond: 1000, burst: 1000 };

describe('a bucket', () => {
  it('lets a burst through, then the rate', () => {
    const buckets = new Buckets(4, { perSecond: 10, burst: 3 }, 1);
    const take = (now: number) => buckets.take(7, 7, now);
    expect([0, 0, 0, 0].map(take)).toEqual([true, true, true, false]);
    expect(take(99)).toBe(false);
    expect(take(100)).toBe(true);
    expect(take(150)).toBe(false);
    expect(take(200)).toBe(true);
  });

  it('never holds more than its burst', () => {
    const buckets = new Buckets(4, { perSecond: 1000, burst: 2 }, 1);
    expect([9e6, 9e6, 9e6].map((now) => buckets.take(1, 1, now))).toEqual([true, true, false]);
  });

  it('gives no more to whoever asks often', () => {
    const buckets = new Buckets(1, { perSecond: 0.5, burst: 1 }, 1);
    let taken = 0;
    for (let now = 0; now < 10_000; now++) if (buckets.take(7, 7, now)) taken++;
    expect(taken).toBeLessThanOrEqual(1 + 5);
  });

  it('belongs to one key', () => {
    const buckets = new Buckets(16, { perSecond: 1, burst: 1 }, 1);
    expect(buckets.take(1, 1, 0)).toBe(true);
    expect(buckets.take(1, 2, 0)).toBe(true);
    expect(buckets.take(2, 1, 0)).toBe(true);
    expect(buckets.take(1, 1, 0)).toBe(false);
  });

  it('keeps counting when 32 bits of milliseconds have passed', () => {
    const buckets = new Buckets(1, { perSecond: 1, burst: 1 }, 1);
    expect(buckets.take(1, 1, 4294967295)).toBe(true);
    expect(buckets.take(1, 1, 4294967300)).toBe(false);
    expect(buckets.take(1, 1, 4294968299)).toBe(true);
  });

  it('makes room for a newcomer by forgetting the idlest of its set, and only that', () => {
    const buckets = new Buckets(1, { perSecond: 0, burst: 1 }, 1);
    for (let key = 0; key < 4; key++) buckets.take(key, 0, key + 1);
    expect(buckets.take(0, 0, 10)).toBe(false);
    buckets.take(9, 9, 11);
    expect(buckets.take(0, 0, 12)).toBe(false);
    expect(buckets.take(2, 0, 12)).toBe(false);
    expect(buckets.take(1, 0, 13)).toBe(true);
  });
});

describe('a node without keys', () => {
  it('holds a sender to its rate on one link without silencing it on another', () => {
    const guard = new Guard(64, AMPLE, { perSecond: 1, burst: 5 }, 3);
    const admit = (link: number) => guard.admit(viewOf(packet({ sender: id(1) })), link, 0);
    for (let i = 0; i < 5; i++) expect(admit(0)).toBe(null);
    expect(admit(0)).toBe('flooding');
    expect(admit(1)).toBe(null);
  });

  it('lets nobody make up a name on one link that is counted as his elsewhere', () => {
    const victim = id(0x50);
    const [here, there] = [1, 2];
    for (let bit = 0; bit < 32; bit++) {
      const guard = new Guard(64, AMPLE, { perSecond: 1, burst: 5 }, 0x2c1b3c6d);
      const name = Uint8Array.from(victim);
      const low = new DataView(name.buffer, 4);
      low.setUint32(0, low.getUint32(0) ^ (here << bit) ^ (there << bit));
      for (let i = 0; i < 50; i++) guard.admit(viewOf(packet({ sender: name })), here, 0);
      expect(guard.admit(viewOf(packet({ sender: victim })), there, 0), `bit ${bit}`).toBe(null);
    }
  });

  it('holds a link to its rate however many senders are invented there', () => {
    const guard = new Guard(8, { perSecond: 10, burst: 50 }, { perSecond: 1, burst: 5 }, 3);
    let admitted = 0;
    for (let i = 0; i < 10_000; i++) {
      const sender = Uint8Array.of(1, 2, 3, 4, 5, 6, i >> 8, i);
      if (guard.admit(viewOf(packet({ sender })), 0, 1000) === null) admitted += 1;
    }
    expect(admitted).toBe(50);
    expect(guard.admit(viewOf(packet({ sender: id(5) })), 1, 1000)).toBe(null);
  });
});

function viewOf(bytes: Uint8Array): PacketView {
  const view = new PacketView();
  expect(view.read(bytes, 1000)).toBe(null);
  return view;
}
