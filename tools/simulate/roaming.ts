/**
 * Roaming: nodes that walk straight on over a square field until they come to its edge, and hear whom
 * they are near to. It joins and cuts the links of a `Directed` mesh once a second.
 */
import type { Traits } from '../../host/routing/topology.ts';
import type { Random } from '../../protocol/core/machine.ts';
import { PASSES_ON } from '../../protocol/wire/link-state.ts';
import type { Directed } from './directed.ts';
import type { Edge } from './world.ts';

export type RoamingOptions = { nodes: number; sideM: number; rangeM: number; speedMps: number };

const STEP_MS = 1000;
/** Until a radio gives a silent link up. */
export const NOTICE_MS = 2000;
const METRES_PER_DEGREE = 111_195;
/** A link that is there is kept a little further than one is found. */
const KEPT = 1.1;

type Walker = { northM: number; eastM: number; northMps: number; eastMps: number };

export class Roaming {
  private readonly options: RoamingOptions;
  /** Nobody is 0. */
  private readonly walkers: Walker[] = [];

  constructor(options: RoamingOptions, random: Random) {
    this.options = options;
    const { nodes, sideM, speedMps } = options;
    const speed = (): number => ((random(2001) - 1000) * speedMps) / 1000;
    for (let node = 0; node <= nodes; node++) {
      const [northM, eastM] = [random(sideM), random(sideM)];
      this.walkers.push({ northM, eastM, northMps: speed(), eastMps: speed() });
    }
  }

  /** Who hears whom as they stand now. */
  edges(): Edge[] {
    const edges: Edge[] = [];
    for (let a = 1; a <= this.options.nodes; a++) {
      for (let b = a + 1; b <= this.options.nodes; b++) {
        if (this.distance(a, b) <= this.options.rangeM) edges.push({ a, b });
      }
    }
    return edges;
  }

  traitsOf(node: number): Traits {
    const { northM, eastM, northMps, eastMps } = this.walkers[node];
    const degrees = { latitude: northM / METRES_PER_DEGREE, longitude: eastM / METRES_PER_DEGREE };
    return {
      place: { ...degrees, altitudeM: 0, accuracyM: 0 },
      mobility: { kind: 'linear', northMps, eastMps, periodS: 0 },
      energyPercent: null,
      capabilities: PASSES_ON,
    };
  }

  /** From now on, for ever. */
  move(mesh: Directed): void {
    mesh.after(STEP_MS, () => {
      for (const walker of this.walkers) this.walk(walker);
      for (let a = 1; a <= this.options.nodes; a++) this.relink(mesh, a);
      this.move(mesh);
    });
  }

  private walk(walker: Walker): void {
    const { sideM } = this.options;
    walker.northM += (walker.northMps * STEP_MS) / 1000;
    walker.eastM += (walker.eastMps * STEP_MS) / 1000;
    if (walker.northM < 0 || walker.northM > sideM) walker.northMps = -walker.northMps;
    if (walker.eastM < 0 || walker.eastM > sideM) walker.eastMps = -walker.eastMps;
  }

  private relink(mesh: Directed, a: number): void {
    const linked = new Set(mesh.neighbours(a));
    for (let b = a + 1; b <= this.options.nodes; b++) {
      const metres = this.distance(a, b);
      if (linked.has(b) && metres > KEPT * this.options.rangeM) mesh.cut(a, b, NOTICE_MS);
      else if (!linked.has(b) && metres <= this.options.rangeM) mesh.join(a, b);
    }
    mesh.moved(a);
  }

  private distance(a: number, b: number): number {
    const [one, other] = [this.walkers[a], this.walkers[b]];
    return Math.hypot(one.northM - other.northM, one.eastM - other.eastM);
  }
}
