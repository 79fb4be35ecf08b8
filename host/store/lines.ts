/**
 * Lines: the gateways a person joined with this one, and the one-use secrets that let others join.
 */
import type { Invite, Line, LineReads } from '../types.ts';
import { TRIM_SLICE } from '../types.ts';
import type { Connection } from './sqlite.ts';
import { bytesOf, bytesOrNull } from './sqlite.ts';

export class Lines implements LineReads {
  private readonly upsert;
  private readonly remove;
  private readonly every;
  private readonly insertInvite;
  private readonly useInvite;
  private readonly selectInvite;
  private readonly removeExpired;

  constructor(connection: Connection) {
    this.upsert = connection.prepare(
      'INSERT INTO lines VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET address = excluded.address, name = excluded.name, addedAt = excluded.addedAt',
    );
    this.remove = connection.prepare('DELETE FROM lines WHERE node = ?');
    this.every = connection.prepare<[], Line>('SELECT * FROM lines ORDER BY node');
    this.insertInvite = connection.prepare(
      'INSERT INTO invites VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
    );
    this.useInvite = connection.prepare(
      'UPDATE invites SET usedBy = ? WHERE hash = ? AND usedBy IS NULL',
    );
    this.selectInvite = connection.prepare<unknown[], Invite>(
      'SELECT * FROM invites WHERE hash = ?',
    );
    this.removeExpired = connection.prepare(
      'DELETE FROM invites WHERE hash IN (SELECT hash FROM invites WHERE expiresAt <= ? ORDER BY expiresAt, hash LIMIT ?)',
    );
  }

  join({ node, address, name, addedAt }: Line): void {
    this.upsert.run(node, address, name, addedAt);
  }

  part(node: Uint8Array): void {
    this.remove.run(node);
  }

  open({ hash, madeAt, expiresAt, usedBy }: Invite): void {
    this.insertInvite.run(hash, madeAt, expiresAt, usedBy);
  }

  /** Whoever comes first has it. */
  use(hash: Uint8Array, by: Uint8Array): void {
    this.useInvite.run(by, hash);
  }

  all(): Line[] {
    return this.every.all().map((row) => ({ ...row, node: bytesOf(row.node) }));
  }

  invite(hash: Uint8Array): Invite | null {
    const row = this.selectInvite.get(hash);
    if (row === undefined) return null;
    return { ...row, hash: bytesOf(row.hash), usedBy: bytesOrNull(row.usedBy) };
  }

  /** Removes a slice of what expired. True when there may be more. */
  trim(now: number): boolean {
    return this.removeExpired.run(now, TRIM_SLICE).changes === TRIM_SLICE;
  }
}
