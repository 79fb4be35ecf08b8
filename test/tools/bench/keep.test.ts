/**
 * Figures are kept by the bridge that lives here: through its API while it runs, in its store while it
 * does not, and nowhere where there is none.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nativeCrypto } from '../../../device/pi/crypto.ts';
import { createKeyFile } from '../../../device/pi/key-file.ts';
import { BRIDGE_FILE } from '../../../host/daemon/bridge-file.ts';
import { Store } from '../../../host/store/store.ts';
import type { BenchRun } from '../../../host/types.ts';
import { Identity } from '../../../protocol/trust/identity.ts';
import { keepHere, lookHere } from '../../../tools/bench/keep.ts';
import { runOf } from '../../../tools/bench/kept-run.ts';
import { version } from '../../../tools/version.ts';
import { DeskDouble, serve, TOKEN } from '../../host/http/builders.ts';
import { testIo } from '../io.ts';

const RUN: BenchRun = {
  ...{ at: 1_800_000_000_000, area: 'mesh', seed: 1, node: 'v20', machine: 'a board' },
  figures: [{ name: 'mesh.delivery', unit: '%', value: 99.9 }],
};

describe('what was measured', () => {
  it('is kept as it was printed, without what is absent', () => {
    const head = { area: 'mesh', seed: 1, node: 'v20', machine: 'a board' };
    const absent = { name: 'mesh.latency', unit: 'ms', absent: 'no clock' };
    const value = { name: 'mesh.delivery', unit: '%', value: 99.98765, baseline: 98 };
    const run = runOf({ ...head, results: [absent, value] }, false, 5)!;
    expect(run.figures).toEqual([{ name: 'mesh.delivery', unit: '%', value: 99.99 }]);
    expect([run.at, run.area]).toEqual([5, 'mesh']);
    expect(runOf({ ...head, results: [value] }, true, 5)?.area).toBe('mesh --full');
    expect(runOf({ ...head, results: [absent] }, false, 5)).toBeNull();
  });

  it.each([
    ['that does not run, one that was killed, too', '.'],
    ['of a virtual island, which has its own room', 'virtual'],
  ])('goes into the store of a bridge %s', async (_, room) => {
    await inFolder(async (outer) => {
      const folder = join(outer, room);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const drawn = createKeyFile(join(folder, 'keys'), randomBytes);
      const owner = new Identity(nativeCrypto(), drawn).fingerprint;
      Store.open({ folder, owner }).close();
      expect(await keep(outer)).toBe(folder);
      writeFileSync(join(outer, BRIDGE_FILE), 'half a fi');
      expect(await keep(outer)).toBe(folder);
      const store = Store.open({ folder, owner });
      expect(store.bench.latest(9).map(({ key: _, ...run }) => run)).toEqual([RUN, RUN]);
      store.close();
    });
  });

  it('is given to a bridge that runs, which gives it to its page', async () => {
    await inFolder(async (folder) => {
      const { desk, server, ask } = await serve(new DeskDouble());
      try {
        const token = join(folder, 'token');
        writeFileSync(token, TOKEN);
        const { url } = server;
        const announced = { url, pid: process.pid, version: version(), token };
        writeFileSync(join(folder, BRIDGE_FILE), JSON.stringify(announced));
        expect(await keep(folder)).toBe(folder);
        expect(desk.measured).toEqual([RUN]);
        const answer = await ask('/api/v1/bench?limit=1');
        expect(await answer.json()).toEqual({ bench: [RUN] });
        const wrong = { ...RUN, figures: [{ name: 'a', unit: 'b', value: 'c' }] };
        const refused = await ask('/api/v1/bench', { method: 'POST', body: JSON.stringify(wrong) });
        expect(refused.status).toBe(400);
      } finally {
        await server.close();
      }
    });
  });

  it('is kept nowhere where no bridge lives, and whoever named the place is told', async () => {
    await inFolder(async (folder) => {
      await expect(keep(join(folder, 'none'))).rejects.toThrow('no bridge has its keys');
      const values = { data: join(folder, 'none') };
      const looking = lookHere({ operands: [], values }, testIo());
      await expect(looking).rejects.toThrow('no bridge has its keys');
    });
  });
});

function keep(folder: string): Promise<string | null> {
  return keepHere(RUN, { operands: [], values: { data: folder } }, testIo());
}

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'hopline-keep-'));
  try {
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
