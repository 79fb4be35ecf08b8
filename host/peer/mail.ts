/**
 * Mail: what is said to peers who are away, sealed to each and given to others to carry (WIRE §10):
 * our own letters to couriers, others' letters in a satchel, and what came for us this way.
 *
 *   letter to an absent peer --sealed--> courier 1, 2, 3 ... --he announces himself--> he opens it
 *
 * Nobody confirms that he carries, so a letter stays in the outbox until its peer confirms it, and
 * he who gets it both ways shows it once.
 */
import { Buckets } from '../../protocol/core/buckets.ts';
import { readU32, sameBytes } from '../../protocol/core/bytes.ts';
import type { Millis } from '../../protocol/core/machine.ts';
import { COURIER } from '../../protocol/core/packet.ts';
import type { OwnDraft } from '../../protocol/peer/contract.ts';
import { nameOf } from '../../protocol/trust/pins.ts';
import { hasCapability } from '../../protocol/wire/capabilities.ts';
import type { Courier } from '../../protocol/wire/courier.ts';
import { courierTag, decodeCourier, encodeCourier } from '../../protocol/wire/courier.ts';
import { encodeNoisePayload } from '../../protocol/wire/noise-payload.ts';
import type { Packet } from '../../protocol/wire/packet.ts';
import { encodeText } from '../../protocol/wire/text.ts';
import type { OutboxEntry, StoreOutput } from '../types.ts';
import { DAY_MS } from '../types.ts';
import type { ConversationsPorts, Presence } from './contract.ts';
import type { Letters } from './letters.ts';
import { MAIL_LIFE_MS, Satchel, tagsOf } from './satchel.ts';

export type MailOutput =
  | { kind: 'send'; draft: OwnDraft }
  | StoreOutput
  /** It was for us. Whoever holds that key sealed it; when is not known. */
  | { kind: 'opened'; senderKey: Uint8Array; plaintext: Uint8Array }
  | { kind: 'drop'; reason: string };

/** Couriers that are given one letter. */
export const COURIERS_MAX = 3;
/** How many copies a courier may make, as the phones have it. */
const COPIES = 4;
/** Letters that one courier is given: so many at once, then one a minute. */
export const LETTERS_PER_COURIER = 16;
/** Envelopes that may be for us and are tried, over one link: opening costs two multiplications. */
const OPENING_RATE = { perSecond: 20, burst: 100 };

const PROLOGUE = encodeText('bitchat-courier-v1');

export class Mail {
  readonly satchel: Satchel;
  private readonly ports: ConversationsPorts;
  private readonly letters: Letters;
  /** By letter, the couriers that have it. As many as there are letters; those that left go. */
  private readonly given = new Map<string, Set<string>>();
  private readonly pace: Buckets;
  private readonly openings: Buckets;

  constructor(ports: ConversationsPorts, letters: Letters, seed: number, now: Millis) {
    this.ports = ports;
    this.letters = letters;
    this.pace = new Buckets(256, { perSecond: 1, burst: LETTERS_PER_COURIER }, seed);
    this.openings = new Buckets(16, OPENING_RATE, seed);
    this.satchel = new Satchel(ports.crypto);
    this.satchel.restore(ports.archive.held.all('peer'), (id) => this.isKept(id), now);
  }

  /** An envelope for this node: its own mail, or somebody's to carry. */
  hear(
    packet: Packet,
    link: number,
    isVerified: boolean,
    now: Millis,
    unixMs: number,
  ): MailOutput[] {
    const decoded = decodeCourier(packet.payload);
    if (!decoded.ok) return [drop('mail-malformed')];
    const envelope = decoded.value;
    const tags = tagsOf(this.ports.crypto, this.ports.identity.noiseKey, unixMs);
    if (tags.some((tag) => sameBytes(envelope.tag, 0, tag))) {
      return [this.open(envelope, link, now, unixMs)];
    }
    // Whoever carries for strangers under made-up names carries for one who makes up many.
    if (!isVerified) return [drop('mail-unsigned')];
    const giver = packet.sender;
    const out = this.expire(now, unixMs);
    const taken = this.satchel.take(envelope, giver, !this.isKept(giver), now, unixMs);
    out.push(typeof taken === 'string' ? drop(taken) : { kind: 'store', write: taken });
    return out;
  }

  /** Lets go of what nobody came for in time. */
  expire(now: Millis, unixMs: number): MailOutput[] {
    return this.satchel.expire(now, unixMs).map((write) => ({ kind: 'store', write }));
  }

  /** Its peer is away: whoever is here and may carry is given it. */
  deposit(entry: OutboxEntry, now: Millis, unixMs: number): MailOutput[] {
    const out: MailOutput[] = [];
    const couriers = this.ports.around.all().filter((one) => this.mayCarry(one));
    couriers.sort((a, b) => this.rankOf(a) - this.rankOf(b) || b.heardAt - a.heardAt);
    for (const courier of couriers) this.give(entry, courier.id, now, unixMs, out);
    return out;
  }

  /** Somebody is in reach: what is held for him is his, and what waits for others he may carry. */
  meet(peer: Uint8Array, now: Millis, unixMs: number): MailOutput[] {
    const out = this.expire(now, unixMs);
    const { pins, around } = this.ports;
    const pin = pins.find(peer);
    if (pin === null || pins.isDenied(peer)) return out;
    const { envelopes, writes } = this.satchel.handOver(pin.noiseKey, now, unixMs);
    for (const envelope of envelopes) out.push({ kind: 'send', draft: draftOf(envelope, peer) });
    for (const write of writes) out.push({ kind: 'store', write });
    const presence = around.find(peer);
    if (presence === null || !this.mayCarry(presence)) return out;
    for (const absent of this.letters.peers()) {
      if (around.find(absent) !== null) continue;
      for (const entry of this.letters.of(absent)) {
        if (!this.give(entry, peer, now, unixMs, out)) return out;
      }
    }
    return out;
  }

  /** The letter has reached its peer, or is given up. */
  forget({ recipient, id }: OutboxEntry): void {
    this.given.delete(nameOf(recipient) + id);
  }

  private open(envelope: Courier, link: number, now: Millis, unixMs: number): MailOutput {
    if (envelope.expiry <= unixMs) return drop('mail-expired');
    // We offer no prekeys, so none of ours was used.
    if (envelope.prekeyId !== null) return drop('mail-prekey');
    if (!this.openings.take(link, 0, now)) return drop('flooding');
    const opened = this.ports.identity.openSealed(PROLOGUE, envelope.ciphertext);
    return opened === null ? drop('mail-unopenable') : { kind: 'opened', ...opened };
  }

  /** False when this courier takes no more for now. */
  private give(
    entry: OutboxEntry,
    courier: Uint8Array,
    now: Millis,
    unixMs: number,
    out: MailOutput[],
  ): boolean {
    const { recipient } = entry;
    const name = nameOf(recipient) + entry.id;
    const couriers = this.given.get(name) ?? new Set();
    const pin = this.ports.pins.find(recipient);
    if (pin === null || couriers.size >= COURIERS_MAX || couriers.has(nameOf(courier))) return true;
    if (!this.pace.take(readU32(courier, 0), readU32(courier, 4), Math.floor(now / 60))) {
      return false;
    }
    const envelope = this.seal(entry, pin.noiseKey, unixMs);
    if (envelope === null) return true;
    this.given.set(name, couriers.add(nameOf(courier)));
    out.push({ kind: 'send', draft: draftOf(envelope, courier) });
    return true;
  }

  private seal(entry: OutboxEntry, noiseKey: Uint8Array, unixMs: number): Courier | null {
    const { crypto, identity, draw } = this.ports;
    const plaintext = encodeNoisePayload({ kind: entry.payloadKind, body: entry.body });
    const ciphertext = identity.sealTo(noiseKey, PROLOGUE, draw(32), plaintext);
    if (ciphertext === null) return null;
    return {
      tag: courierTag(crypto, noiseKey, Math.floor(unixMs / DAY_MS)),
      expiry: Math.min(entry.expiresAt, unixMs + MAIL_LIFE_MS),
      ciphertext,
      copies: COPIES,
      prekeyId: null,
    };
  }

  /** Whom a person here keeps, or who carries by profession. */
  private mayCarry({ id, capabilities }: Presence): boolean {
    if (this.ports.pins.isDenied(id)) return false;
    return this.isKept(id) || (capabilities !== null && hasCapability(capabilities, 'gateway'));
  }

  private rankOf({ id, isDirect }: Presence): number {
    // Phones take mail from their neighbours only.
    return (this.isKept(id) ? 0 : 2) + (isDirect ? 0 : 1);
  }

  private isKept(id: Uint8Array): boolean {
    return (this.ports.pins.find(id)?.standing ?? 'seen') !== 'seen';
  }
}

function draftOf(envelope: Courier, recipient: Uint8Array): OwnDraft {
  return { type: COURIER, payload: encodeCourier(envelope), recipient, isSigned: true };
}

function drop(reason: string): MailOutput {
  return { kind: 'drop', reason };
}
