/**
 * A store is one peer's, one process's and one program's: whoever else comes is told so, and nothing
 * that is there is ever written over (RELIABILITY S24, R23, R24).
 */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { Database } from '../../../host/store/build.ts';
import { takeFolder } from '../../../host/store/folder.ts';
import { MIGRATIONS } from '../../../host/store/migrations.ts';
import { Store } from '../../../host/store/store.ts';
import { HoplineError } from '../../../protocol/errors.ts';
import { id, inFolder, limits, message, NOW, OWNER, pin, said, withStore } from './builders.ts';
import { countsOf } from './tables.ts';

describe('a store that is opened', () => {
  it('has after a restart what was committed before it', () => {
    inFolder((folder) => {
      const store = Store.open({ folder, owner: OWNER });
      store.commit([said(), { kind: 'delivered', mark: id(5), sentAt: NOW }]);
      store.close();
      const again = Store.open({ folder, owner: OWNER });
      expect(again.messages.find(message())).toEqual({ ...message(), key: 1 });
      expect(again.delivered.has(id(5), NOW)).toBe(true);
      expect(again.messages.usage()).toEqual({ count: 1, bytes: 5 });
      again.close();
    });
  });

  it('is for its owner alone, whatever the umask, and so is all beside it (R23)', () => {
    const umask = process.umask(0);
    try {
      withStore((store, folder) => {
        store.commit([said()]);
        expect(fs.statSync(folder).mode & 0o777).toBe(0o700);
        const files = fs.readdirSync(folder).sort();
        expect(files).toEqual([
          'store.lock',
          'store.pid',
          'store.sqlite',
          'store.sqlite-shm',
          'store.sqlite-wal',
        ]);
        for (const file of files) expect(fs.statSync(join(folder, file)).mode & 0o777).toBe(0o600);
      });
    } finally {
      process.umask(umask);
    }
  });

  it('closes to others a file that was open to them', () => {
    inFolder((folder) => {
      Store.open({ folder, owner: OWNER }).close();
      fs.chmodSync(join(folder, 'store.sqlite'), 0o644);
      Store.open({ folder, owner: OWNER }).close();
      expect(fs.statSync(join(folder, 'store.sqlite')).mode & 0o777).toBe(0o600);
    });
  });

  it('syncs every commit to the disk, and writes ahead', () => {
    withStore((_, folder) => {
      const beside = new Database(join(folder, 'store.sqlite'), { readonly: true });
      expect(beside.pragma('journal_mode', { simple: true })).toBe('wal');
      beside.close();
    });
  });

  it.each([
    ['under a file', (folder: string) => fs.writeFileSync(folder, 'a file'), 'EEXIST'],
    [
      'whose lock is a folder',
      (folder: string) => fs.mkdirSync(join(folder, 'store.lock'), { recursive: true }),
      'store.lock',
    ],
  ])('says what is in the way %s', (_, put, what) => {
    inFolder((folder) => {
      put(folder);
      const refused = complaint(() => Store.open({ folder, owner: OWNER }));
      expect(refused.code).toBe('FILE_UNWRITABLE');
      expect(refused.message).toContain(what);
    });
  });
});

describe('a batch', () => {
  it('is committed whole or not at all', () => {
    withStore((store) => {
      store.commit([said({ id: 'before' })]);
      const bad = said({ id: 'bad', sender: new Uint8Array(7) });
      expect(() => store.commit([said({ id: 'good' }), bad])).toThrow('CHECK');
      expect(store.messages.after(0, 10).map(({ id }) => id)).toEqual(['before']);
      expect(store.messages.usage()).toEqual({ count: 1, bytes: 5 });
      store.commit([said({ id: 'after' })]);
      expect(store.messages.usage()).toEqual({ count: 2, bytes: 10 });
    });
  });

  it('that failed leaves the counts right, though the disk could not be read then (R5)', () => {
    withStore((store) => {
      store.commit([said({ id: 'before' })]);
      const counts = Reflect.get(Reflect.get(store, 'tally'), 'select');
      counts.all = () => {
        throw new Database.SqliteError('disk I/O error', 'SQLITE_IOERR_READ');
      };
      const bad = said({ id: 'bad', sender: new Uint8Array(7) });
      expect(() => store.commit([said({ id: 'good' }), bad])).toThrow('CHECK');
      const unread = complaint(() => store.commit([said({ id: 'unread' })]));
      expect(unread.code).toBe('FILE_UNWRITABLE');
      delete counts.all;
      store.commit([said({ id: 'after' })]);
      expect(store.messages.usage()).toEqual({ count: 2, bytes: 10 });
    });
  });

  it('gives every message a number above all before it, also of those that are gone', () => {
    withStore(
      (store) => {
        for (const id of ['a', 'b', 'c']) store.commit([said({ id })]);
        store.trim(NOW);
        store.commit([said({ id: 'd' })]);
        expect(store.messages.after(0, 10).map(({ key }) => key)).toEqual([3, 4]);
      },
      limits({ messagesMax: 1 }),
    );
  });
});

describe('a trim', () => {
  it('goes in slices until nothing is beyond the limits', () => {
    withStore(
      (store) => {
        store.commit(Array.from({ length: 1203 }, (_, of) => said({ id: `${of}` })));
        expect([store.trim(NOW), store.trim(NOW), store.trim(NOW)]).toEqual([true, true, false]);
        expect(store.messages.usage().count).toBe(2);
        expect(store.messages.after(0, 1)[0].id).toBe('1201');
      },
      limits({ messagesMax: 2 }),
    );
  });

  it.each([
    ['a flood in public', 'public', 'anna'],
    ['a flood of private words', 'flood', 'public'],
  ])('leaves to the others what they said, in %s', (_, flooded, spared) => {
    withStore(
      (store) => {
        const fill = (conversation: string, count: number): void =>
          store.commit(
            Array.from({ length: count }, (_, of) => said({ conversation, id: `${of}` })),
          );
        fill(spared, 4);
        fill(flooded, 2000);
        while (store.trim(NOW));
        expect(store.messages.before(spared, 10_000, 100)).toHaveLength(4);
        expect(store.messages.before(flooded, 10_000, 100).map(({ id }) => id)).toEqual([
          '1999',
          '1998',
          '1997',
          '1996',
          '1995',
          '1994',
        ]);
        // More than half of the room is nobody's own.
        store.commit(
          Array.from({ length: 50 }, (_, of) => said({ conversation: spared, id: `late ${of}` })),
        );
        while (store.trim(NOW));
        expect(store.messages.before(spared, 10_000, 100)).toHaveLength(5);
        expect(store.messages.before(flooded, 10_000, 100)).toHaveLength(5);
      },
      limits({ messagesMax: 10 }),
    );
  });

  it('forgets a conversation with its last message, whatever older ones there are', () => {
    inFolder((folder) => {
      const store = Store.open({ folder, owner: OWNER, retention: limits({ messagesMax: 2 }) });
      store.commit([said({ id: 'a' })]);
      for (const of of [1, 2, 3]) store.commit([said({ conversation: `peer ${of}`, id: 'x' })]);
      while (store.trim(NOW));
      const names = store.messages.conversations(9).map(({ name }) => name);
      store.close();
      expect(names).toEqual(['peer 3', 'public']);
      expect(countsOf(join(folder, 'store.sqlite'))['conversations']).toBe(2);
    });
  });

  it('never lets a packet pass whose mark it forgot (S11)', () => {
    withStore(
      (store) => {
        const marks = Array.from({ length: 50 }, (_, of) => ({
          kind: 'delivered' as const,
          mark: new Uint8Array(16).fill(of),
          sentAt: NOW + ((of * 7) % 50),
        }));
        store.commit(marks);
        while (store.trim(NOW));
        for (const { mark, sentAt } of marks) expect(store.delivered.has(mark, sentAt)).toBe(true);
        expect(store.delivered.has(id(99), NOW + 39)).toBe(true);
        expect(store.delivered.has(id(99), NOW + 40)).toBe(false);
      },
      limits({ deliveredMax: 10 }),
    );
  });

  it('forgets strangers only, however many there are (S4)', () => {
    withStore(
      (store) => {
        const heard = (of: number) =>
          ({ kind: 'peer-heard', id: id(of), name: 'x', announce: null, at: NOW + of }) as const;
        store.commit([{ kind: 'pins', pins: [pin(1, { standing: 'verified' })] }, heard(1)]);
        for (let of = 2; of < 100; of++)
          store.commit([{ kind: 'pins', pins: [pin(of)] }, heard(of)]);
        while (store.trim(NOW));
        expect(store.peers.pins().map(({ id }) => id[0])).toEqual([1, 97, 98, 99]);
      },
      limits({ strangersMax: 3 }),
    );
  });

  it('forgets strangers of whom only the keys are known before those who were heard', () => {
    withStore(
      (store) => {
        const pins = Array.from({ length: 99 }, (_, of) => pin(of + 1));
        store.commit([{ kind: 'pins', pins: [pin(100, { standing: 'verified' }), ...pins] }]);
        store.commit([{ kind: 'peer-heard', id: id(7), name: 'x', announce: null, at: NOW }]);
        while (store.trim(NOW));
        expect(store.peers.pins().map(({ id }) => id[0])).toEqual([7, 98, 99, 100]);
      },
      limits({ strangersMax: 3 }),
    );
  });
});

describe('a folder', () => {
  it('is refused to a second store while the first is open, and is free afterwards', () => {
    withStore((_, folder) => {
      const refused = complaint(() => Store.open({ folder, owner: OWNER }));
      expect(refused.code).toBe('STORE_LOCKED');
      expect(refused.message).toContain(`process ${process.pid} has it`);
    });
  });

  it('is refused while another process has it, by its pid, and free once that is killed', async () => {
    await inFolder(async (folder) => {
      takeFolder(folder).release();
      const holder = spawn(process.execPath, ['-e', HOLDER, folder], {
        stdio: ['ignore', 'pipe', 'inherit'],
        cwd: process.cwd(),
      });
      try {
        for await (const line of createInterface(holder.stdout)) if (line === 'taken') break;
        const refused = complaint(() => Store.open({ folder, owner: OWNER }));
        expect(refused.code).toBe('STORE_LOCKED');
        expect(refused.message).toContain(`process ${holder.pid} has it`);
      } finally {
        const ended = new Promise((resolve) => holder.on('close', resolve));
        holder.kill('SIGKILL');
        await ended;
      }
      Store.open({ folder, owner: OWNER }).close();
    });
  });

  it('belongs to the peer whose store it is', () => {
    inFolder((folder) => {
      Store.open({ folder, owner: OWNER }).close();
      const refused = complaint(() => Store.open({ folder, owner: new Uint8Array(32).fill(8) }));
      expect(refused.code).toBe('STORE_FOREIGN');
      expect(refused.message).toContain('the peer 0707070707070707');
      Store.open({ folder, owner: OWNER }).close();
    });
  });
});

describe('a store that cannot be used', () => {
  it.each([
    [
      'is newer',
      (file: string) => change(file, `PRAGMA user_version = ${MIGRATIONS.length + 1}`),
      'STORE_NEWER',
      'newer Hopline',
    ],
    [
      'is of another program',
      (file: string) => change(file, 'PRAGMA application_id = 1'),
      'STORE_DAMAGED',
      'not of Hopline',
    ],
    [
      'lost its version',
      (file: string) => change(file, 'PRAGMA user_version = 0'),
      'STORE_DAMAGED',
      'not of Hopline',
    ],
    [
      'lost a table',
      (file: string) => change(file, 'DROP TABLE delivered'),
      'STORE_DAMAGED',
      'not those of schema',
    ],
    [
      'gained a trigger',
      (file: string) =>
        change(file, 'CREATE TRIGGER evil AFTER INSERT ON outbox BEGIN DELETE FROM outbox; END'),
      'STORE_DAMAGED',
      'not those of schema',
    ],
    [
      'is text',
      (file: string) => fs.writeFileSync(file, 'hello, world\n'.repeat(500)),
      'STORE_DAMAGED',
      'not a database',
    ],
    ['ends early', (file: string) => fs.truncateSync(file, 20_000), 'STORE_DAMAGED', 'malformed'],
    [
      'has a page of zeros',
      (file: string) => overwrite(file, 8192, Buffer.alloc(4096)),
      'STORE_DAMAGED',
      'SQLite says',
    ],
    [
      'is gone but for its log',
      (file: string) => fs.renameSync(file, `${file}-wal`),
      'STORE_DAMAGED',
      'its log is there',
    ],
  ])('is refused with the way out and left as it is when it %s (S24)', (_, harm, code, what) => {
    inFolder((folder) => {
      const file = join(folder, 'store.sqlite');
      const store = Store.open({ folder, owner: OWNER });
      store.commit([said()]);
      store.close();
      harm(file);
      const before = filesOf(folder);
      const refused = complaint(() => Store.open({ folder, owner: OWNER }));
      expect(refused.code).toBe(code);
      expect(refused.message).toContain(what);
      expect(refused.message).toMatch(/restore/);
      expect(filesOf(folder)).toEqual(before);
    });
  });

  it('is refused or read rightly after any one page of it was lost', () => {
    inFolder((folder) => {
      const file = join(folder, 'store.sqlite');
      const store = Store.open({ folder, owner: OWNER });
      store.commit(Array.from({ length: 50 }, (_, of) => said({ id: `${of}` })));
      store.close();
      const good = fs.readFileSync(file);
      for (let at = 0; at < good.length; at += 4096) {
        fs.writeFileSync(file, good);
        overwrite(file, at, Buffer.alloc(4096));
        try {
          const opened = Store.open({ folder, owner: OWNER });
          expect(opened.messages.after(0, 100)).toHaveLength(50);
          opened.close();
        } catch (refused) {
          expect((refused as HoplineError).code).toBe('STORE_DAMAGED');
        }
      }
    });
  });
});

/** Takes the folder as another program would, and never gives it back. */
const HOLDER = `
  const Database = require('better-sqlite3');
  const { join } = require('node:path');
  const { writeFileSync } = require('node:fs');
  const folder = process.argv[1];
  new Database(join(folder, 'store.lock')).exec('BEGIN EXCLUSIVE');
  writeFileSync(join(folder, 'store.pid'), String(process.pid));
  console.log('taken');
  setInterval(() => {}, 1000);
`;

function change(file: string, sql: string): void {
  const database = new Database(file);
  database.exec(sql);
  database.pragma('journal_mode = DELETE');
  database.close();
}

function overwrite(file: string, at: number, bytes: Buffer): void {
  const open = fs.openSync(file, 'r+');
  fs.writeSync(open, bytes, 0, bytes.length, at);
  fs.closeSync(open);
}

function filesOf(folder: string): Record<string, string> {
  const files = fs.readdirSync(folder).filter((file) => file !== 'store.pid');
  return Object.fromEntries(
    files.map((file) => [file, fs.readFileSync(join(folder, file)).toString('latin1')]),
  );
}

function complaint(attempt: () => unknown): HoplineError {
  try {
    attempt();
  } catch (error) {
    if (error instanceof HoplineError) return error;
    throw error;
  }
  throw new Error('nobody complained');
}
