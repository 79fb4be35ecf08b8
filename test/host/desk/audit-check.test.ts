/** The trail is checked slice by slice, from its first line to its end. */
import { describe, expect, it } from 'vitest';
import { checkAudit } from '../../../host/desk/audit-check.ts';
import type { AuditLine, AuditReads } from '../../../host/types.ts';
import { MemoryArchive } from '../../../tools/simulate/archive.ts';

describe('the check of the audit trail', () => {
  it('finds all of it whole, however long it is', async () => {
    expect(await checkAudit(trail(1203))).toEqual({ lines: 1203, flaw: null });
    expect(await checkAudit(trail(0))).toEqual({ lines: 0, flaw: null });
  });

  it('names the first line that is not as it was written', async () => {
    const audit = trail(1203);
    const changed = (line: AuditLine): AuditLine =>
      line.key === 700 ? { ...line, subject: 'somebody else' } : line;
    const tampered: AuditReads = {
      ends: () => audit.ends(),
      after: (key, limit) => audit.after(key, limit).map(changed),
    };
    expect(await checkAudit(tampered)).toMatchObject({ lines: 699, flaw: { key: 700 } });
  });

  it('misses lines at the end', async () => {
    const audit = trail(3);
    const cut: AuditReads = {
      ends: () => audit.ends(),
      after: (key, limit) => audit.after(key, limit).filter((line) => line.key < 3),
    };
    expect(await checkAudit(cut)).toMatchObject({ lines: 2, flaw: { key: 3 } });
  });
});

function trail(count: number): AuditReads {
  const archive = new MemoryArchive();
  for (let at = 0; at < count; at++) {
    const entry = { at, who: 'owner', act: 'denied', subject: `${at}`, detail: '' } as const;
    archive.commit([{ kind: 'audit', entry }]);
  }
  return archive.audit;
}
