/**
 * Bench: what the virtual radio carries, by the bare libraries and by ours, turn about in one run on
 * one machine. The measure of `hopline bench radio`, which starts it as a process because the tools
 * do not reach into the tests.
 */
import process from 'node:process';
import { carry, chainOf } from './hops.ts';
import { openRig } from './rig.ts';
import type { Said } from './rig.ts';

/** Of one round, over one link. */
export type Round = { packetsPerS: number; latencies: number[] };

/** Bytes of a packet, for both alike. */
const PACKET_SIZE = 200;
/** What a packet has in front of its payload: WIRE §1. */
const HEADER_SIZE = 22;
const COUNT = 3200;
const WINDOW = 32;
const ROUNDS = 3;

async function bare(): Promise<Round> {
  const rig = await openRig(2);
  const to = await rig.start('bare', 0, { ROLE: 'peripheral' });
  await to.kind('advertising');
  const from = await rig.start('bare', 1, { ROLE: 'central' });
  await from.kind('connected');
  to.tell({ kind: 'expect', count: COUNT, window: WINDOW });
  await to.kind('expecting');
  from.tell({ kind: 'send', count: COUNT, size: PACKET_SIZE, window: WINDOW });
  const { latencies } = await to.kind<Said & { latencies: number[] }>('received');
  const { ms } = await from.kind<Said & { ms: number }>('done');
  await rig.close();
  return { packetsPerS: (COUNT / ms) * 1000, latencies };
}

async function ours(links: number): Promise<Round> {
  const rig = await openRig(links + 1);
  const hops = await chainOf(rig, links + 1);
  const [to, from] = [hops[0], hops[links]];
  const { latencies, ms } = await carry(from, to, COUNT, PACKET_SIZE - HEADER_SIZE);
  await rig.close();
  return { packetsPerS: (COUNT / ms) * 1000, latencies };
}

const rounds: { bare: Round[]; one: Round[]; two: Round[] } = { bare: [], one: [], two: [] };
for (let round = 1; round <= ROUNDS; round++) {
  process.send!({ kind: 'progress', line: `radio, round ${round} of ${ROUNDS}` });
  rounds.bare.push(await bare());
  rounds.one.push(await ours(1));
  rounds.two.push(await ours(2));
}
process.send!({ kind: 'measured', packetSize: PACKET_SIZE, ...rounds });
process.disconnect();
