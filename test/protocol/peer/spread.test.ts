/** What neighbours tell each other is heard, and comes of what each of the machines says (WIRE §29). */
import { describe, expect, it } from 'vitest';
import { TICK } from '../../../protocol/core/machine.ts';
import { ANNOUNCE } from '../../../protocol/core/packet.ts';
import { nameOfAnnounce } from '../../../protocol/peer/announced.ts';
import { RETRY_MS } from '../../../protocol/peer/introductions.ts';
import { CONFIRM_MS, SETTLE_MS } from '../../../protocol/peer/lists.ts';
import { FIRST_MS } from '../../../protocol/peer/mender.ts';
import type { SpreadOutput } from '../../../protocol/peer/spread.ts';
import { Spread } from '../../../protocol/peer/spread.ts';
import type { NeighbourList } from '../../../protocol/wire/spread.ts';
import { decodeSpread, encodeSpread, NOTHING_SAID } from '../../../protocol/wire/spread.ts';
import { id, packet, withTtl } from '../../packets.ts';
import { crypto } from '../trust/ports.ts';

describe('the list of a neighbour', () => {
  it('is known to both once one has answered the other, and then they are quiet', () => {
    const [a, b] = [spreadOf(1), spreadOf(2)];
    a.step({ kind: 'up', link: 2, id: id(2), since: null }, 0);
    b.step({ kind: 'up', link: 1, id: id(1), since: null }, 0);
    // The first is lost; whoever heard nothing of his own asks, and is answered.
    a.step(TICK, SETTLE_MS);
    tell(b.step(TICK, SETTLE_MS), a, 2, SETTLE_MS);
    const now = SETTLE_MS + CONFIRM_MS;
    const answers = tell(a.step(TICK, now), b, 1, now);
    expect(lists(answers)).toHaveLength(1);
    expect(tell(answers, a, 2, now)).toEqual([]);
    expect([a.deadline(), b.deadline()]).toEqual([Infinity, Infinity]);
  });

  it('is not taken from who takes no part, nor when it cannot be read', () => {
    const spread = spreadOf(1);
    const payload = encodeSpread({ ...NOTHING_SAID, list: listOf([3], true) });
    expect(spread.step({ kind: 'heard', link: 2, payload }, 0)).toEqual([]);
    spread.step({ kind: 'up', link: 2, id: id(2), since: null }, 0);
    const drop = { kind: 'drop', link: 2, reason: 'bad-field' };
    expect(spread.step({ kind: 'heard', link: 2, payload: Uint8Array.of(1) }, 0)).toEqual([drop]);
    expect(lists(spread.step({ kind: 'heard', link: 2, payload }, 0))).toHaveLength(1);
  });
});

it('a node whose neighbour takes it for a watcher offers him what he may lack, and gives it', () => {
  const spread = spreadOf(1);
  spread.step({ kind: 'up', link: 2, id: id(2), since: null }, 0);
  const list = { ...listOf([1], false), watches: 1 };
  spread.step({ kind: 'heard', link: 2, payload: encodeSpread({ ...NOTHING_SAID, list }) }, 0);
  while (spread.deadline() < 100_000) spread.step(TICK, spread.deadline());
  spread.kept(1, 1, packet({ ttl: 6 }), 3, true, 100_000);
  const now = 100_000 + FIRST_MS;
  expect(spread.deadline()).toBe(now);
  const offers = crypto.sha256(withTtl(packet(), 0)).subarray(0, 8);
  const offer = encodeSpread({ ...NOTHING_SAID, offers });
  expect(spread.step(TICK, now)).toContainEqual({ kind: 'say', link: 2, payload: offer });
  const wants = encodeSpread({ ...NOTHING_SAID, wants: offers });
  const given = spread.step({ kind: 'heard', link: 2, payload: wants }, now);
  expect(given).toEqual([{ kind: 'give', link: 2, bytes: packet({ ttl: 6 }) }]);
});

it('a node asks for an announce that its neighbour names, until one comes, good or bad', () => {
  const spread = spreadOf(1);
  const announce = packet({ type: ANNOUNCE });
  spread.step({ kind: 'up', link: 2, id: id(2), since: 0 }, 0);
  const name = nameOfAnnounce(announce);
  const tells = encodeSpread({ ...NOTHING_SAID, tells: new Uint8Array([...name, 6]) });
  const seeks = encodeSpread({ ...NOTHING_SAID, seeks: name });
  const asked = { kind: 'say', link: 2, payload: seeks };
  expect(spread.step({ kind: 'heard', link: 2, payload: tells }, 1)).toContainEqual(asked);
  expect(spread.step(TICK, 1 + RETRY_MS)).toContainEqual(asked);
  expect(spread.deadline()).toBe(1 + 2 * RETRY_MS);
  spread.met(1, 1, announce, 2);
  expect(spread.deadline()).toBeGreaterThan(1 + 2 * RETRY_MS);
  expect(spread.step(TICK, 1 + 2 * RETRY_MS)).not.toContainEqual(asked);
});

it('a node asks for an announce that came without hops, unless a later copy went on', () => {
  const announce = packet({ type: ANNOUNCE });
  const name = nameOfAnnounce(announce);
  const payload = encodeSpread({ ...NOTHING_SAID, tells: new Uint8Array([...name, 6]) });
  for (const isFirst of [true, false]) {
    const spread = spreadOf(1);
    spread.step({ kind: 'up', link: 2, id: id(2), since: 0 }, 0);
    spread.announced(announce, 1, 0);
    spread.kept(1, 1, announce, 3, isFirst, 1);
    expect(spread.step({ kind: 'heard', link: 2, payload }, 2)).toHaveLength(isFirst ? 1 : 0);
  }
});

it('a node is not woken for an announce that came meanwhile', () => {
  const [spread, idle] = [spreadOf(1), spreadOf(1)];
  const announce = packet({ type: ANNOUNCE });
  const payload = encodeSpread({
    ...NOTHING_SAID,
    tells: new Uint8Array([...nameOfAnnounce(announce), 6]),
  });
  for (const one of [spread, idle]) {
    one.step({ kind: 'up', link: 2, id: id(2), since: 0 }, 0);
    one.step(TICK, 60_000);
  }
  const before = idle.deadline();
  spread.step({ kind: 'heard', link: 2, payload }, 60_001);
  expect(spread.deadline()).toBe(60_001 + RETRY_MS);
  spread.announced(announce, 6, 60_002);
  expect(spread.deadline()).toBe(before);
});

function spreadOf(own: number): Spread {
  return new Spread(id(own), 8, { crypto, random: () => 0 }, () => [], 0);
}

/** What came of it. */
function tell(outputs: SpreadOutput[], hearer: Spread, link: number, now: number): SpreadOutput[] {
  return outputs.flatMap((output) =>
    output.kind === 'say' ? hearer.step({ kind: 'heard', link, payload: output.payload }, now) : [],
  );
}

function listOf(numbers: number[], asks: boolean): NeighbourList {
  const ids = new Uint8Array(numbers.flatMap((number) => [...id(number)]));
  return { ids, watches: 0, heard: null, asks };
}

/** The lists that are said, and over which links. */
function lists(outputs: SpreadOutput[]): [number, NeighbourList][] {
  return outputs.flatMap((output): [number, NeighbourList][] => {
    if (output.kind !== 'say') return [];
    const said = decodeSpread(output.payload);
    return said.ok && said.value.list !== null ? [[output.link, said.value.list]] : [];
  });
}
