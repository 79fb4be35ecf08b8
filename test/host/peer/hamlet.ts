/**
 * Hamlet: people whose conversations meet over a wire in virtual time. It stands in for their
 * stations and drivers: packets take a while, get lost, come twice or out of order; who is
 * connected hears the other announce himself; what a batch stores is committed before the rest of
 * it is performed.
 */
import type {
  ConversationsConfig,
  ConversationsInput,
  ConversationsOutput,
  Presence,
} from '../../../host/peer/contract.ts';
import { CONVERSATIONS_DEFAULTS } from '../../../host/peer/contract.ts';
import { Conversations } from '../../../host/peer/conversations.ts';
import type {
  Answer,
  MessageName,
  OutboxEntry,
  StoredMessage,
  StoreWrite,
  TalkEvent,
  TalkWish,
} from '../../../host/types.ts';
import type { Millis, Random, Tick } from '../../../protocol/core/machine.ts';
import { TICK } from '../../../protocol/core/machine.ts';
import type { Due } from '../../../protocol/core/schedule.ts';
import { Schedule } from '../../../protocol/core/schedule.ts';
import type { OwnDraft } from '../../../protocol/peer/contract.ts';
import { REACHABLE_MS } from '../../../protocol/peer/peers.ts';
import type { Identity } from '../../../protocol/trust/identity.ts';
import { nameOf, Pins } from '../../../protocol/trust/pins.ts';
import { encodeReceipt, KIND } from '../../../protocol/wire/noise-payload.ts';
import { messageId } from '../../../protocol/wire/message.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import type { Packet } from '../../../protocol/wire/packet.ts';
import { encodeText } from '../../../protocol/wire/text.ts';
import { MemoryArchive } from '../../../tools/simulate/archive.ts';
import { seededRandom } from '../../../tools/simulate/random.ts';
import { SEED } from '../../seed.ts';
import { person } from '../../protocol/trust/people.ts';
import { crypto } from '../../protocol/trust/ports.ts';

/** The Noise keys of one with the signing keys of another. */
function impostor(noise: Identity, sign: Identity): Identity {
  const own = Object.getOwnPropertyDescriptors(noise);
  const both: Identity = Object.create(noise, { ...own, signingKey: { value: sign.signingKey } });
  for (const name of ['handshake', 'sealTo', 'openSealed'] as const) {
    Object.defineProperty(both, name, { value: noise[name].bind(noise) });
  }
  return both;
}

/** Unix time when a hamlet begins. */
export const EPOCH = 1_700_000_000_000;
export const ANNOUNCE_EVERY_MS = 15_000;
const STEPS_MAX = 5_000_000;

export type Faults = {
  lossPercent: number;
  twicePercent: number;
  /** A packet takes 10 ms, and up to so much more. */
  jitterMs: number;
};

type Happening = Due &
  (
    | { to: Villager; packet: Packet }
    | { to: Villager; announces: true }
    | { to: Villager; run: () => void }
  );

export class Hamlet {
  now: Millis = 0;
  faults: Faults = { lossPercent: 0, twicePercent: 0, jitterMs: 0 };
  readonly random: Random;
  readonly villagers: Villager[] = [];
  /** All packets that were sent, for whoever replays them. */
  readonly heard: { at: Millis; packet: Packet }[] = [];
  /** May change or swallow a packet on its way. */
  tamper: (packet: Packet) => Packet | null = (packet) => packet;
  private readonly happenings = new Schedule<Happening>();
  private readonly cuts = new Set<string>();

  constructor(seed = SEED) {
    this.random = seededRandom(seed);
  }

  move(number: number, differs: Partial<ConversationsConfig> = {}): Villager {
    const villager = new Villager(this, person(number), { ...CONVERSATIONS_DEFAULTS, ...differs });
    this.villagers.push(villager);
    this.happenings.add({ dueAt: this.now, order: 0, to: villager, announces: true });
    return villager;
  }

  cut(a: Villager, b: Villager): void {
    this.cuts.add(pairOf(a, b));
  }

  join(a: Villager, b: Villager): void {
    this.cuts.delete(pairOf(a, b));
    for (const one of [a, b]) this.announce(one);
  }

  /** Lets time pass. */
  pass(ms: Millis): void {
    const until = this.now + ms;
    for (let steps = 0; ; steps++) {
      if (steps > STEPS_MAX) throw new Error('the hamlet never sleeps');
      let at = this.happenings.nextAt();
      let due: Villager | null = null;
      for (const villager of this.villagers) {
        if (villager.machine.deadline() >= at) continue;
        at = villager.machine.deadline();
        due = villager;
      }
      if (at > until) break;
      this.now = Math.max(this.now, at);
      if (due !== null) due.feed(TICK);
      else this.happen(this.happenings.take());
    }
    this.now = until;
  }

  later(ms: Millis, to: Villager, run: () => void): void {
    this.happenings.add({ dueAt: this.now + ms, order: 0, to, run });
  }

  carry(from: Villager, draft: OwnDraft): void {
    const packet = this.tamper(this.packetOf(from, draft));
    if (packet === null) return;
    this.heard.push({ at: this.now, packet });
    const to = this.villagers.find(
      ({ identity }) => toHex(identity.id) === toHex(packet.recipient!),
    );
    if (to === undefined || this.cuts.has(pairOf(from, to))) return;
    const { lossPercent, twicePercent, jitterMs } = this.faults;
    const copies = this.random(100) < twicePercent ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      if (this.random(100) < lossPercent) continue;
      const dueAt = this.now + 10 + this.random(jitterMs + 1);
      this.happenings.add({ dueAt, order: 0, to, packet });
    }
  }

  /** A packet of somebody's, as if it came now. */
  replay(packet: Packet, to: Villager): void {
    this.happenings.add({ dueAt: this.now, order: 0, to, packet });
  }

  private packetOf(from: Villager, { type, payload, recipient }: OwnDraft): Packet {
    return {
      version: 1,
      type,
      ttl: 7,
      timestamp: EPOCH + Math.floor(this.now),
      sender: from.identity.id,
      recipient,
      isBroadcast: recipient === null,
      route: [],
      isAnswer: false,
      payload,
      signature: null,
    };
  }

  private happen(happening: Happening): void {
    const { to } = happening;
    if ('packet' in happening) {
      const { packet } = happening;
      to.receive({ kind: 'delivered', packet, link: 0, isVerified: to.knows(packet.sender) });
    } else if ('run' in happening) happening.run();
    else {
      to.lookAround();
      this.announce(to);
      this.happenings.add({ dueAt: this.now + ANNOUNCE_EVERY_MS, order: 0, to, announces: true });
    }
  }

  private announce(who: Villager): void {
    for (const other of this.villagers) {
      if (other === who || other.isAway || who.isAway || this.cuts.has(pairOf(who, other)))
        continue;
      other.hearAnnounce(who);
    }
  }
}

export class Villager {
  identity: Identity;
  readonly archive = new MemoryArchive();
  readonly answers = new Map<number, Answer>();
  readonly events: TalkEvent[] = [];
  /** What it sent, in the order in which it did. */
  readonly sent: OwnDraft[] = [];
  /** Every message that was committed, each time it was. */
  readonly kept: string[] = [];
  machine: Conversations;
  pins!: Pins;
  isAway = false;
  capabilities: bigint | null = null;
  /** May fail a batch: 'before' nothing of it is stored, 'after' it is, and nothing else done. */
  crash: () => 'before' | 'after' | null = () => null;
  /** What arrives within so long is one batch. */
  batchMs: Millis = 0;
  private batch: ConversationsInput[] = [];
  private readonly hamlet: Hamlet;
  private readonly config: ConversationsConfig;
  private readonly around = new Map<string, Presence>();
  private tickets = 0;
  private starts = 0;

  constructor(hamlet: Hamlet, identity: Identity, config: ConversationsConfig) {
    this.hamlet = hamlet;
    this.identity = identity;
    this.config = config;
    this.machine = this.start();
  }

  get id(): Uint8Array {
    return this.identity.id;
  }

  /** A process begins, with what is in the store and nothing else. */
  restart(): void {
    this.around.clear();
    this.batch.length = 0;
    this.machine = this.start();
    this.feed({ kind: 'clock', offsetMs: EPOCH });
  }

  /** Signs with the key of another from the next start on, and holds his own Noise key still. */
  steal(from: Villager): void {
    this.identity = impostor(this.identity, from.identity);
  }

  /** Confirms a message as if it had been told it, in a session that there is. */
  confirm(to: Villager, id: string): void {
    const body = encodeReceipt(id);
    const entry: OutboxEntry = {
      recipient: to.id,
      id: 'made up',
      payloadKind: KIND.delivered,
      body,
      madeAt: EPOCH,
      expiresAt: EPOCH * 2,
      tries: 0,
      triedAt: null,
    };
    this.archive.commit([{ kind: 'outbox', entry }]);
    this.restart();
    this.hamlet.join(this, to);
  }

  receive(input: ConversationsInput): void {
    if (this.batchMs === 0) return this.feed(input);
    this.batch.push(input);
    if (this.batch.length > 1) return;
    this.hamlet.later(this.batchMs, this, () => this.feed(...this.batch.splice(0)));
  }

  feed(...inputs: (ConversationsInput | Tick)[]): void {
    const { machine } = this;
    const outputs = inputs.flatMap((input) => machine.step(input, this.hamlet.now));
    const crash = this.crash();
    if (crash !== 'before') this.commit(outputs);
    if (crash !== null) return this.restart();
    for (const output of outputs) this.perform(output);
  }

  /** Asks, and returns the ticket. */
  ask(wish: TalkWish): number {
    const ticket = ++this.tickets;
    this.feed({ kind: 'ask', ticket, wish });
    return ticket;
  }

  /** Tells, and returns by which name the message is stored. */
  tell(peer: Villager, text: string): MessageName {
    const answer = this.answers.get(this.ask({ kind: 'tell', peer: peer.id, text }));
    if (answer?.kind !== 'stored') throw new Error(`not stored: ${JSON.stringify(answer)}`);
    return answer.name;
  }

  /** What others said to this one, in the order in which it was stored. */
  heardFrom(peer: Villager): string[] {
    return this.messages()
      .filter(({ conversation, sender }) => {
        return conversation === toHex(peer.id) && toHex(sender) === toHex(peer.id);
      })
      .map(({ text }) => text);
  }

  messages(): StoredMessage[] {
    return this.archive.messages.after(0, 100_000);
  }

  stateOf(name: MessageName): string {
    const found = this.archive.messages.find(name);
    return found === null ? 'nothing' : `${found.state}${found.reason ? `: ${found.reason}` : ''}`;
  }

  told<K extends TalkEvent['kind']>(kind: K): Extract<TalkEvent, { kind: K }>[] {
    return this.events.filter((event): event is Extract<TalkEvent, { kind: K }> => {
      return event.kind === kind;
    });
  }

  drops(reason: string): number {
    return this.machine.snapshot().drops[reason] ?? 0;
  }

  knows(id: Uint8Array): boolean {
    return this.pins.find(id) !== null;
  }

  hearAnnounce(who: Villager): void {
    const { id, noiseKey, signingKey } = who.identity;
    this.meet(id, noiseKey, signingKey, who.capabilities);
  }

  /** What the station tells of somebody who announces himself. */
  meet(
    id: Uint8Array,
    noiseKey: Uint8Array,
    signingKey: Uint8Array,
    capabilities: bigint | null = null,
  ): void {
    this.pins.meet(id, noiseKey, signingKey);
    // The station tells of these.
    this.pins.takeAlarms();
    const isNew = !this.around.has(nameOf(id));
    this.around.set(nameOf(id), { id, heardAt: this.hamlet.now, isDirect: true, capabilities });
    if (!isNew) return;
    const name = `villager ${id[0]}`;
    const frame = new Uint8Array(0);
    const announced = { kind: 'announced', id, name, frame, capabilities } as const;
    this.feed({ kind: 'heard', event: { kind: 'peer-seen', id, name, isDirect: true } });
    this.feed({ kind: 'heard', event: { ...announced, neighbours: new Uint8Array(0) } });
  }

  /** Whoever was silent for a minute is not about any more. */
  lookAround(): void {
    for (const [name, { id, heardAt }] of this.around) {
      if (this.hamlet.now < heardAt + REACHABLE_MS) continue;
      this.around.delete(name);
      const event = { kind: 'peer-left', id, name: '', reason: 'timeout' } as const;
      this.feed({ kind: 'heard', event: { ...event, heardAt, neighbours: new Uint8Array(0) } });
    }
  }

  private start(): Conversations {
    this.pins = new Pins(crypto);
    for (const pin of this.archive.peers.pins()) this.pins.restore(pin);
    for (const id of this.archive.peers.denied()) this.pins.deny(id);
    const random = seededRandom(SEED + 1000 * ++this.starts + this.identity.id[0]);
    const machine = new Conversations(
      this.config,
      {
        crypto,
        identity: this.identity,
        pins: this.pins,
        archive: this.archive,
        around: {
          find: (id) => this.around.get(nameOf(id)) ?? null,
          all: () => [...this.around.values()],
        },
        draw: (size) => Uint8Array.from({ length: size }, () => random(256)),
      },
      this.hamlet.now,
    );
    if (this.starts === 1) machine.step({ kind: 'clock', offsetMs: EPOCH }, this.hamlet.now);
    return machine;
  }

  private commit(outputs: ConversationsOutput[]): void {
    const writes: StoreWrite[] = [];
    for (const output of outputs) {
      if (output.kind !== 'store') continue;
      const { write } = output;
      writes.push(write);
      if (write.kind !== 'message') continue;
      const { conversation, sender, id } = write.message;
      this.kept.push(`${conversation} ${toHex(sender)} ${id}`);
    }
    this.archive.commit(writes);
  }

  private perform(output: ConversationsOutput): void {
    switch (output.kind) {
      case 'send':
        this.sent.push(output.draft);
        if (!this.isAway) this.hamlet.carry(this, output.draft);
        break;
      case 'say':
        this.say(output.text);
        break;
      case 'told':
        this.events.push(output.event);
        break;
      case 'answer':
        this.answers.set(output.ticket, output.answer);
        break;
    }
  }

  /** As the station would, by the next input. */
  private say(text: string): void {
    this.hamlet.later(0, this, () => {
      const timestamp = EPOCH + Math.floor(this.hamlet.now);
      const id = messageId(crypto, this.id, timestamp, text);
      const frame = encodeText(text);
      const event = { kind: 'said', id, text, timestamp, frame, device: null } as const;
      this.feed({ kind: 'heard', event });
    });
  }
}

export function toward(packet: Packet, who: Villager): boolean {
  return packet.recipient !== null && toHex(packet.recipient) === toHex(who.id);
}

function pairOf(a: Villager, b: Villager): string {
  return [toHex(a.id), toHex(b.id)].sort().join(' ');
}
