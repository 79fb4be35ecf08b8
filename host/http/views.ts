/**
 * Views: what the API shows, as plain values that survive JSON. Ids are lowercase hex, times are Unix
 * milliseconds, and what is unknown is null.
 */
import type { HealthCategory, HealthLevel, MeshEventKind } from '../events.ts';
import type { LeftReason, Medium } from '../../protocol/peer/contract.ts';
export type { HopView } from '../../protocol/peer/hop-view.ts';
import type { Mode } from '../../protocol/core/version.ts';
import type { Standing } from '../../protocol/trust/pins.ts';
import type { MessageState } from '../types.ts';

export type StatusView = {
  version: string;
  id: string;
  name: string;
  /** SHA-256 of the Noise key, in hex: what people compare. */
  fingerprint: string;
  startedAt: number;
  unixMs: number | null;
  /** Everything around this bridge is simulated. */
  isVirtual: boolean;
  /** The command that starts it with what is real instead; null where it is so. */
  realStart: string | null;
  health: 'ok' | 'degraded';
  /** Sentences: what is wrong, and what to do. */
  problems: string[];
  radios: RadioView[];
  counts: { heard: number; sent: number; delivered: number; drops: Record<string, number> };
  stored: { messages: number; bytes: number };
  rssBytes: number;
};

export type RadioView = {
  name: string;
  state: 'unwanted' | 'missing' | 'off' | 'on' | 'virtual';
  isAdvertising: boolean;
  isScanning: boolean;
};

export type PeerView = {
  id: string;
  name: string;
  fingerprint: string | null;
  standing: Standing;
  isDenied: boolean;
  /** What he says is passed on and not shown: a person said so, or what was seen of him did. */
  isQuarantined: boolean;
  /** Messages a minute that a person gave him; null for as many as anybody. */
  perMinute: number | null;
  /** What is known of him as a neighbour; null where he never was one. */
  neighbour: NeighbourFigures | null;
  /** Heard of lately enough to be talked to. */
  isReachable: boolean;
  isDirect: boolean;
  hops: number | null;
  /** The link he was heard over last. */
  link: number | null;
  /** On our own island, rather than behind a line. */
  isHere: boolean;
  firstSeenAt: number;
  lastSeenAt: number;
  /** Ids of whom he says he hears himself. */
  neighbours: string[];
  capabilities: string[];
  session: 'none' | 'opening' | 'live';
  /** Somebody showed another key for this id. */
  hasAlarm: boolean;
};

/** Of somebody at the far end of a link of ours, or who was. */
export type NeighbourFigures = {
  /** Null while he is not there. */
  connectedAt: number | null;
  heardAt: number;
  /** Packets each way, over all links to him. */
  heard: number;
  sent: number;
  roundTripMs: number | null;
  /** Of heartbeats; null where there are none. */
  lossPerMille: number | null;
  /** -1000 to 1000; 100 is a stranger's. */
  reputation: number;
  /** How often each threat was seen. */
  threats: Record<string, number>;
};

export type LinkView = {
  link: number;
  medium: Medium;
  way: 'in' | 'out' | 'wire' | 'line' | 'client';
  mode: Mode | null;
  peer: string | null;
  name: string | null;
  rssi: number | null;
  roundTripMs: number | null;
  openMs: number;
  /** Since anything was heard over it. */
  silentMs: number;
  heard: number;
  sent: number;
  drops: Record<string, number>;
};

/** A line to another gateway: one that we dial, or that was let in. */
export type LineView = {
  node: string;
  name: string;
  /** `host:port`; null where it is the other end's to dial. */
  address: string | null;
  /** `found`: another bridge of this network, to which no line is wanted yet. */
  origin: 'config' | 'joined' | 'invited' | 'found';
  state: 'up' | 'dialling' | 'down' | 'found';
  sinceAt: number | null;
  roundTripMs: number | null;
  /** Why it is down, in words. */
  problem: string | null;
};

/** A part of the bridge that can fail alone, one of the owner's among them. */
export type ComponentView = {
  name: string;
  state: 'waiting' | 'running' | 'failed' | 'stopped';
  health: 'well' | 'strained' | 'failing';
  /** What to do about it; null while it is well. */
  why: string | null;
  failures: number;
  /** Packets it was given and said, and events it told. */
  packets: number;
  said: number;
  told: number;
  statistics: Record<string, number>;
};

export type GatewayView = {
  id: string;
  name: string;
  isSelf: boolean;
  /** Shares our island, so it takes turns with us (WIRE §28). */
  isHere: boolean;
  /** Ids of the gateways at the other ends of its lines. */
  lines: string[];
  heardAt: number;
};

export type BudgetView = {
  bytesPerSecond: number;
  burstBytes: number;
  levelBytes: number;
  waiting: number;
  injected: number;
  injectedBytes: number;
  overheard: number;
  drops: Record<string, number>;
};

export type StatisticsView = {
  at: number;
  gateway: BudgetView;
  /** What was carried today, for whom most first. */
  carried: { who: string; name: string | null; packets: number; bytes: number }[];
  sessions: { live: number; outgoing: number; incoming: number };
  outbox: number;
  held: { count: number; bytes: number };
  /** Requests of peers: those that were obeyed, those that were not, and those nobody looked at. */
  requests: { served: number; refused: number; drops: Record<string, number> };
};

export type MessageView = {
  key: number;
  conversation: string;
  sender: string;
  senderName: string | null;
  isOwn: boolean;
  id: string;
  text: string;
  sentAt: number;
  heardAt: number;
  isVerified: boolean;
  state: MessageState;
  reason: string | null;
};

export type ConversationView = {
  /** `public`, or the peer's id. */
  name: string;
  title: string;
  last: MessageView | null;
  unread: number;
  /** The key up to which it is read. */
  readKey: number;
};

/** What a live map is drawn from. A node without keys is known by the link that it is on. */
export type MapView = {
  self: string;
  islands: { id: string; isHere: boolean; nodes: MapNode[] }[];
  /** Pairs of ids. `line`: over the internet. */
  links: { a: string; b: string; kind: 'radio' | 'wire' | 'line'; isUp: boolean }[];
};

export type MapNode = {
  id: string;
  name: string;
  kind: 'self' | 'gateway' | 'peer' | 'relay';
  isReachable: boolean;
};

/** What one area of `hopline bench` measured here. */
export type BenchView = {
  at: number;
  area: string;
  seed: number;
  node: string;
  machine: string;
  figures: { name: string; unit: string; value: number }[];
};

/** A line of the audit trail; `hash` is that of all lines up to this one, in hex. */
export type AuditLineView = {
  key: number;
  at: number | null;
  who: string;
  act: string;
  subject: string;
  detail: string;
  hash: string;
};
/** The last line that was cut off, and the last there is. */
export type AuditEndView = { key: number; hash: string };
export type AuditView = { lines: AuditLineView[]; base: AuditEndView; head: AuditEndView };
/** How many lines are as they were written, and the first that is not. */
export type AuditCheckView = { lines: number; flaw: { key: number; why: string } | null };

/** A packet that passed a link; what is no packet has neither type nor sender. */
export type PacketRowView = {
  /** Grows with every packet; those that were too many have one, too. */
  key: number;
  at: number;
  link: number;
  way: 'heard' | 'sent';
  type: string | null;
  ttl: number | null;
  sender: string | null;
  recipient: string | null;
  size: number;
  /** Why it went no further; null for what did, and for what was sent. */
  dropped: string | null;
};
/** The same taken apart: `at` and `size` of a part are bytes in `hex`, which is cut where it is long. */
export type PacketDetailView = PacketRowView & {
  hex: string;
  parts: { name: string; value: string; at: number; size: number }[];
};

/** A node of a fleet: what changes, or changed, on which port, and what came of it. */
export type FleetRowView = {
  name: string;
  port: string | null;
  id: string | null;
  changes: { name: string; from: string; to: string }[];
  result: string;
  isDone: boolean;
};
export type FleetView = {
  what: 'plan' | 'apply';
  state: 'none' | 'running' | 'done' | 'failed';
  rows: FleetRowView[];
  /** Why it failed as a whole. */
  problem: string | null;
};

/** A line of the log. */
export type LogLineView = {
  key: number;
  at: number;
  level: 'trace' | 'debug' | 'info' | 'warn' | 'error';
  words: string;
  facts: Record<string, string | number | boolean | null>;
};

export type RatesView = { inMbps: number; outMbps: number };
/** A client or a line that is up, in its last second. */
export type ConnectionView = RatesView & {
  side: 'local' | 'internet';
  node: string;
  name: string;
  /** Packets that wait to leave, and those that were dropped as no more could wait. */
  waiting: number;
  overflowed: number;
  /** What it is offered, as its way takes no more; null where it takes all. */
  slowedToMbps: number | null;
};
/** What one connection may bring and take, and all of them, each way. */
export type LimitsView = RatesView & { allMbps: number };
/**
 * The busier of the two directions of each side, in Mbit/s, of the last second; samples are of a second,
 * the oldest first. `radioLimitMbps` is what lines may give to the radios.
 */
export type UsageView = {
  localMbps: number;
  internetMbps: number;
  radioMbps: number;
  localLimitMbps: number;
  internetLimitMbps: number;
  radioLimitMbps: number;
  ways: { local: RatesView; internet: RatesView; radio: RatesView };
  limits: { local: LimitsView; internet: LimitsView };
  connections: ConnectionView[];
  samples: { localMbps: number[]; internetMbps: number[]; radioMbps: number[] };
};
/** Who is let in by a token, and the ids of the nodes that are here by it. */
export type ClientView = { name: string; addedAt: number; nodes: string[] };
/** `line` holds address, node and token for whoever attaches. */
export type ClientTicketView = { name: string; line: string; node: string; token: string };

/** A setting of the bridge, as it is written. */
export type SettingView = {
  /** Dotted, as `budget.burst`. */
  name: string;
  /** Of the file, or else the usual one; null where that depends on the machine. */
  value: unknown;
  usual: unknown;
  isSet: boolean;
  needsRestart: boolean;
  /** It is written, and holds from the next start on. */
  isPending: boolean;
  /** It is changed in the file alone: it runs programs, names files, or says who may ask. */
  isFileOnly: boolean;
  help: string;
  /** JSON Schema of its value. */
  schema: Record<string, unknown>;
};
export type SettingsView = { file: string; settings: SettingView[] };

/** Whoever can be administered from here: bridges, and boards on wires. */
export type NodeView = {
  id: string;
  name: string;
  kind: 'bridge' | 'board';
  /** The bridge whose wire a board is on; null for this one, and for bridges. */
  host: string | null;
  isSelf: boolean;
  isReachable: boolean;
  /** Whether it obeyed when it was asked last, or will for sure; null for unknown. */
  obeys: boolean | null;
};
/** A node as it is now, in its own words. */
export type NodeReportView = Pick<NodeView, 'id' | 'name' | 'kind'> & {
  /** Null for a board. */
  version: string | null;
  startedAt: number | null;
  problems: string[];
  figures: Record<string, number>;
};
export type NodeSettingView = Pick<
  SettingView,
  'name' | 'value' | 'isSet' | 'needsRestart' | 'isPending'
>;
/** What a bridge thinks of a peer. */
export type NodePeerView = Pick<
  PeerView,
  'id' | 'name' | 'standing' | 'isDenied' | 'isQuarantined' | 'perMinute'
>;

export type InviteView = { line: string; command: string; expiresAt: number };
export type PingView = { roundTripMs: number; hops: number | null } | null;
/** One of the ways to a peer. */
export type RouteView = {
  /** The nodes on it, the peer last; ids. */
  via: string[];
  /** As the strategy reckons; only to be compared with the others. */
  cost: number;
  /** Part of our packets over it that came to something, 0 to 1. */
  reliability: number;
  why: string;
  isChosen: boolean;
};

export type PathView = {
  id: string;
  strategy: string;
  /** Why the strategy does not suit here, and another is used; null where it does. */
  unsuited: string | null;
  /** The best first; packets take the chosen one. */
  routes: RouteView[];
  /** Why packets are flooded; null where they take a route. */
  flooded: string | null;
  switches: number;
  lastSwitch: { at: number; reason: string } | null;
  /** Nodes of the island that routes know of. */
  nodesKnown: number;
  /** What it does for others: passes-on, gateway, history; null where it does not say. */
  does: string[] | null;
};

/** What happened in the mesh: a sentence for people, and figures for programs. */
export type MeshHappening = {
  name: MeshEventKind;
  text: string;
  tone: 'plain' | 'good' | 'warning' | 'bad';
  peer: string | null;
  figures: Record<string, number>;
};
/** `isRoutine`: it comes with every packet, or a person is told of it in another way. */
export type TimelineEntry = { key: number; at: number; isRoutine: boolean } & MeshHappening;

/** How the mesh does around us (DEFAULTS §3); scores are from 0 to 1, null where nothing is known. */
export type ResilienceView = {
  networkHealth: number;
  health: { category: HealthCategory; score: number | null; level: HealthLevel; why: string }[];
  neighbours: {
    id: string;
    name: string;
    state: 'near' | 'around' | 'suspected' | 'failed';
    phi: number;
    silentMs: number;
    lossPerMille: number;
  }[];
  partitions: {
    partition: number;
    state: 'split' | 'healing';
    splitAt: number;
    healedAt: number | null;
    lost: string[];
    back: string[];
  }[];
  settings: { heartbeatMs: number; missed: number; phi: number; confirmMs: number };
};

/** What happens, as it happens. */
export type Happening =
  | { kind: 'message'; message: MessageView }
  | { kind: 'message-state'; message: MessageView }
  | { kind: 'peer'; peer: PeerView }
  | { kind: 'peer-left'; id: string; name: string; reason: LeftReason }
  | { kind: 'alarm'; id: string }
  | { kind: 'link'; link: number; isUp: boolean }
  | { kind: 'line'; line: LineView }
  | { kind: 'note'; device: string; name: string; text: string }
  | { kind: 'health'; health: 'ok' | 'degraded'; problems: string[] }
  /** Of the events that the README lists, those that are worth a sentence. */
  | ({ kind: 'mesh'; key: number } & MeshHappening)
  /** Events were left out, or the cursor is of another start: read again what is shown. */
  | { kind: 'gap' };

/** With it, `?after=` goes on where a reader stopped. */
export type EventView = { cursor: string; at: number } & Happening;
