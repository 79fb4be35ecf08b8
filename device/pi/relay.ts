/**
 * Relay: a station on this machine: its radio, its wires, its clock, what it stores, and those who
 * watch. It performs what the station wants and tells it what happens; it decides nothing about
 * packets.
 *
 *   radio  -> station (Driver) -> radio
 *   wires  ->                  -> wires
 *   clock  ->                  -> files, log, watchers
 */
import { crc32 } from '../../protocol/core/crc32.ts';
import { Driver } from '../../protocol/core/driver.ts';
import type { Random } from '../../protocol/core/machine.ts';
import { HoplineError } from '../../protocol/errors.ts';
import type {
  Medium,
  StationEvent,
  StationInput,
  StationOutput,
  StoredRecord,
  TappedFrame,
  TracedHop,
} from '../../protocol/peer/contract.ts';
import { HISTORY_LIMITS } from '../../protocol/peer/history.ts';
import type { Device } from '../../protocol/peer/note-desk.ts';
import { STATION_DEFAULTS } from '../../protocol/peer/settings.ts';
import type { Snapshot } from '../../protocol/peer/snapshot.ts';
import { Station } from '../../protocol/peer/station.ts';
import type { Crypto } from '../../protocol/trust/crypto.ts';
import type { Identity } from '../../protocol/trust/identity.ts';
import type { Pin } from '../../protocol/trust/pins.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import { systemClock } from './clock.ts';
import type { RelayConfig } from './config.ts';
import { SERIAL_PORTS_MAX } from './config.ts';
import type { Log } from './log.ts';
import type { Radio, RadioEvent } from './radio.ts';
import type { Sighted } from './neighbourhood.ts';
import { Neighbourhood } from './neighbourhood.ts';
import type { SkewReading } from './skew.ts';
import { Skew } from './skew.ts';
import type { WireStatus } from './wires.ts';
import { Wires } from './wires.ts';

/** Links out when there is a radio: what the adapters of a Pi carry beside one in. */
export const OUT_MAX = STATION_DEFAULTS.outMax;
/** The clock may be set while we run. */
const CLOCK_EVERY_MS = 10_000;
/** An earlier time is that of a machine that does not know it. */
const CLOCK_LEAST_MS = Date.UTC(2025, 0, 1);
/** For what was written last to leave, once we take our leave. */
const LEAVE_MS = 1000;
/** Pings and traces that wait for their answers; more are refused. */
export const WAITING_MAX = 8;

export type OpenRadio = (
  options: { adapter: string | null; name: string },
  events: (event: RadioEvent) => void,
) => Promise<Radio>;

export type RelayPorts = {
  crypto: Crypto;
  random: Random;
  draw: (size: number) => Uint8Array;
  openRadio: OpenRadio;
  tether: ConstructorParameters<typeof Wires>[2]['tether'];
  listSerial: ConstructorParameters<typeof Wires>[2]['list'];
  log: Log;
  /** Makes it durable, or throws. */
  store(record: StoredRecord): void;
  /** Nothing goes on: what is durable must be begun with anew. */
  broken(cause: unknown): void;
};

/** Who this relay is, and what it found stored. */
export type RelayMemory = { identity: Identity; pins: Pin[]; devices: Device[] };

export type RadioState =
  /** The settings say so. */
  | 'unwanted'
  /** There is none. */
  | 'missing'
  /** It is there, and has no power. */
  | 'off'
  | 'on';

export type RelayReport = {
  pid: number;
  startedAt: number;
  rssBytes: number;
  radio: { state: RadioState; adapter: string | null; isAdvertising: boolean; isScanning: boolean };
  wires: WireStatus[];
  clock: SkewReading & { isKnown: boolean };
  station: Snapshot;
};

export type Pong = { roundTripMs: number; hops: number | null };

/** A frame for a person who watches, with when it was seen. */
export type WatchedFrame = TappedFrame & { unixMs: number };

export class Relay {
  private readonly config: RelayConfig;
  private readonly ports: RelayPorts;
  private readonly station: Station;
  private readonly driver: Driver<StationInput, StationOutput>;
  private readonly clock = systemClock();
  private readonly wires: Wires;
  private readonly hasRadio: boolean;
  private readonly neighbourhood = new Neighbourhood();
  private readonly skew = new Skew();
  private readonly media: (Medium | null)[] = [];
  private readonly watchers = new Set<(frame: WatchedFrame) => void>();
  private readonly listeners = new Set<(event: StationEvent) => void>();
  private readonly startedAt = Date.now();
  private radio: Radio | null = null;
  private radioState: RadioState;
  private isAdvertising = false;
  private isScanning = false;
  private clockCheck: NodeJS.Timeout | undefined;
  private isClockKnown = false;
  private waiting = 0;
  private unsent = 0;
  private isBroken = false;
  private hasLeft = false;

  private constructor(
    config: RelayConfig,
    memory: RelayMemory,
    ports: RelayPorts,
    hasRadio: boolean,
  ) {
    const { crypto, random, draw, log } = ports;
    const { identity, pins, devices } = memory;
    this.config = config;
    this.ports = ports;
    this.hasRadio = hasRadio;
    this.radioState = hasRadio ? 'off' : config.radio.isOn ? 'missing' : 'unwanted';
    const { messages, kilobytes, hours } = config.history;
    const settings = {
      ...STATION_DEFAULTS,
      name: config.name,
      outMax: hasRadio ? OUT_MAX : 0,
      nodesMax: hasRadio ? STATION_DEFAULTS.nodesMax : 0,
      wires: SERIAL_PORTS_MAX,
      ttlMax: config.ttl,
      admission: { ...STATION_DEFAULTS.admission, level: config.security },
      history: {
        ...HISTORY_LIMITS,
        messages,
        bytes: kilobytes * 1024,
        ageMs: hours * 3600_000,
      },
      pins,
      devices,
    };
    this.station = new Station(
      settings,
      { crypto, identity, random, draw, crc: crc32 },
      this.clock.now(),
    );
    this.driver = new Driver(this.station, this.clock, {
      commit: (outputs) => this.commit(outputs),
      perform: (output) => this.perform(output),
      halted: (cause) => {
        this.isBroken = true;
        ports.broken(cause);
      },
    });
    this.wires = new Wires(
      settings.outMax + 1,
      {
        baud: config.baud,
        id: identity.id,
        frameMax: settings.frameMax,
        powerCycle: config.powerCycle,
      },
      { tether: ports.tether, list: ports.listSerial, random, log },
      {
        up: (link) => this.feed({ kind: 'opened', link, medium: 'wire', payloadMax: 0, rssi: 0 }),
        received: (link, bytes) => this.feed({ kind: 'received', link, bytes }),
        sent: (link) => this.feed({ kind: 'sent', link }),
        down: (link) => this.feed({ kind: 'closed', link }),
      },
    );
  }

  /** Goes on without a radio where there are wires, and refuses where there is neither. */
  static async start(config: RelayConfig, memory: RelayMemory, ports: RelayPorts): Promise<Relay> {
    // What the radio says before the relay is there.
    const early: RadioEvent[] = [];
    let hear = (event: RadioEvent): void => void early.push(event);
    const radio = await openedRadio(config, ports, (event) => hear(event));
    const relay = new Relay(config, memory, ports, radio !== null);
    relay.radio = radio;
    hear = (event) => relay.onRadio(event);
    early.forEach(hear);
    await relay.begin();
    return relay;
  }

  get isAlive(): boolean {
    return !this.isBroken;
  }

  report(): RelayReport {
    const { isAdvertising, isScanning, radioState } = this;
    return {
      pid: process.pid,
      startedAt: this.startedAt,
      rssBytes: process.memoryUsage.rss(),
      radio: { state: radioState, adapter: this.config.radio.adapter, isAdvertising, isScanning },
      wires: this.wires.status(),
      clock: { ...this.skew.reading(), isKnown: this.isClockKnown },
      station: this.station.snapshot(this.clock.now()),
    };
  }

  neighbours(): Sighted[] {
    return this.neighbourhood.list(this.clock.now());
  }

  /** Null when nothing came back. */
  ping(id: Uint8Array): Promise<Pong | null> {
    return this.asked<Pong | null>('ping', id, (event, done) => {
      const { roundTripMs, hops } = event as Pong;
      if (event.kind === 'pong') done({ roundTripMs, hops });
      if (event.kind === 'ping-lost') done(null);
    });
  }

  /** The nodes that answered, as they did. */
  trace(id: Uint8Array): Promise<TracedHop[]> {
    const hops: TracedHop[] = [];
    return this.asked<TracedHop[]>('trace', id, (event, done) => {
      if (event.kind === 'hop') hops.push(event.hop);
      if (event.kind === 'trace-done') done(hops);
    });
  }

  /** Calls `watcher` with every frame until the returned function is called. */
  watch(watcher: (frame: WatchedFrame) => void): () => void {
    this.watchers.add(watcher);
    this.ports.log.debug('watched', { watchers: this.watchers.size });
    this.feed({ kind: 'tap', isOn: true });
    return () => {
      this.watchers.delete(watcher);
      if (this.watchers.size === 0) this.feed({ kind: 'tap', isOn: false });
    };
  }

  listen(listener: (event: StationEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Says goodbye, lets what was said leave, and lets go of everything. */
  async leave(): Promise<void> {
    if (this.hasLeft) return;
    this.hasLeft = true;
    this.radio?.scan(false);
    this.radio?.advertise(null);
    if (!this.isBroken) {
      this.driver.feed({ kind: 'leave' });
      const until = this.clock.now() + LEAVE_MS;
      do await soon();
      while (this.unsent > 0 && this.clock.now() < until);
    }
    clearInterval(this.clockCheck);
    this.clock.stop();
    await Promise.all([this.wires.close(), this.radio?.close()]);
  }

  private async begin(): Promise<void> {
    this.checkClock();
    this.clockCheck = setInterval(() => this.checkClock(), CLOCK_EVERY_MS);
    await this.wires.start(this.config.serial);
    if (this.hasRadio || this.config.serial !== 'auto' || this.wires.size > 0) return;
    await this.leave();
    throw new HoplineError(
      'RADIO_MISSING',
      'and no serial port either: plug in an adapter or a board',
    );
  }

  private checkClock(): void {
    const unixMs = Date.now();
    const isKnown = unixMs >= CLOCK_LEAST_MS;
    if (!isKnown && (this.isClockKnown || this.clockCheck === undefined)) {
      this.ports.log.warn('the clock is not set: packets are relayed, and nothing is said');
    }
    this.isClockKnown = isKnown;
    this.feed({ kind: 'clock', offsetMs: isKnown ? unixMs - this.clock.now() : null });
  }

  private onRadio(event: RadioEvent): void {
    switch (event.kind) {
      case 'power':
        this.radioState = event.isOn ? 'on' : 'off';
        this.ports.log.info('radio', { on: event.isOn });
        return this.feed(event);
      case 'sighted': {
        this.neighbourhood.hear(event, this.clock.now());
        const { address, rssi, service, bytes } = event;
        if (service === 'uart') return;
        return this.feed({ kind: 'sighted', address, rssi, service, bytes });
      }
      case 'opened':
        return this.open(event);
      case 'resized':
        return this.feed({ kind: 'resized', link: event.link, payloadMax: this.roomOf(event) });
      case 'received':
        this.hearClock(event.link, event.bytes);
        return this.feed(event);
      case 'sent':
        this.unsent--;
        return this.feed(event);
      case 'closed':
        this.media[event.link] = null;
        this.ports.log.debug('link closed', { link: event.link, why: event.why });
        return this.feed({ kind: 'closed', link: event.link });
      case 'drop':
        this.ports.log.debug('not sent', { link: event.link, reason: event.reason });
    }
  }

  private open(event: Extract<RadioEvent, { kind: 'opened' }>): void {
    const { link, service, address, rssi } = event;
    if (service === 'uart') return this.radio!.disconnect(link);
    this.media[link] = service;
    const payloadMax = this.roomOf(event);
    this.ports.log.debug('link opened', { link, service, payloadMax, rssi });
    this.feed({ kind: 'opened', link, medium: service, payloadMax, rssi, address });
  }

  /** A segment has a byte of header (WIRE §23). */
  private roomOf({ link, payloadMax }: { link: number; payloadMax: number }): number {
    return this.media[link] === 'node' ? payloadMax - 1 : payloadMax;
  }

  private hearClock(link: number, bytes: Uint8Array): void {
    // The first segment of a frame begins as the frame does.
    const isFirst = this.media[link] === 'node' && (bytes[0] & 0x80) !== 0;
    if (isFirst) this.skew.hear(bytes.subarray(1), Date.now());
    else if (this.media[link] === 'phone') this.skew.hear(bytes, Date.now());
  }

  private perform(output: StationOutput): void {
    switch (output.kind) {
      case 'write':
        return this.write(output.link, output.bytes);
      case 'connect':
        return this.radio?.connect(output.link, output.address, output.service);
      case 'disconnect':
        return this.radio?.disconnect(output.link);
      case 'advertise': {
        if (this.hasLeft) return;
        const { bytes, connectable: isConnectable, phones: isForPhones } = output;
        this.isAdvertising = true;
        return this.radio?.advertise({ bytes, isConnectable, isForPhones, name: this.config.name });
      }
      case 'scan':
        if (this.hasLeft) return;
        this.isScanning = output.on;
        return this.radio?.scan(output.on);
      case 'told':
        return this.tell(output.event);
      case 'tapped': {
        const frame = { ...output.frame, unixMs: Date.now() };
        return this.watchers.forEach((watcher) => watcher(frame));
      }
      case 'deliver':
      case 'store':
    }
  }

  private write(link: number, bytes: Uint8Array): void {
    if (!this.isAir(link)) return this.wires.write(link, bytes);
    this.unsent++;
    this.radio?.write(link, bytes);
  }

  private commit(outputs: StationOutput[]): void {
    for (const output of outputs) if (output.kind === 'store') this.ports.store(output.record);
  }

  private tell(event: StationEvent): void {
    logEvent(event, this.ports.log);
    for (const listener of this.listeners) listener(event);
  }

  /** Feeds a question and hears until it is answered or refused. */
  private asked<Answer>(
    kind: 'ping' | 'trace',
    id: Uint8Array,
    hear: (event: StationEvent, done: (answer: Answer) => void) => void,
  ): Promise<Answer> {
    if (this.waiting >= WAITING_MAX) throw refused('busy');
    this.waiting++;
    return new Promise<Answer>((resolve, reject) => {
      const end = this.listen((event) => {
        if (event.kind === 'refused' && event.what === kind)
          return finish(() => reject(refused(event.reason)));
        if (isAbout(event, id)) hear(event, (answer) => finish(() => resolve(answer)));
      });
      const finish = (settle: () => void): void => {
        end();
        this.waiting--;
        settle();
      };
      this.feed({ kind, id });
    });
  }

  private isAir(link: number): boolean {
    return this.hasRadio && link <= OUT_MAX;
  }

  /** The inbox is full only when we are flooded; then what comes is lost like any packet on the air. */
  private feed(input: StationInput): void {
    this.driver.feed(input);
  }
}

async function openedRadio(
  config: RelayConfig,
  { openRadio, log }: RelayPorts,
  hear: (event: RadioEvent) => void,
): Promise<Radio | null> {
  if (!config.radio.isOn) return null;
  try {
    return await openRadio({ adapter: config.radio.adapter, name: config.name }, hear);
  } catch (cause) {
    const isAlone = config.serial !== 'auto' && config.serial.length === 0;
    if (!(cause instanceof HoplineError) || isAlone) throw cause;
    log.warn(cause.message);
    return null;
  }
}

function isAbout(event: StationEvent, id: Uint8Array): boolean {
  const about = event.kind === 'hop' ? event.hop.target : 'id' in event ? event.id : null;
  return about instanceof Uint8Array && toHex(about) === toHex(id);
}

function refused(reason: string): HoplineError {
  const why: Record<string, string> = {
    'no-clock': 'the relay does not know the time; set its clock',
    busy: 'it asks too much at once already; try again in a moment',
    left: 'the relay is ending',
  };
  return new HoplineError('REQUEST_INVALID', why[reason] ?? reason);
}

/** What happened, without what anybody wrote (S21). */
function logEvent(event: StationEvent, log: Log): void {
  switch (event.kind) {
    case 'peer-seen':
      return log.info('peer', { id: toHex(event.id), name: event.name, direct: event.isDirect });
    case 'peer-left':
      return log.info('peer left', { id: toHex(event.id), name: event.name, why: event.reason });
    case 'message':
      return log.debug('message', {
        id: event.id,
        from: toHex(event.sender),
        verified: event.isVerified,
      });
    case 'note':
      return log.info('note said on', { device: toHex(event.device), name: event.name });
    case 'link-settled':
      return log.info('link', {
        link: event.link,
        medium: event.medium,
        mode: event.mode,
        id: toHex(event.id),
        name: event.name,
      });
    case 'link-bound':
      return log.info('link is of a phone', { link: event.link, id: toHex(event.id) });
    case 'link-closed':
      return log.info('link closed', { link: event.link });
    case 'alarm':
      return log.warn('another key is shown for a known peer', { id: toHex(event.id) });
    default:
      return log.debug(event.kind);
  }
}

function soon(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10));
}
