/**
 * Peers: whom we met, by which keys, and what a person decided about them. Of strangers the ones
 * silent longest go; nobody a person keeps or turned away is forgotten (RELIABILITY S4).
 */
import type { Pin } from '../../protocol/trust/pins.ts';
import { foldName } from '../../protocol/wire/text.ts';
import type { PeerLimit, PeerPages, PeerRecord, Retention } from '../types.ts';
import { NAMESAKES_MAX, pageSize, TRIM_SLICE } from '../types.ts';
import type { Connection } from './sqlite.ts';
import { bytesOf, bytesOrNull } from './sqlite.ts';

type PinRow = Omit<Pin, 'proven'> & { proven: number };
type PeerRow = PeerRecord & { foldedName: string };

export class Peers implements PeerPages {
  private readonly upsertPin;
  private readonly upsertPeer;
  private readonly insertDenied;
  private readonly removeDenied;
  private readonly insertQuarantined;
  private readonly removeQuarantined;
  private readonly upsertLimit;
  private readonly removeLimit;
  private readonly removePin;
  private readonly removePeer;
  private readonly everyPin;
  private readonly everyDenied;
  private readonly everyQuarantined;
  private readonly everyLimit;
  private readonly byId;
  private readonly byName;
  private readonly byAge;
  private readonly strangers;
  private readonly countStrangers;

  constructor(connection: Connection) {
    this.upsertPin = connection.prepare(
      'INSERT INTO pins VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET noiseKey = excluded.noiseKey, signingKey = excluded.signingKey, standing = excluded.standing, proven = excluded.proven',
    );
    this.upsertPeer = connection.prepare(
      'INSERT INTO peers VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET name = excluded.name, foldedName = excluded.foldedName, announce = coalesce(excluded.announce, announce), lastSeenAt = excluded.lastSeenAt',
    );
    this.insertDenied = connection.prepare('INSERT INTO denied VALUES (?) ON CONFLICT DO NOTHING');
    this.removeDenied = connection.prepare('DELETE FROM denied WHERE id = ?');
    this.insertQuarantined = connection.prepare(
      'INSERT INTO quarantined VALUES (?) ON CONFLICT DO NOTHING',
    );
    this.removeQuarantined = connection.prepare('DELETE FROM quarantined WHERE id = ?');
    this.upsertLimit = connection.prepare(
      'INSERT INTO limits VALUES (?, ?) ON CONFLICT DO UPDATE SET perMinute = excluded.perMinute',
    );
    this.removeLimit = connection.prepare('DELETE FROM limits WHERE id = ?');
    this.removePin = connection.prepare('DELETE FROM pins WHERE id = ?');
    this.removePeer = connection.prepare('DELETE FROM peers WHERE id = ?');
    this.everyPin = connection.prepare<[], PinRow>('SELECT * FROM pins ORDER BY id');
    this.everyDenied = connection.prepare<[], { id: Uint8Array }>(
      'SELECT id FROM denied ORDER BY id',
    );
    this.everyQuarantined = connection.prepare<[], { id: Uint8Array }>(
      'SELECT id FROM quarantined ORDER BY id',
    );
    this.everyLimit = connection.prepare<[], PeerLimit>('SELECT * FROM limits ORDER BY id');
    this.byId = connection.prepare<unknown[], PeerRow>('SELECT * FROM peers WHERE id = ?');
    this.byName = connection.prepare<unknown[], PeerRow>(
      'SELECT * FROM peers WHERE foldedName = ? ORDER BY lastSeenAt DESC, id LIMIT ?',
    );
    this.byAge = connection.prepare<unknown[], PeerRow>(
      'SELECT * FROM peers ORDER BY lastSeenAt DESC, id LIMIT ?',
    );
    this.strangers = connection.prepare<unknown[], { id: Uint8Array }>(
      // Those of whom only the keys are known go first.
      "SELECT peers.id, lastSeenAt FROM peers LEFT JOIN pins ON pins.id = peers.id WHERE coalesce(standing, 'seen') = 'seen'" +
        " UNION ALL SELECT id, 0 FROM pins WHERE standing = 'seen' AND id NOT IN (SELECT id FROM peers)" +
        ' ORDER BY lastSeenAt, id LIMIT ?',
    );
    this.countStrangers = connection.prepare<unknown[], { count: number }>(
      "SELECT (SELECT count(*) FROM peers LEFT JOIN pins ON pins.id = peers.id WHERE coalesce(standing, 'seen') = 'seen')" +
        " + (SELECT count(*) FROM pins WHERE standing = 'seen' AND id NOT IN (SELECT id FROM peers)) AS count",
    );
  }

  pin({ id, noiseKey, signingKey, standing, proven }: Pin): void {
    this.upsertPin.run(id, noiseKey, signingKey, standing, proven ? 1 : 0);
  }

  heard(id: Uint8Array, name: string, announce: Uint8Array | null, at: number): void {
    this.upsertPeer.run(id, name, foldName(name), announce, at, at);
  }

  forget(id: Uint8Array): void {
    this.removePin.run(id);
    this.removePeer.run(id);
  }

  /** Nobody is turned away and kept apart at once. */
  deny(id: Uint8Array): void {
    this.allow(id);
    this.insertDenied.run(id);
  }

  quarantine(id: Uint8Array): void {
    this.allow(id);
    this.insertQuarantined.run(id);
  }

  allow(id: Uint8Array): void {
    this.removeDenied.run(id);
    this.removeQuarantined.run(id);
  }

  limit(id: Uint8Array, perMinute: number | null): void {
    if (perMinute === null) this.removeLimit.run(id);
    else this.upsertLimit.run(id, perMinute);
  }

  pins(): Pin[] {
    return this.everyPin.all().map((row) => ({
      ...row,
      id: bytesOf(row.id),
      noiseKey: bytesOf(row.noiseKey),
      signingKey: bytesOf(row.signingKey),
      proven: row.proven === 1,
    }));
  }

  denied(): Uint8Array[] {
    return this.everyDenied.all().map(({ id }) => bytesOf(id));
  }

  quarantined(): Uint8Array[] {
    return this.everyQuarantined.all().map(({ id }) => bytesOf(id));
  }

  limits(): PeerLimit[] {
    return this.everyLimit.all().map((row) => ({ ...row, id: bytesOf(row.id) }));
  }

  find(id: Uint8Array): PeerRecord | null {
    const row = this.byId.get(id);
    return row === undefined ? null : peerOf(row);
  }

  named(name: string): PeerRecord[] {
    return this.byName.all(foldName(name), NAMESAKES_MAX).map(peerOf);
  }

  latest(limit: number): PeerRecord[] {
    return this.byAge.all(pageSize(limit)).map(peerOf);
  }

  /** Removes a slice of what is beyond the limits. True when there may be more. */
  trim({ strangersMax }: Retention): boolean {
    const excess = this.countStrangers.get()!.count - strangersMax;
    const slice = Math.min(excess, TRIM_SLICE);
    if (slice <= 0) return false;
    for (const { id } of this.strangers.all(slice)) this.forget(bytesOf(id));
    return excess > slice;
  }
}

function peerOf({ foldedName: _, ...row }: PeerRow): PeerRecord {
  return { ...row, id: bytesOf(row.id), announce: bytesOrNull(row.announce) };
}
