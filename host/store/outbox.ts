/**
 * Outbox: what must reach a peer and was not acknowledged yet. A row goes when its peer acknowledged
 * it, or when its sender gave up and said so; how much may wait is for the sender to limit.
 */
import type { OutboxEntry, OutboxReads } from '../types.ts';
import type { Connection } from './sqlite.ts';
import { bytesOf } from './sqlite.ts';

type Row = OutboxEntry & { turn: number };

export class Outbox implements OutboxReads {
  private readonly insert;
  private readonly setTried;
  private readonly remove;
  private readonly every;
  private readonly byRecipient;

  constructor(connection: Connection) {
    this.insert = connection.prepare(
      'INSERT INTO outbox (recipient, id, payloadKind, body, madeAt, expiresAt, tries, triedAt) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
    );
    this.setTried = connection.prepare(
      'UPDATE outbox SET tries = ?, triedAt = ? WHERE recipient = ? AND id = ?',
    );
    this.remove = connection.prepare('DELETE FROM outbox WHERE recipient = ? AND id = ?');
    this.every = connection.prepare<unknown[], Row>('SELECT * FROM outbox ORDER BY turn');
    this.byRecipient = connection.prepare<unknown[], Row>(
      'SELECT * FROM outbox WHERE recipient = ? ORDER BY turn',
    );
  }

  add({ recipient, id, payloadKind, body, madeAt, expiresAt, tries, triedAt }: OutboxEntry): void {
    this.insert.run(recipient, id, payloadKind, body, madeAt, expiresAt, tries, triedAt);
  }

  tried(recipient: Uint8Array, id: string, tries: number, triedAt: number): void {
    this.setTried.run(tries, triedAt, recipient, id);
  }

  done(recipient: Uint8Array, id: string): void {
    this.remove.run(recipient, id);
  }

  all(): OutboxEntry[] {
    return this.every.all().map(entryOf);
  }

  of(recipient: Uint8Array): OutboxEntry[] {
    return this.byRecipient.all(recipient).map(entryOf);
  }
}

function entryOf({ turn: _, ...row }: Row): OutboxEntry {
  return { ...row, recipient: bytesOf(row.recipient), body: bytesOf(row.body) };
}
