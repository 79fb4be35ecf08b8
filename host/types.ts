/**
 * Types: what the rooms of the bridge say to each other, as plain values. A machine emits
 * `{ kind: 'store', write }` and reads through the small ports of an `Archive`; the store commits the
 * writes of a batch together, and a twin in memory does both for the simulator.
 */
import type { ChainEnd } from '../protocol/trust/chain.ts';
import { endText } from '../protocol/trust/chain.ts';
import { encodeText } from '../protocol/wire/text.ts';
import type { Pin, Standing } from '../protocol/trust/pins.ts';

/** The name of the conversation that everyone hears. A private one is named by the peer's id in hex. */
export const PUBLIC = 'public';

/**
 * How far a message came. One of another peer stays `heard`; one of ours waits, was sent, was delivered
 * and read, or failed for a reason.
 */
export type MessageState = 'heard' | 'waiting' | 'sent' | 'delivered' | 'read' | 'failed';

/** Conversation, sender and id name a message; phones draw the ids of private ones themselves. */
export type MessageName = { conversation: string; sender: Uint8Array; id: string };

/**
 * Why a private message came to nothing.
 *
 * `no-route`: its peer was not in reach for as long as it may wait. `no-session`: the peer is in reach
 * and does not answer handshakes. `unacknowledged`: it was sent, and sent again, to a peer in reach that
 * never confirmed it. `expired`: the peer was in reach now and then, and time ran out. `refused`: the
 * peer is turned away, or is not who he was.
 */
export type MessageFailure = 'no-route' | 'no-session' | 'unacknowledged' | 'expired' | 'refused';

export type Message = MessageName & {
  text: string;
  /** Unix ms, as its sender said. */
  sentAt: number;
  /** Unix ms, by our clock. */
  heardAt: number;
  isVerified: boolean;
  state: MessageState;
  /** Why it failed. */
  reason: string | null;
  /** The packet as it was signed, for history sync (WIRE §9); null for private ones. */
  frame: Uint8Array | null;
};

/** What it counts for in a retention: characters are near enough to bytes. */
export function messageSize({ text, frame }: Message): number {
  return text.length + (frame?.length ?? 0);
}

/** `key` grows with every message stored and is never used twice: a cursor for whoever catches up. */
export type StoredMessage = Message & { key: number };

/** What must reach a peer, kept until the peer acknowledged it. Recipient and id name it. */
export type OutboxEntry = {
  recipient: Uint8Array;
  id: string;
  /** The kind of the private payload (WIRE §8), and its body, unsealed: sessions do not last. */
  payloadKind: number;
  body: Uint8Array;
  madeAt: number;
  expiresAt: number;
  tries: number;
  triedAt: number | null;
};

/** Counts and bytes of what is kept. */
export type Usage = { count: number; bytes: number };

/** What is known of a peer beside his pin. */
export type PeerRecord = {
  id: Uint8Array;
  /** As he calls himself. Anybody can call himself anything. */
  name: string;
  /** His last announce, as it was signed. */
  announce: Uint8Array | null;
  firstSeenAt: number;
  lastSeenAt: number;
};

/** `peer`: sealed for somebody who is absent. `gateway`: for a line that is down. */
export type HeldPurpose = 'peer' | 'gateway';

/** A packet that waits for its destination: a peer, or the gateway at the end of a line. */
export type HeldPacket = {
  purpose: HeldPurpose;
  destination: Uint8Array;
  /** The packet's identity; what is held already is not held twice. */
  mark: Uint8Array;
  frame: Uint8Array;
  priority: number;
  heldAt: number;
  expiresAt: number;
};

/** What was carried for somebody in one day, counted from the Unix epoch. */
export type Carried = { who: Uint8Array; day: number; packets: number; bytes: number };

/** What is left of a budget, and when it was so. */
export type Budget = { link: string; level: number; at: number };

/** A line to another gateway that a person joined or allowed. Without an address it is his to dial. */
export type Line = { node: Uint8Array; address: string | null; name: string; addedAt: number };

/** A one-use secret, known here by its SHA-256 only. */
export type Invite = {
  hash: Uint8Array;
  madeAt: number;
  expiresAt: number;
  /** Who used it; null while it is open. */
  usedBy: Uint8Array | null;
};

/** Who did what to whom: a line of the audit trail, which is only ever added to. */
export type AuditEntry = {
  /** Unix ms; null without a clock. */
  at: number | null;
  /** `owner`, `bridge`, or the id of a node in hex. */
  who: string;
  act: AuditAct;
  /** An id in hex, an address, the name of a setting. */
  subject: string;
  /** In words; no secrets, and nothing that was said. */
  detail: string;
};

export const AUDIT_ACTS = [
  'started',
  'settings-changed',
  'level-changed',
  'allowed',
  'blocked',
  'unblocked',
  /** Blocked, in trails that are older than this word. */
  'denied',
  'quarantined',
  'released',
  'limited',
  'standing',
  'forgotten',
  'invited',
  'invite-used',
  'joined',
  'parted',
  'client-added',
  'client-removed',
  'provisioned',
  'login',
  'login-refused',
  /** Done for an administrator elsewhere; and not done for somebody who is none. */
  'administered',
  'administration-refused',
  'threat',
  /** The store's own: the oldest lines went. */
  'cut',
] as const;
export type AuditAct = (typeof AUDIT_ACTS)[number];

/** A line as it is kept; `hash` is that of all lines up to this one. */
export type AuditLine = AuditEntry & { key: number; hash: Uint8Array };

/** What is hashed of a line. */
export function auditContent(line: Omit<AuditLine, 'hash'>): (string | number | null)[] {
  const { key, at, who, act, subject, detail } = line;
  return [key, at, who, act, subject, detail];
}

/** Characters of a subject or a detail; the rest is cut off. */
export const AUDIT_TEXT_MAX = 500;

/** As any store can keep it. */
export function keptEntry(entry: AuditEntry): AuditEntry {
  // Half a character is none.
  const kept = (text: string): string =>
    new TextDecoder('utf-8', { ignoreBOM: true }).decode(encodeText(text.slice(0, AUDIT_TEXT_MAX)));
  return { ...entry, subject: kept(entry.subject), detail: kept(entry.detail) };
}

/** How many of so many lines are cut off at once: more than are added by it. */
export function auditCut(count: number, most: number): number {
  return count <= most ? 0 : Math.min(TRIM_SLICE, count - Math.floor(most * 0.9));
}

/** What says so. */
export function cutEntry(base: ChainEnd, at: number): AuditEntry {
  return { at, who: 'bridge', act: 'cut', subject: '', detail: endText(base) };
}

/** A peer's own rate, in messages a minute. */
export type PeerLimit = { id: Uint8Array; perMinute: number };

/**
 * Everything a machine may want durable. Each one may be said again and changes nothing then, but for
 * `audit`, which is a line each time.
 */
export type StoreWrite =
  | { kind: 'message'; message: Message }
  | ({ kind: 'message-state'; state: MessageState; reason: string | null } & MessageName)
  | { kind: 'read-up-to'; conversation: string; key: number }
  | { kind: 'outbox'; entry: OutboxEntry }
  | { kind: 'outbox-tried'; recipient: Uint8Array; id: string; tries: number; triedAt: number }
  | { kind: 'outbox-done'; recipient: Uint8Array; id: string }
  /** What was delivered, for good: `mark` names it, and nothing as old as a forgotten mark is new. */
  | { kind: 'delivered'; mark: Uint8Array; sentAt: number }
  | { kind: 'pins'; pins: Pin[] }
  | { kind: 'peer-heard'; id: Uint8Array; name: string; announce: Uint8Array | null; at: number }
  | { kind: 'forget'; id: Uint8Array }
  | { kind: 'deny'; id: Uint8Array }
  | { kind: 'quarantine'; id: Uint8Array }
  /** Neither turned away nor kept apart any more. */
  | { kind: 'allow'; id: Uint8Array }
  /** Null for the rate of everybody. */
  | { kind: 'limit'; id: Uint8Array; perMinute: number | null }
  /** Belongs into the batch of what it tells of. */
  | { kind: 'audit'; entry: AuditEntry }
  /** The last counter taken from a device. It never goes back. */
  | { kind: 'counter'; device: Uint8Array; counter: number }
  | { kind: 'setting'; name: string; value: string | null }
  | { kind: 'held'; packet: HeldPacket }
  | { kind: 'released'; purpose: HeldPurpose; destination: Uint8Array; mark: Uint8Array }
  | ({ kind: 'carried' } & Carried)
  | { kind: 'budget'; budget: Budget }
  | { kind: 'line'; line: Line }
  | { kind: 'line-gone'; node: Uint8Array }
  | { kind: 'invite'; invite: Invite }
  | { kind: 'invite-used'; hash: Uint8Array; by: Uint8Array }
  | { kind: 'bench'; run: BenchRun }
  | { kind: 'event'; event: StoredEvent };

/** Something that happened in the mesh, as a person reads of it. `name` is that of an event. */
export type StoredEvent = {
  /** Grows with every event and is never used twice. */
  key: number;
  /** Unix ms. */
  at: number;
  name: string;
  text: string;
  tone: 'plain' | 'good' | 'warning' | 'bad';
  peer: Uint8Array | null;
  figures: Record<string, number>;
  /** It comes with every packet, or a person is told of it in another way. */
  isRoutine: boolean;
};
/** Events kept; then the oldest goes. */
export const EVENTS_KEPT_MAX = 20_000;

/** Those with keys below `before`, the newest first; null for every kind, and for all nodes. */
export type TimelineFilter = {
  before: number;
  kind: string | null;
  peer: Uint8Array | null;
  /** Those of every packet, too. */
  isAll: boolean;
  limit: number;
};

/** What one area of `hopline bench` measured, on which machine. */
export type BenchRun = {
  /** Unix ms. */
  at: number;
  area: string;
  seed: number;
  /** The version of Node, and the machine in words. */
  node: string;
  machine: string;
  figures: BenchFigure[];
};
export type BenchFigure = { name: string; unit: string; value: number };
export type StoredBenchRun = BenchRun & { key: number };
/** Runs kept, of all areas together; then the oldest goes. */
export const BENCH_RUNS_MAX = 1000;

/** What a person or a program here asks for. */
export type Wish = TalkWish | ComponentWish;

/** What components answer, each its own. */
export type ComponentWish =
  /** When nodes are suspected, from now on and after a restart; null for as the settings say. */
  { kind: 'tune'; tuning: Tuning | null };

export type TalkWish =
  /** A public message. */
  | { kind: 'say'; text: string }
  /** A private one. */
  | { kind: 'tell'; peer: Uint8Array; text: string }
  /** Everything in a conversation up to this key is read; private senders are told so. */
  | { kind: 'read'; conversation: string; key: number }
  | { kind: 'stand'; peer: Uint8Array; standing: Standing }
  | { kind: 'deny'; peer: Uint8Array }
  /** What he says is passed on and not shown, until he is allowed. */
  | { kind: 'quarantine'; peer: Uint8Array }
  | { kind: 'allow'; peer: Uint8Array }
  /** A rate of his own, in messages a minute; null for that of everybody. */
  | { kind: 'limit'; peer: Uint8Array; perMinute: number | null }
  /** Nothing but a line of the audit trail. */
  | { kind: 'record'; entry: Omit<AuditEntry, 'at'> }
  /** A person says that this id stands for another device now. */
  | { kind: 'forget'; peer: Uint8Array };

/** Of how failures are found (DEFAULTS §3); what is not named stays as it is. */
export type Tuning = { heartbeatMs?: number; missed?: number; phi?: number; confirmMs?: number };
/** What each may be: the least and the most. */
export const TUNING_LIMITS = {
  heartbeatMs: [1000, 120_000],
  missed: [2, 20],
  phi: [1, 16],
  confirmMs: [5000, 600_000],
} as const;

/** Given once all that it says is durable: whoever has it has the acknowledgement. */
export type Answer =
  | { kind: 'stored'; name: MessageName }
  | { kind: 'done' }
  | { kind: 'refused'; reason: WishRefusal };

/**
 * `full`: too much waits already, in all or for this peer. `denied`: turned away by a person here.
 * `distrusted`: the peer showed another key; `forget`, or a new standing, lets him be written to again.
 * `failed`: the component that sees to it does not run just now. `out-of-range`: no setting may be so.
 */
export const WISH_REFUSALS = [
  'no-clock',
  'left',
  'busy',
  'empty',
  'too-long',
  'own-id',
  'unknown-peer',
  'denied',
  'distrusted',
  'bad-rate',
  'full',
  'failed',
  'out-of-range',
] as const;
export type WishRefusal = (typeof WISH_REFUSALS)[number];

/** Wishes about what a person thinks of a peer. */
export type PeerWish = 'stand' | 'deny' | 'quarantine' | 'allow' | 'limit' | 'forget';

/** What is worth telling of talk, as it happens. What it names is durable by then. */
export type TalkEvent =
  /** Somebody's, or our own: it is stored. */
  | { kind: 'message'; name: MessageName }
  /** One of ours came further, or came to nothing. */
  | {
      kind: 'message-state';
      name: MessageName;
      state: MessageState;
      reason: MessageFailure | null;
    }
  | { kind: 'session'; peer: Uint8Array; state: SessionState }
  /** What a person decided about a peer. */
  | { kind: 'peer-changed'; peer: Uint8Array; by: PeerWish }
  /**
   * `second-key`: he showed another key than is known; believe nothing he says until it is cleared up.
   * `unsealed`: something private came in the open, in his name (RELIABILITY S6). It was not taken.
   */
  | { kind: 'alarm'; peer: Uint8Array; reason: 'second-key' | 'unsealed' };

export type SessionState = 'none' | 'opening' | 'live';

/** What a machine emits to have something stored. The driver commits those of a batch together. */
export type StoreOutput = { kind: 'store'; write: StoreWrite };

export interface MessageReads {
  find(name: MessageName): StoredMessage | null;
  /** Messages with keys above `key`, the oldest first. */
  after(key: number, limit: number): StoredMessage[];
  /**
   * Signed public packets sent at or after `sentAt`, the newest first: what history sync answers with.
   * A station reads them all when it begins, so no page bounds them.
   */
  history(sentAt: number, limit: number): Uint8Array[];
  /** What others said in a conversation, up to `key`, that was not read yet; the newest first. */
  unread(conversation: string, key: number, limit: number): StoredMessage[];
  usage(): Usage;
}

export interface OutboxReads {
  /** In the order in which they were made: a session is first in, first out. */
  all(): OutboxEntry[];
  of(recipient: Uint8Array): OutboxEntry[];
}

export interface DeliveredReads {
  has(mark: Uint8Array, sentAt: number): boolean;
}

export interface PeerReads {
  pins(): Pin[];
  denied(): Uint8Array[];
  quarantined(): Uint8Array[];
  limits(): PeerLimit[];
  find(id: Uint8Array): PeerRecord | null;
  /** Everybody who calls himself so, whatever the case of its letters; the last one seen first. */
  named(name: string): PeerRecord[];
}

export interface CounterReads {
  /** The last counter taken from a device, or -1. */
  of(device: Uint8Array): number;
}

export interface SettingReads {
  get(name: string): string | null;
}

export interface HeldReads {
  /** All that waits, in the order in which it came. */
  all(purpose: HeldPurpose): HeldPacket[];
  /** What waits for a destination, the most urgent first, then the oldest. */
  of(purpose: HeldPurpose, destination: Uint8Array, limit: number): HeldPacket[];
  usage(purpose: HeldPurpose, destination: Uint8Array | null): Usage;
}

export interface LedgerReads {
  carried(who: Uint8Array, day: number): Usage;
  budget(link: string): Budget | null;
}

export interface LineReads {
  all(): Line[];
  invite(hash: Uint8Array): Invite | null;
}

export interface AuditReads {
  /** Lines with keys above `key`, the oldest first. */
  after(key: number, limit: number): AuditLine[];
  /** The last line that was cut off, and the last there is. */
  ends(): { base: ChainEnd; head: ChainEnd };
}

export interface BenchReads {
  /** The last runs, the oldest of them first. */
  latest(limit: number): StoredBenchRun[];
}

export interface EventReads {
  /** 0 where there is none. */
  lastKey(): number;
  before(filter: TimelineFilter): StoredEvent[];
}

/** All that can be read at once, synchronously, and alike in memory and on disk. */
export interface Archive {
  readonly messages: MessageReads;
  readonly outbox: OutboxReads;
  readonly delivered: DeliveredReads;
  readonly peers: PeerReads;
  readonly counters: CounterReads;
  readonly settings: SettingReads;
  readonly held: HeldReads;
  readonly ledger: LedgerReads;
  readonly lines: LineReads;
  readonly audit: AuditReads;
  readonly bench: BenchReads;
  readonly events: EventReads;
}

/** The newest, and how many of other peers' came after the one a person read last. */
export type Conversation = {
  name: string;
  last: StoredMessage;
  unread: number;
  readKey: number;
};

/** What a person leafs through. Machines do not: it is on the disk alone. */
export interface MessagePages extends MessageReads {
  /** Messages of a conversation with keys below `key`, the newest first. */
  before(conversation: string, key: number, limit: number): StoredMessage[];
  /** Those with keys above `key`, the oldest first. */
  afterIn(conversation: string, key: number, limit: number): StoredMessage[];
  /** The one that was last spoken in first. */
  conversations(limit: number): Conversation[];
  /**
   * Messages that have all the words, the last one perhaps not to its end; with keys below `key`, the
   * newest first. Nothing a person types is read as anything but words.
   */
  search(text: string, key: number, limit: number): StoredMessage[];
}

export interface PeerPages extends PeerReads {
  /** The last one seen first. */
  latest(limit: number): PeerRecord[];
}

export interface LedgerPages extends LedgerReads {
  /** For whom most was carried first. */
  ofDay(day: number, limit: number): Carried[];
}

/** Rows one reading gives a person at most, whatever was asked for. */
export const PAGE_MAX = 1000;

export function pageSize(limit: number): number {
  return Math.max(0, Math.min(limit, PAGE_MAX));
}

/** What is kept for how long. A slice of what is beyond it goes at each `trim`. */
export type Retention = {
  /** Messages kept; then the oldest go, of the kind that has more than half of the room. */
  messagesMax: number;
  /** Bytes of their texts and packets; then the oldest go, as above. */
  messageBytesMax: number;
  /** Then a message goes, however few there are. */
  messageAgeMs: number;
  /** Marks kept; then the oldest go, and nothing as old as they is taken for new again. */
  deliveredMax: number;
  /** Strangers kept; then the one silent longest goes. Whom a person keeps stays. */
  strangersMax: number;
  /** Lines of the audit trail; then the oldest are cut off, and a line says so. */
  auditMax: number;
};

export const RETENTION: Retention = {
  messagesMax: 1_000_000,
  messageBytesMax: 2 ** 30,
  messageAgeMs: 365 * 24 * 3_600_000,
  deliveredMax: 1_000_000,
  strangersMax: 8192,
  auditMax: 20_000,
};

/**
 * Of which kind the oldest message makes room, out of all and those in public; null while there is room
 * for both. Half of it is each kind's own, so that no flood in public costs what was said in private.
 */
export function makesRoom(all: Usage, open: Usage, limits: Retention): 'public' | 'private' | null {
  const { messagesMax, messageBytesMax } = limits;
  const kind = (isOpen: boolean): 'public' | 'private' => (isOpen ? 'public' : 'private');
  if (all.count > messagesMax) return kind(open.count > Math.ceil(messagesMax / 2));
  if (all.bytes > messageBytesMax) return kind(open.bytes > Math.ceil(messageBytesMax / 2));
  return null;
}

/** Days for which is kept what was carried, the current one among them. */
export const CARRIED_DAYS_MAX = 400;
export const DAY_MS = 24 * 3_600_000;

/** Peers of one name that are given. Whoever asks must choose by id among so many. */
export const NAMESAKES_MAX = 100;

/** Rows of a kind that one trim removes at most, so that nobody waits long for it. */
export const TRIM_SLICE = 500;
