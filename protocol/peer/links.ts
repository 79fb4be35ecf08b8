/**
 * Links: all hops of a station, by number, of whatever medium, and what is known of each. It has no
 * opinion of packets: what is heard goes out at one side, and what is to be sent comes in at the other.
 */
import { assert } from '../core/assert.ts';
import { sameBytes } from '../core/bytes.ts';
import type { Drops } from '../core/drops.ts';
import type { Crc32 } from '../core/framing.ts';
import type { Hello } from '../core/hello.ts';
import type { LinkInput } from '../core/link.ts';
import { Link } from '../core/link.ts';
import type { Machine, Millis, Tick } from '../core/machine.ts';
import { TICK } from '../core/machine.ts';
import type { Pace } from '../core/paced-heartbeat.ts';
import type { Mode } from '../core/version.ts';
import type { LineMedium, Medium, OwnMedium } from './contract.ts';
import { LineLink } from './line-link.ts';
import { LinkCounts } from './link-counts.ts';
import type { PhoneLinkDrop, PhoneLinkOutput } from './phone-link.ts';
import { PhoneLink } from './phone-link.ts';

export type LinksConfig = {
  id: Uint8Array;
  /** Numbers of links are below it. */
  linksMax: number;
  /** The largest frame that node links and wires take. */
  frameMax: number;
  /** As of a Link. */
  window: number;
  packetsMax: number;
  bytesMax: number;
  crc: Crc32;
  /** Of links to come. */
  pace: Pace;
};

/** One hop. What is counted of a number goes on with the next link of that number. */
export type Hop = {
  readonly medium: Medium;
  payloadMax: number;
  readonly rssi: number;
  readonly openedAt: Millis;
  /** Whatever it was that came. */
  heardAt: Millis;
  readonly machine: Link | PhoneLink | LineLink;
  /** Who is at the far end, as far as anybody has shown it; null for unknown. */
  peer: Uint8Array | null;
  boundAt: Millis;
  hello: Hello | null;
};

export type LinksInput =
  | OpenedInput
  /** A line whose far end has proven who it is, and said its hello. */
  | ({ kind: 'lined'; medium: LineMedium; link: number } & {
      id: Uint8Array;
      mode: Mode;
      hello: Hello;
      roundTripMs?: Millis;
    })
  | { kind: 'resized'; link: number; payloadMax: number }
  | { kind: 'closed'; link: number }
  | { kind: 'received'; link: number; bytes: Uint8Array }
  | { kind: 'sent'; link: number }
  | { kind: 'send'; link: number; bytes: Uint8Array; priority: number }
  /** What our hello says has changed. */
  | { kind: 'hello'; link: number; hello: Hello }
  /** For all links there are, and those to come. */
  | { kind: 'pace'; pace: Pace };

type OpenedInput = {
  kind: 'opened';
  link: number;
  medium: OwnMedium;
  payloadMax: number;
  rssi: number;
  hello: Hello;
};

export type LinksOutput =
  | { kind: 'write'; link: number; bytes: Uint8Array }
  | { kind: 'heard'; link: number; bytes: Uint8Array }
  | {
      kind: 'settled';
      link: number;
      mode: Mode;
      id: Uint8Array;
      hello: Hello | null;
      isFirst: boolean;
    }
  | { kind: 'silent'; link: number }
  | { kind: 'beat'; link: number; roundTripMs: Millis; missed: number }
  | { kind: 'drop'; link: number; reason: PhoneLinkDrop };

/** A link that was bound stays so for this long, whoever else claims to be there (WIRE §5). */
export const REBIND_MS = 60_000;

/** On our island, that is: whoever has a line may well be in the same room. */
function isThere(hop: Hop | null, id: Uint8Array): boolean {
  if (hop === null || hop.medium === 'line' || hop.medium === 'client') return false;
  return hop.peer !== null && sameBytes(hop.peer, 0, id);
}

export class Links implements Machine<LinksInput, LinksOutput> {
  readonly counts: LinkCounts;
  private readonly config: LinksConfig;
  private readonly hops: (Hop | null)[];
  /** Asked for with every packet, and few of many. */
  private openLinks: readonly number[] = [];
  /** By link, when it next wants a tick: the machines themselves lie far apart in memory. */
  private readonly wakesAt: Float64Array;
  private wakeAt: Millis = Infinity;

  constructor(config: LinksConfig) {
    this.config = config;
    this.hops = new Array<Hop | null>(config.linksMax).fill(null);
    this.wakesAt = new Float64Array(config.linksMax).fill(Infinity);
    this.counts = new LinkCounts(config.linksMax);
  }

  step(input: LinksInput | Tick, now: Millis): LinksOutput[] {
    const out: LinksOutput[] = [];
    this.take(input, now, out);
    return out;
  }

  deadline(): Millis {
    return this.wakeAt;
  }

  at(link: number): Hop | null {
    return this.hops[link] ?? null;
  }

  /** Numbers of the links that are open. */
  open(): readonly number[] {
    return this.openLinks;
  }

  /**
   * Somebody shows itself at the far end of a phone's link. False where another is known to be there,
   * or it is known to be elsewhere: a replay must not move a peer (RELIABILITY S18).
   */
  bind(link: number, id: Uint8Array, now: Millis): boolean {
    const hop = this.hops[link];
    if (hop === null) return false;
    if (hop.peer !== null && sameBytes(hop.peer, 0, id)) return true;
    if (hop.medium !== 'phone') return false;
    if (hop.peer !== null && now - hop.boundAt < REBIND_MS) return false;
    if (this.hops.some((other) => isThere(other, id))) return false;
    hop.peer = new Uint8Array(id);
    hop.boundAt = now;
    return true;
  }

  /** Whether it is at the far end of one of them. */
  leadTo(id: Uint8Array): boolean {
    for (const link of this.openLinks) {
      const peer = this.hops[link]?.peer ?? null;
      if (peer !== null && sameBytes(peer, 0, id)) return true;
    }
    return false;
  }

  private put(link: number, hop: Hop | null): void {
    this.hops[link] = hop;
    this.openLinks = this.hops.flatMap((other, at) => (other === null ? [] : [at]));
    this.rearm(link);
  }

  private rearm(link: number): void {
    const at = this.hops[link]?.machine.deadline() ?? Infinity;
    const before = this.wakesAt[link];
    if (at === before) return;
    this.wakesAt[link] = at;
    if (at < this.wakeAt) this.wakeAt = at;
    else if (before === this.wakeAt) this.wakeAt = this.wakesAt.reduce(earlier, Infinity);
  }

  private take(input: LinksInput | Tick, now: Millis, out: LinksOutput[]): void {
    if (input.kind === 'tick') {
      for (let link = 0; link < this.wakesAt.length; link++) {
        if (now >= this.wakesAt[link]) this.turn(link, TICK, now, out);
      }
      return;
    }
    if (input.kind === 'pace') {
      this.config.pace = input.pace;
      for (const link of this.openLinks) this.turn(link, input, now, out);
      return;
    }
    const { link } = input;
    assert(link >= 0 && link < this.hops.length, 'links are numbered below linksMax');
    if (input.kind === 'opened') {
      this.put(link, this.hopOf(input, now));
      this.turn(link, TICK, now, out);
    } else if (input.kind === 'lined') {
      this.line(input, now, out);
    } else if (input.kind === 'closed') {
      this.close(link);
    } else if (input.kind === 'resized') {
      this.resize(link, input.payloadMax);
    } else {
      if (input.kind === 'send') this.counts.send(link);
      this.turn(link, input, now, out);
    }
  }

  /** Again and again for the same line, whenever something of it has changed. */
  private line(
    { link, medium, id, mode, hello, roundTripMs }: Extract<LinksInput, { kind: 'lined' }>,
    now: Millis,
    out: LinksOutput[],
  ): void {
    const before = this.hops[link];
    const isFirst = !(before?.machine instanceof LineLink);
    const machine = isFirst ? new LineLink(mode) : (before.machine as LineLink);
    machine.mode = mode;
    if (roundTripMs !== undefined) machine.roundTripMs = roundTripMs;
    const [openedAt, boundAt] = isFirst ? [now, now] : [before.openedAt, before.boundAt];
    const hop = {
      medium,
      payloadMax: 0,
      rssi: 0,
      openedAt,
      boundAt,
      heardAt: now,
    } as const;
    this.put(link, { ...hop, machine, peer: new Uint8Array(id), hello });
    out.push({ kind: 'settled', link, mode, id, hello, isFirst });
  }

  private hopOf(input: OpenedInput, now: Millis): Hop {
    const { medium, payloadMax, rssi, hello } = input;
    const { window, packetsMax, bytesMax } = this.config;
    const machine =
      medium === 'phone'
        ? new PhoneLink({ payloadMax, window, packetsMax, bytesMax })
        : new Link({ payloadMax: medium === 'wire' ? 0 : payloadMax, ...this.config }, hello, now);
    const [peer, boundAt] = [null, -Infinity];
    const at = { openedAt: now, heardAt: now, boundAt };
    return { medium, payloadMax, rssi, ...at, machine, peer, hello: null };
  }

  /** Segments fit whatever they were made for, so only a phone's link has anything to gain. */
  private resize(link: number, payloadMax: number): void {
    const hop = this.hops[link];
    if (hop === null || !(hop.machine instanceof PhoneLink)) return;
    hop.payloadMax = payloadMax;
    hop.machine.payloadMax = payloadMax;
  }

  private close(link: number): void {
    const hop = this.hops[link];
    if (hop === null) return;
    // What the framing dropped is only counted there.
    if (hop.machine instanceof Link) this.countDrops(link, hop.machine.drops);
    this.put(link, null);
  }

  private countDrops(link: number, drops: Drops<string>): void {
    for (const [reason, count] of Object.entries(drops)) {
      for (let i = 0; i < (count ?? 0); i++) this.counts.drop(link, reason);
    }
  }

  private turn(link: number, input: LinkInput | Tick, now: Millis, out: LinksOutput[]): void {
    const hop = this.hops[link];
    // What a link that is gone still had to say.
    if (hop === null) return;
    if (input.kind === 'received') hop.heardAt = now;
    if (hop.machine instanceof LineLink) return;
    for (const output of hop.machine.step(input, now) as PhoneLinkOutput[]) {
      // Written out for the two that are by far the most: a spread costs as much as all the rest.
      if (output.kind === 'heard') {
        this.counts.hear(link);
        out.push({ kind: 'heard', link, bytes: output.bytes });
      } else if (output.kind === 'write') {
        out.push({ kind: 'write', link, bytes: output.bytes });
      } else {
        if (output.kind === 'settled' && output.hello !== null) {
          hop.peer = output.id;
          hop.hello = output.hello;
        }
        // The number goes ahead: behind a spread, it would give each output a shape of its own.
        out.push({ link, ...output });
      }
    }
    this.rearm(link);
  }
}

function earlier(one: Millis, two: Millis): Millis {
  return two < one ? two : one;
}
