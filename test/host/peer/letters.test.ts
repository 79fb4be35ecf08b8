/**
 * Letters by themselves: how many may wait, and what a mailbox does about handshakes, cuts and
 * time. Who is in reach and with whom there is a session is written in each test.
 */
import { describe, expect, it } from 'vitest';
import { GRACE_MS } from '../../../host/peer/contract.ts';
import type { LettersInput, LettersOutput } from '../../../host/peer/letters.ts';
import {
  ACK_TIMEOUT_MS,
  Letters,
  LETTERS_MAX,
  LETTERS_PER_PEER_MAX,
  RECEIPTS_MAX,
  RECEIPTS_PER_PEER_MAX,
  RETRIES_MAX,
} from '../../../host/peer/letters.ts';
import type { OutboxEntry } from '../../../host/types.ts';
import { TICK } from '../../../protocol/core/machine.ts';
import { KIND } from '../../../protocol/wire/noise-payload.ts';
import { filled } from '../../protocol/wire/given.ts';

const EPOCH = 1_700_000_000_000;
const HOUR_MS = 3_600_000;
const ben = filled(8, 2);

describe('letters', () => {
  it('wait in bounded numbers, for one peer and in all, and those of a store count', () => {
    const stored: OutboxEntry[] = [];
    for (let n = 0; n < LETTERS_MAX; n++) {
      stored.push(letter(`${n}`, { recipient: filled(8, Math.floor(n / LETTERS_PER_PEER_MAX)) }));
    }
    const desk = new Desk(stored);
    expect(desk.letters.counts()).toMatchObject({ letters: LETTERS_MAX });
    expect(desk.letters.hasRoom(filled(8, 99))).toBe(false);
    desk.step({ kind: 'refuse', peer: filled(8, 0) });
    expect(desk.letters.hasRoom(filled(8, 99))).toBe(true);
    expect(desk.letters.hasRoom(filled(8, 1))).toBe(false);
  });

  it('and receipts likewise, each once', () => {
    const stored: OutboxEntry[] = [];
    for (let n = 0; n < RECEIPTS_MAX; n++) {
      stored.push(receipt(`${n}`, filled(8, Math.floor(n / RECEIPTS_PER_PEER_MAX))));
    }
    const desk = new Desk([...stored, stored[0]]);
    expect(desk.letters.counts()).toMatchObject({ receipts: RECEIPTS_MAX });
    expect(desk.letters.hasRoomForReceipt(filled(8, 99))).toBe(false);
    desk.step({ kind: 'refuse', peer: filled(8, 0) });
    expect(desk.letters.hasRoomForReceipt(filled(8, 99))).toBe(true);
    expect(desk.letters.hasRoomForReceipt(filled(8, 1))).toBe(false);
  });

  it('seek a session, and again after 5, 10, 20 s, when handshakes come to nothing', () => {
    const desk = new Desk();
    desk.heardAt = 0;
    expect(kinds(desk.step({ kind: 'post', entry: letter('a') }))).toEqual(['open']);
    for (const waitMs of [5000, 10_000, 20_000]) {
      desk.heardAt = desk.now;
      // Nobody heard him since, so that it may be the way.
      expect(kinds(desk.step({ kind: 'session', peer: ben, isLive: false }))).toEqual([]);
      expect(kinds(desk.wait(waitMs - 1))).toEqual([]);
      expect(kinds(desk.wait(1))).toEqual(['open']);
    }
  });

  it('give up where he is heard and answers no handshake', () => {
    const desk = new Desk();
    desk.heardAt = 0;
    desk.step({ kind: 'post', entry: letter('a') });
    const reasons: unknown[] = [];
    for (let tries = 0; tries <= RETRIES_MAX; tries++) {
      desk.wait(20_000);
      desk.heardAt = desk.now;
      const out = desk.step({ kind: 'session', peer: ben, isLive: false });
      reasons.push(...out.flatMap((one) => (one.kind === 'gone' ? [one.reason] : [])));
      if (reasons.length === 0) desk.wait(ACK_TIMEOUT_MS * 2 ** tries);
    }
    expect(reasons).toEqual(['no-session']);
    expect(desk.letters.counts()).toMatchObject({ letters: 0, mailboxes: 0 });
  });

  it('do not wait for ever for a handshake that nobody speaks of any more', () => {
    const desk = new Desk();
    desk.heardAt = 0;
    desk.step({ kind: 'post', entry: letter('a') });
    expect(kinds(desk.wait(25_000))).toEqual([]);
    expect(kinds(desk.wait(5000))).toEqual(['open']);
  });

  it('ask for a new session with the third sending, and go again at once when it is there', () => {
    const desk = new Desk();
    desk.heardAt = 0;
    desk.isLive = true;
    expect(kinds(desk.step({ kind: 'post', entry: letter('a') }))).toEqual(['seal']);
    expect(kinds(desk.wait(ACK_TIMEOUT_MS))).toEqual(['seal']);
    expect(kinds(desk.wait(2 * ACK_TIMEOUT_MS))).toEqual(['renew', 'seal']);
    expect(kinds(desk.step({ kind: 'session', peer: ben, isLive: true }))).toEqual(['seal']);
    expect(desk.letters.of(ben)).toMatchObject([{ tries: 4, triedAt: EPOCH + 15_000 }]);
  });

  it('rest while he is not in reach, and while nobody knows the time', () => {
    const desk = new Desk();
    desk.isLive = true;
    expect(desk.step({ kind: 'post', entry: letter('a') })).toEqual([]);
    expect(desk.wait(HOUR_MS)).toEqual([]);
    desk.heardAt = desk.now;
    desk.step({ kind: 'clock', offsetMs: null });
    expect(desk.step({ kind: 'arrived', peer: ben })).toEqual([]);
    expect(kinds(desk.step({ kind: 'clock', offsetMs: EPOCH }))).toEqual(['seal']);
  });

  it('of which he was heard in the meantime, or which were sent, expire; others had no route', () => {
    for (const [wasHeard, tries, reason] of [
      [false, 0, 'no-route'],
      [true, 0, 'expired'],
      [false, 1, 'expired'],
    ] as const) {
      const desk = new Desk([letter('a', { tries })]);
      desk.wasHeard = wasHeard;
      desk.step({ kind: 'clock', offsetMs: EPOCH });
      expect(desk.wait(24 * HOUR_MS - 1)).toEqual([]);
      expect(desk.wait(1)).toMatchObject([{ kind: 'gone', reason }]);
    }
  });

  it('leave with receipts in front, and receipts are gone when they have left', () => {
    const desk = new Desk([letter('a'), receipt('b', ben)]);
    desk.heardAt = 0;
    desk.isLive = true;
    const out = desk.step({ kind: 'arrived', peer: ben });
    expect(out).toMatchObject([
      { kind: 'seal', entry: { id: 'b' } },
      { kind: 'gone', entry: { id: 'b' }, reason: null },
      { kind: 'seal', entry: { id: 'a' } },
    ]);
    const gone = desk.step({ kind: 'confirmed', peer: ben, id: 'a' });
    expect(gone).toMatchObject([{ kind: 'gone', entry: { id: 'a' }, reason: null }]);
    expect(desk.step({ kind: 'confirmed', peer: ben, id: 'a' })).toEqual([]);
    expect(desk.letters.counts()).toEqual({ letters: 0, receipts: 0, mailboxes: 0 });
  });

  it('R16: live as long as they were given, whatever the clock says meanwhile', () => {
    const WEEK_MS = 7 * 24 * HOUR_MS;
    for (const jumpMs of [WEEK_MS, -WEEK_MS]) {
      const desk = new Desk();
      desk.step({ kind: 'post', entry: letter('a') });
      desk.step({ kind: 'post', entry: receipt('b', ben) });
      expect(desk.step({ kind: 'clock', offsetMs: EPOCH + jumpMs })).toEqual([]);
      expect(desk.wait(24 * HOUR_MS - 1)).toEqual([]);
      expect(desk.wait(1).map(({ kind }) => kind)).toEqual(['gone', 'gone']);
    }
  });

  it('R16: outlive a restart with a clock that is wrong, and expire by one that is right', () => {
    const WEEK_MS = 7 * 24 * HOUR_MS;
    const [first, second] = [letter('a'), letter('b', { expiresAt: EPOCH - 1 })];
    const desk = new Desk([first, second], EPOCH + WEEK_MS);
    expect(desk.wait(GRACE_MS - 1)).toEqual([]);
    expect(desk.step({ kind: 'clock', offsetMs: EPOCH })).toEqual([]);
    expect(desk.wait(24 * HOUR_MS - GRACE_MS)).toEqual([]);
    expect(desk.wait(1)).toMatchObject([{ entry: { id: 'a' } }, { entry: { id: 'b' } }]);
    const late = new Desk([second]);
    expect(late.wait(GRACE_MS - 1)).toEqual([]);
    expect(late.wait(1)).toMatchObject([{ kind: 'gone', entry: { id: 'b' } }]);
  });

  it('that nobody came for expire, receipts too', () => {
    const desk = new Desk([receipt('b', ben)]);
    desk.step({ kind: 'clock', offsetMs: EPOCH });
    expect(desk.wait(24 * HOUR_MS)).toMatchObject([{ kind: 'gone', entry: { id: 'b' } }]);
    expect(desk.letters.counts()).toMatchObject({ receipts: 0, mailboxes: 0 });
  });
});

/** Letters, the clock, and one peer. */
class Desk {
  now = 0;
  isLive = false;
  heardAt: number | null = null;
  wasHeard = false;
  readonly letters: Letters;

  constructor(stored: OutboxEntry[] = [], offsetMs = EPOCH) {
    const ports = {
      isLive: () => this.isLive,
      heardAt: () => this.heardAt,
      wasHeardSince: () => this.wasHeard,
    };
    this.letters = new Letters(ports, stored, 0);
    this.letters.step({ kind: 'clock', offsetMs }, 0);
  }

  step(input: LettersInput): LettersOutput[] {
    return this.letters.step(input, this.now);
  }

  wait(ms: number): LettersOutput[] {
    const until = this.now + ms;
    const out: LettersOutput[] = [];
    while (this.letters.deadline() <= until) {
      this.now = Math.max(this.now, this.letters.deadline());
      out.push(...this.letters.step(TICK, this.now));
    }
    this.now = until;
    return out;
  }
}

function kinds(out: LettersOutput[]): string[] {
  return out.map(({ kind }) => kind);
}

function letter(id: string, differs: Partial<OutboxEntry> = {}): OutboxEntry {
  return {
    recipient: ben,
    id,
    payloadKind: KIND.privateMessage,
    body: filled(4, 1),
    madeAt: EPOCH,
    expiresAt: EPOCH + 24 * HOUR_MS,
    tries: 0,
    triedAt: null,
    ...differs,
  };
}

function receipt(id: string, recipient: Uint8Array): OutboxEntry {
  return letter(id, { recipient, payloadKind: KIND.readReceipt });
}
