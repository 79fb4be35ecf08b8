/**
 * The oldest store there is, large, on its way to the schema of today, and the process killed at random
 * moments of it: it is of one schema or of another and never between, nothing is missing, and the last
 * start gets there (RELIABILITY R24).
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Database } from '../../../host/store/build.ts';
import { inspect } from '../../../host/store/migrate.ts';
import { MIGRATIONS } from '../../../host/store/migrations.ts';
import { connect } from '../../../host/store/sqlite.ts';
import { Store } from '../../../host/store/store.ts';
import { buildProgram } from '../../../tools/build/program.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { runs, SEED, xorshift } from '../../seed.ts';
import { id, OWNER } from './builders.ts';
import { FAST, LONG_MS } from './crash.ts';
import { expectAll, putFixture } from './fixtures.ts';

/** So many that the steps take a while. */
const MESSAGES = 3000;
const BULK = 'bulk';
/** Of one upgrade. */
const KILLS = runs(2, 4);

let home: string;
let opener: string;
beforeAll(async () => {
  home = mkdtempSync(join(FAST, 'hopline-upgrade-'));
  opener = await buildProgram('test/host/store/opener-main.ts', home);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

it(
  `goes on where it was killed, and loses nothing (seed ${SEED})`,
  async () => {
    const random = xorshift(SEED);
    const whole = put('whole');
    // A kill that comes when all is done shows nothing, so from then on they come sooner.
    let withinMs = await open(whole, null);
    expectWhole(whole);
    for (let of = 0; of < runs(2, 100); of++) {
      const folder = put(`killed-${of}`);
      let kills = 0;
      while (kills < KILLS) {
        await open(folder, random(Math.ceil(withinMs)));
        if (versionOf(folder) < MIGRATIONS.length) kills++;
        else if (kills > 0) break;
        else {
          withinMs /= 2;
          put(`killed-${of}`);
        }
      }
      await open(folder, null);
      expectWhole(folder);
      rmSync(folder, { recursive: true });
    }
  },
  LONG_MS,
);

/** The fixture of the first schema, with all that a busy year says in it. */
function put(name: string): string {
  const folder = join(home, name);
  rmSync(folder, { recursive: true, force: true });
  const database = new Database(putFixture(1, folder));
  const insert = database.prepare(
    `INSERT INTO messages VALUES (NULL, ?, x'${toHex(id(1))}', ?, ?, ?, ?, 1, 'heard', NULL, NULL, 30)`,
  );
  database.transaction(() => {
    for (let at = 0; at < MESSAGES; at++) insert.run(BULK, `bulk ${at}`, textOf(at), at, at);
  })();
  database.close();
  return folder;
}

/** Milliseconds that it took; killed after so many, unless that is null. */
async function open(folder: string, killAfterMs: number | null): Promise<number> {
  const child = spawn(process.execPath, [opener, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  let began = 0;
  let tookMs = 0;
  let killing: NodeJS.Timeout | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === 'opened') tookMs = performance.now() - began;
    if (line !== 'opening') continue;
    began = performance.now();
    if (killAfterMs !== null) killing = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  }
  await ended;
  clearTimeout(killing);
  return tookMs;
}

/** Throws where it is between two schemas. */
function versionOf(folder: string): number {
  const path = join(folder, 'store.sqlite');
  const connection = connect(path, false);
  try {
    const version = inspect(connection, path);
    const { count } = connection
      .prepare<[], { count: number }>(`SELECT count(*) AS count FROM messages`)
      .get()!;
    expect(count).toBe(3 + MESSAGES);
    expect(version).toBeGreaterThanOrEqual(1);
    return version;
  } finally {
    connection.close();
  }
}

function expectWhole(folder: string): void {
  expect(versionOf(folder)).toBe(MIGRATIONS.length);
  const store = Store.open({ folder, owner: OWNER });
  try {
    const last = store.messages.before(BULK, Number.MAX_SAFE_INTEGER, 1000);
    expect(last.map(({ text }) => text)).toEqual(last.map((_, at) => textOf(MESSAGES - 1 - at)));
    expect(
      store.messages.search(`number ${MESSAGES - 1}`, Number.MAX_SAFE_INTEGER, 9),
    ).toHaveLength(1);
  } finally {
    store.close();
  }
  // What the fixture held is there beside them.
  const database = new Database(join(folder, 'store.sqlite'));
  database.exec(`DELETE FROM messages WHERE conversation = '${BULK}'`);
  database.close();
  const rest = Store.open({ folder, owner: OWNER });
  try {
    expectAll(rest);
  } finally {
    rest.close();
  }
}

function textOf(at: number): string {
  return `this is message number ${at} of the year`;
}
