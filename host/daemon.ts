/**
 * Daemon: a bridge on this machine: its radio, wires and lines, its clock, its store, and those who
 * ask. It performs what the bridge wants and tells it what happens; it decides nothing about packets.
 *
 *   hardware, lines -> bridge (Driver) -> hardware, lines
 *   wall clock      ->                 -> store, log, audience, whoever follows
 *   wishes          ->                 -> answers
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { Audience } from '../device/pi/audience.ts';
import type { SystemClock } from '../device/pi/clock.ts';
import { systemClock } from '../device/pi/clock.ts';
import { logEvent } from '../device/pi/event-log.ts';
import type { HardwarePorts } from '../device/pi/hardware.ts';
import { Hardware } from '../device/pi/hardware.ts';
import { drained } from '../device/pi/leaving.ts';
import type { Log } from '../device/pi/log.ts';
import { relayService } from '../device/pi/relay-service.ts';
import type { StatusSocket } from '../device/pi/status-socket.ts';
import { openStatusSocket } from '../device/pi/status-socket.ts';
import { WallClock } from '../device/pi/wall-clock.ts';
import { crc32 } from '../protocol/core/crc32.ts';
import { Driver } from '../protocol/core/driver.ts';
import type { Random } from '../protocol/core/machine.ts';
import { HoplineError } from '../protocol/errors.ts';
import { STATION_DEFAULTS } from '../protocol/peer/settings.ts';
import { DatagramDoor } from '../protocol/peer/datagram-door.ts';
import type { Crypto } from '../protocol/trust/crypto.ts';
import type { Identity } from '../protocol/trust/identity.ts';
import { toHex } from '../protocol/wire/hex.ts';
import type {
  AdminAnswer,
  AdminWish,
  BoardAnswer,
  BoardWish,
  Order,
  Served,
} from './administration/contract.ts';
import type {
  BridgeAnswer,
  BridgeEvent,
  BridgeInput,
  BridgeOutput,
  BridgeSnapshot,
  BridgeWish,
} from './bridge.ts';
import { Bridge } from './bridge.ts';
import type { DaemonConfig } from './config.ts';
import type { ComponentKind } from './component.ts';
import { Actions } from './daemon/actions.ts';
import { AgeClock } from './daemon/age-clock.ts';
import { Battery } from './daemon/battery.ts';
import { adminKeyOf } from './daemon/board-keys.ts';
import { bridgeConfigOf, bridgeSettingsOf } from './daemon/bridge-config.ts';
import { loadComponents } from './daemon/component-files.ts';
import { Health } from './daemon/health.ts';
import { conditionOf } from './daemon/condition.ts';
import type { DaemonStore, Home } from './daemon/home.ts';
import { openHome, retentionOf } from './daemon/home.ts';
import { changeLines } from './daemon/start-lines.ts';
import { Tickets } from './daemon/tickets.ts';
import type { MeshEvent } from './events.ts';
import type { LineAnswer, LineWish } from './gateway/contract.ts';
import type { UsageView } from './gateway/usage.ts';
import { carriedOf } from './gateway/usage.ts';
import { IpLines } from './links/ip-lines.ts';
import type { NeighbourView } from './neighbours/neighbour.ts';
import { NEIGHBOURS } from './neighbours/neighbours.ts';
import { choiceOf, shunWords } from './routing/path.ts';
import type { Answer, SessionState, StoreWrite } from './types.ts';

/** How often what is kept no longer is removed, and how soon there is another slice of it. */
const TRIM_EVERY_MS = 60_000;
const TRIM_AGAIN_MS = 250;

/** Of a wish that the disk failed under. */
const LATER =
  'what was asked waits in memory, and is done once the disk takes it: look then, before asking again';

export type DaemonPorts = Pick<HardwarePorts, 'openRadio' | 'tether' | 'listSerial'> & {
  crypto: Crypto;
  random: Random;
  draw: (size: number) => Uint8Array;
  log: Log;
  version: string;
  /** Everything around us is simulated. */
  isVirtual: boolean;
  /** Nothing goes on: what is durable must be begun with anew. */
  broken(cause: unknown): void;
  /** Ends the process, which something begins again; absent where nobody would. */
  restart?: () => void;
  /** What is left of the battery of this machine, in percent; null, or absent, for mains. */
  batteryPercent?: () => number | null;
  /** Opens what lies in the data folder, unless that is done in another way. */
  openHome?: typeof openHome;
};

/** Who does what an administrator elsewhere wants; `by` is his id. It never rejects. */
export type Steward = (order: Order, by: Uint8Array) => Promise<Served>;

/** The answer to a wish of that kind. */
type AnswerTo<Kind extends BridgeWish> = Kind extends LineWish
  ? LineAnswer
  : Kind extends AdminWish
    ? AdminAnswer
    : Kind extends BoardWish
      ? BoardAnswer
      : Answer;

/** What a listener is told: what happens in the bridge, and that its health is another. */
export type DaemonEvent = BridgeEvent | { of: 'daemon'; event: { kind: 'health' } };

/** Why no route leads to whoever is reached over a line. */
const AFAR = 'it is on another island, and routes end where lines begin';

export class Daemon {
  config: DaemonConfig;
  readonly identity: Identity;
  readonly store: DaemonStore;
  readonly startedAt = Date.now();
  readonly isVirtual: boolean;
  readonly version: string;
  /** For whoever asks, watches or listens as with a relay. */
  readonly audience: Audience;
  /** Where other gateways are let in; null for nowhere. */
  listening: { host: string; port: number } | null = null;
  private readonly ports: DaemonPorts;
  private readonly hardware: Hardware;
  private readonly bridge: Bridge;
  private readonly driver: Driver<BridgeInput, BridgeOutput>;
  /** Where clients are let in; null for nowhere. */
  clientsAt: { host: string; port: number } | null = null;
  private readonly lines: IpLines;
  private readonly clients: IpLines;
  private readonly clock: SystemClock;
  private readonly wallClock: WallClock;
  private readonly ageClock: AgeClock;
  /** Null while there is nobody: then nothing is done for administrators. */
  steward: Steward | null = null;
  private readonly tickets = new Tickets<BridgeAnswer>();
  private readonly health: Health;
  private actions: Actions;
  private readonly followers = new Set<(event: DaemonEvent) => void>();
  private socket: StatusSocket | null = null;
  private trimming: NodeJS.Timeout | undefined;
  private readonly battery: Battery;
  private isBroken = false;
  private hasLeft = false;

  private constructor(
    config: DaemonConfig,
    home: Home,
    ports: DaemonPorts,
    hardware: Hardware,
    clock: SystemClock,
    components: ComponentKind[],
  ) {
    const { crypto, random, draw, log } = ports;
    const { identity, store } = home;
    this.config = config;
    this.identity = identity;
    this.store = store;
    this.ports = ports;
    this.isVirtual = ports.isVirtual;
    this.version = ports.version;
    this.hardware = hardware;
    this.clock = clock;
    this.health = new Health(() => this.tell({ of: 'daemon', event: { kind: 'health' } }));
    this.health.set('history', home.lost);
    this.actions = this.act(config);
    this.battery = new Battery(
      () => ports.batteryPercent?.() ?? null,
      () => this.tellSettings(),
    );
    this.bridge = new Bridge(
      { ...bridgeConfigOf(config, hardware.outMax, home, this.battery.percent), components },
      { crypto, identity, random, draw, crc: crc32, archive: store },
      clock.now(),
    );
    this.driver = new Driver(this.bridge, clock, {
      commit: (outputs) => this.commit(outputs),
      willHeal: (cause) => this.willHeal(cause),
      perform: (output) => this.perform(output),
      halted: (cause) => this.end(cause),
    });
    const [last] = store.messages.conversations(1);
    this.ageClock = new AgeClock(last?.last.heardAt ?? null, Date.now(), clock.now());
    this.wallClock = new WallClock(clock, log, (offsetMs) => this.setClock(offsetMs));
    this.audience = new Audience({
      hardware,
      wallClock: this.wallClock,
      snapshot: () => this.snapshot().station,
      feed: (question) => this.driver.feed(question),
      log,
    });
    const door = new DatagramDoor({ crypto, draw });
    this.lines = new IpLines((event) => this.driver.feed({ kind: 'line', event }), { door });
    this.clients = new IpLines((event) => this.driver.feed({ kind: 'client', event }), {
      origins: config.clients?.origins ?? [],
      setting: 'clients',
    });
  }

  /** Rejects with what is wrong and what to do; then nothing is left open. */
  static async start(config: DaemonConfig, ports: DaemonPorts): Promise<Daemon> {
    let daemon: Daemon | null = null;
    const answers = (): ReturnType<typeof relayService> | null => {
      const running = daemon;
      if (running === null) return null;
      return relayService(running.audience, ports.version, {
        choiceOf: (id) => running.choice(id),
        shunnedAs: (id) => running.shunned(id),
        carried: () => carriedOf(running.usage),
        condition: () => conditionOf(running.snapshot(), running.problems),
      });
    };
    // First of all, since two of one identity are worse than none.
    const socket = await openStatusSocket(config.socket, {
      ask: (question, values) => answers()?.ask(question, values) ?? null,
      follow: (what, values, event) => answers()?.follow(what, values, event) ?? null,
    });
    try {
      daemon = await Daemon.open(config, ports);
      daemon.socket = socket;
      return daemon;
    } catch (failure) {
      await socket.close();
      throw failure;
    }
  }

  private static async open(config: DaemonConfig, ports: DaemonPorts): Promise<Daemon> {
    const components = await loadComponents(config.components);
    const home = (ports.openHome ?? openHome)(config, ports);
    const clock = systemClock();
    let daemon: Daemon | null = null;
    const end = (cause: unknown): void =>
      daemon === null ? ports.broken(cause) : daemon.end(cause);
    let hardware: Hardware | null = null;
    try {
      const { id } = home.identity;
      const { frameMax } = STATION_DEFAULTS;
      hardware = await Hardware.open(
        { ...config, id, frameMax, isOptional: true },
        { ...ports, clock, overwhelmed: end },
      );
      daemon = new Daemon(config, home, ports, hardware, clock, components);
      await daemon.begin();
      return daemon;
    } catch (failure) {
      daemon?.rest();
      await hardware?.close();
      await Promise.all([daemon?.lines.close(), daemon?.clients.close()]);
      home.store.close();
      throw failure;
    }
  }

  /** Neither has it had to end, nor is it leaving. */
  get isAlive(): boolean {
    return !this.isBroken && !this.hasLeft;
  }

  /** What is wrong, in sentences that say what to do. */
  get problems(): string[] {
    return this.health.problems;
  }

  /** Resolves once it is durable; a refusal is an answer, too. */
  async ask<Kind extends BridgeWish>(wish: Kind): Promise<AnswerTo<Kind>> {
    const failing = this.health.of('store');
    if (failing !== null) throw new HoplineError('STORE_FAILING', failing);
    if (!this.isAlive) throw new HoplineError('RELAY_BROKEN', 'it is ending');
    const feed = (ticket: number): boolean => this.driver.feed({ kind: 'ask', ticket, wish });
    return (await this.tickets.ask(feed)) as AnswerTo<Kind>;
  }

  /**
   * Takes up what of the settings can change while it runs (LIVE); the rest stays. Throws where that
   * cannot be stored, and then nothing has changed.
   */
  setUp(wanted: DaemonConfig): void {
    this.store.commit(changeLines(wanted, this.store.settings, Date.now()));
    const { log, security, resilience, routing, budget, limits } = wanted;
    const { administrators, keep, on } = wanted;
    const isToActOtherwise = JSON.stringify(on) !== JSON.stringify(this.config.on);
    const mesh = { security, resilience, routing, budget, limits, administrators };
    const live = { log, ...mesh, keep, on };
    this.config = { ...this.config, ...live };
    this.store.keep(retentionOf(this.config));
    if (isToActOtherwise) {
      this.actions.close();
      this.actions = this.act(this.config);
    }
    this.tellSettings();
  }

  /** Why a person cannot have these settings as things are; null where he can. */
  refusal(wanted: DaemonConfig): string | null {
    if (wanted.routing.strategy === this.config.routing.strategy) return null;
    const { routing } = bridgeSettingsOf(wanted, this.battery.percent);
    const why = this.bridge.whyUnsuited(routing);
    const { strategy } = routing;
    return why === null ? null : `routing.strategy: ${strategy} does not suit here: ${why}`;
  }

  snapshot(): BridgeSnapshot {
    return this.bridge.snapshot(this.clock.now());
  }

  /** Whose keys are known, and what people think of them. */
  get pins(): Bridge['pins'] {
    return this.bridge.pins;
  }

  /** The admin key of a board of ours; null where it is not here. */
  adminKeyOf(board: Uint8Array): Uint8Array | null {
    return adminKeyOf(board, this.config);
  }

  /** Throws where nobody would start it again. */
  restart(): void {
    const { restart } = this.ports;
    if (restart !== undefined) return restart();
    const detail = `${this.config.name} was started by hand, and nobody would start it again`;
    throw new HoplineError(
      'NODE_REFUSED',
      `${detail}; make it a service with hopline up --install`,
    );
  }

  /** A mistake of our own, that whoever asked is not told more of. */
  noteFault(cause: unknown): void {
    const { stack } = cause as Error;
    this.ports.log.error('an order failed', { cause: stack ?? String(cause) });
  }

  /** What is known of somebody as a neighbour; null where he never was one. */
  neighbour(peer: Uint8Array): NeighbourView | null {
    return this.bridge.component(NEIGHBOURS)?.view(peer, this.clock.now()) ?? null;
  }

  /** How packets of ours go to a node now; null while nothing here knows routes. */
  path(to: Uint8Array): ReturnType<Bridge['path']> {
    const path = this.bridge.path(to, this.clock.now());
    if (path === null || path.routes.length > 0 || path.strategy === 'flood') return path;
    const peer = this.snapshot().station.peers.find(({ id }) => id === path.to);
    return peer?.isHere === false ? { ...path, flooded: AFAR } : path;
  }

  /** The same in a sentence, for whoever traces the way. */
  choice(to: Uint8Array): string | null {
    const path = this.path(to);
    return path === null ? null : choiceOf(path);
  }

  /** That a node is turned away or kept apart, and what undoes it; null where it is not. */
  shunned(id: Uint8Array): string | null {
    const isQuarantined = this.pins.isQuarantined(id) || this.neighbour(id)?.isQuarantined === true;
    return shunWords(toHex(id), this.pins.isDenied(id), isQuarantined);
  }

  /** Datagrams of lines that came to nothing, by the reason. */
  get datagramDrops(): IpLines['drops'] {
    return this.lines.drops;
  }

  /** What lines carry, and carried in the last hour. */
  get usage(): UsageView {
    // A daemon always watches.
    return this.bridge.usageNow()!;
  }

  sessionOf(peer: Uint8Array): SessionState {
    return this.bridge.sessionOf(peer);
  }

  /** What people compare. */
  fingerprintOf(noiseKey: Uint8Array): Uint8Array {
    return this.ports.crypto.sha256(noiseKey);
  }

  /** A request for a WebSocket that asks for a client's line, and was judged already. */
  takeClient(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.clients.upgrade(request, socket, head);
  }

  /** Lets go of a serial port, until what it resolves to is called. */
  lend(port: string): Promise<() => void> {
    return this.hardware.lend(port);
  }

  /** What our clock adds to the bridge's to make it Unix time. */
  get unixOffsetMs(): number {
    return Date.now() - this.clock.now();
  }

  /** Calls `follower` with everything that happens until the returned function is called. */
  follow(follower: (event: DaemonEvent) => void): () => void {
    this.followers.add(follower);
    return () => this.followers.delete(follower);
  }

  /** Says goodbye, lets what was said leave, and lets go of everything. */
  async leave(): Promise<void> {
    if (this.hasLeft) return;
    this.hasLeft = true;
    this.actions.close();
    this.hardware.leave();
    if (!this.isBroken) {
      this.driver.feed({ kind: 'leave' });
      await drained(() => this.hardware.isDrained);
    }
    this.tickets.refuse(new HoplineError('RELAY_BROKEN', 'it is ending'));
    this.rest();
    const { hardware, lines, clients, socket } = this;
    await Promise.all([hardware.close(), lines.close(), clients.close(), socket?.close()]);
    this.store.close();
  }

  /** Does nothing more by itself. */
  private rest(): void {
    clearTimeout(this.trimming);
    this.battery.stop();
    this.actions.close();
    this.wallClock.stop();
    this.clock.stop();
  }

  private act({ on }: DaemonConfig): Actions {
    const told = (entry: number, problem: string | null): void =>
      this.health.set(`action ${entry}`, problem);
    return new Actions(on, { log: this.ports.log, told });
  }

  private async begin(): Promise<void> {
    const { listen } = this.config;
    if (listen !== null) this.listening = await this.lines.listen(listen.host, listen.port);
    await this.letClientsIn();
    if (this.config.lan) await this.joinLan();
    this.wallClock.start();
    await this.hardware.start((input) => this.driver.feed(input));
    this.lookAtHardware();
    this.trimming = setTimeout(() => this.trim(), TRIM_EVERY_MS);
    this.battery.start();
  }

  private tellSettings(): void {
    if (!this.isAlive) return;
    const settings = bridgeSettingsOf(this.config, this.battery.percent);
    this.driver.feed({ kind: 'set-up', settings });
  }

  /** A bridge that nobody finds is one all the same. */
  private async joinLan(): Promise<void> {
    const announced = (from: string, bytes: Uint8Array): void =>
      void this.driver.feed({ kind: 'announced', from, bytes });
    const why = await this.lines.joinLan(announced);
    const problem = `other bridges of this network are not found: ${why}`;
    if (why !== null) this.ports.log.warn(problem);
    this.health.set('lan', why === null ? null : problem);
  }

  private async letClientsIn(): Promise<void> {
    const { clients } = this.config;
    if (clients === null || clients.port === null) return;
    try {
      this.clientsAt = await this.clients.listen(clients.host, clients.port);
    } catch (failure) {
      // Two bridges of one machine cannot both have the usual port, and need not.
      if (!clients.isUsualPort) throw failure;
      this.ports.log.warn(`no client is let in but over the page: ${(failure as Error).message}`);
    }
  }

  /** A bridge without an island is of use to those at the ends of its lines alone. */
  private lookAtHardware(): void {
    const { radioProblem, wireCount } = this.hardware;
    const isBare = radioProblem !== null && (wireCount === 0 || this.config.radio.adapter !== null);
    this.health.set('radio', isBare ? radioProblem : null);
  }

  private setClock(offsetMs: number | null): void {
    const problem = 'the clock is not set: packets are relayed, and nothing is said; set it';
    this.health.set('clock', offsetMs === null ? problem : null);
    this.driver.feed({ kind: 'clock', offsetMs });
  }

  /** Slice by slice, so that nobody waits long for it. A disk that fails is the driver's to notice. */
  private trim(): void {
    let isMore = false;
    try {
      const at = this.ageClock.at(Date.now(), this.clock.now());
      if (this.health.of('store') === null) isMore = this.store.trim(at);
    } catch (cause) {
      if (!isDiskTrouble(cause)) return this.end(cause);
      this.ports.log.warn((cause as HoplineError).message);
    }
    this.trimming = setTimeout(() => this.trim(), isMore ? TRIM_AGAIN_MS : TRIM_EVERY_MS);
  }

  private commit(outputs: BridgeOutput[]): void {
    const writes: StoreWrite[] = [];
    for (const output of outputs) if (output.kind === 'store') writes.push(output.write);
    this.store.commit(writes);
    if (this.health.of('store') === null) return;
    this.ports.log.info('the disk takes what is stored again');
    this.health.set('store', null);
  }

  private willHeal(cause: unknown): boolean {
    if (!isDiskTrouble(cause)) return false;
    const { message, detail } = cause as HoplineError;
    if (this.health.of('store') === null) this.ports.log.error(message);
    this.health.set('store', detail);
    // Whoever asked is told now, for the disk may take days.
    this.tickets.refuse(new HoplineError('STORE_FAILING', `${detail}; ${LATER}`));
    return true;
  }

  private end(cause: unknown): void {
    this.isBroken = true;
    this.tickets.refuse(new HoplineError('RELAY_BROKEN', 'it had to end', { cause }));
    this.ports.broken(cause);
  }

  private perform(output: BridgeOutput): void {
    switch (output.kind) {
      case 'line':
        return this.lines.perform(output.order);
      case 'client':
        return this.clients.perform(output.order);
      case 'announce':
        return this.lines.announce(output.bytes);
      case 'told':
        return this.hear(output);
      case 'answer':
        return this.tickets.answer(output.ticket, output.answer);
      case 'serve':
        return void this.serve(output);
      case 'tapped':
        return this.audience.show(output.frame);
      case 'store':
        return;
      default:
        return this.hardware.perform(output);
    }
  }

  private async serve({
    number,
    by,
    order,
  }: Extract<BridgeOutput, { kind: 'serve' }>): Promise<void> {
    const served = (await this.steward?.(order, by)) ?? { status: 'unsupported', text: '' };
    if (this.isAlive) this.driver.feed({ kind: 'served', number, ...served });
  }

  private hear(told: BridgeEvent): void {
    const { log } = this.ports;
    if (told.of === 'station') {
      logEvent(told.event, log);
      this.audience.tell(told.event);
    } else if (told.of === 'line' || told.of === 'client') {
      const { kind, node } = told.event;
      log.info(kind === 'line-up' ? told.of : `${told.of} is gone`, { node: toHex(node) });
    } else if (told.of === 'mesh') this.hearMesh(told.event);
    else log.debug(told.event.kind);
    this.tell(told);
  }

  private hearMesh(event: MeshEvent): void {
    const { log } = this.ports;
    if (event.kind === 'ComponentFailed') {
      const { component, why, retryMs } = event;
      const problem = `the component ${component} has failed (${why}); it is begun anew`;
      log.error(problem, { inMs: retryMs });
      this.health.set(`component ${component}`, problem);
    } else if (event.kind === 'ComponentRestarted') {
      this.health.set(`component ${event.component}`, null);
    } else log.debug(event.kind);
    this.actions.hear(event, Date.now());
  }

  private tell(event: DaemonEvent): void {
    for (const follower of this.followers) follower(event);
  }
}

/** What passes when somebody sees to the disk. */
function isDiskTrouble(cause: unknown): boolean {
  if (!(cause instanceof HoplineError)) return false;
  return cause.code === 'FILE_UNWRITABLE' || cause.code === 'STORE_LOCKED';
}
