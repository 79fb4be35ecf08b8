/**
 * Conversations: what a peer says and is told, publicly and in private, as one machine above the
 * station. What is answered to a person is durable, and so is what is confirmed to a peer: both follow
 * their rows in one batch.
 *
 *   delivered -> sessions -> messages, receipts, peer states -> store, told
 *   ask       -> letters  -> sessions -> send
 *   heard     -> public messages -> store, told;  who is in reach -> letters, mail
 */
import { assert } from '../../protocol/core/assert.ts';
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
import { Counts } from '../../protocol/peer/counts.ts';
import { REACHABLE_MS } from '../../protocol/peer/peers.ts';
import { idOf } from '../../protocol/trust/identity.ts';
import { nameOf } from '../../protocol/trust/pins.ts';
import type { SessionOutput } from '../../protocol/trust/session.ts';
import { Sessions } from '../../protocol/trust/session.ts';
import { capabilities } from '../../protocol/wire/capabilities.ts';
import { fromHex, toHex } from '../../protocol/wire/hex.ts';
import {
  decodeNoisePayload,
  decodeReceipt,
  encodeNoisePayload,
  encodeReceipt,
  KIND,
} from '../../protocol/wire/noise-payload.ts';
import type { Packet } from '../../protocol/wire/packet.ts';
import { decodePeerState, encodePeerState } from '../../protocol/wire/peer-state.ts';
import type { PrivateMessage } from '../../protocol/wire/private-message.ts';
import {
  decodePrivateMessage,
  encodePrivateMessage,
  PRIVATE_TEXT_MAX,
} from '../../protocol/wire/private-message.ts';
import { encodeText } from '../../protocol/wire/text.ts';
import type {
  Answer,
  Message,
  MessageFailure,
  MessageName,
  MessageState,
  OutboxEntry,
  SessionState,
  StoreWrite,
  TalkEvent,
  Wish,
  WishRefusal,
} from '../types.ts';
import { DAY_MS, PUBLIC } from '../types.ts';
import type {
  ConversationsConfig,
  ConversationsInput,
  ConversationsOutput,
  ConversationsPorts,
  Heard,
} from './contract.ts';
import type { LettersInput, LettersOutput } from './letters.ts';
import { Letters, RECEIPTS_PER_PEER_MAX } from './letters.ts';
import type { MailOutput } from './mail.ts';
import { Mail } from './mail.ts';
import { MARK_SIZE, Marks } from './marks.ts';

/** Public messages of people here that the station has not said yet. Then another is refused. */
export const SAYS_MAX = 64;
/** Peers who showed another key than they had proven. Then the one found out first may try again. */
export const DISTRUSTED_MAX = 1024;
/** What one session may bring; beyond it nothing is confirmed, so that it comes again later. */
export const PRIVATE_RATE = { perSecond: 500, burst: 2000 };
/** Receipts do not outlive the day. */
const RECEIPT_LIFE_MS = DAY_MS;
/** Told states that the store may not show yet. Then the first ones are read from there. */
const RECENT_STATES_MAX = 8192;

/** A live session and who is at its other end. */
type Talk = {
  peer: Uint8Array;
  conversation: string;
  noiseKey: Uint8Array;
  heardAt: Millis;
  hasEchoed: boolean;
};

export class Conversations implements Machine<ConversationsInput, ConversationsOutput> {
  private readonly config: ConversationsConfig;
  private readonly ports: ConversationsPorts;
  private readonly sessions: Sessions;
  private readonly letters: Letters;
  private readonly mail: Mail;
  private readonly marks: Marks;
  private readonly drops = new Counts();
  private readonly talks = new Map<string, Talk>();
  private readonly distrusted = new Set<string>();
  /** Tickets of what the station is to say, in order. */
  private readonly says: number[] = [];
  private readonly states = new Map<string, MessageState>();
  private readonly rate: Buckets;
  private readonly renewals: Buckets;
  private readonly alarms: Buckets;
  private epochMs: number | null = null;
  private now: Millis;

  constructor(config: ConversationsConfig, ports: ConversationsPorts, now: Millis) {
    this.config = config;
    this.ports = ports;
    this.now = now;
    const { crypto, identity, pins, draw, archive } = ports;
    const seed = readU32(draw(4), 0);
    this.sessions = new Sessions(crypto, identity, pins, () => draw(32), seed, config.sessions);
    this.letters = new Letters(
      {
        isLive: (peer) => this.sessions.isLive(peer),
        heardAt: (peer) => this.heardAt(peer),
        wasHeardSince: (peer, unixMs) => (archive.peers.find(peer)?.lastSeenAt ?? -1) >= unixMs,
      },
      archive.outbox.all(),
    );
    this.mail = new Mail(ports, this.letters, seed);
    this.marks = new Marks(archive.delivered);
    this.rate = new Buckets(256, PRIVATE_RATE, seed);
    this.renewals = new Buckets(256, { perSecond: 1, burst: 1 }, seed);
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
        this.epochMs = input.offsetMs;
        this.toLetters({ kind: 'clock', offsetMs: input.offsetMs }, out);
        break;
      case 'ask':
        this.ask(input.ticket, input.wish, out);
        break;
      case 'tick':
        break;
    }
    if (now >= this.sessions.deadline()) this.onSessions(this.sessions.step(TICK, now), out);
    if (now >= this.letters.deadline()) this.toLetters(TICK, out);
    return out;
  }

  deadline(): Millis {
    return Math.min(this.sessions.deadline(), this.letters.deadline());
  }

  sessionOf(peer: Uint8Array): SessionState {
    if (this.sessions.isLive(peer)) return 'live';
    return this.sessions.isOpening(peer) ? 'opening' : 'none';
  }

  /** What is held and what was refused, for those who watch. */
  snapshot(): ConversationsSnapshot {
    const { live, outgoing, incoming } = this.sessions.counts();
    return {
      sessions: { live, outgoing, incoming },
      outbox: this.letters.counts().letters,
      held: this.mail.satchel.usage,
      drops: this.drops.reasons(),
    };
  }

  // What arrives.

  private hear(
    packet: Packet,
    link: number,
    isVerified: boolean,
    out: ConversationsOutput[],
  ): void {
    const { type, sender, recipient, payload } = packet;
    if (recipient === null || !sameBytes(recipient, 0, this.ports.identity.id)) return;
    switch (type) {
      case HANDSHAKE: {
        const heard = { kind: 'handshake', peer: sender, link, payload } as const;
        return this.onSessions(this.sessions.step(heard, this.now), out);
      }
      case ENCRYPTED: {
        const outputs = this.sessions.step({ kind: 'encrypted', peer: sender, payload }, this.now);
        this.onSessions(outputs, out);
        return this.healSession(sender, outputs, out);
      }
      case COURIER: {
        const unixMs = this.wall();
        if (unixMs === null) return this.drop('no-clock');
        return this.onMail(this.mail.hear(packet, link, isVerified, this.now, unixMs), out);
      }
      case MESSAGE:
      case FILE:
        // Private content in the open: whoever takes it takes what anybody can read (S6).
        this.drop('unsealed');
        if (this.mayAlarm(sender)) tell(out, { kind: 'alarm', peer: sender, reason: 'unsealed' });
    }
  }

  private onSessions(outputs: SessionOutput[], out: ConversationsOutput[]): void {
    for (const output of outputs) {
      const { peer } = output;
      switch (output.kind) {
        case 'transmit': {
          const { type, payload } = output;
          out.push({ kind: 'send', draft: { type, payload, recipient: peer, isSigned: false } });
          break;
        }
        case 'established':
          this.establish(peer, output.noiseKey, out);
          break;
        case 'received':
          this.receive(peer, output.plaintext, out);
          break;
        case 'refused':
          this.drop(output.reason);
          break;
        case 'closed':
          this.talks.delete(nameOf(peer));
          tell(out, { kind: 'session', peer, state: 'none' });
          this.toLetters({ kind: 'session', peer, isLive: false }, out);
          break;
      }
    }
  }

  /** One end may have lost what the other still has: a restart, or a last message of a handshake. */
  private healSession(
    peer: Uint8Array,
    outputs: SessionOutput[],
    out: ConversationsOutput[],
  ): void {
    const [first] = outputs;
    if (first === undefined || first.kind !== 'refused') return;
    const isLost = first.reason === 'no-session' || first.reason === 'bad-tag';
    if (!isLost || this.ports.around.find(peer) === null || this.isDistrusted(peer)) return;
    // Anybody can send such a packet in his name: once in 30 s.
    if (!this.renewals.take(readU32(peer, 0), readU32(peer, 4), Math.floor(this.now / 30))) return;
    this.onSessions(this.sessions.step({ kind: 'renew', peer }, this.now), out);
  }

  private establish(peer: Uint8Array, noiseKey: Uint8Array, out: ConversationsOutput[]): void {
    if (this.isDistrusted(peer)) {
      this.onSessions(this.sessions.step({ kind: 'close', peer }, this.now), out);
      return;
    }
    const heardAt = this.now;
    const talk = { peer, conversation: toHex(peer), noiseKey, heardAt, hasEchoed: false };
    this.talks.set(nameOf(peer), talk);
    tell(out, { kind: 'session', peer, state: 'live' });
    this.sayState(peer, out);
    this.toLetters({ kind: 'session', peer, isLive: true }, out);
  }

  private receive(peer: Uint8Array, plaintext: Uint8Array, out: ConversationsOutput[]): void {
    const talk = this.talks.get(nameOf(peer));
    // The session was ended while its packets were on the way.
    if (talk === undefined) return this.drop('no-session');
    talk.heardAt = this.now;
    if (!this.rate.take(readU32(peer, 0), readU32(peer, 4), this.now)) return this.drop('flooding');
    const decoded = decodeNoisePayload(plaintext);
    if (!decoded.ok) return this.drop(decoded.reason);
    const { kind, body } = decoded.value;
    switch (kind) {
      case KIND.privateMessage:
        return this.hearMessage(talk, body, out);
      case KIND.delivered:
        return this.hearReceipt(talk, body, 'delivered', out);
      case KIND.readReceipt:
        return this.hearReceipt(talk, body, 'read', out);
      case KIND.peerState:
        return this.hearState(talk, body, out);
      default:
        this.drop('unsupported-kind');
    }
  }

  private hearMessage(talk: Talk, body: Uint8Array, out: ConversationsOutput[]): void {
    const message = decodePrivateMessage(body);
    if (!message.ok) return this.drop(message.reason);
    if (!this.keepMessage(talk.peer, talk.conversation, message.value, out)) return;
    const { id } = message.value;
    // Again each time it comes again: what confirmed it may have been lost.
    this.seal(talk.peer, KIND.delivered, encodeReceipt(id), out);
  }

  /** Stores and tells what is new. False when it is not to be confirmed. */
  private keepMessage(
    sender: Uint8Array,
    conversation: string,
    { id, text }: PrivateMessage,
    out: ConversationsOutput[],
  ): boolean {
    const unixMs = this.wall();
    if (unixMs === null) this.drop('no-clock');
    if (id === '') this.drop('empty');
    if (unixMs === null || id === '') return false;
    const mark = this.marks.take(this.markOf(sender, id), unixMs);
    if (mark === null) this.drop('known');
    else out.push(mark);
    if (mark !== null && !isPhonesOwn(text)) {
      const name = { conversation, sender, id };
      this.keep({ ...name, text, ...heardAt(unixMs, unixMs), frame: null, isVerified: true }, out);
    }
    return true;
  }

  private hearReceipt(
    { peer, conversation }: Talk,
    body: Uint8Array,
    state: 'delivered' | 'read',
    out: ConversationsOutput[],
  ): void {
    const receipt = decodeReceipt(body);
    if (!receipt.ok) return this.drop(receipt.reason);
    const id = receipt.value;
    const name = { conversation, sender: this.ports.identity.id, id };
    if (this.letters.find(peer, id) === null && !this.isFurther(name, state)) {
      return this.drop('unexpected');
    }
    this.changeState(name, state, null, out);
    this.toLetters({ kind: 'confirmed', peer, id }, out);
  }

  /** Whether a message of ours that waits no more is not known yet to have come so far. */
  private isFurther(name: MessageName, state: MessageState): boolean {
    const stored = this.ports.archive.messages.find(name);
    if (stored === null) return false;
    const known = this.states.get(keyOf(name)) ?? stored.state;
    return WAY.indexOf(known) < WAY.indexOf(state);
  }

  /** The holder of the Noise key says which key he signs with (WIRE §8). */
  private hearState(talk: Talk, body: Uint8Array, out: ConversationsOutput[]): void {
    const state = decodePeerState(body);
    if (!state.ok) return this.drop(state.reason);
    const { pins } = this.ports;
    const { peer } = talk;
    const before = pins.find(peer);
    const meeting = pins.prove(talk.noiseKey, state.value.signingKey);
    for (const { pinned } of pins.takeAlarms()) {
      tell(out, { kind: 'alarm', peer: pinned.id, reason: 'second-key' });
    }
    if (meeting !== 'new' && meeting !== 'known') return this.distrust(peer, out);
    const pin = pins.find(peer);
    if (pin !== null && before?.proven !== true) store(out, { kind: 'pins', pins: [pin] });
    if (talk.hasEchoed) return;
    talk.hasEchoed = true;
    this.sayState(peer, out);
  }

  /** Whoever it is, it is not whom a person here knows by that id. */
  private distrust(peer: Uint8Array, out: ConversationsOutput[]): void {
    this.drop('second-key');
    this.distrusted.add(nameOf(peer));
    if (this.distrusted.size > DISTRUSTED_MAX) {
      this.distrusted.delete(this.distrusted.values().next().value!);
    }
    this.endWith(peer, out);
  }

  private endWith(peer: Uint8Array, out: ConversationsOutput[]): void {
    this.toLetters({ kind: 'refuse', peer }, out);
    this.onSessions(this.sessions.step({ kind: 'close', peer }, this.now), out);
  }

  private sayState(peer: Uint8Array, out: ConversationsOutput[]): void {
    const { signingKey } = this.ports.identity;
    const body = encodePeerState({ capabilities: OWN_CAPABILITIES, signingKey });
    this.seal(peer, KIND.peerState, body, out);
  }

  private seal(peer: Uint8Array, kind: number, body: Uint8Array, out: ConversationsOutput[]): void {
    const plaintext = encodeNoisePayload({ kind, body });
    this.onSessions(this.sessions.step({ kind: 'seal', peer, plaintext }, this.now), out);
  }

  // What the station tells.

  private onStation(event: Heard, out: ConversationsOutput[]): void {
    switch (event.kind) {
      case 'message':
        return this.hearPublic(event, out);
      case 'said':
        return this.hearSaid(event, out);
      case 'refused':
        if (event.what === 'send') this.drop(event.reason);
        if (event.what === 'say') this.answerSay({ kind: 'refused', reason: event.reason }, out);
        return;
      case 'announced': {
        const { id, name, frame } = event;
        const at = this.wall();
        if (at === null) return;
        store(out, { kind: 'peer-heard', id, name, announce: frame, at });
        return this.onMail(this.mail.meet(id, this.now, at), out);
      }
      case 'peer-seen':
        this.toLetters({ kind: 'arrived', peer: event.id }, out);
        return;
      case 'peer-left':
        for (const entry of this.letters.of(event.id)) this.deposit(entry, out);
    }
  }

  private hearPublic(event: Extract<Heard, { kind: 'message' }>, out: ConversationsOutput[]): void {
    const { id, sender, text, timestamp, isVerified, frame } = event;
    const hash = fromHex(id);
    assert(hash !== null && hash.length === MARK_SIZE, 'the id of a public message is a hash');
    const mark = this.marks.take(hash, timestamp);
    if (mark === null) return this.drop('known');
    out.push(mark);
    const times = heardAt(timestamp, this.wall() ?? timestamp);
    this.keep({ conversation: PUBLIC, sender, id, text, ...times, isVerified, frame }, out);
  }

  private hearSaid(
    { id, text, timestamp, frame, device }: Extract<Heard, { kind: 'said' }>,
    out: ConversationsOutput[],
  ): void {
    const name = { conversation: PUBLIC, sender: this.ports.identity.id, id };
    const times = heardAt(timestamp, timestamp);
    this.keep({ ...name, text, ...times, state: 'sent', frame, isVerified: true }, out);
    if (device === null) this.answerSay({ kind: 'stored', name }, out);
  }

  private answerSay(answer: Answer, out: ConversationsOutput[]): void {
    const ticket = this.says.shift();
    if (ticket !== undefined) out.push({ kind: 'answer', ticket, answer });
  }

  // What people want.

  private ask(ticket: number, wish: Wish, out: ConversationsOutput[]): void {
    if (wish.kind === 'say') return this.askToSay(ticket, wish.text, out);
    out.push({ kind: 'answer', ticket, answer: this.fulfil(wish, out) });
  }

  private askToSay(ticket: number, text: string, out: ConversationsOutput[]): void {
    if (this.says.length >= SAYS_MAX) {
      out.push({ kind: 'answer', ticket, answer: refused('busy') });
      return;
    }
    this.says.push(ticket);
    out.push({ kind: 'say', text });
  }

  private fulfil(wish: Exclude<Wish, { kind: 'say' }>, out: ConversationsOutput[]): Answer {
    switch (wish.kind) {
      case 'tell':
        return this.tell(wish.peer, wish.text, out);
      case 'read':
        return this.read(wish.conversation, wish.key, out);
      case 'stand':
      case 'deny':
      case 'allow':
      case 'forget':
        return this.decide(wish, out);
    }
  }

  private tell(peer: Uint8Array, text: string, out: ConversationsOutput[]): Answer {
    const unixMs = this.wall();
    if (unixMs === null) return refused('no-clock');
    const refusal = this.refusalOf(peer, text);
    if (refusal !== null) return refused(refusal);
    const id = uuidOf(this.ports.draw(16));
    const name = { conversation: toHex(peer), sender: this.ports.identity.id, id };
    this.contact(peer, out);
    const entry: OutboxEntry = {
      recipient: new Uint8Array(peer),
      id,
      payloadKind: KIND.privateMessage,
      body: encodePrivateMessage({ id, text }),
      madeAt: unixMs,
      expiresAt: unixMs + this.config.waitMs,
      tries: 0,
      triedAt: null,
    };
    const steps = this.letters.step({ kind: 'post', entry }, this.now);
    // Where it leaves at once, one row says so.
    const left = steps.find((step) => step.kind === 'seal' && step.entry.id === id) as
      Extract<LettersOutput, { kind: 'seal' }> | undefined;
    const state = left === undefined ? 'waiting' : 'sent';
    const times = heardAt(unixMs, unixMs);
    this.keep({ ...name, text, ...times, state, frame: null, isVerified: true }, out);
    store(out, { kind: 'outbox', entry: left?.entry ?? entry });
    this.onLetters(steps, out, id);
    if (left === undefined) this.deposit(entry, out);
    return { kind: 'stored', name };
  }

  private refusalOf(peer: Uint8Array, text: string): WishRefusal | null {
    const { identity, pins } = this.ports;
    if (peer.length !== ID_SIZE) return 'unknown-peer';
    if (sameBytes(peer, 0, identity.id)) return 'own-id';
    if (pins.isDenied(peer)) return 'denied';
    if (this.isDistrusted(peer)) return 'distrusted';
    if (text === '') return 'empty';
    if (encodeText(text).length > PRIVATE_TEXT_MAX) return 'too-long';
    return this.letters.hasRoom(peer) ? null : 'full';
  }

  /** A person wrote to him, so he is no stranger any more (RELIABILITY S4). */
  private contact(peer: Uint8Array, out: ConversationsOutput[]): void {
    const { pins } = this.ports;
    if (pins.find(peer)?.standing !== 'seen' || !pins.keep(peer, 'contacted')) return;
    store(out, { kind: 'pins', pins: [pins.find(peer)!] });
  }

  private read(conversation: string, key: number, out: ConversationsOutput[]): Answer {
    const peer = conversation.length === 2 * ID_SIZE ? fromHex(conversation) : null;
    const { messages } = this.ports.archive;
    const unixMs = this.wall();
    if (peer !== null && unixMs !== null && !this.ports.pins.isDenied(peer)) {
      for (const { id } of messages.unread(conversation, key, RECEIPTS_PER_PEER_MAX).reverse()) {
        if (this.isRead(conversation, peer, id)) continue;
        this.postReceipt(peer, KIND.readReceipt, id, unixMs, out);
      }
    }
    store(out, { kind: 'read-up-to', conversation, key });
    return { kind: 'done' };
  }

  /** Said twice before the store shows it, it is read once. */
  private isRead(conversation: string, sender: Uint8Array, id: string): boolean {
    const name = keyOf({ conversation, sender, id });
    const isKnown = this.states.get(name) === 'read';
    this.rememberState(name, 'read');
    return isKnown;
  }

  private postReceipt(
    recipient: Uint8Array,
    payloadKind: number,
    messageId: string,
    unixMs: number,
    out: ConversationsOutput[],
  ): void {
    if (!this.letters.hasRoomForReceipt(recipient)) return this.drop('full');
    const entry: OutboxEntry = {
      recipient,
      // A message of ours may have the same id: its peer knows it, and draws his own.
      id: `receipt ${payloadKind}: ${messageId}`,
      payloadKind,
      body: encodeReceipt(messageId),
      madeAt: unixMs,
      expiresAt: unixMs + RECEIPT_LIFE_MS,
      tries: 0,
      triedAt: null,
    };
    store(out, { kind: 'outbox', entry });
    this.toLetters({ kind: 'post', entry }, out);
  }

  private decide(
    wish: Extract<Wish, { kind: 'stand' | 'deny' | 'allow' | 'forget' }>,
    out: ConversationsOutput[],
  ): Answer {
    const { pins, identity } = this.ports;
    const { peer } = wish;
    if (peer.length !== ID_SIZE) return refused('unknown-peer');
    if (sameBytes(peer, 0, identity.id)) return refused('own-id');
    const id = new Uint8Array(peer);
    switch (wish.kind) {
      case 'stand':
        if (pins.find(id) === null) return refused('unknown-peer');
        if (!pins.keep(id, wish.standing)) return refused('full');
        store(out, { kind: 'pins', pins: [pins.find(id)!] });
        break;
      case 'deny':
        if (!pins.deny(id)) return refused('full');
        store(out, { kind: 'deny', id });
        this.endWith(id, out);
        break;
      case 'allow':
        pins.allow(id);
        store(out, { kind: 'allow', id });
        break;
      case 'forget':
        pins.forget(id);
        store(out, { kind: 'forget', id });
        this.endWith(id, out);
        break;
    }
    if (wish.kind === 'stand' || wish.kind === 'forget') this.distrusted.delete(nameOf(id));
    tell(out, { kind: 'peer-changed', peer: id });
    return { kind: 'done' };
  }

  // What leaves.

  private toLetters(input: LettersInput | Tick, out: ConversationsOutput[]): void {
    this.onLetters(this.letters.step(input, this.now), out, null);
  }

  /** `fresh` is in the store as sent already. */
  private onLetters(
    outputs: LettersOutput[],
    out: ConversationsOutput[],
    fresh: string | null,
  ): void {
    for (const output of outputs) {
      switch (output.kind) {
        case 'open':
          this.open(output.peer, out);
          break;
        case 'renew':
          this.onSessions(this.sessions.step(output, this.now), out);
          break;
        case 'seal':
          this.sendLetter(output.entry, fresh, out);
          break;
        case 'gone':
          this.drawLine(output.entry, output.reason, out);
          break;
      }
    }
  }

  private open(peer: Uint8Array, out: ConversationsOutput[]): void {
    const outputs = this.sessions.step({ kind: 'open', peer }, this.now);
    this.onSessions(outputs, out);
    if (outputs.some(({ kind }) => kind === 'refused')) {
      return this.toLetters({ kind: 'session', peer, isLive: false }, out);
    }
    tell(out, { kind: 'session', peer, state: 'opening' });
  }

  private sendLetter(entry: OutboxEntry, fresh: string | null, out: ConversationsOutput[]): void {
    const { recipient, id, payloadKind, body, tries, triedAt } = entry;
    if (payloadKind === KIND.privateMessage && id !== fresh) {
      if (tries === 1) this.changeState(this.nameOfLetter(entry), 'sent', null, out);
      store(out, { kind: 'outbox-tried', recipient, id, tries, triedAt: triedAt! });
    }
    this.seal(recipient, payloadKind, body, out);
  }

  /** A letter that need not be kept, whatever became of it. */
  private drawLine(
    entry: OutboxEntry,
    reason: MessageFailure | null,
    out: ConversationsOutput[],
  ): void {
    const { recipient, id } = entry;
    store(out, { kind: 'outbox-done', recipient, id });
    this.mail.forget(entry);
    if (reason !== null && entry.payloadKind === KIND.privateMessage) {
      this.changeState(this.nameOfLetter(entry), 'failed', reason, out);
    }
  }

  private deposit(entry: OutboxEntry, out: ConversationsOutput[]): void {
    const unixMs = this.wall();
    if (unixMs === null || this.heardAt(entry.recipient) !== null) return;
    this.onMail(this.mail.deposit(entry, this.now, unixMs), out);
  }

  private onMail(outputs: MailOutput[], out: ConversationsOutput[]): void {
    for (const output of outputs) {
      if (output.kind === 'drop') this.drop(output.reason);
      else if (output.kind === 'opened') this.hearMail(output.senderKey, output.plaintext, out);
      else out.push(output);
    }
  }

  /** A letter that others carried. Its sender is who sealed it, whoever brought it. */
  private hearMail(senderKey: Uint8Array, plaintext: Uint8Array, out: ConversationsOutput[]): void {
    const sender = idOf(this.ports.crypto, senderKey);
    const { pins, identity } = this.ports;
    const pin = pins.find(sender);
    const isOther = pin !== null && !sameKey(pin.noiseKey, senderKey);
    if (isOther || sameBytes(sender, 0, identity.id)) return this.drop('wrong-key');
    if (pins.isDenied(sender)) return this.drop('denied');
    if (this.isDistrusted(sender)) return this.drop('second-key');
    const decoded = decodeNoisePayload(plaintext);
    if (!decoded.ok || decoded.value.kind !== KIND.privateMessage) {
      return this.drop('unsupported-kind');
    }
    const message = decodePrivateMessage(decoded.value.body);
    if (!message.ok) return this.drop(message.reason);
    const unixMs = this.wall();
    if (!this.keepMessage(sender, toHex(sender), message.value, out) || unixMs === null) return;
    this.postReceipt(sender, KIND.delivered, message.value.id, unixMs, out);
  }

  // What is kept.

  private keep(message: Kept, out: ConversationsOutput[]): void {
    const { conversation, sender, id } = message;
    store(out, { kind: 'message', message: { state: 'heard', reason: null, ...message } });
    tell(out, { kind: 'message', name: { conversation, sender, id } });
  }

  private changeState(
    name: MessageName,
    state: MessageState,
    reason: MessageFailure | null,
    out: ConversationsOutput[],
  ): void {
    this.rememberState(keyOf(name), state);
    store(out, { kind: 'message-state', ...name, state, reason });
    tell(out, { kind: 'message-state', name, state, reason });
  }

  private rememberState(key: string, state: MessageState): void {
    this.states.delete(key);
    this.states.set(key, state);
    if (this.states.size > RECENT_STATES_MAX) {
      this.states.delete(this.states.keys().next().value!);
    }
  }

  private nameOfLetter({ recipient, id }: OutboxEntry): MessageName {
    return { conversation: toHex(recipient), sender: this.ports.identity.id, id };
  }

  private markOf(sender: Uint8Array, id: string): Uint8Array {
    const text = encodeText(id);
    const named = new Uint8Array(ID_SIZE + text.length);
    named.set(sender);
    named.set(text, ID_SIZE);
    return new Uint8Array(this.ports.crypto.sha256(named).subarray(0, MARK_SIZE));
  }

  /** When he was heard last, by announce or in a session; null when he is not in reach. */
  private heardAt(peer: Uint8Array): Millis | null {
    const announcedAt = this.ports.around.find(peer)?.heardAt ?? null;
    const spokeAt = this.talks.get(nameOf(peer))?.heardAt ?? -Infinity;
    if (announcedAt !== null) return Math.max(announcedAt, spokeAt);
    return this.now < spokeAt + REACHABLE_MS ? spokeAt : null;
  }

  private isDistrusted(peer: Uint8Array): boolean {
    return this.distrusted.size > 0 && this.distrusted.has(nameOf(peer));
  }

  /** An alarm about one peer a minute. */
  private mayAlarm(peer: Uint8Array): boolean {
    return this.alarms.take(readU32(peer, 0), readU32(peer, 4), Math.floor(this.now / 60));
  }

  private wall(): number | null {
    return this.epochMs === null ? null : Math.floor(this.epochMs + this.now);
  }

  private drop(reason: string): void {
    this.drops.drop(reason);
  }
}

export type ConversationsSnapshot = {
  sessions: { live: number; outgoing: number; incoming: number };
  /** Messages of ours that nobody confirmed yet. */
  outbox: number;
  /** Others' mail. */
  held: { count: number; bytes: number };
  drops: Record<string, number>;
};

type Kept = Omit<Message, 'state' | 'reason'> & Partial<Pick<Message, 'state'>>;

/** What a message of ours goes through. */
const WAY: MessageState[] = ['waiting', 'sent', 'failed', 'delivered', 'read'];

/** We carry mail for those we know, take sealed messages, and no media. */
const OWN_CAPABILITIES = capabilities([]);

/** Phones tell each other so whom they keep (WIRE §8): no person wrote it. */
function isPhonesOwn(text: string): boolean {
  return text.startsWith('[FAVORITED]:') || text.startsWith('[UNFAVORITED]:');
}

function heardAt(sentAt: number, at: number): { sentAt: number; heardAt: number } {
  return { sentAt, heardAt: at };
}

function keyOf({ conversation, sender, id }: MessageName): string {
  return conversation + nameOf(sender) + id;
}

function sameKey(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && sameBytes(a, 0, b);
}

/** As Android writes them: version 4, lower case. */
function uuidOf(drawn: Uint8Array): string {
  const bytes = new Uint8Array(drawn);
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const text = toHex(bytes);
  const parts = [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20)];
  return [...parts, text.slice(20)].join('-');
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
