/**
 * Air: what lies between controllers. It decides who hears whom and how loud, who gets a
 * connection, when one is lost, and when the other end has taken a packet.
 */
import { ACL, STATUS } from './hci.ts';

export type AirOptions = {
  /** What every controller says of its buffers for data: their size, and how many it has. */
  aclLength: number;
  aclCount: number;
  /** How long a packet of a connection takes. */
  delayMs: number;
};

/** What is on the air: the link layer of a controller, as far as others notice. */
export type Station = {
  readonly address: string;
  readonly ends: Map<number, End>;
  /** Who is to be connected to as soon as it advertises. */
  readonly dialled: Dialled | null;
  readonly isConnectable: boolean;
  isAt(dialled: Dialled): boolean;
  hear(from: Shown, rssi: number): void;
  takeHandle(): number;
  connected(end: End, peer: string, isRandom: boolean, parameters: Parameters): void;
  disconnected(end: End, reason: number): void;
  completed(end: End): void;
  /** `done` is called when every host has it. */
  toHosts(packet: Buffer, done?: () => void): void;
};

/** What whoever scans is told of. */
export type Shown = {
  kind: number;
  address: string;
  isRandom: boolean;
  data: Buffer;
  response: Buffer;
};

export type Parameters = { interval: number; latency: number; supervision: number };
export type Dialled = Parameters & { address: string; isRandom: boolean };

/** One end of a connection. Central is who dialled. */
export type End = {
  station: Station;
  handle: number;
  isCentral: boolean;
  /** Packets taken from the host and not yet by the other end. */
  waiting: number;
  other: End;
  connection: Connection;
};

export type Connection = {
  central: End;
  /** Out of range: nothing arrives, and after this long both ends notice. */
  supervisionMs: number;
  isLost: boolean;
};

/** As loud as across a table. */
const RSSI = -48;

export class Air {
  readonly options: AirOptions;
  readonly stations: Station[] = [];
  private readonly blocked = new Set<string>();
  private readonly loudness = new Map<string, number>();

  constructor(options: Partial<AirOptions> = {}) {
    this.options = { aclLength: 251, aclCount: 8, delayMs: 0, ...options };
  }

  reaches(a: Station, b: Station): boolean {
    return !this.blocked.has(pair(a, b));
  }

  /** Out of range, connections between the two are lost once their supervision timeout is over. */
  setReach(a: Station, b: Station, isInReach: boolean): void {
    if (isInReach) {
      this.blocked.delete(pair(a, b));
      return;
    }
    this.blocked.add(pair(a, b));
    for (const end of a.ends.values()) if (end.other.station === b) this.lose(end);
  }

  setRssi(a: Station, b: Station, rssi: number): void {
    this.loudness.set(pair(a, b), rssi);
  }

  rssi(a: Station, b: Station): number {
    return this.loudness.get(pair(a, b)) ?? RSSI;
  }

  /** Ends every connection between the two at once, as if both had lost it. */
  cut(a: Station, b: Station): void {
    for (const end of [...a.ends.values()]) {
      if (end.other.station === b) this.end(end, STATUS.TIMED_OUT, STATUS.TIMED_OUT);
    }
  }

  /** An advertisement was sent; whoever was waiting for it is connected. */
  advertised(from: Station, shown: Shown): void {
    for (const to of this.stations) {
      if (to !== from && this.reaches(from, to)) to.hear(shown, this.rssi(from, to));
    }
    if (!from.isConnectable) return;
    const dialler = this.stations.find(
      (to) => to.dialled !== null && from.isAt(to.dialled) && this.reaches(from, to),
    );
    if (dialler !== undefined && dialler !== from) this.join(dialler, from);
  }

  private join(from: Station, to: Station): void {
    const parameters = from.dialled!;
    const connection = { supervisionMs: parameters.supervision * 10, isLost: false } as Connection;
    const central = endOf(from, true, connection);
    const peripheral = endOf(to, false, connection);
    central.other = peripheral;
    peripheral.other = central;
    connection.central = central;
    to.connected(peripheral, from.address, false, parameters);
    from.connected(central, parameters.address, parameters.isRandom, parameters);
  }

  /** The far end is gone without a word. */
  lose(end: End): void {
    const { connection } = end;
    connection.isLost = true;
    setTimeout(() => {
      if (connection.isLost) this.end(end, STATUS.TIMED_OUT, STATUS.TIMED_OUT);
    }, connection.supervisionMs).unref();
  }

  end(end: End, reasonHere: number, reasonThere: number): void {
    end.station.disconnected(end, reasonHere);
    end.other.station.disconnected(end.other, reasonThere);
  }

  /** Data of a host. Its buffer is free again when the hosts of the other end have read it. */
  carry(from: End, flags: number, data: Buffer): void {
    if (from.connection.isLost) return;
    const { other } = from;
    // What starts a message on the way down starts it on the way up under another number.
    const start = flags === 0 ? 2 : flags;
    const head = Buffer.alloc(5);
    head[0] = ACL;
    head.writeUInt16LE(other.handle | (start << 12), 1);
    head.writeUInt16LE(data.length, 3);
    const packet = Buffer.concat([head, data]);
    const deliver = (): void => other.station.toHosts(packet, () => from.station.completed(from));
    if (this.options.delayMs === 0) deliver();
    else setTimeout(deliver, this.options.delayMs);
  }
}

function endOf(station: Station, isCentral: boolean, connection: Connection): End {
  return {
    station,
    handle: station.takeHandle(),
    isCentral,
    waiting: 0,
    connection,
  } as End;
}

function pair(a: Station, b: Station): string {
  return a.address < b.address ? `${a.address} ${b.address}` : `${b.address} ${a.address}`;
}
