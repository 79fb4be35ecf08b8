/**
 * NoteDesk: takes the notes of devices that have no keys of their own, says them on as this peer's
 * signed messages, and answers them (WIRE §20).
 *
 *   note -> proven? -> counter new? -> wait for nearer peers -> stored, said, noted
 *
 * A note reaches every trusted peer of the island, and one of them shall say it. So each waits, the
 * longer the further it is from the device, and stays quiet when it hears another's `noted`, which
 * only a holder of the key can make. Whoever hears the message of another but no `noted` waits on: if
 * the device then asks again, nobody noted it, and the message was no peer's to say. So a note is said
 * twice only by peers that hear nothing of each other in time.
 */
import type { Machine, Millis, Random, Tick } from '../core/machine.ts';
import { RETRY_MS, TRIES_MAX } from '../core/notes.ts';
import type { Crypto } from '../trust/crypto.ts';
import { nameOf } from '../trust/pins.ts';
import type { NoteKey, NotNote } from '../wire/note.ts';
import { decodeNote, decodeNoted, encodeNoted, isProvenNote, isProvenNoted } from '../wire/note.ts';

/** A device whose notes are taken, and the last one that was, or -1. */
export type Device = { id: Uint8Array; key: Uint8Array; name: string; counter: number };

/** Each hop between leaves time for the peers before. All wait less than a device before it repeats. */
export const HOP_WAIT_MS = 500;
/** And so much by chance, since several may be next to the device. */
export const CHANCE_MS = 400;
/** A device that was not answered has repeated its note by then. */
export const QUIET_MS = (RETRY_MS << (TRIES_MAX - 1)) + 1000;
const HOPS_MAX = 7;
/** A note that was taken is answered again, but not more often than this. */
export const NOTED_AGAIN_MS = 2000;

export type NoteDeskInput =
  /** A note, and over how many hops it came. */
  | { kind: 'note'; device: Uint8Array; hops: number; payload: Uint8Array }
  /** An answer to a device, by somebody else. */
  | { kind: 'noted'; device: Uint8Array; payload: Uint8Array }
  /** A public message of another peer. */
  | { kind: 'message'; text: string };

export type NoteDeskOutput =
  /** To be durable before what follows. */
  | { kind: 'counter'; device: Uint8Array; counter: number }
  | { kind: 'say'; device: Uint8Array; name: string; text: string; message: string }
  | { kind: 'noted'; device: Uint8Array; payload: Uint8Array }
  | { kind: 'drop'; reason: NoteDeskDrop };

/** Why a note or an answer came to nothing. */
export type NoteDeskDrop =
  | NotNote
  | 'note-unknown-device'
  | 'note-unproven'
  | 'note-replayed'
  | 'note-waiting'
  | 'note-said-by-another';

type Known = Device & { waiting: Waiting | null; notedAt: Millis };
/** `isSaid`: somebody else said it, and whether he may is seen when nothing more is heard. */
type Waiting = { counter: number; text: string; sayAt: Millis; isSaid: boolean };

export class NoteDesk implements Machine<NoteDeskInput, NoteDeskOutput> {
  private readonly crypto: Pick<Crypto, 'hmacSha256'>;
  private readonly random: Random;
  private readonly devices = new Map<string, Known>();

  constructor(crypto: Pick<Crypto, 'hmacSha256'>, random: Random, devices: Device[]) {
    this.crypto = crypto;
    this.random = random;
    for (const device of devices) {
      this.devices.set(nameOf(device.id), { ...device, waiting: null, notedAt: -Infinity });
    }
  }

  step(input: NoteDeskInput | Tick, now: Millis): NoteDeskOutput[] {
    const out: NoteDeskOutput[] = [];
    if (input.kind === 'note') this.hear(input, now, out);
    if (input.kind === 'noted') this.overhear(input, out);
    if (input.kind === 'message') this.yieldTo(input.text, now);
    for (const device of this.devices.values()) {
      if (device.waiting === null || now < device.waiting.sayAt) continue;
      if (device.waiting.isSaid) this.leaveTo(device, device.waiting.counter, out);
      else this.say(device, now, out);
    }
    return out;
  }

  deadline(): Millis {
    let at = Infinity;
    for (const { waiting } of this.devices.values()) at = Math.min(at, waiting?.sayAt ?? Infinity);
    return at;
  }

  private hear(
    input: Extract<NoteDeskInput, { kind: 'note' }>,
    now: Millis,
    out: NoteDeskOutput[],
  ): void {
    const drop = (reason: NoteDeskDrop): void => void out.push({ kind: 'drop', reason });
    const device = this.devices.get(nameOf(input.device));
    if (device === undefined) return drop('note-unknown-device');
    const note = decodeNote(input.payload);
    if (!note.ok) return drop(note.reason);
    if (!isProvenNote(this.crypto, keyOf(device), note.value)) return drop('note-unproven');
    const { counter, text } = note.value;
    if (counter < device.counter) return drop('note-replayed');
    if (counter === device.counter) {
      // Its answer was lost, and the device asks again; or somebody else has its note.
      if (now - device.notedAt < NOTED_AGAIN_MS) return drop('note-replayed');
      return this.answer(device, counter, now, out);
    }
    const { waiting } = device;
    if (waiting !== null && counter < waiting.counter) return drop('note-replayed');
    if (waiting !== null && counter === waiting.counter && !waiting.isSaid) {
      return drop('note-waiting');
    }
    const hops = Math.max(0, Math.min(input.hops, HOPS_MAX));
    const waitMs = hops * HOP_WAIT_MS + this.random(CHANCE_MS);
    device.waiting = { counter, text, sayAt: now + waitMs, isSaid: false };
  }

  private overhear(input: Extract<NoteDeskInput, { kind: 'noted' }>, out: NoteDeskOutput[]): void {
    const device = this.devices.get(nameOf(input.device));
    if (device === undefined) return;
    const noted = decodeNoted(input.payload);
    if (!noted.ok || noted.value.counter <= device.counter) return;
    if (!isProvenNoted(this.crypto, keyOf(device), noted.value)) return;
    this.leaveTo(device, noted.value.counter, out);
  }

  private yieldTo(text: string, now: Millis): void {
    for (const { name, waiting } of this.devices.values()) {
      if (waiting === null || waiting.isSaid || text !== messageOf(waiting.text, name)) continue;
      waiting.isSaid = true;
      waiting.sayAt = now + QUIET_MS;
    }
  }

  private leaveTo(device: Known, counter: number, out: NoteDeskOutput[]): void {
    this.take(device, counter, out);
    out.push({ kind: 'drop', reason: 'note-said-by-another' });
  }

  private say(device: Known, now: Millis, out: NoteDeskOutput[]): void {
    const { counter, text } = device.waiting!;
    this.take(device, counter, out);
    const { id, name } = device;
    out.push({ kind: 'say', device: id, name, text, message: messageOf(text, name) });
    this.answer(device, counter, now, out);
  }

  private take(device: Known, counter: number, out: NoteDeskOutput[]): void {
    device.counter = counter;
    if (device.waiting !== null && device.waiting.counter <= counter) device.waiting = null;
    out.push({ kind: 'counter', device: device.id, counter });
  }

  private answer(device: Known, counter: number, now: Millis, out: NoteDeskOutput[]): void {
    device.notedAt = now;
    const payload = encodeNoted(this.crypto, keyOf(device), counter);
    out.push({ kind: 'noted', device: device.id, payload });
  }
}

/** WIRE §20. */
function messageOf(text: string, name: string): string {
  return `${text} (from device ${name})`;
}

function keyOf({ id, key }: Device): NoteKey {
  return { node: id, key };
}
