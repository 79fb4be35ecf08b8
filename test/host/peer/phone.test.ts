/**
 * Talk with a phone, as its app does it (WIRE §8): it has sessions and knows the kinds of part I,
 * and nothing of Hopline. Beside it what two Hopline peers do that phones do not.
 */
import { describe, expect, it } from 'vitest';
import { Confirmations, TOGETHER_MS } from '../../../host/peer/confirmations.ts';
import { CONVERSATIONS_DEFAULTS } from '../../../host/peer/contract.ts';
import type { ConversationsConfig } from '../../../host/peer/contract.ts';
import { ENCRYPTED } from '../../../protocol/core/packet.ts';
import { Pins } from '../../../protocol/trust/pins.ts';
import type { SessionInput } from '../../../protocol/trust/session.ts';
import { Sessions } from '../../../protocol/trust/session.ts';
import { capabilities } from '../../../protocol/wire/capabilities.ts';
import {
  decodeNoisePayload,
  encodeNoisePayload,
  encodeReceipt,
  KIND,
} from '../../../protocol/wire/noise-payload.ts';
import { decodePeerState, encodePeerState } from '../../../protocol/wire/peer-state.ts';
import {
  decodePrivateMessage,
  encodePrivateMessage,
} from '../../../protocol/wire/private-message.ts';
import { RECEIPTS_SIZE_MAX } from '../../../protocol/wire/receipts.ts';
import { encodeText } from '../../../protocol/wire/text.ts';
import { person, secretsFrom } from '../../protocol/trust/people.ts';
import { crypto } from '../../protocol/trust/ports.ts';
import { filled } from '../../protocol/wire/given.ts';
import { EPOCH, Hamlet, toward } from './hamlet.ts';
import type { Villager } from './hamlet.ts';

describe('a phone', () => {
  it('opens a session, writes, and has each message confirmed by itself, under its own id', () => {
    const { phone, ann } = meeting();
    phone.do({ kind: 'open', peer: ann.id });
    phone.say(KIND.peerState, phone.state());
    const ids = ['1B5C0F7E-7D1A-4E0B-9E0A-2F4C6D8E0A1B', '2', '3'];
    for (const id of ids) phone.write(id, `message ${id}`);
    expect(ann.messages().map(({ id, text }) => [id, text])).toEqual(
      ids.map((id) => [id, `message ${id}`]),
    );
    expect(phone.heard(KIND.delivered)).toEqual(ids.map(encodeText));
    phone.write('2', 'message 2');
    expect(phone.heard(KIND.delivered)).toHaveLength(4);
    expect(ann.messages()).toHaveLength(3);
  });

  it('hears the state twice: of itself, and when it has said its own', () => {
    const { phone, ann } = meeting();
    phone.do({ kind: 'open', peer: ann.id });
    expect(phone.heard(KIND.peerState)).toHaveLength(1);
    for (let times = 0; times < 3; times++) phone.say(KIND.peerState, phone.state());
    const states = phone.heard(KIND.peerState).map(decodePeerState);
    expect(states).toHaveLength(2);
    expect(states[0]).toMatchObject({ value: { signingKey: ann.identity.signingKey } });
    expect(ann.pins.find(phone.id)).toMatchObject({ proven: true });
  });

  it('is written to, and says that it was delivered and read', () => {
    const { hamlet, phone, ann } = meeting();
    phone.announce();
    const { id } = answered(ann, phone, 'hello phone');
    hamlet.pass(1);
    const [body] = phone.heard(KIND.privateMessage);
    expect(decodePrivateMessage(body)).toEqual({ ok: true, value: { id, text: 'hello phone' } });
    phone.say(KIND.delivered, encodeReceipt(id));
    expect(ann.messages()[0].state).toBe('delivered');
    phone.say(KIND.readReceipt, encodeReceipt(id));
    expect(ann.messages()[0].state).toBe('read');
    phone.say(KIND.delivered, encodeReceipt(id));
    expect(ann.messages()[0].state).toBe('read');
  });

  it('that asks for what we do not have, or makes no sense, is not answered', () => {
    const { phone, ann } = meeting();
    phone.do({ kind: 'open', peer: ann.id });
    const before = phone.received.length;
    for (const [kind, body, reason] of [
      [KIND.verifyChallenge, filled(4, 1), 'unsupported-kind'],
      [KIND.privateFile, filled(4, 1), 'unsupported-kind'],
      [0x7f, filled(4, 1), 'unknown-kind'],
      [KIND.privateMessage, Uint8Array.of(0, 5, 97), 'cut'],
      [KIND.privateMessage, Uint8Array.of(0, 0, 1, 1, 65), 'empty'],
      [KIND.delivered, new Uint8Array(0), 'empty'],
      [KIND.delivered, encodeText('made up'), 'unexpected'],
      [KIND.peerState, filled(4, 1), 'incomplete'],
    ] as const) {
      const count = ann.drops(reason);
      phone.say(kind, body);
      expect(ann.drops(reason), reason).toBe(count + 1);
    }
    expect(phone.received).toHaveLength(before);
    expect(ann.messages()).toEqual([]);
  });

  it('that floods is taken at a rate, and nothing beyond it is confirmed', () => {
    const rate = { perSecond: 10, burst: 20 };
    expect(rate.burst).toBeLessThan(CONVERSATIONS_DEFAULTS.rate.burst);
    const { hamlet, phone, ann } = meeting({ rate });
    phone.do({ kind: 'open', peer: ann.id });
    for (let n = 0; n < rate.burst; n++) phone.say(KIND.verifyChallenge, filled(1, 1));
    phone.write('1', 'too much');
    expect(ann.drops('flooding')).toBe(1);
    expect(phone.heard(KIND.delivered)).toEqual([]);
    hamlet.pass(1000 / rate.perSecond);
    phone.write('1', 'in time');
    expect(phone.heard(KIND.delivered)).toHaveLength(1);
  });
});

describe('two Hopline peers', () => {
  it('confirm what arrives together by one packet', () => {
    const hamlet = new Hamlet();
    const [ann, ben] = [hamlet.move(1), hamlet.move(2)];
    hamlet.pass(100);
    ann.tell(ben, 'warming up');
    hamlet.pass(100);
    ben.sent.length = 0;
    const names = Array.from({ length: 10 }, (_, n) => ann.tell(ben, `number ${n}`));
    hamlet.pass(100);
    expect(names.map((name) => ann.stateOf(name))).toEqual(names.map(() => 'delivered'));
    expect(ben.sent.filter(({ type }) => type === ENCRYPTED)).toHaveLength(1);
  });

  it('confirm more by more packets, none of which is cut on its way', () => {
    const confirmations = new Confirmations();
    const [ann, ben] = [filled(8, 1), filled(8, 2)];
    const id = 'x'.repeat(36);
    const fits = Math.floor(RECEIPTS_SIZE_MAX / 37);
    for (let n = 0; n < fits; n++) expect(confirmations.add(ann, id, 0)).toBeNull();
    expect(confirmations.add(ann, id, 1)?.ids).toHaveLength(fits);
    expect(confirmations.add(ben, id, 2)).toBeNull();
    expect(confirmations.deadline()).toBe(TOGETHER_MS);
    expect(confirmations.due(TOGETHER_MS - 1)).toEqual([]);
    expect(confirmations.due(TOGETHER_MS)).toMatchObject([
      { peer: ann, ids: [id] },
      { peer: ben, ids: [id] },
    ]);
    expect(confirmations.deadline()).toBe(Infinity);
  });

  it('lose nothing when the receipts of many are lost together', () => {
    const hamlet = new Hamlet();
    const [ann, ben] = [hamlet.move(1), hamlet.move(2)];
    hamlet.pass(100);
    ann.tell(ben, 'warming up');
    hamlet.pass(100);
    hamlet.tamper = (packet) => (toward(packet, ann) ? null : packet);
    const names = Array.from({ length: 10 }, (_, n) => ann.tell(ben, `number ${n}`));
    hamlet.pass(1000);
    hamlet.tamper = (packet) => packet;
    hamlet.pass(10_000);
    expect(names.map((name) => ann.stateOf(name))).toEqual(names.map(() => 'delivered'));
    expect(ben.heardFrom(ann)).toHaveLength(11);
  });
});

/** What an app does with sessions; what it is told of them lies in `received`. */
class Phone {
  readonly identity = person(9);
  readonly received: { kind: number; body: Uint8Array }[] = [];
  private readonly hamlet: Hamlet;
  private readonly peer: Villager;
  private readonly sessions: Sessions;
  private taken = 0;

  constructor(hamlet: Hamlet, peer: Villager) {
    this.hamlet = hamlet;
    this.peer = peer;
    const pins = new Pins(crypto);
    this.sessions = new Sessions(crypto, this.identity, pins, secretsFrom(9), 1);
  }

  get id(): Uint8Array {
    return this.identity.id;
  }

  announce(): void {
    const { id, noiseKey, signingKey } = this.identity;
    this.peer.meet(id, noiseKey, signingKey);
    this.listen();
  }

  do(input: SessionInput): void {
    for (const output of this.sessions.step(input, this.hamlet.now)) {
      if (output.kind === 'received') {
        const decoded = decodeNoisePayload(output.plaintext);
        if (decoded.ok) this.received.push(decoded.value);
      }
      if (output.kind !== 'transmit') continue;
      const { type, payload } = output;
      const packet = {
        version: 1,
        type,
        ttl: 7,
        timestamp: EPOCH,
        sender: this.id,
        recipient: this.peer.id,
        isBroadcast: false,
        route: [],
        isAnswer: false,
        payload,
        signature: null,
      } as const;
      this.peer.feed({
        kind: 'delivered',
        packet: { ...packet, route: [] },
        link: 0,
        isVerified: true,
      });
    }
    this.listen();
  }

  say(kind: number, body: Uint8Array): void {
    this.do({ kind: 'seal', peer: this.peer.id, plaintext: encodeNoisePayload({ kind, body }) });
  }

  write(id: string, text: string): void {
    this.say(KIND.privateMessage, encodePrivateMessage({ id, text }));
  }

  state(): Uint8Array {
    const { signingKey } = this.identity;
    return encodePeerState({ capabilities: capabilities(['vouch']), signingKey, features: 0 });
  }

  heard(kind: number): Uint8Array[] {
    return this.received.filter((one) => one.kind === kind).map(({ body }) => body);
  }

  private listen(): void {
    while (this.taken < this.peer.sent.length) {
      const { type, payload } = this.peer.sent[this.taken++];
      const peer = this.peer.id;
      if (type === ENCRYPTED) this.do({ kind: 'encrypted', peer, payload });
      else this.do({ kind: 'handshake', peer, link: 0, payload });
    }
  }
}

function meeting(differs: Partial<ConversationsConfig> = {}): {
  hamlet: Hamlet;
  phone: Phone;
  ann: Villager;
} {
  const hamlet = new Hamlet();
  const ann = hamlet.move(1, differs);
  hamlet.pass(1);
  return { hamlet, ann, phone: new Phone(hamlet, ann) };
}

function answered(ann: Villager, phone: Phone, text: string): { id: string } {
  const answer = ann.answers.get(ann.ask({ kind: 'tell', peer: phone.id, text }));
  phone.announce();
  if (answer?.kind !== 'stored') throw new Error('not stored');
  return answer.name;
}
