/**
 * What the station tells, as events of the mesh.
 */
import { describe, expect, it } from 'vitest';
import type { ComponentInput } from '../../../host/component.ts';
import type { PeerDecision } from '../../../host/events.ts';
import { Chronicle, DROPS_EVERY_MS } from '../../../host/registry/chronicle.ts';
import { TICK } from '../../../protocol/core/machine.ts';
import type { LinkSnapshot, PeerSnapshot } from '../../../protocol/peer/snapshot.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { componentPorts } from './ports.ts';

const ID = new Uint8Array(8).fill(7);
const WHERE = { heardAt: 0, neighbours: new Uint8Array(0) };
const LEFT = { kind: 'peer-left', id: ID, name: 'ada', ...WHERE } as const;

it('tells who came, and why somebody went', () => {
  const chronicle = new Chronicle(componentPorts(), 0);
  const seen = { kind: 'peer-seen', id: ID, name: 'ada', isDirect: true } as const;
  expect(chronicle.step({ kind: 'heard', event: seen }, 1)).toEqual([
    { kind: 'event', event: { kind: 'PeerJoined', peer: ID, name: 'ada' } },
  ]);
  for (const [reason, told] of [
    ['user', 'user'],
    ['timeout', 'timeout'],
    ['network', 'network'],
    ['protocol', 'protocol'],
    ['crowded', 'network'],
  ] as const) {
    const event = { ...LEFT, reason } as const;
    expect(chronicle.step({ kind: 'heard', event }, 2)).toEqual([
      { kind: 'event', event: { kind: 'PeerLeft', peer: ID, name: 'ada', reason: told } },
    ]);
  }
});

describe('who is judged', () => {
  const peer = { id: toHex(ID), name: 'ada' } as PeerSnapshot;
  const judged = (decision: PeerDecision): ComponentInput => ({
    ...{ kind: 'event', event: { kind: 'PeerJudged', peer: ID, decision, by: 'person' } },
  });
  const left = { kind: 'event', event: { kind: 'PeerLeft', peer: ID, name: 'ada' } };
  const gone = { ...LEFT, reason: 'timeout' } as const;

  it.each(['deny', 'quarantine'] as const)('has left for security with %s, once', (decision) => {
    const chronicle = new Chronicle(componentPorts({ peers: [peer] }), 0);
    expect(chronicle.step(judged(decision), 1)).toMatchObject([
      { ...left, event: { ...left.event, reason: 'security' } },
    ]);
    expect(chronicle.step(judged('deny'), 2)).toEqual([]);
    expect(chronicle.step({ kind: 'heard', event: gone }, 60_000)).toEqual([]);
    // He came back, and fell silent like anybody.
    expect(chronicle.step({ kind: 'heard', event: gone }, 200_000)).toMatchObject([left]);
  });

  it('is here again when he is let in before he is missed', () => {
    const chronicle = new Chronicle(componentPorts({ peers: [peer] }), 0);
    expect(chronicle.step(judged('allow'), 1)).toEqual([]);
    chronicle.step(judged('quarantine'), 2);
    expect(chronicle.step(judged('allow'), 3)).toEqual([
      { kind: 'event', event: { kind: 'PeerJoined', peer: ID, name: 'ada' } },
    ]);
    expect(chronicle.step({ kind: 'heard', event: gone }, 60_000)).toMatchObject([left]);
  });

  it('does not leave who was not here', () => {
    const chronicle = new Chronicle(componentPorts(), 0);
    expect(chronicle.step(judged('deny'), 1)).toEqual([]);
  });
});

it('tells once a minute what was dropped since, by reason, and whose queue ran over', () => {
  const counts = { drops: { duplicate: 5 }, queue: 0 };
  const link = (): LinkSnapshot => ({ link: 3, drops: { 'queue-full': counts.queue } }) as never;
  const ports = componentPorts();
  const read = ports.station;
  ports.station = (now) => ({ ...read(now), drops: { ...counts.drops }, links: [link()] });
  const chronicle = new Chronicle(ports, 0);
  counts.drops.duplicate = 12;
  counts.queue = 2;
  expect(chronicle.step(TICK, DROPS_EVERY_MS - 1)).toEqual([]);
  expect(chronicle.deadline()).toBe(DROPS_EVERY_MS);
  expect(chronicle.step(TICK, DROPS_EVERY_MS)).toEqual([
    { kind: 'event', event: { kind: 'MessageDropped', reason: 'duplicate', count: 7 } },
    { kind: 'event', event: { kind: 'QueueOverflow', link: 3, dropped: 2 } },
  ]);
  expect(chronicle.step(TICK, 2 * DROPS_EVERY_MS)).toEqual([]);
});
