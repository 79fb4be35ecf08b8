/**
 * Conversations: what a peer says and is told, publicly and in private, as one machine above the
 * station. What is answered to a person is durable, and so is what is confirmed to a peer: both are
 * performed after their rows are committed.
 *
 *   delivered -> talks (sessions) -> book -> store, told
 *             -> mail (carried)   -'
 *   ask       -> letters -> talks -> send
 *   heard     -> book;  who comes and goes -> letters, mail
 */
import { Buckets } from '../../protocol/core/buckets.ts';
import { readU32, sameBytes } from '../../protocol/core/bytes.ts';
import type { Machine, Millis, Tick } from '../../protocol/core/machine.ts';
import { TICK } from '../../protocol/core/machine.ts';
import {
  COURIER,
  ENCRYPTED,
  FILE,
  HANDSHAKE,
  ID_SIZE,
  MESSAGE,
} from '../../protocol/core/packet.ts';
import type { StationEvent } from '../../protocol/peer/contract.ts';
import { Counts } from '../../protocol/peer/counts.ts';
import { REACHABLE_MS } from '../../protocol/peer/peers.ts';
import { equalSecret } from '../../protocol/trust/crypto.ts';
import { idOf } from '../../protocol/trust/identity.ts';
import { ADMINISTRATION } from '../../protocol/wire/administration.ts';
import type { Decoded } from '../../protocol/wire/decoded.ts';
import { fromHex, toHex } from '../../protocol/wire/hex.ts';
import {
  decodeNoisePayload,
  decodeReceipt,
  encodeReceipt,
  KIND,
} from '../../protocol/wire/noise-payload.ts';
import type { Packet } from '../../protocol/wire/packet.ts';
import {
  decodePrivateMessage,
  encodePrivateMessage,
  PRIVATE_TEXT_MAX,
} from '../../protocol/wire/private-message.ts';
import { decodeReceipts, encodeReceipts, RECEIPTS } from '../../protocol/wire/receipts.ts';
import { encodeText } from '../../protocol/wire/text.ts';
import type {
  Answer,
  MessageFailure,
  MessageName,
  OutboxEntry,
  SessionState,
  StoreWrite,
  TalkEvent,
  TalkWish,
  WishRefusal,
} from '../types.ts';
import { DAY_MS, PUBLIC } from '../types.ts';
import { Book } from './book.ts';
import type { Receipts } from './confirmations.ts';
import { Confirmations } from './confirmations.ts';
import type {
  ConversationsConfig,
  ConversationsInput,
  ConversationsOutput,
  ConversationsPorts,
} from './contract.ts';
import type { Decision } from './decide.ts';
import { decide, entryOfDecision } from './decide.ts';
import type { LettersInput, LettersOutput } from './letters.ts';
import { Letters, RECEIPTS_PER_PEER_MAX } from './letters.ts';
import type { MailOutput } from './mail.ts';
import { Mail } from './mail.ts';
import type { Talk, TalksOutput } from './talks.ts';
import { Talks } from './talks.ts';

/** Public messages of people here that the station has not said yet. Then another is refused. */
export const SAYS_MAX = 64;
/** A receipt nobody was there to take is of no use later. */
const RECEIPT_LIFE_MS = DAY_MS;

export type ConversationsSnapshot = {
  sessions: { live: number; outgoing: number; incoming: number };
  /** Messages of ours that nobody confirmed yet. */
  outbox: number;
  /** Others' mail. */
  held: { count: number; bytes: number };
  drops: Record<string, number>;
};

export class Conversations implements Machine<ConversationsInput, ConversationsOutput> {
  private readonly config: ConversationsConfig;
  private readonly ports: ConversationsPorts;
  private readonly drops = new Counts();
  private readonly talks: Talks;
  private readonly letters: Letters;
  private readonly mail: Mail;
  private readonly book: Book;
  private readonly confirmations = new Confirmations();
  /** Tickets of what the station is to say, in order. */
  private readonly says: number[] = [];
  private readonly alarms: Buckets;
  private epochMs: number | null = null;
  private now: Millis;

  constructor(config: ConversationsConfig, ports: ConversationsPorts, now: Millis) {
    this.config = config;
    this.ports = ports;
    this.now = now;
    const { crypto, archive, draw } = ports;
    const seed = readU32(draw(4), 0);
    this.talks = new Talks(ports, config, this.drops, seed);
    const lettersPorts = {
      isLive: (peer: Uint8Array) => this.talks.isLive(peer),
      heardAt: (peer: Uint8Array) => this.heardAt(peer),
      wasHeardSince: (peer: Uint8Array, unixMs: number) =>
        (archive.peers.find(peer)?.lastSeenAt ?? -Infinity) >= unixMs,
    };
    this.letters = new Letters(lettersPorts, archive.outbox.all(), now);
    this.mail = new Mail(ports, this.letters, seed, now);
    this.book = new Book(crypto, archive);
    this.alarms = new Buckets(64, { perSecond: 1, burst: 1 }, seed);
  }

  step(input: ConversationsInput | Tick, now: Millis): ConversationsOutput[] {
    const out: ConversationsOutput[] = [];
    this.now = now;
    switch (input.kind) {
      case 'delivered':
        this.hear(input.packet, input.link, input.isVerified, out);
        break;
      case 'heard':
        this.onStation(input.event, out);
        break;
      case 'clock':
        this.setClock(input.offsetMs, out);
        break;
      case 'ask':
        this.ask(input.ticket, input.wish, out);
        break;
      case 'seal':
        this.onTalks(this.talks.seal(input.peer, ADMINISTRATION, input.body, now), out);
        break;
      case 'open':
        this.onTalks(this.talks.open(input.peer, now), out);
        break;
      case 'renew':
        this.onTalks(this.talks.renew(input.peer, now), out);
        break;
      case 'tick':
        break;
    }
    this.onTalks(this.talks.tick(now), out);
    this.sendConfirmations(now, out);
    if (now >= this.letters.deadline()) this.toLetters(TICK, out);
    return out;
  }

  deadline(): Millis {
    return Math.min(this.talks.deadline(), this.letters.deadline(), this.confirmations.deadline());
  }

  sessionOf(peer: Uint8Array): SessionState {
    return this.talks.stateOf(peer);
  }

  snapshot(): ConversationsSnapshot {
    return {
      sessions: this.talks.counts(),
      outbox: this.letters.counts().letters,
      held: this.mail.satchel.usage,
      drops: this.drops.reasons(),
    };
  }

  private hear(
    packet: Packet,
    link: number,
    isVerified: boolean,
    out: ConversationsOutput[],
  ): void {
    const { type, sender, recipient } = packet;
    if (recipient === null || !sameBytes(recipient, 0, this.ports.identity.id)) return;
    switch (type) {
      case HANDSHAKE:
      case ENCRYPTED:
        return this.onTalks(this.talks.hear(packet, link, this.now), out);
      case COURIER: {
        const unixMs = this.wall();
        if (unixMs === null) return this.drops.drop('no-clock');
        return this.onMail(this.mail.hear(packet, link, isVerified, this.now, unixMs), out);
      }
      case MESSAGE:
      case FILE: {
        // What is private comes sealed; whoever takes it otherwise shows what anybody wrote (S6).
        this.drops.drop('unsealed');
        const [high, low] = [readU32(sender, 0), readU32(sender, 4)];
        const isTold = this.alarms.take(high, low, Math.floor(this.now / 60));
        if (isTold) tell(out, { kind: 'alarm', peer: sender, reason: 'unsealed' });
      }
    }
  }

  private setClock(offsetMs: number | null, out: ConversationsOutput[]): void {
    this.epochMs = offsetMs;
    this.toLetters({ kind: 'clock', offsetMs }, out);
    const unixMs = this.wall();
    if (unixMs !== null) this.onMail(this.mail.expire(this.now, unixMs), out);
  }

  private onStation(event: StationEvent, out: ConversationsOutput[]): void {
    switch (event.kind) {
      case 'message': {
        const { id, sender, text, timestamp: sentAt, isVerified, frame } = event;
        const times = { sentAt, heardAt: this.wall() ?? sentAt };
        const head = { conversation: PUBLIC, sender, id, text, ...times, isVerified };
        const kept = this.book.enterPublic({ ...head, state: 'heard', reason: null, frame });
        if (kept === null) return this.drops.drop('known');
        return void out.push(...kept);
      }
      case 'said':
        return this.hearSaid(event, out);
      case 'refused':
        if (event.what === 'send') this.drops.drop(event.reason);
        if (event.what === 'say') this.answerSay(refused(event.reason), out);
        return;
      case 'announced': {
        const { id, name, frame } = event;
        const at = this.wall();
        if (at === null) return;
        store(out, { kind: 'peer-heard', id, name, announce: frame, at });
        return this.onMail(this.mail.meet(id, this.now, at), out);
      }
      case 'peer-seen':
        return this.toLetters({ kind: 'arrived', peer: event.id }, out);
      case 'peer-left':
        for (const entry of this.letters.of(event.id)) this.deposit(entry, out);
    }
  }

  private hearSaid(
    { id, text, timestamp, frame, device }: Extract<StationEvent, { kind: 'said' }>,
    out: ConversationsOutput[],
  ): void {
    const name = { conversation: PUBLIC, sender: this.ports.identity.id, id };
    const times = { sentAt: timestamp, heardAt: timestamp };
    const head = { ...name, text, ...times, isVerified: true };
    out.push(...this.book.enter({ ...head, state: 'sent', reason: null, frame }));
    // What a device said nobody here waits for.
    if (device === null) this.answerSay({ kind: 'stored', name }, out);
  }

  private answerSay(answer: Answer, out: ConversationsOutput[]): void {
    const ticket = this.says.shift();
    if (ticket !== undefined) out.push({ kind: 'answer', ticket, answer });
  }

  private ask(ticket: number, wish: TalkWish, out: ConversationsOutput[]): void {
    if (wish.kind !== 'say') {
      out.push({ kind: 'answer', ticket, answer: this.fulfil(wish, out) });
    } else if (this.says.length >= SAYS_MAX) {
      out.push({ kind: 'answer', ticket, answer: refused('busy') });
    } else {
      this.says.push(ticket);
      out.push({ kind: 'say', text: wish.text });
    }
  }

  private fulfil(wish: Exclude<TalkWish, { kind: 'say' }>, out: ConversationsOutput[]): Answer {
    switch (wish.kind) {
      case 'tell':
        return this.tell(wish.peer, wish.text, out);
      case 'read':
        return this.read(wish.conversation, wish.key, out);
      case 'record':
        store(out, { kind: 'audit', entry: { ...wish.entry, at: this.wall() } });
        return { kind: 'done' };
      default:
        return this.decide(wish, out);
    }
  }

  private tell(peer: Uint8Array, text: string, out: ConversationsOutput[]): Answer {
    const unixMs = this.wall();
    const refusal = unixMs === null ? 'no-clock' : this.refusalOf(peer, text);
    if (unixMs === null || refusal !== null) return refused(refusal ?? 'no-clock');
    this.contact(peer, out);
    const id = uuidOf(this.ports.draw(16));
    const body = encodePrivateMessage({ id, text });
    const life = this.config.waitMs;
    const entry = entryOf(peer, id, KIND.privateMessage, body, unixMs, life);
    const steps = this.letters.step({ kind: 'post', entry }, this.now);
    // Where it leaves at once, its rows say so from the beginning.
    const sent = steps.find(isSealed(id)) as Extract<LettersOutput, { kind: 'seal' }> | undefined;
    const name = this.nameOf(entry);
    const times = { sentAt: unixMs, heardAt: unixMs };
    const state = sent === undefined ? 'waiting' : 'sent';
    const head = { ...name, text, ...times, isVerified: true };
    out.push(...this.book.enter({ ...head, state, reason: null, frame: null }));
    store(out, { kind: 'outbox', entry: sent?.entry ?? entry });
    this.onLetters(steps, out, id);
    if (sent === undefined) this.deposit(entry, out);
    return { kind: 'stored', name };
  }

  private refusalOf(peer: Uint8Array, text: string): WishRefusal | null {
    const stranger = this.refusalOfPeer(peer);
    if (stranger !== null) return stranger;
    if (this.ports.pins.isDenied(peer)) return 'denied';
    if (this.talks.isDistrusted(peer)) return 'distrusted';
    if (text === '') return 'empty';
    if (encodeText(text).length > PRIVATE_TEXT_MAX) return 'too-long';
    return this.letters.hasRoom(peer) ? null : 'full';
  }

  private refusalOfPeer(peer: Uint8Array): WishRefusal | null {
    if (peer.length !== ID_SIZE) return 'unknown-peer';
    return sameBytes(peer, 0, this.ports.identity.id) ? 'own-id' : null;
  }

  /** Whom a person writes to is no stranger any more (RELIABILITY S4). */
  private contact(peer: Uint8Array, out: ConversationsOutput[]): void {
    const { pins } = this.ports;
    if (pins.find(peer)?.standing !== 'seen' || !pins.keep(peer, 'contacted')) return;
    store(out, { kind: 'pins', pins: [pins.find(peer)!] });
  }

  private read(conversation: string, key: number, out: ConversationsOutput[]): Answer {
    const peer = conversation.length === 2 * ID_SIZE ? fromHex(conversation) : null;
    const { messages } = this.ports.archive;
    // That a message came is said before that it was read, however quickly that is.
    this.sendConfirmations(Infinity, out);
    if (peer !== null && !this.ports.pins.isDenied(peer)) {
      const unread = messages.unread(conversation, key, RECEIPTS_PER_PEER_MAX);
      for (const { id } of unread.reverse()) {
        const isFirst = this.book.readOnce({ conversation, sender: peer, id });
        if (isFirst) this.postReceipt(peer, KIND.readReceipt, id, out);
      }
    }
    store(out, { kind: 'read-up-to', conversation, key });
    return { kind: 'done' };
  }

  private decide(decision: Decision, out: ConversationsOutput[]): Answer {
    const { peer } = decision;
    const refusal = this.refusalOfPeer(peer);
    if (refusal !== null) return refused(refusal);
    const wasBlocked = this.ports.pins.isDenied(peer);
    const write = decide(decision, this.ports.pins);
    if (typeof write === 'string') return refused(write);
    store(out, write);
    store(out, { kind: 'audit', entry: entryOfDecision(decision, wasBlocked, this.wall()) });
    if (decision.kind === 'deny' || decision.kind === 'forget') {
      this.toLetters({ kind: 'refuse', peer }, out);
      this.onTalks(this.talks.close(peer, this.now), out);
    }
    if (decision.kind === 'stand' || decision.kind === 'forget') this.talks.trustAgain(peer);
    tell(out, { kind: 'peer-changed', peer: new Uint8Array(peer), by: decision.kind });
    return { kind: 'done' };
  }

  private onTalks(outputs: TalksOutput[], out: ConversationsOutput[]): void {
    for (const output of outputs) {
      switch (output.kind) {
        case 'session': {
          const { peer, isLive } = output;
          this.toLetters({ kind: 'session', peer, isLive }, out);
          out.push(output);
          break;
        }
        case 'distrusted':
          this.toLetters({ kind: 'refuse', peer: output.peer }, out);
          break;
        case 'heard':
          this.hearPrivate(output.talk, output.payload.kind, output.payload.body, out);
          break;
        default:
          out.push(output);
      }
    }
  }

  private hearPrivate(
    talk: Talk,
    kind: number,
    body: Uint8Array,
    out: ConversationsOutput[],
  ): void {
    if (kind === KIND.privateMessage) {
      const id = this.keepPrivate(talk.peer, talk.conversation, body, out);
      // Again each time it comes again: what confirmed it may have been lost.
      if (id !== null) this.confirm(talk, id, out);
    } else if (kind === RECEIPTS) this.hearReceipts(talk, decodeReceipts(body), 'delivered', out);
    else if (kind === KIND.delivered) this.hearReceipts(talk, oneOf(body), 'delivered', out);
    else if (kind === KIND.readReceipt) this.hearReceipts(talk, oneOf(body), 'read', out);
    else if (kind === ADMINISTRATION) {
      const { peer, noiseKey } = talk;
      out.push({ kind: 'administration', peer, noiseKey, body });
    } else this.drops.drop('unsupported-kind');
  }

  private confirm(talk: Talk, id: string, out: ConversationsOutput[]): void {
    if (!talk.takesTogether) {
      const sealed = this.talks.seal(talk.peer, KIND.delivered, encodeReceipt(id), this.now);
      return this.onTalks(sealed, out);
    }
    const full = this.confirmations.add(talk.peer, id, this.now);
    if (full !== null) this.sendReceipts(full, out);
  }

  /** Those that have waited until then. */
  private sendConfirmations(until: Millis, out: ConversationsOutput[]): void {
    for (const receipts of this.confirmations.due(until)) this.sendReceipts(receipts, out);
  }

  private sendReceipts({ peer, ids }: Receipts, out: ConversationsOutput[]): void {
    this.onTalks(this.talks.seal(peer, RECEIPTS, encodeReceipts(ids), this.now), out);
  }

  /** Keeps what is new of somebody who is proven; the id to confirm, or null for none. */
  private keepPrivate(
    sender: Uint8Array,
    conversation: string,
    body: Uint8Array,
    out: ConversationsOutput[],
  ): string | null {
    const message = decodePrivateMessage(body);
    const unixMs = this.wall();
    const reason = !message.ok ? message.reason : message.value.id === '' ? 'empty' : null;
    if (reason !== null) this.drops.drop(reason);
    if (unixMs === null) this.drops.drop('no-clock');
    if (!message.ok || reason !== null || unixMs === null) return null;
    const kept = this.book.enterPrivate(sender, conversation, message.value, unixMs);
    if (kept === null) this.drops.drop('known');
    else out.push(...kept);
    return message.value.id;
  }

  private hearReceipts(
    { peer, conversation }: Talk,
    receipts: Decoded<string[], string>,
    state: 'delivered' | 'read',
    out: ConversationsOutput[],
  ): void {
    if (!receipts.ok) return this.drops.drop(receipts.reason);
    for (const id of receipts.value) {
      const name = { conversation, sender: this.ports.identity.id, id };
      if (this.letters.has(peer, id) || this.book.isFurther(name, state)) {
        out.push(...this.book.change(name, state));
        this.toLetters({ kind: 'confirmed', peer, id }, out);
      } else this.drops.drop('unexpected');
    }
  }

  private postReceipt(
    peer: Uint8Array,
    kind: number,
    messageId: string,
    out: ConversationsOutput[],
  ): void {
    const unixMs = this.wall();
    if (unixMs === null) return this.drops.drop('no-clock');
    if (!this.letters.hasRoomForReceipt(peer)) return this.drops.drop('receipts-full');
    // A message of ours may be named alike: its peer knows its id, and draws his own.
    const id = `receipt ${kind}: ${messageId}`;
    const entry = entryOf(peer, id, kind, encodeReceipt(messageId), unixMs, RECEIPT_LIFE_MS);
    store(out, { kind: 'outbox', entry });
    this.toLetters({ kind: 'post', entry }, out);
  }

  private toLetters(input: LettersInput | Tick, out: ConversationsOutput[]): void {
    this.onLetters(this.letters.step(input, this.now), out, null);
  }

  /** `fresh` is stored as sent already. */
  private onLetters(
    outputs: LettersOutput[],
    out: ConversationsOutput[],
    fresh: string | null,
  ): void {
    for (const output of outputs) {
      switch (output.kind) {
        case 'open':
          this.onTalks(this.talks.open(output.peer, this.now), out);
          break;
        case 'renew':
          this.onTalks(this.talks.renew(output.peer, this.now), out);
          break;
        case 'seal':
          this.sendLetter(output.entry, output.entry.id === fresh, out);
          break;
        case 'gone':
          this.giveUp(output.entry, output.reason, out);
          break;
      }
    }
  }

  private sendLetter(entry: OutboxEntry, isStored: boolean, out: ConversationsOutput[]): void {
    const { recipient, id, payloadKind, body, tries, triedAt } = entry;
    if (payloadKind === KIND.privateMessage && !isStored) {
      if (tries === 1) out.push(...this.book.change(this.nameOf(entry), 'sent'));
      store(out, { kind: 'outbox-tried', recipient, id, tries, triedAt: triedAt! });
    }
    const attempts = Math.max(0, tries - 1);
    this.onTalks(this.talks.seal(recipient, payloadKind, body, this.now, attempts), out);
  }

  /** It is confirmed, or came to nothing. */
  private giveUp(
    entry: OutboxEntry,
    reason: MessageFailure | null,
    out: ConversationsOutput[],
  ): void {
    const { recipient, id } = entry;
    store(out, { kind: 'outbox-done', recipient, id });
    this.mail.forget(entry);
    if (reason === null) return;
    out.push(...this.book.change(this.nameOf(entry), 'failed', reason));
  }

  private deposit(entry: OutboxEntry, out: ConversationsOutput[]): void {
    const unixMs = this.wall();
    if (unixMs === null || this.heardAt(entry.recipient) !== null) return;
    this.onMail(this.mail.deposit(entry, this.now, unixMs), out);
  }

  private onMail(outputs: MailOutput[], out: ConversationsOutput[]): void {
    for (const output of outputs) {
      if (output.kind === 'drop') this.drops.drop(output.reason);
      else if (output.kind === 'opened') this.hearMail(output.senderKey, output.plaintext, out);
      else out.push(output);
    }
  }

  /** A letter that others carried. Its sender is who sealed it, whoever brought it. */
  private hearMail(senderKey: Uint8Array, plaintext: Uint8Array, out: ConversationsOutput[]): void {
    const sender = idOf(this.ports.crypto, senderKey);
    const refusal = this.refusalOfMail(sender, senderKey);
    if (refusal !== null) return this.drops.drop(refusal);
    const payload = decodeNoisePayload(plaintext);
    if (!payload.ok) return this.drops.drop(payload.reason);
    const { kind, body } = payload.value;
    if (kind !== KIND.privateMessage) return this.drops.drop('unsupported-kind');
    const id = this.keepPrivate(sender, toHex(sender), body, out);
    if (id !== null) this.postReceipt(sender, KIND.delivered, id, out);
  }

  private refusalOfMail(sender: Uint8Array, senderKey: Uint8Array): string | null {
    const { pins, identity } = this.ports;
    const pin = pins.find(sender);
    if (sameBytes(sender, 0, identity.id)) return 'own-id';
    if (pin !== null && !equalSecret(pin.noiseKey, senderKey)) return 'wrong-key';
    if (pins.isDenied(sender)) return 'denied';
    return this.talks.isDistrusted(sender) ? 'second-key' : null;
  }

  private nameOf({ recipient, id }: OutboxEntry): MessageName {
    return { conversation: toHex(recipient), sender: this.ports.identity.id, id };
  }

  /** When he was heard last, announcing himself or in a session; null when he is not in reach. */
  private heardAt(peer: Uint8Array): Millis | null {
    const spokeAt = this.talks.heardAt(peer);
    const presence = this.ports.around.find(peer);
    if (presence !== null) return Math.max(presence.heardAt, spokeAt);
    return this.now < spokeAt + REACHABLE_MS ? spokeAt : null;
  }

  private wall(): number | null {
    return this.epochMs === null ? null : Math.floor(this.epochMs + this.now);
  }
}

function entryOf(
  recipient: Uint8Array,
  id: string,
  payloadKind: number,
  body: Uint8Array,
  madeAt: number,
  lifeMs: Millis,
): OutboxEntry {
  const times = { madeAt, expiresAt: madeAt + lifeMs, tries: 0, triedAt: null };
  return { recipient: new Uint8Array(recipient), id, payloadKind, body, ...times };
}

/** A receipt as phones write it, for one message. */
function oneOf(body: Uint8Array): Decoded<string[], string> {
  const receipt = decodeReceipt(body);
  return receipt.ok ? { ok: true, value: [receipt.value] } : receipt;
}

function isSealed(id: string): (output: LettersOutput) => boolean {
  return (output) => output.kind === 'seal' && output.entry.id === id;
}

/** As Android writes them: version 4, lower case. */
function uuidOf(drawn: Uint8Array): string {
  const bytes = new Uint8Array(drawn);
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return toHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function refused(reason: WishRefusal): Answer {
  return { kind: 'refused', reason };
}

function store(out: ConversationsOutput[], write: StoreWrite): void {
  out.push({ kind: 'store', write });
}

function tell(out: ConversationsOutput[], event: TalkEvent): void {
  out.push({ kind: 'told', event });
}
