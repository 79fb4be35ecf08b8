/**
 * Whole daemons in one process, joined by real lines, with real stores.
 */
import { chmodSync, copyFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openHome } from '../../host/daemon/home.ts';
import type { Connection } from '../../host/store/sqlite.ts';
import type { StoredMessage } from '../../host/types.ts';
import { DAY_MS, PUBLIC } from '../../host/types.ts';
import { HoplineError } from '../../protocol/errors.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import type { Rig, Running } from './daemon-rig.ts';
import { openDaemonRig } from './daemon-rig.ts';
import { until } from '../patience.ts';

let rig: Rig;
beforeEach(() => {
  rig = openDaemonRig();
});
afterEach(() => rig.end());

describe('two daemons with a line between them', () => {
  it('hear each other in public, once', async () => {
    const [one, two] = await pair();
    const answer = await one.daemon.ask({ kind: 'say', text: 'is anybody there?' });
    expect(answer).toMatchObject({ kind: 'stored' });
    await until(() => publicOf(two).length > 0, 'it is heard');
    expect(publicOf(two)).toEqual(['is anybody there?']);
  });

  it('write to each other in private, and know that it arrived', async () => {
    const [one, two] = await pair();
    const answer = await one.daemon.ask({
      kind: 'tell',
      peer: two.daemon.identity.id,
      text: 'only for you',
    });
    expect(answer).toMatchObject({ kind: 'stored' });
    await until(() => privateOf(one, two)[0]?.state === 'delivered', 'it is delivered');
    expect(privateOf(two, one)).toMatchObject([
      { text: 'only for you', state: 'heard', isVerified: true },
    ]);
  });
});

describe('a daemon that leaves', () => {
  it('says so to those at the ends of its lines', async () => {
    const [one, two] = await pair();
    await until(() => isHeard(one, two), 'they know each other');
    await two.daemon.leave();
    await until(() => !isHeard(one, two), 'it is noticed');
    const left = one.events.find(({ event }) => event.kind === 'peer-left');
    expect(left?.event).toMatchObject({ name: 'bridge', reason: 'user' });
  });
});

describe('a daemon whose strategy does not suit', () => {
  it('begins with another where it is set so at the start, and takes none later', async () => {
    const ants = { strategy: 'ants', place: null, mobility: null, energy: 'mains' } as const;
    const { daemon } = await rig.start(rig.folder(), { routing: ants });
    const health = daemon.snapshot().components.find(({ name }) => name === 'routing');
    expect(JSON.stringify(health)).toMatch(/ants does not suit here, and shortest is used/);
    expect(daemon.refusal(daemon.config)).toBeNull();
    const wanted = (strategy: 'balanced' | 'shortest') => {
      return { ...daemon.config, routing: { ...ants, strategy } };
    };
    expect(daemon.refusal(wanted('balanced'))).toMatch(
      /^routing\.strategy: balanced does not suit here: there is no neighbour/,
    );
    expect(daemon.refusal(wanted('shortest'))).toBeNull();
  });
});

describe('a daemon that starts again', () => {
  it('knows who it is, what was said and whom it has lines to', async () => {
    const [one, two] = await pair();
    await one.daemon.ask({ kind: 'say', text: 'before' });
    await until(() => publicOf(two).length > 0, 'it is heard');
    await two.daemon.leave();
    await one.daemon.ask({ kind: 'say', text: 'meanwhile' });

    const again = await rig.start(two.daemon.config.data);
    expect(again.id).toBe(two.id);
    expect(publicOf(again)).toEqual(['before']);
    await until(() => publicOf(again).length === 2, 'it caught up');
    expect(publicOf(again)).toEqual(['meanwhile', 'before']);
  });

  it('delivers what was said before its end, and nothing twice', async () => {
    const [one, two] = await pair();
    await two.daemon.leave();
    const answer = await one.daemon.ask({
      kind: 'tell',
      peer: two.daemon.identity.id,
      text: 'when you are back',
    });
    expect(answer.kind).toBe('stored');
    await one.daemon.leave();

    const first = await rig.start(one.daemon.config.data, {
      listen: { host: '127.0.0.1', port: one.daemon.listening!.port },
    });
    const second = await rig.start(two.daemon.config.data);
    await until(() => privateOf(first, second)[0]?.state === 'delivered', 'it is delivered');
    expect(privateOf(second, first)).toMatchObject([{ text: 'when you are back' }]);
  });

  it('takes no folder that another has, and says who has it', async () => {
    const { daemon } = await rig.start(rig.folder());
    const socket = `${daemon.config.socket}.other`;
    await expect(rig.start(daemon.config.data, { socket })).rejects.toThrow(
      /process \d+ has it; stop that one, or name another folder \[STORE_LOCKED\]/,
    );
    await expect(rig.start(daemon.config.data)).rejects.toThrow(/\[RELAY_RUNNING\]/);
  });

  it('refuses a store without its keys, and keys that are not its own', async () => {
    const { daemon } = await rig.start(rig.folder());
    await daemon.leave();
    const { data, keyFile } = daemon.config;
    renameSync(keyFile, `${keyFile}.away`);
    await expect(rig.start(data)).rejects.toThrow(/restore it from a copy \[FILE_UNREADABLE\]/);

    const other = await rig.start(rig.folder());
    copyFileSync(other.daemon.config.keyFile, keyFile);
    chmodSync(keyFile, 0o600);
    await expect(rig.start(data)).rejects.toThrow(/\[STORE_FOREIGN\]/);

    renameSync(`${keyFile}.away`, keyFile);
    expect((await rig.start(data)).id).toBe(toHex(daemon.identity.id));
  });
});

describe('a daemon that cannot begin', () => {
  it('leaves nothing that goes on, and its folder to the next', async () => {
    const [intervals, cleared] = [
      vi.spyOn(globalThis, 'setInterval'),
      vi.spyOn(globalThis, 'clearInterval'),
    ];
    const folder = rig.folder();
    const failing = { listSerial: () => Promise.reject(new Error('no ports today')) };
    await expect(rig.start(folder, { serial: 'auto' }, failing)).rejects.toThrow('no ports today');
    const begun = intervals.mock.results.map(({ value }) => value as unknown);
    const ended = cleared.mock.calls.map(([timer]) => timer as unknown);
    vi.restoreAllMocks();
    expect(begun.filter((timer) => !ended.includes(timer))).toEqual([]);
    expect(begun.length).toBeGreaterThan(0);
    await rig.start(folder);
  });
});

describe('a daemon whose clock is set wrong', () => {
  it('R16: keeps what it would keep if years had not passed', async () => {
    const one = await rig.start(rig.folder());
    await one.daemon.ask({ kind: 'say', text: 'hold on to that' });
    const now = Date.now();
    vi.spyOn(Date, 'now').mockReturnValue(now + 10 * 365 * DAY_MS);
    clearTimeout(one.daemon['trimming']);
    one.daemon['trim']();
    vi.restoreAllMocks();
    expect(publicOf(one)).toEqual(['hold on to that']);
  });
});

describe('a daemon whose store is gone', () => {
  it('begins anew and says so to whoever looks, until it starts again (S24)', async () => {
    const folder = rig.folder();
    await (await rig.start(folder)).daemon.leave();
    rmSync(join(folder, 'store.sqlite'));
    const bare = await rig.start(folder);
    expect(bare.daemon.problems).toEqual([expect.stringMatching(/was begun anew/)]);
    await bare.daemon.leave();
    const again = await rig.start(folder);
    expect(again.daemon.problems).toEqual([]);
  });
});

describe('a daemon whose disk fails', () => {
  it('acknowledges nothing, says so, and goes on once the disk heals', async () => {
    const disk = { isFull: false };
    const one = await rig.start(rig.folder(), {}, { openHome: onDisk(disk) });
    disk.isFull = true;
    const saying = one.daemon.ask({ kind: 'say', text: 'into the void' });
    await expect(saying).rejects.toThrow(
      /see to the disk; .*, before asking again \[STORE_FAILING\]$/,
    );
    expect(one.daemon.problems).toEqual([expect.stringMatching(/see to the disk$/)]);
    const more = one.daemon.ask({ kind: 'say', text: 'more' });
    await expect(more).rejects.toThrow(/see to the disk \[STORE_FAILING\]$/);
    expect([one.daemon.isAlive, publicOf(one)]).toEqual([true, []]);

    disk.isFull = false;
    await until(() => one.daemon.problems.length === 0, 'it is well again');
    expect(publicOf(one)).toEqual(['into the void']);
    const ailments = one.events.filter(({ of }) => of === 'daemon');
    expect(ailments).toHaveLength(2);
  });

  it('loses nothing it acknowledged when SQLite itself finds no room', async () => {
    let connection: Connection | null = null;
    const folder = rig.folder();
    const one = await rig.start(
      folder,
      {},
      {
        openHome(config, ports) {
          const home = openHome(config, ports);
          ({ connection } = home.store as unknown as { connection: Connection });
          return home;
        },
      },
    );
    const pages = (most: number): unknown => connection!.pragma(`max_page_count = ${most}`);
    pages(1);
    const said: Promise<unknown>[] = [];
    while (one.daemon.problems.length === 0) {
      const text = `${said.length} ${'x'.repeat(500)}`;
      said.push(one.daemon.ask({ kind: 'say', text }).catch((refusal: unknown) => refusal));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(one.daemon.problems).toEqual([expect.stringMatching(/SQLITE_FULL/)]);
    pages(0xfffffffe);
    const answers = await Promise.all(said);
    expect(answers.at(-1)).toMatchObject({ code: 'STORE_FAILING' });
    await until(() => one.daemon.problems.length === 0, 'it is well again');
    await one.daemon.leave();
    const again = await rig.start(folder);
    expect(publicOf(again)).toHaveLength(said.length);
  });

  it('ends when it cannot heal', async () => {
    const disk = { isFull: false, isDamaged: true };
    const one = await rig.start(rig.folder(), {}, { openHome: onDisk(disk) });
    disk.isFull = true;
    await expect(one.daemon.ask({ kind: 'say', text: 'lost' })).rejects.toThrow(/\[RELAY_BROKEN\]/);
    expect(one.broken).toMatchObject([{ code: 'STORE_DAMAGED' }]);
    expect(one.daemon.isAlive).toBe(false);
  });
});

/** A home whose store fails while its disk is full. */
function onDisk(disk: { isFull: boolean; isDamaged?: boolean }): typeof openHome {
  return (config, ports) => {
    const home = openHome(config, ports);
    const { store } = home;
    const commit = store.commit.bind(store);
    store.commit = (writes) => {
      if (!disk.isFull) return commit(writes);
      const code = disk.isDamaged === true ? 'STORE_DAMAGED' : 'FILE_UNWRITABLE';
      throw new HoplineError(code, 'the store: it is full; see to the disk');
    };
    return home;
  };
}

/** Two that joined by an invite, as people would. */
async function pair(): Promise<[Running, Running]> {
  const one = await rig.start(rig.folder());
  const two = await rig.start(rig.folder());
  const invited = await one.daemon.ask({ kind: 'invite', address: one.address });
  if (invited.kind !== 'invited') throw new Error(JSON.stringify(invited));
  await two.daemon.ask({ kind: 'join', text: invited.line });
  const isUp = ({ daemon }: Running): boolean =>
    daemon.snapshot().lines.some(({ state }) => state === 'up');
  await until(() => isUp(one) && isUp(two), 'the line is up');
  return [one, two];
}

function isHeard({ daemon }: Running, { id }: Running): boolean {
  return daemon.snapshot().station.peers.some((peer) => peer.id === id);
}

function privateOf({ daemon }: Running, { id }: Running): StoredMessage[] {
  return daemon.store.messages.before(id, Number.MAX_SAFE_INTEGER, 1000);
}

function publicOf({ daemon }: Running): string[] {
  return daemon.store.messages
    .before(PUBLIC, Number.MAX_SAFE_INTEGER, 1000)
    .map(({ text }) => text);
}
