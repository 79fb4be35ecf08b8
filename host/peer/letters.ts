/**
 * Letters: what must reach peers, in order for each, until he confirms it or it is clear why he
 * does not. It decides when a session is sought, what is sealed next and what is sent again; it
 * holds no keys, and what it holds is also in the store.
 *
 *   waiting --in reach, session live--> sent --confirmed--> gone
 *   sent    --nothing for 5, 10, 20 s---> sent again, while he is heard of
 *   sent    --the fourth time in vain---> gone: unacknowledged
 *   any     --its time is over----------> gone: no-route, or expired
 *
 * A try counts as vain only if the peer was heard after it: a way that is cut is not his silence.
 */
import { assert } from '../../protocol/core/assert.ts';
import type { Machine, Millis, Tick } from '../../protocol/core/machine.ts';
import { nameOf } from '../../protocol/trust/pins.ts';
import { KIND } from '../../protocol/wire/noise-payload.ts';
import type { MessageFailure, OutboxEntry } from '../types.ts';
import { GRACE_MS } from './contract.ts';

export type LettersInput =
  /** A message, to be confirmed; or a receipt, which is sent once and has no answer. */
  | { kind: 'post'; entry: OutboxEntry }
  | { kind: 'confirmed'; peer: Uint8Array; id: string }
  /** He is in reach again. */
  | { kind: 'arrived'; peer: Uint8Array }
  | { kind: 'session'; peer: Uint8Array; isLive: boolean }
  /** Nothing goes to him any more. */
  | { kind: 'refuse'; peer: Uint8Array }
  | { kind: 'clock'; offsetMs: number | null };

export type LettersOutput =
  | { kind: 'open'; peer: Uint8Array }
  | { kind: 'renew'; peer: Uint8Array }
  /** To be sealed and sent now; `entry.tries` counts this time. */
  | { kind: 'seal'; entry: OutboxEntry }
  /** Not to be kept any longer. Null: it was confirmed, or was a receipt that has left. */
  | { kind: 'gone'; entry: OutboxEntry; reason: MessageFailure | null };

export interface LettersPorts {
  isLive(peer: Uint8Array): boolean;
  /** When the peer was heard last; null when he is not in reach. */
  heardAt(peer: Uint8Array): Millis | null;
  /** Whether he was heard since then, in Unix time. */
  wasHeardSince(peer: Uint8Array, unixMs: number): boolean;
}

/** Messages waiting for one peer, and in all. Then another is refused. */
export const LETTERS_PER_PEER_MAX = 512;
export const LETTERS_MAX = 10_000;
/** Receipts waiting for one peer, and in all. Then another is not made: its sender does without. */
export const RECEIPTS_PER_PEER_MAX = 256;
export const RECEIPTS_MAX = 10_000;
/**
 * Messages of one peer under way at once: a radio carries few, a line many. One more for each that
 * is confirmed, and the fewest again when one is not.
 */
export const WINDOW_MIN = 16;
const WINDOW_MAX = 256;
/** DEFAULTS §2: three retries, each after twice the time. */
export const RETRIES_MAX = 3;
export const ACK_TIMEOUT_MS = 5000;
/** A way that is cut is tried at least so often. */
const BACK_OFF_MAX_MS = 40_000;
/** Handshakes take 20 s to come to nothing; somebody forgot to say. */
const OPENING_MAX_MS = 25_000;

type Letter = {
  entry: OutboxEntry;
  /** Times sent since the peer was in reach. */
  sends: number;
  /** Of these, in vain. */
  vain: number;
  sentAt: Millis;
  dueAt: Millis;
  /** From before a restart: it is not given up earlier for its age. Null for one made since. */
  restsUntil: Millis | null;
};

type Mailbox = {
  peer: Uint8Array;
  /** In the order in which they were made. */
  letters: Letter[];
  receipts: OutboxEntry[];
  window: number;
  /** A handshake is under way, since then. */
  openingAt: Millis | null;
  /** Handshakes in a row that came to nothing, and when there may be another. */
  unanswered: number;
  openAt: Millis;
  wakeAt: Millis;
};

export class Letters implements Machine<LettersInput, LettersOutput> {
  private readonly ports: LettersPorts;
  private readonly boxes = new Map<string, Mailbox>();
  private epochMs: number | null = null;
  private letters = 0;
  private receipts = 0;
  /** No later than the next thing to do; a sweep finds out exactly. */
  private wakeAt: Millis = Infinity;

  /** `stored` is the outbox as it was left, in order. */
  constructor(ports: LettersPorts, stored: OutboxEntry[], now: Millis) {
    this.ports = ports;
    for (const entry of stored) this.keep(this.boxOf(entry.recipient), entry, now + GRACE_MS);
  }

  step(input: LettersInput | Tick, now: Millis): LettersOutput[] {
    const out: LettersOutput[] = [];
    switch (input.kind) {
      case 'post':
        this.post(input.entry, now, out);
        break;
      case 'confirmed':
        this.confirm(input.peer, input.id, now, out);
        break;
      case 'arrived':
        this.arrive(input.peer, now, out);
        break;
      case 'session':
        this.onSession(input.peer, input.isLive, now, out);
        break;
      case 'refuse':
        this.refuse(input.peer, out);
        break;
      case 'clock':
        this.setClock(input.offsetMs);
        for (const box of this.boxes.values()) this.work(box, now, out);
        break;
      case 'tick':
        break;
    }
    if (now >= this.wakeAt) this.sweep(now, out);
    return out;
  }

  deadline(): Millis {
    return this.wakeAt;
  }

  /** Whether another message for the peer is taken. */
  hasRoom(peer: Uint8Array): boolean {
    const box = this.boxes.get(nameOf(peer));
    return this.letters < LETTERS_MAX && (box?.letters.length ?? 0) < LETTERS_PER_PEER_MAX;
  }

  hasRoomForReceipt(peer: Uint8Array): boolean {
    const box = this.boxes.get(nameOf(peer));
    return this.receipts < RECEIPTS_MAX && (box?.receipts.length ?? 0) < RECEIPTS_PER_PEER_MAX;
  }

  /** What still waits for a peer, or has left and is not confirmed. */
  of(peer: Uint8Array): OutboxEntry[] {
    return this.boxes.get(nameOf(peer))?.letters.map(({ entry }) => entry) ?? [];
  }

  /** For whom something waits. */
  peers(): Uint8Array[] {
    return [...this.boxes.values()].map(({ peer }) => peer);
  }

  has(peer: Uint8Array, id: string): boolean {
    const box = this.boxes.get(nameOf(peer));
    return box?.letters.some(({ entry }) => entry.id === id) ?? false;
  }

  counts(): { letters: number; receipts: number; mailboxes: number } {
    return { letters: this.letters, receipts: this.receipts, mailboxes: this.boxes.size };
  }

  /**
   * A letter has the time it was given to live, whatever a clock says of it meanwhile (RELIABILITY R16).
   * One from before a restart was given it by another clock: one set back may be right at last.
   */
  private setClock(epochMs: number | null): void {
    const jumpMs = this.epochMs === null || epochMs === null ? 0 : epochMs - this.epochMs;
    this.epochMs = epochMs;
    for (const box of this.boxes.values()) {
      for (const letter of box.letters) {
        const laterMs = letter.restsUntil === null ? jumpMs : Math.max(0, jumpMs);
        letter.entry = laterBy(laterMs, letter.entry);
      }
      box.receipts = box.receipts.map((entry) => laterBy(jumpMs, entry));
    }
  }

  private post(entry: OutboxEntry, now: Millis, out: LettersOutput[]): void {
    const box = this.boxOf(entry.recipient);
    this.keep(box, entry, null);
    this.work(box, now, out);
  }

  private keep(box: Mailbox, entry: OutboxEntry, restsUntil: Millis | null): void {
    if (isReceipt(entry)) {
      if (box.receipts.some(({ id }) => id === entry.id)) return;
      box.receipts.push(entry);
      this.receipts++;
      return;
    }
    assert(!box.letters.some((letter) => letter.entry.id === entry.id), 'ids are drawn once');
    box.letters.push({ entry, sends: 0, vain: 0, sentAt: 0, dueAt: 0, restsUntil });
    this.letters++;
  }

  private confirm(peer: Uint8Array, id: string, now: Millis, out: LettersOutput[]): void {
    const box = this.boxes.get(nameOf(peer));
    const at = box?.letters.findIndex(({ entry }) => entry.id === id) ?? -1;
    if (box === undefined || at < 0) return;
    this.remove(box, at, null, out);
    box.window = Math.min(box.window + 1, WINDOW_MAX);
    this.work(box, now, out);
  }

  private arrive(peer: Uint8Array, now: Millis, out: LettersOutput[]): void {
    const box = this.boxes.get(nameOf(peer));
    if (box === undefined) return;
    box.unanswered = 0;
    box.openAt = now;
    for (const letter of box.letters) begin(letter);
    this.work(box, now, out);
  }

  private onSession(peer: Uint8Array, isLive: boolean, now: Millis, out: LettersOutput[]): void {
    const box = this.boxes.get(nameOf(peer));
    if (box === undefined) return;
    if (isLive) {
      box.unanswered = 0;
      box.openingAt = null;
      // What left under the session before may not have been opened.
      for (const letter of box.letters) letter.sends = 0;
    } else if (box.openingAt !== null) this.countUnanswered(box, now, out);
    this.work(box, now, out);
  }

  private refuse(peer: Uint8Array, out: LettersOutput[]): void {
    const box = this.boxes.get(nameOf(peer));
    if (box === undefined) return;
    while (box.letters.length > 0) this.remove(box, 0, 'refused', out);
    this.dropReceipts(box, out);
    this.boxes.delete(nameOf(peer));
  }

  /** All that can be done for one peer now. */
  private work(box: Mailbox, now: Millis, out: LettersOutput[]): void {
    box.wakeAt = this.expire(box, now, out);
    const heardAt = this.ports.heardAt(box.peer);
    if (box.letters.length + box.receipts.length === 0) {
      this.boxes.delete(nameOf(box.peer));
      return;
    }
    if (heardAt !== null && this.epochMs !== null) {
      if (this.ports.isLive(box.peer)) this.send(box, heardAt, now, out);
      else this.seekSession(box, now, out);
      if (box.letters.length + box.receipts.length === 0) this.boxes.delete(nameOf(box.peer));
    }
    this.wakeAt = Math.min(this.wakeAt, box.wakeAt);
  }

  private send(box: Mailbox, heardAt: Millis, now: Millis, out: LettersOutput[]): void {
    for (const entry of box.receipts) out.push({ kind: 'seal', entry: this.tried(entry, now) });
    this.dropReceipts(box, out);
    let isRepeating = false;
    for (let i = 0; i < Math.min(box.letters.length, box.window); i++) {
      const letter = box.letters[i];
      // What follows one that is sent again waits, so that no more overtake it.
      if (letter.sends === 0 && isRepeating) break;
      if (letter.sends > 0 && letter.dueAt <= now && heardAt > letter.sentAt) letter.vain++;
      if (letter.vain > RETRIES_MAX) {
        this.remove(box, i--, 'unacknowledged', out);
        continue;
      }
      if (letter.sends === 0 || letter.dueAt <= now) this.sendOne(box, letter, now, out);
      if (letter.sends > 1) isRepeating = true;
      box.wakeAt = Math.min(box.wakeAt, letter.dueAt);
    }
  }

  private sendOne(box: Mailbox, letter: Letter, now: Millis, out: LettersOutput[]): void {
    // The second time it is more likely that he lost the session than that two packets were lost.
    if (letter.sends === 2) out.push({ kind: 'renew', peer: box.peer });
    letter.entry = this.tried(letter.entry, now);
    letter.sentAt = now;
    letter.dueAt = now + backOff(letter.sends);
    if (letter.sends++ > 0) box.window = WINDOW_MIN;
    out.push({ kind: 'seal', entry: letter.entry });
  }

  private seekSession(box: Mailbox, now: Millis, out: LettersOutput[]): void {
    if (box.openingAt !== null && now >= box.openingAt + OPENING_MAX_MS) {
      this.countUnanswered(box, now, out);
    }
    if (
      box.openingAt === null &&
      now >= box.openAt &&
      box.letters.length + box.receipts.length > 0
    ) {
      box.openingAt = now;
      out.push({ kind: 'open', peer: box.peer });
    }
    const nextAt = box.openingAt === null ? box.openAt : box.openingAt + OPENING_MAX_MS;
    box.wakeAt = Math.min(box.wakeAt, nextAt);
  }

  private countUnanswered(box: Mailbox, now: Millis, out: LettersOutput[]): void {
    const heardAt = this.ports.heardAt(box.peer);
    const isVain = heardAt !== null && box.openingAt !== null && heardAt > box.openingAt;
    box.openAt = now + backOff(box.unanswered);
    box.unanswered++;
    box.openingAt = null;
    if (!isVain) return;
    for (let i = 0; i < box.letters.length; i++) {
      if (++box.letters[i].vain > RETRIES_MAX) this.remove(box, i--, 'no-session', out);
    }
  }

  /** Gives up what waited for too long; when to look again. */
  private expire(box: Mailbox, now: Millis, out: LettersOutput[]): Millis {
    if (this.epochMs === null) return Infinity;
    const unixMs = this.epochMs + now;
    while (box.letters.length > 0 && now >= overAt(box.letters[0], this.epochMs)) {
      const { madeAt, tries } = box.letters[0].entry;
      const wasThere = tries > 0 || this.ports.wasHeardSince(box.peer, madeAt);
      this.remove(box, 0, wasThere ? 'expired' : 'no-route', out);
    }
    while (box.receipts.length > 0 && box.receipts[0].expiresAt <= unixMs) {
      out.push({ kind: 'gone', entry: box.receipts.shift()!, reason: null });
      this.receipts--;
    }
    return Math.min(
      box.letters.length > 0 ? overAt(box.letters[0], this.epochMs) : Infinity,
      (box.receipts[0]?.expiresAt ?? Infinity) - this.epochMs,
    );
  }

  private remove(
    box: Mailbox,
    at: number,
    reason: MessageFailure | null,
    out: LettersOutput[],
  ): void {
    const [{ entry }] = box.letters.splice(at, 1);
    this.letters--;
    out.push({ kind: 'gone', entry, reason });
  }

  private dropReceipts(box: Mailbox, out: LettersOutput[]): void {
    for (const entry of box.receipts) out.push({ kind: 'gone', entry, reason: null });
    this.receipts -= box.receipts.length;
    box.receipts = [];
  }

  private tried(entry: OutboxEntry, now: Millis): OutboxEntry {
    return { ...entry, tries: entry.tries + 1, triedAt: Math.floor((this.epochMs ?? 0) + now) };
  }

  private boxOf(peer: Uint8Array): Mailbox {
    const name = nameOf(peer);
    const known = this.boxes.get(name);
    if (known !== undefined) return known;
    const box: Mailbox = {
      peer: new Uint8Array(peer),
      letters: [],
      receipts: [],
      window: WINDOW_MIN,
      openingAt: null,
      unanswered: 0,
      openAt: 0,
      wakeAt: Infinity,
    };
    this.boxes.set(name, box);
    return box;
  }

  private sweep(now: Millis, out: LettersOutput[]): void {
    for (const box of this.boxes.values()) if (box.wakeAt <= now) this.work(box, now, out);
    let at = Infinity;
    for (const box of this.boxes.values()) at = Math.min(at, box.wakeAt);
    this.wakeAt = at;
  }
}

function laterBy(jumpMs: Millis, entry: OutboxEntry): OutboxEntry {
  return { ...entry, expiresAt: entry.expiresAt + jumpMs };
}

/** When a letter is given up for its age. */
function overAt({ entry, restsUntil }: Letter, epochMs: number): Millis {
  return Math.max(entry.expiresAt - epochMs, restsUntil ?? -Infinity);
}

/** Counted anew: the peer has come back. */
function begin(letter: Letter): void {
  letter.sends = 0;
  letter.vain = 0;
}

function backOff(before: number): Millis {
  return Math.min(ACK_TIMEOUT_MS * 2 ** before, BACK_OFF_MAX_MS);
}

function isReceipt(entry: OutboxEntry): boolean {
  return entry.payloadKind !== KIND.privateMessage;
}
