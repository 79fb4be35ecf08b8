/**
 * Audit: who did what to whom, line after line. Each line has the hash of all before it; lines are
 * added and never changed. When there are too many the oldest are cut off, and a line says up to where
 * and what their hash was, so that the rest can still be proven.
 */
import type { ChainEnd } from '../../protocol/trust/chain.ts';
import { CHAIN_START, chainHash } from '../../protocol/trust/chain.ts';
import type { AuditEntry, AuditLine, AuditReads, Retention } from '../types.ts';
import { auditContent, auditCut, cutEntry, keptEntry, pageSize } from '../types.ts';
import type { Connection } from './sqlite.ts';
import { bytesOf } from './sqlite.ts';

export class Audit implements AuditReads {
  private readonly insert;
  private readonly page;
  private readonly byKey;
  private readonly lastKey;
  private readonly selectEnd;
  private readonly moveEnd;
  private readonly removeUpTo;

  constructor(connection: Connection) {
    this.insert = connection.prepare('INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?)');
    this.page = connection.prepare<unknown[], AuditLine>(
      'SELECT * FROM audit WHERE key > ? ORDER BY key LIMIT ?',
    );
    this.byKey = connection.prepare<unknown[], AuditLine>('SELECT * FROM audit WHERE key = ?');
    this.lastKey = connection
      .prepare<[], number>('SELECT coalesce(max(key), 0) FROM audit')
      .pluck();
    this.selectEnd = connection.prepare<unknown[], ChainEnd>(
      'SELECT key, hash FROM auditEnds WHERE name = ?',
    );
    this.moveEnd = connection.prepare('UPDATE auditEnds SET key = ?, hash = ? WHERE name = ?');
    this.removeUpTo = connection.prepare('DELETE FROM audit WHERE key <= ?');
  }

  add(entry: AuditEntry): void {
    const { at, who, act, subject, detail } = keptEntry(entry);
    const head = this.end('head');
    // Also behind lines that somebody added, or left there when he moved the end: who checks finds them.
    const key = Math.max(head.key, this.lastKey.get()!) + 1;
    const hash = chainHash(head.hash, auditContent({ key, at, who, act, subject, detail }));
    this.insert.run(key, at, who, act, subject, detail, hash);
    this.moveEnd.run(key, hash, 'head');
  }

  after(key: number, limit: number): AuditLine[] {
    return this.page.all(key, pageSize(limit)).map(lineOf);
  }

  ends(): { base: ChainEnd; head: ChainEnd } {
    return { base: this.end('base'), head: this.end('head') };
  }

  /** Cuts a slice off where there are too many. True when there may be more to cut off. */
  trim({ auditMax }: Retention, now: number): boolean {
    const { base, head } = this.ends();
    const count = head.key - base.key;
    const slice = auditCut(count, auditMax);
    if (slice === 0) return false;
    const last = this.byKey.get(base.key + slice);
    // Somebody removed it, and cutting elsewhere would hide that.
    if (last === undefined) return false;
    const { key, hash } = lineOf(last);
    this.moveEnd.run(key, hash, 'base');
    this.removeUpTo.run(key);
    this.add(cutEntry({ key, hash }, now));
    return auditCut(count - slice + 1, auditMax) > 0;
  }

  private end(name: 'base' | 'head'): ChainEnd {
    const { key, hash } = this.selectEnd.get(name) ?? CHAIN_START;
    return { key, hash: bytesOf(hash) };
  }
}

function lineOf(row: AuditLine): AuditLine {
  return { ...row, hash: bytesOf(row.hash) };
}
