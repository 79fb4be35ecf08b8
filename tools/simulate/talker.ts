/**
 * Talker: what a person of a simulated island says, and when. Now and then a remark to everyone, a
 * word back to whoever asked what it knows an answer to, and a friendly one to whoever writes to it
 * alone.
 */
import type { Machine, Millis, Random, Tick } from '../../protocol/core/machine.ts';

export type TalkerInput =
  | { kind: 'heard'; text: string }
  /** For this talker alone. */
  | { kind: 'told'; by: Uint8Array; text: string };

export type TalkerOutput =
  { kind: 'say'; text: string } | { kind: 'tell'; peer: Uint8Array; text: string };

/** What somebody has to say. */
export type Script = {
  /** To everyone, one after another, and again from the first. */
  remarks: string[];
  /** To everyone, after another's remark; by that remark. */
  answers: Record<string, string>;
  /** To whoever writes in private, in turn. */
  replies: string[];
};

/** The first remark comes soon, so that a newcomer sees one. */
const FIRST_MS = 6000;
/** Between two remarks, and as much again by chance. */
const REMARK_MS = 30_000;
/** Nobody types faster; and as much again by chance. */
const TYPING_MS = 1500;
/** Answers that are being typed. Whoever writes more at once gets none to the rest. */
const TYPING_MAX = 8;

export class Talker implements Machine<TalkerInput, TalkerOutput> {
  private readonly script: Script;
  private readonly random: Random;
  private readonly typing: { at: Millis; output: TalkerOutput }[] = [];
  private remarkAt: Millis;
  private remarks = 0;
  private replies = 0;

  constructor(script: Script, random: Random, now: Millis) {
    this.script = script;
    this.random = random;
    this.remarkAt = script.remarks.length > 0 ? now + this.about(FIRST_MS) : Infinity;
  }

  step(input: TalkerInput | Tick, now: Millis): TalkerOutput[] {
    const { answers, remarks, replies } = this.script;
    if (input.kind === 'heard' && Object.hasOwn(answers, input.text)) {
      this.type({ kind: 'say', text: answers[input.text] }, now);
    }
    if (input.kind === 'told') {
      const text = replies[this.replies++ % replies.length];
      this.type({ kind: 'tell', peer: input.by, text }, now);
    }
    const out = this.typing.filter(({ at }) => at <= now).map(({ output }) => output);
    this.typing.splice(0, out.length);
    if (now >= this.remarkAt) {
      out.push({ kind: 'say', text: remarks[this.remarks++ % remarks.length] });
      this.remarkAt = now + this.about(REMARK_MS);
    }
    return out;
  }

  deadline(): Millis {
    return Math.min(this.remarkAt, ...this.typing.map(({ at }) => at));
  }

  /** One thing after the other: what was begun first is said first. */
  private type(output: TalkerOutput, now: Millis): void {
    if (this.typing.length >= TYPING_MAX) return;
    const begun = Math.max(now, ...this.typing.map(({ at }) => at));
    this.typing.push({ at: begun + this.about(TYPING_MS), output });
  }

  private about(ms: Millis): Millis {
    return ms + this.random(ms);
  }
}
