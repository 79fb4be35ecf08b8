/**
 * Hardware: the radio and the wires of a station, as links with numbers. It translates both ways and
 * decides nothing about packets.
 *
 *   radio  -> inputs of a station
 *   wires  ->
 *             outputs of a station -> radio, wires
 */
import type { Random } from '../../protocol/core/machine.ts';
import { HoplineError } from '../../protocol/errors.ts';
import type { Medium, StationInput, StationOutput } from '../../protocol/peer/contract.ts';
import { STATION_DEFAULTS } from '../../protocol/peer/settings.ts';
import type { SystemClock } from './clock.ts';
import type { RelayConfig } from './config.ts';
import type { Log } from './log.ts';
import type { Sighted } from './neighbourhood.ts';
import { Neighbourhood } from './neighbourhood.ts';
import type { Radio, RadioEvent } from './radio.ts';
import type { SkewReading } from './skew.ts';
import { Skew } from './skew.ts';
import type { WireStatus, WiresPorts } from './wires.ts';
import { Wires } from './wires.ts';

/** Links out when there is a radio: what the adapters of a Pi carry beside one in. */
const OUT_MAX = STATION_DEFAULTS.outMax;
/**
 * Inputs that may not be lost, and wait while the station takes none. Beyond it goes what a link was
 * before it closed; where that is not enough we are overwhelmed.
 */
export const LATE_MAX = 4096;
/** How soon they are offered again. */
const LATE_MS = 50;

export type OpenRadio = (
  options: { adapter: string | null; name: string },
  events: (event: RadioEvent) => void,
) => Promise<Radio>;

export type HardwareConfig = Pick<
  RelayConfig,
  'name' | 'radio' | 'serial' | 'baud' | 'powerCycle'
> & {
  /** This node's id. */
  id: Uint8Array;
  frameMax: number;
  /** Whether there is something to do without radio and wires. */
  isOptional: boolean;
};

export type HardwarePorts = {
  openRadio: OpenRadio;
  tether: WiresPorts['tether'];
  listSerial: WiresPorts['list'];
  random: Random;
  clock: SystemClock;
  log: Log;
  /** Nothing goes on: inputs that may not be lost are more than can wait. */
  overwhelmed(cause: unknown): void;
};

export type RadioState =
  /** The settings say so. */
  | 'unwanted'
  /** There is none. */
  | 'missing'
  /** It is there, and has no power. */
  | 'off'
  | 'on';

export type RadioReport = {
  state: RadioState;
  adapter: string | null;
  isAdvertising: boolean;
  isScanning: boolean;
};

/** What of a station concerns its radio and wires. */
export type HardwareInput = Extract<
  StationInput,
  { kind: 'opened' | 'resized' | 'closed' | 'received' | 'sent' | 'sighted' | 'power' }
>;
/** What may not be lost. */
type Late = Exclude<HardwareInput, { kind: 'received' | 'sighted' }>;
export type HardwareOutput = Extract<
  StationOutput,
  { kind: 'write' | 'connect' | 'disconnect' | 'advertise' | 'scan' }
>;

export class Hardware {
  readonly hasRadio: boolean;
  /** Why there is no radio though one is wanted, and what to do. */
  readonly radioProblem: string | null;
  private readonly config: HardwareConfig;
  private readonly ports: HardwarePorts;
  private readonly radio: Radio | null;
  private readonly wires: Wires;
  private readonly neighbourhood = new Neighbourhood();
  private readonly skew = new Skew();
  private readonly media: (Medium | null)[] = [];
  /** False when the input was not taken. Until `start` nobody takes any. */
  private feed: (input: HardwareInput) => boolean = () => false;
  private late: Late[] = [];
  /** Links that were opened and closed again, and of which nothing is told. */
  private missed = 0;
  private lateAgain: NodeJS.Timeout | undefined;
  private radioState: RadioState;
  private isAdvertising = false;
  private isScanning = false;
  private isLeaving = false;
  private isClosed = false;
  /** By link, writes that are out: with the link they go. */
  private readonly unsent: number[] = [];

  private constructor(
    config: HardwareConfig,
    ports: HardwarePorts,
    { radio, problem }: OpenedRadio,
  ) {
    this.config = config;
    this.ports = ports;
    this.radio = radio;
    this.radioProblem = problem;
    this.hasRadio = radio !== null;
    this.radioState = this.hasRadio ? 'off' : config.radio.isOn ? 'missing' : 'unwanted';
    const { tether, listSerial: list, random, log } = ports;
    this.wires = new Wires(
      this.outMax + 1,
      config,
      { tether, list, random, log },
      {
        up: (link) => this.offer({ kind: 'opened', link, medium: 'wire', payloadMax: 0, rssi: 0 }),
        received: (link, bytes) => this.offer({ kind: 'received', link, bytes }),
        sent: (link) => this.offer({ kind: 'sent', link }),
        down: (link) => this.offer({ kind: 'closed', link }),
      },
    );
  }

  /** Opens the radio. Goes on without one where there may be wires. */
  static async open(config: HardwareConfig, ports: HardwarePorts): Promise<Hardware> {
    // What the radio says before anybody can hear it.
    const early: RadioEvent[] = [];
    let hear = (event: RadioEvent): void => void early.push(event);
    const opened = await openedRadio(config, ports, (event) => hear(event));
    const hardware = new Hardware(config, ports, opened);
    hear = (event) => hardware.onRadio(event);
    early.forEach(hear);
    return hardware;
  }

  /** Links out on the air, numbered from 1; wires follow. */
  get outMax(): number {
    return this.hasRadio ? OUT_MAX : 0;
  }

  /** Wires that were found. */
  get wireCount(): number {
    return this.wires.size;
  }

  /** From now on inputs go to `feed`, which says whether it took them. */
  async start(feed: (input: HardwareInput) => boolean): Promise<void> {
    this.feed = feed;
    this.offerLate();
    await this.wires.start(this.config.serial);
  }

  /** Lets go of a serial port for a while (Wires). */
  lend(port: string): Promise<() => void> {
    return this.wires.lend(port);
  }

  perform(output: HardwareOutput): void {
    switch (output.kind) {
      case 'write':
        return this.write(output.link, output.bytes);
      case 'connect':
        return this.radio?.connect(output.link, output.address, output.service);
      case 'disconnect':
        return this.radio?.disconnect(output.link);
      case 'advertise': {
        if (this.isLeaving) return;
        const { bytes, connectable: isConnectable, phones: isForPhones } = output;
        this.isAdvertising = true;
        return this.radio?.advertise({ bytes, isConnectable, isForPhones, name: this.config.name });
      }
      case 'scan':
        if (this.isLeaving) return;
        this.isScanning = output.on;
        return this.radio?.scan(output.on);
    }
  }

  radioReport(): RadioReport {
    const { isAdvertising, isScanning, radioState: state } = this;
    return { state, adapter: this.config.radio.adapter, isAdvertising, isScanning };
  }

  wireReport(): WireStatus[] {
    return this.wires.status();
  }

  /** How far our clock is from those around us. */
  skewReading(): SkewReading {
    return this.skew.reading();
  }

  neighbours(): Sighted[] {
    return this.neighbourhood.list(this.ports.clock.now());
  }

  /** Nobody new is looked for or invited; what is open stays. */
  leave(): void {
    this.isLeaving = true;
    this.radio?.scan(false);
    this.radio?.advertise(null);
  }

  /** Whether all that was written has left the radio. */
  get isDrained(): boolean {
    return this.unsent.every((count) => count <= 0);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.lateAgain);
    await Promise.all([this.wires.close(), this.radio?.close()]);
  }

  private onRadio(event: RadioEvent): void {
    switch (event.kind) {
      case 'power':
        this.radioState = event.isOn ? 'on' : 'off';
        this.ports.log.info('radio', { on: event.isOn });
        return this.offer(event);
      case 'sighted': {
        this.neighbourhood.hear(event, this.ports.clock.now());
        const { address, rssi, service, bytes } = event;
        if (service === 'uart') return;
        return this.offer({ kind: 'sighted', address, rssi, service, bytes });
      }
      case 'opened':
        return this.onOpened(event);
      case 'resized':
        return this.offer({ kind: 'resized', link: event.link, payloadMax: this.roomOf(event) });
      case 'received':
        this.hearClock(event.link, event.bytes);
        return this.offer(event);
      case 'sent':
        this.unsent[event.link]--;
        return this.offer(event);
      case 'closed':
        this.media[event.link] = null;
        this.unsent[event.link] = 0;
        this.ports.log.debug('link closed', { link: event.link, why: event.why });
        return this.offer({ kind: 'closed', link: event.link });
      case 'drop':
        this.ports.log.debug('not sent', { link: event.link, reason: event.reason });
    }
  }

  private onOpened(event: Extract<RadioEvent, { kind: 'opened' }>): void {
    const { link, service, address, rssi } = event;
    if (service === 'uart') return this.radio!.disconnect(link);
    this.media[link] = service;
    const payloadMax = this.roomOf(event);
    this.ports.log.debug('link opened', { link, service, payloadMax, rssi });
    this.offer({ kind: 'opened', link, medium: service, payloadMax, rssi, address });
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

  private write(link: number, bytes: Uint8Array): void {
    if (!this.isAir(link)) return this.wires.write(link, bytes);
    this.unsent[link] = (this.unsent[link] ?? 0) + 1;
    this.radio?.write(link, bytes);
  }

  private isAir(link: number): boolean {
    return this.hasRadio && link <= OUT_MAX;
  }

  /**
   * A station takes nothing while it is flooded or its disk fails. What comes then is lost like any
   * packet on the air; what says how links are is kept in order.
   */
  private offer(input: HardwareInput): void {
    if (this.isClosed || (this.late.length === 0 && this.feed(input))) return;
    if (input.kind === 'received' || input.kind === 'sighted') return;
    this.late.push(input);
    if (this.late.length > LATE_MAX) this.forgetPast();
    if (this.late.length > LATE_MAX) {
      const cause = new HoplineError('RELAY_BROKEN', 'it could not follow what its links do');
      return this.ports.overwhelmed(cause);
    }
    this.lateAgain ??= setTimeout(() => this.offerLate(), LATE_MS);
  }

  /** A disk may fail for days, and somebody come and go all the while. */
  private forgetPast(): void {
    let kept: Late[] = [];
    for (const input of this.late) {
      kept = outlasting(kept, input);
      kept.push(input);
    }
    this.missed += openings(this.late) - openings(kept);
    this.late = kept;
  }

  private offerLate(): void {
    clearTimeout(this.lateAgain);
    this.lateAgain = undefined;
    let taken = 0;
    while (taken < this.late.length && this.feed(this.late[taken])) taken++;
    this.late = this.late.slice(taken);
    if (this.late.length === 0 && this.missed > 0) {
      this.ports.log.info('links came and went unheard', { count: this.missed });
      this.missed = 0;
    }
    if (this.late.length > 0) this.lateAgain = setTimeout(() => this.offerLate(), LATE_MS);
  }
}

function openings(late: Late[]): number {
  return late.filter(({ kind }) => kind === 'opened').length;
}

/** What of `late` still matters before `input`. */
function outlasting(late: Late[], input: Late): Late[] {
  if (input.kind === 'closed') {
    return late.filter((other) => other.kind === 'power' || other.link !== input.link);
  }
  if (input.kind !== 'power') return late;
  // That it was off is told even where it is on again.
  const last = late.findLast(({ kind }) => kind === 'power');
  return late.filter((other) => other.kind !== 'power' || other === last);
}

type OpenedRadio = { radio: Radio | null; problem: string | null };

async function openedRadio(
  config: HardwareConfig,
  { openRadio, log }: HardwarePorts,
  hear: (event: RadioEvent) => void,
): Promise<OpenedRadio> {
  if (!config.radio.isOn) return { radio: null, problem: null };
  try {
    const radio = await openRadio({ adapter: config.radio.adapter, name: config.name }, hear);
    return { radio, problem: null };
  } catch (cause) {
    const hasWires = config.serial === 'auto' || config.serial.length > 0;
    if (!(cause instanceof HoplineError) || !(hasWires || config.isOptional)) throw cause;
    log.warn(cause.message);
    return { radio: null, problem: cause.message };
  }
}
