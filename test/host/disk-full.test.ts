/**
 * A whole bridge on a disk that is full to the last byte: it says so, answers what it can, acknowledges
 * nothing that it did not store, and goes on by itself as soon as there is room (RELIABILITY R5).
 */
import { afterEach, describe, expect, it } from 'vitest';
import { DaemonDesk } from '../../host/desk.ts';
import { ROUTES } from '../../host/http/routes/all.ts';
import type { EventView, MessageView, StatusView } from '../../host/http/views.ts';
import { Store } from '../../host/store/store.ts';
import { runs } from '../seed.ts';
import type { Rig, Running as RunningDaemon } from './daemon-rig.ts';
import { openDaemonRig } from './daemon-rig.ts';
import type { Running } from './http/builders.ts';
import { serve } from './http/builders.ts';
import { SmallDisk } from './small-disk.ts';
import { until } from '../patience.ts';

/** Room for all that the rounds store. */
const DISK_BYTES = runs(2, 24) * 2 ** 20;
/** Of a message: the log of the store soon needs more room. */
const TEXT = 'x'.repeat(4000);
/** Said until the disk has no room for more, at most. */
const SAID_MAX = 2000;

const trial = SmallDisk.open(DISK_BYTES);
trial?.close();

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

describe.skipIf(trial === null)('a bridge whose disk is full', () => {
  it('says so, serves what it has, loses nothing, and goes on once there is room', async () => {
    const { disk, rig } = settled();
    const { bridge, desk, api, events } = await start(rig, disk);
    const acknowledged = new Set<string>();
    let waited = 0;
    const say = async (): Promise<number> => {
      const body = JSON.stringify({ to: 'public', text: TEXT });
      const answer = await api.ask('/api/v1/messages', { method: 'POST', body });
      const said = (await answer.json()) as MessageView;
      if (answer.status === 200) acknowledged.add(said.id);
      else expect(JSON.stringify(said)).toMatch(/STORE_FAILING.*store\.sqlite.*see to the disk/);
      if (/waits in memory/.test(JSON.stringify(said))) waited++;
      return answer.status;
    };
    for (let round = 0; round < runs(2, 40); round++) {
      const failing = new Promise<void>((resolve) => {
        ends.push(desk.listen(({ kind }) => kind === 'health' && resolve()));
      });
      disk.fill();
      // The first one that finds no room is in its hands until there is some, and is told so.
      const saying: Promise<number>[] = [];
      while (health(events) === 'ok' && saying.length < SAID_MAX) {
        const said = say();
        saying.push(said);
        await Promise.race([said, failing]);
      }
      expect(health(events)).toBe('degraded');
      expect((await Promise.all(saying)).at(-1)).toBe(503);
      const before = acknowledged.size;
      expect(await say()).toBe(503);
      const { health: state, problems } = await read<StatusView>(api, '/api/v1/status');
      expect(state).toBe('degraded');
      expect(problems.join()).toMatch(/store\.sqlite: .*full.*nothing of it was acknowledged/);
      for (const { method, path, access } of ROUTES) {
        if (method !== 'GET' || path.includes('{') || path === '/api/v1/search') continue;
        if (path === '/api/v1/settings') continue;
        expect([path, access, (await api.ask(path)).status]).toEqual([path, access, 200]);
      }
      expect(acknowledged.size).toBe(before);

      disk.free();
      await until(() => health(events) === 'ok', 'it is told that all is well');
      expect(await say()).toBe(200);
    }
    await api.server.close();
    await bridge.daemon.leave();
    const { fingerprint } = bridge.daemon.identity;
    const store = Store.open({ folder: disk.folder, owner: fingerprint });
    const kept = new Set(store.messages.after(0, SAID_MAX).map(({ id }) => id));
    store.close();
    expect([...acknowledged].filter((id) => !kept.has(id))).toEqual([]);
    expect([waited > 0, kept.size]).toEqual([true, acknowledged.size + waited]);
  });

  it('is not begun, and is as it was once there is room', async () => {
    const { disk, rig } = settled();
    const first = await rig.start(disk.folder);
    await first.daemon.ask({ kind: 'say', text: 'before' });
    await first.daemon.leave();
    disk.fill();
    await expect(rig.start(disk.folder)).rejects.toThrow(/FILE_UNWRITABLE/);
    disk.free();
    const again = await rig.start(disk.folder);
    expect(again.id).toBe(first.id);
    expect(again.daemon.store.messages.after(0, 9).map(({ text }) => text)).toEqual(['before']);
  });
});

function settled(): { disk: SmallDisk; rig: Rig } {
  const disk = SmallDisk.open(DISK_BYTES)!;
  ends.push(() => disk.close());
  const rig = openDaemonRig();
  ends.push(() => rig.end());
  return { disk, rig };
}

type Started = {
  bridge: RunningDaemon;
  desk: DaemonDesk;
  api: Running<DaemonDesk>;
  events: EventView[];
};

async function start(rig: Rig, disk: SmallDisk): Promise<Started> {
  const bridge = await rig.start(disk.folder);
  const desk = new DaemonDesk(bridge.daemon, 'boot');
  const events: EventView[] = [];
  desk.listen((event) => events.push(event));
  const api = await serve(desk);
  ends.push(() => api.server.close());
  return { bridge, desk, api, events };
}

/** As the last event of it says. */
function health(events: EventView[]): 'ok' | 'degraded' {
  const last = events.findLast((event) => event.kind === 'health');
  return last?.kind === 'health' ? last.health : 'ok';
}

async function read<View>(api: Running<DaemonDesk>, path: string): Promise<View> {
  return (await (await api.ask(path)).json()) as View;
}
