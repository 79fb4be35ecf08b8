/**
 * Spread: makes a broadcast cross few links between Hopline nodes, and reach all of them (WIRE §29).
 * Neighbours tell each other whom they hear, so that each is brought a packet by few (Vicinity); and
 * those who watch for him tell a neighbour what he may lack (Mender).
 *
 * Who says nothing of this, as phones and boards, is brought everything. A list is worth only what both
 * who are named by it say; all that a liar can talk out of our way is what he would get himself.
 */
import type { Cover } from '../core/line-relay.ts';
import type { Machine, Millis, Random, Tick } from '../core/machine.ts';
import { TICK } from '../core/machine.ts';
import { ANNOUNCE } from '../core/packet.ts';
import type { Crypto } from '../trust/crypto.ts';
import type { NotSpread, Spread as Said } from '../wire/spread.ts';
import { decodeSpread, encodeSpread, NOTHING_SAID } from '../wire/spread.ts';
import type { ListsInput } from './lists.ts';
import { Lists } from './lists.ts';
import type { MenderInput } from './mender.ts';
import { Mender } from './mender.ts';
import type { Fresh, IntroductionsInput } from './introductions.ts';
import { Introductions } from './introductions.ts';
import { Vicinity } from './vicinity.ts';

export type SpreadInput =
  /**
   * A node that takes part is at the far end of a link on the air. `since`: it may lack the announces
   * that came before; null where they are not told by name.
   */
  | { kind: 'up'; link: number; id: Uint8Array; since: Millis | null }
  | { kind: 'down'; link: number }
  | { kind: 'heard'; link: number; payload: Uint8Array };

export type SpreadOutput =
  /** The payload of a packet of type 0xEF, for that link alone. */
  | { kind: 'say'; link: number; payload: Uint8Array }
  /** A packet of the last moments, as it was passed on. */
  | { kind: 'give'; link: number; bytes: Uint8Array }
  | { kind: 'drop'; link: number; reason: NotSpread };

export class Spread implements Machine<SpreadInput, SpreadOutput>, Cover {
  private readonly vicinity: Vicinity;
  private readonly lists: Lists;
  private readonly mender: Mender;
  private readonly introductions: Introductions;
  private now: Millis = 0;
  /** Whether anybody is being introduced: it is asked for with every announce. */
  private isMeeting = false;
  /** Asked for with every packet, of machines that lie far apart in memory. */
  private wakeAt: Millis = Infinity;

  constructor(
    id: Uint8Array,
    linksMax: number,
    { crypto, random }: { crypto: Pick<Crypto, 'sha256'>; random: Random },
    fresh: Fresh,
    seed: number,
  ) {
    this.vicinity = new Vicinity(id, linksMax, random);
    this.lists = new Lists(this.vicinity);
    this.mender = new Mender(crypto, random);
    this.introductions = new Introductions(fresh, seed);
  }

  step(input: SpreadInput | Tick, now: Millis): SpreadOutput[] {
    const out: SpreadOutput[] = [];
    this.now = now;
    if (input.kind === 'up') this.meet(input, out);
    if (input.kind === 'down') this.lose(input.link, out);
    if (input.kind === 'heard') this.hear(input.link, input.payload, out);
    if (now >= this.lists.deadline()) this.toLists(TICK, out);
    if (now >= this.mender.deadline()) this.toMender(TICK, out);
    if (now >= this.introductions.deadline()) this.toIntroductions(TICK, out);
    this.isMeeting = this.introductions.deadline() < Infinity;
    this.rearm();
    return out;
  }

  deadline(): Millis {
    return this.wakeAt;
  }

  covered(
    open: number,
    word: number,
    bytes: Uint8Array,
    first: number,
    heard: Uint32Array,
  ): number {
    const isTold = this.isMeeting && bytes[1] === ANNOUNCE;
    const told = isTold ? this.introductions.covered(open, word, bytes) : 0;
    return told | this.vicinity.covered(open & ~told, word, bytes, first, heard);
  }

  /** An announce that came with this TTL was let in. */
  announced(bytes: Uint8Array, ttl: number, now: Millis): void {
    this.introductions.note(bytes, ttl, now);
    if (this.isMeeting) this.rearm();
  }

  kept(
    low: number,
    high: number,
    bytes: Uint8Array,
    link: number,
    isFirst: boolean,
    now: Millis,
  ): void {
    if (bytes[1] !== ANNOUNCE) {
      this.mender.keep(low, high, bytes, link, this.vicinity.watches(), now);
      this.rearm();
    } else if (!isFirst) this.introductions.passedOn(bytes);
  }

  met(low: number, high: number, bytes: Uint8Array, link: number): void {
    if (bytes[1] !== ANNOUNCE) return this.mender.met(low, high, bytes, link);
    if (!this.isMeeting) return;
    this.introductions.met(bytes, link);
    this.rearm();
  }

  spent(low: number, high: number, bytes: Uint8Array, now: Millis): void {
    this.mender.spent(low, high, bytes, now);
  }

  private rearm(): void {
    const ours = Math.min(this.mender.deadline(), this.introductions.deadline());
    this.wakeAt = Math.min(this.lists.deadline(), ours);
  }

  private meet(
    { link, id, since }: Extract<SpreadInput, { kind: 'up' }>,
    out: SpreadOutput[],
  ): void {
    if (this.lists.has(link)) return;
    this.toLists({ kind: 'up', link, id }, out);
    if (since !== null) this.toIntroductions({ kind: 'up', link, id, since }, out);
  }

  private lose(link: number, out: SpreadOutput[]): void {
    if (!this.lists.has(link)) return;
    this.toLists({ kind: 'gone', link }, out);
    this.toMender({ kind: 'gone', link }, out);
    this.toIntroductions({ kind: 'gone', link }, out);
  }

  private hear(link: number, payload: Uint8Array, out: SpreadOutput[]): void {
    // Before its hello, or of who takes no part: it will say so again.
    if (!this.lists.has(link)) return;
    const said = decodeSpread(payload);
    if (!said.ok) return void out.push({ kind: 'drop', link, reason: said.reason });
    const { list, offers, wants, tells, seeks } = said.value;
    if (offers.length > 0) this.toMender({ kind: 'offered', link, names: offers }, out);
    if (wants.length > 0) this.toMender({ kind: 'wanted', link, names: wants }, out);
    if (tells.length > 0) this.toIntroductions({ kind: 'told', link, names: tells }, out);
    if (seeks.length > 0) this.toIntroductions({ kind: 'sought', link, names: seeks }, out);
    if (list !== null) this.toLists({ kind: 'heard', link, list }, out);
  }

  private toLists(input: ListsInput | Tick, out: SpreadOutput[]): void {
    for (const { link, list } of this.lists.step(input, this.now)) say(link, { list }, out);
  }

  private toMender(input: MenderInput | Tick, out: SpreadOutput[]): void {
    for (const output of this.mender.step(input, this.now)) {
      if (output.kind === 'give') {
        out.push(output);
        continue;
      }
      const { link, names } = output;
      say(link, output.kind === 'offer' ? { offers: names } : { wants: names }, out);
    }
  }

  private toIntroductions(input: IntroductionsInput | Tick, out: SpreadOutput[]): void {
    for (const output of this.introductions.step(input, this.now)) {
      if (output.kind === 'give') {
        out.push(output);
        continue;
      }
      const { link, names } = output;
      say(link, output.kind === 'tell' ? { tells: names } : { seeks: names }, out);
    }
  }
}

function say(link: number, said: Partial<Said>, out: SpreadOutput[]): void {
  out.push({ kind: 'say', link, payload: encodeSpread({ ...NOTHING_SAID, ...said }) });
}
