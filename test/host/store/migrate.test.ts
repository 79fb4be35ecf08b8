/**
 * A store of every schema there ever was opens under this one, with nothing lost of what was
 * acknowledged and the same owner; killed at any moment of it, the next start goes on (RELIABILITY R24).
 *
 * `fixtures/` has a store of each schema as the program of its day wrote it. With UPDATE=1 the missing
 * one of a new schema is made; one that is there is never made again.
 */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Database } from '../../../host/store/build.ts';
import { inspect, migrate } from '../../../host/store/migrate.ts';
import { MIGRATIONS } from '../../../host/store/migrations.ts';
import { APPLICATION_ID, connect } from '../../../host/store/sqlite.ts';
import { Store } from '../../../host/store/store.ts';
import { backUp, restore } from '../../../host/store/backup.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { runs, SEED, xorshift } from '../../seed.ts';
import { HAS_STRACE, LONG_MS, withWriter } from './crash.ts';
import { callsOf, FATES, imageOf, putImage } from './power.ts';
import { entry, id, inFolder, NOW, OWNER, pin } from './builders.ts';
import { expectAll, fixture, FIXTURES, putFixture } from './fixtures.ts';

const VERSIONS = MIGRATIONS.map((_, at) => at + 1);
if (process.env['UPDATE'] === '1') VERSIONS.forEach(makeFixture);

describe.each(VERSIONS)('a store of schema %i', (version) => {
  it('opens with all that was in it', () => {
    inFolder((folder) => {
      putFixture(version, folder);
      const store = Store.open({ folder, owner: OWNER });
      expectAll(store);
      store.close();
      const again = Store.open({ folder, owner: OWNER });
      expectAll(again);
      again.close();
    });
  });

  it('is restored from a backup of its day', async () => {
    await inFolder(async (folder) => {
      putFixture(version, folder);
      const file = join(folder, 'copy');
      expect(await backUp(folder, file)).toMatchObject({ schema: version, messages: 3 });
      const to = join(folder, 'restored');
      expect(await restore(file, to)).toMatchObject({ schema: MIGRATIONS.length, messages: 3 });
      const store = Store.open({ folder: to, owner: OWNER });
      expectAll(store);
      store.close();
    });
  });

  it('is as it was after any step that failed, and goes on from there', () => {
    inFolder((folder) => {
      for (let failing = version; failing < MIGRATIONS.length; failing++) {
        fs.rmSync(folder, { recursive: true, force: true });
        const path = putFixture(version, folder);
        const broken = MIGRATIONS.map((sql, at) => (at === failing ? `${sql}; BROKEN` : sql));
        const connection = connect(path, false);
        expect(() => migrate(connection, path, version, broken)).toThrow('BROKEN');
        expect(inspect(connection, path)).toBe(failing);
        connection.close();
        const store = Store.open({ folder, owner: OWNER });
        expectAll(store);
        store.close();
      }
    });
  });
});

it.skipIf(!HAS_STRACE)(
  'has lost nothing when the power failed on the way to a newer schema',
  () =>
    withWriter((write, home) => {
      const ran = write({
        batches: 0,
        isTraced: true,
        prepare: (folder) => void putFixture(1, folder),
      });
      const calls = callsOf(ran.trace, ran.folder);
      expect(calls.filter(({ kind }) => kind === 'write').length).toBeGreaterThan(30);
      const before = new Map([['store.sqlite', fixture(1)]]);
      const random = xorshift(SEED);
      for (let i = 0; i < runs(40, 4000); i++) {
        const image = imageOf(calls, random(calls.length + 1), FATES[i % 4], random, before);
        const folder = join(home, `image-${i}`);
        putImage(image, folder);
        const store = Store.open({ folder, owner: OWNER });
        expectAll(store);
        store.close();
        fs.rmSync(folder, { recursive: true });
      }
    }),
  LONG_MS,
);

it('has a fixture for every schema and no more', () => {
  expect(fs.readdirSync(FIXTURES).sort()).toEqual(VERSIONS.map((of) => `schema-${of}.gz`));
});

function makeFixture(version: number): void {
  const file = join(FIXTURES, `schema-${version}.gz`);
  if (fs.existsSync(file)) return;
  const database = new Database(':memory:');
  for (const step of MIGRATIONS.slice(0, version)) database.exec(step);
  database.pragma(`user_version = ${version}`);
  database.pragma(`application_id = ${APPLICATION_ID}`);
  const hex = (bytes: Uint8Array): string => `x'${toHex(bytes)}'`;
  const { noiseKey, signingKey } = pin(1);
  const { recipient, body } = entry();
  for (const [key, name] of [
    [2, 'two'],
    [3, 'three'],
    [7, 'seven'],
  ]) {
    database.exec(
      `INSERT INTO messages VALUES (${key}, 'public', ${hex(id(1))}, '${name}', 'hello', ${NOW}, ${NOW + 5}, 1, 'heard', NULL, NULL, 5)`,
    );
  }
  database.exec(`
    INSERT INTO conversations VALUES ('public', 7, 2);
    INSERT INTO tallies VALUES ('messages', 3, 15), ('delivered', 1, 0);
    INSERT INTO outbox VALUES (1, ${hex(recipient)}, 'one', 1, ${hex(body)}, ${NOW}, ${NOW + 1000}, 0, NULL);
    INSERT INTO delivered VALUES (${hex(id(9))}, ${NOW});
    INSERT INTO pins VALUES (${hex(id(1))}, ${hex(noiseKey)}, ${hex(signingKey)}, 'verified', 1);
    INSERT INTO denied VALUES (${hex(id(4))});
    INSERT INTO peers VALUES (${hex(id(1))}, 'Anna', 'anna', NULL, ${NOW}, ${NOW});
    INSERT INTO counters VALUES (${hex(id(5))}, 41);
    INSERT INTO settings VALUES ('kept', 'yes'), ('store.owner', '${toHex(OWNER)}');
  `);
  fs.mkdirSync(FIXTURES, { recursive: true });
  fs.writeFileSync(file, gzipSync(database.serialize(), { level: 9 }));
  database.close();
}
