/**
 * FragmentAssembler: puts frames together again from pieces that nobody has signed (WIRE §7). Anyone
 * can open sets in anyone's name, so all of them share bounded memory, and who makes progress is
 * kept before who only begins (RELIABILITY S14).
 *
 *   nothing --first piece--> begun --second piece--> going --last piece--> the whole frame
 *
 * Begun sets and going ones are two queues by their last progress. When memory is short the front of
 * the begun ones goes, as long as these hold more than half of it, else the front of the going ones.
 */
import { sameBytes } from '../core/bytes.ts';
import type { Millis } from '../core/machine.ts';
import { FRAME_MAX, PacketView, TTL_AT } from '../core/packet.ts';
import { decodeFragment } from './fragment.ts';
import type { Fragment, NotFragment } from './fragment.ts';
import { toHex } from './hex.ts';

export type AssemblerLimits = {
  /** Sets at once, of everyone. When full, the rule above makes room. */
  sets: number;
  /** Sets at once of one sender. When full, his weakest goes. */
  setsPerSender: number;
  /** Bytes held for everyone, and for one sender, counting `PIECE_COST` for each piece. */
  bytes: number;
  bytesPerSender: number;
  /** Bytes of one frame. A set that grows beyond is dropped. */
  frame: number;
  /** A set without a new piece for so long is dropped. */
  idleMs: Millis;
};

export const ASSEMBLER_LIMITS: AssemblerLimits = {
  sets: 4096,
  setsPerSender: 8,
  bytes: 8 * 1024 * 1024,
  bytesPerSender: 3 * 1024 * 1024,
  frame: FRAME_MAX,
  idleMs: 30000,
};

/** What holding a piece takes beside its bytes, so that a million empty ones are not free. */
const PIECE_COST = 256;

export type Unassembled =
  NotFragment | 'conflict' | 'duplicate' | 'too-large' | 'not-a-packet' | 'wrong-type';

/** A null frame: the piece is kept, and others are still missing. */
export type Assembled = { ok: true; frame: Uint8Array | null } | { ok: false; reason: Unassembled };

type Pieces = {
  key: string;
  sender: string;
  total: number;
  type: number;
  pieces: Map<number, Uint8Array>;
  bytes: number;
  cost: number;
  progressAt: Millis;
};

/** One of the two queues, the longest without progress first. */
type Queue = { sets: Map<string, Pieces>; cost: number };

export class FragmentAssembler {
  /** Sets given up since the beginning, by why. */
  readonly dropped = { idle: 0, crowded: 0, 'too-large': 0 };
  private readonly limits: AssemblerLimits;
  private readonly begun: Queue = { sets: new Map(), cost: 0 };
  private readonly going: Queue = { sets: new Map(), cost: 0 };
  /** The sets of each sender, the longest without progress first. */
  private readonly bySender = new Map<string, Pieces[]>();

  constructor(limits: AssemblerLimits = ASSEMBLER_LIMITS) {
    this.limits = limits;
  }

  /** Takes the payload of one fragment packet. The whole frame has TTL 0: its pieces are relayed. */
  add(sender: Uint8Array, payload: Uint8Array, now: Millis): Assembled {
    this.expire(now);
    const decoded = decodeFragment(payload);
    if (!decoded.ok) return decoded;
    const fragment = decoded.value;
    const from = toHex(sender);
    const key = from + toHex(fragment.id);
    let set = this.begun.sets.get(key) ?? this.going.sets.get(key);
    if (set !== undefined) {
      const reason = disagreement(set, fragment);
      if (reason !== null) return { ok: false, reason };
    } else {
      const { total, type } = fragment;
      const pieces = new Map<number, Uint8Array>();
      set = { key, sender: from, total, type, pieces, bytes: 0, cost: 0, progressAt: now };
    }
    if (set.bytes + fragment.piece.length > this.limits.frame) {
      this.drop(set, 'too-large');
      return { ok: false, reason: 'too-large' };
    }
    this.remove(set);
    set.pieces.set(fragment.index, fragment.piece);
    set.bytes += fragment.piece.length;
    set.cost += fragment.piece.length + PIECE_COST;
    set.progressAt = now;
    if (set.pieces.size === set.total) return wholeFrame(set);
    this.insert(set);
    this.makeRoom(set);
    return { ok: true, frame: null };
  }

  /** Drops what has made no progress for too long. `add` does so by itself. */
  expire(now: Millis): void {
    for (const queue of [this.begun, this.going]) {
      for (const set of queue.sets.values()) {
        if (now < set.progressAt + this.limits.idleMs) break;
        this.drop(set, 'idle');
      }
    }
  }

  /** When `expire` next has something to do. */
  deadline(): Millis {
    const begun = frontOf(this.begun)?.progressAt ?? Infinity;
    const going = frontOf(this.going)?.progressAt ?? Infinity;
    return Math.min(begun, going) + this.limits.idleMs;
  }

  get size(): number {
    return this.begun.sets.size + this.going.sets.size;
  }

  /** How many have sets open. */
  get senders(): number {
    return this.bySender.size;
  }

  /** Bytes held, as the limits count them. */
  get cost(): number {
    return this.begun.cost + this.going.cost;
  }

  private queueOf(set: Pieces): Queue {
    return set.pieces.size < 2 ? this.begun : this.going;
  }

  private insert(set: Pieces): void {
    const queue = this.queueOf(set);
    queue.sets.set(set.key, set);
    queue.cost += set.cost;
    const own = this.bySender.get(set.sender);
    if (own === undefined) this.bySender.set(set.sender, [set]);
    else own.push(set);
  }

  /** Does nothing where the set is in no queue yet. */
  private remove(set: Pieces): void {
    const queue = this.queueOf(set);
    if (!queue.sets.delete(set.key)) return;
    queue.cost -= set.cost;
    const own = this.bySender.get(set.sender) ?? [];
    own.splice(own.indexOf(set), 1);
    if (own.length === 0) this.bySender.delete(set.sender);
  }

  private drop(set: Pieces, why: keyof FragmentAssembler['dropped']): void {
    this.remove(set);
    this.dropped[why]++;
  }

  /** Gives up others until the limits hold; never the one that has just made progress. */
  private makeRoom(kept: Pieces): void {
    const { sets, bytes, setsPerSender, bytesPerSender } = this.limits;
    const own = this.bySender.get(kept.sender) ?? [];
    while (own.length > 1 && (own.length > setsPerSender || costOf(own) > bytesPerSender)) {
      this.drop(weakestBeside(kept, own), 'crowded');
    }
    while (this.size > 1 && (this.size > sets || this.cost > bytes)) {
      const begunHaveMost =
        this.size > sets ? this.begun.sets.size * 2 > sets : this.begun.cost * 2 > bytes;
      const first = begunHaveMost ? this.begun : this.going;
      const second = begunHaveMost ? this.going : this.begun;
      this.drop(frontOf(first, kept) ?? frontOf(second, kept) ?? kept, 'crowded');
    }
  }
}

function disagreement(set: Pieces, fragment: Fragment): 'conflict' | 'duplicate' | null {
  if (set.total !== fragment.total || set.type !== fragment.type) return 'conflict';
  const held = set.pieces.get(fragment.index);
  if (held === undefined) return null;
  // The first stays: a forged later piece must not replace a genuine one.
  const same = held.length === fragment.piece.length && sameBytes(held, 0, fragment.piece);
  return same ? 'duplicate' : 'conflict';
}

function costOf(sets: Pieces[]): number {
  let cost = 0;
  for (const set of sets) cost += set.cost;
  return cost;
}

/** A set of one piece before one of more; among alike the longest without progress, which is first. */
function weakestBeside(kept: Pieces, own: Pieces[]): Pieces {
  const others = own.filter((set) => set !== kept);
  return others.find((set) => set.pieces.size < 2) ?? others[0];
}

/** The longest without progress, `kept` aside. */
function frontOf(queue: Queue, kept: Pieces | null = null): Pieces | null {
  for (const set of queue.sets.values()) if (set !== kept) return set;
  return null;
}

function wholeFrame(set: Pieces): Assembled {
  const frame = new Uint8Array(set.bytes);
  let at = 0;
  for (let index = 0; index < set.total; index++) {
    const piece = set.pieces.get(index)!;
    frame.set(piece, at);
    at += piece.length;
  }
  const repaired = repairedFrame(frame);
  if (repaired === null) return { ok: false, reason: 'not-a-packet' };
  if (repaired[1] !== set.type) return { ok: false, reason: 'wrong-type' };
  repaired[TTL_AT] = 0;
  return { ok: true, frame: repaired };
}

/**
 * Android takes padding off frames that have none, so a frame that ends in 1, or in 2 2, arrives
 * without that: a byte of one signature in sixteen. What it took off is known from what is missing.
 */
function repairedFrame(frame: Uint8Array): Uint8Array | null {
  const view = new PacketView();
  const malformed = view.read(frame, FRAME_MAX);
  if (malformed === null) return frame;
  if (malformed !== 'bad-length') return null;
  for (const missing of [1, 2]) {
    const longer = new Uint8Array(frame.length + missing).fill(missing);
    longer.set(frame);
    if (view.read(longer, FRAME_MAX) === null) return longer;
  }
  return null;
}
