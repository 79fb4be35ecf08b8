/**
 * Slots air: relays, buttons and phones around each other, for the machines that choose links. Buttons
 * are Connectors, relays are Slots, phones dial every relay that lets them. One seed, one history.
 */
import type { ConnectorInput } from '../../../protocol/core/connector.ts';
import { Connector } from '../../../protocol/core/connector.ts';
import type { Millis, Tick } from '../../../protocol/core/machine.ts';
import { TICK } from '../../../protocol/core/machine.ts';
import type { Due } from '../../../protocol/core/schedule.ts';
import { Schedule } from '../../../protocol/core/schedule.ts';
import type { SlotsInput, SlotsOutput } from '../../../protocol/peer/slots.ts';
import { Slots } from '../../../protocol/peer/slots.ts';

import { seededRandom } from '../../../tools/simulate/random.ts';
import { componentsOf } from '../../../tools/simulate/topology.ts';
import { nodeId } from '../../../tools/simulate/world.ts';

export type Kind = 'relay' | 'button' | 'phone';

const ADVERTISE_MS = 1000;
const CONNECT_MS = 400;
const SUPERVISION_MS = 4000;
const HOP_MS = 30;
const LOSS_PERCENT = 20;
const OUT_MAX = 5;
const NODES_MAX = 3;

type Wire = { ends: [End, End]; isOpen: boolean };
type End = { party: number; link: number };
type Input = SlotsInput | Tick;
type Output = { kind: string } & Partial<
  SlotsOutput & { link: number; address: string; mesh: Uint8Array; bytes: Uint8Array }
>;

type Party = {
  kind: Kind;
  machine: Slots | Connector | null;
  isAlive: boolean;
  isOn: boolean;
  isScanning: boolean;
  advert: { bytes: Uint8Array; connectable: boolean; phones: boolean } | null;
  mesh: Uint8Array;
  wires: (Wire | null)[];
  /** Links it is dialling. */
  dials: Set<number>;
};

type Event = Due & { run: () => void };

export class SlotsAir {
  now: Millis = 0;
  /** Links opened, by the kind at the other end of a relay's; `tree` for all between nodes. */
  opened = { phone: 0, tree: 0 };
  /** Phones that have had a link to a relay. */
  readonly served = new Set<number>();
  readonly parties: Party[] = [];
  /** Dials that met nobody, by whom was dialled. */
  readonly refused: number[] = [];
  /** Who turns away whoever dials it. */
  readonly refusing = new Set<number>();
  private readonly random: (below: number) => number;
  private readonly events = new Schedule<Event>();
  private readonly reaches: (a: number, b: number) => boolean;

  constructor(seed: number, kinds: Kind[], reaches: (a: number, b: number) => boolean) {
    this.random = seededRandom(seed);
    this.reaches = reaches;
    kinds.forEach((kind, index) => {
      this.parties.push({
        kind,
        machine: machineOf(kind, index, seededRandom(seed * 65_537 + index)),
        isAlive: true,
        isOn: true,
        isScanning: kind === 'phone',
        advert: null,
        mesh: new Uint8Array(0),
        wires: [],
        dials: new Set(),
      });
      this.refused.push(0);
      if (kind === 'phone') {
        this.parties[index].advert = { bytes: new Uint8Array(0), connectable: true, phones: true };
      }
      this.after(this.random(ADVERTISE_MS), () => this.advertise(index));
    });
  }

  run(until: Millis): void {
    for (;;) {
      let at = this.events.nextAt();
      let first = -1;
      this.parties.forEach(({ machine, isAlive }, index) => {
        if (!isAlive || machine === null || machine.deadline() >= at) return;
        at = machine.deadline();
        first = index;
      });
      if (at > until) break;
      this.now = Math.max(this.now, at);
      if (first >= 0) this.step(first, TICK);
      else this.events.take().run();
    }
    this.now = until;
  }

  kill(index: number): void {
    const party = this.parties[index];
    party.isAlive = false;
    this.vanish(party);
  }

  /** The adapter goes, without a word about its links, and returns. */
  power(index: number, isOn: boolean): void {
    const party = this.parties[index];
    party.isOn = isOn;
    if (!isOn) this.vanish(party);
    this.step(index, { kind: 'power', isOn });
  }

  /** A wire breaks: both ends find out in time. */
  cut(wire: Wire): void {
    if (!wire.isOpen) return;
    wire.isOpen = false;
    for (const end of wire.ends) this.after(SUPERVISION_MS, () => this.lost(end, wire));
  }

  /** What the phone says is worth something. */
  speak(phone: number): void {
    for (const wire of this.wires()) {
      const [a, b] = wire.ends;
      if (a.party === phone) this.step(b.party, { kind: 'used', link: b.link });
      if (b.party === phone) this.step(a.party, { kind: 'used', link: a.link });
    }
  }

  wires(): Wire[] {
    const all = this.parties.flatMap(({ wires }) => wires.filter((wire) => wire?.isOpen));
    return [...new Set(all as Wire[])];
  }

  isPhone(wire: Wire): boolean {
    return wire.ends.some(({ party }) => this.parties[party].kind === 'phone');
  }

  /** The nodes alive, in the meshes that their links make; and as reach would allow. */
  meshes(): number[][] {
    const wires = this.wires();
    return componentsOf(this.nodes(), (node) =>
      wires
        .flatMap(({ ends: [a, b] }) =>
          a.party === node ? [b.party] : b.party === node ? [a.party] : [],
        )
        .filter((to) => this.parties[to].kind !== 'phone'),
    );
  }

  possible(): number[][] {
    const nodes = this.nodes();
    return componentsOf(nodes, (node) =>
      nodes.filter((to) => to !== node && this.reaches(node, to)),
    );
  }

  /** Until the nodes are one mesh where they can be; false if that takes longer. */
  form(withinMs: Millis): boolean {
    const until = this.now + withinMs;
    do this.run(this.now + 1000);
    while (this.now < until && this.meshes().length > this.possible().length);
    return this.meshes().length === this.possible().length;
  }

  private nodes(): number[] {
    return this.parties.flatMap(({ kind, isAlive, isOn }, index) =>
      kind !== 'phone' && isAlive && isOn ? [index] : [],
    );
  }

  private vanish(party: Party): void {
    party.isScanning = party.kind === 'phone';
    party.advert = null;
    party.dials.clear();
    for (const wire of party.wires) {
      if (!wire?.isOpen) continue;
      wire.isOpen = false;
      for (const end of wire.ends) {
        if (this.parties[end.party] !== party) {
          this.after(SUPERVISION_MS, () => this.lost(end, wire));
        }
      }
    }
    party.wires = [];
  }

  private advertise(from: number): void {
    const source = this.parties[from];
    if (!source.isAlive) return;
    this.after(ADVERTISE_MS + this.random(10), () => this.advertise(from));
    const { advert } = source;
    if (advert === null) return;
    this.parties.forEach((target, to) => {
      if (to === from || !target.isAlive || !target.isOn || !target.isScanning) return;
      if (!this.reaches(from, to) || this.random(100) < LOSS_PERCENT) return;
      if (target.kind === 'phone') return this.tempt(to, from);
      if (source.kind === 'phone' && target.kind === 'button') return;
      const service = source.kind === 'phone' ? 'phone' : 'node';
      const { bytes } = advert;
      this.step(to, { kind: 'sighted', address: String(from), rssi: -70, service, bytes });
    });
  }

  /** A phone dials every relay that it has no link to. */
  private tempt(phone: number, relay: number): void {
    const { kind, advert } = this.parties[relay];
    if (kind !== 'relay' || !advert?.connectable || !advert.phones) return;
    if (this.wires().some(({ ends }) => joins(ends, phone, relay))) return;
    const link = this.parties[phone].wires.length;
    this.parties[phone].wires.push(null);
    this.after(CONNECT_MS + this.random(CONNECT_MS), () => this.connect(phone, link, relay));
  }

  private connect(from: number, link: number, to: number): void {
    const source = this.parties[from];
    const target = this.parties[to];
    if (!source.isAlive || !source.isOn) return;
    const isFree =
      target.kind === 'phone' || (target.advert?.connectable && !target.wires[0]?.isOpen);
    const wasDialled = source.kind === 'phone' || source.dials.delete(link);
    if (!wasDialled) return;
    if (!target.isAlive || !target.isOn || !isFree || this.refusing.has(to)) {
      this.refused[to]++;
      return void (source.machine && this.step(from, { kind: 'closed', link }));
    }
    const at = target.kind === 'phone' ? target.wires.length : 0;
    const ends: [End, End] = [
      { party: from, link },
      { party: to, link: at },
    ];
    const wire = { ends, isOpen: true };
    source.wires[link] = wire;
    target.wires[at] = wire;
    this.opened[this.isPhone(wire) ? 'phone' : 'tree']++;
    for (const { party } of ends) if (this.parties[party].kind === 'phone') this.served.add(party);
    for (const end of ends) this.step(end.party, { kind: 'opened', link: end.link });
    for (const end of ends) this.greet(wire, end);
  }

  /** What `end` says of itself gets to the other end. */
  private greet(wire: Wire, end: End): void {
    const other = wire.ends[0] === end ? wire.ends[1] : wire.ends[0];
    const { kind, mesh } = this.parties[end.party];
    if (kind === 'phone' || this.parties[other.party].kind === 'phone') return;
    this.after(HOP_MS, () => {
      if (!wire.isOpen) return;
      const id = nodeId(end.party + 1);
      this.step(other.party, { kind: 'told', link: other.link, id, mesh });
    });
  }

  private step(index: number, input: Input): void {
    const { machine, isAlive } = this.parties[index];
    if (!isAlive || machine === null) return;
    const outputs =
      machine instanceof Slots
        ? machine.step(input, this.now)
        : machine.step(input as ConnectorInput, this.now);
    for (const output of outputs) this.perform(index, output as Output);
  }

  private perform(index: number, output: Output): void {
    const party = this.parties[index];
    switch (output.kind) {
      case 'connect': {
        const { link, address } = output as { link: number; address: string };
        if (party.wires[link]?.isOpen) throw new Error(`${index} dials over link ${link} in use`);
        if (party.dials.size > 0) throw new Error(`${index} dials two at a time`);
        party.dials.add(link);
        this.after(CONNECT_MS + this.random(CONNECT_MS), () =>
          this.connect(index, link, Number(address)),
        );
        break;
      }
      case 'disconnect': {
        const link = output.link!;
        const wire = party.wires[link];
        if (party.dials.delete(link)) {
          this.after(HOP_MS, () => this.step(index, { kind: 'closed', link }));
        } else if (wire?.isOpen) {
          wire.isOpen = false;
          for (const end of wire.ends) this.after(HOP_MS, () => this.lost(end, wire));
        }
        break;
      }
      case 'advertise': {
        const { bytes, connectable, phones } = output as SlotsOutput & { kind: 'advertise' };
        party.advert = { bytes, connectable, phones: phones ?? false };
        break;
      }
      case 'scan':
        party.isScanning = (output as { on: boolean }).on;
        break;
      case 'tell':
        party.mesh = output.mesh!;
        for (const wire of party.wires) {
          const end = wire?.ends.find((one) => one.party === index);
          if (wire?.isOpen && end) this.greet(wire, end);
        }
        break;
    }
  }

  private lost({ party, link }: End, wire: Wire): void {
    const { wires, isOn } = this.parties[party];
    if (wires[link] !== wire || !isOn) return;
    wires[link] = null;
    this.step(party, { kind: 'closed', link });
  }

  private after(ms: Millis, run: () => void): void {
    this.events.add({ dueAt: this.now + ms, order: 0, run });
  }
}

function joins(ends: [End, End], a: number, b: number): boolean {
  return ends.some(({ party }) => party === a) && ends.some(({ party }) => party === b);
}

function machineOf(kind: Kind, index: number, random: (below: number) => number) {
  const id = nodeId(index + 1);
  if (kind === 'phone') return null;
  if (kind === 'button') {
    const config = { id, role: 1, outMax: 2, scanDuty: 100, onBattery: false };
    return new Connector(config, random, 0);
  }
  const config = { id, role: 2, scanDuty: 100, outMax: OUT_MAX, nodesMax: NODES_MAX };
  return new Slots(config, random, 0);
}
