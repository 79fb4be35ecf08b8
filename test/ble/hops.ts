/**
 * Hops: a chain of processes with a radio each, linked one after the other.
 */
import type { Child, Rig, Said } from './rig.ts';

/** Each has dialled the one before it, and both ends of every link have said hello. */
export async function chainOf(rig: Rig, count: number): Promise<Child[]> {
  const hops = await Promise.all(Array.from({ length: count }, (_, at) => rig.start('hop', at)));
  hops.forEach((hop, at) => hop.tell({ kind: 'open', id: at + 1 }));
  for (const hop of hops) await hop.kind('open');
  for (let at = 1; at < count; at++) {
    hops[at].tell({ kind: 'dial', address: rig.controllers[at - 1].address });
    for (const hop of [hops[at], hops[at - 1]]) {
      await hop.hears(({ mode }) => mode === 'full', 'a hello');
    }
  }
  return hops;
}

export type Arrived = Said & { wrong: number; latencies: number[]; ms: number };

/** Packets from one end to the other; gives what the other end says of them. */
export async function carry(from: Child, to: Child, count: number, size: number): Promise<Arrived> {
  to.tell({ kind: 'expect', count });
  await to.kind('expecting');
  from.tell({ kind: 'send', count, size });
  const [arrived] = await Promise.all([to.kind<Arrived>('received'), from.kind('done')]);
  return arrived;
}
