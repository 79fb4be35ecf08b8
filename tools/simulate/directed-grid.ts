/**
 * Directed grid: a square of bridges in which some write to others, with routes or by flooding, and in
 * which the link that packets take is cut under them, or falls silent. Pings are what is counted: each
 * is answered; what nodes say of their own accord is counted apart. Who writes while his way is cut
 * writes private messages, which are acknowledged.
 */
import type { StrategyName } from '../../host/routing/strategy.ts';
import { ROUTING_DEFAULTS } from '../../host/routing/routing.ts';
import { assert } from '../../protocol/core/assert.ts';
import type { Millis } from '../../protocol/core/machine.ts';
import { LINK_STATE, PING, PONG } from '../../protocol/core/packet.ts';
import type { Crypto } from '../../protocol/trust/crypto.ts';
import { fromHex } from '../../protocol/wire/hex.ts';
import type { Mesh } from './mesh.ts';
import { seededRandom } from './random.ts';
import { grid } from './shapes.ts';
import type { BridgeNode, Roster } from './stations.ts';
import { bridgeMesh } from './stations.ts';

/** Until all have heard of all. */
const SETTLED_MS = 12_000;
const ANSWERED_MS = 4000;
/** Between two messages to one whose way is cut, and for how long he is written to before and after. */
const PACE_MS = 50;
const BEFORE_MS = 1000;
const AFTER_MS = 1500;
/** A handshake through the whole mesh. */
const GREETED_MS = 3000;
/** Until what was not confirmed has been sent again (DEFAULTS §11). */
const REPEATED_S = 30;
/** Until a link that is there again is known everywhere. */
const JOINED_MS = 6000;
const LATE_MS = 1000;
/** Between two pings to one whose way has fallen silent, and for how long they are tried. */
const PINGS_MS = 500;
const SILENT_MAX_MS = 120_000;
/** Link states are said every 100 s, and announces every 120. */
const UPKEEP_MINUTES = 5;
const MINUTE_MS = 60_000;
const NOBODY = new Uint8Array(8);

export type Traffic = { asked: number; answered: number; transmissions: number };
/** Writes of one node in a minute, on average, while nobody asks anything. */
export type Upkeep = { linkStates: number; all: number };
/**
 * How long after the cut the first message arrived that was written after it; and how many of all took
 * more than a second, never arrived, or were not confirmed.
 */
export type Cut = { rerouteMs: Millis; late: number; lost: number; unconfirmed: number };
export type GridOptions = { seed: number; nodes: number; crypto: Crypto; strategy: StrategyName };

type Letter = { writtenAt: Millis; arrivedAt: Millis; isConfirmed: boolean };

export class DirectedGrid {
  readonly mesh: Mesh<BridgeNode>;
  readonly edges: number;
  private readonly roster: Roster;
  private readonly random: ReturnType<typeof seededRandom>;
  private transmissions = 0;
  private upkept: Upkeep = { linkStates: 0, all: 0 };
  private answered = 0;
  /** Private messages written lately, by id. */
  private readonly letters = new Map<string, Letter>();

  constructor({ seed, nodes, crypto, strategy }: GridOptions) {
    this.random = seededRandom(seed);
    // Announces are not what is measured here: few of them, and remembered for longer.
    const announces = { isolatedMs: 10_000, connectedMs: 120_000, crowdedMs: 120_000 };
    const station = { ttlMax: 64, seenMax: 4096, announces, reachableMs: 600_000 };
    const routing = { ...ROUTING_DEFAULTS, strategy };
    const { edges } = grid(nodes);
    const { mesh, roster } = bridgeMesh(
      { seed, nodes, crypto, station, routing, edges, openWithinMs: 1000 },
      {
        wrote: (_from, _to, _bytes, type) => {
          if (type === PING || type === PONG) this.transmissions++;
          else this.upkept.all++;
          if (type === LINK_STATE) this.upkept.linkStates++;
        },
        stepped: (node, _input, outputs, at) => {
          for (const output of outputs) {
            if (output.kind === 'told') this.hear(node, output.event as unknown as Heard, at);
          }
        },
      },
    );
    this.mesh = mesh;
    this.edges = edges.length;
    this.roster = roster;
    mesh.runUntil(SETTLED_MS);
  }

  /** Some ask others, drawn from the seed. */
  traffic(pairs: number): Traffic {
    const before = this.transmissions;
    this.answered = 0;
    for (let pair = 0; pair < pairs; pair++) {
      const [from, to] = this.draw();
      this.mesh.tell(from, { kind: 'ping', id: this.roster.of(to).id });
      this.mesh.runUntil(this.mesh.now + 100);
    }
    this.mesh.runUntil(this.mesh.now + ANSWERED_MS);
    const transmissions = this.transmissions - before;
    return { asked: pairs, answered: this.answered, transmissions };
  }

  upkeep(): Upkeep {
    this.upkept = { linkStates: 0, all: 0 };
    this.mesh.runUntil(this.mesh.now + UPKEEP_MINUTES * MINUTE_MS);
    const { linkStates, all } = this.upkept;
    const nodeMinutes = UPKEEP_MINUTES * this.mesh.nodes;
    return { linkStates: linkStates / nodeMinutes, all: all / nodeMinutes };
  }

  /**
   * An edge that packets take carries nothing any more, and no radio says so: how long until one at its
   * end is answered again by one at the other.
   */
  silence(): Millis {
    const { mesh } = this;
    const [from, to] = this.draw();
    const [a, b] = this.edgeOnWay(from, to);
    const silentAt = mesh.now;
    mesh.cut(a, b, Infinity);
    this.answered = 0;
    while (this.answered === 0 && mesh.now < silentAt + SILENT_MAX_MS) {
      mesh.tell(from, { kind: 'ping', id: this.roster.of(to).id });
      mesh.runUntil(mesh.now + PINGS_MS);
    }
    const tookMs = this.answered === 0 ? Infinity : mesh.now - silentAt;
    mesh.cut(a, b);
    mesh.join({ a, b });
    mesh.runUntil(mesh.now + JOINED_MS);
    return tookMs;
  }

  /** One writes to another all the time, and in the midst of it an edge of their way is cut. */
  cut(): Cut {
    const { mesh } = this;
    const [from, to] = this.draw();
    this.write(from, to);
    mesh.runUntil(mesh.now + GREETED_MS);
    this.letters.clear();
    const cutAt = mesh.now + BEFORE_MS;
    let count = 0;
    for (let at = mesh.now; at < cutAt + AFTER_MS; at += PACE_MS) {
      mesh.at(at, () => this.write(from, to));
      count++;
    }
    mesh.runUntil(cutAt);
    const [a, b] = this.edgeOnWay(from, to);
    mesh.cut(a, b);
    mesh.runUntil(cutAt + AFTER_MS);
    const letters = [...this.letters.values()];
    const isOver = (): boolean => letters.every(({ isConfirmed }) => isConfirmed);
    for (let s = 1; s <= REPEATED_S && !isOver(); s++) mesh.runUntil(mesh.now + 1000);
    mesh.join({ a, b });
    mesh.runUntil(mesh.now + JOINED_MS);
    assert(letters.length === count, 'what is written is stored');
    const after = letters.filter(({ writtenAt }) => writtenAt >= cutAt);
    return {
      rerouteMs: Math.min(...after.map(({ arrivedAt }) => arrivedAt)) - cutAt,
      late: letters.filter((one) => one.arrivedAt - one.writtenAt > LATE_MS).length,
      lost: letters.filter(({ arrivedAt }) => arrivedAt === Infinity).length,
      unconfirmed: letters.filter(({ isConfirmed }) => !isConfirmed).length,
    };
  }

  private write(from: number, to: number): void {
    const wish = { kind: 'tell', peer: this.roster.of(to).id, text: 'still there?' } as const;
    this.mesh.tell(from, { kind: 'ask', ticket: 0, wish });
  }

  private hear(node: number, event: Heard, at: Millis): void {
    if (event.kind === 'pong') this.answered++;
    const { id = '', sender = NOBODY } = event.name ?? {};
    const isOwn = this.roster.numberOf(sender) === node;
    const letter = this.letters.get(id);
    if (event.kind === 'message' && isOwn) {
      this.letters.set(id, { writtenAt: at, arrivedAt: Infinity, isConfirmed: false });
    } else if (event.kind === 'message' && letter !== undefined) {
      assert(letter.arrivedAt === Infinity, 'a message arrives once');
      letter.arrivedAt = at;
    } else if (event.kind === 'message-state' && event.state === 'delivered' && letter) {
      letter.isConfirmed = true;
    }
  }

  /** In the middle of the way that packets take now. */
  private edgeOnWay(from: number, to: number): [number, number] {
    const path = this.mesh.node(from)!.bridge.path(this.roster.of(to).id, this.mesh.now);
    const via = path?.routes.find(({ isChosen }) => isChosen)?.via ?? [];
    const way = [from, ...via.map((id) => this.roster.numberOf(fromHex(id)!))];
    assert(way.length > 1, 'packets take a way');
    const at = Math.floor((way.length - 1) / 2);
    return [way[at], way[at + 1]];
  }

  private draw(): [number, number] {
    const from = 1 + this.random(this.mesh.nodes);
    const other = 1 + this.random(this.mesh.nodes - 1);
    return [from, other >= from ? other + 1 : other];
  }
}

/** What of events is looked at here. */
type Heard = { kind: string; name?: { id?: string; sender?: Uint8Array }; state?: string };
