/**
 * What people who talk to each other may rely on, in the order in which they would ask: a message
 * arrives once, or they are told why not; a restart forgets nothing; nobody else has a say.
 */
import { describe, expect, it } from 'vitest';
import { SAYS_MAX } from '../../../host/peer/conversations.ts';
import { ACK_TIMEOUT_MS, LETTERS_PER_PEER_MAX, WINDOW_MIN } from '../../../host/peer/letters.ts';
import type { Answer, TalkWish } from '../../../host/types.ts';
import { PUBLIC } from '../../../host/types.ts';
import { ENCRYPTED, FILE, HANDSHAKE, MESSAGE } from '../../../protocol/core/packet.ts';
import { REACHABLE_MS } from '../../../protocol/peer/peers.ts';
import { messageId } from '../../../protocol/wire/message.ts';
import type { Packet } from '../../../protocol/wire/packet.ts';
import { PRIVATE_TEXT_MAX } from '../../../protocol/wire/private-message.ts';
import { encodeText } from '../../../protocol/wire/text.ts';
import { crypto } from '../../protocol/trust/ports.ts';
import { ANNOUNCE_EVERY_MS, EPOCH, Hamlet, toward } from './hamlet.ts';
import type { Villager } from './hamlet.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

describe('a private message', () => {
  it('is stored, sent under a session, delivered, and read when a person reads it', () => {
    const { hamlet, ann, ben } = two();
    const name = ann.tell(ben, 'hello');
    expect(ann.stateOf(name)).toBe('waiting');
    hamlet.pass(100);
    expect(ben.heardFrom(ann)).toEqual(['hello']);
    expect(ann.stateOf(name)).toBe('delivered');
    readAll(ben);
    hamlet.pass(100);
    expect(ann.stateOf(name)).toBe('read');
    const states = ann.told('message-state').map(({ state }) => state);
    expect(states).toEqual(['sent', 'delivered', 'read']);
    for (const one of [ann, ben]) expect(one.archive.outbox.all()).toEqual([]);
  });

  it('leaves at once where there is a session, and is stored as sent', () => {
    const { hamlet, ann, ben } = acquainted();
    const name = ann.tell(ben, 'hello again');
    expect(ann.stateOf(name)).toBe('sent');
    expect(ann.archive.outbox.all()).toMatchObject([{ id: name.id, tries: 1 }]);
    hamlet.pass(100);
    expect(ann.stateOf(name)).toBe('delivered');
  });

  it('keeps its place: many arrive in the order in which they were written', () => {
    const { hamlet, ann, ben } = two();
    const texts = range(6 * WINDOW_MIN).map((n) => `number ${n}`);
    for (const text of texts) ann.tell(ben, text);
    hamlet.pass(1000);
    expect(ben.heardFrom(ann)).toEqual(texts);
  });

  it('goes out in a window, and none goes first while another is repeated', () => {
    const { hamlet, ann, ben } = acquainted();
    hamlet.tamper = (packet) => (toward(packet, ben) ? null : packet);
    ann.sent.length = 0;
    for (const n of range(WINDOW_MIN + 5)) ann.tell(ben, `number ${n}`);
    expect(ann.sent).toHaveLength(WINDOW_MIN);
    hamlet.pass(ACK_TIMEOUT_MS);
    expect(ann.sent).toHaveLength(2 * WINDOW_MIN);
  });

  it('is sent again when it was lost, or when only its confirmation was, and shown once', () => {
    for (const [from, to] of [
      ['ann', 'ben'],
      ['ben', 'ann'],
    ] as const) {
      const { hamlet, ann, ben } = acquainted();
      const people = { ann, ben };
      let lost = 0;
      hamlet.tamper = (packet) => {
        const isIts = toward(packet, people[to]) && isFrom(packet, people[from]);
        return isIts && lost++ === 0 ? null : packet;
      };
      const name = ann.tell(ben, 'hello');
      hamlet.pass(ACK_TIMEOUT_MS - 1);
      expect(ann.stateOf(name)).toBe('sent');
      hamlet.pass(100);
      expect(ann.stateOf(name)).toBe('delivered');
      expect(ben.heardFrom(ann)).toEqual(['warming up', 'hello']);
      expect(ben.drops('known')).toBe(from === 'ben' ? 1 : 0);
    }
  });
});

describe('a private message that does not arrive', () => {
  it('was refused its place by a peer who answers no handshake: no-session', () => {
    const { hamlet, ann, ben } = two();
    hamlet.tamper = (packet) => (packet.type === HANDSHAKE && toward(packet, ben) ? null : packet);
    const name = ann.tell(ben, 'hello');
    hamlet.pass(90_000);
    expect(ann.stateOf(name)).toBe('waiting');
    hamlet.pass(MINUTE_MS);
    expect(ann.stateOf(name)).toBe('failed: no-session');
    expect(ann.archive.outbox.all()).toEqual([]);
  });

  it('was sent again three times and more, less and less often, to a peer who is there', () => {
    const { hamlet, ann, ben } = acquainted();
    hamlet.tamper = (packet) => (toward(packet, ben) ? null : packet);
    const times: number[] = [];
    const startedAt = hamlet.now;
    const name = ann.tell(ben, 'hello');
    for (const _ of range(120)) {
      const count = sealed(ann);
      hamlet.pass(1000);
      if (sealed(ann) > count) times.push(hamlet.now - startedAt);
    }
    // He was not heard of in the first 5 s, so that try was not in vain.
    expect(times).toEqual([5000, 15_000, 35_000, 75_000]);
    expect(ann.stateOf(name)).toBe('failed: unacknowledged');
  });

  it('waited a day for a peer who was never there: no-route', () => {
    const { hamlet, ann, ben } = two();
    ben.isAway = true;
    hamlet.pass(HOUR_MS);
    const name = ann.tell(ben, 'hello');
    hamlet.pass(23 * HOUR_MS);
    expect(ann.stateOf(name)).toBe('waiting');
    hamlet.pass(HOUR_MS);
    expect(ann.stateOf(name)).toBe('failed: no-route');
  });

  it('waited a day for a peer who was there now and then: expired', () => {
    const { hamlet, ann, ben } = two();
    ben.isAway = true;
    hamlet.pass(HOUR_MS);
    const name = ann.tell(ben, 'hello');
    hamlet.tamper = (packet) => (packet.type === HANDSHAKE ? null : packet);
    ben.isAway = false;
    hamlet.pass(20_000);
    ben.isAway = true;
    hamlet.pass(24 * HOUR_MS);
    expect(ann.stateOf(name)).toBe('failed: expired');
  });

  it('need not wait, by setting', () => {
    const hamlet = new Hamlet();
    const [ann, ben] = [hamlet.move(1, { waitMs: 0 }), hamlet.move(2)];
    ben.isAway = true;
    hamlet.pass(100);
    const name = ann.tell(ben, 'hello');
    hamlet.pass(1);
    expect(ann.stateOf(name)).toBe('failed: no-route');
  });

  it('goes to nobody whom a person here turned away: refused', () => {
    const { hamlet, ann, ben } = two();
    ben.isAway = true;
    hamlet.pass(2 * MINUTE_MS);
    const name = ann.tell(ben, 'hello');
    expect(ask(ann, { kind: 'deny', peer: ben.id })).toEqual({ kind: 'done' });
    expect(ann.stateOf(name)).toBe('failed: refused');
    expect(refusal(ann, { kind: 'tell', peer: ben.id, text: 'and?' })).toBe('denied');
  });

  it('may be known to have arrived later all the same', () => {
    const { hamlet, ann, ben } = acquainted();
    hamlet.tamper = (packet) => (isFrom(packet, ben) ? null : packet);
    const name = ann.tell(ben, 'hello');
    hamlet.pass(3 * MINUTE_MS);
    expect(ann.stateOf(name)).toBe('failed: unacknowledged');
    hamlet.tamper = (packet) => packet;
    readAll(ben);
    hamlet.pass(MINUTE_MS);
    expect(ann.stateOf(name)).toBe('read');
  });
});

describe('a way that is cut', () => {
  for (const minutes of [0.5, 10, 120]) {
    it(`costs no try: after ${minutes} minutes everything arrives, once and in order`, () => {
      const { hamlet, ann, ben } = acquainted();
      hamlet.cut(ann, ben);
      const texts = range(20).map((n) => `number ${n}`);
      const names = texts.map((text) => {
        hamlet.pass((minutes * MINUTE_MS) / texts.length);
        return ann.tell(ben, text);
      });
      expect(ben.heardFrom(ann)).toEqual(['warming up']);
      hamlet.join(ann, ben);
      hamlet.pass(MINUTE_MS);
      expect(ben.heardFrom(ann)).toEqual(['warming up', ...texts]);
      expect(names.map((name) => ann.stateOf(name))).toEqual(texts.map(() => 'delivered'));
      expectOnce(ben);
    });
  }
});

describe('a restart', () => {
  it('of the sender loses nothing of what was answered', () => {
    const { hamlet, ann, ben } = acquainted();
    ben.isAway = true;
    hamlet.pass(2 * REACHABLE_MS);
    const name = ann.tell(ben, 'hello');
    ann.restart();
    ben.isAway = false;
    hamlet.pass(MINUTE_MS);
    expect(ben.heardFrom(ann)).toEqual(['warming up', 'hello']);
    expect(ann.stateOf(name)).toBe('delivered');
  });

  it('of the receiver is noticed by either, and nothing is shown twice', () => {
    const { hamlet, ann, ben } = acquainted();
    ben.restart();
    hamlet.pass(ANNOUNCE_EVERY_MS);
    ann.tell(ben, 'still there?');
    hamlet.pass(ACK_TIMEOUT_MS + 100);
    expect(ben.heardFrom(ann)).toEqual(['warming up', 'still there?']);
    expectOnce(ben);
  });

  it('between storing and confirming makes it confirmed the next time', () => {
    const { hamlet, ann, ben } = acquainted();
    let crashes = 1;
    ben.crash = () => (ben.heardFrom(ann).length > 1 && crashes-- > 0 ? 'after' : null);
    const name = ann.tell(ben, 'hello');
    hamlet.pass(5 * MINUTE_MS);
    expect(crashes).toBeLessThan(1);
    expect(ann.stateOf(name)).toBe('delivered');
    expectOnce(ben);
  });

  it('before storing makes it arrive the next time', () => {
    const { hamlet, ann, ben } = acquainted();
    const before = hamlet.heard.length;
    let crashes = 1;
    ben.crash = () => (hamlet.heard.length > before && crashes-- > 0 ? 'before' : null);
    const name = ann.tell(ben, 'hello');
    hamlet.pass(5 * MINUTE_MS);
    expect(ann.stateOf(name)).toBe('delivered');
    expect(ben.heardFrom(ann)).toEqual(['warming up', 'hello']);
  });

  it('is no occasion for a replay: nothing that was captured is shown again (S11)', () => {
    const { hamlet, ann, ben } = acquainted();
    for (const n of range(5)) ann.tell(ben, `number ${n}`);
    ann.ask({ kind: 'say', text: 'to all' });
    hamlet.pass(1000);
    const shown = ben.heardFrom(ann);
    const captured = [...hamlet.heard];
    ben.restart();
    hamlet.pass(ANNOUNCE_EVERY_MS);
    for (const { packet } of captured) hamlet.replay(packet, ben);
    hamlet.pass(5 * MINUTE_MS);
    expect(ben.heardFrom(ann)).toEqual(shown);
    expectOnce(ben);
  });
});

describe('receipts of what was read', () => {
  it('are sent once for each message, whatever is read again', () => {
    const { hamlet, ann, ben } = acquainted();
    readAll(ben);
    for (const n of range(3)) ann.tell(ben, `number ${n}`);
    hamlet.pass(1000);
    const before = sealed(ben);
    // Twice in one batch: the store shows nothing of the first yet.
    const { key } = ben.messages().at(-1)!;
    const wish = { kind: 'read', conversation: ben.messages()[0].conversation, key } as const;
    ben.feed({ kind: 'ask', ticket: 1000, wish }, { kind: 'ask', ticket: 1001, wish });
    readAll(ben);
    ben.restart();
    readAll(ben);
    hamlet.pass(MINUTE_MS);
    // Beside them go the peer states of the session after the restart.
    expect(ann.told('message-state').filter(({ state }) => state === 'read')).toHaveLength(4);
    expect(sealed(ben) - before).toBe(3);
  });

  it('follow what says that it came, however quickly it is read', () => {
    const { hamlet, ann, ben } = acquainted();
    const name = ann.tell(ben, 'quick');
    for (let ms = 0; !ben.heardFrom(ann).includes('quick'); ms++) {
      expect(ms).toBeLessThan(100);
      hamlet.pass(1);
    }
    readAll(ben);
    hamlet.pass(100);
    const states = ann.told('message-state').filter(({ name: { id } }) => id === name.id);
    expect(states.map(({ state }) => state).slice(-2)).toEqual(['delivered', 'read']);
  });

  it('wait for whoever wrote it, and only what was read is said to be', () => {
    const { hamlet, ann, ben } = acquainted();
    const [first, second] = [ann.tell(ben, 'first'), ann.tell(ben, 'second')];
    hamlet.pass(100);
    ann.isAway = true;
    hamlet.pass(2 * REACHABLE_MS);
    const { conversation, key } = ben.messages().find(({ text }) => text === 'first')!;
    ben.ask({ kind: 'read', conversation, key });
    ben.restart();
    ann.isAway = false;
    hamlet.pass(MINUTE_MS);
    expect(ann.stateOf(first)).toBe('read');
    expect(ann.stateOf(second)).toBe('delivered');
    expect(ben.archive.outbox.all()).toEqual([]);
  });
});

describe('a public message', () => {
  it('of a person here is answered when it is stored, with the packet that history gives', () => {
    const { hamlet, ann } = two();
    const ticket = ann.ask({ kind: 'say', text: 'to all' });
    expect(ann.answers.get(ticket)).toBeUndefined();
    hamlet.pass(1);
    const answer = ann.answers.get(ticket) as Extract<Answer, { kind: 'stored' }>;
    const stored = ann.archive.messages.find(answer.name)!;
    expect(stored).toMatchObject({ conversation: PUBLIC, text: 'to all', state: 'sent' });
    expect(stored.frame).not.toBeNull();
  });

  it('that the station refuses is answered so, each to its own', () => {
    const { hamlet, ann } = two();
    const tickets = range(SAYS_MAX + 1).map((n) => ann.ask({ kind: 'say', text: `${n}` }));
    expect(ann.answers.get(tickets[SAYS_MAX])).toEqual({ kind: 'refused', reason: 'busy' });
    ann.feed({ kind: 'heard', event: { kind: 'refused', what: 'say', reason: 'too-long' } });
    expect(ann.answers.get(tickets[0])).toEqual({ kind: 'refused', reason: 'too-long' });
    hamlet.pass(1);
    expect(ann.answers.get(tickets[1])).toMatchObject({ kind: 'stored' });
  });

  it('of a device is kept as ours, and answers nobody', () => {
    const { ann } = two();
    const ticket = ann.ask({ kind: 'say', text: 'mine' });
    const frame = new Uint8Array(1);
    const head = { id: '0'.repeat(32), text: 'the door', timestamp: EPOCH, frame };
    ann.feed({ kind: 'heard', event: { kind: 'said', ...head, device: 'door' } });
    expect(ann.messages()).toMatchObject([{ text: 'the door' }]);
    expect(ann.answers.get(ticket)).toBeUndefined();
  });

  it('of another is kept once, also after a restart, with what vouches for it', () => {
    const { ann, ben } = two();
    const event = publicOf(ben, 'hello all', EPOCH + 5);
    for (const _ of range(2)) {
      ann.feed({ kind: 'heard', event }, { kind: 'heard', event: { ...event, isHistory: true } });
      ann.restart();
    }
    expect(ann.messages()).toMatchObject([{ text: 'hello all', isVerified: true, state: 'heard' }]);
    expect(ann.told('message')).toHaveLength(1);
    const unknown = { ...publicOf(ben, 'who am I', EPOCH + 6), isVerified: false, frame: null };
    ann.feed({ kind: 'heard', event: unknown });
    expect(ann.messages()[1]).toMatchObject({ isVerified: false, frame: null });
  });
});

describe('whoever is not who he says', () => {
  it('gets no session in the name of another, though he sits on the wire (S1)', () => {
    const { hamlet, ann, ben } = two();
    const mallory = hamlet.move(3).identity;
    const nothing = new Uint8Array(0);
    // He answers for Ben, with handshakes of his own.
    hamlet.tamper = (packet) => {
      if (packet.type !== HANDSHAKE || !isFrom(packet, ann) || packet.payload.length !== 32) {
        return null;
      }
      const handshake = mallory.handshake('responder', nothing, new Uint8Array(32).fill(9));
      handshake.read(packet.payload);
      const payload = handshake.write(nothing)!;
      hamlet.replay({ ...packet, sender: ben.id, recipient: ann.id, payload }, ann);
      return null;
    };
    const name = ann.tell(ben, 'for Ben alone');
    hamlet.pass(5 * MINUTE_MS);
    expect(ann.drops('wrong-key')).toBeGreaterThan(0);
    expect(ann.told('session').some(({ state }) => state === 'live')).toBe(false);
    expect(ann.stateOf(name)).toBe('failed: no-session');
    expect(ann.sent.every(({ type }) => type === HANDSHAKE)).toBe(true);
  });

  it('is refused, with an alarm, once he names another signing key than was proven (S1, S2)', () => {
    const { hamlet, ann, ben } = acquainted();
    expect(ann.pins.find(ben.id)).toMatchObject({ proven: true, standing: 'contacted' });
    ben.steal(hamlet.move(3));
    ben.restart();
    const waiting = ann.tell(ben, 'is that you?');
    hamlet.pass(MINUTE_MS);
    expect(ann.told('alarm')).toMatchObject([{ peer: ben.id, reason: 'second-key' }]);
    expect(ann.machine.sessionOf(ben.id)).toBe('none');
    expect(ann.stateOf(waiting)).toBe('failed: refused');
    expect(refusal(ann, { kind: 'tell', peer: ben.id, text: 'hello?' })).toBe('distrusted');
    // Nor is anything of his shown, not even what comes before he says his key again.
    let isFirst = false;
    hamlet.tamper = (packet) => {
      if (!isFrom(packet, ben)) return packet;
      const isState = isFirst && packet.type === ENCRYPTED;
      isFirst = packet.type === HANDSHAKE;
      return isState ? null : packet;
    };
    ben.tell(ann, 'believe me');
    hamlet.pass(MINUTE_MS);
    expect(ann.heardFrom(ben)).toEqual([]);
    // Until a person has looked into it.
    expect(ask(ann, { kind: 'forget', peer: ben.id })).toEqual({ kind: 'done' });
    hamlet.pass(MINUTE_MS);
    const name = ann.tell(ben, 'so it was you');
    hamlet.pass(MINUTE_MS);
    expect(ann.stateOf(name)).toBe('delivered');
  });

  it('of whom only rumour was known takes its place, with an alarm (S2)', () => {
    const hamlet = new Hamlet();
    const [ann, ben, eve] = [hamlet.move(1), hamlet.move(2), hamlet.move(3)];
    ann.pins.meet(ben.id, ben.identity.noiseKey, eve.identity.signingKey);
    hamlet.pass(100);
    ben.tell(ann, 'it is me');
    hamlet.pass(100);
    expect(ann.heardFrom(ben)).toEqual(['it is me']);
    expect(ann.pins.find(ben.id)).toMatchObject({ signingKey: ben.identity.signingKey });
    expect(ann.told('alarm')).toMatchObject([{ peer: ben.id, reason: 'second-key' }]);
  });

  it('may send what is private in the open: it is neither shown nor confirmed (S6)', () => {
    const { hamlet, ann, ben } = acquainted();
    const before = ann.messages();
    for (const type of [MESSAGE, FILE]) {
      for (const isVerified of [true, false]) {
        const payload = encodeText('psst');
        const packet = packetOf(ben, ann, type, payload);
        ann.feed({ kind: 'delivered', packet, link: 0, isVerified });
      }
    }
    // What a session would carry, without one.
    const payload = Uint8Array.of(1, 0, 1, 120, 1, 2, 104, 105);
    ann.feed({
      kind: 'delivered',
      packet: packetOf(ben, ann, ENCRYPTED, payload),
      link: 0,
      isVerified: true,
    });
    hamlet.pass(1000);
    expect(ann.messages()).toEqual(before);
    expect(ann.drops('unsealed')).toBe(4);
    expect(ann.told('alarm')).toEqual([{ kind: 'alarm', peer: ben.id, reason: 'unsealed' }]);
  });

  it('cannot confirm what was said to another', () => {
    const hamlet = new Hamlet();
    const [ann, ben, eve] = [hamlet.move(1), hamlet.move(2), hamlet.move(3)];
    hamlet.pass(100);
    eve.tell(ann, 'hello');
    hamlet.pass(100);
    hamlet.cut(ann, ben);
    const { id } = ann.tell(ben, 'for Ben');
    eve.confirm(ann, id);
    hamlet.pass(100);
    expect(ann.drops('unexpected')).toBe(1);
    expect(ann.archive.outbox.of(ben.id)).toHaveLength(1);
  });
});

describe('a person', () => {
  it('is told what cannot be done, and why', () => {
    const { ann, ben } = two();
    const never = Uint8Array.of(9, 9, 9, 9, 9, 9, 9, 9);
    const long = 'ü'.repeat(PRIVATE_TEXT_MAX / 2 + 1);
    for (const [wish, reason] of [
      [{ kind: 'tell', peer: ben.id, text: '' }, 'empty'],
      [{ kind: 'tell', peer: ben.id, text: long }, 'too-long'],
      [{ kind: 'tell', peer: ann.id, text: 'me' }, 'own-id'],
      [{ kind: 'tell', peer: new Uint8Array(7), text: 'x' }, 'unknown-peer'],
      [{ kind: 'stand', peer: never, standing: 'verified' }, 'unknown-peer'],
      [{ kind: 'deny', peer: ann.id }, 'own-id'],
    ] as const) {
      expect(refusal(ann, wish), reason).toBe(reason);
    }
    ann.feed({ kind: 'clock', offsetMs: null });
    expect(refusal(ann, { kind: 'tell', peer: ben.id, text: 'x' })).toBe('no-clock');
  });

  it('may write so much to one who is away, and no more', () => {
    const { ann, ben } = two();
    ben.isAway = true;
    for (const n of range(LETTERS_PER_PEER_MAX)) ann.tell(ben, `${n}`);
    expect(refusal(ann, { kind: 'tell', peer: ben.id, text: 'one more' })).toBe('full');
    ann.restart();
    expect(refusal(ann, { kind: 'tell', peer: ben.id, text: 'one more' })).toBe('full');
  });

  it('says who is who, and it is stored with the answer', () => {
    const { ann, ben } = two();
    expect(ask(ann, { kind: 'stand', peer: ben.id, standing: 'verified' })).toEqual(done);
    expect(ann.archive.peers.pins()).toMatchObject([{ id: ben.id, standing: 'verified' }]);
    expect(ask(ann, { kind: 'deny', peer: ben.id })).toEqual(done);
    expect(ann.archive.peers.denied()).toEqual([ben.id]);
    expect(ask(ann, { kind: 'allow', peer: ben.id })).toEqual(done);
    expect(ann.archive.peers.denied()).toEqual([]);
    expect(ask(ann, { kind: 'forget', peer: ben.id })).toEqual(done);
    expect(ann.archive.peers.pins()).toEqual([]);
    expect(ann.told('peer-changed')).toHaveLength(4);
  });

  it('hears nothing more of whom he turned away, session or not', () => {
    const { hamlet, ann, ben } = acquainted();
    ann.ask({ kind: 'deny', peer: ben.id });
    expect(ann.machine.sessionOf(ben.id)).toBe('none');
    ben.tell(ann, 'let me in');
    hamlet.pass(5 * MINUTE_MS);
    expect(ann.heardFrom(ben)).toEqual([]);
    expect(ann.drops('denied')).toBeGreaterThan(0);
  });

  it('keeps whom he writes to, and is not told what phones tell each other', () => {
    const { hamlet, ann, ben } = acquainted();
    expect(ann.archive.peers.pins()).toMatchObject([{ id: ben.id, standing: 'contacted' }]);
    expect(ben.pins.find(ann.id)!.standing).toBe('seen');
    const name = ann.tell(ben, '[FAVORITED]:npub1abc');
    hamlet.pass(100);
    expect(ann.stateOf(name)).toBe('delivered');
    expect(ben.heardFrom(ann)).toEqual(['warming up']);
  });

  it('finds in the store who was heard, under which name', () => {
    const { ann, ben } = two();
    expect(ann.archive.peers.find(ben.id)).toMatchObject({ name: `villager ${ben.id[0]}` });
  });
});

describe('conversations', () => {
  it('are silent without a clock, and go on when there is one', () => {
    const { hamlet, ann, ben } = acquainted();
    ann.feed({ kind: 'clock', offsetMs: null });
    ben.tell(ann, 'what time is it?');
    hamlet.pass(1000);
    expect(ann.drops('no-clock')).toBe(1);
    ann.feed({ kind: 'clock', offsetMs: EPOCH });
    hamlet.pass(ACK_TIMEOUT_MS);
    expect(ann.heardFrom(ben)).toEqual(['what time is it?']);
  });

  it('do nothing about packets for others, or of other services', () => {
    const { hamlet, ann, ben } = two();
    const payload = new Uint8Array(32);
    for (const packet of [
      packetOf(ben, null, HANDSHAKE, payload),
      { ...packetOf(ben, ben, HANDSHAKE, payload), sender: ann.id },
      packetOf(ben, ann, 0x26, payload),
    ]) {
      const input = { kind: 'delivered', packet, link: 0, isVerified: true } as const;
      expect(ann.machine.step(input, hamlet.now)).toEqual([]);
    }
  });
});

const done = { kind: 'done' };

function two(): { hamlet: Hamlet; ann: Villager; ben: Villager } {
  const hamlet = new Hamlet();
  const people = { hamlet, ann: hamlet.move(1), ben: hamlet.move(2) };
  hamlet.pass(100);
  return people;
}

/** Two with a session, over which Ann has said something. */
function acquainted(): { hamlet: Hamlet; ann: Villager; ben: Villager } {
  const people = two();
  people.ann.tell(people.ben, 'warming up');
  people.hamlet.pass(100);
  return people;
}

function ask(who: Villager, wish: TalkWish): Answer {
  return who.answers.get(who.ask(wish))!;
}

function refusal(who: Villager, wish: TalkWish): string {
  const answer = ask(who, wish);
  return answer.kind === 'refused' ? answer.reason : answer.kind;
}

/** A person reads everything that is shown. */
function readAll(who: Villager): void {
  for (const { conversation, key } of who.messages()) who.ask({ kind: 'read', conversation, key });
}

function expectOnce(who: Villager): void {
  expect(new Set(who.kept).size).toBe(who.kept.length);
}

function sealed(who: Villager): number {
  return who.sent.filter(({ type }) => type === ENCRYPTED).length;
}

function isFrom(packet: Packet, who: Villager): boolean {
  return packet.sender === who.id;
}

function packetOf(from: Villager, to: Villager | null, type: number, payload: Uint8Array): Packet {
  return {
    version: 1,
    type,
    ttl: 7,
    timestamp: EPOCH,
    sender: from.id,
    recipient: to?.id ?? null,
    isBroadcast: to === null,
    route: [],
    isAnswer: false,
    payload,
    signature: null,
  };
}

function publicOf(who: Villager, text: string, timestamp: number) {
  const id = messageId(crypto, who.id, timestamp, text);
  const frame = encodeText(text);
  const head = { id, sender: who.id, name: null, text, timestamp, frame };
  return { kind: 'message', ...head, isHistory: false, isVerified: true } as const;
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}
