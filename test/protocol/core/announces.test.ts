/**
 * Announces: a new link hears the fresh ones, as they were relayed, and no other (WIRE §12).
 */
import { describe, expect, it } from 'vitest';
import { Announces, REPLAY_AGE_MS } from '../../../protocol/core/announces.ts';
import { ANNOUNCE, PacketView } from '../../../protocol/core/packet.ts';
import { id, packet } from '../../packets.ts';

describe('announces', () => {
  it('are fresh for less than a minute, with the TTL they were relayed with', () => {
    const announces = new Announces(4);
    const bytes = keep(announces, 1, 6, 1000);
    expect(announces.fresh(1000 + REPLAY_AGE_MS - 1)).toEqual([bytes]);
    expect(announces.fresh(1000 + REPLAY_AGE_MS)).toEqual([]);
  });

  it('are kept as they came, and not copied', () => {
    const announces = new Announces(4);
    const bytes = keep(announces, 1, 6, 0);
    expect(announces.fresh(0)[0]).toBe(bytes);
  });

  it('are forgotten as they age, whatever was heard in between', () => {
    const announces = new Announces(3);
    keep(announces, 1, 6, 0);
    const second = keep(announces, 2, 6, 10);
    const third = keep(announces, 3, 6, 20);
    expect(announces.fresh(REPLAY_AGE_MS)).toEqual([second, third]);
    const fourth = keep(announces, 4, 6, REPLAY_AGE_MS + 10);
    expect(announces.fresh(REPLAY_AGE_MS + 19)).toEqual([third, fourth]);
    const again = keep(announces, 4, 5, REPLAY_AGE_MS + 20);
    expect(announces.fresh(REPLAY_AGE_MS + 20)).toEqual([again]);
    expect(announces.fresh(2 * REPLAY_AGE_MS + 20)).toEqual([]);
  });

  it('are one of each sender, the last, oldest first', () => {
    const announces = new Announces(4);
    keep(announces, 1, 6, 0);
    const second = keep(announces, 2, 6, 1);
    const again = keep(announces, 1, 5, 2);
    expect(announces.fresh(2)).toEqual([second, again]);
  });

  it('are bounded, and the first heard is forgotten', () => {
    const announces = new Announces(2);
    const kept = [1, 2, 3].map((sender) => keep(announces, sender, 6, sender));
    expect(announces.fresh(3)).toEqual(kept.slice(1));
  });

  it('are never replayed as a neighbour says them, nor beyond their last hop', () => {
    const announces = new Announces(4);
    for (const ttl of [0, 7, 8, 255]) keep(announces, ttl + 1, ttl, 0);
    expect(announces.fresh(0)).toEqual([]);
  });
});

function keep(announces: Announces, sender: number, ttl: number, now: number): Uint8Array {
  const bytes = packet({ type: ANNOUNCE, ttl, sender: id(sender), timestamp: now });
  const view = new PacketView();
  view.read(bytes, 1000);
  announces.keep(view, bytes, now);
  return bytes;
}
