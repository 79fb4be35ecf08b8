/**
 * Questions: what people here ask of bridges elsewhere, each said until it is answered or its time is
 * over. It goes under one id however often it is said, so that it is done once.
 *
 *   asked -> opening (no session) -> said, said again -> parts of the answer -> answered
 *                    '-------------------------------------------------> given up
 */
import { sameBytes } from '../../protocol/core/bytes.ts';
import type { Millis } from '../../protocol/core/machine.ts';
import type { Draw } from '../../protocol/peer/author.ts';
import type { AdminReply, AdminRequest } from '../../protocol/wire/administration.ts';
import {
  ANSWER_MAX,
  ARGUMENT_MAX,
  encodeAdminRequest,
  packText,
  unpackText,
} from '../../protocol/wire/administration.ts';
import { encodeText } from '../../protocol/wire/text.ts';
import type { AdminAnswer, AdministrationOutput, AdminRefusal, AdminWish } from './contract.ts';
import { joined } from '../../protocol/joined.ts';

/** Asked at once; one more is refused as busy. */
export const QUESTIONS_MAX = 32;
/** One that is not answered by then is given up: whoever asked waits for it. */
export const QUESTION_MAX_MS = 25_000;
/** It is said again after this, twice as long each time up to the second. */
const AGAIN_MS = 1500;
const AGAIN_MAX_MS = 6000;
/** Said so often in vain, the session is taken for lost at the other end, and renewed. */
const RENEW_AFTER = 2;
/** Parts of an answer that are asked for at once. */
const PARTS_AT_ONCE = 4;

export type QuestionsPorts = {
  draw: Draw;
  isLive(peer: Uint8Array): boolean;
  isInReach(peer: Uint8Array): boolean;
};

type Question = {
  readonly ticket: number;
  readonly peer: Uint8Array;
  readonly request: Omit<AdminRequest, 'saidAt'>;
  readonly until: Millis;
  /** Parts of the answer, by number; empty until it is known how many there are. */
  pieces: (Uint8Array | null)[];
  size: number | null;
  /** The first part that was not asked for yet. */
  next: number;
  /** How often it was said since anything was heard of it. */
  vain: number;
  dueAt: Millis;
  hadSession: boolean;
};

export class Questions {
  /** Unix time at 0 of our clock, or null. */
  epochMs: number | null = null;
  private readonly ports: QuestionsPorts;
  private open: Question[] = [];

  constructor(ports: QuestionsPorts) {
    this.ports = ports;
  }

  get size(): number {
    return this.open.length;
  }

  ask(ticket: number, { peer, order }: AdminWish, now: Millis): AdministrationOutput[] {
    const out: AdministrationOutput[] = [];
    const refusal = this.refusalOf(peer, order.argument);
    if (refusal !== null) {
      out.push({ kind: 'answer', ticket, answer: { kind: 'unadministered', reason: refusal } });
      return out;
    }
    const { operation, board } = order;
    const head = { id: this.ports.draw(8), operation, board, part: 0 };
    const question: Question = {
      ticket,
      peer: new Uint8Array(peer),
      request: { ...head, argument: packText(order.argument) },
      until: now + QUESTION_MAX_MS,
      pieces: [],
      size: null,
      next: 0,
      vain: 0,
      dueAt: now,
      hadSession: false,
    };
    this.open.push(question);
    this.say(question, now, out);
    return out;
  }

  /** What was said under the session before may not have been opened. */
  onSession(peer: Uint8Array, isLive: boolean, now: Millis): AdministrationOutput[] {
    const out: AdministrationOutput[] = [];
    if (!isLive) return out;
    for (const question of this.open) {
      if (!sameBytes(question.peer, 0, peer)) continue;
      question.vain = 0;
      this.say(question, now, out);
    }
    return out;
  }

  /** False where it answers nothing that was asked of him. */
  hear(peer: Uint8Array, reply: AdminReply, now: Millis, out: AdministrationOutput[]): boolean {
    const question = this.open.find(
      ({ peer: asked, request }) => sameBytes(asked, 0, peer) && sameBytes(request.id, 0, reply.id),
    );
    if (question === undefined) return false;
    question.vain = 0;
    switch (reply.status) {
      case 'working':
        question.dueAt = now + AGAIN_MS;
        break;
      case 'gone':
        // He began anew, and so does this.
        question.pieces = [];
        this.say(question, now, out);
        break;
      case 'ok':
      case 'failed':
        this.take(question, reply, now, out);
        break;
      default:
        this.end(question, { kind: 'unadministered', reason: reply.status }, out);
    }
    return true;
  }

  tick(now: Millis): AdministrationOutput[] {
    const out: AdministrationOutput[] = [];
    for (const question of [...this.open]) {
      if (now >= question.until) {
        const reason = question.hadSession ? 'unanswered' : 'no-session';
        this.end(question, { kind: 'unadministered', reason }, out);
      } else if (now >= question.dueAt) this.say(question, now, out);
    }
    return out;
  }

  deadline(): Millis {
    return Math.min(Infinity, ...this.open.map(({ dueAt, until }) => Math.min(dueAt, until)));
  }

  private refusalOf(peer: Uint8Array, argument: string): AdminRefusal | null {
    if (!this.ports.isInReach(peer) && !this.ports.isLive(peer)) return 'away';
    if (encodeText(argument).length > ARGUMENT_MAX) return 'too-long';
    if (this.epochMs === null) return 'no-clock';
    return this.open.length < QUESTIONS_MAX ? null : 'busy';
  }

  private say(question: Question, now: Millis, out: AdministrationOutput[]): void {
    const { peer, vain } = question;
    question.dueAt = now + Math.min(AGAIN_MAX_MS, AGAIN_MS * 2 ** vain);
    if (!this.ports.isLive(peer)) return void out.push({ kind: 'open', peer });
    question.hadSession = true;
    question.vain++;
    if (vain === RENEW_AFTER) out.push({ kind: 'renew', peer });
    const { pieces } = question;
    if (pieces.length === 0) return this.sayPart(question, 0, now, out);
    const wanted = [...pieces.keys()].filter((part) => pieces[part] === null);
    for (const part of wanted.slice(0, PARTS_AT_ONCE)) this.sayPart(question, part, now, out);
  }

  private sayPart(
    { peer, request }: Question,
    part: number,
    now: Millis,
    out: AdministrationOutput[],
  ): void {
    const saidAt = Math.floor((this.epochMs ?? 0) + now);
    out.push({ kind: 'seal', peer, body: encodeAdminRequest({ ...request, part, saidAt }) });
  }

  private take(
    question: Question,
    { status, part, parts, piece, size }: AdminReply,
    now: Millis,
    out: AdministrationOutput[],
  ): void {
    if (question.pieces.length === 0) {
      question.pieces = new Array<Uint8Array | null>(Math.max(1, parts)).fill(null);
      question.size = size;
      question.next = 1;
      for (let more = 1; more < PARTS_AT_ONCE; more++) this.sayNext(question, now, out);
    }
    const { pieces } = question;
    // Parts of two answers make none.
    const isOfIt = Math.max(1, parts) === pieces.length && size === question.size;
    if (!isOfIt) return this.end(question, { kind: 'unadministered', reason: 'garbled' }, out);
    question.dueAt = now + AGAIN_MS;
    if (pieces[part] === null) this.sayNext(question, now, out);
    pieces[part] = piece;
    if (pieces.includes(null)) return;
    const text = unpackText({ bytes: joined(pieces as Uint8Array[]), size }, ANSWER_MAX);
    if (text === null)
      return this.end(question, { kind: 'unadministered', reason: 'garbled' }, out);
    this.end(question, { kind: 'administered', isDone: status === 'ok', text }, out);
  }

  private sayNext(question: Question, now: Millis, out: AdministrationOutput[]): void {
    if (question.next < question.pieces.length) this.sayPart(question, question.next++, now, out);
  }

  private end(question: Question, answer: AdminAnswer, out: AdministrationOutput[]): void {
    this.open = this.open.filter((other) => other !== question);
    out.push({ kind: 'answer', ticket: question.ticket, answer });
  }
}
