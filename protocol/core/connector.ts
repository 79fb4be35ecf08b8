/**
 * Connector: makes one mesh out of nodes that have one link in and a few out (DEVICE.md). Such a
 * mesh is a tree: whoever dials is the parent, so every node but one has a parent, and that one, the
 * root, gives the island its name. The name and the island's size go down the tree, the sizes of
 * branches go up, in the hello; and in advertisements they show who belongs where.
 *
 *   advertisement  | 48 4C | flags | node id 8 | island 8 | size |
 *                  flags: bits 0-3 role, bit 4 may be dialled, bits 5-6 links it may still dial
 *   mesh of hello  | island 8 | size | hops to the root | size of the branch |
 *
 * Three moves join islands. A node with a free link dials any node of another island that may be
 * dialled. Where that cannot be, in time: a node leaves its parent for a better island (larger, or
 * as large with a smaller name) that has a free link near; and a node whose links are all taken lets
 * a child go for one of another, worse island. A link in that brings a node its own name closes a
 * ring, and is given up. So no link is redundant, and one that dies is replaced by the same moves.
 */
import type { Machine, Millis, Random, Tick } from './machine.ts';

export type ConnectorInput =
  /** An advertisement was heard; `address` is for the radio to dial. */
  | { kind: 'sighted'; address: string; rssi: number; bytes: Uint8Array }
  | { kind: 'opened'; link: number }
  /** The answer to every `disconnect`, and the end of a link or dial that failed. */
  | { kind: 'closed'; link: number }
  /** A hello: who is at the other end, and its mesh field, if any. */
  | { kind: 'told'; link: number; id: Uint8Array; mesh: Uint8Array | null };

export type ConnectorOutput =
  | { kind: 'connect'; link: number; address: string }
  | { kind: 'disconnect'; link: number }
  | { kind: 'advertise'; bytes: Uint8Array; connectable: boolean }
  | { kind: 'scan'; on: boolean }
  /** Our mesh field has changed: all links should hear of it. */
  | { kind: 'tell'; mesh: Uint8Array };

export type ConnectorConfig = {
  id: Uint8Array;
  role: number;
  /** Links out, numbered from 1; link 0 is the one in. */
  outMax: number;
  /** Percent of the time in which to scan while there is something to find. */
  scanDuty: number;
  /** A node on battery scans an eighth of that. */
  onBattery: boolean;
};

/** Bytes of an advertisement. */
export const SIGHT_SIZE = 20;
export const MESH_SIZE = 11;
const MAGIC = 'HL';

/** How long one scan takes. Long enough to hear every neighbour that advertises each second. */
const SCAN_MS = 2000;
/** The longest time between two scans, whatever the duty. */
const SCAN_PAUSE_MAX_MS = 300000;
/** With nothing found for so long, a node scans an eighth of its time. */
const SEARCH_MS = 60000;
/** A dial waits up to this, so that not all that hear a node dial it at once. */
const DIAL_JITTER_MS = 1000;
/** A dial that is not answered is given up. */
const DIAL_MAX_MS = 10000;
/** A node that could not be dialled, or left, is let be for this long, doubled up to eight times. */
const SHUN_MS = 8000;
/** Nodes let be at a time; the one entered first is forgotten. */
const SHUNNED_MAX = 4;
/** Another island must be met, and nothing change, for this long and as much again by chance. */
const PATIENCE_MS = 5000;
/** Changes are told together. */
const TELL_MS = 300;
/** Deeper than any packet goes: it is a ring. */
const HOPS_MAX = 64;

type Shunned = { id: string; until: Millis; times: number };

export class Connector implements Machine<ConnectorInput, ConnectorOutput> {
  /** The name of our island, eight bytes as characters, and its size. */
  island: string;
  size = 1;
  /** By link: how loud its advertisement was when it was last heard, in dBm; 0 for none. */
  readonly rssi: number[] = [];
  private readonly config: ConnectorConfig;
  private readonly random: Random;
  private readonly id: string;
  private hops = 0;
  /** By link: null where there is none, no characters before the hello. */
  private readonly neighbours: (string | null)[] = [];
  /** By link, of links out: nodes of that branch. */
  private readonly branches: number[] = [];
  private readonly shunned: Shunned[] = [];
  /** Whom to dial, or whom we dial: then `link` says where. */
  private target = '';
  private address = '';
  private targetRssi = 0;
  private link = -1;
  private dialAt: Millis = Infinity;
  /** When patience ends, once for leaving and once for letting go; 0 when nothing tries it. */
  private leaveAt: Millis = 0;
  private letGoAt: Millis = 0;
  private tellAt: Millis = 0;
  private foreignAt: Millis;
  private isScanning = false;
  private scanAt: Millis;

  constructor(config: ConnectorConfig, random: Random, now: Millis) {
    this.config = config;
    this.random = random;
    this.id = charactersOf(config.id, 0);
    this.island = this.id;
    for (let link = 0; link <= config.outMax; link++) {
      this.neighbours.push(null);
      this.branches.push(0);
      this.rssi.push(0);
    }
    this.foreignAt = now;
    this.scanAt = now;
  }

  step(input: ConnectorInput | Tick, now: Millis): ConnectorOutput[] {
    const out: ConnectorOutput[] = [];
    switch (input.kind) {
      case 'sighted':
        this.sight(input.address, input.rssi, input.bytes, now, out);
        break;
      case 'opened':
        this.neighbours[input.link] = '';
        this.branches[input.link] = 1;
        this.rssi[input.link] = input.link === this.link ? this.targetRssi : 0;
        if (input.link === this.link) this.giveUp();
        this.change(now);
        break;
      case 'closed':
        this.close(input.link, now);
        break;
      case 'told':
        this.hear(input.link, charactersOf(input.id, 0), input.mesh, now, out);
        break;
      case 'tick':
        break;
    }
    if (now >= this.dialAt) this.dial(now, out);
    if (now >= this.tellAt) this.tell(out);
    if (now >= this.scanAt) this.scan(now, out);
    return out;
  }

  deadline(): Millis {
    return Math.min(Math.min(this.dialAt, this.tellAt), this.scanAt);
  }

  private sight(
    address: string,
    rssi: number,
    bytes: Uint8Array,
    now: Millis,
    out: ConnectorOutput[],
  ): void {
    if (bytes.length < SIGHT_SIZE || bytes[0] !== 0x48 || bytes[1] !== 0x4c) return;
    const id = charactersOf(bytes, 3);
    const island = charactersOf(bytes, 11);
    const known = this.neighbours.indexOf(id);
    if (known >= 0) this.rssi[known] = rssi;
    if (id === this.id || island === this.island || known >= 0) return;
    this.foreignAt = now;
    const flags = bytes[2];
    const free = this.freeLink();
    const isBetter = bytes[19] > this.size || (bytes[19] === this.size && island < this.island);
    if (flags & 16 && free > 0) {
      if (this.target === '' && this.shunnedUntil(id) <= now) {
        this.target = id;
        this.address = address;
        this.targetRssi = rssi;
        this.dialAt = now + this.random(DIAL_JITTER_MS);
      }
    } else if (isBetter && flags & 96 && this.neighbours[0] !== null) {
      if (this.leaveAt === 0) this.leaveAt = this.patience(now);
      else if (now >= this.leaveAt) this.leave(0, out);
    } else if (!isBetter && free < 0) {
      if (this.letGoAt === 0) this.letGoAt = this.patience(now) + PATIENCE_MS;
      else if (now >= this.letGoAt) this.leave(1 + this.random(this.config.outMax), out);
    }
  }

  private patience(now: Millis): Millis {
    return now + PATIENCE_MS + this.random(PATIENCE_MS);
  }

  private leave(link: number, out: ConnectorOutput[]): void {
    this.leaveAt = 0;
    this.letGoAt = 0;
    out.push({ kind: 'disconnect', link: link });
  }

  private close(link: number, now: Millis): void {
    const id = this.neighbours[link];
    if (id === null && link !== this.link) return;
    if (link > 0) this.shun(id === null || id === '' ? this.target : id, now);
    this.neighbours[link] = null;
    this.branches[link] = 0;
    if (link === this.link) this.giveUp();
    this.foreignAt = now;
    this.change(now);
  }

  private giveUp(): void {
    this.target = '';
    this.link = -1;
    this.dialAt = Infinity;
  }

  private hear(
    link: number,
    id: string,
    mesh: Uint8Array | null,
    now: Millis,
    out: ConnectorOutput[],
  ): void {
    const known = this.neighbours.indexOf(id);
    this.neighbours[link] = id;
    if (id === this.target && this.link < 0) this.giveUp();
    // Two nodes dialled each other: both keep the link that the smaller id dialled.
    if (known >= 0 && known !== link) return this.leave(this.id < id ? 0 : link + known, out);
    if (mesh === null || mesh.length < MESH_SIZE) return;
    if (link > 0) {
      if (this.branches[link] === mesh[10]) return;
      this.branches[link] = mesh[10];
    } else {
      const island = charactersOf(mesh, 0);
      if (island === this.id || mesh[9] >= HOPS_MAX) return this.leave(0, out);
      if (island === this.island && mesh[8] === this.size && mesh[9] + 1 === this.hops) return;
      this.island = island;
      this.size = mesh[8];
      this.hops = mesh[9] + 1;
    }
    this.change(now);
  }

  /** Something is new about our island: patience starts again, and the others hear of it soon. */
  private change(now: Millis): void {
    if (this.neighbours[0] === null) {
      this.island = this.id;
      this.hops = 0;
      this.size = this.branch();
    }
    this.leaveAt = 0;
    this.letGoAt = 0;
    this.tellAt = Math.min(this.tellAt, now + TELL_MS);
  }

  /** Nodes below and with us; 255 for more. */
  private branch(): number {
    let nodes = 1;
    for (let link = 1; link <= this.config.outMax; link++) nodes += this.branches[link];
    return Math.min(nodes, 255);
  }

  private dial(now: Millis, out: ConnectorOutput[]): void {
    if (this.link >= 0) {
      // It was dialled, and nobody answered: the radio says `closed` once it has let go.
      this.dialAt = now + DIAL_MAX_MS;
      out.push({ kind: 'disconnect', link: this.link });
      return;
    }
    const link = this.freeLink();
    if (link < 0) return this.giveUp();
    this.link = link;
    this.dialAt = now + DIAL_MAX_MS;
    out.push({ kind: 'connect', link: link, address: this.address });
  }

  private freeLink(): number {
    for (let link = 1; link <= this.config.outMax; link++) {
      if (this.neighbours[link] === null) return link;
    }
    return -1;
  }

  private shunnedUntil(id: string): Millis {
    for (let i = 0; i < this.shunned.length; i++) {
      if (this.shunned[i].id === id) return this.shunned[i].until;
    }
    return 0;
  }

  private shun(id: string, now: Millis): void {
    if (id === '') return;
    let times = 0;
    for (let i = this.shunned.length - 1; i >= 0; i--) {
      if (this.shunned[i].id !== id) continue;
      times = Math.min(this.shunned[i].times + 1, 3);
      this.shunned.splice(i, 1);
    }
    if (this.shunned.length === SHUNNED_MAX) this.shunned.shift();
    const ms = SHUN_MS << times;
    this.shunned.push({ id: id, until: now + ms + this.random(ms), times: times });
  }

  private tell(out: ConnectorOutput[]): void {
    this.tellAt = Infinity;
    const mesh = new Uint8Array(MESH_SIZE);
    write(mesh, 0, this.island);
    mesh[8] = this.size;
    mesh[9] = this.hops;
    mesh[10] = this.branch();
    out.push({ kind: 'tell', mesh: mesh });
    const sight = new Uint8Array(SIGHT_SIZE);
    const isFree = this.neighbours[0] === null;
    let free = 0;
    for (let link = 1; link <= this.config.outMax; link++) {
      if (this.neighbours[link] === null) free++;
    }
    write(sight, 0, MAGIC);
    sight[2] = this.config.role | (isFree ? 16 : 0) | (Math.min(free, 3) << 5);
    write(sight, 3, this.id);
    write(sight, 11, this.island);
    sight[19] = this.size;
    out.push({ kind: 'advertise', bytes: sight, connectable: isFree });
  }

  private scan(now: Millis, out: ConnectorOutput[]): void {
    const duty = this.duty(now);
    const pause = duty > 0 ? Math.min(SCAN_MS / duty, SCAN_PAUSE_MAX_MS) - SCAN_MS : 0;
    const on = duty > 0 && (!this.isScanning || pause < 1);
    this.scanAt = now + (on ? SCAN_MS : duty > 0 ? pause : SEARCH_MS);
    if (on !== this.isScanning) out.push({ kind: 'scan', on: on });
    this.isScanning = on;
  }

  /** The part of the time to scan. */
  private duty(now: Millis): number {
    let duty = this.config.scanDuty / 100;
    if (this.config.onBattery) duty = duty / 8;
    return now - this.foreignAt < SEARCH_MS ? duty : duty / 8;
  }
}

/** An id as characters, which compare and join as numbers cannot. */
function charactersOf(bytes: Uint8Array, at: number): string {
  let text = '';
  for (let i = at; i < at + 8; i++) text += String.fromCharCode(bytes[i]);
  return text;
}

function write(bytes: Uint8Array, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
}
