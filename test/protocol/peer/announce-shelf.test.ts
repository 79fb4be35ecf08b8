/**
 * An announce shelf is for a station what Announces is for a board: a new link hears the fresh ones, as
 * they were relayed, and no other (WIRE §12).
 */
import { describe, expect, it } from 'vitest';
import { Announces, REPLAY_AGE_MS } from '../../../protocol/core/announces.ts';
import { ANNOUNCE, PacketView } from '../../../protocol/core/packet.ts';
import { AnnounceShelf } from '../../../protocol/peer/announce-shelf.ts';
import { id, packet } from '../../packets.ts';
import { runs, SEED, xorshift } from '../../seed.ts';

const MOST = 8;

describe('an announce shelf', () => {
  it('has for a new link what a board would have, whatever is heard and when', () => {
    const random = xorshift(SEED);
    const shelf = new AnnounceShelf(MOST, SEED);
    const board = new Announces(MOST);
    let now = 0;
    for (let step = 0; step < runs(2000, 100_000); step++) {
      now += random(20) === 0 ? random(2 * REPLAY_AGE_MS) : random(3000);
      const said = { sender: 1 + random(12), ttl: random(9), size: random(200) };
      for (const keeper of [shelf, board]) hear(keeper, announce(said, now), now);
      expect(listOf(shelf, now), `step ${step} of seed ${SEED}`).toEqual(listOf(board, now));
    }
  });

  it('keeps bytes of its own: those heard may lie among others', () => {
    const shelf = new AnnounceShelf(MOST, 0);
    const heard = announce({ sender: 1, ttl: 6, size: 10 }, 0);
    hear(shelf, heard, 0);
    const before = heard.slice();
    heard.fill(0);
    expect(shelf.fresh(0)).toEqual([before]);
  });
});

function announce(
  { sender, ttl, size }: { sender: number; ttl: number; size: number },
  timestamp: number,
): Uint8Array {
  const payload = new Uint8Array(size).fill(sender);
  return packet({ type: ANNOUNCE, ttl, sender: id(sender), timestamp, payload });
}

function hear(keeper: AnnounceShelf | Announces, frame: Uint8Array, now: number): void {
  const view = new PacketView();
  view.read(frame, 1000);
  keeper.keep(view, frame, now);
}

function listOf(keeper: AnnounceShelf | Announces, now: number): string[] {
  return keeper.fresh(now).map((frame) => Buffer.from(frame).toString('hex'));
}
