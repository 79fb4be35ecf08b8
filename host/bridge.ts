/**
 * Bridge: a station with conversations, a gateway, lines over the internet and the components of a
 * registry, as one machine: the daemon runs it on real hardware, the simulator in virtual time. It joins
 * the machines and decides nothing itself.
 *
 *   radio, wires -> station -> conversations -> store, told, answer
 *                    |   ^ <- say, send -'
 *                    |   | <- inject, send - gateway <- passed, advert
 *   lines -> trunks -+- received             |
 *              ^-------- forward, hand ------'
 *   what the station delivers and tells -> registry -> send, order, store, told, answer
 */
import { sameBytes } from '../protocol/core/bytes.ts';
import type { Hello } from '../protocol/core/hello.ts';
import { encodeHello, LEAF } from '../protocol/core/hello.ts';
import type { Machine, Millis, Tick } from '../protocol/core/machine.ts';
import { TICK } from '../protocol/core/machine.ts';
import { CONTROL, encodePacket, GATEWAY, HELLO, plainPacket } from '../protocol/core/packet.ts';
import { GATEWAYS, MESH, RECONCILES, ROUTING, versionWith } from '../protocol/core/version.ts';
import type { StationEvent, StationInput, StationOutput } from '../protocol/peer/contract.ts';
import type { Judge } from '../protocol/peer/judge.ts';
import { lineHello } from '../protocol/peer/line-hello.ts';
import type { StationConfig, StationPorts } from '../protocol/peer/settings.ts';
import type { Snapshot } from '../protocol/peer/snapshot.ts';
import { Station } from '../protocol/peer/station.ts';
import type {
  TrunksConfig,
  TrunksInput,
  TrunksOutput,
  TrunkView,
} from '../protocol/peer/trunks.ts';
import { takeStock } from '../protocol/peer/stock.ts';
import { Trunks } from '../protocol/peer/trunks.ts';
import { RoutePort } from '../protocol/peer/route-port.ts';
import type { Pins } from '../protocol/trust/pins.ts';
import { toHex } from '../protocol/wire/hex.ts';
import type { SecurityLevel } from '../protocol/trust/levels.ts';
import { IS_GATEWAY, KEEPS_HISTORY, PASSES_ON } from '../protocol/wire/link-state.ts';
import type { AdministrationSnapshot } from './administration/administration.ts';
import { Administration } from './administration/administration.ts';
import { REQUESTS_PER_MINUTE } from './administration/office.ts';
import type { BoardsInput, BoardsOutput } from './administration/boards.ts';
import { Boards } from './administration/boards.ts';
import type {
  AdminAnswer,
  AdministrationInput,
  AdministrationOutput,
  AdminWish,
  BoardAnswer,
  BoardWish,
  Served,
} from './administration/contract.ts';
import type {
  ConversationsConfig,
  ConversationsInput,
  ConversationsOutput,
} from './peer/contract.ts';
import type { ConversationsSnapshot } from './peer/conversations.ts';
import { Conversations } from './peer/conversations.ts';
import { Berths } from './gateway/berths.ts';
import type {
  GatewayEvent,
  GatewayInput,
  GatewayOutput,
  GatewaySnapshot,
  LineAnswer,
  LineWish,
} from './gateway/contract.ts';
import type { BudgetLimits } from '../protocol/peer/budget.ts';
import type { GatewayConfig } from './gateway/gateway.ts';
import { Gateway } from './gateway/gateway.ts';
import type { Interface, TrafficLimits } from './gateway/limits.ts';
import { trunkLimitsOf } from './gateway/limits.ts';
import type { Carried, UsageLimits, UsageView } from './gateway/usage.ts';
import { mbpsOf, Usage } from './gateway/usage.ts';
import type { Component, ComponentKind, StationOrder } from './component.ts';
import type { MeshEvent } from './events.ts';
import { NEIGHBOURS } from './neighbours/neighbours.ts';
import { CHRONICLE } from './registry/chronicle.ts';
import type { ComponentView, RegistryInput, RegistryOutput } from './registry/registry.ts';
import { Registry } from './registry/registry.ts';
import type { Resilience, ResilienceView } from './resilience/resilience.ts';
import { resilienceOf } from './resilience/resilience.ts';
import type { ResilienceSettings } from './resilience/settings.ts';
import { RESILIENCE_DEFAULTS } from './resilience/settings.ts';
import type { PathView } from './routing/path.ts';
import type { Routing, RoutingConfig } from './routing/routing.ts';
import { ROUTING_DEFAULTS, routingKind } from './routing/routing.ts';
import { Throughput } from './routing/throughput.ts';
import type {
  Answer,
  Archive,
  PeerWish,
  SessionState,
  StoreOutput,
  TalkEvent,
  Wish,
} from './types.ts';

/** What of a station is for whoever runs it: its radio and wires, and those who ask and watch. */
type StationIn = Exclude<
  StationInput,
  { kind: 'lined' | 'inject' | 'say' | 'send' | 'hand' | 'settings' | 'dropped' }
>;
type StationOut = Exclude<
  StationOutput,
  { kind: 'forward' | 'passed' | 'spent' | 'deliver' | 'store' | 'told' | 'beat' }
>;

/** What lines tell, as their adapter says it. */
export type LineInput = Extract<TrunksInput, { kind: 'opened' | 'closed' | 'received' | 'sent' }>;
/** What is wanted of lines. */
export type LineOutput = Extract<
  TrunksOutput,
  { kind: 'dial' | 'hangUp' | 'write' | 'hold' | 'go' | 'move' }
>;

export type BridgeInput =
  | StationIn
  | { kind: 'line'; event: LineInput }
  /** The same of a client's line. */
  | { kind: 'client'; event: LineInput }
  /** The owner's word, from now on. */
  | { kind: 'set-up'; settings: BridgeSettings }
  /** Somebody told all of this network that he is here. */
  | { kind: 'announced'; from: string; bytes: Uint8Array }
  /** What became of a `serve`. */
  | ({ kind: 'served'; number: number } & Served)
  /** Its answer carries the same ticket. */
  | { kind: 'ask'; ticket: number; wish: BridgeWish };

/** All that a person or a program here may ask for, and the answers. */
export type BridgeWish = Wish | LineWish | AdminWish | BoardWish;
export type BridgeAnswer = Answer | LineAnswer | AdminAnswer | BoardAnswer;

export type BridgeOutput =
  | StationOut
  | { kind: 'line'; order: LineOutput }
  | { kind: 'client'; order: LineOutput }
  | { kind: 'announce'; bytes: Uint8Array }
  | StoreOutput
  | ({ kind: 'told' } & BridgeEvent)
  /** An administrator elsewhere wants it done. */
  | Extract<AdministrationOutput, { kind: 'serve' }>
  /** Given once all that it says is durable. */
  | { kind: 'answer'; ticket: number; answer: BridgeAnswer };

export type BridgeEvent =
  | { of: 'station'; event: StationEvent }
  | { of: 'talk'; event: TalkEvent }
  | { of: 'gateway'; event: GatewayEvent }
  | { of: 'mesh'; event: MeshEvent }
  | { of: 'line'; event: LineEvent }
  | { of: 'client'; event: LineEvent };

export type LineEvent =
  { kind: 'line-up'; node: Uint8Array } | { kind: 'line-down'; node: Uint8Array; why: string };

export type BridgeConfig = {
  /** What people decided about peers comes from the archive. */
  station: Omit<StationConfig, 'decisions'>;
  trunks: Omit<TrunksConfig, 'admit' | 'limits'>;
  /** Lines of clients, of which the station has as many; none where it is absent. */
  clients?: Omit<TrunksConfig, 'admit' | 'limits'>;
  talk: ConversationsConfig;
  gateway: GatewayConfig;
  /** How failures are found, at first. */
  resilience?: ResilienceSettings;
  /** Whether this network is told that we are here, and heard. */
  lan?: boolean;
  /** As ROUTING_DEFAULTS where it is absent. */
  routing?: RoutingConfig;
  /** What lines and clients carry is held by them, and watched; not at all where they are absent. */
  limits?: TrafficLimits;
  /** Whom we obey, by the beginnings of their fingerprints in hex; nobody where it is absent. */
  administrators?: readonly string[];
  /** Of one peer; as REQUESTS_PER_MINUTE where it is absent. */
  requestsPerMinute?: number;
  /** Of the owner, beside our own. */
  components?: readonly ComponentKind[];
};

/** What can be another way while it runs. */
export type BridgeSettings = {
  level: SecurityLevel;
  budget: BudgetLimits;
  limits: TrafficLimits;
  resilience: ResilienceSettings;
  routing: RoutingConfig;
  administrators: readonly string[];
};

export type BridgePorts = StationPorts & { archive: Archive };

/** Everything there is to see, at one moment. */
export type BridgeSnapshot = {
  station: Snapshot;
  lines: TrunkView[];
  clients: TrunkView[];
  gateway: GatewaySnapshot;
  talk: ConversationsSnapshot;
  administration: AdministrationSnapshot;
  components: ComponentView[];
  /** Null while the component does not run. */
  resilience: ResilienceView | null;
};

/** A step of work for one of the machines. */
type Task =
  | { to: 'station'; input: StationInput | Tick }
  | { to: Side; input: TrunksInput | Tick }
  | { to: 'talk'; input: ConversationsInput | Tick }
  | { to: 'gateway'; input: GatewayInput | Tick }
  | { to: 'administration'; input: AdministrationInput | Tick }
  | { to: 'boards'; input: BoardsInput | Tick }
  | { to: 'registry'; input: RegistryInput | Tick };

/** Lines to other gateways, and those of our own clients. */
type Side = 'trunks' | 'clients';

export class Bridge implements Machine<BridgeInput, BridgeOutput> {
  private readonly station: Station;
  private readonly trunks: Trunks;
  private readonly clients: Trunks;
  private readonly talk: Conversations;
  private readonly gateway: Gateway;
  private readonly administration: Administration;
  private readonly boards: Boards;
  private readonly registry: Registry;
  private readonly resilience: ComponentKind<Resilience>;
  private readonly routing: ComponentKind<Routing>;
  private mesh: Pick<BridgeSettings, 'resilience' | 'routing'>;
  private readonly id: Uint8Array;
  private readonly berths: Record<Side, Berths>;
  private readonly usage: Usage | null;
  private readonly throughput: Throughput;
  /** Bytes so far, over radios and wires. */
  private readonly onAir = { received: 0, sent: 0 };
  /** In the order in which it came up: nobody's packets overtake each other. */
  private tasks: Task[] = [];

  constructor(config: BridgeConfig, ports: BridgePorts, now: Millis) {
    const { crypto, identity, random, draw, archive } = ports;
    const { station } = config;
    const { id } = identity;
    this.id = id;
    const { limits } = config;
    const { budget } = config.gateway;
    this.usage = limits === undefined ? null : new Usage(watched(limits, budget), now);
    this.throughput = new Throughput(station.window);
    const firstLine = 1 + station.outMax + station.wires;
    this.berths = {
      trunks: new Berths(firstLine, station.lines),
      clients: new Berths(firstLine + station.lines, station.clients ?? 0),
    };
    const islandBytesPerSecond = islandShare(config.gateway.budget);
    const judge: Judge = {
      isQuarantined: (bytes, at) =>
        this.registry.running(NEIGHBOURS)?.isQuarantined(bytes, at) === true,
    };
    const routes = new RoutePort();
    const stationPorts = { ...ports, judge, routes };
    const { peers } = archive;
    const decisions = {
      denied: peers.denied(),
      quarantined: peers.quarantined(),
      limits: peers.limits(),
    };
    const stationConfig = { ...station, islandBytesPerSecond, decisions };
    this.station = new Station(stationConfig, stationPorts, now);
    const { pins } = this.station;
    const gatewayPorts = { id, crypto, draw, archive, air: this.station };
    const hello = helloOf(station);
    const said = config.lan === true ? { announcement: announcementOf(id, hello) } : {};
    this.gateway = new Gateway({ ...config.gateway, ...said }, gatewayPorts, now);
    const admit: TrunksConfig['admit'] = (id, token) => this.gateway.admits(id, token);
    const trunksPorts = { crypto, identity, pins, random, draw: () => draw(32) };
    const trunksOf = (side: Interface, own: TrunksConfig): Trunks => {
      const limited = limits === undefined ? own : { ...own, limits: trunkLimitsOf(limits)[side] };
      return new Trunks(trunksPorts, limited, hello);
    };
    this.trunks = trunksOf('internet', { ...config.trunks, admit });
    const { clients = { ...config.trunks, linesMax: 0 } } = config;
    const admitClient: TrunksConfig['admit'] = (id, token) => this.gateway.admitsClient(id, token);
    this.clients = trunksOf('local', { ...clients, admit: admitClient });
    const around = this.station.around;
    this.talk = new Conversations(
      config.talk,
      { crypto, identity, pins, archive, around, draw },
      now,
    );
    const { administrators = [], requestsPerMinute = REQUESTS_PER_MINUTE } = config;
    this.administration = new Administration(administrators, requestsPerMinute, {
      ...{ crypto, draw },
      rateOf: (peer) => pins.limitOf(peer),
      isLive: (peer) => this.talk.sessionOf(peer) === 'live',
      isInReach: (peer) => around.find(peer) !== null,
    });
    this.boards = new Boards(id, (key, bytes) => crypto.hmacSha256(key, bytes));
    const read = (at: Millis): Snapshot => this.station.snapshot(at);
    const { resilience = RESILIENCE_DEFAULTS, routing = ROUTING_DEFAULTS } = config;
    this.mesh = { resilience, routing };
    this.resilience = resilienceOf(() => this.mesh.resilience, {
      stock: (span, links) => takeStock(this.station.comparisons, span, links),
      gateways: (at) => {
        const { gateways } = this.gateway.snapshot(at);
        return gateways.flatMap(({ id, lines }) => (lines.length > 0 ? [toHex(id)] : []));
      },
    });
    this.routing = routingKind(routes, () => this.mesh.routing, {
      capabilities: () => capabilitiesOf(station, this.gateway.hasLines),
      bytesPerSecond: (link) => this.throughput.of(link),
    });
    const own = [CHRONICLE, NEIGHBOURS, this.resilience, this.routing];
    const kinds = [...own, ...(config.components ?? [])];
    this.registry = new Registry(kinds, { id, crypto, random, archive, station: read });
    this.reroute();
  }

  step(input: BridgeInput | Tick, now: Millis): BridgeOutput[] {
    const out: BridgeOutput[] = [];
    this.take(input, now);
    this.work(now, out);
    if (now >= this.trunks.deadline()) this.tasks.push({ to: 'trunks', input: TICK });
    if (now >= this.clients.deadline()) this.tasks.push({ to: 'clients', input: TICK });
    if (now >= this.station.deadline()) this.tasks.push({ to: 'station', input: TICK });
    if (now >= this.talk.deadline()) this.tasks.push({ to: 'talk', input: TICK });
    if (now >= this.gateway.deadline()) this.tasks.push({ to: 'gateway', input: TICK });
    if (now >= this.administration.deadline()) {
      this.tasks.push({ to: 'administration', input: TICK });
    }
    if (now >= this.boards.deadline()) this.tasks.push({ to: 'boards', input: TICK });
    if (now >= this.registry.deadline()) this.tasks.push({ to: 'registry', input: TICK });
    this.lookAtUsage(now);
    this.work(now, out);
    // Once all has gone to the lines.
    if (input.kind === 'leave') {
      this.tasks.push({ to: 'trunks', input });
      this.work(now, out);
    }
    return out;
  }

  deadline(): Millis {
    return Math.min(
      this.station.deadline(),
      this.trunks.deadline(),
      this.clients.deadline(),
      this.talk.deadline(),
      this.gateway.deadline(),
      this.administration.deadline(),
      this.boards.deadline(),
      this.registry.deadline(),
      this.usage?.deadline() ?? Infinity,
    );
  }

  snapshot(now: Millis): BridgeSnapshot {
    return {
      station: this.station.snapshot(now),
      lines: this.trunks.snapshot(),
      clients: this.clients.snapshot(),
      gateway: this.gateway.snapshot(now),
      talk: this.talk.snapshot(),
      administration: this.administration.snapshot(),
      components: this.registry.views(now),
      resilience: this.component(this.resilience)?.view(now) ?? null,
    };
  }

  /** The component of this kind that runs; null while there is none. */
  component<Made extends Component>(kind: ComponentKind<Made>): Made | null {
    return this.registry.running(kind);
  }

  /** How packets of ours go to a peer now, and why; null while nothing here knows routes. */
  path(to: Uint8Array, now: Millis): PathView | null {
    return this.component(this.routing)?.path(to, now) ?? null;
  }

  /** Why the wanted strategy does not suit as things are; null where it does, or nothing knows. */
  whyUnsuited(wanted: RoutingConfig): string | null {
    return this.component(this.routing)?.whyUnsuited(wanted) ?? null;
  }

  /** What lines carry, and carried in the last hour; null where nobody watches. */
  usageNow(): UsageView | null {
    return this.usage?.view() ?? null;
  }

  /** Whose keys are known, and what people think of them. */
  get pins(): Pins {
    return this.station.pins;
  }

  sessionOf(peer: Uint8Array): SessionState {
    return this.talk.sessionOf(peer);
  }

  private take(input: BridgeInput | Tick, now: Millis): void {
    switch (input.kind) {
      case 'line':
        return void this.tasks.push({ to: 'trunks', input: input.event });
      case 'set-up':
        return this.setUp(input.settings);
      case 'announced':
        return void this.tasks.push({ to: 'gateway', input });
      case 'client':
        return void this.tasks.push({ to: 'clients', input: input.event });
      case 'ask':
        return this.ask(input.ticket, input.wish);
      case 'served':
        return void this.tasks.push({ to: 'administration', input });
      case 'clock':
        this.tasks.push({ to: 'station', input }, { to: 'talk', input }, { to: 'gateway', input });
        this.tasks.push({ to: 'administration', input });
        return void this.tasks.push({ to: 'registry', input });
      case 'leave':
        // What components say goodbye with goes before the station's own.
        this.tasks.push({ to: 'registry', input }, { to: 'station', input });
        return void this.tasks.push({ to: 'gateway', input });
      case 'tick':
        return;
      case 'received':
        this.onAir.received += input.bytes.length;
        return void this.tasks.push({ to: 'station', input });
      case 'sent':
        this.throughput.sent(input.link, now);
        return void this.tasks.push({ to: 'station', input });
      case 'opened':
      case 'closed':
        this.throughput.reset(input.link);
        return void this.tasks.push({ to: 'station', input });
      default:
        this.tasks.push({ to: 'station', input });
    }
  }

  private setUp({ level, budget, limits, administrators, ...mesh }: BridgeSettings): void {
    this.mesh = mesh;
    this.usage?.limit(watched(limits, budget));
    const { local, internet } = trunkLimitsOf(limits);
    this.tasks.push({ to: 'clients', input: { kind: 'limits', limits: local } });
    this.tasks.push({ to: 'trunks', input: { kind: 'limits', limits: internet } });
    const islandBytesPerSecond = islandShare(budget);
    const settings = { kind: 'settings', level, islandBytesPerSecond } as const;
    this.tasks.push({ to: 'station', input: settings });
    this.tasks.push({ to: 'gateway', input: { kind: 'budget', limits: budget } });
    this.tasks.push({ to: 'administration', input: { kind: 'appoint', administrators } });
    this.tasks.push({ to: 'registry', input: { kind: 'settings' } });
  }

  private ask(ticket: number, wish: BridgeWish): void {
    if (this.registry.answers(wish.kind)) {
      const input = { kind: 'ask', ticket, wish: wish as Wish } as const;
      return void this.tasks.push({ to: 'registry', input });
    }
    switch (wish.kind) {
      case 'invite':
      case 'join':
      case 'part':
      case 'add-client':
      case 'remove-client':
        return void this.tasks.push({ to: 'gateway', input: { kind: 'ask', ticket, wish } });
      case 'administer':
        return void this.tasks.push({ to: 'administration', input: { kind: 'ask', ticket, wish } });
      case 'tend':
        return void this.tasks.push({ to: 'boards', input: { kind: 'ask', ticket, wish } });
      case 'tune':
        // Components answer it.
        return;
      default:
        this.tasks.push({ to: 'talk', input: { kind: 'ask', ticket, wish } });
    }
    // Who is blocked may not keep his line.
    if (wish.kind !== 'deny') return;
    this.reroute();
    this.rejudgeClients();
  }

  private reroute(): void {
    this.tasks.push({ to: 'trunks', input: { kind: 'routes', routes: this.gateway.routes() } });
  }

  /** Clients are never dialled, so all that this asks is who may stay. */
  private rejudgeClients(): void {
    this.tasks.push({ to: 'clients', input: { kind: 'routes', routes: [] } });
  }

  private lookAtUsage(now: Millis): void {
    for (const event of this.usage?.look(() => this.carried(), now) ?? []) this.happened(event);
  }

  private carried(): Carried {
    const { clients, trunks, onAir, gateway } = this;
    const radio = { ...onAir, holds: 0, waits: gateway.waits };
    return {
      traffic: { local: clients.traffic, internet: trunks.traffic, radio },
      connections: { local: clients.snapshot(), internet: trunks.snapshot() },
    };
  }

  private happened(event: MeshEvent): void {
    this.tasks.push({ to: 'registry', input: { kind: 'event', event } });
  }

  /** Until nobody has anything more to say to another. */
  private work(now: Millis, out: BridgeOutput[]): void {
    const { tasks } = this;
    for (let at = 0; at < tasks.length; at++) this.run(tasks[at], now, out);
    tasks.length = 0;
  }

  private run(task: Task, now: Millis, out: BridgeOutput[]): void {
    switch (task.to) {
      case 'station':
        for (const output of this.station.step(task.input, now)) this.onStation(output, now, out);
        break;
      case 'trunks':
      case 'clients': {
        const { to } = task;
        for (const output of this[to].step(task.input, now)) this.onTrunks(to, output, out);
        break;
      }
      case 'talk':
        for (const output of this.talk.step(task.input, now)) this.onTalk(output, out);
        break;
      case 'gateway':
        for (const output of this.gateway.step(task.input, now)) this.onGateway(output, out);
        break;
      case 'administration':
        for (const output of this.administration.step(task.input, now)) {
          this.onAdministration(output, out);
        }
        break;
      case 'boards':
        for (const output of this.boards.step(task.input, now)) this.onBoards(output, out);
        break;
      case 'registry':
        for (const output of this.registry.step(task.input, now)) this.onRegistry(output, out);
        break;
    }
  }

  private onStation(output: StationOutput, now: Millis, out: BridgeOutput[]): void {
    switch (output.kind) {
      case 'forward': {
        const { link, bytes, priority } = output;
        return this.toLine(link, bytes, priority);
      }
      case 'passed': {
        const isFromLine = this.berths.trunks.has(output.link);
        return void this.tasks.push({ to: 'gateway', input: { ...output, isFromLine } });
      }
      case 'spent':
        return void this.tasks.push({ to: 'gateway', input: output });
      case 'deliver':
        return this.deliver(output);
      case 'store':
        return void out.push({ kind: 'store', write: output.record });
      case 'told':
        return this.hear(output.event, out);
      case 'beat':
        return void this.tasks.push({ to: 'registry', input: output });
      case 'write':
        this.onAir.sent += output.bytes.length;
        this.throughput.wrote(output.link, output.bytes.length, now);
        return void out.push(output);
      default:
        out.push(output);
    }
  }

  private deliver(output: Extract<StationOutput, { kind: 'deliver' }>): void {
    const { packet, link, isVerified } = output;
    const input = { kind: 'delivered', packet, link, isVerified } as const;
    if (packet.type === CONTROL) {
      const { sender, payload } = packet;
      const heard = { kind: 'heard', link, sender, payload } as const;
      return void this.tasks.push({ to: 'boards', input: heard });
    }
    if (this.registry.owns(packet.type)) return void this.tasks.push({ to: 'registry', input });
    if (packet.type !== GATEWAY) {
      return void this.tasks.push({ to: 'talk', input });
    }
    if (!isVerified) return;
    const isFromLine = this.berths.trunks.has(link);
    this.tasks.push({ to: 'gateway', input: { kind: 'advert', packet, isFromLine } });
  }

  private hear(event: StationEvent, out: BridgeOutput[]): void {
    out.push({ kind: 'told', of: 'station', event });
    this.tasks.push({ to: 'talk', input: { kind: 'heard', event } });
    this.tasks.push({ to: 'registry', input: { kind: 'heard', event } });
    if (event.kind === 'link-closed') {
      this.tasks.push({ to: 'boards', input: { kind: 'gone', link: event.link } });
    }
    if (event.kind === 'link-settled' && event.medium === 'wire') {
      this.tasks.push({ to: 'boards', input: { kind: 'met', link: event.link, id: event.id } });
    }
    const isMeeting = event.kind === 'link-settled' || event.kind === 'link-bound';
    if (isMeeting && event.link < this.berths.trunks.first) {
      this.tasks.push({ to: 'gateway', input: { kind: 'met' } });
    }
  }

  private onTrunks(side: Side, output: TrunksOutput, out: BridgeOutput[]): void {
    switch (output.kind) {
      case 'dial':
      case 'hangUp':
      case 'write':
      case 'hold':
      case 'go':
      case 'move':
        return void out.push({ kind: side === 'trunks' ? 'line' : 'client', order: output });
      case 'up':
        return this.lineUp(side, output, out);
      case 'down':
        return this.lineDown(side, output.line, output.why, out);
      case 'heard': {
        const berth = this.berths[side].ofLine(output.line);
        if (berth === null) return;
        const input = { kind: 'received', link: berth.link, bytes: output.bytes } as const;
        return void this.tasks.push({ to: 'station', input });
      }
      case 'beat': {
        const berth = this.berths[side].ofLine(output.line);
        // A client that goes is no failure of the mesh.
        if (berth === null || side === 'clients') return;
        const { roundTripMs, missed } = output;
        const { link, id } = berth;
        const beat = { link, id, roundTripMs: roundTripMs < 0 ? null : roundTripMs, missed };
        return void this.tasks.push({ to: 'registry', input: { kind: 'beat', ...beat } });
      }
      case 'drop':
        return this.drop(side, output.line, output.reason);
      case 'slowed':
        return this.slowed(side, output.line, output.bytesPerSecond);
    }
  }

  /** Of a line that is not up, no link is to blame. */
  private drop(side: Side, line: number, reason: string): void {
    const link = this.berths[side].ofLine(line)?.link ?? -1;
    this.tasks.push({ to: 'station', input: { kind: 'dropped', link, reason } });
  }

  private slowed(side: Side, line: number, bytesPerSecond: number | null): void {
    const peer = this.berths[side].ofLine(line)?.id;
    if (peer === undefined) return;
    const who = { peer, side: side === 'clients' ? 'local' : 'internet' } as const;
    if (bytesPerSecond === null) return this.happened({ kind: 'LineRecovered', ...who });
    this.happened({ kind: 'LineSlowed', ...who, mbps: mbpsOf(bytesPerSecond) });
  }

  private lineUp(
    side: Side,
    output: Extract<TrunksOutput, { kind: 'up' }>,
    out: BridgeOutput[],
  ): void {
    const { line, mode, hello, neighbour } = output;
    const { id } = neighbour;
    const known = this.berths[side].ofLine(line);
    const { link } = known ?? this.berths[side].take(line, id);
    this.tasks.push({ to: 'station', input: { kind: 'lined', link, id, mode, hello } });
    if (known !== null) return;
    const { token } = hello;
    const event = { kind: 'line-up', node: id } as const;
    if (side === 'clients') {
      this.tasks.push({ to: 'gateway', input: { kind: 'clientUp', id, token } });
      return void out.push({ kind: 'told', of: 'client', event });
    }
    const name = new TextDecoder().decode(hello.name);
    this.tasks.push({ to: 'gateway', input: { kind: 'lineUp', link, id, name, token } });
    out.push({ kind: 'told', of: 'line', event });
  }

  private lineDown(side: Side, line: number, why: string, out: BridgeOutput[]): void {
    const berth = this.berths[side].ofLine(line);
    if (berth === null) return;
    this.berths[side].leave(berth);
    const { link, id } = berth;
    this.tasks.push({ to: 'station', input: { kind: 'closed', link } });
    const event = { kind: 'line-down', node: id, why } as const;
    if (side === 'clients') {
      this.tasks.push({ to: 'gateway', input: { kind: 'clientDown', id } });
      return void out.push({ kind: 'told', of: 'client', event });
    }
    this.tasks.push({ to: 'gateway', input: { kind: 'lineDown', link } });
    out.push({ kind: 'told', of: 'line', event });
  }

  private toLine(link: number, bytes: Uint8Array, priority: number): void {
    const side = this.berths.clients.has(link) ? 'clients' : 'trunks';
    const berth = this.berths[side].at(link);
    if (berth === null) return;
    this.tasks.push({ to: side, input: { kind: 'send', line: berth.line, bytes, priority } });
  }

  private onTalk(output: ConversationsOutput, out: BridgeOutput[]): void {
    switch (output.kind) {
      case 'send':
      case 'say':
        return void this.tasks.push({ to: 'station', input: output });
      case 'administration':
        return void this.tasks.push({
          to: 'administration',
          input: { ...output, kind: 'heard' },
        });
      case 'session':
        return void this.tasks.push({ to: 'administration', input: output });
      case 'told':
        this.overhear(output.event);
        return void out.push({ kind: 'told', of: 'talk', event: output.event });
      default:
        out.push(output);
    }
  }

  private onGateway(output: GatewayOutput, out: BridgeOutput[]): void {
    switch (output.kind) {
      case 'inject':
      case 'send':
        return void this.tasks.push({ to: 'station', input: output });
      case 'hand':
        return this.toLine(output.link, output.bytes, output.priority);
      case 'routes':
        return void this.tasks.push({ to: 'trunks', input: output });
      case 'rejudge':
        return this.rejudgeClients();
      case 'told':
        return void out.push({ kind: 'told', of: 'gateway', event: output.event });
      default:
        out.push(output);
    }
  }

  private onAdministration(output: AdministrationOutput, out: BridgeOutput[]): void {
    switch (output.kind) {
      case 'seal':
      case 'open':
      case 'renew':
        return void this.tasks.push({ to: 'talk', input: output });
      default:
        out.push(output);
    }
  }

  private onBoards(output: BoardsOutput, out: BridgeOutput[]): void {
    if (output.kind === 'hand') this.tasks.push({ to: 'station', input: output });
    else out.push(output);
  }

  /** What others said, whoever heard it. */
  private overhear(event: TalkEvent): void {
    if (event.kind === 'peer-changed') return this.judged(event.peer, event.by);
    if (event.kind !== 'message' || sameBytes(event.name.sender, 0, this.id)) return;
    this.happened({ kind: 'MessageReceived', ...event.name });
  }

  /** Who is let in again is heard with what he said meanwhile; of whom is turned away it goes. */
  private judged(peer: Uint8Array, decision: PeerWish): void {
    if (decision !== 'allow' && decision !== 'deny' && decision !== 'quarantine') return;
    if (decision !== 'quarantine') {
      this.tasks.push({ to: 'station', input: { kind: 'release', id: peer } });
    }
    this.happened({ kind: 'PeerJudged', peer, decision, by: 'person' });
  }

  private order(order: StationOrder): void {
    this.tasks.push({ to: 'station', input: order });
    if (order.kind === 'pace' || order.kind === 'redial')
      this.tasks.push({ to: 'trunks', input: order }, { to: 'clients', input: order });
  }

  private onRegistry(output: RegistryOutput, out: BridgeOutput[]): void {
    switch (output.kind) {
      case 'send':
        return void this.tasks.push({ to: 'station', input: output });
      case 'order':
        return this.order(output.order);
      case 'event':
        return void out.push({ kind: 'told', of: 'mesh', event: output.event });
      default:
        out.push(output);
    }
  }
}

/** What history may have of the air; the other half is for what is brought in at once. */
function islandShare({ bytesPerSecond }: BudgetLimits): number {
  return bytesPerSecond / 2;
}

/** With what lines may give to the radios. */
function watched(limits: TrafficLimits, budget: BudgetLimits): UsageLimits {
  return { ...limits, radioMbps: mbpsOf(budget.bytesPerSecond) };
}

/** What link states say that we do for others; a leaf takes part and passes nothing on. */
function capabilitiesOf({ role, history }: BridgeConfig['station'], hasLines: boolean): number {
  const passes = role === LEAF ? 0 : PASSES_ON;
  return passes | (hasLines ? IS_GATEWAY : 0) | (history.messages > 0 ? KEEPS_HISTORY : 0);
}

function announcementOf(id: Uint8Array, hello: Hello): Uint8Array {
  return encodePacket(plainPacket(HELLO, 0, 0, id, encodeHello(hello)));
}

/** Of a bridge, at the end of a line. */
function helloOf({ role, frameMax, name, reconcile }: BridgeConfig['station']): Hello {
  const features = MESH | GATEWAYS | ROUTING | (reconcile === null ? 0 : RECONCILES);
  return lineHello({ version: versionWith(features), role, features, frameMax }, name);
}
