/**
 * Events: what happens in a mesh, by the names that DEFAULTS §2 fixes. Webhooks, commands, the page's
 * timeline and whoever else follows are keyed by them. Ids are 8 bytes.
 */
import { toHex } from '../protocol/wire/hex.ts';

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

const KINDS: Record<MeshEventKind, true> = {
  PeerJoined: true,
  PeerLeft: true,
  MessageReceived: true,
  MessageValidated: true,
  MessageDropped: true,
  RouteDiscovered: true,
  RouteSwitched: true,
  SecurityEvent: true,
  PeerJudged: true,
  NodeSuspected: true,
  NodeConfirmedFailed: true,
  NodeRecovered: true,
  PartitionDetected: true,
  PartitionHealed: true,
  RecoveryTried: true,
  RecoveryEnded: true,
  HealthChanged: true,
  QueueOverflow: true,
  ComponentFailed: true,
  ComponentRestarted: true,
  BandwidthLimit: true,
  LineSlowed: true,
  LineRecovered: true,
};
export const MESH_EVENTS = Object.keys(KINDS) as MeshEventKind[];

export type PeerDecision = 'allow' | 'deny' | 'quarantine';
export type PeerLeftReason = 'user' | 'network' | 'security' | 'timeout' | 'protocol';
export type RouteSwitchReason = 'failed' | 'better' | 'congested' | 'stale';
/** DEFAULTS §2. */
export type Threat =
  | 'flood'
  | 'repeated-content'
  | 'suspicious-payload'
  | 'timestamp-anomaly'
  | 'bad-signature'
  | 'fingerprint-mismatch'
  | 'replay'
  | 'stamp-missing';
export type HealthLevel = 'good' | 'warning' | 'critical';
export type HealthCategory = 'connectivity' | 'latency' | 'throughput' | 'stability';
/**
 * `reconnect`: it is dialled, over the air or by the line that there was. `route`: asked for by another
 * route than the one that is known, or over all links where there is none. `bridge`: asked for over lines,
 * and of neighbours who have some.
 */
export type RecoveryWay = 'reconnect' | 'route' | 'bridge';
/** `recovered`: by the last attempt; `returned`: by itself. */
export type RecoveryOutcome = 'recovered' | 'returned' | 'given-up';

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
export type Compared = 'with-them' | 'with-neighbours' | 'not';

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
