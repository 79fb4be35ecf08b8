/**
 * Topologies: every way to join six gateways, two on each of three islands, by at most six lines; of
 * those that differ only in the names of islands and gateways, one.
 */
export type Edge = [number, number];
export type Topology = {
  edges: Edge[];
  /** How many there are like it, itself among them. */ alike: number;
};

export const ISLANDS = 3;
const GATEWAYS = 2 * ISLANDS;
const EDGES_MAX = 6;

const PAIRS: Edge[] = [];
for (let a = 0; a < GATEWAYS; a++) for (let b = a + 1; b < GATEWAYS; b++) PAIRS.push([a, b]);

/** Every one, by its set of pairs: one bit for each. */
export function everySet(): number[] {
  const sets: number[] = [];
  for (let set = 0; set < 1 << PAIRS.length; set++) if (sizeOf(set) <= EDGES_MAX) sets.push(set);
  return sets;
}

export function everyTopology(): Topology[] {
  const names = renamings();
  const found = new Map<number, number>();
  for (const set of everySet()) {
    const first = Math.min(...names.map((name) => renamed(set, name)));
    found.set(first, (found.get(first) ?? 0) + 1);
  }
  return [...found].map(([set, alike]) => ({ edges: edgesOf(set), alike }));
}

/** How many there must be: by Burnside's lemma, of all sets as many as a renaming leaves alone, on average. */
export function countOfTopologies(): number {
  const names = renamings();
  const sets = everySet();
  const fixed = names.map((name) => sets.filter((set) => renamed(set, name) === set).length);
  return fixed.reduce((sum, count) => sum + count, 0) / names.length;
}

export function edgesOf(set: number): Edge[] {
  return PAIRS.filter((_, bit) => (set & (1 << bit)) !== 0);
}

/** Islands that lines lead to from an island, itself among them. */
export function reached(edges: Edge[], island: number): number[] {
  const islands = new Set([island]);
  for (const from of islands) {
    for (const ends of edges.map((edge) => edge.map(islandOf))) {
      if (ends.includes(from)) for (const to of ends) islands.add(to);
    }
  }
  return [...islands];
}

export function islandOf(gateway: number): number {
  return gateway >> 1;
}

/** New names for the gateways that keep those of an island together, 3! x 2^3, as what becomes of each bit. */
function renamings(): number[][] {
  const orders = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ];
  return orders.flatMap((order) =>
    Array.from({ length: 1 << ISLANDS }, (_, swaps) => {
      const renamed = (at: number): number => {
        const island = order[islandOf(at)];
        return island * 2 + ((at & 1) ^ ((swaps >> island) & 1));
      };
      return PAIRS.map(([a, b]) => {
        const [low, high] = [renamed(a), renamed(b)].sort((one, other) => one - other);
        return 1 << PAIRS.findIndex((pair) => pair[0] === low && pair[1] === high);
      });
    }),
  );
}

function renamed(set: number, bits: number[]): number {
  let result = 0;
  for (let left = set, at = 0; left !== 0; left >>= 1, at++) if (left & 1) result |= bits[at];
  return result;
}

function sizeOf(set: number): number {
  let size = 0;
  for (let left = set; left !== 0; left >>= 1) size += left & 1;
  return size;
}
