/**
 * What people read of what happens in the mesh.
 */
import { describe, expect, it } from 'vitest';
import { saidOf } from '../../../host/desk/mesh-words.ts';
import type { MeshEvent, PartitionAccounting } from '../../../host/events.ts';

const ADA = new Uint8Array(8).fill(1);
const BEN = new Uint8Array(8).fill(2);
const AT = new Date(2026, 10, 21, 14, 2).getTime();

describe('what happens in the mesh', () => {
  it.each<[MeshEvent, string, string]>([
    [
      { kind: 'NodeSuspected', peer: ADA, phi: 8.0123 },
      'warning',
      'ada may have failed; others are asked about it',
    ],
    [
      { kind: 'NodeConfirmedFailed', peer: ADA, silentMs: 54_030.4 },
      'bad',
      'ada has failed: nobody heard it for 54 s',
    ],
    [
      { kind: 'NodeRecovered', peer: ADA, silentMs: 412_000 },
      'good',
      'ada is alive; it was silent for 7 min',
    ],
    [
      { kind: 'RecoveryEnded', peer: ADA, attempts: 1, outcome: 'returned' },
      'good',
      'ada came back by itself after 1 attempt',
    ],
    [
      { kind: 'PartitionDetected', partition: 1, lost: [ADA, BEN] },
      'bad',
      'a part of the mesh is cut off: ada, ben',
    ],
    [
      { kind: 'PartitionDetected', partition: 1, lost: new Array<Uint8Array>(8).fill(BEN) },
      'bad',
      'a part of the mesh is cut off: ben, ben, ben, ben, ben and 3 more',
    ],
    [healed(0), 'good', 'split 14:02, healed 14:09, 37 messages reconciled, 0 lost'],
    [healed(2), 'warning', 'split 14:02, healed 14:09, 37 messages reconciled, 2 lost'],
    [
      healed(2, { compared: 'not' }),
      'warning',
      'split 14:02, healed 14:09, 37 messages reconciled, at least 2 lost',
    ],
    [
      healed(0, { compared: 'with-neighbours' }),
      'good',
      'split 14:02, healed 14:09, 37 messages reconciled, 0 lost of what neighbours have',
    ],
    [
      healed(null, { compared: 'not' }),
      'warning',
      'split 14:02, healed 14:09, 37 messages reconciled, how many were lost is not known',
    ],
    [
      healed(0, { stillLost: 1 }),
      'warning',
      'split 14:02, healed 14:09, 37 messages reconciled, 0 lost; 1 of 2 nodes are not back',
    ],
    [
      { kind: 'RecoveryTried', peer: ADA, attempt: 2, way: 'route' },
      'plain',
      'ada: another way to it is looked for, attempt 2',
    ],
    [
      { kind: 'RecoveryEnded', peer: ADA, attempts: 3, outcome: 'recovered' },
      'good',
      'ada is back after 3 attempts',
    ],
    [
      { kind: 'RecoveryEnded', peer: ADA, attempts: 5, outcome: 'given-up' },
      'warning',
      'ada was not found after 5 attempts',
    ],
    [
      {
        kind: 'HealthChanged',
        category: 'latency',
        score: 0.2,
        level: 'critical',
        why: 'round trips take 6000 ms',
      },
      'bad',
      'latency is critical: round trips take 6000 ms',
    ],
    [
      { kind: 'ComponentFailed', component: 'mine', why: 'no', retryMs: 1000 },
      'bad',
      'mine failed (no); it is begun anew in 1 s',
    ],
    [{ kind: 'PeerJoined', peer: ADA, name: '' }, 'plain', 'ada is here'],
    [
      { kind: 'PeerLeft', peer: ADA, name: 'Ada L.', reason: 'timeout' },
      'plain',
      'Ada L. is gone: nothing was heard of it any more',
    ],
    [
      { kind: 'MessageReceived', conversation: 'public', sender: BEN, id: 'x' },
      'plain',
      'ben said something to everyone',
    ],
    [
      { kind: 'MessageReceived', conversation: '02'.repeat(8), sender: BEN, id: 'x' },
      'plain',
      'ben said something in private',
    ],
    [{ kind: 'MessageValidated', sender: BEN, id: 'x' }, 'plain', 'the signature of ben holds'],
    [
      { kind: 'MessageDropped', reason: 'duplicate', count: 1 },
      'plain',
      '1 packet went no further: duplicate',
    ],
    [{ kind: 'RouteDiscovered', peer: BEN, hops: 3 }, 'plain', 'a way to ben: 3 hops'],
    [
      { kind: 'PeerJudged', peer: BEN, decision: 'quarantine', by: 'reputation' },
      'warning',
      'ben: kept apart, by what was seen of it',
    ],
    [
      { kind: 'PeerJudged', peer: BEN, decision: 'allow', by: 'person' },
      'good',
      'ben: let in again',
    ],
    [
      { kind: 'QueueOverflow', link: 3, dropped: 12 },
      'warning',
      'link 3 had no room for 12 packets',
    ],
  ])('is said in words: %j', (event, tone, text) => {
    expect(saidOf(event, nameOf)).toMatchObject({ tone, text });
  });

  it('comes with figures for programs, all of them of the accounts of a split', () => {
    expect(saidOf(healed(0), nameOf).figures).toEqual({
      ...{ partition: 4, splitAt: AT, healedAt: AT + 420_000, lost: 2, stillLost: 0 },
      ...{ reconciled: 37, ours: 34, theirs: 7, given: 30, missing: 0, isCompared: 1 },
    });
    const unknown = saidOf(healed(null, { compared: 'not' }), nameOf).figures;
    expect(unknown).toMatchObject({ isCompared: 0 });
    expect(unknown).not.toHaveProperty('missing');
    const suspected = { kind: 'NodeSuspected', peer: ADA, phi: 8.0123 } as const;
    expect(saidOf(suspected, nameOf).figures).toEqual({ phi: 8.01 });
  });

  it('is routine where it happens with every message, or is told in another way', () => {
    const validated = { kind: 'MessageValidated', sender: ADA, id: 'x' } as const;
    const joined = { kind: 'PeerJoined', peer: ADA, name: 'ada' } as const;
    const routine = [validated, joined].map((event) => saidOf(event, nameOf));
    expect(routine.map(({ isRoutine }) => isRoutine)).toEqual([true, true]);
    expect(saidOf(healed(0), nameOf).isRoutine).toBeUndefined();
  });
});

function healed(missing: number | null, differs: Partial<PartitionAccounting> = {}): MeshEvent {
  const times = { splitAt: AT, healedAt: AT + 420_000 };
  const counts = { stillLost: 0, reconciled: 37, ours: 34, theirs: 7, given: 30 };
  const known = { missing, compared: 'with-them' as const, lost: [ADA, BEN] };
  const accounting = { partition: 4, ...times, ...counts, ...known, ...differs };
  return { kind: 'PartitionHealed', accounting };
}

function nameOf(id: Uint8Array): string {
  return id[0] === 1 ? 'ada' : 'ben';
}
