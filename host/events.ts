/**
 * Events: what happens in a mesh, by the names that DEFAULTS §2 fixes. Webhooks, commands, the page's
 * timeline and whoever else follows are keyed by them. Ids are 8 bytes.
 */
import { toHex } from '../protocol/wire/hex.ts';
import type { FieldsOf } from './fields.ts';

export type MeshEvent =
  | { kind: 'PeerJoined'; peer: Uint8Array; name: string }
  | { kind: 'PeerLeft'; peer: Uint8Array; name: string; reason: PeerLeftReason }
  /** Somebody's words are here; private ones name their sender and not their text. */
  | { kind: 'MessageReceived'; conversation: string; sender: Uint8Array; id: string }
  /** Its signature holds, by a key that we know. */
  | { kind: 'MessageValidated'; sender: Uint8Array; id: string }
  /** Packets that went no further, counted since the last one of this reason. */
  | { kind: 'MessageDropped'; reason: string; count: number }
  | { kind: 'RouteDiscovered'; peer: Uint8Array; hops: number }
  | { kind: 'RouteSwitched'; peer: Uint8Array; reason: RouteSwitchReason }
  | { kind: 'SecurityEvent'; threat: Threat; peer: Uint8Array | null; detail: string }
  /** A person decided, or it was observed, how what a peer says is to be treated. */
  | { kind: 'PeerJudged'; peer: Uint8Array; decision: PeerDecision; by: 'person' | 'reputation' }
  | { kind: 'NodeSuspected'; peer: Uint8Array; phi: number }
  | { kind: 'NodeConfirmedFailed'; peer: Uint8Array; silentMs: number }
  | { kind: 'NodeRecovered'; peer: Uint8Array; silentMs: number }
  | { kind: 'PartitionDetected'; partition: number; lost: Uint8Array[] }
  | { kind: 'PartitionHealed'; accounting: PartitionAccounting }
  /** Something is tried for a node that was lost; and what it came to. */
  | { kind: 'RecoveryTried'; peer: Uint8Array; attempt: number; way: RecoveryWay }
  | { kind: 'RecoveryEnded'; peer: Uint8Array; attempts: number; outcome: RecoveryOutcome }
  /** Better or worse than it was; `why` is a sentence. */
  | {
      kind: 'HealthChanged';
      category: HealthCategory;
      score: number;
      level: HealthLevel;
      why: string;
    }
  | { kind: 'QueueOverflow'; link: number; dropped: number }
  | { kind: 'ComponentFailed'; component: string; why: string; retryMs: number }
  | { kind: 'ComponentRestarted'; component: string; failures: number }
  /** What comes in is not read for a while, what goes out waits; of one connection or of a whole side. */
  | {
      kind: 'BandwidthLimit';
      side: 'local' | 'internet' | 'radio';
      way: 'in' | 'out';
      limitMbps: number;
    }
  /** The way to a client or another gateway takes less than there is for it; then all of it again. */
  | { kind: 'LineSlowed'; peer: Uint8Array; side: 'local' | 'internet'; mbps: number }
  | { kind: 'LineRecovered'; peer: Uint8Array; side: 'local' | 'internet' };

export type MeshEventKind = MeshEvent['kind'];

export const PEER_DECISIONS = ['allow', 'deny', 'quarantine'] as const;
export type PeerDecision = (typeof PEER_DECISIONS)[number];
export const PEER_LEFT_REASONS = ['user', 'network', 'security', 'timeout', 'protocol'] as const;
export type PeerLeftReason = (typeof PEER_LEFT_REASONS)[number];
export const ROUTE_SWITCH_REASONS = ['failed', 'better', 'congested', 'stale'] as const;
export type RouteSwitchReason = (typeof ROUTE_SWITCH_REASONS)[number];
/** DEFAULTS §2. */
export const THREATS = [
  'flood',
  'repeated-content',
  'suspicious-payload',
  'timestamp-anomaly',
  'bad-signature',
  'fingerprint-mismatch',
  'replay',
  'stamp-missing',
] as const;
export type Threat = (typeof THREATS)[number];
export const HEALTH_LEVELS = ['good', 'warning', 'critical'] as const;
export type HealthLevel = (typeof HEALTH_LEVELS)[number];
export const HEALTH_CATEGORIES = ['connectivity', 'latency', 'throughput', 'stability'] as const;
export type HealthCategory = (typeof HEALTH_CATEGORIES)[number];
/**
 * `reconnect`: it is dialled, over the air or by the line that there was. `route`: asked for by another
 * route than the one that is known, or over all links where there is none. `bridge`: asked for over lines,
 * and of neighbours who have some.
 */
export const RECOVERY_WAYS = ['reconnect', 'route', 'bridge'] as const;
export type RecoveryWay = (typeof RECOVERY_WAYS)[number];
/** `recovered`: by the last attempt; `returned`: by itself. */
export const RECOVERY_OUTCOMES = ['recovered', 'returned', 'given-up'] as const;
export type RecoveryOutcome = (typeof RECOVERY_OUTCOMES)[number];

/** What a partition came to, in our own clock's Unix ms; messages are public ones. */
export type PartitionAccounting = {
  partition: number;
  splitAt: number;
  healedAt: number;
  lost: Uint8Array[];
  /** Of these, how many were not heard again with the others. */
  stillLost: number;
  /** Said while it lasted and held here when it healed. */
  ours: number;
  /** Said while it lasted and come since. */
  theirs: number;
  /** Said while it lasted and since asked of us over links that lead to the other side. */
  given: number;
  /** What changed hands: theirs, and what was given. */
  reconciled: number;
  /** Known to be held elsewhere, and not here; null where nothing is known of it. */
  missing: number | null;
  compared: Compared;
};

/**
 * With whom all that was said meanwhile was compared since, and was alike: with those who were cut off,
 * with neighbours who lead to them and know what these gave them, or with nobody: then more may be
 * missing. What they let go is told of over lines alone, and then it was lost; what they never got
 * themselves, nobody can tell.
 */
export const COMPARED = ['with-them', 'with-neighbours', 'not'] as const;
export type Compared = (typeof COMPARED)[number];

const ID = 'id of 8 bytes';
/** What events hold, field by field: those of a stranger's component are looked at by it. */
export const EVENT_FIELDS: FieldsOf<MeshEvent> = {
  PeerJoined: { peer: ID, name: 'text' },
  PeerLeft: { peer: ID, name: 'text', reason: PEER_LEFT_REASONS },
  MessageReceived: { conversation: 'text', sender: ID, id: 'text' },
  MessageValidated: { sender: ID, id: 'text' },
  MessageDropped: { reason: 'text', count: 'number' },
  RouteDiscovered: { peer: ID, hops: 'number' },
  RouteSwitched: { peer: ID, reason: ROUTE_SWITCH_REASONS },
  SecurityEvent: { threat: THREATS, peer: 'id of 8 bytes, or null', detail: 'text' },
  PeerJudged: { peer: ID, decision: PEER_DECISIONS, by: ['person', 'reputation'] },
  NodeSuspected: { peer: ID, phi: 'number' },
  NodeConfirmedFailed: { peer: ID, silentMs: 'number' },
  NodeRecovered: { peer: ID, silentMs: 'number' },
  PartitionDetected: { partition: 'number', lost: 'list of ids' },
  PartitionHealed: {
    accounting: {
      partition: 'number',
      splitAt: 'number',
      healedAt: 'number',
      lost: 'list of ids',
      stillLost: 'number',
      ours: 'number',
      theirs: 'number',
      given: 'number',
      reconciled: 'number',
      missing: 'number or null',
      compared: COMPARED,
    },
  },
  RecoveryTried: { peer: ID, attempt: 'number', way: RECOVERY_WAYS },
  RecoveryEnded: { peer: ID, attempts: 'number', outcome: RECOVERY_OUTCOMES },
  HealthChanged: {
    category: HEALTH_CATEGORIES,
    score: 'number',
    level: HEALTH_LEVELS,
    why: 'text',
  },
  QueueOverflow: { link: 'number', dropped: 'number' },
  ComponentFailed: { component: 'text', why: 'text', retryMs: 'number' },
  ComponentRestarted: { component: 'text', failures: 'number' },
  BandwidthLimit: { side: ['local', 'internet', 'radio'], way: ['in', 'out'], limitMbps: 'number' },
  LineSlowed: { peer: ID, side: ['local', 'internet'], mbps: 'number' },
  LineRecovered: { peer: ID, side: ['local', 'internet'] },
};
export const MESH_EVENTS = Object.keys(EVENT_FIELDS) as MeshEventKind[];

/** An event as programs outside read it: its kind is called `event`, and ids are hex. */
export function plainEvent({ kind, ...rest }: MeshEvent): Record<string, unknown> {
  return { event: kind, ...(plain(rest) as object) };
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]));
}
