/**
 * Skew: whether our clock is wrong, judged by the peers around us.
 */
import { describe, expect, it } from 'vitest';
import { SENDERS_MAX, Skew } from '../../../device/pi/skew.ts';
import { ANNOUNCE, encodePacket, MESSAGE, plainPacket } from '../../../protocol/core/packet.ts';

const NOW = 1_700_000_000_000;

describe('the skew of a clock', () => {
  it('is unknown until somebody is heard', () => {
    expect(new Skew().reading()).toEqual({ aheadMs: null, senders: 0 });
  });

  it('is that in the middle of all peers, so that one with a wrong clock changes nothing', () => {
    const skew = new Skew();
    skew.hear(frame(1, NOW - 150_000), NOW);
    skew.hear(frame(2, NOW - 151_000), NOW);
    skew.hear(frame(3, NOW + 99_000_000), NOW);
    expect(skew.reading()).toEqual({ aheadMs: 150_000, senders: 3 });
  });

  it('counts the last word of each peer', () => {
    const skew = new Skew();
    skew.hear(frame(1, NOW - 150_000), NOW);
    skew.hear(frame(1, NOW + 10_000), NOW);
    expect(skew.reading()).toEqual({ aheadMs: -10_000, senders: 1 });
  });

  it('is not told by what was under way, by other packets, or by noise', () => {
    const skew = new Skew();
    skew.hear(frame(1, NOW, { ttl: 6 }), NOW);
    skew.hear(frame(1, NOW, { type: MESSAGE }), NOW);
    skew.hear(frame(1, NOW).subarray(0, 21), NOW);
    skew.hear(new Uint8Array(0), NOW);
    // On its way to one node (WIRE §27): the ids of a history, not the fields of an announce.
    skew.hear(new Uint8Array([0x27, 1, ...new Uint8Array(40).fill(0xa7)]), NOW);
    expect(skew.reading().senders).toBe(0);
  });

  it('remembers a bounded number of peers', () => {
    const skew = new Skew();
    for (let sender = 0; sender <= SENDERS_MAX; sender++) skew.hear(frame(sender, NOW), NOW);
    expect(skew.reading().senders).toBe(SENDERS_MAX);
  });
});

function frame(sender: number, timestamp: number, { type = ANNOUNCE, ttl = 7 } = {}): Uint8Array {
  const id = new Uint8Array(8).fill(sender);
  return encodePacket(plainPacket(type, ttl, timestamp, id, new Uint8Array(0)));
}
