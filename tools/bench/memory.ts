/**
 * Memory: what the machine has left, and how this runtime copes with the work of a relay: what it
 * allocates a second, for how long collections stop it, and what of its heap lies idle afterwards.
 */
import { totalmem } from 'node:os';
import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { Guard } from '../../protocol/core/buckets.ts';
import { encodePacket, MESSAGE, plainPacket } from '../../protocol/core/packet.ts';
import { Relay, RELAY_DEFAULTS } from '../../protocol/core/relay.ts';
import { makeSeenHash } from '../../protocol/trust/seen-hash.ts';
import { drawFrom } from '../simulate/people.ts';
import { seededRandom } from '../simulate/random.ts';
import type { BenchArea } from './area.ts';
import { percentile } from './percentile.ts';
import type { Missing, Result } from './report.ts';

const MEASURED_MS = 2000;
/** Packets between two looks at the clock and the heap. */
const BURST = 500;
const AMPLE = { perSecond: 4_000_000, burst: 3_900_000 };

export const area: BenchArea = {
  name: 'memory',
  summary: 'what is used of this machine, allocation, pauses and fragmentation under a relay',
  takes: 'seconds',

  async run(seed, progress) {
    progress('a relay at work');
    return memoryFigures(seed, MEASURED_MS);
  },
};

export async function memoryFigures(seed: number, forMs: number): Promise<(Result | Missing)[]> {
  const used = usedPercent();
  const pauses: number[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) pauses.push(duration);
  });
  observer.observe({ entryTypes: ['gc'] });
  const bytesPerS = await allocation(seed, forMs);
  observer.disconnect();
  const { heapTotal, heapUsed } = process.memoryUsage();
  const name = 'memory.gc_pause_p99_ms';
  return [
    { name: 'memory.used_percent', value: used, unit: '% of this machine' },
    { name: 'memory.allocation_mb_per_s', value: bytesPerS / 1e6, unit: 'MB/s while relaying' },
    pauses.length > 0
      ? { name, value: percentile(pauses, 0.99), unit: 'ms' }
      : { name, unit: 'ms', absent: 'nothing was collected in so short a time' },
    {
      name: 'memory.fragmentation_percent',
      value: (100 * (heapTotal - heapUsed)) / heapTotal,
      unit: '% of the heap, held and not used',
    },
  ];
}

/** Bytes a second of a relay that is as busy as it can be; growth between collections is what counts. */
async function allocation(seed: number, forMs: number): Promise<number> {
  const random = seededRandom(seed);
  const hash = makeSeenHash(random(2 ** 32), random(2 ** 32));
  const config = { ...RELAY_DEFAULTS, id: drawFrom(random, 8) };
  const relay = new Relay(config, random, hash, new Guard(64, AMPLE, AMPLE, random(2 ** 32)));
  for (let link = 0; link < 3; link++) relay.step({ kind: 'linkUp', link, air: false }, 0);
  const sender = drawFrom(random, 8);
  const text = drawFrom(random, 100);
  const began = performance.now();
  let allocated = 0;
  for (let now = 0; performance.now() - began < forMs; now += BURST) {
    const before = process.memoryUsage().heapUsed;
    for (let at = now; at < now + BURST; at++) {
      const bytes = encodePacket(plainPacket(MESSAGE, 7, at, sender, text));
      relay.step({ kind: 'heard', link: 0, bytes }, at);
    }
    allocated += Math.max(0, process.memoryUsage().heapUsed - before);
    // Observers are told between turns.
    await turn();
  }
  return (allocated * 1000) / (performance.now() - began);
}

function usedPercent(): number {
  return 100 * (1 - process.availableMemory() / totalmem());
}
