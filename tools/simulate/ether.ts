/**
 * Ether: Bluetooth LE between radios, as those who use them see it (DEVICE.md): advertisements that
 * whoever scans may hear, one link in, some out, writes that arrive in order, and a link that dies
 * some seconds after its end has gone. One seed, one history.
 */
import { assert } from '../../protocol/core/assert.ts';
import type { Millis, Random } from '../../protocol/core/machine.ts';
import type { Due } from '../../protocol/core/schedule.ts';
import { Schedule } from '../../protocol/core/schedule.ts';
import type { Service, StationInput, StationOutput } from '../../protocol/peer/contract.ts';
import { seededRandom } from './random.ts';
import { componentsOf } from './topology.ts';
import type { Edge } from './world.ts';

/** What a machine says to its radio. Small nodes know one service only. */
export type RadioOrder =
  | { kind: 'advertise'; bytes: Uint8Array; connectable: boolean }
  /** No more advertisements. */
  | { kind: 'hide' }
  | { kind: 'connect'; link: number; address: string; service?: Service }
  | Extract<StationOutput, { kind: 'scan' | 'disconnect' | 'write' }>;

/** What its radio says to a machine. */
export type RadioNews = Extract<
  StationInput,
  { kind: 'sighted' | 'opened' | 'received' | 'sent' | 'closed' }
>;

export type EtherOptions = {
  seed: number;
  radios: number;
  /** Who is in reach of whom. */
  edges: Edge[];
  /** Links that a radio has, the one in among them. */
  linksMax: number;
  /** Bytes of one write, without the header of a segment. */
  payloadMax: number;
  /** Advertisements lost, of a hundred. */
  lossPercent?: number;
  /** The pause between two advertisements of a radio. */
  advertiseMs: (radio: number) => Millis;
};

/** Within it all advertise for the first time. */
const FIRST_MS = 1000;
const CONNECT_MS = 400;
/** Until a radio believes that the other end is gone. */
const SUPERVISION_MS = 4000;
const WRITE_MS = 15;
const RSSI = -70;

/** One end of a link; `air` is shared by both. */
type End = { radio: number; link: number; air: { isOpen: boolean } };

type Event = Due &
  (
    | { kind: 'advert'; radio: number }
    | { kind: 'dialled'; radio: number; link: number; target: number; service: Service }
    | { kind: 'lost'; radio: number; link: number }
    | { kind: 'news'; radio: number; news: RadioNews; air: { isOpen: boolean } }
  );

/** What a radio is at. */
type Tuner = {
  isAlive: boolean;
  isScanning: boolean;
  advert: { bytes: Uint8Array; connectable: boolean } | null;
  /** By link: who is at the other end. */
  ends: (End | null)[];
  /** By link: whether it is being dialled. */
  dials: boolean[];
};

export class Ether {
  /** Moved by whoever lets time pass. */
  now: Millis;
  /** Links dialled and opened, and closed for whatever reason. */
  opened = 0;
  closed = 0;
  private readonly options: EtherOptions;
  private readonly tuners: Tuner[] = [];
  private readonly reach: number[][];
  private readonly random: Random;
  private readonly lossPercent: number;
  private readonly events = new Schedule<Event>();
  private readonly tell: (radio: number, news: RadioNews) => void;

  /** `tell` is called while `happen` runs; the orders it leads to may be given at once. */
  constructor(options: EtherOptions, now: Millis, tell: (radio: number, news: RadioNews) => void) {
    this.options = options;
    this.now = now;
    this.tell = tell;
    this.random = seededRandom(options.seed);
    this.lossPercent = options.lossPercent ?? 20;
    this.reach = reachOf(options.radios, options.edges);
    for (let radio = 0; radio < options.radios; radio++) {
      this.tuners.push({
        isAlive: true,
        isScanning: false,
        advert: null,
        ends: Array.from({ length: options.linksMax }, () => null),
        dials: Array.from({ length: options.linksMax }, () => false),
      });
      this.add(this.random(FIRST_MS), { kind: 'advert', radio });
    }
  }

  /** When something happens next by itself. */
  nextAt(): Millis {
    return this.events.nextAt();
  }

  /** Lets the next thing happen; `now` must have come to its time. */
  happen(): void {
    const event = this.events.take();
    switch (event.kind) {
      case 'advert':
        if (!this.tuners[event.radio].isAlive) return;
        this.advertise(event.radio);
        this.add(this.options.advertiseMs(event.radio) + this.random(10), {
          kind: 'advert',
          radio: event.radio,
        });
        break;
      case 'dialled':
        this.connect(event);
        break;
      case 'lost':
        this.tuners[event.radio].ends[event.link] = null;
        this.inform(event.radio, { kind: 'closed', link: event.link });
        break;
      case 'news':
        if (event.air.isOpen) this.inform(event.radio, event.news);
        break;
    }
  }

  order(radio: number, order: RadioOrder): void {
    const tuner = this.tuners[radio];
    if (!tuner.isAlive) return;
    switch (order.kind) {
      case 'write':
        this.write(radio, order.link, order.bytes);
        break;
      case 'connect': {
        const { link, address, service = 'node' } = order;
        tuner.dials[link] = true;
        const target = Number(address);
        const afterMs = CONNECT_MS + this.random(CONNECT_MS);
        this.add(afterMs, { kind: 'dialled', radio, link, target, service });
        break;
      }
      case 'disconnect':
        this.disconnect(radio, order.link);
        break;
      case 'advertise':
        tuner.advert = { bytes: order.bytes, connectable: order.connectable };
        break;
      case 'hide':
        tuner.advert = null;
        break;
      case 'scan':
        tuner.isScanning = order.on;
        break;
    }
  }

  /** A radio loses its power: the others find out in time. */
  kill(radio: number): void {
    const tuner = this.tuners[radio];
    tuner.isAlive = false;
    tuner.isScanning = false;
    tuner.advert = null;
    for (const end of tuner.ends) {
      if (!end?.air.isOpen) continue;
      end.air.isOpen = false;
      this.lose(end.radio, end.link, SUPERVISION_MS);
    }
    tuner.ends.fill(null);
  }

  isAlive(radio: number): boolean {
    return this.tuners[radio].isAlive;
  }

  /** Ends of links that somebody has, be they known to be dead or not. */
  get ends(): number {
    return this.tuners.reduce(
      (sum, { ends }) => sum + ends.filter((end) => end !== null).length,
      0,
    );
  }

  /** The radios alive, in the meshes their links form. */
  meshes(): number[][] {
    return componentsOf(this.alive(), (radio) =>
      this.tuners[radio].ends.flatMap((end) => (end?.air.isOpen ? [end.radio] : [])),
    );
  }

  /** The radios alive, in the meshes that reach allows. */
  possible(): number[][] {
    const alive = this.alive();
    return componentsOf(alive, (radio) => this.reach[radio].filter((to) => alive.includes(to)));
  }

  private alive(): number[] {
    return this.tuners.flatMap(({ isAlive }, radio) => (isAlive ? [radio] : []));
  }

  private inform(radio: number, news: RadioNews): void {
    if (this.tuners[radio].isAlive) this.tell(radio, news);
  }

  private advertise(from: number): void {
    const { advert } = this.tuners[from];
    if (advert === null) return;
    for (const to of this.reach[from]) {
      const { isScanning, isAlive } = this.tuners[to];
      if (!isAlive || !isScanning || this.random(100) < this.lossPercent) continue;
      const { bytes } = advert;
      const address = String(from);
      this.inform(to, { kind: 'sighted', address, rssi: RSSI, service: 'node', bytes });
    }
  }

  private connect(event: Extract<Event, { kind: 'dialled' }>): void {
    const { radio: from, link, target: to, service } = event;
    const source = this.tuners[from];
    const target = this.tuners[to];
    if (!source.isAlive) return;
    assert(source.ends[link] === null, 'a radio dials over a link that is free');
    const isWanted = source.dials[link];
    source.dials[link] = false;
    const isFree = target.isAlive && target.advert?.connectable && target.ends[0] === null;
    if (!isWanted || !isFree || !this.reach[from].includes(to)) {
      this.inform(from, { kind: 'closed', link });
      return;
    }
    const air = { isOpen: true };
    source.ends[link] = { radio: to, link: 0, air };
    target.ends[0] = { radio: from, link, air };
    this.opened++;
    const { payloadMax } = this.options;
    const opened = { kind: 'opened', medium: service, payloadMax, rssi: RSSI } as const;
    this.inform(to, { ...opened, link: 0, address: String(from) });
    if (air.isOpen) this.inform(from, { ...opened, link, address: String(to) });
  }

  private write(radio: number, link: number, bytes: Uint8Array): void {
    const end = this.tuners[radio].ends[link];
    // It left for an end that is gone.
    if (!end) return;
    const { air } = end;
    const news: RadioNews = { kind: 'received', link: end.link, bytes: new Uint8Array(bytes) };
    this.add(WRITE_MS, { kind: 'news', radio: end.radio, news, air });
    this.add(WRITE_MS, { kind: 'news', radio, news: { kind: 'sent', link }, air });
  }

  private disconnect(radio: number, link: number): void {
    this.tuners[radio].dials[link] = false;
    const end = this.tuners[radio].ends[link];
    // It is coming to its end already.
    if (!end?.air.isOpen) return;
    end.air.isOpen = false;
    this.lose(radio, link, WRITE_MS);
    this.lose(end.radio, end.link, WRITE_MS);
  }

  /** An end of a link finds that it is no more. */
  private lose(radio: number, link: number, afterMs: Millis): void {
    this.closed++;
    this.add(afterMs, { kind: 'lost', radio, link });
  }

  private add(afterMs: Millis, event: DistributiveOmit<Event, keyof Due>): void {
    this.events.add({ ...event, dueAt: this.now + afterMs, order: 0 } as Event);
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** By radio, from 0, who is in its reach. */
function reachOf(radios: number, edges: Edge[]): number[][] {
  const reach = Array.from({ length: radios }, (): number[] => []);
  for (const { a, b } of edges) {
    reach[a - 1].push(b - 1);
    reach[b - 1].push(a - 1);
  }
  return reach;
}
