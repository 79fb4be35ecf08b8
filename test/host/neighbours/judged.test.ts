/**
 * Whom a person keeps apart stays so, however well he behaves: his reputation lets in whom it kept
 * apart, and nobody else.
 */
import { describe, expect, it } from 'vitest';
import { LOOK_EVERY_MS } from '../../../host/neighbours/neighbours.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { timeIn } from '../../protocol/peer/village.ts';
import { messageOf } from '../../protocol/trust/people.ts';
import { Lane } from './lane.ts';

/** Until a reputation is back that is as bad as it can be. */
const FORGIVEN_MS = 180 * 60_000;

describe.each(['quarantine', 'deny'] as const)('a %s of a person', (decision) => {
  it('outlasts that by reputation: nothing is shown, told or led over', () => {
    const lane = new Lane();
    const { village, house, foe } = lane;
    const peer = foe.identity.id;
    harm(lane);
    expect(lane.judgements()).toEqual(['quarantine by reputation']);
    house.ask({ kind: decision, peer }, lane.now);
    lane.from(foe, messageOf(foe.identity, timeIn(village)));
    lane.pass(FORGIVEN_MS);
    expect(lane.view(foe).isQuarantined).toBe(false);
    expect(lane.texts()).toEqual([]);
    const joined = house.mesh.filter(
      (event) => event.kind === 'PeerJoined' && isAt(event.peer, peer),
    );
    expect(joined).toHaveLength(1);
    expect(house.bridge.path(peer, lane.now)?.flooded).toMatch(/blocked or kept apart/);
  });
});

it('what he said meanwhile comes once the person lets him in', () => {
  const lane = new Lane();
  const { village, house, foe } = lane;
  const peer = foe.identity.id;
  harm(lane);
  house.ask({ kind: 'quarantine', peer }, lane.now);
  lane.pass(FORGIVEN_MS);
  lane.from(foe, messageOf(foe.identity, timeIn(village)));
  lane.pass(60_000);
  expect(lane.texts()).toEqual([]);
  house.ask({ kind: 'allow', peer }, lane.now);
  expect(lane.texts()).toHaveLength(1);
});

/** Forged packets of the friend's, brought by the foe, until he is kept apart. */
function harm(lane: Lane): void {
  const { village, friend, foe } = lane;
  for (let look = 0; look < 12; look++) {
    for (let i = 0; i < 4; i++) {
      const frame = messageOf(friend.identity, timeIn(village) + i);
      frame[frame.length - 20] ^= 1;
      lane.from(foe, frame);
    }
    lane.announce();
    lane.pass(LOOK_EVERY_MS);
  }
}

function isAt(id: Uint8Array, other: Uint8Array): boolean {
  return toHex(id) === toHex(other);
}
