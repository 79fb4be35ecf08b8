/**
 * Happenings: what changed in a run, for the map of its report: nodes that went and came back, edges
 * that were cut, messages on their way. Bounded, so that a report of a long run can still be opened.
 */
import type { Millis } from '../../../protocol/core/machine.ts';
import type { Deed } from '../deeds.ts';
import type { Outcome, RunWatch } from '../run.ts';
import type { Sample } from '../series.ts';
import type { Place } from '../topology.ts';

/** `[at, node, is up]`, `[at, a, b, is open]`, `[at, node, word]`: short, since there are many. */
export type Happenings = {
  nodes: [Millis, number, 0 | 1][];
  edges: [Millis, number, number, 0 | 1][];
  arrivals: [Millis, number, number][];
  /** Where everybody is, when somebody moves. */
  places: [Millis, [number, number][]][];
};

/** Of each kind; what comes later is not shown on the map. */
const HAPPENINGS_MAX = 20_000;
/** Points of all whereabouts together; then they are not shown to move any more. */
const POINTS_MAX = 200_000;
/** Points of a map are whole numbers on a square of this side. */
export const MAP_SIDE = 1000;

export class Chronicler implements RunWatch {
  private readonly nodes: Happenings['nodes'] = [];
  private readonly edges: Happenings['edges'] = [];
  private readonly places: Happenings['places'] = [];
  private readonly side: number;

  /** `side` of the map that the run is on. */
  constructor(side: number) {
    this.side = side;
  }

  did(deed: Deed, isOver: boolean, at: Millis): void {
    const is = isOver ? 1 : 0;
    if (deed.kind === 'pause') add(this.nodes, [at, deed.node, is]);
    if (deed.kind === 'crash' && !isOver) {
      add(this.nodes, [at, deed.node, 0]);
      add(this.nodes, [at + deed.forMs, deed.node, 1]);
    }
    if (deed.kind === 'cut') for (const [a, b] of deed.pairs) add(this.edges, [at, a, b, is]);
    if (deed.kind === 'deafen') add(this.edges, [at, deed.from, deed.to, is]);
  }

  relinked(a: number, b: number, isOpen: boolean, at: Millis): void {
    add(this.edges, [at, a, b, isOpen ? 1 : 0]);
  }

  sampled({ at, places }: Sample): void {
    if (places === null || (this.places.length + 1) * places.length > POINTS_MAX) return;
    this.places.push([at, places.map((place) => this.point(place))]);
  }

  happenings({ words }: Pick<Outcome, 'words'>): Happenings {
    const arrivals: Happenings['arrivals'] = [];
    words.forEach(({ by, saidAt, arrivedAt }, word) => {
      add(arrivals, [saidAt, by, word]);
      for (const [node, at] of arrivedAt) add(arrivals, [at, node, word]);
    });
    const byTime = (one: [Millis, ...unknown[]], other: [Millis, ...unknown[]]): number =>
      one[0] - other[0];
    const { nodes, edges, places } = this;
    return {
      nodes: nodes.sort(byTime),
      edges: edges.sort(byTime),
      arrivals: arrivals.sort(byTime),
      places,
    };
  }

  point({ x, y }: Place): [number, number] {
    const scale = MAP_SIDE / this.side;
    return [Math.round(x * scale), Math.round(y * scale)];
  }
}

function add<Item>(items: Item[], item: Item): void {
  if (items.length < HAPPENINGS_MAX) items.push(item);
}
