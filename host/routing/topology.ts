/**
 * Topology: the nodes and edges that we know, from link states (WIRE §20) and from the neighbours that
 * announces name (§5). Only what its sender signed is taken, only the newest of each, and only for
 * `STALE_MS`.
 *
 *   claim of one end -+
 *                     +-> edge: it costs what the end says that says worse
 *   claim of the other-+
 *
 * An edge counts only while both ends claim it, so nobody invents a way to an honest node, nor makes
 * one look shorter than its other end says.
 */
import type { Millis } from '../../protocol/core/machine.ts';
import type { LinkCost, LinkState, Mobility, Place } from '../../protocol/wire/link-state.ts';
import { NEIGHBOURS_MAX, PASSES_ON } from '../../protocol/wire/link-state.ts';

/** A node id in lower-case hex: what maps are keyed by. */
export type NodeId = string;

/** What was said longer ago is forgotten (DEFAULTS §3). */
export const STALE_MS = 300_000;
/** Nodes known; then the newcomer takes the place of the one that has least to say for itself. */
export const NODES_MAX = 1024;
/** Changes remembered; whoever asks for older ones begins anew. */
export const CHANGES_MAX = 4096;

/** What is not known of a link that only an announce claims. */
const UNKNOWN_COST: LinkCost = { latencyMs: 0, lossPerMille: 0, bytesPerSecond: 0, jitterMs: 0 };

/** What a node says of itself as a place to go through. */
export type Traits = {
  place: Place | null;
  energyPercent: number | null;
  mobility: Mobility | null;
  capabilities: number;
};

/** Of a node that says nothing of itself: a phone, which floods what it is given. */
const PLAIN: Traits = {
  place: null,
  energyPercent: null,
  mobility: null,
  capabilities: PASSES_ON,
};

export type Node = {
  readonly id: NodeId;
  /** Null for one that has never said a link state: a phone or a relay without routes. */
  sequence: number | null;
  heardAt: Millis;
  traits: Traits;
  /** Its word for its links. */
  claims: Map<NodeId, LinkCost>;
  /** Those of them that count, and what they cost, in either direction. */
  edges: Map<NodeId, LinkCost>;
};

/** `a` and `b` have another edge between them now, or none; with `b` null, `a` has other traits. */
export type Change = { a: NodeId; b: NodeId | null };

/** Why a link state, or an announce, changed nothing. */
export type NotTaken = 'old' | 'crowded' | 'ourselves';

const NO_EDGES: ReadonlyMap<NodeId, LinkCost> = new Map();

export class Topology {
  readonly self: NodeId;
  private readonly nodesMax: number;
  /** The one heard longest ago first. */
  private readonly known = new Map<NodeId, Node>();
  private readonly changes: Change[] = [];
  /** Changes that came before those in the list. */
  private forgotten = 0;

  constructor(self: NodeId, now: Millis, nodesMax: number = NODES_MAX) {
    this.self = self;
    this.nodesMax = nodesMax;
    const edges = { claims: new Map(), edges: new Map() };
    this.known.set(self, { id: self, sequence: null, heardAt: now, traits: PLAIN, ...edges });
  }

  get size(): number {
    return this.known.size;
  }

  /** Grows with every change of an edge or of traits. */
  get version(): number {
    return this.forgotten + this.changes.length;
  }

  /** What has changed since a version, or null: too much, begin anew. */
  changedSince(version: number): readonly Change[] | null {
    if (version < this.forgotten) return null;
    return this.changes.slice(version - this.forgotten);
  }

  nodes(): IterableIterator<Node> {
    return this.known.values();
  }

  node(id: NodeId): Node | null {
    return this.known.get(id) ?? null;
  }

  /** The edges that count, by their other end. */
  edges(of: NodeId): ReadonlyMap<NodeId, LinkCost> {
    return this.known.get(of)?.edges ?? NO_EDGES;
  }

  edge(from: NodeId, to: NodeId): LinkCost | null {
    return this.known.get(from)?.edges.get(to) ?? null;
  }

  /** A link state that its sender signed. Null when it was taken. */
  hear(id: NodeId, state: LinkState, claims: Map<NodeId, LinkCost>, now: Millis): NotTaken | null {
    if (id === this.self) return 'ourselves';
    const before = this.known.get(id);
    if (before !== undefined && before.sequence !== null && state.sequence <= before.sequence) {
      return 'old';
    }
    const { place, energyPercent, mobility, capabilities, sequence } = state;
    const traits = { place, energyPercent, mobility, capabilities };
    return this.take(id, sequence, traits, claims, now);
  }

  /** An announce that its sender signed: all that a phone says of its links. */
  announced(id: NodeId, neighbours: NodeId[], now: Millis): NotTaken | null {
    if (id === this.self) return 'ourselves';
    const before = this.known.get(id);
    // A link state says more.
    if (before !== undefined && before.sequence !== null) return 'old';
    const claims = new Map(neighbours.slice(0, NEIGHBOURS_MAX).map((to) => [to, UNKNOWN_COST]));
    return this.take(id, null, PLAIN, claims, now);
  }

  /**
   * Our own links, as we measure them, and what we say of ourselves; `since`: when we were where that
   * says, `Infinity` where it holds at any time.
   */
  setOwn(claims: Map<NodeId, LinkCost>, traits: Traits, since: Millis = Infinity): void {
    const own = this.known.get(this.self)!;
    own.heardAt = since;
    this.place(own, traits, claims);
  }

  /** The answer that there would be if we said this of ourselves. */
  supposing<Answer>(traits: Traits, ask: () => Answer): Answer {
    const own = this.known.get(this.self)!;
    const before = own.traits;
    own.traits = traits;
    const answer = ask();
    own.traits = before;
    return answer;
  }

  /** Forgets what nobody has said for too long; whom is what it returns. */
  expire(now: Millis): NodeId[] {
    const gone: NodeId[] = [];
    for (const node of this.known.values()) {
      if (node.id === this.self) continue;
      if (now < node.heardAt + STALE_MS) break;
      gone.push(node.id);
    }
    for (const id of gone) this.forget(id);
    return gone;
  }

  /** When the next one is to be forgotten. */
  deadline(): Millis {
    for (const { id, heardAt } of this.known.values()) {
      if (id !== this.self) return heardAt + STALE_MS;
    }
    return Infinity;
  }

  private take(
    id: NodeId,
    sequence: number | null,
    traits: Traits,
    claims: Map<NodeId, LinkCost>,
    now: Millis,
  ): NotTaken | null {
    let node = this.known.get(id);
    if (node === undefined) {
      if (this.known.size >= this.nodesMax && !this.makeRoom(id, claims)) return 'crowded';
      const edges = { claims: new Map(), edges: new Map() };
      node = { id, sequence, heardAt: now, traits, ...edges };
      this.known.set(id, node);
    }
    this.place(node, traits, claims);
    node.sequence = sequence;
    node.heardAt = now;
    // The order of the map is that of their age.
    this.known.delete(id);
    this.known.set(id, node);
    return null;
  }

  /**
   * Anybody can make up nodes, but none that others know of. So whoever has no edge that counts goes
   * first, then the one heard longest ago, for a newcomer who has one; our own neighbours never go.
   */
  private makeRoom(newcomer: NodeId, claims: Map<NodeId, LinkCost>): boolean {
    const own = this.known.get(this.self)!;
    let oldest: NodeId | null = null;
    for (const { id, edges } of this.known.values()) {
      if (id === this.self || own.edges.has(id)) continue;
      if (edges.size === 0) {
        this.forget(id);
        return true;
      }
      oldest ??= id;
    }
    const isLinked = [...claims.keys()].some((to) => this.known.get(to)?.claims.has(newcomer));
    if (oldest === null || !isLinked) return false;
    this.forget(oldest);
    return true;
  }

  private forget(id: NodeId): void {
    const node = this.known.get(id)!;
    this.place(node, node.traits, new Map());
    this.known.delete(id);
  }

  private place(node: Node, traits: Traits, claims: Map<NodeId, LinkCost>): void {
    const before = node.claims;
    node.claims = claims;
    for (const to of before.keys()) if (!claims.has(to)) this.reckon(node, to);
    for (const to of claims.keys()) this.reckon(node, to);
    if (!isSameTraits(node.traits, traits)) {
      node.traits = traits;
      this.note({ a: node.id, b: null });
    }
  }

  /** What there is between two nodes, after one of them has spoken. */
  private reckon(node: Node, to: NodeId): void {
    const other = this.known.get(to);
    if (other === undefined || to === node.id) return;
    const ours = node.claims.get(to);
    const theirs = other.claims.get(node.id);
    const cost = ours === undefined || theirs === undefined ? null : worse(ours, theirs);
    const before = node.edges.get(to) ?? null;
    if (cost === null ? before === null : before !== null && isSameCost(before, cost)) return;
    if (cost === null) {
      node.edges.delete(to);
      other.edges.delete(node.id);
    } else {
      node.edges.set(to, cost);
      other.edges.set(node.id, cost);
    }
    this.note({ a: node.id, b: to });
  }

  private note(change: Change): void {
    this.changes.push(change);
    if (this.changes.length <= 2 * CHANGES_MAX) return;
    this.forgotten += CHANGES_MAX;
    this.changes.splice(0, CHANGES_MAX);
  }
}

function worse(one: LinkCost, other: LinkCost): LinkCost {
  const { bytesPerSecond: a } = one;
  const { bytesPerSecond: b } = other;
  return {
    latencyMs: Math.max(one.latencyMs, other.latencyMs),
    lossPerMille: Math.max(one.lossPerMille, other.lossPerMille),
    // 0 is unknown.
    bytesPerSecond: a === 0 || b === 0 ? Math.max(a, b) : Math.min(a, b),
    jitterMs: Math.max(one.jitterMs, other.jitterMs),
  };
}

function isSameCost(one: LinkCost, other: LinkCost): boolean {
  return (
    one.latencyMs === other.latencyMs &&
    one.lossPerMille === other.lossPerMille &&
    one.bytesPerSecond === other.bytesPerSecond &&
    one.jitterMs === other.jitterMs
  );
}

function isSameTraits(one: Traits, other: Traits): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
