/**
 * Desk: what the API asks of a daemon. Reads answer at once, from the bridge, its store and what
 * happened lately; wishes resolve when they are durable.
 */
import { HoplineError } from '../protocol/errors.ts';
import type { StationEvent } from '../protocol/peer/contract.ts';
import { prefixed } from '../protocol/peer/counts.ts';
import { hopViews } from '../protocol/peer/hop-view.ts';
import { printInvitation } from '../protocol/peer/invitation.ts';
import { printable } from '../protocol/printable.ts';
import type { ChainEnd } from '../protocol/trust/chain.ts';
import { sameBytes } from '../protocol/core/bytes.ts';
import { fromHex, toHex } from '../protocol/wire/hex.ts';
import type { Daemon, DaemonEvent } from './daemon.ts';
import type { Setup } from './daemon/setup.ts';
import { startOf } from './daemon/start-command.ts';
import { ownAddress } from './daemon/own-address.ts';
import { checkAudit } from './desk/audit-check.ts';
import { EventRing } from './desk/event-ring.ts';
import type { FleetTool } from './desk/fleet-job.ts';
import { FleetJob } from './desk/fleet-job.ts';
import { Journal } from './desk/journal.ts';
import { LogLines } from './desk/log-lines.ts';
import { mapOf } from './desk/map.ts';
import { saidOf } from './desk/mesh-words.ts';
import { Nodes } from './desk/nodes.ts';
import { PacketWatch } from './desk/packet-watch.ts';
import { PeerNews } from './desk/peer-news.ts';
import { People } from './desk/people.ts';
import { refusalOf } from './desk/refusals.ts';
import { Steward } from './desk/steward.ts';
import { isTunable, tunedViews, tuningWords } from './desk/tuning.ts';
import type { MeshEvent } from './events.ts';
import type { GatewaySnapshot, LineAnswer } from './gateway/contract.ts';
import type { PeerDecision } from './events.ts';
import type { Desk, PeerChange, TimelineQuery } from './http/desk.ts';
import type {
  AuditCheckView,
  AuditEndView,
  AuditView,
  BenchView,
  ClientTicketView,
  ClientView,
  ComponentView,
  ConversationView,
  EventView,
  GatewayView,
  Happening,
  HopView,
  PathView,
  InviteView,
  LineView,
  LinkView,
  LogLineView,
  MapView,
  MessageView,
  PacketDetailView,
  PacketRowView,
  PeerView,
  PingView,
  RadioView,
  ResilienceView,
  SettingsView,
  StatisticsView,
  StatusView,
  TimelineEntry,
  UsageView,
} from './http/views.ts';
import type { Answer, MessageName, StoredMessage, TalkEvent } from './types.ts';
import { DAY_MS, PUBLIC } from './types.ts';

/** For whom was carried, as statistics show it. */
const CARRIED_SHOWN = 50;

export class DaemonDesk implements Desk {
  private readonly daemon: Daemon;
  private readonly people: People;
  private readonly ring: EventRing;
  private readonly journal: Journal;
  private readonly news = new PeerNews((ids) => this.tellOf(ids));
  private readonly watch: PacketWatch;
  private readonly setup: Setup | null;
  private readonly logLines: LogLines;
  readonly nodes: Nodes;
  readonly fleet: FleetJob;
  /** Where the page is, once it is; the settings may have asked for any that is free. */
  pagePort: number | null = null;

  /**
   * `boot` is another one at each start: cursors of others are not ours. `setup` is null for a daemon
   * whose settings are nowhere written.
   */
  constructor(
    daemon: Daemon,
    boot: string,
    setup: Setup | null = null,
    logLines: LogLines = new LogLines(),
    fleetTool: FleetTool = NO_FLEET,
  ) {
    this.daemon = daemon;
    this.setup = setup;
    this.logLines = logLines;
    this.people = new People(daemon);
    this.ring = new EventRing(boot);
    this.nodes = new Nodes(daemon, this, this.people, new Steward(daemon, this));
    this.fleet = new FleetJob(fleetTool, ({ name, id }) => this.noteProvisioned(name, id ?? ''));
    this.journal = new Journal(daemon.store);
    this.watch = new PacketWatch((show) => daemon.audience.watch(show));
    daemon.follow((event) => this.hear(event));
  }

  status(): StatusView {
    const { daemon } = this;
    const { problems } = daemon;
    const { station } = daemon.snapshot();
    const { heard, sent, delivered, drops } = station;
    const { count, bytes } = daemon.store.messages.usage();
    return {
      version: daemon.version,
      id: station.id,
      name: station.name,
      fingerprint: toHex(daemon.identity.fingerprint),
      startedAt: daemon.startedAt,
      unixMs: station.unixMs,
      isVirtual: daemon.isVirtual,
      realStart: daemon.isVirtual ? this.realStart() : null,
      health: problems.length === 0 ? 'ok' : 'degraded',
      problems,
      radios: [this.radio()],
      counts: { heard, sent, delivered, drops },
      stored: { messages: count, bytes },
      rssBytes: daemon.audience.report().rssBytes,
    };
  }

  statistics(): StatisticsView {
    const { gateway, talk, administration } = this.daemon.snapshot();
    const { served, refused, drops: unheard } = administration;
    const { bytesPerSecond, burstBytes, levelBytes, waiting, injected } = gateway;
    const { injectedBytes, overheard } = gateway;
    const drops = { ...gateway.drops, ...prefixed('udp-', this.daemon.datagramDrops) };
    const at = Date.now();
    const carried = this.daemon.store.ledger.ofDay(Math.floor(at / DAY_MS), CARRIED_SHOWN);
    const pace = { bytesPerSecond, burstBytes, levelBytes, waiting };
    return {
      at,
      gateway: { ...pace, injected, injectedBytes, overheard, drops },
      carried: carried.map(({ who, packets, bytes }) => ({
        who: toHex(who),
        name: this.people.nameOf(who),
        packets,
        bytes,
      })),
      sessions: talk.sessions,
      outbox: talk.outbox,
      held: talk.held,
      requests: { served, refused, drops: unheard },
    };
  }

  map(): MapView {
    return mapOf(this.daemon.snapshot(), (id) => this.people.nameOf(id));
  }

  links(): LinkView[] {
    const { links } = this.daemon.snapshot().station;
    return links.map(({ payloadMax: _, ...link }) => link);
  }

  gateways(): GatewayView[] {
    const { daemon } = this;
    const { gateway, lines, station } = daemon.snapshot();
    const own = lines.flatMap(({ id, state }) =>
      id !== null && state === 'up' ? [toHex(id)] : [],
    );
    const self = { id: station.id, name: station.name, isSelf: true, isHere: true };
    const others = gateway.gateways.map(({ id, isHere, lines: ends, ageMs }) => ({
      id: toHex(id),
      name: this.people.nameOf(id) ?? '',
      isSelf: false,
      isHere,
      lines: ends.map(toHex),
      heardAt: Math.round(Date.now() - ageMs),
    }));
    return [{ ...self, lines: own, heardAt: Date.now() }, ...others];
  }

  components(): ComponentView[] {
    return this.daemon.snapshot().components.map(({ health, ...rest }) => ({
      ...rest,
      health: health.state,
      why: health.state === 'well' ? null : health.why,
    }));
  }

  peers(): PeerView[] {
    return this.people.all();
  }

  peer(who: string): PeerView {
    const id = toHex(this.people.idOf(who));
    const found = this.people.find(id);
    if (found !== null) return found;
    throw new HoplineError('PEER_UNKNOWN', `${id}: hopline peers lists those that are known`);
  }

  async changePeer(id: string, change: PeerChange): Promise<PeerView> {
    const peer = idFrom(id);
    const { standing, perMinute } = change;
    const decision = decisionOf(change);
    if (decision !== null) done(await this.daemon.ask({ kind: decision, peer }));
    if (perMinute !== undefined) done(await this.daemon.ask({ kind: 'limit', peer, perMinute }));
    if (standing !== undefined) done(await this.daemon.ask({ kind: 'stand', peer, standing }));
    return this.people.view(toHex(peer));
  }

  async forgetPeer(id: string): Promise<void> {
    done(await this.daemon.ask({ kind: 'forget', peer: idFrom(id) }));
  }

  async ping(id: string): Promise<PingView> {
    return this.daemon.audience.ping(idFrom(id));
  }

  path(who: string): PathView {
    const id = this.people.idOf(who);
    if (sameBytes(id, 0, this.daemon.identity.id)) throw refusalOf('own-id');
    const path = this.daemon.path(id);
    if (path === null)
      throw new HoplineError('COMPONENT_FAILED', 'routing: hopline status says why');
    const { to, routes, lastSwitch, ...rest } = path;
    return {
      ...rest,
      id: to,
      routes: routes.map(({ via, cost, reliability, why, isChosen }) => ({
        via: [...via],
        ...{ cost, reliability, why, isChosen },
      })),
      lastSwitch:
        lastSwitch === null
          ? null
          : { at: Math.round(Date.now() - lastSwitch.agoMs), reason: lastSwitch.reason },
    };
  }

  async trace(id: string): Promise<HopView[]> {
    return hopViews(await this.daemon.audience.trace(idFrom(id)));
  }

  conversations(limit: number): ConversationView[] {
    const { messages } = this.daemon.store;
    return messages.conversations(limit).map(({ name, last, ...read }) => {
      const peer = fromHex(name);
      const title = name === PUBLIC || peer === null ? name : (this.people.nameOf(peer) ?? name);
      return { name, title, last: this.messageView(last), ...read };
    });
  }

  messages(conversation: string, before: number, limit: number): MessageView[] {
    const { messages } = this.daemon.store;
    return messages.before(conversation, before, limit).map((each) => this.messageView(each));
  }

  messagesAfter(conversation: string, after: number, limit: number): MessageView[] {
    const { messages } = this.daemon.store;
    return messages.afterIn(conversation, after, limit).map((each) => this.messageView(each));
  }

  search(text: string, before: number, limit: number): MessageView[] {
    const { messages } = this.daemon.store;
    return messages.search(text, before, limit).map((each) => this.messageView(each));
  }

  async send(to: string, text: string): Promise<MessageView> {
    const answer =
      to === PUBLIC
        ? await this.daemon.ask({ kind: 'say', text })
        : await this.daemon.ask({ kind: 'tell', peer: this.people.idOf(to), text });
    if (answer.kind === 'refused') throw refusalOf(answer.reason);
    const view = answer.kind === 'stored' ? this.messageNamed(answer.name) : null;
    if (view !== null) return view;
    throw new HoplineError('BRIDGE_FAULT', 'what was stored is not there; please report it');
  }

  async read(conversation: string, key: number): Promise<void> {
    done(await this.daemon.ask({ kind: 'read', conversation, key }));
  }

  lines(): LineView[] {
    const { gateway, lines } = this.daemon.snapshot();
    const wanted = gateway.lines.map(({ node, name, address, origin }) => {
      const id = toHex(node);
      // It may be dialled in two places, as in its own network; whichever is up is the line.
      const ways = lines.filter((each) => each.id !== null && toHex(each.id) === id);
      const line = ways.find((each) => each.state === 'up') ?? ways[0];
      const { state = 'down', upAt = null, roundTripMs = null, why: problem = null } = line ?? {};
      const sinceAt = upAt === null ? null : Math.round(upAt + this.daemon.unixOffsetMs);
      const called = name === '' ? (this.people.nameOf(node) ?? '') : name;
      return { node: id, name: called, address, origin, state, sinceAt, roundTripMs, problem };
    });
    return [...wanted, ...gateway.found.map(foundView)];
  }

  async invite(address: string | null): Promise<InviteView> {
    this.refuseVirtual();
    const { listening, config } = this.daemon;
    if (listening === null) {
      const detail = 'nobody is let in here: the settings say listen.port: off';
      throw new HoplineError('REQUEST_INVALID', `${detail}; invite from the other side`);
    }
    const reached = address ?? config.publicAddress ?? ownAddress(listening);
    const answer = lineDone(await this.daemon.ask({ kind: 'invite', address: reached }));
    if (answer.kind !== 'invited') throw unexpected();
    const { line, expiresAt } = answer;
    return { line, command: `hopline join '${line}'`, expiresAt };
  }

  async join(text: string): Promise<LineView> {
    this.refuseVirtual();
    const answer = lineDone(await this.daemon.ask({ kind: 'join', text }));
    const node = answer.kind === 'joined' ? toHex(answer.node) : null;
    const line = this.lines().find((each) => each.node === node);
    if (line === undefined) throw unexpected();
    this.tell({ kind: 'line', line });
    return line;
  }

  async part(node: string): Promise<void> {
    const before = this.lines().find((line) => line.node === node.toLowerCase());
    lineDone(await this.daemon.ask({ kind: 'part', node: idFrom(node) }));
    if (before !== undefined) {
      this.tell({
        kind: 'line',
        line: { ...before, state: 'down', problem: 'it was parted with' },
      });
    }
  }

  usage(): UsageView {
    const { connections, ...usage } = this.daemon.usage;
    const named = connections.map((each) => ({ ...each, name: this.nameOf(fromHex(each.node)!) }));
    return { ...usage, connections: named };
  }

  clients(): ClientView[] {
    const { clients } = this.daemon.snapshot().gateway;
    return clients.map(({ nodes, ...client }) => ({ ...client, nodes: nodes.map(toHex) }));
  }

  async addClient(name: string): Promise<ClientTicketView> {
    const answer = lineDone(await this.daemon.ask({ kind: 'add-client', name }));
    if (answer.kind !== 'client-added') throw unexpected();
    const { clientsAt, config, identity } = this.daemon;
    // Where there is no port for them, the page's takes them too.
    const { host, port } = clientsAt ?? { ...config.http, port: this.pagePort ?? config.http.port };
    const address = `ws://${ownAddress({ host, port }) ?? `127.0.0.1:${port}`}`;
    const ticket = { address, node: identity.id, secret: answer.token };
    const token = toHex(answer.token);
    return { name, line: printInvitation(ticket), node: toHex(identity.id), token };
  }

  async removeClient(name: string): Promise<void> {
    lineDone(await this.daemon.ask({ kind: 'remove-client', name }));
  }

  audit(key: number, limit: number): AuditView {
    const { audit } = this.daemon.store;
    const { base, head } = audit.ends();
    const lines = audit.after(key, limit);
    return {
      lines: lines.map(({ hash, ...line }) => ({ ...line, hash: toHex(hash) })),
      base: endOf(base),
      head: endOf(head),
    };
  }

  checkAudit(): Promise<AuditCheckView> {
    return checkAudit(this.daemon.store.audit);
  }

  bench(limit: number): BenchView[] {
    return this.daemon.store.bench.latest(limit).map(({ key: _, ...run }) => run);
  }

  /** Nothing of the bridge waits for it, so it is a batch of its own. */
  keepBench(run: BenchView): void {
    this.daemon.store.commit([{ kind: 'bench', run }]);
  }

  noteLogin(from: string, isLetIn: boolean): void {
    const act = isLetIn ? 'login' : 'login-refused';
    const entry = { who: 'owner', act, subject: from, detail: 'by a one-time code' } as const;
    // A disk that fails keeps nobody out who comes to see why.
    this.daemon.ask({ kind: 'record', entry }).catch(() => undefined);
  }

  private noteProvisioned(name: string, id: string): void {
    const entry = { who: 'owner', act: 'provisioned', subject: id, detail: name } as const;
    // The board has its settings, whatever becomes of the line that says so.
    this.daemon.ask({ kind: 'record', entry }).catch(() => undefined);
  }

  resilience(): ResilienceView {
    const { resilience } = this.daemon.snapshot();
    if (resilience === null) throw refusalOf('failed');
    const { networkHealth, health, watches, partitions, settings } = resilience;
    const { pace, phi, confirmMs } = settings;
    const { intervalMs: heartbeatMs, missedMax: missed } = pace;
    return {
      networkHealth,
      health,
      neighbours: watches.map(({ silentMs, ...watch }) => ({
        ...watch,
        name: this.nameOf(fromHex(watch.id)!),
        silentMs: Math.round(silentMs),
      })),
      partitions,
      settings: { heartbeatMs, missed, phi, confirmMs },
    };
  }

  async tune(tuning: Partial<ResilienceView['settings']>): Promise<ResilienceView> {
    done(await this.daemon.ask({ kind: 'tune', tuning }));
    const detail = tuningWords(tuning);
    const entry = { who: 'owner', act: 'settings-changed', subject: 'failure', detail } as const;
    await this.daemon.ask({ kind: 'record', entry });
    return this.resilience();
  }

  settings(): SettingsView {
    const setup = this.written();
    const views = setup.views();
    const isHeld = this.daemon.snapshot().resilience !== null;
    const settings = isHeld ? tunedViews(views, this.resilience().settings) : views;
    return { file: setup.file.path, settings };
  }

  async changeSettings(changes: Record<string, unknown>): Promise<SettingsView> {
    this.written().change(changes);
    // What is set outweighs what was tuned, also where the file said it all along.
    if (Object.keys(changes).some(isTunable)) {
      done(await this.daemon.ask({ kind: 'tune', tuning: null }));
    }
    return this.settings();
  }

  timeline({ node, ...query }: TimelineQuery): TimelineEntry[] {
    return this.journal.page({ ...query, peer: node === null ? null : idFrom(node) });
  }

  packets(key: number, limit: number): PacketRowView[] {
    return this.watch.after(key, limit);
  }

  packet(key: number): PacketDetailView | null {
    return this.watch.find(key);
  }

  log(key: number, limit: number): LogLineView[] {
    return this.logLines.after(key, limit);
  }

  /** Writes what is not written yet. The daemon must be there still. */
  close(): void {
    this.fleet.stop();
    this.watch.close();
    this.news.close();
    this.journal.write();
  }

  eventsAfter(cursor: string | null): EventView[] {
    return this.ring.after(cursor, Date.now());
  }

  listen(listener: (event: EventView) => void): () => void {
    return this.ring.listen(listener);
  }

  private written(): Setup {
    if (this.setup !== null) return this.setup;
    throw new HoplineError('NOT_FOUND', 'the settings of this bridge are nowhere written');
  }

  private radio(): RadioView {
    const { state, adapter, isAdvertising, isScanning } = this.daemon.audience.report().radio;
    const name = this.daemon.isVirtual ? 'virtual island' : (adapter ?? 'Bluetooth');
    const seen = this.daemon.isVirtual && state === 'on' ? 'virtual' : state;
    return { name, state: seen, isAdvertising, isScanning };
  }

  private realStart(): string {
    return startOf(this.setup?.file.options ?? []);
  }

  /** Virtual packets never cross a real line. */
  private refuseVirtual(): void {
    if (!this.daemon.isVirtual) return;
    const detail = 'this bridge is on a virtual island, whose packets cross no real line';
    throw new HoplineError('REQUEST_INVALID', `${detail}; start it as ${this.realStart()}`);
  }

  private hear(event: DaemonEvent): void {
    switch (event.of) {
      case 'station':
        return this.onStation(event.event);
      case 'talk':
        return this.onTalk(event.event);
      case 'line':
        return this.onLine(toHex(event.event.node));
      case 'gateway':
        if (event.event.kind === 'line-joined') this.onLine(toHex(event.event.node));
        return;
      case 'mesh':
        return this.onMesh(event.event);
      case 'daemon': {
        const { health, problems } = this.status();
        return this.tell({ kind: 'health', health, problems });
      }
    }
  }

  private onMesh(event: MeshEvent): void {
    const said = saidOf(event, (id) => this.nameOf(id));
    const { text, tone, peer = null, figures = {}, isRoutine = false } = said;
    const id = peer === null ? null : toHex(peer);
    const happening = { name: event.kind, text, tone, peer: id, figures };
    const key = this.journal.add({ at: Date.now(), isRoutine, ...happening });
    if (!isRoutine) this.tell({ kind: 'mesh', key, ...happening });
  }

  /** Names are for people, and ids where there is none. */
  private nameOf(id: Uint8Array): string {
    return this.people.nameOf(id) || toHex(id);
  }

  private onStation(event: StationEvent): void {
    switch (event.kind) {
      case 'peer-seen':
      case 'announced':
        return this.news.add(toHex(event.id));
      case 'peer-left': {
        const { kind, name, reason } = event;
        const id = toHex(event.id);
        this.news.leave(id);
        return this.tell({ kind, id, name: printable(name), reason });
      }
      case 'link-settled':
      case 'link-bound':
        return this.tell({ kind: 'link', link: event.link, isUp: true });
      case 'link-closed':
        return this.tell({ kind: 'link', link: event.link, isUp: false });
      case 'note':
        return this.tell({ ...event, device: toHex(event.device) });
    }
  }

  private onTalk(event: TalkEvent): void {
    switch (event.kind) {
      case 'message': {
        const message = this.messageNamed(event.name);
        if (message !== null) this.tell({ kind: 'message', message });
        return;
      }
      case 'message-state': {
        const message = this.messageNamed(event.name);
        const { state, reason } = event;
        // The store may be further already.
        if (message !== null) {
          this.tell({ kind: 'message-state', message: { ...message, state, reason } });
        }
        return;
      }
      case 'alarm':
        if (event.reason === 'second-key') this.people.alarm(toHex(event.peer));
        return this.tell({ kind: 'alarm', id: toHex(event.peer) });
      case 'peer-changed':
        this.people.calm(toHex(event.peer));
        return this.tell({ kind: 'peer', peer: this.people.view(toHex(event.peer)) });
      case 'session':
        return this.news.add(toHex(event.peer));
    }
  }

  /** Nothing is left to look at in a bridge that has ended. */
  private tellOf(ids: string[]): void {
    if (!this.daemon.isAlive) return;
    for (const peer of this.people.views(ids)) this.tell({ kind: 'peer', peer });
  }

  private onLine(node: string): void {
    const line = this.lines().find((each) => each.node === node);
    if (line !== undefined) this.tell({ kind: 'line', line });
  }

  private tell(happening: Happening): void {
    this.ring.add(happening, Date.now());
  }

  private messageNamed(name: MessageName): MessageView | null {
    const message = this.daemon.store.messages.find(name);
    return message === null ? null : this.messageView(message);
  }

  private messageView({ frame: _, sender, ...message }: StoredMessage): MessageView {
    const id = toHex(sender);
    const isOwn = id === toHex(this.daemon.identity.id);
    return { ...message, sender: id, senderName: this.people.nameOf(sender), isOwn };
  }
}

/** Where nobody gave it a way to the boards. */
const NO_FLEET: FleetTool = { plan: noFleet, apply: noFleet };

function noFleet(): never {
  const why = 'this bridge opens no serial port; start hopline up without a virtual island';
  throw new HoplineError('REQUEST_INVALID', why);
}

/** One at most: nobody is turned away and kept apart at once. */
function foundView({ node, name, address }: GatewaySnapshot['found'][number]): LineView {
  const unknown = { sinceAt: null, roundTripMs: null, problem: null };
  return { node: toHex(node), name, address, origin: 'found', state: 'found', ...unknown };
}

function decisionOf({ isDenied, isQuarantined }: PeerChange): PeerDecision | null {
  if (isDenied === true) return 'deny';
  if (isQuarantined === true) return 'quarantine';
  return isDenied === false || isQuarantined === false ? 'allow' : null;
}

function endOf({ key, hash }: ChainEnd): AuditEndView {
  return { key, hash: toHex(hash) };
}

function idFrom(hex: string): Uint8Array {
  const id = hex.length === 16 ? fromHex(hex.toLowerCase()) : null;
  if (id === null) throw new HoplineError('REQUEST_INVALID', 'an id has 16 hex digits');
  return id;
}

function done(answer: Answer): void {
  if (answer.kind === 'refused') throw refusalOf(answer.reason);
}

function lineDone(answer: LineAnswer): LineAnswer {
  if (answer.kind === 'refused') throw new HoplineError('REQUEST_INVALID', answer.why);
  return answer;
}

function unexpected(): HoplineError {
  return new HoplineError('BRIDGE_FAULT', 'it did something else than was asked; please report it');
}
