/**
 * What a station stands when somebody means harm, with real cryptography and in real time: a flood of
 * forgeries beside people who talk, genuine packets played again, senders and fragments without end.
 */
import { nativeCrypto } from '../../device/pi/crypto.ts';
import type { Random } from '../../protocol/core/machine.ts';
import { FLAGS_AT, IS_ANSWER, TTL_AT } from '../../protocol/core/packet.ts';
import { seededRandom } from '../simulate/random.ts';
import { Siege } from '../simulate/siege.ts';
import type { BenchArea } from './area.ts';
import type { Result } from './report.ts';

/** Seconds of the flood and of the calm before it; replays; made-up senders, and chains of fragments. */
export type Extent = { seconds: number; replays: number; senders: number };
const USUAL: Extent = { seconds: 3, replays: 100_000, senders: 100_000 };
const FULL: Extent = { seconds: 60, replays: 1_000_000, senders: 1_000_000 };

const FLOOD_PER_SECOND = 10_000;
/** What a phone's link carries of packets that fit one write. */
const WRITES_PER_SECOND = 100;
/** A flood that is handled later than this is remarked on. */
const LAG_MAX_MS = 100;
/** What has not arrived so long after everybody fell silent is lost. */
const SETTLE_MS = 2000;

export const area: BenchArea = {
  name: 'attack',
  summary: 'a station under flood, replay and made-up senders, with real cryptography',
  takes: 'half a minute',

  run: (seed, progress, isFull) => attack(seed, progress, isFull ? FULL : USUAL),
};

export async function attack(
  seed: number,
  progress: (line: string) => void,
  extent: Extent,
): Promise<Result[]> {
  progress(`${extent.seconds} s of calm`);
  const calm = await besieged(seed, extent.seconds, 0);
  progress(`${extent.seconds} s of flood`);
  const flooded = await besieged(seed, extent.seconds, FLOOD_PER_SECOND);
  progress('replays');
  const replayed = replays(seed, extent.replays);
  progress('senders');
  return [...flood(calm, flooded), replayed, senders(seed, extent.senders)];
}

function flood(calm: Siege, flooded: Siege): Result[] {
  const lagMs = Math.max(calm.lagMs, flooded.lagMs);
  // A machine that others use does not show what a station can do.
  const remark = lagMs < LAG_MAX_MS ? '' : `; this machine fell ${Math.round(lagMs)} ms behind`;
  return [
    {
      name: 'flood.honest_delivery',
      value: (100 * flooded.delays.length) / flooded.said,
      unit: `% of what people said on another link${remark}`,
    },
    {
      name: 'flood.p99_ratio',
      value: p99(flooded.delays) / p99(calm.delays),
      unit: `x the delay in calm, at the 99th percentile${remark}`,
    },
    {
      name: 'flood.amplification',
      value: flooded.passedOn / flooded.flooded,
      unit: 'packets sent for one of the flood',
    },
  ];
}

/** Forty people, each with a message a second, in real time. */
async function besieged(seed: number, seconds: number, floodPerSecond: number): Promise<Siege> {
  const clock = (): number => performance.now();
  const crypto = nativeCrypto();
  const writesPerSecond = WRITES_PER_SECOND;
  const siege = new Siege(
    { seed, crypto, people: 40, sayMs: 1000, floodPerSecond, writesPerSecond },
    clock,
  );
  const hushAt = clock() + seconds * 1000;
  while (clock() < hushAt) await turn(siege, clock);
  siege.hush();
  const hasArrived = (): boolean => siege.delays.length === siege.said;
  while (clock() < hushAt + SETTLE_MS && !hasArrived()) await turn(siege, clock);
  return siege;
}

async function turn(siege: Siege, clock: () => number): Promise<void> {
  siege.advance(clock());
  await new Promise((resolve) => setTimeout(resolve, 1));
}

/** Genuine messages in every guise that needs no key, over both links, for ten minutes. */
function replays(seed: number, count: number): Result {
  const { siege, random, pass } = inVirtualTime(seed);
  const genuine: Uint8Array[] = [];
  for (let i = 0; i < 200; i++) genuine.push(siege.speak());
  const before = siege.told;
  for (let i = 0; i < count; i++) {
    const bytes = new Uint8Array(genuine[random(genuine.length)]);
    bytes[TTL_AT] = random(256);
    if (random(3) === 0) bytes[FLAGS_AT] |= IS_ANSWER;
    siege.hear(random(2), bytes);
    if (i % 100 === 0) pass(60_000_000 / count);
  }
  return { name: 'replay.delivered', value: siege.told - before, unit: `of ${count} replays` };
}

/** As many senders that are made up, and as many sets of fragments that never end. */
function senders(seed: number, count: number): Result {
  const { siege, pass } = inVirtualTime(seed);
  for (let i = 0; i < count; i++) {
    siege.hear(0, siege.forgery());
    siege.hear(0, siege.openFragments());
    if (i % 20 === 0) pass(2);
  }
  const megabytes = process.memoryUsage().rss / 2 ** 20;
  const unit = `MB of this process after ${count} senders and as many chains of fragments`;
  return { name: 'senders.rss_mb', value: megabytes, unit };
}

function inVirtualTime(seed: number): {
  siege: Siege;
  random: Random;
  pass: (ms: number) => void;
} {
  let now = 0;
  const siege = new Siege(
    {
      seed,
      crypto: nativeCrypto(),
      people: 4,
      sayMs: Infinity,
      floodPerSecond: 0,
      writesPerSecond: WRITES_PER_SECOND,
    },
    () => now,
  );
  const pass = (ms: number): void => {
    now += ms;
    siege.advance(now);
  };
  return { siege, random: seededRandom(seed + 1), pass };
}

function p99(delays: number[]): number {
  return [...delays].sort((a, b) => a - b)[Math.floor(delays.length * 0.99)];
}
