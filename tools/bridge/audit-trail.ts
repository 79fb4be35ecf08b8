/**
 * Audit trail: all of it, page by page from a running bridge, and checked line by line on the way: a
 * bridge that was tampered with is not the one to ask.
 */
import type { AuditLineView, AuditView } from '../../host/http/views.ts';
import { auditContent } from '../../host/types.ts';
import type { ChainFlaw } from '../../protocol/trust/chain.ts';
import { ChainCheck } from '../../protocol/trust/chain.ts';
import { fromHex } from '../../protocol/wire/hex.ts';
import type { BridgeClient } from './client.ts';

const PAGE = 1000;

export type AuditTrail = {
  lines: AuditLineView[];
  /** The first line that is not as it was written. */
  flaw: ChainFlaw | null;
};

export async function readTrail(client: Pick<BridgeClient, 'get'>): Promise<AuditTrail> {
  const lines: AuditLineView[] = [];
  let check: ChainCheck | null = null;
  let flaw: ChainFlaw | null = null;
  for (;;) {
    const after = lines.at(-1)?.key ?? 0;
    const page = await client.get<AuditView>('audit', { after, limit: PAGE });
    check ??= new ChainCheck(endOf(page.base));
    for (const line of page.lines) flaw ??= check.add(chainLine(line));
    lines.push(...page.lines);
    // The ends are those of this page: nothing came between.
    if (page.lines.length < PAGE) return { lines, flaw: flaw ?? check.end(endOf(page.head)) };
  }
}

function chainLine(line: AuditLineView) {
  const { act, ...rest } = line;
  return { ...endOf(line), content: auditContent({ ...rest, act: act as never }) };
}

/** What is no hash agrees with none. */
function endOf({ key, hash }: { key: number; hash: string }) {
  return { key, hash: fromHex(hash) ?? new Uint8Array(0) };
}
