/**
 * Peers: whom there is to talk to, and judgements that cannot meet the wrong one.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { STATUS } from '../../../tools/dispatch.ts';
import { ADA, BOB, BOB_TWO, NOON, TestBridge } from './bridge.ts';

let bridge: TestBridge;
beforeEach(async () => {
  bridge = await TestBridge.start();
});
afterEach(() => {
  vi.useRealTimers();
  return bridge.end();
});

describe('peers', () => {
  it('lists those in reach, and the others when it is asked to', async () => {
    const [ada, bob, other] = bridge.desk.known;
    vi.setSystemTime(NOON);
    const lastSeenAt = NOON - 120_000;
    bridge.desk.known.splice(
      0,
      3,
      { ...ada, lastSeenAt, isReachable: false },
      { ...bob, lastSeenAt, isDirect: false, hops: 3, session: 'live', standing: 'verified' },
      { ...other, lastSeenAt, isHere: false, hasAlarm: true, isDenied: true },
    );
    const near = await bridge.run('peers');
    expect(near.outs).toEqual([
      'name  id                where        standing              session  heard',
      `bob   ${BOB}  3 hops       verified              sealed   2 min ago`,
      `Bob   ${BOB_TWO}  over a line  blocked, KEY CHANGED           2 min ago`,
    ]);
    expect(near.errs).toEqual(['1 more are known and out of reach: --all lists them, too']);
    const all = await bridge.run('peers', '--all');
    expect(all.outs[3]).toBe(
      `ada   ${ADA}  out of reach  seen                           2 min ago`,
    );
  });

  it('shows one with the fingerprint to compare', async () => {
    bridge.desk.known[0] = {
      ...bridge.desk.known[0],
      fingerprint: 'abcd'.repeat(16),
      hasAlarm: true,
    };
    const { outs } = await bridge.run('peers', 'ada');
    expect(outs[0]).toBe(`ada  ${ADA}`);
    expect(outs).toContain(`  fingerprint  ${Array(16).fill('abcd').join(' ')}`);
    expect(outs.join('\n')).toContain(`hopline peers forget ${ADA}`);
  });

  it('shows what is known of one who is a neighbour', async () => {
    const neighbour = {
      connectedAt: NOON,
      heardAt: NOON,
      heard: 120,
      sent: 80,
      roundTripMs: 31,
      lossPerMille: 25,
      reputation: -20,
      threats: { flood: 3, replay: 1 },
    };
    const known = bridge.desk.known[0];
    bridge.desk.known[0] = { ...known, neighbour, isQuarantined: true, perMinute: 5 };
    const { outs } = await bridge.run('peers', 'ada');
    const card = outs.join('\n');
    for (const row of [
      /standing +quarantined/,
      /connected +since 2026-11-21/,
      /packets +120 heard, 80 sent/,
      /latency +31 ms/,
      /loss +2.5 %/,
      /reputation +-20, for flood \(3\), replay \(1\); -1000 to 1000, and a stranger has 100/,
      /may say +5 messages a minute/,
    ]) {
      expect(card).toMatch(row);
    }
  });

  it('limit gives one a rate, or that of everybody', async () => {
    for (const [words, perMinute] of [
      ['10', 10],
      ['usual', null],
    ] as const) {
      const { status, outs } = await bridge.run('peers', 'limit', ADA, '--per-minute', words);
      expect([status, outs.length]).toEqual([0, 1]);
      expect(bridge.desk.changes.pop()).toEqual({ id: ADA, perMinute });
    }
    for (const words of [
      ['limit', ADA],
      ['limit', ADA, '--per-minute', 'many'],
      ['limit', 'ada'],
    ]) {
      expect((await bridge.run('peers', ...words)).status).toBe(STATUS.USAGE);
    }
    expect(bridge.desk.changes).toEqual([]);
  });

  it('calls one whom nobody has met yet by his id alone', async () => {
    bridge.desk.known[0] = { ...bridge.desk.known[0], name: '' };
    const { outs } = await bridge.run('peers', 'quarantine', ADA);
    expect(outs[0]).toMatch(new RegExp(`^${ADA} is kept apart`));
  });

  for (const [verb, change] of [
    ['verify', { id: ADA, standing: 'verified' }],
    ['trust', { id: ADA, standing: 'trusted' }],
    ['doubt', { id: ADA, standing: 'seen' }],
    ['block', { id: ADA, isDenied: true }],
    ['unblock', { id: ADA, isDenied: false }],
    ['quarantine', { id: ADA, isQuarantined: true }],
    ['allow', { id: ADA, isQuarantined: false }],
    ['forget', { forget: ADA }],
  ] as const) {
    it(`${verb} takes an id`, async () => {
      const { status, outs } = await bridge.run('peers', verb, ADA.toUpperCase());
      expect([status, outs.length]).toEqual([0, 1]);
      expect(bridge.desk.changes).toEqual([change]);
    });

    it(`${verb} takes no name, and says which id it may be`, async () => {
      const { status, errs } = await bridge.run('peers', verb, 'ada');
      expect(status).toBe(STATUS.USAGE);
      expect(errs[0]).toContain(`if you mean ${ADA}: hopline peers ${verb} ${ADA}`);
      expect(bridge.desk.changes).toEqual([]);
    });
  }

  for (const [words, status, complaint] of [
    [['verify', 'bob'], STATUS.AMBIGUOUS_NAME, 'may be'],
    [['verify', ADA, '--per-minute', '5'], STATUS.USAGE, '--per-minute is for hopline peers limit'],
    [['verify'], STATUS.USAGE, 'whom? (usage: hopline peers verify <id>)'],
    [['verfiy', ADA], STATUS.USAGE, 'did you mean verify?'],
    [['nobody'], STATUS.PEER_UNKNOWN, '[PEER_UNKNOWN]'],
  ] as const) {
    it(`${words.join(' ')} is refused`, async () => {
      const ended = await bridge.run('peers', ...words);
      expect([ended.status, ended.errs[0]]).toEqual([status, expect.stringContaining(complaint)]);
    });
  }
});
