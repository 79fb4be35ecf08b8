/**
 * Answers: old packets on their way to those who asked for them, link by link, at a pace that leaves
 * the link to what is of now (WIRE §9). Who asked, and how, is not its affair.
 */
import { FLAGS_AT, IS_ANSWER, MESSAGE, TTL_AT } from '../core/packet.ts';
import type { Machine, Millis, Tick } from '../core/machine.ts';
import type { History, Kept } from './history.ts';

/** Packets remembered as given over one link; then all senders are introduced again. */
export const GIVEN_MAX = 4096;

export type AnswerPace = {
  /** Whether the far end can use an announce that is not of now (WIRE §12 o). */
  introduces: boolean;
  /** Whether what goes there is history for our island. */
  isIsland: boolean;
  /** Between two packets of an answer, and bytes in a millisecond. */
  spacingMs: Millis;
  bytesPerMs: number;
};

export type AnswersOutput =
  | { kind: 'answer'; link: number; bytes: Uint8Array }
  /** So much of an answer counts as brought in from the internet. */
  | { kind: 'spent'; bytes: number };

/** What is to be sent, by name, in order. */
type Answer = { pace: AnswerPace; packets: Map<string, Kept>; nextAt: Millis };

export class Answers implements Machine<Tick, AnswersOutput> {
  /** Whether there was ever a line: then what our island is given is rationed. */
  hasLines = false;
  /**
   * What a node that ever had a line gives to its island as history, all links together; or what a
   * gateway holds back would come by this door (DEFAULTS §5).
   */
  islandBytesPerMs: number;
  private readonly history: History;
  /** By link. */
  private readonly answers = new Map<number, Answer>();
  /** By link whose far end is introduced to senders: names of all that went there. */
  private readonly given = new Map<number, Set<string>>();
  /** When our island may be answered again. */
  private islandAt: Millis = -Infinity;

  constructor(history: History, islandBytesPerMs: number) {
    this.history = history;
    this.islandBytesPerMs = islandBytesPerMs;
  }

  step(_: Tick, now: Millis): AnswersOutput[] {
    const out: AnswersOutput[] = [];
    for (const [link, answer] of this.answers) {
      for (const [name, kept] of answer.packets) {
        if (now < this.answerAt(answer)) break;
        const author = this.introductionOf(link, answer, kept);
        const next = author ?? kept;
        if (author === null) answer.packets.delete(name);
        if (answer.pace.introduces) this.remember(link, next);
        const { spacingMs, bytesPerMs } = answer.pace;
        const costMs = Math.max(spacingMs, next.bytes.length / bytesPerMs);
        // What a late tick held up may follow at once, but not more than that.
        answer.nextAt = Math.max(answer.nextAt, now - spacingMs) + costMs;
        out.push({ kind: 'answer', link, bytes: marked(next.bytes) });
        if (this.isRationed(answer)) this.spend(next.bytes.length, now, out);
        if (author !== null) break;
      }
      if (answer.packets.size === 0) this.answers.delete(link);
    }
    return out;
  }

  deadline(): Millis {
    let at = Infinity;
    for (const answer of this.answers.values()) at = Math.min(at, this.answerAt(answer));
    return at;
  }

  /** Packets that still wait for the link. */
  waiting(link: number): number {
    return this.answers.get(link)?.packets.size ?? 0;
  }

  /** Behind what waits already, each once. */
  add(link: number, pace: AnswerPace, packets: Iterable<Kept>, now: Millis): void {
    const answer = this.answers.get(link) ?? { pace, packets: new Map(), nextAt: now };
    for (const kept of packets) {
      answer.packets.set(kept.name, kept);
      this.doubt(link, kept);
    }
    if (answer.packets.size > 0) this.answers.set(link, answer);
  }

  /** What waits of that time is not wanted any more: somebody asked anew. */
  drop(link: number, since: number, until: number): void {
    const answer = this.answers.get(link);
    if (answer === undefined) return;
    for (const [name, { timestamp }] of answer.packets) {
      if (timestamp >= since && timestamp < until) answer.packets.delete(name);
    }
  }

  /** The link is no more. */
  forget(link: number): void {
    this.answers.delete(link);
    this.given.delete(link);
  }

  private answerAt(answer: Answer): Millis {
    return this.isRationed(answer) ? Math.max(answer.nextAt, this.islandAt) : answer.nextAt;
  }

  private isRationed({ pace }: Answer): boolean {
    return this.hasLines && pace.isIsland;
  }

  private spend(bytes: number, now: Millis, out: AnswersOutput[]): void {
    this.islandAt = Math.max(this.islandAt, now) + bytes / this.islandBytesPerMs;
    out.push({ kind: 'spent', bytes });
  }

  /**
   * Words that are asked for again were lost, or the announce ahead of them was: without it nobody
   * takes them.
   */
  private doubt(link: number, { name, sender }: Kept): void {
    const given = this.given.get(link);
    const author = this.history.announceOf(sender);
    if (given?.has(name) === true && author !== null) given.delete(author.name);
  }

  /** The announce that somebody's words are verified by, if the far end may not have it. */
  private introductionOf(link: number, { pace }: Answer, kept: Kept): Kept | null {
    // A phone would forget what its sender said (WIRE §12 o).
    if (!pace.introduces || kept.type !== MESSAGE) return null;
    const author = this.history.announceOf(kept.sender);
    const isGiven = author !== null && this.given.get(link)?.has(author.name) === true;
    return isGiven ? null : author;
  }

  private remember(link: number, { name }: Kept): void {
    const given = this.given.get(link) ?? new Set<string>();
    if (given.size >= GIVEN_MAX) given.clear();
    this.given.set(link, given.add(name));
  }
}

/** WIRE §9: the packet as it was, for this link alone. Neither byte is signed. */
function marked(bytes: Uint8Array): Uint8Array {
  const answer = new Uint8Array(bytes);
  answer[TTL_AT] = 0;
  answer[FLAGS_AT] |= IS_ANSWER;
  return answer;
}
