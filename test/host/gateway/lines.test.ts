/**
 * Lines between bridges: joined by one pasted line of text, parted with, and refused to whoever has no
 * right to one, with the reason told to the person who tried.
 */
import { describe, expect, it } from 'vitest';
import type { LineAnswer } from '../../../host/gateway/contract.ts';
import { INVITE_AGE_MS } from '../../../host/gateway/invites.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { person } from '../../protocol/trust/people.ts';
import type { Member } from './federation.ts';
import { addressOf, Federation } from './federation.ts';
import { runs, SEED, xorshift } from '../../seed.ts';

it('lets its ends sleep between their deadlines, at whatever part of a millisecond', () => {
  const random = xorshift(SEED);
  for (let begins = 0; begins < runs(3, 200); begins++) {
    const federation = new Federation();
    federation.now = random(6_000_000_000) / 1e6;
    const host = federation.add(1, [{ node: person(2).id, address: null }]);
    federation.add(2, [{ node: person(1).id, address: addressOf(1) }]);
    federation.pass(300_000);
    expect(linesOf(host)).toMatchObject([{ state: 'up' }]);
  }
});

describe('an invite', () => {
  it('joins two bridges, for good', () => {
    const { federation, host, guest } = pair();
    const line = invitedBy(federation, host);
    expect(line).toMatch(/^hopline:peer-1:8334\/[0-9a-f]{16}\/[0-9a-f]{32}$/);
    federation.ask(guest, { kind: 'join', text: line });
    expect(last(guest)).toEqual({ kind: 'joined', node: person(1).id });
    federation.pass(5000);
    expect(linesOf(guest)).toMatchObject([{ state: 'up', isDialled: true }]);
    expect(linesOf(host)).toMatchObject([{ state: 'up', isDialled: false }]);
    expect(known(host)).toEqual([{ name: 'peer 2', origin: 'invited', address: null }]);
    const address = addressOf(1);
    expect(known(guest)).toEqual([{ name: 'peer 1', origin: 'joined', address }]);
    // After a restart of both, no secret is asked for again.
    expect(host.archive.lines.all()).toMatchObject([{ node: person(2).id, address: null }]);
    federation.sever(host, guest);
    federation.pass(1000);
    federation.mend(host, guest);
    federation.pass(130_000);
    expect(linesOf(host)).toMatchObject([{ state: 'up' }]);
  });

  it('lets nobody in a second time, and tells him why', () => {
    const { federation, host, guest } = pair();
    const third = federation.add(3);
    const line = invitedBy(federation, host);
    federation.ask(guest, { kind: 'join', text: line });
    federation.pass(5000);
    federation.ask(third, { kind: 'join', text: line });
    federation.pass(5000);
    expect(linesOf(host)).toHaveLength(1);
    const [refused] = linesOf(third);
    expect(refused).toMatchObject({ state: expect.not.stringMatching('up') });
    expect(refused.why).toContain('our invite is used or has expired');
  });

  it('is over after seven days', () => {
    const { federation, host, guest } = pair();
    const line = invitedBy(federation, host);
    federation.tell(host, { kind: 'clock', offsetMs: 1_800_000_000_000 + INVITE_AGE_MS });
    federation.ask(guest, { kind: 'join', text: line });
    federation.pass(5000);
    expect(linesOf(host)).toEqual([]);
  });

  it('is kept in the store without its secret', () => {
    const { federation, host } = pair();
    const line = invitedBy(federation, host);
    const secret = line.split('/')[2];
    expect(JSON.stringify(host.archive)).not.toContain(secret);
  });
});

describe('what a person asks of lines', () => {
  it.each([
    ['join', 'nonsense', 'begins with hopline:'],
    ['join', `hopline:a:1/${toHex(person(2).id)}/${'1'.repeat(32)}`, 'of this bridge itself'],
    ['join', `hopline:a:1/${toHex(person(1).id)}/${'1'.repeat(32)}`, 'have a line to that node'],
    ['invite', 'a bad address', 'has no port'],
    ['invite', null, 'give the address'],
    ['part', person(1).id, 'of the settings'],
    ['part', person(9).id, 'no line to that node'],
  ] as const)('is refused with the way out: %s %j', (kind, value, why) => {
    const federation = new Federation();
    const guest = federation.add(2, [{ node: person(1).id, address: addressOf(1) }]);
    if (kind === 'join') federation.ask(guest, { kind, text: value as string });
    if (kind === 'invite') federation.ask(guest, { kind, address: value as string | null });
    if (kind === 'part') federation.ask(guest, { kind, node: value as Uint8Array });
    expect(last(guest)).toMatchObject({ kind: 'refused', why: expect.stringContaining(why) });
  });

  it('waits for the time to be known', () => {
    const federation = new Federation();
    const guest = federation.add(2);
    federation.tell(guest, { kind: 'clock', offsetMs: null });
    federation.ask(guest, { kind: 'invite', address: 'pi:8334' });
    expect(last(guest)).toMatchObject({ kind: 'refused', why: expect.stringContaining('time') });
  });
});

describe('a line', () => {
  it('is let go when a person parts with it, on either side', () => {
    for (const side of [0, 1]) {
      const { federation, host, guest } = pair();
      federation.ask(guest, { kind: 'join', text: invitedBy(federation, host) });
      federation.pass(5000);
      const [one, other] = side === 0 ? [host, guest] : [guest, host];
      federation.ask(one, { kind: 'part', node: other.identity.id });
      federation.pass(5000);
      expect(linesOf(host).filter(({ state }) => state === 'up')).toEqual([]);
      expect(known(one)).toEqual([]);
    }
  });

  it('is let go when who is there is blocked', () => {
    const { federation, host, guest } = pair();
    federation.ask(guest, { kind: 'join', text: invitedBy(federation, host) });
    federation.pass(5000);
    federation.ask(host, { kind: 'deny', peer: guest.identity.id });
    federation.pass(5000);
    expect(linesOf(host)).toEqual([]);
  });

  it('is refused to whoever is on no list', () => {
    const { federation, host } = pair();
    const third = federation.add(3, [{ node: person(1).id, address: addressOf(1) }]);
    federation.pass(5000);
    expect(linesOf(host)).toEqual([]);
    expect(linesOf(third)[0].why).toContain('not on its list');
  });
});

function pair(): { federation: Federation; host: Member; guest: Member } {
  const federation = new Federation();
  return { federation, host: federation.add(1), guest: federation.add(2) };
}

function invitedBy(federation: Federation, host: Member): string {
  federation.ask(host, { kind: 'invite', address: addressOf(host.number) });
  const answer = last(host);
  return answer.kind === 'invited' ? answer.line : '';
}

function last({ answers }: Member): LineAnswer {
  const output = answers[answers.length - 1];
  if (output.kind !== 'answer') throw new Error('only answers are kept there');
  return output.answer as LineAnswer;
}

function linesOf(member: Member) {
  return member.bridge.snapshot(0).lines;
}

function known(member: Member) {
  const { lines } = member.bridge.snapshot(0).gateway;
  return lines.map(({ name, origin, address }) => ({ name, origin, address }));
}
