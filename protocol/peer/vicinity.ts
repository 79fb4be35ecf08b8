/**
 * Vicinity: which of our neighbours hear each other, as they say themselves, and therefore to whom we
 * need not pass a broadcast on (WIRE §29). Two hear each other where the list of each names the other:
 * so nobody is taken out of our way by what somebody else says of him.
 *
 *   covered: one of those who brought the packet hears him, or it is the turn of another who got it
 *            from where we did and hears him; whose turn it is, the packet decides
 */
import type { Random } from '../core/machine.ts';
import { readU32 } from '../core/bytes.ts';
import { FLAGS_AT, ID_SIZE } from '../core/packet.ts';
import { LISTED_MAX } from '../wire/spread.ts';

/** Who tells us what we lack: one of each part of our vicinity, at least two, at most so many. */
export const WATCHERS_MAX = 4;
const WATCHERS_MIN = 2;

/** How we watch for somebody: before all others, after the first, or as the only one. */
export type Watch = 'first' | 'other' | 'only';
/** Whom, by the link to him. */
export type Watched = { link: number; watch: Watch };

type Neighbour = {
  readonly id: Uint8Array;
  /** The two words of the id of each whom it names. */
  listed: Int32Array;
  watches: number;
  /** How we watch for it. */
  watch: Watch | null;
};

const NOBODY = new Int32Array(0);

export class Vicinity {
  private readonly ownId: Uint8Array;
  private readonly ownWord: number;
  private readonly random: Random;
  private readonly words: number;
  /** By link. */
  private readonly neighbours: (Neighbour | null)[];
  /** By link, the set of links to those who hear that neighbour; `words` for each, none for nobody. */
  private readonly near: Uint32Array;
  /** By link, the last four bytes of the id at its end. */
  private readonly ids: Uint32Array;
  /** While parts are told from each other, the links that are in none yet. */
  private readonly left: Uint32Array;
  /** Who tells us what we lack, the first before the others. */
  private watchers: number[] = [];
  /** Asked for with every packet, and seldom another. */
  private taking: readonly number[] = [];
  private watching: readonly Watched[] = [];

  /** Links on the air are numbered below `linksMax`, and all others from there on. */
  constructor(id: Uint8Array, linksMax: number, random: Random) {
    this.ownId = id;
    this.ownWord = readU32(id, ID_SIZE - 4);
    this.random = random;
    this.words = (linksMax + 31) >> 5;
    this.neighbours = new Array<Neighbour | null>(linksMax).fill(null);
    this.near = new Uint32Array(linksMax * this.words);
    this.ids = new Uint32Array(linksMax);
    this.left = new Uint32Array(this.words);
  }

  has(link: number): boolean {
    return link < this.neighbours.length && this.neighbours[link] !== null;
  }

  join(link: number, id: Uint8Array): void {
    const own = new Uint8Array(id);
    this.neighbours[link] = { id: own, listed: NOBODY, watches: 0, watch: null };
    this.ids[link] = readU32(own, ID_SIZE - 4);
    this.recount();
  }

  leave(link: number): void {
    this.neighbours[link] = null;
    this.place(link, null);
    this.recount();
  }

  /** What the neighbour at the end of a link says of its own: whether others are near each other now. */
  hear(link: number, ids: Uint8Array, watches: number): boolean {
    const neighbour = this.neighbours[link];
    if (neighbour === null) return false;
    neighbour.listed = wordsOf(ids);
    neighbour.watches = watches;
    const watch = this.watchOf(neighbour);
    if (watch !== neighbour.watch) {
      neighbour.watch = watch;
      this.recount();
    }
    return this.place(link, neighbour);
  }

  /** Our own list: who watches for us is in front. */
  list(): { ids: Uint8Array; watches: number } {
    this.chooseWatchers();
    const { watchers } = this;
    const others = this.taking.filter((link) => !watchers.includes(link));
    const listed = [...watchers, ...others].slice(0, LISTED_MAX);
    const ids = new Uint8Array(listed.length * ID_SIZE);
    listed.forEach((link, at) => ids.set(this.neighbours[link]!.id, at * ID_SIZE));
    return { ids, watches: watchers.length };
  }

  /** How the neighbour at the end of a link watches for us, by our own list. */
  watchBy(link: number): Watch | null {
    return watchOf(this.watchers.indexOf(link), this.watchers.length);
  }

  /** Links to those whom we are to tell what they lack. */
  watches(): readonly Watched[] {
    return this.watching;
  }

  /** As a Cover. */
  covered(
    open: number,
    word: number,
    bytes: Uint8Array,
    first: number,
    heard: Uint32Array,
  ): number {
    if (word >= this.words) return 0;
    const packet = Math.imul(readU32(bytes, FLAGS_AT - 4), PACKET_MIX);
    let covered = 0;
    for (let left = open; left !== 0; left &= left - 1) {
      const at = lowest(left);
      if (this.isCovered(word * 32 + at, packet, first, heard)) covered |= 1 << at;
    }
    return covered;
  }

  private isCovered(link: number, packet: number, first: number, heard: Uint32Array): boolean {
    const { near, words, ids } = this;
    const to = packet ^ Math.imul(ids[link], TO_MIX);
    for (let word = 0; word < words; word++) {
      const those = near[link * words + word];
      if ((those & heard[word]) !== 0) return true;
      const rivals = those & near[first * words + word];
      if (rivals === 0) continue;
      const ownTurn = turnOf(this.ownWord ^ to);
      for (let left = rivals; left !== 0; left &= left - 1) {
        if (turnOf(ids[word * 32 + lowest(left)] ^ to) < ownTurn) return true;
      }
    }
    return false;
  }

  /** Who comes and goes, and whom we watch. */
  private recount(): void {
    const taking: number[] = [];
    const watching: Watched[] = [];
    for (let link = 0; link < this.neighbours.length; link++) {
      const neighbour = this.neighbours[link];
      if (neighbour === null) continue;
      taking.push(link);
      if (neighbour.watch !== null) watching.push({ link, watch: neighbour.watch });
    }
    this.taking = taking;
    this.watching = watching;
  }

  /** Who hears whom may have changed for one of them: whether it has. */
  private place(link: number, one: Neighbour | null): boolean {
    let hasChanged = false;
    for (const other of this.taking) {
      if (other === link) continue;
      const areNear = one !== null && this.hearEachOther(one, this.neighbours[other]);
      if (areNear === this.areNear(link, other)) continue;
      hasChanged = true;
      this.flip(link, other);
      this.flip(other, link);
    }
    return hasChanged;
  }

  private hearEachOther(one: Neighbour, two: Neighbour | null): boolean {
    return two !== null && rankOf(two.id, one.listed) >= 0 && rankOf(one.id, two.listed) >= 0;
  }

  private watchOf({ listed, watches }: Neighbour): Watch | null {
    return watchOf(rankOf(this.ownId, listed), watches);
  }

  private areNear(link: number, other: number): boolean {
    return (this.near[link * this.words + (other >> 5)] & (1 << (other & 31))) !== 0;
  }

  private flip(link: number, other: number): void {
    this.near[link * this.words + (other >> 5)] ^= 1 << (other & 31);
  }

  /** Whoever watches goes on as long as he is needed, so that lists seldom change. */
  private chooseWatchers(): void {
    const before = this.watchers.filter((link) => this.has(link));
    const chosen: number[] = [];
    for (const part of this.parts()) {
      const known = before.find((link) => part.includes(link));
      chosen.push(known ?? part[this.random(part.length)]);
    }
    const rest = this.taking.filter((link) => !chosen.includes(link));
    while (chosen.length < WATCHERS_MIN && rest.length > 0) {
      const known = rest.findIndex((link) => before.includes(link));
      chosen.push(...rest.splice(known < 0 ? this.random(rest.length) : known, 1));
    }
    const order = [...before.filter((link) => chosen.includes(link)), ...chosen];
    this.watchers = [...new Set(order)].slice(0, WATCHERS_MAX);
  }

  /** Neighbours that hear each other, directly or by others of them. What parts lack comes by us. */
  private parts(): number[][] {
    const parts: number[][] = [];
    const left = this.left.fill(0);
    for (const link of this.taking) left[link >> 5] |= 1 << (link & 31);
    for (const start of this.taking) {
      if ((left[start >> 5] & (1 << (start & 31))) === 0) continue;
      const part = [start];
      left[start >> 5] &= ~(1 << (start & 31));
      for (const link of part) this.take(link, part);
      parts.push(part);
    }
    return parts;
  }

  /** Into its part those who are near it, and in none yet. */
  private take(link: number, part: number[]): void {
    const { near, words, left } = this;
    for (let word = 0; word < words; word++) {
      const fresh = near[link * words + word] & left[word];
      left[word] &= ~fresh;
      for (let open = fresh; open !== 0; open &= open - 1) part.push(word * 32 + lowest(open));
    }
  }
}

/** Of who is at that place of a list, of which so many in front watch. */
function watchOf(at: number, watches: number): Watch | null {
  if (at < 0 || at >= watches) return null;
  return watches === 1 ? 'only' : at === 0 ? 'first' : 'other';
}

function wordsOf(ids: Uint8Array): Int32Array {
  const words = new Int32Array(ids.length >> 2);
  for (let i = 0; i < words.length; i++) words[i] = readU32(ids, 4 * i);
  return words;
}

/** Which of the listed it is, from 0, or -1. */
function rankOf(id: Uint8Array, listed: Int32Array): number {
  const high = readU32(id, 0) | 0;
  const low = readU32(id, 4) | 0;
  for (let at = 0; at < listed.length; at += 2) {
    if (listed[at + 1] === low && listed[at] === high) return at >> 1;
  }
  return -1;
}

/** What a turn is made of, beside the last four bytes of the id of whose turn it may be. */
const TO_MIX = 0x9e3779b1;
const PACKET_MIX = 0x85ebca6b;

/** Who of several who might bring a packet to somebody is to: the lowest. Everybody reckons alike. */
function turnOf(bid: number): number {
  let turn = Math.imul(bid ^ (bid >>> 16), 0x85ebca6b);
  turn = Math.imul(turn ^ (turn >>> 13), 0xc2b2ae35);
  return (turn ^ (turn >>> 16)) >>> 0;
}

/** The number of the lowest bit that is set. */
function lowest(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}
