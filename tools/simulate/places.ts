/**
 * Places: where the nodes of a mesh sit, and the edges that join them. A write finds what it needs at
 * its own end of an edge, and its arrival at the other: in a large mesh whatever else were looked at
 * would long have left the cache.
 *
 *   place -- end == tie == end -- place        a way leads from each end to the other
 */
import { assert } from '../../protocol/core/assert.ts';
import type { Millis, Random } from '../../protocol/core/machine.ts';
import { Clock } from './clock.ts';
import type { Conditions, Voice } from './conditions.ts';
import { freshVoice, Way } from './conditions.ts';
import type { SimInput, SimNode } from './sim-node.ts';

/** What a place is made with. */
export type Seating = {
  number: number;
  /** Links. */
  air: number;
  wires: number;
  isElsewhere: boolean;
  chance: Random;
};

/** Of all whose clock was never touched. */
const RIGHT = new Clock();

/** A node and everything around it that a mesh knows. */
export class Place<Node extends SimNode> {
  readonly number: number;
  /** Null while it is down. */
  node: Node | null = null;
  /** While it is paused: what it will find. */
  held: SimInput[] | null = null;
  /** To read; see `ownClock`. */
  clock: Clock = RIGHT;
  /** By link: those on the air, and wires from `air` on. */
  readonly ends: (End<Node> | null)[];
  steppedAt: Millis = -1;
  stepsAtOnce = 0;
  readonly voice: Voice = freshVoice();
  /** Of what becomes of its writes. */
  readonly chance: Random;
  readonly air: number;
  readonly wires: number;
  /** Its node is stepped in another part of the mesh. */
  readonly isElsewhere: boolean;
  restarts = 0;

  constructor({ number, air, wires, isElsewhere, chance }: Seating) {
    this.number = number;
    this.ends = Array.from({ length: air + wires }, () => null);
    this.chance = chance;
    this.air = air;
    this.wires = wires;
    this.isElsewhere = isElsewhere;
  }

  /** To be set right or wrong. */
  ownClock(): Clock {
    if (this.clock === RIGHT) this.clock = new Clock();
    return this.clock;
  }

  /** Its end of the edge to that node, if there is one. */
  endTo(far: number): End<Node> | null {
    return this.ends.find((end) => end?.far === far) ?? null;
  }

  freeLink(isWire: boolean): number {
    const past = isWire ? this.air + this.wires : this.air;
    let link = isWire ? this.air : 0;
    while (link < past && this.ends[link] !== null) link++;
    assert(link < past, 'a node has a link for each of its edges');
    return link;
  }
}

/** One end of an edge: whose link it is, and the way that leads from there to the other. */
export class End<Node extends SimNode> extends Way {
  readonly place: Place<Node>;
  readonly link: number;
  /** Who is at the other end. */
  readonly far: number;
  readonly isFarElsewhere: boolean;
  readonly isWire: boolean;
  /** As at the other end: the tie turns both. */
  isOpen = false;
  /** How often the edge was opened or closed: what was on its way before is lost. */
  life = 0;
  /** The tie sets it, once both are there. */
  other: End<Node> = this;
  /** Among all ways of the mesh. */
  readonly wayNumber: number;
  /** Of whatever speaks there. */
  readonly voice: Voice;
  readonly tie: Tie<Node>;

  constructor(tie: Tie<Node>, place: Place<Node>, far: Place<Node>, leading: Leading) {
    super(leading.conditions);
    this.place = place;
    this.link = place.freeLink(leading.isWire);
    this.isWire = leading.isWire;
    this.far = far.number;
    this.isFarElsewhere = far.isElsewhere;
    this.wayNumber = leading.wayNumber;
    this.voice = leading.voice;
    this.tie = tie;
    place.ends[this.link] = this;
  }
}

type Leading = Pick<End<never>, 'isWire' | 'conditions' | 'wayNumber' | 'voice'>;

/** What an edge is made with. */
export type Binding = {
  isWire: boolean;
  payloadMax: number;
  conditions: Conditions;
  wayNumbers: [number, number];
};

/** An edge. */
export class Tie<Node extends SimNode> {
  readonly payloadMax: number;
  isJoined = true;
  readonly ends: readonly [End<Node>, End<Node>];

  constructor(
    a: Place<Node>,
    b: Place<Node>,
    { isWire, payloadMax, conditions, wayNumbers }: Binding,
  ) {
    assert(a !== b && a.endTo(b.number) === null, 'an edge joins two nodes once');
    this.payloadMax = payloadMax;
    // A wire speaks for itself, in both directions.
    const voice = isWire ? freshVoice() : null;
    const leading = (from: Place<Node>, wayNumber: number): Leading => ({
      isWire,
      conditions,
      wayNumber,
      voice: voice ?? from.voice,
    });
    const one = new End(this, a, b, leading(a, wayNumbers[0]));
    const two = new End(this, b, a, leading(b, wayNumbers[1]));
    one.other = two;
    two.other = one;
    this.ends = [one, two];
  }

  get isWire(): boolean {
    return this.ends[0].isWire;
  }

  get isOpen(): boolean {
    return this.ends[0].isOpen;
  }

  get life(): number {
    return this.ends[0].life;
  }

  /** Opens it, or closes it. */
  turn(isOpen: boolean): void {
    for (const end of this.ends) {
      end.isOpen = isOpen;
      end.life++;
    }
  }
}
