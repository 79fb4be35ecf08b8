/**
 * Link layer: what an adapter does on the air by itself, once it was told to: advertise, scan,
 * connect, and carry packets of a connection. What it has to say goes to its hosts.
 */
import type { Air, Dialled, End, Parameters, Shown, Station } from './air.ts';
import {
  addressBytes,
  event,
  EVENT_CODE,
  LE_EVENT,
  leEvent,
  octets,
  STATUS,
  words,
} from './hci.ts';

/** Kinds of advertisements, and what a scanner hears. */
const CONNECTABLE = 0x00;
const SCANNABLE = 0x02;
const SCAN_RESPONSE = 0x04;

/** Handles are 12 bits; those in use are never given out again. */
const HANDLE_MIN = 0x40;
const HANDLE_MAX = 0xeff;

const IDLE = {
  advertising: { isOn: false, kind: 0, intervalMs: 100, isRandom: false },
  scanning: { isOn: false, isActive: false, isFiltered: false },
};

export abstract class LinkLayer implements Station {
  readonly air: Air;
  readonly address: string;
  /** Of the specification; 9 is 5.0, and below 6 there is no LE. */
  version = 9;
  randomAddress = '00:00:00:00:00:00';
  advertising = { ...IDLE.advertising };
  data = Buffer.alloc(0);
  response = Buffer.alloc(0);
  scanning = { ...IDLE.scanning };
  dialled: Dialled | null = null;
  readonly ends = new Map<number, End>();
  /** Commands it refuses, by number, and with which status. */
  readonly refuses = new Map<number, number>();
  /** Packets that came when all buffers were taken, and were lost. */
  overflows = 0;
  private readonly heard = new Set<string>();
  private handle = HANDLE_MIN;
  private timer: NodeJS.Timeout | undefined;

  constructor(air: Air, address: string) {
    this.air = air;
    this.address = address;
    air.stations.push(this);
  }

  abstract toHosts(packet: Buffer, done?: () => void): void;

  /** Everything is forgotten; the other ends of its connections notice by and by. */
  reset(): void {
    clearInterval(this.timer);
    this.advertising = { ...IDLE.advertising };
    this.scanning = { ...IDLE.scanning };
    this.dialled = null;
    for (const end of this.ends.values()) {
      this.ends.delete(end.handle);
      this.air.lose(end);
    }
  }

  get isConnectable(): boolean {
    return this.advertising.isOn && this.advertising.kind === CONNECTABLE;
  }

  /** Whether a dial to there is one to us. */
  isAt({ address, isRandom }: Dialled): boolean {
    return isRandom === this.advertising.isRandom && address === this.ownAddress;
  }

  get ownAddress(): string {
    return this.advertising.isRandom ? this.randomAddress : this.address;
  }

  setAdvertising(isOn: boolean): void {
    clearInterval(this.timer);
    this.advertising.isOn = isOn;
    if (!isOn) return;
    this.timer = setInterval(() => this.show(), this.advertising.intervalMs);
    setImmediate(() => {
      if (this.advertising.isOn) this.show();
    });
  }

  private show(): void {
    const { kind, isRandom } = this.advertising;
    const { ownAddress: address, data, response } = this;
    this.air.advertised(this, { kind, address, isRandom, data, response });
  }

  setScanning(isOn: boolean, isFiltered: boolean): void {
    this.scanning.isOn = isOn;
    this.scanning.isFiltered = isFiltered;
    this.heard.clear();
  }

  /** Someone advertises. */
  hear({ kind, address, isRandom, data, response }: Shown, rssi: number): void {
    this.report(kind, address, isRandom, data, rssi);
    if (this.scanning.isActive && (kind === CONNECTABLE || kind === SCANNABLE)) {
      this.report(SCAN_RESPONSE, address, isRandom, response, rssi);
    }
  }

  /** Tells the hosts of an advertisement, if they scan. */
  report(
    kind: number,
    address: string,
    isRandom: boolean,
    data: Buffer,
    rssi: number,
    done?: () => void,
  ): void {
    if (!this.scanning.isOn) return done?.();
    if (this.scanning.isFiltered) {
      const mark = `${address} ${kind}`;
      if (this.heard.has(mark)) return done?.();
      this.heard.add(mark);
    }
    const head = octets(1, kind, isRandom ? 1 : 0);
    const size = octets(data.length);
    const parts = [head, addressBytes(address), size, data, octets(rssi)];
    this.toHosts(leEvent(LE_EVENT.REPORT, Buffer.concat(parts)), done);
  }

  takeHandle(): number {
    do this.handle = this.handle === HANDLE_MAX ? HANDLE_MIN : this.handle + 1;
    while (this.ends.has(this.handle));
    return this.handle;
  }

  connected(end: End, peer: string, isRandom: boolean, parameters: Parameters): void {
    this.ends.set(end.handle, end);
    // Advertising ends with the connection that it brought.
    if (end.isCentral) this.dialled = null;
    else this.setAdvertising(false);
    this.connectionComplete(STATUS.OK, end.handle, end.isCentral, peer, isRandom, parameters);
  }

  connectionComplete(
    status: number,
    handle: number,
    isCentral: boolean,
    peer: string,
    isRandom: boolean,
    { interval, latency, supervision }: Parameters,
  ): void {
    const who = [octets(isCentral ? 0 : 1, isRandom ? 1 : 0), addressBytes(peer)];
    const how = [words(interval, latency, supervision), octets(0)];
    const all = [octets(status), words(handle), ...who, ...how];
    this.toHosts(leEvent(LE_EVENT.CONNECTED, Buffer.concat(all)));
  }

  disconnected(end: End, reason: number): void {
    end.connection.isLost = false;
    if (!this.ends.delete(end.handle)) return;
    const parameters = Buffer.concat([octets(STATUS.OK), words(end.handle), octets(reason)]);
    this.toHosts(event(EVENT_CODE.DISCONNECTED, parameters));
  }

  /** The other end has taken a packet. */
  completed(end: End): void {
    end.waiting--;
    if (!this.ends.has(end.handle)) return;
    const parameters = Buffer.concat([octets(1), words(end.handle, 1)]);
    this.toHosts(event(EVENT_CODE.PACKETS_COMPLETED, parameters));
  }

  /** Data of a host. A handle that is no more is no fault: the host could not know yet. */
  send(handleAndFlags: number, data: Buffer): void {
    const end = this.ends.get(handleAndFlags & 0xfff);
    if (end === undefined) return;
    let waiting = 0;
    for (const { waiting: packets } of this.ends.values()) waiting += packets;
    const { aclCount, aclLength } = this.air.options;
    if (waiting >= aclCount || data.length > aclLength) {
      this.overflows++;
      this.toHosts(event(EVENT_CODE.DATA_OVERFLOW, octets(1)));
      return;
    }
    end.waiting++;
    this.air.carry(end, handleAndFlags >> 12, data);
  }
}
