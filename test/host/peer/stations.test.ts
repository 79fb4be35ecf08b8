/**
 * Conversations above real stations, with what stands between two of them: relays, a radio, and the
 * judgement of packets. What is promised elsewhere over a made-up wire holds over the real one.
 */
import { describe, expect, it } from 'vitest';
import type { ConversationsOutput } from '../../../host/peer/contract.ts';
import { CONVERSATIONS_DEFAULTS } from '../../../host/peer/contract.ts';
import { Conversations } from '../../../host/peer/conversations.ts';
import type { Answer, StoredMessage, TalkWish } from '../../../host/types.ts';
import { PUBLIC } from '../../../host/types.ts';
import type { Millis, Tick } from '../../../protocol/core/machine.ts';
import { TICK } from '../../../protocol/core/machine.ts';
import type { StationInput, StationOutput } from '../../../protocol/peer/contract.ts';
import { STATION_DEFAULTS } from '../../../protocol/peer/settings.ts';
import { Station } from '../../../protocol/peer/station.ts';
import { crc32 } from '../../../protocol/core/crc32.ts';
import type { Identity } from '../../../protocol/trust/identity.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { MemoryArchive } from '../../../tools/simulate/archive.ts';
import { seededRandom } from '../../../tools/simulate/random.ts';
import { EPOCH, stationOf, Village } from '../../protocol/peer/village.ts';
import type { Resident } from '../../protocol/peer/village.ts';
import { person } from '../../protocol/trust/people.ts';
import { crypto } from '../../protocol/trust/ports.ts';
import { SEED } from '../../seed.ts';

const MINUTE_MS = 60_000;

describe('two peers with a relay between them', () => {
  it('write to each other in private, and both know how far it came', () => {
    const { village, ann, ben } = street();
    ann.ask({ kind: 'tell', peer: ben.id, text: 'over the hill' });
    village.pass(5000);
    expect(ben.said(ann)).toMatchObject([{ text: 'over the hill', isVerified: true }]);
    expect(ann.own()).toMatchObject([{ state: 'delivered' }]);
    const [{ conversation, key }] = ben.said(ann);
    ben.ask({ kind: 'read', conversation, key });
    village.pass(5000);
    expect(ann.own()).toMatchObject([{ state: 'read' }]);
  });

  it('write in public, and it is kept with what vouches for it', () => {
    const { village, ann, ben } = street();
    const ticket = ann.ask({ kind: 'say', text: 'to all' });
    village.pass(1000);
    expect(ann.answers.get(ticket)).toMatchObject({ kind: 'stored' });
    const [heard] = ben.archive.messages.after(0, 10);
    expect(heard).toMatchObject({ conversation: PUBLIC, text: 'to all', isVerified: true });
    expect(heard.frame).not.toBeNull();
  });

  it('write as much as a radio carries, in order', () => {
    const { village, ann, ben } = street();
    const texts = Array.from({ length: 60 }, (_, n) => `number ${n}`);
    for (const text of texts) ann.ask({ kind: 'tell', peer: ben.id, text });
    village.pass(MINUTE_MS);
    expect(ben.said(ann).map(({ text }) => text)).toEqual(texts);
    expect(ann.own().every(({ state }) => state === 'delivered')).toBe(true);
  });
});

describe('a peer who is away', () => {
  it('gets his mail from a friend who carried it', () => {
    const village = new Village();
    const [ann, ben, friend] = [1, 2, 3].map((number) => new Peer(village, number));
    for (const one of [ann, ben, friend]) one.begin();
    village.join(ann, 0, friend, 1, 'phone');
    village.join(friend, 2, ben, 0, 'phone');
    village.pass(MINUTE_MS);
    ann.ask({ kind: 'stand', peer: friend.id, standing: 'trusted' });
    village.cut(friend, 2);
    village.pass(3 * MINUTE_MS);
    ann.ask({ kind: 'tell', peer: ben.id, text: 'by hand' });
    village.pass(5000);
    expect(friend.archive.held.usage('peer', null).count).toBe(1);
    village.cut(ann, 0);
    village.pass(3 * MINUTE_MS);
    village.join(friend, 2, ben, 0, 'phone');
    village.pass(MINUTE_MS);
    expect(ben.said(ann)).toMatchObject([{ text: 'by hand' }]);
    expect(ann.own()).toMatchObject([{ state: 'waiting' }]);
  });
});

/** Ann and Ben, each at an end of a relay's links, who have heard of each other. */
function street(): { village: Village; ann: Peer; ben: Peer } {
  const village = new Village();
  const [ann, ben] = [new Peer(village, 1), new Peer(village, 2)];
  const relay = stationOf(village, 3);
  ann.begin();
  ben.begin();
  village.join(ann, 0, relay, 1, 'phone');
  village.join(ben, 0, relay, 2, 'phone');
  village.pass(MINUTE_MS);
  return { village, ann, ben };
}

/** A station with conversations above it, as the bridge joins them. */
class Peer implements Resident {
  readonly archive = new MemoryArchive();
  readonly answers = new Map<number, Answer>();
  private readonly village: Village;
  private readonly identity: Identity;
  private readonly station: Station;
  private readonly talk: Conversations;
  private asked: { ticket: number; wish: TalkWish }[] = [];
  private tickets = 0;

  constructor(village: Village, number: number) {
    this.village = village;
    this.identity = person(number);
    const { identity, archive } = this;
    const random = seededRandom(SEED + number);
    const draw = (size: number) => Uint8Array.from({ length: size }, () => random(256));
    const ports = { crypto, identity, random, draw, crc: crc32 };
    this.station = new Station({ ...STATION_DEFAULTS, name: `peer ${number}` }, ports, village.now);
    const { pins, around } = this.station;
    const above = { crypto, identity, pins, archive, around, draw };
    this.talk = new Conversations(CONVERSATIONS_DEFAULTS, above, village.now);
    village.move(this);
  }

  get id(): Uint8Array {
    return this.identity.id;
  }

  begin(): void {
    this.village.tell(this, { kind: 'clock', offsetMs: EPOCH });
  }

  ask(wish: TalkWish): number {
    this.asked.push({ ticket: ++this.tickets, wish });
    this.village.tell(this, TICK);
    return this.tickets;
  }

  said(peer: Peer): StoredMessage[] {
    return this.messages().filter(({ sender }) => toHex(sender) === toHex(peer.id));
  }

  own(): StoredMessage[] {
    return this.said(this);
  }

  step(input: StationInput | Tick, now: Millis): StationOutput[] {
    const out: StationOutput[] = [];
    if (input.kind === 'clock') this.onTalk(this.talk.step(input, now), now, out);
    for (const { ticket, wish } of this.asked.splice(0)) {
      this.onTalk(this.talk.step({ kind: 'ask', ticket, wish }, now), now, out);
    }
    this.onStation(this.station.step(input, now), now, out);
    if (now >= this.talk.deadline()) this.onTalk(this.talk.step(TICK, now), now, out);
    return out;
  }

  deadline(): Millis {
    return Math.min(this.station.deadline(), this.talk.deadline());
  }

  private messages(): StoredMessage[] {
    return this.archive.messages.after(0, 1000);
  }

  private onStation(outputs: StationOutput[], now: Millis, out: StationOutput[]): void {
    for (const output of outputs) {
      out.push(output);
      if (output.kind === 'deliver') {
        const { packet, link, isVerified } = output;
        const heard = { kind: 'delivered', packet, link, isVerified } as const;
        this.onTalk(this.talk.step(heard, now), now, out);
      } else if (output.kind === 'told') {
        const { event } = output;
        this.onTalk(this.talk.step({ kind: 'heard', event }, now), now, out);
      }
    }
  }

  private onTalk(outputs: ConversationsOutput[], now: Millis, out: StationOutput[]): void {
    for (const output of outputs) {
      if (output.kind === 'store') this.archive.commit([output.write]);
      if (output.kind === 'answer') this.answers.set(output.ticket, output.answer);
      if (output.kind === 'send' || output.kind === 'say') {
        this.onStation(this.station.step(output, now), now, out);
      }
    }
  }
}
