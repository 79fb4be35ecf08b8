/**
 * Bridge, its clients: how long what one of them says takes to another, while a third says nothing, and
 * while it floods. The bridge is a process of its own, as `hopline up` runs it.
 */
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClientTicketView } from '../../host/http/views.ts';
import { HoplineError } from '../../protocol/errors.ts';
import type { Part } from './bridge-part.ts';
import { RunningBridge } from './bridge-running.ts';
import { FloodClient } from './flood-client.ts';
import { LeafClient } from './leaf-client.ts';
import { percentile } from './percentile.ts';

/** Fewer than one sender may say at once (DEFAULTS §9). */
const MESSAGES = 50;
const EVERY_MS = 50;
const PATIENCE_MS = 30_000;
/** What a flood says in it is more than it may say at once. */
const SETTLE_MS = 2000;

const ALONE =
  'radio: { on: false }\nserial: none\nlisten: { port: off }\nclients: { port: 0 }\nhttp: { port: 0 }\nlog: silent\n';

export const clientFigures: Part = async (progress) => {
  const folder = fs.mkdtempSync(join(tmpdir(), 'hopline-bench-'));
  const ends: (() => Promise<void>)[] = [() => fs.promises.rm(folder, { recursive: true })];
  try {
    const settings = join(folder, 'bridge.yaml');
    fs.writeFileSync(settings, ALONE);
    const bridge = await RunningBridge.start(settings, folder);
    ends.push(() => bridge.end());
    const ticket = async (name: string): Promise<string> => {
      const body = { name };
      return ((await bridge.ask({ path: 'clients', body })) as ClientTicketView).line;
    };
    const leaf = async (name: string): Promise<LeafClient> => {
      const client = new LeafClient(await ticket(name), name);
      ends.push(() => client.close());
      return client;
    };
    progress('clients meet');
    const hearer = await leaf('hearer');
    const [first, second] = [await leaf('first'), await leaf('second')];
    await until(() => hearer.peers().length >= 2);
    progress(`${MESSAGES} messages from one to another`);
    const idle = percentile(await delays(first, hearer), 0.95);
    progress('the same, while a third floods');
    const flood = new FloodClient(await ticket('flood'));
    ends.push(() => flood.close());
    await until(() => flood.isAttached);
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const flooded = percentile(await delays(second, hearer), 0.95);
    return [
      { name: 'clients.p95_ms', value: idle, unit: 'ms' },
      { name: 'clients.flooded_p95_ms', value: flooded, unit: 'ms' },
      { name: 'clients.p95_ratio', value: flooded / idle, unit: 'times the p95 without a flood' },
    ];
  } finally {
    for (const end of ends.reverse()) await end();
  }
};

async function delays(speaker: LeafClient, hearer: LeafClient): Promise<number[]> {
  const saidAt = new Map<string, number>();
  const tookMs: number[] = [];
  hearer.onMessage = (text) => {
    const at = saidAt.get(text);
    if (at !== undefined) tookMs.push(performance.now() - at);
    saidAt.delete(text);
  };
  for (let count = 0; count < MESSAGES; count++) {
    const text = `message ${count} of ${speaker.name}`;
    saidAt.set(text, performance.now());
    speaker.say(text);
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
  await until(() => saidAt.size === 0);
  return tookMs;
}

async function until(holds: () => boolean): Promise<void> {
  const late = performance.now() + PATIENCE_MS;
  while (!holds()) {
    if (performance.now() > late) throw new HoplineError('CHECKS_FAILED', 'a client is not heard');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
