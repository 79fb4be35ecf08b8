/**
 * Notes: what a node without keys can say, and its wait for an answer (WIRE §20). A note goes to
 * whichever trusted peer is first, and is said again, under the same counter, until that peer has
 * noted it or it is given up.
 *
 *   note    | counter 4 | text 0..64 | proof 8 |
 *   noted   | counter 4 | proof 8 |
 *   proof   HMAC-SHA256(note key, type 1 | node id 8 | counter 4 | text), the first 8
 *
 * The counter is stored ahead of use, COUNTERS_STORED at a time: what was said under one is never
 * said again, whenever the power fails (RELIABILITY S9).
 */
import { readU32, writeU32 } from './bytes.ts';
import type { Hmac } from './control.ts';
import type { Machine, Millis, Tick } from './machine.ts';
import { ID_SIZE, NOTE, NOTED } from './packet.ts';

export const NOTE_TEXT_MAX = 64;
/** Notes that wait for those before; more are refused. */
export const NOTES_WAITING_MAX = 4;
/** Flash wears out: a store is good for so many notes. */
export const COUNTERS_STORED = 16;
/** DEFAULTS §2: three more tries, each after twice the wait. */
export const TRIES_MAX = 4;
export const RETRY_MS = 5000;
const PROOF_SIZE = 8;

export type NotesInput = { kind: 'say'; text: Uint8Array } | { kind: 'noted'; payload: Uint8Array };

export type NotesOutput =
  /** The least counter that was never used, from the next start on. */
  | { kind: 'counter'; next: number }
  | { kind: 'note'; payload: Uint8Array }
  | { kind: 'noted' }
  | { kind: 'drop'; reason: NoteDrop };

/** Why a note, or an answer, came to nothing. */
export type NoteDrop =
  'note-no-key' | 'note-too-long' | 'note-full' | 'note-unanswered' | 'bad-noted';

export class Notes implements Machine<NotesInput, NotesOutput> {
  /** Null: the node cannot be believed, and says nothing. */
  key: Uint8Array | null | undefined = null;
  private readonly id: Uint8Array;
  private readonly hmac: Hmac | null;
  private readonly waiting: Uint8Array[] = [];
  private counter: number;
  private stored: number;
  /** 0 while no note is out. */
  private tries = 0;
  private nextAt: Millis = Infinity;

  /** `next` is what was stored last, or 0. */
  constructor(id: Uint8Array, hmac: Hmac | null, next: number) {
    this.id = id;
    this.hmac = hmac;
    this.counter = next;
    this.stored = next;
  }

  step(input: NotesInput | Tick, now: Millis): NotesOutput[] {
    const out: NotesOutput[] = [];
    if (input.kind === 'say') {
      if (!this.key || this.hmac === null) drop(out, 'note-no-key');
      else if (input.text.length > NOTE_TEXT_MAX) drop(out, 'note-too-long');
      else if (this.waiting.length === NOTES_WAITING_MAX) drop(out, 'note-full');
      else {
        this.waiting.push(input.text);
        if (this.waiting.length === 1) this.nextAt = now;
      }
    }
    if (input.kind === 'noted') this.hear(input.payload, now, out);
    if (now >= this.nextAt) this.say(now, out);
    return out;
  }

  deadline(): Millis {
    return this.nextAt;
  }

  private say(now: Millis, out: NotesOutput[]): void {
    if (this.tries === TRIES_MAX) {
      drop(out, 'note-unanswered');
      return this.finish(now);
    }
    if (this.tries === 0 && this.counter === this.stored) {
      this.stored += COUNTERS_STORED;
      out.push({ kind: 'counter', next: this.stored });
    }
    this.nextAt = now + (RETRY_MS << this.tries);
    this.tries++;
    out.push({ kind: 'note', payload: this.proven(NOTE, this.counter, this.waiting[0]) });
  }

  private finish(now: Millis): void {
    this.waiting.shift();
    this.counter++;
    this.tries = 0;
    this.nextAt = this.waiting.length > 0 ? now : Infinity;
  }

  private hear(payload: Uint8Array, now: Millis, out: NotesOutput[]): void {
    const counter = readU32(payload, 0);
    if (this.tries === 0 || payload.length !== 4 + PROOF_SIZE || counter !== this.counter) {
      return drop(out, 'bad-noted');
    }
    const expected = this.proven(NOTED, counter, new Uint8Array(0));
    // In a time that does not tell where they differ (RELIABILITY S22).
    let difference = 0;
    for (let i = 0; i < expected.length; i++) difference |= expected[i] ^ payload[i];
    if (difference !== 0) return drop(out, 'bad-noted');
    out.push({ kind: 'noted' });
    this.finish(now);
  }

  private proven(type: number, counter: number, text: Uint8Array): Uint8Array {
    const covered = new Uint8Array(1 + ID_SIZE + 4 + text.length);
    covered[0] = type;
    covered.set(this.id, 1);
    writeU32(covered, 1 + ID_SIZE, counter);
    covered.set(text, 5 + ID_SIZE);
    const bytes = new Uint8Array(4 + text.length + PROOF_SIZE);
    bytes.set(covered.subarray(1 + ID_SIZE));
    // Notes are only taken where there is a key and an HMAC.
    bytes.set(this.hmac!(this.key!, covered).subarray(0, PROOF_SIZE), 4 + text.length);
    return bytes;
  }
}

function drop(out: NotesOutput[], reason: NoteDrop): void {
  out.push({ kind: 'drop', reason: reason });
}
