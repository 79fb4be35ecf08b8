/**
 * Held: packets that wait, sealed, for a peer who is absent or a line that is down. How much may wait,
 * and for how long, is for the machine to say that stores it and lets it go.
 */
import type { HeldPacket, HeldPurpose, HeldReads, Usage } from '../types.ts';
import type { Connection } from './sqlite.ts';
import { bytesOf } from './sqlite.ts';

type Row = HeldPacket & { turn: number; size: number };

export class Held implements HeldReads {
  private readonly insert;
  private readonly remove;
  private readonly everything;
  private readonly waiting;
  private readonly usageOf;
  private readonly usageOfAll;

  constructor(connection: Connection) {
    this.insert = connection.prepare(
      'INSERT INTO held (purpose, destination, mark, frame, priority, heldAt, expiresAt, size) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
    );
    this.remove = connection.prepare(
      'DELETE FROM held WHERE purpose = ? AND destination = ? AND mark = ?',
    );
    this.everything = connection.prepare<unknown[], Row>(
      'SELECT * FROM held WHERE purpose = ? ORDER BY turn',
    );
    this.waiting = connection.prepare<unknown[], Row>(
      'SELECT * FROM held WHERE purpose = ? AND destination = ? ORDER BY priority, turn LIMIT ?',
    );
    this.usageOf = connection.prepare<unknown[], Usage>(
      'SELECT count(*) AS count, coalesce(sum(size), 0) AS bytes FROM held WHERE purpose = ? AND destination = ?',
    );
    this.usageOfAll = connection.prepare<unknown[], Usage>(
      'SELECT count(*) AS count, coalesce(sum(size), 0) AS bytes FROM held WHERE purpose = ?',
    );
  }

  add({ purpose, destination, mark, frame, priority, heldAt, expiresAt }: HeldPacket): void {
    const times = [heldAt, expiresAt];
    this.insert.run(purpose, destination, mark, frame, priority, ...times, frame.length);
  }

  release(purpose: HeldPurpose, destination: Uint8Array, mark: Uint8Array): void {
    this.remove.run(purpose, destination, mark);
  }

  all(purpose: HeldPurpose): HeldPacket[] {
    return this.everything.all(purpose).map(packetOf);
  }

  of(purpose: HeldPurpose, destination: Uint8Array, limit: number): HeldPacket[] {
    return this.waiting.all(purpose, destination, limit).map(packetOf);
  }

  usage(purpose: HeldPurpose, destination: Uint8Array | null): Usage {
    if (destination === null) return this.usageOfAll.get(purpose)!;
    return this.usageOf.get(purpose, destination)!;
  }
}

function packetOf({ turn: _turn, size: _size, ...row }: Row): HeldPacket {
  return {
    ...row,
    destination: bytesOf(row.destination),
    mark: bytesOf(row.mark),
    frame: bytesOf(row.frame),
  };
}
