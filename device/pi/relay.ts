/**
 * Relay: a station on this machine: its radio, its wires, its clock, what it stores, and those who
 * watch. It performs what the station wants and tells it what happens; it decides nothing about
 * packets.
 *
 *   hardware   -> station (Driver) -> hardware
 *   wall clock ->                  -> files, log, audience
 */
import { crc32 } from '../../protocol/core/crc32.ts';
import { Driver } from '../../protocol/core/driver.ts';
import type { Random } from '../../protocol/core/machine.ts';
import { HoplineError } from '../../protocol/errors.ts';
import type { StationInput, StationOutput, StoredRecord } from '../../protocol/peer/contract.ts';
import { HISTORY_LIMITS } from '../../protocol/peer/history.ts';
import type { Device } from '../../protocol/peer/note-desk.ts';
import { STATION_DEFAULTS } from '../../protocol/peer/settings.ts';
import { Station } from '../../protocol/peer/station.ts';
import type { Crypto } from '../../protocol/trust/crypto.ts';
import type { Identity } from '../../protocol/trust/identity.ts';
import type { Pin } from '../../protocol/trust/pins.ts';
import { Audience } from './audience.ts';
import type { SystemClock } from './clock.ts';
import { systemClock } from './clock.ts';
import type { RelayConfig } from './config.ts';
import { SERIAL_PORTS_MAX } from './config.ts';
import { logEvent } from './event-log.ts';
import type { HardwarePorts } from './hardware.ts';
import { Hardware } from './hardware.ts';
import { drained } from './leaving.ts';
import type { Log } from './log.ts';
import { WallClock } from './wall-clock.ts';

export type RelayPorts = Pick<HardwarePorts, 'openRadio' | 'tether' | 'listSerial'> & {
  crypto: Crypto;
  random: Random;
  draw: (size: number) => Uint8Array;
  log: Log;
  /** Makes it durable, or throws. */
  store(record: StoredRecord): void;
  /** Nothing goes on: what is durable must be begun with anew. */
  broken(cause: unknown): void;
};

/** Who this relay is, and what it found stored. */
export type RelayMemory = { identity: Identity; pins: Pin[]; devices: Device[] };

export class Relay {
  /** For whoever asks, watches or listens. */
  readonly audience: Audience;
  private readonly ports: RelayPorts;
  private readonly hardware: Hardware;
  private readonly station: Station;
  private readonly driver: Driver<StationInput, StationOutput>;
  private readonly clock: SystemClock;
  private readonly wallClock: WallClock;
  private isBroken = false;
  private hasLeft = false;

  private constructor(
    config: RelayConfig,
    { identity, pins, devices }: RelayMemory,
    ports: RelayPorts,
    hardware: Hardware,
    clock: SystemClock,
  ) {
    const { crypto, random, draw, log } = ports;
    this.ports = ports;
    this.hardware = hardware;
    this.clock = clock;
    const { hasRadio, outMax } = hardware;
    const { messages, kilobytes, hours } = config.history;
    const settings = {
      ...STATION_DEFAULTS,
      name: config.name,
      outMax,
      nodesMax: hasRadio ? STATION_DEFAULTS.nodesMax : 0,
      wires: SERIAL_PORTS_MAX,
      ttlMax: config.ttl,
      admission: { ...STATION_DEFAULTS.admission, level: config.security },
      stamps: config.stamps,
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
      clock.now(),
    );
    this.driver = new Driver(this.station, clock, {
      commit: (outputs) => this.commit(outputs),
      perform: (output) => this.perform(output),
      halted: (cause) => this.end(cause),
    });
    this.wallClock = new WallClock(clock, log, (offsetMs) => {
      this.driver.feed({ kind: 'clock', offsetMs });
    });
    this.audience = new Audience({
      hardware,
      wallClock: this.wallClock,
      snapshot: () => this.station.snapshot(clock.now()),
      feed: (question) => this.driver.feed(question),
      log,
    });
  }

  /** Goes on without a radio where there are wires, and refuses where there is neither. */
  static async start(config: RelayConfig, memory: RelayMemory, ports: RelayPorts): Promise<Relay> {
    const clock = systemClock();
    const { id } = memory.identity;
    const { frameMax } = STATION_DEFAULTS;
    // Where the radio ends badly before the relay is there, its start has failed already.
    let end: (cause: unknown) => void = ports.broken;
    const hardware = await Hardware.open(
      { ...config, id, frameMax, isOptional: false },
      { ...ports, clock, overwhelmed: (cause) => end(cause) },
    );
    const relay = new Relay(config, memory, ports, hardware, clock);
    end = (cause) => relay.end(cause);
    relay.wallClock.start();
    try {
      await hardware.start((input) => relay.driver.feed(input));
    } catch (failure) {
      await relay.leave();
      throw failure;
    }
    if (!hardware.hasRadio && config.serial === 'auto' && hardware.wireCount === 0) {
      await relay.leave();
      const detail = 'and no serial port either: plug in an adapter or a board';
      throw new HoplineError('RADIO_MISSING', detail);
    }
    return relay;
  }

  get isAlive(): boolean {
    return !this.isBroken;
  }

  /** Says goodbye, lets what was said leave, and lets go of everything. */
  async leave(): Promise<void> {
    if (this.hasLeft) return;
    this.hasLeft = true;
    this.hardware.leave();
    if (!this.isBroken) {
      this.driver.feed({ kind: 'leave' });
      await drained(() => this.hardware.isDrained);
    }
    this.wallClock.stop();
    this.clock.stop();
    await this.hardware.close();
  }

  private end(cause: unknown): void {
    this.isBroken = true;
    this.ports.broken(cause);
  }

  private perform(output: StationOutput): void {
    switch (output.kind) {
      case 'told':
        logEvent(output.event, this.ports.log);
        return this.audience.tell(output.event);
      case 'tapped':
        return this.audience.show(output.frame);
      case 'deliver':
      case 'store':
      // It has no lines.
      case 'forward':
      case 'passed':
      case 'spent':
      // And nobody who judges by its heartbeats.
      case 'beat':
        return;
      default:
        return this.hardware.perform(output);
    }
  }

  private commit(outputs: StationOutput[]): void {
    for (const output of outputs) if (output.kind === 'store') this.ports.store(output.record);
  }
}
