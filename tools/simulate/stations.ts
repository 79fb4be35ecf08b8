/**
 * Stations: a mesh of them, as `hopline relay` runs one, or of bridges with a store in memory, as
 * `hopline up` does. Keys come from the seed, so that who starts again is who he was.
 */
import type { BridgeInput, BridgeOutput } from '../../host/bridge.ts';
import { Bridge } from '../../host/bridge.ts';
import type { ComponentKind } from '../../host/component.ts';
import { GATEWAY_DEFAULTS } from '../../host/gateway/gateway.ts';
import { CONVERSATIONS_DEFAULTS } from '../../host/peer/contract.ts';
import type { RoutingConfig } from '../../host/routing/routing.ts';
import { ROUTING_DEFAULTS } from '../../host/routing/routing.ts';
import type { StoreWrite } from '../../host/types.ts';
import { crc32 } from '../../protocol/core/crc32.ts';
import { Driver } from '../../protocol/core/driver.ts';
import type { Millis, Tick } from '../../protocol/core/machine.ts';
import { TICK } from '../../protocol/core/machine.ts';
import { RECORD_LINK_DEFAULTS } from '../../protocol/peer/record-link.ts';
import type { StationConfig } from '../../protocol/peer/settings.ts';
import { STATION_DEFAULTS } from '../../protocol/peer/settings.ts';
import { Station } from '../../protocol/peer/station.ts';
import { TRUNKS_DEFAULTS } from '../../protocol/peer/trunks.ts';
import type { Crypto } from '../../protocol/trust/crypto.ts';
import type { Identity } from '../../protocol/trust/identity.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import type { MemoryArchive } from './archive.ts';
import { Disk, DISK_FULL, POWER_LOST } from './disk.ts';
import type { MeshObserver, MeshOptions, Seat } from './mesh.ts';
import type { SimInput, SimNode } from './sim-node.ts';
import { Mesh } from './mesh.ts';
import { drawFrom, identityOf } from './people.ts';
import { seededRandom } from './random.ts';

/** What all bridges of a mesh are made with. */
export type BridgeOptions = {
  crypto: Crypto;
  station?: Partial<StationConfig>;
  /** Beside those that every bridge has. */
  components?: readonly ComponentKind[];
  routing?: RoutingConfig;
};

export type StationMeshOptions = Omit<MeshOptions<SimNode>, 'make'> & {
  crypto: Crypto;
  /** What differs from the defaults, for all nodes. */
  station?: Partial<StationConfig>;
};

/** Who is who: the identities of a seed by number, and the numbers by id. */
export class Roster {
  private readonly identities: Identity[];
  private readonly numbers = new Map<string, number>();

  constructor(crypto: Crypto, seed: number, nodes: number) {
    const random = seededRandom(seed * 31 + 7);
    this.identities = Array.from({ length: nodes }, () => identityOf(crypto, random));
    this.identities.forEach(({ id }, at) => this.numbers.set(toHex(id), at + 1));
  }

  get size(): number {
    return this.identities.length;
  }

  of(number: number): Identity {
    return this.identities[number - 1];
  }

  /** 0 for an id of nobody here. */
  numberOf(id: Uint8Array): number {
    return this.numbers.get(toHex(id)) ?? 0;
  }
}

export function stationMesh(
  options: StationMeshOptions,
  observer: MeshObserver = {},
): { mesh: Mesh<Station>; roster: Roster } {
  const { crypto, seed, nodes } = options;
  const roster = new Roster(crypto, seed, nodes);
  const make = (seat: Seat, now: Millis): Station =>
    stationAt(seat, roster.of(seat.node), crypto, options.station ?? {}, now);
  return { mesh: new Mesh({ ...options, make }, observer), roster };
}

/** Whoever sits there. */
export function stationAt(
  seat: Seat,
  identity: Identity,
  crypto: Crypto,
  differs: Partial<StationConfig>,
  now: Millis,
): Station {
  const { random } = seat;
  const config = stationConfigOf(seat, differs);
  const draw = (size: number): Uint8Array => drawFrom(random, size);
  return new Station(config, { crypto, identity, random, draw, crc: crc32 }, now);
}

export function stationConfigOf(seat: Seat, differs: Partial<StationConfig>): StationConfig {
  const { air, wires, node } = seat;
  const links = { outMax: air - 1, choosesLinks: false, wires };
  return { ...STATION_DEFAULTS, ...links, name: `node ${node}`, ...differs };
}

/** A bridge, run by the driver of the product over a disk: what is stored is so before all else. */
export class BridgeNode implements SimNode {
  readonly bridge: Bridge;
  /** The power went while it wrote: it is to be crashed. */
  hasLostPower = false;
  private readonly disk: Disk;
  private readonly driver: Driver<BridgeInput, BridgeOutput>;
  /** Its own time, as of its last step. */
  now: Millis;
  private out: BridgeOutput[] = [];
  private wake: { at: Millis; call: () => void };
  private failure: unknown = null;

  constructor(
    seat: Seat,
    identity: Identity,
    disk: Disk,
    { crypto, station = {}, components = [], routing = ROUTING_DEFAULTS }: BridgeOptions,
    now: Millis,
  ) {
    const { random } = seat;
    const draw = (size: number): Uint8Array => drawFrom(random, size);
    this.disk = disk;
    this.now = now;
    const { archive } = disk;
    // What was kept, as a daemon gives it at its start.
    const pins = archive.peers.pins();
    const frames = archive.messages.history(0, FRAMES_MAX).reverse();
    this.bridge = new Bridge(
      {
        station: { ...stationConfigOf(seat, station), pins, frames },
        trunks: { ...TRUNKS_DEFAULTS, linesMax: 0, link: RECORD_LINK_DEFAULTS },
        talk: CONVERSATIONS_DEFAULTS,
        gateway: GATEWAY_DEFAULTS,
        routing,
        components,
      },
      { crypto, identity, random, draw, crc: crc32, archive },
      now,
    );
    const clock = {
      now: () => this.now,
      wakeAt: (at: Millis, call: () => void) => void (this.wake = { at, call }),
      soon: (run: () => void) => run(),
    };
    this.driver = new Driver(this.bridge, clock, {
      commit: (outputs) => this.commit(outputs),
      willHeal: (cause) => cause === DISK_FULL,
      perform: (output) => void this.out.push(output),
      halted: (cause) => void (this.failure = cause),
    });
    this.wake = { at: now, call: () => void this.driver.feed(TICK) };
  }

  get archive(): MemoryArchive {
    return this.disk.archive;
  }

  step(input: SimInput | Tick, now: Millis): readonly BridgeOutput[] {
    this.now = now;
    this.out = [];
    if (input.kind !== 'tick') this.driver.feed(input as BridgeInput);
    else if (now >= this.wake.at) {
      const { call } = this.wake;
      this.wake = { at: Infinity, call: () => {} };
      call();
    }
    if (this.failure === POWER_LOST) this.hasLostPower = true;
    else if (this.failure !== null) throw this.failure;
    return this.out;
  }

  deadline(): Millis {
    return this.failure === null ? this.wake.at : Infinity;
  }

  private commit(outputs: BridgeOutput[]): void {
    this.disk.commit(
      outputs.flatMap((output): StoreWrite[] => (output.kind === 'store' ? [output.write] : [])),
    );
  }
}

/** Public messages given back at a start. */
const FRAMES_MAX = 1000;

export type BridgeMeshOptions = StationMeshOptions & BridgeOptions;

export function bridgeMesh(
  options: BridgeMeshOptions,
  observer: MeshObserver = {},
): { mesh: Mesh<BridgeNode>; roster: Roster; disks: Disk[] } {
  const { crypto, seed, nodes } = options;
  const roster = new Roster(crypto, seed, nodes);
  const disks = Array.from({ length: nodes + 1 }, () => new Disk());
  const make = (seat: Seat, now: Millis): BridgeNode => {
    disks[seat.node].reopen();
    return new BridgeNode(seat, roster.of(seat.node), disks[seat.node], options, now);
  };
  return { mesh: new Mesh({ ...options, make }, observer), roster, disks };
}
