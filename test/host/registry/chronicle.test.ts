/**
 * What the station tells, as events of the mesh.
 */
import { expect, it } from 'vitest';
import { Chronicle, DROPS_EVERY_MS } from '../../../host/registry/chronicle.ts';
import { TICK } from '../../../protocol/core/machine.ts';
import type { LinkSnapshot } from '../../../protocol/peer/snapshot.ts';
import { componentPorts } from './ports.ts';

const ID = new Uint8Array(8).fill(7);

it('tells who came, and why somebody went', () => {
  const chronicle = new Chronicle(componentPorts(), 0);
  const seen = { kind: 'peer-seen', id: ID, name: 'ada', isDirect: true } as const;
  expect(chronicle.step({ kind: 'heard', event: seen }, 1)).toEqual([
    { kind: 'event', event: { kind: 'PeerJoined', peer: ID, name: 'ada' } },
  ]);
  for (const [reason, told] of [
    ['user', 'user'],
    ['timeout', 'timeout'],
    ['crowded', 'network'],
  ] as const) {
    const event = { kind: 'peer-left', id: ID, name: 'ada', reason } as const;
    expect(chronicle.step({ kind: 'heard', event }, 2)).toEqual([
      { kind: 'event', event: { kind: 'PeerLeft', peer: ID, name: 'ada', reason: told } },
    ]);
  }
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
