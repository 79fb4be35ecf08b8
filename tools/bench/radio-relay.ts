/**
 * Relay: what the packed Raspberry Pi relay weighs on the disk and in memory, and how soon it shows
 * itself. On this machine; a Pi Zero takes several times as long to start.
 */
import { fork } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HoplineError } from '../../protocol/errors.ts';
import { buildProgram, rootOf } from '../build/program.ts';
import type { Result } from './report.ts';

/** The virtual radio lives with the tests, and what measures on it is run, not imported. */
const PROGRAM = 'test/device/pi/relay-bench-main.ts';

type Measured = { startMs: number; bundleBytes: number; rssBytes: number };

export async function relayFigures(): Promise<Result[]> {
  if (!existsSync(join(rootOf(), PROGRAM))) {
    throw new HoplineError('USAGE', `${PROGRAM}: radio is measured in a checkout of Hopline`);
  }
  const { startMs, bundleBytes, rssBytes } = await measure();
  return [
    { name: 'relay.rss_mb', value: rssBytes / 1e6, unit: 'MB after 1,200 messages' },
    { name: 'relay.bundle_kb', value: bundleBytes / 1e3, unit: 'kB' },
    { name: 'relay.start_ms', value: startMs, unit: 'ms to the first advertisement' },
  ];
}

async function measure(): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'hopline-bench-'));
  try {
    const child = fork(await buildProgram(PROGRAM, folder), {
      env: { ...process.env, HOPLINE_CHECKOUT: rootOf() },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    return await new Promise<Measured>((resolve, reject) => {
      child.on('message', (said: Measured) => resolve(said));
      child.on('error', reject);
      child.on('close', (status) => {
        reject(new HoplineError('CHECKS_FAILED', `${PROGRAM} ended with status ${status}`));
      });
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
