/**
 * Audit check: whether the audit trail is as it was written, from its first line to its end. Slice by
 * slice, so that nobody waits for it.
 */
import { ChainCheck } from '../../protocol/trust/chain.ts';
import type { AuditCheckView } from '../http/views.ts';
import type { AuditReads } from '../types.ts';
import { auditContent } from '../types.ts';

/** Lines hashed at once: about two milliseconds. */
const SLICE = 500;

export async function checkAudit(audit: AuditReads): Promise<AuditCheckView> {
  const { base } = audit.ends();
  const check = new ChainCheck(base);
  for (let key = base.key; ;) {
    const lines = audit.after(key, SLICE);
    for (const { hash, ...line } of lines) {
      const flaw = check.add({ key: line.key, hash, content: auditContent(line) });
      if (flaw !== null) return { lines: check.count, flaw };
    }
    // The end is read with the last slice: nothing comes between.
    if (lines.length < SLICE) return { lines: check.count, flaw: check.end(audit.ends().head) };
    key = lines[lines.length - 1].key;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
