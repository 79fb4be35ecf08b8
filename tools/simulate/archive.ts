/**
 * Archive: the store of a simulated peer, in memory. It answers as the one on disk does, write for
 * write and read for read, and is written in the plainest way that does so. Two worlds of one peer
 * share it: what a restart forgets is everything else.
 */
import type { ChainEnd } from '../../protocol/trust/chain.ts';
import { CHAIN_START, chainHash } from '../../protocol/trust/chain.ts';
import type { Pin } from '../../protocol/trust/pins.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import { foldName } from '../../protocol/wire/text.ts';
import type {
  Archive,
  AuditEntry,
  AuditLine,
  Budget,
  Carried,
  HeldPacket,
  Invite,
  Line,
  MessageName,
  OutboxEntry,
  PeerLimit,
  PeerRecord,
  Retention,
  StoredBenchRun,
  StoredEvent,
  StoredMessage,
  StoreWrite,
  Usage,
} from '../../host/types.ts';
import {
  auditContent,
  auditCut,
  BENCH_RUNS_MAX,
  CARRIED_DAYS_MAX,
  cutEntry,
  DAY_MS,
  EVENTS_KEPT_MAX,
  keptEntry,
  makesRoom,
  messageSize,
  NAMESAKES_MAX,
  PUBLIC,
  RETENTION,
  TRIM_SLICE,
} from '../../host/types.ts';

export class MemoryArchive implements Archive {
  private readonly retention: Retention;
  private nextKey = 1;
  private said: StoredMessage[] = [];
  /** The same by name, for whoever asks again and again. */
  private readonly byName = new Map<string, StoredMessage>();
  private readonly readKeys = new Map<string, number>();
  private unacknowledged: OutboxEntry[] = [];
  private marks: { mark: string; sentAt: number }[] = [];
  private readonly marked = new Set<string>();
  private floor = -Infinity;
  private readonly pinned = new Map<string, Pin>();
  private readonly records = new Map<string, PeerRecord>();
  private readonly turnedAway = new Map<string, Uint8Array>();
  private readonly apart = new Map<string, Uint8Array>();
  private readonly rates = new Map<string, PeerLimit>();
  private trail: AuditLine[] = [];
  private trailBase: ChainEnd = CHAIN_START;
  private readonly taken = new Map<string, number>();
  private readonly texts = new Map<string, string>();
  private waiting: HeldPacket[] = [];
  private sums: Carried[] = [];
  private readonly budgets = new Map<string, Budget>();
  private readonly joined = new Map<string, Line>();
  private readonly invites = new Map<string, Invite>();
  private measured: StoredBenchRun[] = [];
  private happened: StoredEvent[] = [];

  constructor(retention: Retention = RETENTION) {
    this.retention = retention;
  }

  commit(writes: readonly StoreWrite[]): void {
    for (const write of writes) this.apply(write);
  }

  readonly messages: Archive['messages'] = {
    find: (name) => this.byName.get(keyOf(name)) ?? null,
    after: (key, limit) => this.said.filter((message) => message.key > key).slice(0, limit),
    history: (sentAt, limit) =>
      this.said
        .filter((message) => message.frame !== null && message.sentAt >= sentAt)
        .sort((a, b) => b.sentAt - a.sentAt || b.key - a.key)
        .slice(0, limit)
        .map(({ frame }) => frame!),
    unread: (conversation, key, limit) =>
      this.said
        .filter((message) => message.conversation === conversation && message.state === 'heard')
        .filter((message) => message.key <= key)
        .filter((message) => message.key > (this.readKeys.get(conversation) ?? 0))
        .reverse()
        .slice(0, limit),
    usage: () => usageOf(this.said.map(messageSize)),
  };

  readonly outbox: Archive['outbox'] = {
    all: () => [...this.unacknowledged],
    of: (recipient) =>
      this.unacknowledged.filter((entry) => toHex(entry.recipient) === toHex(recipient)),
  };

  readonly delivered: Archive['delivered'] = {
    has: (mark, sentAt) => sentAt <= this.floor || this.marked.has(toHex(mark)),
  };

  readonly peers: Archive['peers'] = {
    pins: () => byId(this.pinned),
    denied: () => byId(this.turnedAway),
    quarantined: () => byId(this.apart),
    limits: () => byId(this.rates),
    find: (id) => this.records.get(toHex(id)) ?? null,
    named: (name) =>
      byId(this.records)
        .filter((record) => foldName(record.name) === foldName(name))
        .sort((a, b) => b.lastSeenAt - a.lastSeenAt)
        .slice(0, NAMESAKES_MAX),
  };

  readonly counters: Archive['counters'] = {
    of: (device) => this.taken.get(toHex(device)) ?? -1,
  };

  readonly settings: Archive['settings'] = {
    get: (name) => this.texts.get(name) ?? null,
  };

  readonly held: Archive['held'] = {
    all: (purpose) => this.waiting.filter((packet) => packet.purpose === purpose),
    of: (purpose, destination, limit) =>
      this.waiting
        .filter((packet) => packet.purpose === purpose)
        .filter((packet) => toHex(packet.destination) === toHex(destination))
        .sort((a, b) => a.priority - b.priority)
        .slice(0, limit),
    usage: (purpose, destination) =>
      usageOf(
        this.waiting
          .filter((packet) => packet.purpose === purpose)
          .filter(
            (packet) => destination === null || toHex(packet.destination) === toHex(destination),
          )
          .map(({ frame }) => frame.length),
      ),
  };

  readonly ledger: Archive['ledger'] = {
    carried: (who, day) => {
      const sum = this.sums.find((other) => other.day === day && toHex(other.who) === toHex(who));
      return { count: sum?.packets ?? 0, bytes: sum?.bytes ?? 0 };
    },
    budget: (link) => this.budgets.get(link) ?? null,
  };

  readonly lines: Archive['lines'] = {
    all: () => byId(this.joined),
    invite: (hash) => this.invites.get(toHex(hash)) ?? null,
  };

  readonly audit: Archive['audit'] = {
    after: (key, limit) => this.trail.filter((line) => line.key > key).slice(0, limit),
    ends: () => ({ base: this.trailBase, head: this.trailHead() }),
  };

  readonly bench: Archive['bench'] = {
    latest: (limit) => (limit <= 0 ? [] : this.measured.slice(-limit)),
  };

  readonly events: Archive['events'] = {
    lastKey: () => this.happened.at(-1)?.key ?? 0,
    before: ({ before, kind, peer, isAll, limit }) =>
      this.happened
        .filter(({ key }) => key < before)
        .filter(({ name }) => kind === null || name === kind)
        .filter(
          ({ peer: about }) => peer === null || (about !== null && toHex(about) === toHex(peer)),
        )
        .filter(({ isRoutine }) => isAll || !isRoutine)
        .reverse()
        .slice(0, limit),
  };

  /** Removes a slice of what is kept no longer. True when there may be more to remove. */
  trim(now: number): boolean {
    const slices = [
      this.trimMessages(now),
      this.trimDelivered(),
      this.trimStrangers(),
      this.trimCarried(now),
      this.trimInvites(now),
      this.trimTrail(now),
    ];
    return slices.includes(true);
  }

  private apply(write: StoreWrite): void {
    switch (write.kind) {
      case 'message': {
        if (this.messages.find(write.message) !== null) return;
        const message = { ...write.message, key: this.nextKey++ };
        this.said.push(message);
        this.byName.set(keyOf(message), message);
        return;
      }
      case 'message-state': {
        const before = this.messages.find(write);
        if (before === null) return;
        const after = { ...before, state: write.state, reason: write.reason };
        this.said[this.said.indexOf(before)] = after;
        this.byName.set(keyOf(write), after);
        return;
      }
      case 'read-up-to':
        this.readUpTo(write.conversation, write.key);
        return;
      case 'outbox':
        if (this.unacknowledged.some((entry) => isEntry(entry, write.entry))) return;
        this.unacknowledged.push(write.entry);
        return;
      case 'outbox-tried': {
        const { tries, triedAt } = write;
        this.unacknowledged = this.unacknowledged.map((entry) =>
          isEntry(entry, write) ? { ...entry, tries, triedAt } : entry,
        );
        return;
      }
      case 'outbox-done':
        this.unacknowledged = this.unacknowledged.filter((entry) => !isEntry(entry, write));
        return;
      case 'delivered': {
        const mark = toHex(write.mark);
        if (this.marked.has(mark)) return;
        this.marked.add(mark);
        this.marks.push({ mark, sentAt: write.sentAt });
        return;
      }
      case 'pins':
        for (const pin of write.pins) this.pinned.set(toHex(pin.id), pin);
        return;
      case 'peer-heard': {
        const { id, name, at } = write;
        const known = this.records.get(toHex(id));
        const announce = write.announce ?? known?.announce ?? null;
        const firstSeenAt = known?.firstSeenAt ?? at;
        this.records.set(toHex(id), { id, name, announce, firstSeenAt, lastSeenAt: at });
        return;
      }
      case 'forget':
        this.forget(write.id);
        return;
      case 'deny':
        this.apart.delete(toHex(write.id));
        this.turnedAway.set(toHex(write.id), write.id);
        return;
      case 'quarantine':
        this.turnedAway.delete(toHex(write.id));
        this.apart.set(toHex(write.id), write.id);
        return;
      case 'allow':
        this.turnedAway.delete(toHex(write.id));
        this.apart.delete(toHex(write.id));
        return;
      case 'limit': {
        const { id, perMinute } = write;
        if (perMinute === null) this.rates.delete(toHex(id));
        else this.rates.set(toHex(id), { id, perMinute });
        return;
      }
      case 'audit':
        this.note(write.entry);
        return;
      case 'counter':
        raise(this.taken, toHex(write.device), write.counter);
        return;
      case 'setting':
        if (write.value === null) this.texts.delete(write.name);
        else this.texts.set(write.name, write.value);
        return;
      case 'held':
        if (this.waiting.some((packet) => isPacket(packet, write.packet))) return;
        this.waiting.push(write.packet);
        return;
      case 'released':
        this.waiting = this.waiting.filter((packet) => !isPacket(packet, write));
        return;
      case 'carried': {
        const { who, day, packets, bytes } = write;
        this.sums = this.sums.filter((sum) => sum.day !== day || toHex(sum.who) !== toHex(who));
        this.sums.push({ who, day, packets, bytes });
        return;
      }
      case 'budget':
        this.budgets.set(write.budget.link, write.budget);
        return;
      case 'line':
        this.joined.set(toHex(write.line.node), write.line);
        return;
      case 'line-gone':
        this.joined.delete(toHex(write.node));
        return;
      case 'invite':
        if (!this.invites.has(toHex(write.invite.hash))) {
          this.invites.set(toHex(write.invite.hash), write.invite);
        }
        return;
      case 'invite-used': {
        const invite = this.invites.get(toHex(write.hash));
        if (invite === undefined || invite.usedBy !== null) return;
        this.invites.set(toHex(write.hash), { ...invite, usedBy: write.by });
        return;
      }
      case 'bench': {
        const key = (this.measured.at(-1)?.key ?? 0) + 1;
        this.measured = [...this.measured, { ...write.run, key }].slice(-BENCH_RUNS_MAX);
        return;
      }
      case 'event': {
        const { event } = write;
        if (this.happened.some(({ key }) => key === event.key)) return;
        const least = event.key - EVENTS_KEPT_MAX;
        this.happened = [...this.happened, event]
          .sort((a, b) => a.key - b.key)
          .filter(({ key }) => key > least);
      }
    }
  }

  private trailHead(): ChainEnd {
    const { key, hash } = this.trail.at(-1) ?? this.trailBase;
    return { key, hash };
  }

  private note(entry: AuditEntry): void {
    const head = this.trailHead();
    const line = { ...keptEntry(entry), key: head.key + 1 };
    this.trail.push({ ...line, hash: chainHash(head.hash, auditContent(line)) });
  }

  private trimTrail(now: number): boolean {
    const { auditMax } = this.retention;
    const slice = auditCut(this.trail.length, auditMax);
    if (slice === 0) return false;
    const { key, hash } = this.trail[slice - 1];
    this.trailBase = { key, hash };
    this.trail = this.trail.slice(slice);
    this.note(cutEntry(this.trailBase, now));
    return auditCut(this.trail.length, auditMax) > 0;
  }

  private readUpTo(conversation: string, key: number): void {
    const last = this.said.findLast((message) => message.conversation === conversation);
    if (last === undefined) return;
    const before = this.readKeys.get(conversation) ?? 0;
    this.readKeys.set(conversation, Math.max(before, Math.min(last.key, key)));
  }

  private forget(id: Uint8Array): void {
    this.pinned.delete(toHex(id));
    this.records.delete(toHex(id));
  }

  private trimMessages(now: number): boolean {
    for (let removed = 0; removed < TRIM_SLICE; removed++) {
      const open = this.said.filter(({ conversation }) => conversation === PUBLIC);
      const kind = makesRoom(this.messages.usage(), usageOf(open.map(messageSize)), this.retention);
      const oldest = this.said.find(
        ({ conversation }) => kind === null || (conversation === PUBLIC) === (kind === 'public'),
      );
      if (oldest === undefined) return false;
      if (kind === null && oldest.heardAt >= now - this.retention.messageAgeMs) return false;
      this.said.splice(this.said.indexOf(oldest), 1);
      this.byName.delete(keyOf(oldest));
    }
    return true;
  }

  private trimDelivered(): boolean {
    const excess = this.marks.length - this.retention.deliveredMax;
    const slice = Math.min(excess, TRIM_SLICE);
    if (slice <= 0) return false;
    this.marks.sort((a, b) => a.sentAt - b.sentAt || (a.mark < b.mark ? -1 : 1));
    for (const { mark, sentAt } of this.marks.splice(0, slice)) {
      this.marked.delete(mark);
      this.floor = Math.max(this.floor, sentAt);
    }
    return excess > slice;
  }

  private trimStrangers(): boolean {
    const unheard = byId(this.pinned).filter(({ id }) => !this.records.has(toHex(id)));
    const strangers = [...unheard.map(({ id }) => ({ id, lastSeenAt: 0 })), ...byId(this.records)]
      .filter(({ id }) => (this.pinned.get(toHex(id))?.standing ?? 'seen') === 'seen')
      .sort((a, b) => a.lastSeenAt - b.lastSeenAt);
    const excess = strangers.length - this.retention.strangersMax;
    const slice = Math.max(0, Math.min(excess, TRIM_SLICE));
    for (const { id } of strangers.slice(0, slice)) this.forget(id);
    return excess > slice && slice > 0;
  }

  private trimCarried(now: number): boolean {
    const last = Math.floor(now / DAY_MS) - CARRIED_DAYS_MAX;
    const old = this.sums
      .filter(({ day }) => day <= last)
      .sort((a, b) => a.day - b.day || (toHex(a.who) < toHex(b.who) ? -1 : 1))
      .slice(0, TRIM_SLICE);
    this.sums = this.sums.filter((sum) => !old.includes(sum));
    return old.length === TRIM_SLICE;
  }

  private trimInvites(now: number): boolean {
    const expired = byId(this.invites)
      .filter(({ expiresAt }) => expiresAt <= now)
      .sort((a, b) => a.expiresAt - b.expiresAt)
      .slice(0, TRIM_SLICE);
    for (const { hash } of expired) this.invites.delete(toHex(hash));
    return expired.length === TRIM_SLICE;
  }
}

function keyOf({ conversation, sender, id }: MessageName): string {
  return `${conversation} ${toHex(sender)} ${id}`;
}

type EntryName = Pick<OutboxEntry, 'recipient' | 'id'>;

function isEntry(entry: EntryName, { recipient, id }: EntryName): boolean {
  return entry.id === id && toHex(entry.recipient) === toHex(recipient);
}

type PacketName = Pick<HeldPacket, 'purpose' | 'destination' | 'mark'>;

function isPacket(packet: PacketName, { purpose, destination, mark }: PacketName): boolean {
  const isForIt = packet.purpose === purpose && toHex(packet.destination) === toHex(destination);
  return isForIt && toHex(packet.mark) === toHex(mark);
}

function raise(numbers: Map<string, number>, name: string, to: number): void {
  numbers.set(name, Math.max(numbers.get(name) ?? to, to));
}

function usageOf(sizes: number[]): Usage {
  return { count: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

function byId<Value>(map: Map<string, Value>): Value[] {
  return [...map.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}
