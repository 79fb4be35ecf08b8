/**
 * Run: one scenario from its first step to its verdict. While it is unsafe, all that its faults and
 * deeds say goes wrong, and laws are judged after every step; then a core of nodes is healed, and must
 * catch up. What happened on the way comes out as curves.
 *
 *   drawScenario({ seed }) -> runScenario(scenario, { crypto }, watch) -> outcome
 */
import type { Millis, Tick } from '../../protocol/core/machine.ts';
import { OWN_TTL } from '../../protocol/peer/reception.ts';
import type { StationConfig } from '../../protocol/peer/settings.ts';
import { STATION_DEFAULTS } from '../../protocol/peer/settings.ts';
import type { Crypto } from '../../protocol/trust/crypto.ts';
import { STAMP_BITS } from '../../protocol/trust/levels.ts';
import { fromHex } from '../../protocol/wire/hex.ts';
import type { ComponentKind } from '../../host/component.ts';
import type { RoutingConfig } from '../../host/routing/routing.ts';
import type { Archive, MessageName } from '../../host/types.ts';
import { Byzantine, drawTricks } from './byzantine.ts';
import type { Trick } from './byzantine.ts';
import type { Deed, Pair } from './deeds.ts';
import { Disk } from './disk.ts';
import { byzantineMost, conditionsOf, payloadMaxOf } from './faults.ts';
import { headOf } from './frame-head.ts';
import { Ground, MET_MAX } from './ground.ts';
import type { Breach } from './laws.ts';
import { Laws } from './laws.ts';
import type { Seat } from './mesh.ts';
import type { SimInput, SimNode, SimOutput } from './sim-node.ts';
import { Mesh, MESH_EPOCH_MS } from './mesh.ts';
import { mobilityOf, positionOf, routingOf } from './policy.ts';
import { seededRandom } from './random.ts';
import type { Scenario } from './scenario.ts';
import type { Sample } from './series.ts';
import { Series } from './series.ts';
import { BridgeNode, Roster } from './stations.ts';
import { aroundOf, componentsOf, hopsFrom } from './topology.ts';
import { TraceHash } from './trace-hash.ts';
import { Walk } from './walk.ts';
import type { Word } from './words.ts';
import { Words } from './words.ts';

export type RunPorts = {
  crypto: Crypto;
  /** What every bridge is made richer by, beside its own; a policy of routing, say. */
  components?: readonly ComponentKind[];
  /** Who lives there in place of an honest node: for tests of the laws themselves. */
  dress?: (node: BridgeNode, number: number) => Resident;
};

/** An honest node, or one that is not. */
export type Resident = BridgeNode | Byzantine | Disguise;
/** A node with something changed about it. */
export type Disguise = SimNode & { inner: BridgeNode };

/** Who wants to see a run as it goes. Only what is there is called. */
export type RunWatch = {
  sampled?(sample: Sample): void;
  /** A deed is done, or its end has come. */
  did?(deed: Deed, isOver: boolean, at: Millis): void;
  /** Two nodes have come into reach of each other, or gone out of it. */
  relinked?(a: number, b: number, isOpen: boolean, at: Millis): void;
  /** What a person at a node would be told. */
  told?(node: number, what: string, at: Millis): void;
  stepped?(node: number, input: SimInput | Tick, outputs: readonly SimOutput[], at: Millis): void;
};

export type Outcome = {
  scenario: Scenario;
  breach: Breach | null;
  /** Of all that happened: the same for the same scenario, on every machine. */
  hash: string;
  series: Sample[];
  words: readonly Word[];
  /** Who was healed, and when all of it had caught up; null: it never had. */
  core: readonly number[];
  caughtUpAt: Millis | null;
  byzantine: readonly number[];
  steps: number;
  writes: number;
  /** Packets that came to a node, and of these those that it had had. */
  came: number;
  duplicates: number;
  /** In true time, when it ended. */
  endedAt: Millis;
};

/** Curves have a point so often, or more seldom in a long run: about as many as this. */
const SAMPLE_MS = 5000;
const SAMPLES = 400;
/** A healed core is looked at so often. */
const LOOK_MS = 2000;
/** After it is healed, its nodes have met again before they say something new. */
const MEET_MS = 35_000;
/** A clock this little off is a clock that is right, with what others are off by (WIRE §12 o). */
const RIGHT_MS = 50_000;

export function runScenario(scenario: Scenario, ports: RunPorts, watch: RunWatch = {}): Outcome {
  return new Run(scenario, ports, watch).finish();
}

class Run {
  private readonly scenario: Scenario;
  private readonly ports: RunPorts;
  private readonly watch: RunWatch;
  private readonly mesh: Mesh<Resident>;
  private readonly roster: Roster;
  private readonly disks: Disk[];
  /** Who was made last in the place of each. */
  private readonly living = new Map<number, BridgeNode>();
  private readonly words = new Words();
  private readonly laws: Laws;
  private readonly series: Series;
  private readonly hash = new TraceHash();
  private readonly tricks = new Map<number, readonly Trick[]>();
  private readonly wires = new Set<string>();
  /** Of all stations. */
  private readonly settings: Partial<StationConfig>;
  private readonly walk: Walk | null;
  /** By node, while it walks: it is told where it is by changing it. */
  private readonly routing = new Map<number, RoutingConfig>();
  private readonly ground: Ground;
  /** By node: how far its clock is off. */
  private readonly offMs: Millis[];
  private isHealed = false;

  constructor(scenario: Scenario, ports: RunPorts, watch: RunWatch) {
    const { seed, shape, faults } = scenario;
    const { nodes, edges } = shape;
    this.scenario = scenario;
    this.ports = ports;
    this.watch = watch;
    this.offMs = new Array<number>(nodes + 1).fill(0);
    this.settings = settingsOf(scenario);
    this.walk = Walk.of(scenario);
    for (let node = 1; node <= nodes; node++) {
      this.routing.set(node, routingOf(scenario, this.walk, node));
    }
    this.roster = new Roster(ports.crypto, seed, nodes);
    this.disks = Array.from({ length: nodes + 1 }, () => new Disk());
    this.drawByzantine();
    for (const { a, b, wire } of edges) if (wire) this.wires.add(keyOf(a, b)).add(keyOf(b, a));
    this.series = new Series(this.words, nodes);
    this.laws = new Laws({
      words: this.words,
      roster: this.roster,
      isByzantine: (node) => this.tricks.has(node),
    });
    const payloadMax = payloadMaxOf(faults);
    this.mesh = new Mesh<Resident>(
      {
        seed,
        nodes,
        edges: edges.map((edge) => ({ ...edge, payloadMax })),
        conditions: conditionsOf(faults),
        openWithinMs: OPEN_WITHIN_MS,
        spareLinks: this.walk === null ? 0 : MET_MAX,
        make: (seat, now) => this.make(seat, now),
      },
      {
        stepped: (...step) => this.onStep(...step),
        wrote: (from, to, bytes, _type, at) => this.onWrite(from, to, bytes, at),
        arrived: (from, to, bytes) => this.onArrival(from, to, bytes),
      },
    );
    this.ground = new Ground(this.mesh, scenario, {
      walk: this.walk,
      payloadMax,
      walked: () => this.locate(),
      relinked: (a, b, isOpen) => watch.relinked?.(a, b, isOpen, this.mesh.now),
    });
    this.prepare();
  }

  finish(): Outcome {
    const { safeMs, healMs } = this.scenario;
    this.runUntil(safeMs);
    this.judgeStores();
    const core = this.laws.breach === null ? this.heal() : [];
    const caughtUpAt = this.laws.breach === null ? this.catchUp(core, safeMs + healMs) : null;
    this.judgeStores();
    this.sample();
    const { mesh, laws } = this;
    return {
      scenario: this.scenario,
      breach: laws.breach,
      hash: this.hash.name,
      series: this.series.samples,
      words: this.words.all,
      core,
      caughtUpAt,
      byzantine: [...this.tricks.keys()],
      steps: mesh.steps,
      writes: mesh.writes,
      came: laws.came,
      duplicates: laws.duplicates,
      endedAt: mesh.now,
    };
  }

  private drawByzantine(): void {
    const { seed, shape, faults } = this.scenario;
    const random = seededRandom(seed + 3);
    const count = Math.min(faults.byzantine, byzantineMost(shape.nodes));
    while (this.tricks.size < count) {
      this.tricks.set(1 + random(shape.nodes), drawTricks(random));
    }
  }

  private make(seat: Seat, now: Millis): Resident {
    const { node, random } = seat;
    const disk = this.disks[node];
    const lost = disk.lost;
    disk.reopen();
    if (disk.lost > lost) this.forget(node, disk.archive);
    this.laws.restarted(node);
    const { crypto, components = [], dress } = this.ports;
    const identity = this.roster.of(node);
    const options = {
      crypto,
      components,
      station: this.settings,
      routing: this.routing.get(node)!,
    };
    const made = new BridgeNode(seat, identity, disk, options, now);
    this.living.set(node, made);
    const tricks = this.tricks.get(node);
    if (tricks !== undefined) {
      const malice = { tricks, fellows: this.liarsBut(node) };
      return new Byzantine(made, node, malice, this.roster, random, now);
    }
    return dress?.(made, node) ?? made;
  }

  private liarsBut(node: number): number[] {
    const liars = [...this.tricks].filter(([, tricks]) => tricks.includes('lie'));
    return liars.map(([liar]) => liar).filter((liar) => liar !== node);
  }

  /** What its disk lost, nobody can hold against it. */
  private forget(node: number, archive: Archive): void {
    this.laws.forgot(node, archive);
    const kept = new Set(archive.messages.after(0, Infinity).map(({ text }) => text));
    for (const word of this.words.all) {
      if (kept.has(word.text)) continue;
      word.arrivedAt.delete(node);
      if (word.by === node) word.isOnDisk = false;
    }
  }

  private prepare(): void {
    const { deeds, safeMs, healMs, faults, shape } = this.scenario;
    const random = seededRandom(this.scenario.seed + 4);
    for (const deed of deeds) this.mesh.at(deed.at, () => this.start(deed));
    for (let node = 1; node <= shape.nodes; node++) {
      const { drift, duty } = faults;
      if (drift > 0) this.mesh.setDrift(node, random(2 * drift + 1) - drift);
      if (duty > 0) this.mesh.setDuty(node, duty);
    }
    const everyMs = Math.max(SAMPLE_MS, Math.ceil((safeMs + healMs) / SAMPLES));
    const again = (at: Millis): void =>
      this.mesh.at(at, () => {
        this.sample();
        again(at + everyMs);
      });
    again(0);
  }

  private runUntil(until: Millis): void {
    try {
      while (this.laws.breach === null && this.mesh.step(until));
    } catch (failure) {
      const what = failure instanceof Error ? failure.message : String(failure);
      this.laws.break('nodes-hold', this.mesh.now, this.mesh.stepping, what);
    }
    if (this.laws.breach === null) this.mesh.runUntil(until);
  }

  private start(deed: Deed): void {
    if (this.isHealed) return;
    this.hash.text(deed.kind);
    this.watch.did?.(deed, false, this.mesh.now);
    const { ground } = this;
    switch (deed.kind) {
      case 'say':
        return this.ask(deed.node, null, deed.text);
      case 'tell':
        return this.ask(deed.node, deed.to, deed.text);
      case 'crash':
        return this.crash(deed.node, deed.noticeMs, deed.forMs);
      case 'pause':
        this.mesh.pause(deed.node);
        return this.later(deed, deed.forMs, () => this.mesh.resume(deed.node));
      case 'cut':
        for (const pair of deed.pairs) ground.cut(pair);
        return this.later(deed, deed.forMs, () => deed.pairs.forEach((pair) => ground.mend(pair)));
      case 'deafen': {
        const way: Pair = [deed.from, deed.to];
        ground.deafen(way, 1);
        return this.later(deed, deed.forMs, () => ground.deafen(way, -1));
      }
      case 'clock':
        this.offMs[deed.node] = deed.offMs;
        return this.mesh.setClock(deed.node, deed.offMs);
      case 'disk':
        this.disks[deed.node].harm(deed.fault);
        return this.later(deed, deed.forMs, () => this.disks[deed.node].heal());
    }
  }

  /** Its end comes, unless all was healed before. */
  private later(deed: Deed, ms: Millis, end: () => void): void {
    this.mesh.at(this.mesh.now + ms, () => {
      if (this.isHealed) return;
      this.watch.did?.(deed, true, this.mesh.now);
      end();
    });
  }

  private ask(by: number, to: number | null, text: string): void {
    const { mesh } = this;
    if (!mesh.isUp(by)) return;
    const ticket = this.words.ask({ by, to, text, saidAt: mesh.now, offMs: this.offMs[by] });
    const wish =
      to === null
        ? ({ kind: 'say', text } as const)
        : ({ kind: 'tell', peer: this.roster.of(to).id, text } as const);
    mesh.tell(by, { kind: 'ask', ticket, wish });
  }

  private crash(node: number, noticeMs: Millis, forMs: Millis): void {
    const { mesh } = this;
    if (!mesh.isUp(node)) return;
    mesh.crash(node, noticeMs);
    mesh.at(mesh.now + forMs, () => {
      if (!this.isHealed && !mesh.isUp(node)) mesh.restart(node);
    });
  }

  /** The largest part of the mesh that hangs together without those who mean harm; the rest is lost. */
  private heal(): number[] {
    const { mesh, scenario } = this;
    const { nodes, edges } = scenario.shape;
    const honest = numbersTo(nodes).filter((node) => !this.tricks.has(node));
    const around = aroundOf(nodes, edges);
    const isHonest = (node: number): boolean => !this.tricks.has(node);
    const parts = componentsOf(honest, (node) => around[node].filter(isHonest));
    const core = parts.reduce((best, part) => (part.length > best.length ? part : best));
    this.isHealed = true;
    for (const node of honest) {
      this.disks[node].heal();
      this.offMs[node] = 0;
      mesh.setDrift(node, 0);
      if (!core.includes(node)) mesh.crash(node);
    }
    this.ground.heal(core);
    this.locate();
    for (const node of core) {
      mesh.setDuty(node, 100);
      mesh.setClock(node, 0);
      if (!mesh.isUp(node)) mesh.restart(node);
      mesh.resume(node);
    }
    return core;
  }

  /** When all that is owed to the core has come to all of it; a breach of liveness if it never has. */
  private catchUp(core: readonly number[], until: Millis): Millis | null {
    const { mesh, laws } = this;
    const newAt = mesh.now + MEET_MS;
    const newWords = core.slice(0, 2);
    mesh.at(newAt, () => newWords.forEach((node) => this.ask(node, null, `healed ${node}`)));
    while (mesh.now < until && laws.breach === null) {
      this.runUntil(mesh.now + LOOK_MS);
      const isSaid = mesh.now > newAt && this.wordsOf(core).length >= newWords.length;
      if (laws.breach === null && isSaid && this.missing(core) === null) return mesh.now;
    }
    if (laws.breach === null) {
      const what = this.missing(core) ?? 'what was said last was never acknowledged';
      laws.break('liveness', mesh.now, 0, what);
    }
    return null;
  }

  private judgeStores(): void {
    for (const word of this.words.all) {
      this.laws.kept(word, this.archiveOf(word.by), this.mesh.now);
    }
  }

  /** Acknowledged words of the core that the whole core, or he whom they are for, is owed. */
  private wordsOf(core: readonly number[]): Word[] {
    return this.words.acknowledged().filter((word) => {
      const isDated = Math.abs(word.offMs) <= RIGHT_MS;
      return core.includes(word.by) && word.isOnDisk && isDated;
    });
  }

  /** What is owed and not there, in a sentence; null for nothing. */
  private missing(core: readonly number[]): string | null {
    const historyFrom = this.historyFrom(core);
    for (const word of this.wordsOf(core)) {
      const { by, to, text, arrivedAt } = word;
      if (to === null) {
        // What full histories had no room for, nobody is given any more.
        if (this.datedFrom(word) < historyFrom) continue;
        const lacking = core.filter((node) => node !== by && !arrivedAt.has(node));
        if (lacking.length === 0) continue;
        return `"${text}" of node ${by} did not come to ${lacking.join(', ')}`;
      }
      if (!core.includes(to) || !this.isInReach(by, to)) continue;
      if (['waiting', 'sent'].includes(this.stateOf(word))) {
        return `"${text}" of node ${by} for node ${to} is neither delivered nor given up`;
      }
    }
    return null;
  }

  /** What its author's clock showed then at the least. */
  private datedFrom({ saidAt, offMs }: Word): number {
    const driftMs = (saidAt * this.scenario.faults.drift) / 1_000_000;
    return MESH_EPOCH_MS + saidAt + offMs - driftMs;
  }

  /** From when on all of them hold all that they heard. */
  private historyFrom(core: readonly number[]): number {
    const starts = core.map((node) => {
      const { bridge, now } = this.living.get(node)!;
      return bridge.snapshot(now).station.historyFrom;
    });
    return Math.max(...starts);
  }

  /**
   * Nobody writes to whom he does not hear of, and announces go no further than their TTL: less far where
   * a relay has many neighbours (WIRE §12).
   */
  private isInReach(from: number, to: number): boolean {
    const { mesh } = this;
    const all = numbersTo(mesh.nodes);
    const links = all.flatMap((a) => mesh.linked(a).map((b) => ({ a, b })));
    const isDense = all.some((node) => mesh.linked(node).length >= DENSE);
    return hopsFrom(from, mesh.nodes, links)[to] <= OWN_TTL - (isDense ? DENSE_HOPS : 0);
  }

  private stateOf({ by, name }: Word): string {
    return this.archiveOf(by).messages.find(name!)?.state ?? 'gone';
  }

  private archiveOf(node: number): Disk['archive'] {
    return this.disks[node].archive;
  }

  private onStep(
    node: number,
    input: SimInput | Tick,
    outputs: readonly SimOutput[],
    at: Millis,
  ): void {
    const { hash, laws } = this;
    hash.number(at);
    hash.number(node);
    hash.text(input.kind);
    const living = this.living.get(node)!;
    for (const output of outputs) {
      if (output.kind === 'write') hash.bytes(output.bytes);
      else if (output.kind === 'told' || output.kind === 'answer') {
        this.onTold(node, living, output, at);
      }
    }
    laws.stepped(node, living, at);
    this.watch.stepped?.(node, input, outputs, at);
    if (living.hasLostPower) this.crash(node, 0, POWER_BACK_MS);
  }

  private onTold(
    node: number,
    living: BridgeNode,
    output: Extract<SimOutput, { kind: 'told' | 'answer' }>,
    at: Millis,
  ): void {
    const { laws, words, hash, roster } = this;
    if (output.kind === 'answer') {
      const { answer, ticket } = output;
      if (answer.kind === 'stored') words.stored(ticket, answer.name);
      return;
    }
    if (!('of' in output)) return;
    hash.text(output.event.kind);
    if (output.of === 'station') laws.stationTold(node, output.event, at);
    if (output.of !== 'talk') return;
    const { event } = output;
    if (event.kind === 'message') this.onMessage(node, living, event.name, at);
    if (event.kind === 'message-state' && event.state === 'delivered') {
      const to = roster.numberOf(fromHex(event.name.conversation)!);
      laws.confirmed(node, to, this.archiveOf(to), event.name.id, at);
    }
  }

  private onMessage(node: number, living: BridgeNode, name: MessageName, at: Millis): void {
    const word = this.laws.talkTold(node, living.archive, name, at);
    if (word === null) return;
    this.series.arrived(at - word.saidAt);
    this.watch.told?.(node, word.text, at);
  }

  private onWrite(from: number, to: number, bytes: Uint8Array, at: Millis): void {
    const head = headOf(bytes, this.wires.has(keyOf(from, to)));
    if (head !== null) this.laws.wrote(from, head, at);
  }

  private onArrival(from: number, to: number, bytes: Uint8Array): void {
    const head = headOf(bytes, this.wires.has(keyOf(from, to)));
    if (head !== null) this.laws.arrived(to, head);
  }

  private sample(): void {
    const { mesh, series, scenario } = this;
    const all = numbersTo(scenario.shape.nodes);
    const sample = series.take({
      at: mesh.now,
      up: all.filter((node) => mesh.isUp(node)).length,
      open: all.reduce((sum, node) => sum + mesh.linked(node).length, 0) / 2,
      writes: mesh.writes,
      airtimeMs: all.reduce((sum, node) => sum + mesh.airtimeOf(node), 0),
      duplicates: this.laws.duplicates,
      places: this.ground.whereabouts(),
    });
    this.watch.sampled?.(sample);
  }

  /** Nodes learn where they are by now. */
  private locate(): void {
    this.ground.whereabouts()?.forEach((place, at) => {
      const routing = this.routing.get(at + 1)!;
      routing.place = positionOf(place);
      routing.mobility = this.isHealed ? null : mobilityOf(this.walk!.velocityOf(at + 1));
    });
  }
}

/** What thousands of small worlds can do with: most of a node's memory is for many peers. */
const SMALL: Partial<StationConfig> = { seenMax: 2000, frameMax: 8192, waitingMax: 256 };

/** Announces show their work where somebody asks for it: as all do who are to be heard there. */
function settingsOf({ level }: Scenario): Partial<StationConfig> {
  const admission = { ...STATION_DEFAULTS.admission, level };
  return { ...SMALL, admission, stamps: STAMP_BITS[level] > 0 };
}

/** Who has so many neighbours takes so many hops from what it passes on (WIRE §12). */
const DENSE = 6;
const DENSE_HOPS = 2;
/** Edges open within the first second. */
const OPEN_WITHIN_MS = 1000;
/** Whoever lost his power while writing has it back. */
const POWER_BACK_MS = 2000;

function keyOf(a: number, b: number): string {
  return `${a}-${b}`;
}

function numbersTo(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at + 1);
}
