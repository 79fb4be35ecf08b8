/**
 * The audit trail: every line there was is provably there, as it was written and in its place, or
 * whoever checks it is told which is not (DEFAULTS §12). The file is changed here as somebody would who
 * may write to it: past the store, with everything the store forbids put back in place afterwards.
 */
import { describe, expect, it } from 'vitest';
import { Database } from '../../../host/store/build.ts';
import type { Connection } from '../../../host/store/sqlite.ts';
import { Audit } from '../../../host/store/audit.ts';
import { Store } from '../../../host/store/store.ts';
import type { AuditEntry, AuditReads, StoreWrite } from '../../../host/types.ts';
import { AUDIT_TEXT_MAX, auditContent } from '../../../host/types.ts';
import { ChainCheck } from '../../../protocol/trust/chain.ts';
import { id, inFolder, limits, NOW, OWNER, withStore } from './builders.ts';

describe('the audit trail', () => {
  it('keeps who did what to whom, in order, and is whole', () => {
    withStore((store) => {
      store.commit([noted('denied', 'ada'), noted('allowed', 'ada')]);
      store.commit([noted('quarantined', 'ben', { at: null })]);
      const lines = store.audit.after(0, 10);
      expect(lines.map(({ key, act, subject, at }) => [key, act, subject, at])).toEqual([
        [1, 'denied', 'ada', NOW],
        [2, 'allowed', 'ada', NOW],
        [3, 'quarantined', 'ben', null],
      ]);
      expect(store.audit.after(2, 10)).toEqual(lines.slice(2));
      expect(flawOf(store)).toBeNull();
    });
  });

  it('has a line if and only if what it tells of is there', () => {
    withStore((store) => {
      const broken = { kind: 'deny', id: new Uint8Array(7) } as const;
      expect(() => store.commit([noted('denied', 'short'), broken])).toThrow();
      expect(store.audit.after(0, 10)).toEqual([]);
      store.commit([{ kind: 'deny', id: id(4) }, noted('denied', '04')]);
      expect(store.audit.after(0, 10).map(({ key }) => key)).toEqual([1]);
      expect(flawOf(store)).toBeNull();
    });
  });

  it('cuts off what is too long, and half characters', () => {
    withStore((store) => {
      const subject = 'x'.repeat(AUDIT_TEXT_MAX + 1);
      const detail = `${'y'.repeat(AUDIT_TEXT_MAX - 1)}\u{1f600}`;
      store.commit([noted('settings-changed', subject, { detail })]);
      const [line] = store.audit.after(0, 1);
      expect(line.subject).toHaveLength(AUDIT_TEXT_MAX);
      expect(line.detail.at(-1)).toBe('\ufffd');
      expect(flawOf(store)).toBeNull();
    });
  });

  it('goes on after a restart', () => {
    inFolder((folder) => {
      for (let round = 1; round <= 3; round++) {
        const store = Store.open({ folder, owner: OWNER });
        store.commit([noted('started', '')]);
        expect(store.audit.ends().head.key).toBe(round);
        expect(flawOf(store)).toBeNull();
        store.close();
      }
    });
  });

  it('changes nothing and removes nothing, whoever asks the store’s own connection', () => {
    inFolder((folder) => {
      const path = filled(folder);
      const database = new Database(path);
      expect(() => database.exec("UPDATE audit SET subject = 'eve'")).toThrow('not changed');
      expect(() => database.exec('DELETE FROM audit WHERE key = 2')).toThrow('not removed');
      database.close();
    });
  });
});

describe('an audit trail that is too long', () => {
  it('loses its oldest lines, says so, and can still be proven', () => {
    const auditMax = 100;
    withStore((store) => {
      for (let i = 1; i <= 50; i++) {
        store.commit(Array.from({ length: 7 }, (_, at) => noted('limited', `line ${i * 7 + at}`)));
        while (store.trim(NOW));
        const { base, head } = store.audit.ends();
        expect(head.key - base.key).toBeLessThanOrEqual(auditMax);
      }
      expect(flawOf(store)).toBeNull();
      const lines = store.audit.after(0, 1000);
      expect(lines.length).toBeLessThanOrEqual(auditMax);
      expect(lines.length).toBeGreaterThan(auditMax / 2);
      expect(lines.at(-1)?.subject === 'line 356' || lines.at(-1)?.act === 'cut').toBe(true);
      expect(lines.some(({ act }) => act === 'cut')).toBe(true);
    }, limits({ auditMax }));
  });

  it('cannot be cut off by anybody else: the line that says so is missing', () => {
    inFolder((folder) => {
      const path = filled(folder);
      tamper(path, (database) => {
        const third = database.prepare('SELECT hash FROM audit WHERE key = 3').get() as {
          hash: Uint8Array;
        };
        database
          .prepare("UPDATE auditEnds SET key = 3, hash = ? WHERE name = 'base'")
          .run(third.hash);
        database.exec('DELETE FROM audit WHERE key <= 3');
      });
      expect(flawIn(folder)).toMatch(/no line says that what came up to 3 was cut off/);
    });
  });
});

describe('somebody who writes to the file', () => {
  for (const [what, sql, told] of [
    ['changes a time', 'UPDATE audit SET at = at + 1 WHERE key = 4', /line 4 is not as it was/],
    ['removes a time', 'UPDATE audit SET at = NULL WHERE key = 4', /line 4 is not as it was/],
    ['changes who did it', "UPDATE audit SET who = 'eve' WHERE key = 4", /line 4 is not as/],
    ['changes what was done', "UPDATE audit SET act = 'allowed' WHERE key = 4", /line 4 is not/],
    ['changes to whom', "UPDATE audit SET subject = 'ada' WHERE key = 4", /line 4 is not as/],
    ['changes a detail', "UPDATE audit SET detail = '' WHERE key = 4", /line 4 is not as it was/],
    ['changes a hash', 'UPDATE audit SET hash = zeroblob(32) WHERE key = 4', /line 4 is not as/],
    ['changes the first line', "UPDATE audit SET who = 'eve' WHERE key = 1", /line 1 is not as/],
    ['changes the last line', "UPDATE audit SET who = 'eve' WHERE key = 9", /line 9 is not as/],
    ['removes the first line', 'DELETE FROM audit WHERE key = 1', /line 1 is missing/],
    ['removes a line', 'DELETE FROM audit WHERE key = 5', /line 5 is missing/],
    ['removes the last line', 'DELETE FROM audit WHERE key = 9', /line 9 is missing/],
    ['removes all', 'DELETE FROM audit', /lines 1 to 9 are missing/],
    [
      'removes a line and closes the gap',
      'DELETE FROM audit WHERE key = 5; UPDATE audit SET key = key - 1 WHERE key > 5',
      /line 5 is not as it was/,
    ],
    [
      'swaps two lines',
      'UPDATE audit SET key = 100 WHERE key = 3; UPDATE audit SET key = 3 WHERE key = 4; UPDATE audit SET key = 4 WHERE key = 100',
      /line 3 is not as it was/,
    ],
    [
      'adds a line',
      "INSERT INTO audit SELECT 10, at, who, act, subject, detail, hash FROM audit WHERE key = 9; UPDATE auditEnds SET key = 10 WHERE name = 'head'",
      /line 10 is not as it was/,
    ],
    [
      'moves the end back',
      "UPDATE auditEnds SET key = 8, hash = (SELECT hash FROM audit WHERE key = 8) WHERE name = 'head'",
      /line 9 was added behind the end/,
    ],
  ] as const) {
    it(`is found out when he ${what}`, () => {
      inFolder((folder) => {
        tamper(filled(folder), (database) => database.exec(sql));
        expect(flawIn(folder)).toMatch(told);
      });
    });
  }

  it.each([
    [
      'moved the end back',
      "UPDATE auditEnds SET key = 8, hash = (SELECT hash FROM audit WHERE key = 8) WHERE name = 'head'",
      /line 10 is not as it was/,
    ],
    ['removed the ends', 'DELETE FROM auditEnds', /line 10 is not as it was/],
    ['removed the line that is cut at', 'DELETE FROM audit WHERE key <= 5', /line 1 is missing/],
    ['removed all', 'DELETE FROM audit', /line 1 is missing/],
  ])('does not keep a store from going on, and is found out then, when he %s', (_, sql, told) => {
    inFolder((folder) => {
      tamper(filled(folder), (database) => database.exec(sql));
      const store = Store.open({ folder, owner: OWNER, retention: limits({ auditMax: 8 }) });
      store.commit([noted('started', '')]);
      store.trim(NOW);
      expect(flawOf(store)).toMatch(told);
      store.close();
    });
  });

  it('is found out whichever column of whichever line he changes', () => {
    inFolder((folder) => {
      const path = filled(folder);
      tamper(path, (database) => {
        const audit = new Audit(database);
        for (let key = 1; key <= 9; key++) {
          for (const column of ['who', 'act', 'subject', 'detail']) {
            const set = (to: string): unknown =>
              database.exec(`UPDATE audit SET ${column} = ${to} WHERE key = ${key}`);
            set(`'!' || ${column}`);
            expect(flawOf({ audit }), `${column} of ${key}`).toContain(`line ${key} is not as`);
            set(`substr(${column}, 2)`);
          }
        }
        expect(flawOf({ audit })).toBeNull();
      });
    });
  });
});

function noted(
  act: AuditEntry['act'],
  subject: string,
  some: Partial<AuditEntry> = {},
): StoreWrite {
  const entry = { at: NOW, who: 'owner', act, subject, detail: '', ...some };
  return { kind: 'audit', entry };
}

/** A store whose trail has nine lines; returns its file. */
function filled(folder: string): string {
  const store = Store.open({ folder, owner: OWNER });
  for (let i = 1; i <= 9; i++) {
    store.commit([noted('standing', `peer ${i}`, { at: NOW + i, detail: `detail ${i}` })]);
  }
  store.close();
  return store.path;
}

/** The first thing that is wrong, in words. */
function flawOf({ audit }: { audit: AuditReads }): string | null {
  const { base, head } = audit.ends();
  const check = new ChainCheck(base);
  for (const line of audit.after(0, 1000)) {
    const { key, hash } = line;
    const flaw = check.add({ key, hash, content: auditContent(line) });
    if (flaw !== null) return flaw.why;
  }
  return check.end(head)?.why ?? null;
}

function flawIn(folder: string): string | null {
  const store = Store.open({ folder, owner: OWNER });
  try {
    return flawOf(store);
  } finally {
    store.close();
  }
}

/** Without the triggers, and with them back afterwards: the file looks untouched. */
function tamper(path: string, change: (database: Connection) => void): void {
  const database = new Database(path);
  const triggers = database
    .prepare<[], { name: string; sql: string }>(
      "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'audit'",
    )
    .all();
  for (const { name } of triggers) database.exec(`DROP TRIGGER ${name}`);
  change(database);
  for (const { sql } of triggers) database.exec(sql);
  database.close();
}
