/**
 * Desk: what the API asks of the bridge. Reads answer at once; what changes something resolves when it
 * is durable, and rejects with a HoplineError that says what was wrong.
 */
import type { MeshEventKind } from '../events.ts';
import type { Standing } from '../../protocol/trust/pins.ts';
import type {
  AuditCheckView,
  AuditView,
  BenchView,
  ClientTicketView,
  ClientView,
  ComponentView,
  ConversationView,
  EventView,
  FleetView,
  GatewayView,
  HopView,
  InviteView,
  LineView,
  LinkView,
  LogLineView,
  MapView,
  MessageView,
  NodePeerView,
  NodeReportView,
  NodeSettingView,
  NodeView,
  PacketDetailView,
  PacketRowView,
  PathView,
  PeerView,
  PingView,
  ResilienceView,
  SettingsView,
  StatisticsView,
  StatusView,
  TimelineEntry,
  UsageView,
} from './views.ts';

export type PeerChange = {
  standing?: Standing;
  isDenied?: boolean;
  isQuarantined?: boolean;
  perMinute?: number | null;
};

/** With keys below `before`; null for every kind, and for every node. */
export type TimelineQuery = {
  before: number;
  limit: number;
  kind: MeshEventKind | null;
  /** An id. */
  node: string | null;
  /** Those that come with every packet, too. */
  isAll: boolean;
};

/** A node by id or name; `through` the bridge whose wire it is on, where that is not this one. */
export type NodeAt = { who: string; through: string | null };

/**
 * Administration of bridges and of boards on wires, here or elsewhere. NODE_LOCKED is thrown where we are
 * not obeyed, and NODE_LOST where nobody answers.
 */
export interface NodesDesk {
  list(): NodeView[];
  /** Boards on the wires of a bridge. */
  boards(at: NodeAt): Promise<NodeView[]>;
  look(at: NodeAt): Promise<NodeReportView>;
  settings(at: NodeAt): Promise<NodeSettingView[]>;
  /** All of them or none; null for as usual. */
  change(at: NodeAt, changes: Record<string, unknown>): Promise<NodeSettingView[]>;
  judge(at: NodeAt, peer: string, change: PeerChange): Promise<NodePeerView>;
  log(at: NodeAt, level: string): Promise<void>;
  restart(at: NodeAt): Promise<void>;
  identify(at: NodeAt): Promise<void>;
}

/** Provisioning of the boards that are plugged in here. */
export interface FleetDesk {
  view(): FleetView;
  /** REQUEST_INVALID while another one goes on. */
  start(what: FleetView['what'], text: string): FleetView;
  stop(): void;
}

export interface Desk {
  readonly nodes: NodesDesk;
  readonly fleet: FleetDesk;

  status(): StatusView;
  statistics(): StatisticsView;
  map(): MapView;
  links(): LinkView[];
  gateways(): GatewayView[];
  components(): ComponentView[];

  peers(): PeerView[];
  /** By id, or by a name that only one peer has. AMBIGUOUS_NAME names the candidates. */
  peer(who: string): PeerView;
  changePeer(id: string, change: PeerChange): Promise<PeerView>;
  /** A person says that this id stands for another device now. */
  forgetPeer(id: string): Promise<void>;
  ping(id: string): Promise<PingView>;
  trace(id: string): Promise<HopView[]>;
  /** How packets go to a node, by id or name, and why. */
  path(who: string): PathView;

  conversations(limit: number): ConversationView[];
  /** With keys below `before`, the newest first. */
  messages(conversation: string, before: number, limit: number): MessageView[];
  /** With keys above `after`, the oldest first. */
  messagesAfter(conversation: string, after: number, limit: number): MessageView[];
  search(text: string, before: number, limit: number): MessageView[];
  /** `to`: `public`, an id, or a name that only one peer has. */
  send(to: string, text: string): Promise<MessageView>;
  /** Everything up to this key is read; private senders are told so. */
  read(conversation: string, key: number): Promise<void>;

  lines(): LineView[];
  invite(address: string | null): Promise<InviteView>;
  join(line: string): Promise<LineView>;
  part(node: string): Promise<void>;

  usage(): UsageView;
  clients(): ClientView[];
  addClient(name: string): Promise<ClientTicketView>;
  removeClient(name: string): Promise<void>;

  /** Lines of the audit trail after `key`, the oldest first. */
  audit(key: number, limit: number): AuditView;
  /** Whether all of it is as it was written. */
  checkAudit(): Promise<AuditCheckView>;
  /** Packets that passed while somebody asked for them, after `key`; the oldest first. */
  packets(key: number, limit: number): PacketRowView[];
  /** Null for one that is gone. */
  packet(key: number): PacketDetailView | null;
  /** The last lines of the log after `key`, the oldest first. */
  log(key: number, limit: number): LogLineView[];
  /** Somebody came with a code; it goes into the audit trail. */
  noteLogin(from: string, isLetIn: boolean): void;
  /** What was measured here by the last runs, the oldest of them first. */
  bench(limit: number): BenchView[];
  /** Keeps what was measured. */
  keepBench(run: BenchView): void;
  /** COMPONENT_FAILED while the part of the bridge that knows is being begun anew. */
  resilience(): ResilienceView;
  tune(change: Partial<ResilienceView['settings']>): Promise<ResilienceView>;
  settings(): SettingsView;
  /** By dotted names; null for as usual. REQUEST_INVALID names the one that may not be so. */
  changeSettings(changes: Record<string, unknown>): Promise<SettingsView>;
  /** The newest first. */
  timeline(query: TimelineQuery): TimelineEntry[];

  /** Events after a cursor; null begins now. A cursor that is not known any more begins with a gap. */
  eventsAfter(cursor: string | null): EventView[];
  listen(listener: (event: EventView) => void): () => void;
}
