/**
 * Bridge, its API: how long answers take when a bridge that has met many and heard much is asked all
 * the time, and the memory it takes. The bridge is a process of its own, as `hopline up` runs it.
 */
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StatusView } from '../../host/http/views.ts';
import { settingsIn } from '../up/settings.ts';
import type { Known } from './bridge-known.ts';
import { fill, word } from './bridge-known.ts';
import type { Part } from './bridge-part.ts';
import type { Asked } from './bridge-running.ts';
import { RunningBridge } from './bridge-running.ts';
import { percentile } from './percentile.ts';

const FULL: Known = { peers: 10_000, messages: 1_000_000 };
/** What a short run can afford to make. */
const SHORT: Known = { peers: 10_000, messages: 50_000 };
const REQUESTS_PER_S = 200;
const MEASURED_S = { short: 5, full: 30 };
/** Requests before those that count: a page that has just been opened. */
const WARM_UP = 100;

/** By turns, as a page that is in use asks. */
const TURN: ((at: number) => Asked)[] = [
  () => ({ path: 'messages?limit=50' }),
  (at) => ({ path: `messages?limit=50&before=${1 + ((at * 7919) % SHORT.messages)}` }),
  () => ({ path: 'status' }),
  () => ({ path: 'conversations?limit=50' }),
  () => ({ path: 'messages?limit=50' }),
  () => ({ path: 'statistics' }),
  // Two words that meet in a message now and then.
  (at) => ({ path: `search?text=${word(at * 7)}%20${word(at * 7 + 9)}&limit=20` }),
  () => ({ path: 'map' }),
  () => ({ path: 'links' }),
  () => ({ path: 'lines' }),
];
/** One of so many says something instead, and is answered when that is on the disk. */
const SAYS_EVERY = 50;

export const apiFigures: Part = async (progress, isFull) => {
  const folder = fs.mkdtempSync(join(tmpdir(), 'hopline-bench-'));
  const known = isFull ? FULL : SHORT;
  let bridge: RunningBridge | null = null;
  try {
    progress(`a store of ${known.messages} messages`);
    const settings = join(folder, 'bridge.yaml');
    fs.writeFileSync(
      settings,
      'radio: { on: false }\nserial: none\nlisten: { port: off }\nhttp: { port: 0 }\n',
    );
    fill(settingsIn(settings, folder, {}), known);
    progress('a bridge over it');
    bridge = await RunningBridge.start(settings, folder);
    progress(`${REQUESTS_PER_S} requests a second`);
    for (let at = 0; at < WARM_UP; at++) await bridge.ask(question(at));
    const seconds = isFull ? MEASURED_S.full : MEASURED_S.short;
    const tookMs = await askSteadily(bridge, seconds * REQUESTS_PER_S);
    const { rssBytes } = (await bridge.ask({ path: 'status' })) as StatusView;
    return [
      { name: 'http.p50_ms', value: percentile(tookMs, 0.5), unit: 'ms' },
      { name: 'http.p95_ms', value: percentile(tookMs, 0.95), unit: 'ms' },
      { name: 'http.p99_ms', value: percentile(tookMs, 0.99), unit: 'ms' },
      isFull
        ? { name: 'rss_mb', value: rssBytes / 1e6, unit: 'MB' }
        : { name: 'rss_mb', unit: 'MB', absent: `${FULL.messages} messages; --full makes them` },
    ];
  } finally {
    await bridge?.end();
    fs.rmSync(folder, { recursive: true, force: true });
  }
};

function question(at: number): Asked {
  if (at % SAYS_EVERY !== 0) return TURN[at % TURN.length](at);
  return { path: 'messages', body: { to: 'public', text: `message ${at} of a bench` } };
}

/**
 * Asks at a steady pace, whatever the answers do, and counts from when each question was due: an
 * answer that is late makes those behind it late, too.
 */
async function askSteadily(bridge: RunningBridge, count: number): Promise<number[]> {
  const began = performance.now();
  const tookMs: Promise<number>[] = [];
  for (let at = 0; at < count; at++) {
    const due = began + (at * 1000) / REQUESTS_PER_S;
    const early = due - performance.now();
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
    tookMs.push(bridge.ask(question(at)).then(() => performance.now() - due));
  }
  return Promise.all(tookMs);
}
