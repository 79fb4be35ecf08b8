/**
 * Store: all that must outlive this process, in one SQLite file that one process writes. A batch of
 * writes is one transaction: all of it is on disk when `commit` returns, and none of it when it throws.
 */
import { toHex } from '../../protocol/wire/hex.ts';
import type { Archive, Retention, StoreWrite } from '../types.ts';
import { RETENTION } from '../types.ts';
import { Audit } from './audit.ts';
import { Bench } from './bench.ts';
import { Counters } from './counters.ts';
import { Delivered } from './delivered.ts';
import { Events } from './events.ts';
import type { Lock } from './folder.ts';
import { prepareFile, takeFolder } from './folder.ts';
import { Held } from './held.ts';
import { Ledger } from './ledger.ts';
import { Lines } from './lines.ts';
import { Messages } from './messages.ts';
import { inspect, migrate } from './migrate.ts';
import { Outbox } from './outbox.ts';
import { Peers } from './peers.ts';
import { Settings } from './settings.ts';
import type { Connection } from './sqlite.ts';
import { connect, foreign, makeDurable, tryWith } from './sqlite.ts';
import { Tally } from './tally.ts';

/** The setting that says whose store it is. */
const OWNER = 'store.owner';

export type StoreOptions = {
  folder: string;
  /** The peer whose store it is, by his 32-byte fingerprint. */
  owner: Uint8Array;
  retention?: Retention;
};

export class Store implements Archive {
  readonly path: string;
  /** Whether nothing was in its file when it was opened. */
  readonly isNew: boolean;
  readonly messages: Messages;
  readonly outbox: Outbox;
  readonly delivered: Delivered;
  readonly peers: Peers;
  readonly counters: Counters;
  readonly settings: Settings;
  readonly held: Held;
  readonly ledger: Ledger;
  readonly lines: Lines;
  readonly audit: Audit;
  readonly bench: Bench;
  readonly events: Events;
  private readonly connection: Connection;
  private readonly lock: Lock;
  private readonly tally: Tally;
  private retention: Retention;
  private readonly transact: (run: () => void) => void;

  private constructor(
    path: string,
    isNew: boolean,
    connection: Connection,
    lock: Lock,
    retention: Retention,
  ) {
    this.path = path;
    this.isNew = isNew;
    this.connection = connection;
    this.lock = lock;
    this.retention = retention;
    this.tally = new Tally(connection);
    this.settings = new Settings(connection);
    this.messages = new Messages(connection, this.tally);
    this.outbox = new Outbox(connection);
    this.delivered = new Delivered(connection, this.tally, this.settings);
    this.peers = new Peers(connection);
    this.counters = new Counters(connection);
    this.held = new Held(connection);
    this.ledger = new Ledger(connection);
    this.lines = new Lines(connection);
    this.audit = new Audit(connection);
    this.bench = new Bench(connection);
    this.events = new Events(connection);
    this.transact = connection.transaction((run: () => void) => {
      run();
      this.tally.write();
    }).immediate;
  }

  /** Opens the store in a folder, and makes both if there are none. */
  static open({ folder, owner, retention = RETENTION }: StoreOptions): Store {
    const lock = takeFolder(folder);
    let connection: Connection | null = null;
    try {
      const path = prepareFile(folder);
      connection = connect(path, false);
      const version = inspect(connection, path);
      const opened = connection;
      tryWith(path, () => makeDurable(opened));
      migrate(connection, path, version);
      const store = new Store(path, version === 0, connection, lock, retention);
      store.claim(toHex(owner));
      return store;
    } catch (failure) {
      connection?.close();
      lock.release();
      throw failure;
    }
  }

  /** Makes all of it durable, or none. */
  commit(writes: readonly StoreWrite[]): void {
    if (writes.length === 0) return;
    this.run(() => {
      for (const write of writes) this.apply(write);
    });
  }

  /** From the next trim on. */
  keep(retention: Retention): void {
    this.retention = retention;
  }

  /** Removes a slice of what is kept no longer. True when there may be more to remove. */
  trim(now: number): boolean {
    let isMore = false;
    this.run(() => {
      const slices = [
        this.messages.trim(this.retention, now),
        this.delivered.trim(this.retention),
        this.peers.trim(this.retention),
        this.ledger.trim(now),
        this.lines.trim(now),
        this.audit.trim(this.retention, now),
      ];
      isMore = slices.includes(true);
    });
    return isMore;
  }

  close(): void {
    this.connection.close();
    this.lock.release();
  }

  private run(change: () => void): void {
    try {
      tryWith(this.path, () => this.transact(change));
    } catch (failure) {
      this.tally.forget();
      throw failure;
    }
  }

  private apply(write: StoreWrite): void {
    switch (write.kind) {
      case 'message':
        return this.messages.add(write.message);
      case 'message-state':
        return this.messages.change(write, write.state, write.reason);
      case 'read-up-to':
        return this.messages.readUpTo(write.conversation, write.key);
      case 'outbox':
        return this.outbox.add(write.entry);
      case 'outbox-tried':
        return this.outbox.tried(write.recipient, write.id, write.tries, write.triedAt);
      case 'outbox-done':
        return this.outbox.done(write.recipient, write.id);
      case 'delivered':
        return this.delivered.add(write.mark, write.sentAt);
      case 'pins':
        return write.pins.forEach((pin) => this.peers.pin(pin));
      case 'peer-heard':
        return this.peers.heard(write.id, write.name, write.announce, write.at);
      case 'forget':
        return this.peers.forget(write.id);
      case 'deny':
        return this.peers.deny(write.id);
      case 'allow':
        return this.peers.allow(write.id);
      case 'quarantine':
        return this.peers.quarantine(write.id);
      case 'limit':
        return this.peers.limit(write.id, write.perMinute);
      case 'audit':
        return this.audit.add(write.entry);
      case 'counter':
        return this.counters.take(write.device, write.counter);
      case 'setting':
        return this.settings.set(write.name, write.value);
      case 'held':
        return this.held.add(write.packet);
      case 'released':
        return this.held.release(write.purpose, write.destination, write.mark);
      case 'carried':
        return this.ledger.carry(write);
      case 'budget':
        return this.ledger.spend(write.budget);
      case 'line':
        return this.lines.join(write.line);
      case 'line-gone':
        return this.lines.part(write.node);
      case 'invite':
        return this.lines.open(write.invite);
      case 'invite-used':
        return this.lines.use(write.hash, write.by);
      case 'bench':
        return this.bench.add(write.run);
      case 'event':
        return this.events.add(write.event);
    }
  }

  /** A store belongs to the peer that made it: two would deliver and answer in each other's name. */
  private claim(owner: string): void {
    const known = this.settings.get(OWNER);
    if (known === null) this.commit([{ kind: 'setting', name: OWNER, value: owner }]);
    else if (known !== owner) throw foreign(this.path, known, owner);
  }
}
