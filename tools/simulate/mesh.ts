/**
 * Mesh: real nodes joined by fixed edges, in virtual time. It stands in for their drivers and radios:
 * writes are carried as the conditions of their edge say, nodes crash, pause and come back, edges are
 * cut and joined. One seed, one history; and nothing in it is ever looked for among all nodes, so that
 * a step costs the same in a large mesh as in a small one.
 *
 *   write -> way (conditions) -> received        `Node` is a Station, a Bridge, or what a test makes
 */
import { assert } from '../../protocol/core/assert.ts';
import type { Millis, Random, Tick } from '../../protocol/core/machine.ts';
import { TICK } from '../../protocol/core/machine.ts';
import type { Due } from '../../protocol/core/schedule.ts';
import { Schedule } from '../../protocol/core/schedule.ts';
import { Alarms } from './alarms.ts';
import type { Conditions } from './conditions.ts';
import { CLEAR, spokenBy } from './conditions.ts';
import type { End } from './places.ts';
import { Place, Tie } from './places.ts';
import { seededRandom } from './random.ts';
import type { SimInput, SimNode, SimOutput } from './sim-node.ts';
import type { Edge } from './world.ts';

/** Nodes are numbered from 1. An edge is a link between two nodes, or a `wire`. */
export type MeshEdge = Edge & {
  /** Bytes of one write without the header of a segment: MTU-4. */
  payloadMax?: number;
  /** Of both ways; see `condition` for one of them. */
  conditions?: Conditions;
};

/** What a node is made with: its number, the links it needs at least, and chance of its own. */
export type Seat = {
  node: number;
  /** Links on the air are numbered from 0. */
  air: number;
  /** Wires, from `air` on; there is always a link 0 on the air. */
  wires: number;
  random: Random;
};

export type MeshOptions<Node extends SimNode> = {
  seed: number;
  nodes: number;
  edges: readonly MeshEdge[];
  /** Called at the start, and at each restart. `now` is the node's own clock, as in all its steps. */
  make(seat: Seat, now: Millis): Node;
  /** Of edges that name none. */
  conditions?: Conditions;
  /** Unix time at the start, which all nodes are told; null: they know no time. */
  epochMs?: number | null;
  /** Links of each node, beside those of its edges, for edges that are joined later. */
  spareLinks?: number;
  /** Within it the edges open, each at its moment; 0: at once. */
  openWithinMs?: Millis;
  /** After a node let a link go, its edge opens again after so long. */
  reopenMs?: Millis;
  /** Whether nodes are told when a write has left; needless where their windows are without end. */
  tellsLeft?: boolean;
  /** Of a mesh in parts: who is made and stepped in another part (see Parts). */
  isElsewhere?(node: number): boolean;
};

/** Who wants to see what happens. Only what is there is called. */
export type MeshObserver = {
  /** A node was stepped; `at` is true time, and `input` may have been changed by the step. */
  stepped?(node: number, input: SimInput | Tick, outputs: readonly SimOutput[], at: Millis): void;
  /** A write left for a neighbour; `type` is that of the packet which begins in it, -1 for none. */
  wrote?(from: number, to: number, bytes: Uint8Array, type: number, at: Millis): void;
  /** It arrived, or a copy of it did. */
  arrived?(from: number, to: number, bytes: Uint8Array, type: number, at: Millis): void;
  /** It will arrive at somebody who is elsewhere. */
  crossed?(crossing: Crossing): void;
};

/** A write on its way between two parts: `crossed` in one, `cross` in the other. */
export type Crossing = {
  from: number;
  to: number;
  bytes: Uint8Array;
  at: Millis;
  /** Of its edge: what is on its way when that closes is lost. */
  life: number;
};

/** Unix time when a mesh begins, if nothing else is said. */
export const MESH_EPOCH_MS = 1_800_000_000_000;
/** A usual MTU of links between nodes, 512, without its headers. */
export const PAYLOAD_MAX = 508;
const REOPEN_MS = 2000;
/** Inputs that wait for a node that is paused; those that come after them are lost. */
const HELD_MAX = 4096;
/** Steps of one node at one moment: one that wants more never sleeps. */
const STEPS_AT_ONCE_MAX = 10_000;
const RSSI = -60;
/**
 * What arrives at one moment arrives in the order of its ways, whoever wrote first: then it is the same
 * order in a mesh in parts. A way's part of a millisecond says which it is; times stay exact.
 */
const WAY_PART = 2 ** -20;

/** A write on its way. */
type Flight<Node extends SimNode> = Due & {
  to: End<Node>;
  life: number;
  bytes: Uint8Array;
  tellsLeft: boolean;
};

/** Whatever else will happen, most of it long from now. */
type Event<Node extends SimNode> = Due &
  (
    | { kind: 'left'; from: End<Node>; life: number }
    | { kind: 'lost'; end: End<Node>; life: number }
    | { kind: 'opens'; tie: Tie<Node>; life: number }
    | { kind: 'call'; call: () => void }
  );

export class Mesh<Node extends SimNode> {
  now: Millis = 0;
  /** Steps of all nodes, and writes that left, until now. */
  steps = 0;
  writes = 0;
  /** Who was stepped last. */
  stepping = 0;
  readonly nodes: number;
  private readonly options: MeshOptions<Node>;
  private readonly observer: MeshObserver;
  private readonly random: Random;
  /** By number; nobody is 0. */
  private readonly places: Place<Node>[] = [];
  private readonly alarms: Alarms;
  /** Apart from the rest: few at a time, and each soon the first. */
  private readonly flights = new Schedule<Flight<Node>>();
  private readonly events = new Schedule<Event<Node>>();
  /** Numbered from 1: what else is to happen at a moment comes before what arrives. */
  private ways = 1;
  /** Of ways that are gone. */
  private readonly freeWays: number[] = [];

  constructor(options: MeshOptions<Node>, observer: MeshObserver = {}) {
    const { nodes, edges, openWithinMs = 0 } = options;
    this.nodes = nodes;
    this.options = options;
    this.observer = observer;
    this.random = seededRandom(options.seed);
    this.alarms = new Alarms(nodes + 1);
    const [air, wires] = degreesOf(nodes, edges);
    const spare = options.spareLinks ?? 0;
    for (let number = 0; number <= nodes; number++) {
      const chance = seededRandom(options.seed * 31_337 + number);
      const links = { air: Math.max(1, air[number] + spare), wires: wires[number] + spare };
      const isElsewhere = options.isElsewhere?.(number) ?? false;
      this.places.push(new Place({ number, ...links, isElsewhere, chance }));
    }
    for (const place of this.places.slice(1)) this.boot(place);
    for (const edge of edges) {
      const tie = this.tie(edge);
      if (openWithinMs === 0) this.open(tie);
      else this.opensAfter(tie, this.random(openWithinMs));
    }
  }

  /** The node of that number, or null while it is down. */
  node(number: number): Node | null {
    return this.places[number].node;
  }

  /** Steps a node; nothing where it is down, and once it goes on where it is paused. */
  tell(number: number, input: SimInput): void {
    this.give(this.places[number], input);
  }

  /** Has something done when that time comes. */
  at(time: Millis, call: () => void): void {
    this.events.add({ kind: 'call', call, dueAt: Math.max(time, this.now), order: 0 });
  }

  /** When something next happens; `Infinity` for never. */
  nextAt(): Millis {
    return Math.min(this.eventAt(), this.alarms.nextAt());
  }

  /** What somebody elsewhere wrote arrives then. */
  cross({ from, to, bytes, at, life }: Crossing): void {
    assert(at > this.now, 'what was written elsewhere is told in time');
    this.arrives(this.endOf(from, to), bytes, at, life, false);
  }

  /** Lets things happen until `until`. */
  runUntil(until: Millis): void {
    while (this.step(until));
    this.now = Math.max(this.now, until);
  }

  /** Lets the next thing happen; false where none does until then. */
  step(until: Millis): boolean {
    const eventAt = this.eventAt();
    const alarmAt = this.alarms.nextAt();
    const at = Math.min(eventAt, alarmAt);
    if (at > until || at === Infinity) return false;
    this.now = Math.max(this.now, at);
    if (alarmAt < eventAt) this.turn(this.places[this.alarms.next()], TICK);
    else if (this.flights.nextAt() < this.events.nextAt()) this.arrive(this.flights.take());
    else this.happen(this.events.take());
    return true;
  }

  /** Its power is cut. Each neighbour notices after `noticeMs`; never, for `Infinity`. */
  crash(number: number, noticeMs: Millis = 0): void {
    const place = this.places[number];
    if (place.node === null) return;
    place.node = null;
    place.held = null;
    this.alarms.set(number, Infinity);
    for (const end of place.ends) if (end !== null) this.close(end.tie, noticeMs);
  }

  /** In the place of a node that is down, a new one; its edges open. */
  restart(number: number): void {
    const place = this.places[number];
    assert(place.node === null, 'only who is down is started again');
    place.restarts++;
    this.boot(place);
    for (const end of place.ends) if (end !== null) this.open(end.tie);
  }

  /** It does nothing until it goes on, and finds then whatever came meanwhile. */
  pause(number: number): void {
    const place = this.places[number];
    if (place.node === null || place.held !== null) return;
    place.held = [];
    this.alarms.set(number, Infinity);
  }

  resume(number: number): void {
    const place = this.places[number];
    const { held } = place;
    if (held === null) return;
    place.held = null;
    this.turn(place, TICK);
    for (const input of held) this.give(place, input);
  }

  /** The two stop hearing each other, and notice after `noticeMs`; what is on its way is lost. */
  cut(a: number, b: number, noticeMs: Millis = 0): void {
    const { tie } = this.endOf(a, b);
    tie.isJoined = false;
    this.close(tie, noticeMs);
  }

  /** They hear each other again, or for the first time; for this they need spare links. */
  join(edge: MeshEdge): void {
    const known = this.find(edge.a, edge.b);
    const tie = known?.tie ?? this.tie(edge);
    tie.isJoined = true;
    this.open(tie);
  }

  /** Removes an edge and gives its links to those to come; both notice at once. */
  untie(a: number, b: number): void {
    const { tie } = this.endOf(a, b);
    this.cut(a, b);
    // An end that has not noticed an earlier loss would take it for one of the edge to come.
    tie.turn(false);
    for (const end of tie.ends) {
      this.tellClosed(end);
      end.place.ends[end.link] = null;
      this.freeWays.push(end.wayNumber);
    }
  }

  /** From now on, for what `from` writes to `to`, or for both ways. */
  condition(from: number, to: number, conditions: Conditions, bothWays = true): void {
    const end = this.endOf(from, to);
    end.conditions = conditions;
    if (bothWays) end.other.conditions = conditions;
  }

  /** Its clock goes wrong by so much, or right again; what it runs by goes on. */
  setClock(number: number, offMs: Millis): void {
    const place = this.places[number];
    const clock = place.ownClock();
    clock.offMs = this.now - clock.at(this.now) + offMs;
    this.tellTime(place);
  }

  /** Its clock is fast by so many millionths from now on; before, it keeps what it has gained. */
  setDrift(number: number, partsPerMillion: number): void {
    const place = this.places[number];
    place.ownClock().drift(this.now, partsPerMillion);
    this.rearm(place);
  }

  /** Of a hundred parts of its time, how many its radio may speak. */
  setDuty(number: number, percent: number): void {
    this.places[number].voice.dutyPercent = percent;
  }

  /** For how long its radio spoke. */
  airtimeOf(number: number): Millis {
    return spokenBy(this.places[number].voice, this.now);
  }

  /** Unix time as this node believes it to be. */
  wallOf(number: number): Millis {
    const { clock } = this.places[number];
    return clock.at(this.now) + clock.offMs + (this.options.epochMs ?? MESH_EPOCH_MS);
  }

  isUp(number: number): boolean {
    return this.places[number].node !== null;
  }

  /** Whether the two are linked at this moment. */
  isOpen(a: number, b: number): boolean {
    return this.find(a, b)?.isOpen ?? false;
  }

  /** Whether the two are to be linked, once both are up. */
  isJoined(a: number, b: number): boolean {
    return this.find(a, b)?.tie.isJoined ?? false;
  }

  /** Who is at the far end of a link; 0 for nobody. */
  neighbour(number: number, link: number): number {
    return this.places[number].ends[link]?.far ?? 0;
  }

  /** The link of one to the other, or -1. */
  linkTo(a: number, b: number): number {
    return this.find(a, b)?.link ?? -1;
  }

  /** Whom it is linked to at this moment. */
  linked(number: number): number[] {
    return this.places[number].ends.flatMap((end) => (end?.isOpen ? [end.far] : []));
  }

  private eventAt(): Millis {
    return Math.floor(Math.min(this.flights.nextAt(), this.events.nextAt()));
  }

  private boot(place: Place<Node>): void {
    const { number, air, wires, restarts } = place;
    const random = seededRandom(this.options.seed * 65_537 + number + restarts * 7_919);
    const seat = { node: number, air, wires, random };
    place.node = place.isElsewhere
      ? (ELSEWHERE as Node)
      : this.options.make(seat, place.clock.at(this.now));
    this.tellTime(place);
  }

  private tellTime(place: Place<Node>): void {
    const { epochMs = MESH_EPOCH_MS } = this.options;
    if (epochMs === null) return;
    this.give(place, { kind: 'clock', offsetMs: epochMs + place.clock.offMs });
  }

  private give(place: Place<Node>, input: SimInput): void {
    if (place.held === null) this.turn(place, input);
    else if (place.held.length < HELD_MAX) place.held.push(input);
  }

  private turn(place: Place<Node>, input: SimInput | Tick): void {
    const { node } = place;
    if (node === null || node === ELSEWHERE) return;
    this.watchSleep(place);
    this.steps++;
    this.stepping = place.number;
    const outputs = node.step(input, place.clock.at(this.now));
    this.rearm(place);
    this.observer.stepped?.(place.number, input, outputs, this.now);
    for (const output of outputs) {
      if (output.kind === 'write') this.write(place, output.link, output.bytes);
      else if (output.kind === 'disconnect') this.release(place, output.link);
    }
  }

  private watchSleep(place: Place<Node>): void {
    if (place.steppedAt !== this.now) place.stepsAtOnce = 0;
    place.steppedAt = this.now;
    place.stepsAtOnce++;
    assert(place.stepsAtOnce < STEPS_AT_ONCE_MAX, 'a node sleeps between its deadlines');
  }

  private rearm(place: Place<Node>): void {
    const { node, held, clock } = place;
    const isIdle = node === null || held !== null;
    this.alarms.set(place.number, isIdle ? Infinity : clock.when(node.deadline()));
  }

  private write(place: Place<Node>, link: number, bytes: Uint8Array): void {
    const end = place.ends[link];
    if (!end) return;
    this.writes++;
    const { wrote } = this.observer;
    if (wrote) wrote(place.number, end.far, bytes, typeIn(end, bytes), this.now);
    // Nobody hears it, and a radio does not know that yet.
    if (!end.isOpen) return this.leaves(end, this.now + 1);
    const fate = end.carry(bytes.length, this.now, end.voice, place.chance);
    const { leftAt, arrivesAt, againAt } = fate;
    const tellsLeft = arrivesAt === leftAt && !end.isFarElsewhere;
    if (!tellsLeft) this.leaves(end, leftAt);
    // The receiver owns what it gets, and a segment is written for one link alone.
    if (arrivesAt < Infinity) this.sends(end, bytes, arrivesAt, tellsLeft);
    if (againAt < Infinity) this.sends(end, bytes.slice(), againAt, false);
  }

  private sends(from: End<Node>, bytes: Uint8Array, at: Millis, tellsLeft: boolean): void {
    const { life, far } = from;
    if (!from.isFarElsewhere) this.arrives(from, bytes, at, life, tellsLeft);
    else this.observer.crossed?.({ from: from.place.number, to: far, bytes, at, life });
  }

  private arrives(
    from: End<Node>,
    bytes: Uint8Array,
    at: Millis,
    life: number,
    tellsLeft: boolean,
  ): void {
    const dueAt = at + from.wayNumber * WAY_PART;
    this.flights.add({ to: from.other, life, bytes, tellsLeft, dueAt, order: 0 });
  }

  private leaves(from: End<Node>, at: Millis): void {
    if (this.options.tellsLeft === false) return;
    this.events.add({ kind: 'left', from, life: from.life, dueAt: at, order: 0 });
  }

  private happen(event: Event<Node>): void {
    switch (event.kind) {
      case 'left':
        if (event.life === event.from.life) this.tellLeft(event.from);
        return;
      case 'lost':
        if (event.life === event.end.life) this.tellClosed(event.end);
        return;
      case 'opens':
        if (event.life === event.tie.life) this.open(event.tie);
        return;
      case 'call':
        return event.call();
    }
  }

  private arrive({ to, bytes, life, tellsLeft }: Flight<Node>): void {
    if (life !== to.life) return;
    if (tellsLeft) this.tellLeft(to.other);
    const { place, link } = to;
    const { arrived } = this.observer;
    if (arrived) arrived(to.far, place.number, bytes, typeIn(to, bytes), this.now);
    this.give(place, { kind: 'received', link, bytes });
  }

  private tellLeft({ place, link }: End<Node>): void {
    this.give(place, { kind: 'sent', link });
  }

  private tellClosed({ place, link }: End<Node>): void {
    this.give(place, { kind: 'closed', link });
  }

  /** A node lets a link go, or gives up one that has long been dead. */
  private release(place: Place<Node>, link: number): void {
    const end = place.ends[link];
    if (!end) return;
    const { tie } = end;
    assert(this.options.isElsewhere === undefined, 'who lives in parts keeps his links');
    if (end.isOpen) this.close(tie, 0);
    else this.tellClosed(end);
    this.opensAfter(tie, this.options.reopenMs ?? REOPEN_MS);
  }

  private close(tie: Tie<Node>, noticeMs: Millis): void {
    if (!tie.isOpen) return;
    tie.turn(false);
    const { life } = tie;
    for (const end of tie.ends) {
      if (noticeMs === 0) this.tellClosed(end);
      else if (noticeMs < Infinity) {
        this.events.add({ kind: 'lost', end, life, dueAt: this.now + noticeMs, order: 0 });
      }
    }
  }

  private open(tie: Tie<Node>): void {
    const areUp = tie.ends.every(({ place }) => place.node !== null);
    if (tie.isOpen || !tie.isJoined || !areUp) return;
    tie.turn(true);
    const { life, isWire } = tie;
    const medium = isWire ? 'wire' : 'node';
    const payloadMax = isWire ? 0 : tie.payloadMax;
    for (const { place, link } of tie.ends) {
      // Who is told first may have let it go at once.
      if (tie.life !== life) return;
      this.give(place, { kind: 'opened', link, medium, payloadMax, rssi: isWire ? 0 : RSSI });
    }
  }

  private opensAfter(tie: Tie<Node>, ms: Millis): void {
    this.events.add({ kind: 'opens', tie, life: tie.life, dueAt: this.now + ms, order: 0 });
  }

  private tie({ a, b, wire = false, payloadMax = PAYLOAD_MAX, conditions }: MeshEdge): Tie<Node> {
    return new Tie(this.places[a], this.places[b], {
      isWire: wire,
      payloadMax,
      conditions: conditions ?? this.options.conditions ?? CLEAR,
      wayNumbers: [this.wayNumber(), this.wayNumber()],
    });
  }

  private wayNumber(): number {
    const number = this.freeWays.pop() ?? this.ways++;
    assert(number * WAY_PART < 1, 'ways are told apart within a millisecond');
    return number;
  }

  private find(a: number, b: number): End<Node> | null {
    return this.places[a].endTo(b);
  }

  private endOf(a: number, b: number): End<Node> {
    const end = this.find(a, b);
    assert(end !== null, 'there is such an edge');
    return end;
  }
}

/** In the place of a node that another part steps. */
const ELSEWHERE: SimNode = { step: () => [], deadline: () => Infinity };

/** By node, its edges on the air and its wires. */
function degreesOf(nodes: number, edges: readonly MeshEdge[]): [number[], number[]] {
  const air = new Array<number>(nodes + 1).fill(0);
  const wires = new Array<number>(nodes + 1).fill(0);
  for (const { a, b, wire } of edges) {
    for (const node of [a, b]) {
      assert(node >= 1 && node <= nodes, 'edges join nodes');
      (wire ? wires : air)[node]++;
    }
  }
  return [air, wires];
}

function typeIn<Node extends SimNode>({ isWire }: End<Node>, bytes: Uint8Array): number {
  return isWire ? typeInBlock(bytes) : typeInSegment(bytes);
}

/** The first byte of a segment that begins a frame has bit 7 (WIRE §23). */
function typeInSegment(segment: Uint8Array): number {
  return segment[0] & 0x80 ? typeOfFrame(segment, 1) : -1;
}

/** A block is one frame, whose first zero is never among its first bytes (WIRE §22). */
function typeInBlock(block: Uint8Array): number {
  return block[1] > 3 ? typeOfFrame(block, 3) : -1;
}

/** Between nodes a frame may lie behind the way it came, which begins with 0x27 (WIRE §27). */
function typeOfFrame(bytes: Uint8Array, at: number): number {
  const start = bytes[at] === 0x27 ? at + 2 + bytes[at + 1] * 8 : at;
  return bytes[start + 1] ?? -1;
}
