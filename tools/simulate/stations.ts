/**
 * Stations: a mesh of them, as `hopline relay` runs one, or of bridges with a store in memory, as
 * `hopline up` does. Keys come from the seed, so that who starts again is who he was.
 */
import { Bridge } from '../../host/bridge.ts';
import { GATEWAY_DEFAULTS } from '../../host/gateway/gateway.ts';
import { CONVERSATIONS_DEFAULTS } from '../../host/peer/contract.ts';
import type { StoreWrite } from '../../host/types.ts';
import { crc32 } from '../../protocol/core/crc32.ts';
import type { Millis, Tick } from '../../protocol/core/machine.ts';
import { RECORD_LINK_DEFAULTS } from '../../protocol/peer/record-link.ts';
import type { StationConfig } from '../../protocol/peer/settings.ts';
import { STATION_DEFAULTS } from '../../protocol/peer/settings.ts';
import { Station } from '../../protocol/peer/station.ts';
import { TRUNKS_DEFAULTS } from '../../protocol/peer/trunks.ts';
import type { Crypto } from '../../protocol/trust/crypto.ts';
import type { Identity } from '../../protocol/trust/identity.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import { MemoryArchive } from './archive.ts';
import type { MeshObserver, MeshOptions, Seat, SimInput, SimNode, SimOutput } from './mesh.ts';
import { Mesh } from './mesh.ts';
import { drawFrom, identityOf } from './people.ts';
import { seededRandom } from './random.ts';

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
  const make = (seat: Seat, now: Millis): Station => {
    const { random } = seat;
    const config = stationConfigOf(seat, options.station ?? {});
    const identity = roster.of(seat.node);
    const draw = (size: number): Uint8Array => drawFrom(random, size);
    return new Station(config, { crypto, identity, random, draw, crc: crc32 }, now);
  };
  return { mesh: new Mesh({ ...options, make }, observer), roster };
}

export function stationConfigOf(seat: Seat, differs: Partial<StationConfig>): StationConfig {
  const { air, wires, node } = seat;
  const links = { outMax: air - 1, choosesLinks: false, wires };
  return { ...STATION_DEFAULTS, ...links, name: `node ${node}`, ...differs };
}

/** A bridge and its store; what is stored is so before anything is done about it. */
export class BridgeNode implements SimNode {
  readonly bridge: Bridge;
  readonly archive: MemoryArchive;

  constructor(
    seat: Seat,
    identity: Identity,
    archive: MemoryArchive,
    { crypto, station = {} }: Pick<StationMeshOptions, 'crypto' | 'station'>,
    now: Millis,
  ) {
    const { random } = seat;
    const draw = (size: number): Uint8Array => drawFrom(random, size);
    this.archive = archive;
    // What was kept, as a daemon gives it at its start.
    const pins = archive.peers.pins();
    const frames = archive.messages.history(0, FRAMES_MAX).reverse();
    this.bridge = new Bridge(
      {
        station: { ...stationConfigOf(seat, station), pins, frames },
        trunks: { ...TRUNKS_DEFAULTS, linesMax: 0, link: RECORD_LINK_DEFAULTS },
        talk: CONVERSATIONS_DEFAULTS,
        gateway: GATEWAY_DEFAULTS,
      },
      { crypto, identity, random, draw, crc: crc32, archive },
      now,
    );
  }

  step(input: SimInput | Tick, now: Millis): readonly SimOutput[] {
    const outputs = this.bridge.step(input as Parameters<Bridge['step']>[0], now);
    const writes = outputs.flatMap((output): StoreWrite[] =>
      output.kind === 'store' ? [output.write] : [],
    );
    if (writes.length > 0) this.archive.commit(writes);
    return outputs;
  }

  deadline(): Millis {
    return this.bridge.deadline();
  }
}

/** Public messages given back at a start. */
const FRAMES_MAX = 1000;

export function bridgeMesh(
  options: StationMeshOptions,
  observer: MeshObserver = {},
): { mesh: Mesh<BridgeNode>; roster: Roster } {
  const { crypto, seed, nodes } = options;
  const roster = new Roster(crypto, seed, nodes);
  const archives = Array.from({ length: nodes + 1 }, () => new MemoryArchive());
  const make = (seat: Seat, now: Millis): BridgeNode =>
    new BridgeNode(seat, roster.of(seat.node), archives[seat.node], options, now);
  return { mesh: new Mesh({ ...options, make }, observer), roster };
}
