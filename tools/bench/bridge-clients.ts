/**
 * Bridge, its clients: how long what one of them says takes to another, while a third says nothing, and
 * while it floods; medians of rounds in turn. The bridge is a process of its own, as `hopline up` runs
 * it, and so is whoever floods.
 */
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClientTicketView } from '../../host/http/views.ts';
import { HoplineError } from '../../protocol/errors.ts';
import type { Part } from './bridge-part.ts';
import { RunningBridge } from './bridge-running.ts';
import { FloodProcess } from './flood-client.ts';
import { LeafClient } from './leaf-client.ts';
import { percentile } from './percentile.ts';

/** By turns: what else the machine does now falls upon both. */
const ROUNDS = 7;
/** Fewer than one sender may say at once (DEFAULTS §9). */
const MESSAGES = 55;
const EVERY_MS = 30;
const PATIENCE_MS = 30_000;
/** What a flood says in it is more than it may say at once; and what it left behind is gone. */
const SETTLE_MS = 1000;

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
    progress('clients meet');
    const hearer = new LeafClient(await ticket('hearer'), 'hearer');
    ends.push(() => hearer.close());
    const flood = await FloodProcess.start(await ticket('flood'));
    ends.push(() => flood.close());
    const p95 = async (name: string, isFlooded: boolean): Promise<number> => {
      // Each time somebody else: nobody says more than one may say at once.
      const speaker = new LeafClient(await ticket(name), name);
      await until(() => hearer.peers().some((peer) => peer.name === name));
      flood.isOn = isFlooded;
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      const delay = percentile(await delays(speaker, hearer), 0.95);
      flood.isOn = false;
      await speaker.close();
      return delay;
    };
    const idle: number[] = [];
    const flooded: number[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      progress(`round ${round} of ${ROUNDS}: messages to another, while a third floods and not`);
      idle.push(await p95(`idle ${round}`, false));
      flooded.push(await p95(`flooded ${round}`, true));
    }
    const [usual, worse] = [percentile(idle, 0.5), percentile(flooded, 0.5)];
    return [
      { name: 'clients.p95_ms', value: usual, unit: 'ms' },
      { name: 'clients.flooded_p95_ms', value: worse, unit: 'ms' },
      { name: 'clients.p95_ratio', value: worse / usual, unit: 'times the p95 without a flood' },
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
