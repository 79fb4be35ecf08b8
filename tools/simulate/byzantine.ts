/**
 * Byzantine: a node that means harm. Beneath it is an honest one, so that its neighbours take it for one
 * of them; what it does beside, and what it keeps back, its tricks say.
 */
import type { Millis, Random, Tick } from '../../protocol/core/machine.ts';
import { crc32 } from '../../protocol/core/crc32.ts';
import { encodeBlock, PACKET_BLOCK } from '../../protocol/core/framing.ts';
import { LINK_STATE, MESSAGE, plainPacket, TTL_AT } from '../../protocol/core/packet.ts';
import { SegmentWriter } from '../../protocol/core/segments.ts';
import type { LinkCost, LinkState } from '../../protocol/wire/link-state.ts';
import { encodeLinkState, NEIGHBOURS_MAX } from '../../protocol/wire/link-state.ts';
import { encodeMessage } from '../../protocol/wire/message.ts';
import type { Identity } from '../../protocol/trust/identity.ts';

import { headOf, senderAt } from './frame-head.ts';
import type { SimInput, SimNode, SimOutput } from './sim-node.ts';
import type { BridgeNode, Roster } from './stations.ts';

const TRICKS = ['forge', 'replay', 'flood', 'lie', 'drop'] as const;
export type Trick = (typeof TRICKS)[number];

/** Until it does something again, and as much again by chance. */
const ACT_MS = 1500;
/** Frames of one flood. */
const FLOOD = 15;
/** Frames kept for a replay; then the oldest goes. */
const KEPT_MAX = 64;

/** Numbers of its link states are far beyond those that clocks give: what it says honestly is old. */
const LIE_SEQUENCE = 2 ** 52;
/** What a link costs that is not there. */
const ALMOST_NOTHING: LinkCost = {
  latencyMs: 1,
  lossPerMille: 0,
  bytesPerSecond: 0xffffffff,
  jitterMs: 0,
};

/** What is wrong with a node, and who says what it says when it lies. */
export type Malice = { tricks: readonly Trick[]; fellows: readonly number[] };

type OpenLink = { isWire: boolean; payloadMax: number };

export class Byzantine implements SimNode {
  readonly inner: BridgeNode;
  private readonly node: number;
  private readonly tricks: readonly Trick[];
  private readonly fellows: readonly number[];
  private readonly identity: Identity;
  private readonly roster: Roster;
  private readonly random: Random;
  /** Whose packets go no further through it. */
  private readonly victim: number;
  private readonly links = new Map<number, OpenLink>();
  /** Links on which it keeps back the rest of a frame. */
  private readonly swallowing = new Set<number>();
  private readonly kept: Uint8Array[] = [];
  private epochMs = 0;
  private forged = 0;
  private actAt: Millis;

  constructor(
    inner: BridgeNode,
    node: number,
    { tricks, fellows }: Malice,
    roster: Roster,
    random: Random,
    now: Millis,
  ) {
    this.inner = inner;
    this.node = node;
    this.tricks = tricks;
    this.fellows = fellows;
    this.identity = roster.of(node);
    this.roster = roster;
    this.random = random;
    this.victim = 1 + random(roster.size);
    this.actAt = now + ACT_MS;
    inner.step({ kind: 'tap', isOn: true }, now);
  }

  step(input: SimInput | Tick, now: Millis): readonly SimOutput[] {
    if (input.kind === 'clock') this.epochMs = input.offsetMs ?? 0;
    if (input.kind === 'opened') {
      const { link, medium, payloadMax } = input;
      this.links.set(link, { isWire: medium === 'wire', payloadMax });
    }
    if (input.kind === 'closed') this.links.delete(input.link);
    const out: SimOutput[] = [];
    this.pass(this.inner.step(input, now), now, out);
    if (now >= this.actAt) {
      this.actAt = now + ACT_MS + this.random(ACT_MS);
      this.act(now, out);
    }
    return out;
  }

  deadline(): Millis {
    return Math.min(this.inner.deadline(), this.actAt);
  }

  private pass(outputs: readonly SimOutput[], now: Millis, out: SimOutput[]): void {
    for (const output of outputs) {
      if (output.kind === 'tapped' && output.frame.way === 'heard') this.keep(output.frame.bytes);
      if (output.kind === 'write' && this.isSwallowed(output.link, output.bytes)) {
        // Its own radio is told that all is well.
        this.pass(this.inner.step({ kind: 'sent', link: output.link }, now), now, out);
      } else out.push(output);
    }
  }

  private keep(frame: Uint8Array): void {
    this.kept.push(frame);
    if (this.kept.length > KEPT_MAX) this.kept.shift();
  }

  private isSwallowed(link: number, bytes: Uint8Array): boolean {
    if (!this.tricks.includes('drop')) return false;
    const { isWire } = this.links.get(link) ?? { isWire: false };
    const head = headOf(bytes, isWire);
    if (head === null) return this.swallowing.has(link);
    const at = senderAt(head);
    const sender = this.roster.numberOf(head.bytes.subarray(at, at + 8));
    if (sender === this.victim) this.swallowing.add(link);
    else this.swallowing.delete(link);
    return sender === this.victim;
  }

  private act(now: Millis, out: SimOutput[]): void {
    const trick = this.tricks[this.random(this.tricks.length)];
    const wallMs = Math.floor(this.epochMs + now);
    if (trick === 'forge') this.spread(this.forgery(wallMs), out);
    if (trick === 'lie') this.spread(this.lie(wallMs), out);
    if (trick === 'replay' && this.kept.length > 0) {
      const frame = this.kept[this.random(this.kept.length)].slice();
      // Further than it ever was to go.
      if (this.random(2) === 0) frame[TTL_AT] = 7;
      this.spread(frame, out);
    }
    if (trick === 'flood') {
      for (let i = 0; i < FLOOD; i++) this.spread(this.noise(wallMs + i), out);
    }
  }

  /** In another's name: with a signature of ours, or of nobody. */
  private forgery(wallMs: number): Uint8Array {
    const other = this.roster.of(1 + this.random(this.roster.size));
    const payload = encodeMessage(`forged ${++this.forged}`);
    const packet = plainPacket(MESSAGE, 7, wallMs, other.id, payload);
    const frame = this.identity.sealPacket(packet);
    if (this.random(2) === 0) frame[frame.length - 1] ^= 1;
    return frame;
  }

  /**
   * About links that are not there, to anybody, and about itself. One that lies alone is not believed,
   * since the other end says nothing of the kind; so fellows name each other.
   */
  private lie(wallMs: number): Uint8Array {
    const { random, roster } = this;
    const drawn = Array.from({ length: random(NEIGHBOURS_MAX) }, () => 1 + random(roster.size));
    const named = new Set([...this.fellows, ...drawn]);
    named.delete(this.node);
    const state: LinkState = {
      sequence: LIE_SEQUENCE + wallMs,
      neighbours: [...named].slice(0, NEIGHBOURS_MAX).map((other) => ({
        id: roster.of(other).id,
        cost: ALMOST_NOTHING,
      })),
      place: {
        latitude: random(181) - 90,
        longitude: random(361) - 180,
        altitudeM: random(10_000),
        accuracyM: 0,
      },
      energyPercent: random(2) === 0 ? 100 : null,
      mobility: { kind: 'linear', northMps: random(1000), eastMps: random(1000), periodS: 0 },
      capabilities: 0xff,
    };
    const payload = encodeLinkState(state);
    return this.identity.sealPacket(plainPacket(LINK_STATE, 7, wallMs, this.identity.id, payload));
  }

  private noise(wallMs: number): Uint8Array {
    const payload = encodeMessage(`noise ${++this.forged}`);
    return this.identity.sealPacket(plainPacket(MESSAGE, 7, wallMs, this.identity.id, payload));
  }

  private spread(frame: Uint8Array, out: SimOutput[]): void {
    for (const [link, { isWire, payloadMax }] of this.links) {
      if (isWire) {
        out.push({ kind: 'write', link, bytes: encodeBlock(PACKET_BLOCK, frame, crc32) });
        continue;
      }
      const writer = new SegmentWriter(payloadMax);
      writer.begin(frame);
      for (let bytes = writer.next(); bytes !== null; bytes = writer.next()) {
        out.push({ kind: 'write', link, bytes });
      }
    }
  }
}

/** At least one trick for each. */
export function drawTricks(random: Random): Trick[] {
  const tricks = TRICKS.filter(() => random(2) === 0);
  return tricks.length > 0 ? tricks : [TRICKS[random(TRICKS.length)]];
}
