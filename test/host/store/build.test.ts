/** Which SQLite a process takes: the newer where it runs, and never where it would crash. */
import { expect, it } from 'vitest';
import { Database, sqliteOf } from '../../../host/store/build.ts';

const [OLD, NEW] = ['better-sqlite3', 'better-sqlite3-13'];

it('is the newer where Node-API is new enough, and opens', () => {
  expect(taken(10, () => {})).toEqual({ name: NEW, asked: [NEW] });
});

it('is the older where Node-API is older, and the newer is not even loaded', () => {
  expect(taken(9, () => {})).toEqual({ name: OLD, asked: [OLD] });
});

it('is the older where the newer is not installed, or has no binary for this machine', () => {
  const absent = (): void => {
    throw new Error('no such module, or no such file');
  };
  expect(taken(10, absent)).toEqual({ name: OLD, asked: [NEW, OLD] });
  expect(taken(10, () => {}, absent)).toEqual({ name: OLD, asked: [NEW, OLD] });
});

it('opens here', () => {
  const database = new Database(':memory:');
  expect(database.prepare('SELECT 1 AS one').get()).toEqual({ one: 1 });
  database.close();
});

/** What is taken, and what was asked for, where the newer does this when it is loaded and opened. */
function taken(nodeApi: number, load: () => void, open: () => void = () => {}) {
  const asked: string[] = [];
  const sqlite = sqliteOf(nodeApi, (name) => {
    asked.push(name);
    if (name === NEW) load();
    return class {
      static readonly called = name;
      constructor() {
        if (name === NEW) open();
      }
      close(): void {}
    };
  });
  return { name: (sqlite as unknown as { called: string }).called, asked };
}
