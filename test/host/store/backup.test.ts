/**
 * A backup is the whole store at one moment, taken from under a working daemon; restoring it never
 * writes over anything, and what must not happen twice does not happen again after it (R23, S9, S24).
 */
import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { backUp, restore } from '../../../host/store/backup.ts';
import { MIGRATIONS } from '../../../host/store/migrations.ts';
import { Store } from '../../../host/store/store.ts';
import { HoplineError } from '../../../protocol/errors.ts';
import { backup as backupCommand } from '../../../tools/commands/backup.ts';
import { restore as restoreCommand } from '../../../tools/commands/restore.ts';
import { testIo } from '../../tools/io.ts';
import { entry, id, inFolder, message, NOW, OWNER, said } from './builders.ts';

describe('a backup', () => {
  it('holds every batch whole or not at all, though the store is written to meanwhile', async () => {
    await inFolder(async (folder) => {
      const store = Store.open({ folder, owner: OWNER });
      let batches = 0;
      const write = (): void => {
        const [a, b] = [`${batches}a`, `${batches}b`];
        store.commit([said({ id: a }), { kind: 'outbox', entry: entry({ id: b }) }]);
        batches++;
      };
      for (let i = 0; i < 50; i++) write();
      const timer = setInterval(write, 0);
      const file = join(dirname(folder), 'copy');
      const made = await backUp(folder, file);
      clearInterval(timer);
      store.close();
      expect(made.messages).toBeGreaterThanOrEqual(50);
      expect(made.messages).toBeLessThanOrEqual(batches);
      expect(made.outbox).toBe(made.messages);
      const to = join(dirname(folder), 'restored');
      expect(await restore(file, to)).toMatchObject({
        messages: made.messages,
        schema: MIGRATIONS.length,
      });
      const restored = Store.open({ folder: to, owner: OWNER });
      expect(restored.messages.usage().count).toBe(made.messages);
      expect(restored.messages.find(message({ id: '49a' }))).not.toBeNull();
      restored.close();
    });
  });

  it('is for its owner alone, stands alone, and takes the place of nothing (R23)', async () => {
    await inFolder(async (folder) => {
      Store.open({ folder, owner: OWNER }).close();
      const files = join(dirname(folder), 'files');
      fs.mkdirSync(files);
      const umask = process.umask(0);
      try {
        await backUp(folder, join(files, 'copy'));
      } finally {
        process.umask(umask);
      }
      expect(fs.readdirSync(files)).toEqual(['copy']);
      expect(fs.statSync(join(files, 'copy')).mode & 0o777).toBe(0o600);
      const before = fs.readFileSync(join(files, 'copy'));
      const refused = await complaint(() => backUp(folder, join(files, 'copy')));
      expect(refused.code).toBe('FILE_UNWRITABLE');
      expect(refused.message).toContain('name another file');
      expect(fs.readFileSync(join(files, 'copy'))).toEqual(before);
      expect(fs.readdirSync(files)).toEqual(['copy']);
    });
  });

  it('takes the place of nothing that came there meanwhile', async () => {
    await inFolder(async (folder) => {
      Store.open({ folder, owner: OWNER }).close();
      const file = join(dirname(folder), 'copy');
      const copying = complaint(() => backUp(folder, file));
      fs.writeFileSync(file, 'mine');
      expect((await copying).code).toBe('FILE_UNWRITABLE');
      expect(fs.readFileSync(file, 'utf8')).toBe('mine');
    });
  });

  it('is made only of a store, and where there is room for it', async () => {
    await inFolder(async (folder) => {
      const out = join(dirname(folder), 'copy');
      expect((await complaint(() => backUp(folder, out))).code).toBe('FILE_UNREADABLE');
      Store.open({ folder, owner: OWNER }).close();
      const nowhere = join(dirname(folder), 'nowhere', 'copy');
      const refused = await complaint(() => backUp(folder, nowhere));
      expect(refused.code).toBe('FILE_UNWRITABLE');
      expect(refused.detail).toBe(`${nowhere}: the system says ENOENT`);
      fs.writeFileSync(join(folder, 'store.sqlite'), 'no store');
      expect((await complaint(() => backUp(folder, out))).code).toBe('STORE_DAMAGED');
      expect(fs.existsSync(out)).toBe(false);
    });
  });
});

describe('a restored store', () => {
  it('takes no number from a device again, nor an open invitation (S11)', async () => {
    await inFolder(async (folder) => {
      const store = Store.open({ folder, owner: OWNER });
      const invite = (of: number, usedBy: Uint8Array | null) =>
        ({
          kind: 'invite',
          invite: { hash: new Uint8Array(32).fill(of), madeAt: NOW, expiresAt: NOW + 1, usedBy },
        }) as const;
      store.commit([
        { kind: 'counter', device: id(1), counter: 5 },
        invite(1, null),
        invite(2, id(2)),
      ]);
      store.close();
      const [file, to] = ['copy', 'restored'].map((name) => join(dirname(folder), name));
      await backUp(folder, file);
      await restore(file, to);
      const restored = Store.open({ folder: to, owner: OWNER });
      expect(restored.counters.of(id(1))).toBe(5);
      expect(restored.lines.invite(new Uint8Array(32).fill(1))).toBeNull();
      expect(restored.lines.invite(new Uint8Array(32).fill(2))).not.toBeNull();
      restored.close();
    });
  });

  it('takes the place of no store, open or closed, and of no remains of one (S24)', async () => {
    await inFolder(async (folder) => {
      const file = join(dirname(folder), 'copy');
      const store = Store.open({ folder, owner: OWNER });
      await backUp(folder, file);
      expect((await complaint(() => restore(file, folder))).code).toBe('STORE_LOCKED');
      store.close();
      const before = fs.readFileSync(join(folder, 'store.sqlite'));
      expect((await complaint(() => restore(file, folder))).code).toBe('STORE_EXISTS');
      expect(fs.readFileSync(join(folder, 'store.sqlite'))).toEqual(before);
      fs.renameSync(join(folder, 'store.sqlite'), join(folder, 'store.sqlite-wal'));
      expect((await complaint(() => restore(file, folder))).code).toBe('STORE_EXISTS');
    });
  });

  it.each([
    ['not there', (file: string) => fs.rmSync(file), 'FILE_UNREADABLE'],
    ['empty', (file: string) => fs.truncateSync(file), 'STORE_DAMAGED'],
    ['cut short', (file: string) => fs.truncateSync(file, 30_000), 'STORE_DAMAGED'],
    ['a folder', (file: string) => (fs.rmSync(file), fs.mkdirSync(file)), 'FILE_UNREADABLE'],
    ['text', (file: string) => fs.writeFileSync(file, 'x'.repeat(9999)), 'STORE_DAMAGED'],
  ])('is not made of a backup that is %s', async (_, harm, code) => {
    await inFolder(async (folder) => {
      Store.open({ folder, owner: OWNER }).close();
      const [file, to] = ['copy', 'restored'].map((name) => join(dirname(folder), name));
      await backUp(folder, file);
      harm(file);
      const refused = await complaint(() => restore(file, to));
      expect(refused.code).toBe(code);
      expect(refused.detail).toMatch(/; name the file that `hopline backup` wrote$/);
      expect(fs.existsSync(join(to, 'store.sqlite'))).toBe(false);
      if (fs.existsSync(to)) expect(fs.readdirSync(to)).toEqual(['store.lock']);
    });
  });
});

describe('the commands', () => {
  it('say what is in the copy and what is not', async () => {
    await inFolder(async (folder) => {
      const store = Store.open({ folder, owner: OWNER });
      store.commit([said(), said({ id: 'two' }), { kind: 'outbox', entry: entry() }]);
      store.close();
      const [file, to] = ['copy', 'restored'].map((name) => join(dirname(folder), name));
      const io = testIo();
      await backupCommand.run({ operands: [folder], values: { out: file } }, io);
      expect(io.outs[0]).toBe(`${file}: 2 messages, 0 peers, 1 waiting to be acknowledged`);
      expect(io.outs[1]).toContain('the key file is not in it');
      await restoreCommand.run({ operands: [file], values: { to, json: true } }, io);
      expect(JSON.parse(io.outs[2])).toMatchObject({ folder: to, messages: 2, outbox: 1 });
      const again = complaint(() => restoreCommand.run({ operands: [file], values: { to } }, io));
      expect((await again).code).toBe('STORE_EXISTS');
    });
  });

  it('say where the store of a simulated world lies', async () => {
    await inFolder(async (folder) => {
      const simulated = join(folder, 'virtual');
      Store.open({ folder: simulated, owner: OWNER }).close();
      const out = join(dirname(folder), 'copy');
      const copy = (of: string) => backupCommand.run({ operands: [of], values: { out } }, testIo());
      expect((await complaint(() => copy(folder))).detail).toContain(`name ${simulated}`);
      await copy(simulated);
    });
  });

  it('ask where to', async () => {
    for (const command of [backupCommand, restoreCommand]) {
      const refused = complaint(() => command.run({ operands: ['x'], values: {} }, testIo()));
      expect((await refused).message).toContain(command.usage);
    }
  });
});

async function complaint(attempt: () => unknown): Promise<HoplineError> {
  try {
    await attempt();
  } catch (error) {
    if (error instanceof HoplineError) return error;
    throw error;
  }
  throw new Error('nobody complained');
}
