/**
 * Ground: which edges of a run carry, and how well. Deeds cut and deafen them; where nodes walk, edges
 * come and go with the distance. It alone opens and closes the edges of the mesh.
 */
import type { Conditions } from './conditions.ts';
import { CLEAR } from './conditions.ts';
import type { Pair } from './deeds.ts';
import { conditionsOf } from './faults.ts';
import type { Mesh } from './mesh.ts';
import type { SimNode } from './sim-node.ts';
import type { Scenario } from './scenario.ts';
import type { Place } from './topology.ts';
import type { Walk } from './walk.ts';
import { STEP_MS } from './walk.ts';
import type { Edge } from './world.ts';

/** Links of a node beside those of the map, for whom it meets: its radio holds no more. */
export const MET_MAX = 4;
/** Until the ends of an edge notice that it is gone. */
const NOTICE_MS = 1000;

export type GroundOptions = {
  walk: Walk | null;
  payloadMax: number;
  walked(): void;
  /** Walking made an edge, or ended it. */
  relinked(a: number, b: number, isOpen: boolean): void;
};

export class Ground {
  private readonly mesh: Mesh<SimNode>;
  private readonly walk: Walk | null;
  private readonly usual: Conditions;
  private readonly options: GroundOptions;
  private readonly edges: readonly Edge[];
  private readonly wires: Set<string>;
  private readonly places: readonly Place[];
  /** By edge or way: how many deeds keep it shut. */
  private readonly shut = new Map<string, number>();
  /** Edges of the map whose ends are too far apart. */
  private readonly far = new Set<string>();
  /** Edges that are not of the map, and how many each node has. */
  private readonly met = new Map<string, Pair>();
  private readonly metBy = new Map<number, number>();
  private isHealed = false;

  constructor(mesh: Mesh<SimNode>, { shape, faults }: Scenario, options: GroundOptions) {
    this.mesh = mesh;
    this.options = options;
    this.walk = options.walk;
    this.usual = conditionsOf(faults);
    this.edges = shape.edges;
    this.wires = new Set(shape.edges.flatMap(({ a, b, wire }) => (wire ? [nameOf(a, b)] : [])));
    this.places = shape.places;
    if (this.walk !== null) this.step();
  }

  /** Where everybody is; null where nobody moves. */
  whereabouts(): Place[] | null {
    if (this.walk === null) return null;
    const places = this.isHealed ? this.places : this.walk.places;
    return places.map(({ x, y }) => ({ x, y }));
  }

  cut([a, b]: Pair): void {
    if (this.add(nameOf(a, b), 1) === 1) this.settle(a, b);
  }

  mend([a, b]: Pair): void {
    if (this.add(nameOf(a, b), -1) === 0) this.settle(a, b);
  }

  /** `by` -1 takes back what 1 did. */
  deafen([from, to]: Pair, by: 1 | -1): void {
    this.add(`${from}>${to}`, by);
    this.condition(from, to);
  }

  /** Everybody is back where he was, and among `core` every edge carries all. */
  heal(core: readonly number[]): void {
    const { mesh } = this;
    this.isHealed = true;
    for (const [a, b] of this.met.values()) this.part(a, b);
    for (const { a, b } of this.edges) {
      if (!core.includes(a) || !core.includes(b)) continue;
      mesh.condition(a, b, CLEAR);
      if (!mesh.isJoined(a, b)) mesh.join({ a, b });
    }
  }

  /** Everybody walks on for a while. */
  private step(): void {
    this.mesh.at(this.mesh.now + STEP_MS, () => {
      const { walk } = this;
      if (this.isHealed || walk === null) return;
      walk.step(STEP_MS);
      for (const { a, b, wire } of this.edges) if (wire !== true) this.settle(a, b);
      for (const [a, b] of this.met.values()) {
        if (walk.lossOf(a, b) === 1000) this.part(a, b);
        else this.weaken(a, b);
      }
      for (const { a, b } of walk.near()) this.meet(a, b);
      this.options.walked();
      this.step();
    });
  }

  /** An edge of the map is open unless somebody keeps it shut, or its ends have walked apart. */
  private settle(a: number, b: number): void {
    const { mesh } = this;
    const name = nameOf(a, b);
    if (this.isApart(a, b) !== this.far.has(name)) {
      if (!this.far.delete(name)) this.far.add(name);
      this.options.relinked(a, b, !this.far.has(name));
    }
    const isOpen = (this.shut.get(name) ?? 0) === 0 && !this.far.has(name);
    if (isOpen !== mesh.isJoined(a, b)) {
      if (isOpen) mesh.join({ a, b });
      else mesh.cut(a, b, NOTICE_MS);
    }
    this.weaken(a, b);
  }

  private isApart(a: number, b: number): boolean {
    const { walk } = this;
    if (walk === null || this.wires.has(nameOf(a, b))) return false;
    const loss = walk.lossOf(a, b);
    return this.far.has(nameOf(a, b)) ? !walk.isFound(loss) : loss === 1000;
  }

  private meet(a: number, b: number): void {
    const { mesh, metBy } = this;
    if (mesh.linkTo(a, b) >= 0) return;
    const [hasA, hasB] = [metBy.get(a) ?? 0, metBy.get(b) ?? 0];
    if (hasA === MET_MAX || hasB === MET_MAX) return;
    metBy.set(a, hasA + 1).set(b, hasB + 1);
    this.met.set(nameOf(a, b), [a, b]);
    mesh.join({ a, b, payloadMax: this.options.payloadMax });
    this.weaken(a, b);
    this.options.relinked(a, b, true);
  }

  private part(a: number, b: number): void {
    const { metBy } = this;
    this.mesh.untie(a, b);
    this.met.delete(nameOf(a, b));
    for (const node of [a, b]) metBy.set(node, metBy.get(node)! - 1);
    this.options.relinked(a, b, false);
  }

  private weaken(a: number, b: number): void {
    if (this.walk === null) return;
    this.condition(a, b);
    this.condition(b, a);
  }

  private condition(from: number, to: number): void {
    const isDeaf = (this.shut.get(`${from}>${to}`) ?? 0) > 0;
    const isNear = this.walk === null || this.wires.has(nameOf(from, to));
    const lost = isDeaf ? 1000 : isNear ? 0 : this.walk!.lossOf(from, to);
    const lossPerMille = lossOfBoth(this.usual.lossPerMille, lost);
    this.mesh.condition(from, to, { ...this.usual, lossPerMille }, false);
  }

  private add(name: string, by: 1 | -1): number {
    const count = (this.shut.get(name) ?? 0) + by;
    this.shut.set(name, count);
    return count;
  }
}

/** What two losses, one after the other, come to. */
export function lossOfBoth(one: number, other: number): number {
  return 1000 - Math.floor(((1000 - one) * (1000 - other)) / 1000);
}

function nameOf(a: number, b: number): string {
  return a < b ? `${a}-${b}` : `${b}-${a}`;
}
