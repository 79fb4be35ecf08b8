/**
 * What a history holds, what it lets go first, and that nothing comes back out of it as new.
 */
import { describe, expect, it } from 'vitest';
import { ANNOUNCE, PING } from '../../../protocol/core/packet.ts';
import type { HistoryLimits, Kept } from '../../../protocol/peer/history.ts';
import {
  ANSWER_MAX,
  FORGOTTEN_MAX,
  FRESH_MS,
  History,
  HISTORY_LIMITS,
} from '../../../protocol/peer/history.ts';
import type { Packet } from '../../../protocol/wire/packet.ts';
import { openPacket } from '../../../protocol/wire/packet.ts';
import type { RequestSync } from '../../../protocol/wire/request-sync.ts';
import { packet } from '../../packets.ts';
import { crypto } from '../trust/ports.ts';

const NOW = 1_700_000_000_000;
const WEEK_MS = 7 * 24 * 3_600_000;
const EVERYTHING: RequestSync = {
  ...{ p: 7, m: 1, filter: new Uint8Array(0), types: null, since: null, fragmentIds: [] },
};

describe('a history', () => {
  it('takes a message once, and says so', () => {
    const history = new History(crypto);
    expect(add(history, NOW)).toBe(true);
    expect(add(history, NOW)).toBe(false);
    expect(history.size).toBe(1);
  });

  it('holds messages and announces, and nothing else', () => {
    const history = new History(crypto);
    expect(add(history, NOW, { type: PING })).toBe(false);
    expect(history.answer(EVERYTHING, NOW)).toEqual([]);
  });

  it('keeps copies: what it was given may change', () => {
    const history = new History(crypto);
    const frame = packet({ timestamp: NOW });
    const opened = openPacket(frame);
    if (opened.ok) history.add(opened.packet, frame, NOW);
    frame.fill(0);
    expect(history.answer(EVERYTHING, NOW)[0].bytes.subarray(3)).not.toEqual(frame.subarray(3));
  });

  it('gives messages back for six hours', () => {
    const history = new History(crypto);
    add(history, NOW);
    expect(history.answer(EVERYTHING, NOW + HISTORY_LIMITS.ageMs - 1)).toHaveLength(1);
    expect(history.answer(EVERYTHING, NOW + HISTORY_LIMITS.ageMs)).toEqual([]);
    expect(add(history, NOW - HISTORY_LIMITS.ageMs)).toBe(false);
  });

  it('R16: has all again that was too old while its clock was ahead, and takes nothing twice', () => {
    const history = new History(crypto);
    const said = HISTORY_LIMITS.messages;
    for (let i = 0; i < said; i++) add(history, NOW + i);
    history.expire(NOW + WEEK_MS);
    expect([history.size, history.answer(EVERYTHING, NOW + WEEK_MS)]).toEqual([0, []]);
    expect(add(history, NOW + 1, {}, NOW + said)).toBe(false);
    history.expire(NOW + said);
    expect(history.size).toBe(said);
    expect(add(history, NOW + 2, {}, NOW + said)).toBe(false);
  });

  it('R16: gives up what is too old for what is of now, and takes that no more', () => {
    const history = new History(crypto, { ...HISTORY_LIMITS, messages: 20 });
    for (let i = 0; i < 20; i++) add(history, NOW + i, { sender: id(1) });
    const ahead = NOW + WEEK_MS;
    history.expire(ahead);
    for (let i = 0; i < 5; i++) add(history, ahead + i, { sender: id(2) }, ahead);
    expect(history.size).toBe(5);
    history.expire(NOW + 20);
    expect(history.size).toBe(20);
    for (let i = 0; i < 5; i++)
      expect(add(history, NOW + i, { sender: id(1) }, NOW + 20)).toBe(false);
  });

  it('gives announces back for a minute, one of each sender and only the newest', () => {
    const history = new History(crypto);
    for (const timestamp of [NOW, NOW + 5, NOW + 3]) add(history, timestamp, { type: ANNOUNCE });
    expect(history.answer(EVERYTHING, NOW).map(timeOf)).toEqual([NOW + 5]);
    expect(history.answer(EVERYTHING, NOW + 60_004)).toHaveLength(1);
    expect(history.answer(EVERYTHING, NOW + 60_005)).toEqual([]);
  });

  it('answers with at most three hundred packets, the newest, in order', () => {
    const history = new History(crypto);
    for (let i = 0; i < ANSWER_MAX + 50; i++) add(history, NOW + i);
    const answered = history.answer(EVERYTHING, NOW).map(timeOf);
    expect(answered).toEqual(Array.from({ length: ANSWER_MAX }, (_, i) => NOW + 50 + i));
  });

  it('asks bit for bit the same while it holds the same, in whatever order it came', () => {
    const [one, other] = [new History(crypto), new History(crypto)];
    const times = Array.from({ length: 600 }, (_, i) => NOW + i);
    for (const timestamp of times) add(one, timestamp);
    for (const timestamp of times.reverse()) add(other, timestamp);
    const asked = one.request(NOW);
    expect(asked.filter.length).toBeLessThanOrEqual(400);
    expect(one.request(NOW + 30_000)).toEqual(asked);
    expect(other.request(NOW)).toEqual(asked);
    // It says down to where the filter goes, and what lies below is not missing.
    expect(asked.since).toBe(NOW + 600 - 355);
    expect(one.answer(asked, NOW)).toEqual([]);
  });
});

describe('a full history', () => {
  const limits: HistoryLimits = { ...HISTORY_LIMITS, messages: 20 };

  it('lets go of the oldest of whoever said most', () => {
    const history = new History(crypto, limits);
    for (let i = 0; i < 5; i++) add(history, NOW + i, { sender: id(1) });
    for (let i = 0; i < 500; i++) add(history, NOW + 10 + i, { sender: id(2) });
    expect(history.size).toBe(20);
    const left = history.answer(EVERYTHING, NOW).map(({ bytes }) => bytes[14]);
    expect(left.filter((sender) => sender === 1)).toHaveLength(5);
  });

  it('keeps its limit of bytes', () => {
    const history = new History(crypto, { ...limits, bytes: 5000 });
    for (let i = 0; i < 50; i++) add(history, NOW + i, { payload: new Uint8Array(900).fill(65) });
    const held = history.answer(EVERYTHING, NOW).reduce((sum, { bytes }) => sum + bytes.length, 0);
    expect(held).toBeLessThanOrEqual(5000);
    expect(history.size).toBe(5);
  });

  it('keeps its limit of announces', () => {
    const history = new History(crypto, { ...limits, announces: 3 });
    for (let i = 1; i < 9; i++) add(history, NOW + i, { type: ANNOUNCE, sender: id(i) });
    expect(history.answer(EVERYTHING, NOW).map(({ bytes }) => bytes[14])).toEqual([6, 7, 8]);
  });

  it('with room for nothing takes what is of now as news, nothing old twice, and names nothing', () => {
    const hash = { sha256: (): Uint8Array => expect.unreachable('nobody asks for its name') };
    const history = new History(hash, { ...limits, messages: 0 });
    expect([NOW, NOW, NOW - 5].map((timestamp) => add(history, timestamp))).toEqual([
      true,
      true,
      true,
    ]);
    expect(history.size).toBe(0);
    const later = NOW + FRESH_MS + 1;
    expect([NOW, NOW - 5].map((timestamp) => add(history, timestamp, {}, later))).toEqual([
      false,
      false,
    ]);
    expect(add(history, NOW + 1, {}, later)).toBe(true);
    expect(add(history, NOW, {}, NOW + limits.ageMs)).toBe(false);
    expect(history.floor(later)).toBe(NOW + 1);
  });

  it('S11: does not take again as old what it may have let go', () => {
    const history = new History(crypto, limits);
    for (let i = 0; i < 30; i++) add(history, NOW + i);
    const later = NOW + FRESH_MS + 1000;
    expect(add(history, NOW + 3, {}, later)).toBe(false);
    expect(add(history, NOW + 9, {}, later)).toBe(false);
    // What is as young as what it holds is new to it.
    expect(add(history, NOW + 40, {}, later)).toBe(true);
  });

  it('takes nothing twice that it let go while it is of now, as many as it has names for', () => {
    const history = new History(crypto, limits);
    const said = FORGOTTEN_MAX + limits.messages;
    for (let i = 0; i <= said; i++) add(history, NOW + i);
    const again = Array.from({ length: said }, (_, i) => add(history, NOW + i + 1));
    expect(again.filter((isNews) => isNews)).toEqual([]);
    // The first of all is beyond that.
    expect(add(history, NOW)).toBe(true);
  });

  it('R16: takes nothing twice that was old when it let it go, and is of now by another clock', () => {
    const history = new History(crypto, limits);
    for (let i = 0; i < 30; i++) add(history, NOW + i);
    const ahead = NOW + 2 * FRESH_MS;
    for (let i = 0; i < 30; i++) add(history, ahead + i, {}, ahead);
    expect(add(history, NOW + 29, {}, NOW + 40)).toBe(false);
  });

  it('lacks nothing once all that it let go would be too old', () => {
    const history = new History(crypto, limits);
    for (let i = 0; i < 30; i++) add(history, NOW + i);
    const last = NOW + 9;
    expect(history.floor(last + limits.ageMs - 1)).toBe(last + 1);
    expect(history.floor(last + limits.ageMs)).toBe(0);
    expect(history.floor(null)).toBe(last + 1);
    expect(history.request(last + limits.ageMs).since).toBeNull();
  });

  it('tells by name what is or was here, the newest first, held or not', () => {
    const history = new History(crypto, limits);
    for (let i = 0; i < 30; i++) add(history, NOW + i);
    const all = { time: NOW + 100, name: '' };
    const times = (from: number, to = all, most = 100): number[] =>
      history.known(from, to, most).map(({ timestamp }) => timestamp - NOW);
    expect(times(NOW)).toEqual(Array.from({ length: 30 }, (_, i) => 29 - i));
    expect(times(NOW + 8, { time: NOW + 12, name: '' })).toEqual([11, 10, 9, 8]);
    expect(times(NOW, all, 3)).toEqual([29, 28, 27]);
    // What is too old is not held, and not forgotten.
    history.expire(NOW + 25 + limits.ageMs);
    expect([history.size, times(NOW + 20).length, history.namedFrom]).toEqual([4, 10, 0]);
    const [{ name }] = history.known(NOW, { time: NOW + 1, name: '' }, 1);
    expect([history.find(name), history.knows(name)]).toEqual([null, true]);
  });

  it('knows from when on it has a name for all that was here', () => {
    const history = new History(crypto, limits);
    for (let i = 0; i < FORGOTTEN_MAX + limits.messages; i++) add(history, NOW + i);
    expect(history.namedFrom).toBe(0);
    add(history, NOW + 100_000);
    expect(history.namedFrom).toBe(NOW + 1);
    const none = new History(crypto, { ...limits, messages: 0 });
    add(none, NOW);
    expect(none.namedFrom).toBe(NOW + 1);
  });

  it('has no names for what the store had more of than it has room for', () => {
    const history = new History(crypto, limits);
    for (let i = 0; i <= limits.messages; i++) history.restore(packet({ timestamp: NOW + i }));
    expect(history.namedFrom).toBe(NOW + 1);
  });

  it('still takes what is of now, however far ahead somebody stamped what it let go', () => {
    const history = new History(crypto, limits);
    for (let i = 0; i < 30; i++) add(history, NOW + 100_000 + i, { sender: id(9) });
    expect(add(history, NOW)).toBe(true);
  });
});

function add(
  history: History,
  timestamp: number,
  differs: Parameters<typeof packet>[0] = {},
  wallMs = NOW,
): boolean {
  const frame = packet({ timestamp, ...differs });
  return history.add((openPacket(frame) as { packet: Packet }).packet, frame, wallMs);
}

function id(number: number): Uint8Array {
  return new Uint8Array(8).fill(number);
}

function timeOf({ timestamp }: Kept): number {
  return timestamp;
}
