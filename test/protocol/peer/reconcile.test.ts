/**
 * Two histories that are compared until they are one, at a cost that follows their difference; and what
 * those get who only pretend (RELIABILITY S16).
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Answers } from '../../../protocol/peer/answers.ts';
import type { HistoryLimits } from '../../../protocol/peer/history.ts';
import {
  FRESH_MS,
  GATEWAY_HISTORY_LIMITS,
  History,
  HISTORY_LIMITS,
} from '../../../protocol/peer/history.ts';
import type { ReconcileInput, ReconcileOutput } from '../../../protocol/peer/reconcile.ts';
import type { Stock } from '../../../protocol/peer/stock.ts';
import { takeStock } from '../../../protocol/peer/stock.ts';
import type { Span } from '../../../protocol/peer/tally.ts';
import {
  GIVEN_MAX,
  HEARD_MAX,
  Reconciliation,
  RECONCILE_DEFAULTS,
  SILENT_REST_MAX_MS,
  UNSAID_MAX,
  WANT_MS,
  WANTED_MAX,
} from '../../../protocol/peer/reconcile.ts';
import { decodeReconcile, encodeReconcile } from '../../../protocol/wire/reconcile.ts';
import type { Reconcile } from '../../../protocol/wire/reconcile.ts';
import type { Packet } from '../../../protocol/wire/packet.ts';
import type { FarEnd } from '../../../protocol/peer/sync.ts';
import { openPacket } from '../../../protocol/wire/packet.ts';
import { packet } from '../../packets.ts';
import { hold, SEED, xorshift } from '../../seed.ts';
import { crypto } from '../trust/ports.ts';

const EPOCH = 1_700_000_000_000;
const HOUR_MS = 3_600_000;
const LINK = 3;

describe('two histories', () => {
  it('become one, whatever each of them held', () => {
    const times = fc.array(fc.nat({ max: 400 }), { maxLength: 120 });
    hold(
      fc.property(times, times, times, fc.boolean(), (both, here, there, isCrowded) => {
        const pair = new Pair();
        // In a crowd, many were said in one millisecond, and only their ids tell them apart.
        const scale = isCrowded ? 0 : 1000;
        both.forEach((time, i) => pair.give([0, 1], time * scale, i));
        here.forEach((time, i) => pair.give([0], time * scale, 1000 + i));
        there.forEach((time, i) => pair.give([1], time * scale, 2000 + i));
        pair.run(120_000);
        expect(pair.names(0)).toEqual(pair.names(1));
        expect(pair.names(0).length).toBe(both.length + here.length + there.length);
      }),
      20,
    );
  });

  it('that are alike cost one small frame each way', () => {
    const pair = new Pair();
    for (let i = 0; i < 1000; i++) pair.give([0, 1], i * 1000);
    pair.run(5000);
    expect(pair.frames).toHaveLength(2);
    expect(Math.max(...pair.frames.map(({ bytes }) => bytes))).toBeLessThan(80);
    expect(pair.packets).toBe(0);
  });

  it('of which one is small agree on what both have room for, and give nothing twice', () => {
    const pair = new Pair([{ ...HISTORY_LIMITS, messages: 100 }, GATEWAY_HISTORY_LIMITS]);
    for (let i = 0; i < 300; i++) pair.give([i % 2], i * 1000, i);
    pair.give([0, 1], 301_000);
    pair.run(60_000);
    expect(pair.names(0).every((name) => pair.names(1).includes(name))).toBe(true);
    const [packets, frames] = [pair.packets, pair.frames.length];
    pair.run(240_000);
    expect(pair.packets).toBe(packets);
    // Once a minute, one each way.
    expect(pair.frames.length - frames).toBeLessThanOrEqual(10);
  });

  it('of which one never takes what is newest come to agree on all that is older', () => {
    const pair = new Pair(undefined, 1024);
    for (let i = 0; i < 5; i++) pair.give([0], i * 1000);
    // More than a frame between nodes has room for.
    for (let i = 0; i < 500; i++) pair.give([0], 10_000 + i);
    pair.refuses = ({ timestamp }) => timestamp >= EPOCH + 10_000;
    pair.run(600_000);
    expect(pair.names(1)).toEqual(pair.names(0).slice(0, 5));
  });

  it('cost what they differ by, and no more', () => {
    const bytes = [1, 4, 16, 64].map((missing) => {
      const pair = new Pair();
      const random = xorshift(SEED);
      for (let i = 0; i < 5000; i++) pair.give([0, 1], i * 1000);
      for (let i = 0; i < missing; i++) pair.give([random(2)], random(5_000_000), 1);
      pair.run(60_000);
      expect(pair.names(0)).toEqual(pair.names(1));
      expect(pair.packets).toBe(missing);
      return pair.bytes;
    });
    // The more there is to find, the less each costs.
    bytes.forEach((cost, i) => expect(cost).toBeLessThan(1200 * 4 ** i));
  });
});

describe('what is known of the far end', () => {
  it('is all of it once both were found alike, and before that nothing', () => {
    const pair = new Pair();
    for (let i = 0; i < 10; i++) pair.give([i % 2], i * 1000, i);
    expect(pair.stock(0, 0, 10_000)).toEqual({ lacking: 0, given: 0, isCompared: false });
    pair.run(60_000);
    expect(pair.stock(0, 0, 10_000)).toEqual({ lacking: 0, given: 5, isCompared: true });
    // Of another time, and over other links.
    expect(pair.stock(0, 4500, 10_000).given).toBe(2);
    expect(pair.stock(0, 0, 10_000, [LINK, LINK + 1]).isCompared).toBe(false);
    expect(pair.stock(0, 0, 10_000, []).isCompared).toBe(false);
  });

  it('is nothing of what it had to let go, though all that is left is alike', () => {
    const pair = new Pair([GATEWAY_HISTORY_LIMITS, { ...HISTORY_LIMITS, messages: 5 }]);
    for (let i = 0; i < 20; i++) pair.give([1], i * 1000, i);
    pair.run(60_000);
    expect(pair.names(0)).toHaveLength(5);
    expect(pair.stock(0, 0, 20_000)).toMatchObject({ lacking: 0, isCompared: false });
    expect(pair.stock(0, 15_000, 20_000)).toMatchObject({ lacking: 0, isCompared: true });
  });

  it('is what it named and never gave, told of since then, until it comes from anywhere', () => {
    const pair = new Pair();
    for (let i = 0; i < 4; i++) pair.give([1], i * 1000, i);
    pair.refuses = ({ timestamp }) => timestamp < EPOCH + 3000;
    pair.run(60_000);
    expect(pair.stock(0, 0, 4000)).toMatchObject({ lacking: 3, isCompared: false });
    expect(pair.stock(0, 0, 4000, [LINK], pair.now).lacking).toBe(0);
    pair.give([0], 0, 0);
    expect(pair.stock(0, 0, 4000).lacking).toBe(2);
    pair.part();
    expect(pair.stock(0, 0, 4000), 'its holder is gone').toMatchObject({ lacking: 2 });
  });
});

describe('what the far end of a line let go', () => {
  const small = { ...GATEWAY_HISTORY_LIMITS, messages: 5 };

  it('is lacking once it was told by id, and then all is known', () => {
    const pair = new Pair([GATEWAY_HISTORY_LIMITS, small], 65_536, 'line');
    for (let i = 0; i < 20; i++) pair.say(1, i * 1000, i);
    pair.run(30_000);
    expect(pair.stock(0, 0, 20_000)).toMatchObject({ lacking: 0, isCompared: false });
    pair.tally(0, 0, 20_000);
    expect(pair.stock(0, 0, 20_000)).toMatchObject({ lacking: 15, isCompared: true });
    // Of another time nothing was asked.
    expect(pair.stock(0, 500, 20_000)).toMatchObject({ lacking: 0, isCompared: false });
    // It comes after all, from elsewhere, and makes way again.
    pair.say(0, 3000, 3);
    expect(pair.stock(0, 0, 20_000).lacking).toBe(14);
  });

  it('is told by id together with all else, where the two were never found alike', () => {
    const pair = new Pair([GATEWAY_HISTORY_LIMITS, small], 65_536, 'line');
    // Of now, so that the small one takes again and again what it has no room for.
    const [from, until] = [7_150_000, 7_200_000];
    for (let i = 0; i < 40; i++) pair.say(i % 2, from + i * 1000, i);
    pair.run(30_000);
    expect(pair.stock(0, from, until)).toMatchObject({ lacking: 0, isCompared: false });
    pair.tally(0, from, until, false);
    expect(pair.stock(0, from, until).isCompared, 'more may be on its way').toBe(false);
    pair.tally(0, from, until);
    const lacking = 40 - pair.names(0).length;
    expect(lacking).toBeGreaterThan(0);
    expect(pair.stock(0, from, until)).toMatchObject({ lacking, isCompared: true });
  });

  it('is told of in as many frames as it takes', () => {
    const pair = new Pair([GATEWAY_HISTORY_LIMITS, small], 4096, 'line');
    // Many of one moment, and some of others.
    for (let i = 0; i < 1000; i++) pair.say(1, i < 500 ? 0 : i, i);
    pair.run(30_000);
    const before = pair.frames.length;
    pair.tally(0, 0, 2000);
    expect(pair.stock(0, 0, 2000)).toMatchObject({ lacking: 995, isCompared: true });
    expect(pair.frames.length - before).toBe(2 * Math.ceil(995 / 245));
  });

  it('is not known where it lets go more than it can name, or we do', () => {
    const limits = [GATEWAY_HISTORY_LIMITS, { ...small, messages: 0 }];
    for (const one of [limits, [...limits].reverse()]) {
      const pair = new Pair(one, 65_536, 'line');
      for (let i = 0; i < 20; i++) {
        pair.say(0, i * 1000, i);
        pair.say(1, i * 1000, 100 + i);
      }
      pair.run(30_000);
      pair.tally(0, 0, 20_000);
      expect(pair.stock(0, 0, 20_000)).toMatchObject({ lacking: 0, isCompared: false });
    }
  });

  it('is not asked for where all was compared, nor on the air', () => {
    const line = new Pair(undefined, 65_536, 'line');
    const air = new Pair([GATEWAY_HISTORY_LIMITS, small]);
    for (const pair of [line, air]) {
      for (let i = 0; i < 20; i++) pair.say(1, i * 1000, i);
      pair.run(30_000);
      const before = pair.frames.length;
      pair.tally(0, 0, 20_000);
      expect(pair.frames.length).toBe(before);
    }
  });
});

describe('what a line that came up was handed', () => {
  it('is told of as taken by whom lacked it, and counts as given', () => {
    const pair = new Pair(undefined, 65_536, 'line');
    for (let i = 0; i < 600; i++) pair.give([0], 7_100_000 + i, i);
    pair.hand(0, 600);
    pair.run(10_000);
    expect(pair.packets, 'none of it was asked for').toBe(0);
    expect(pair.stock(0, 7_100_000, 7_300_000)).toMatchObject({ given: 600 });
    expect(pair.stock(1, 7_100_000, 7_300_000).given).toBe(0);
  });

  it('is not told of where it was said long after the line came up, or came over the air', () => {
    for (const farEnd of ['line', 'node'] as const) {
      const pair = new Pair(undefined, 65_536, farEnd);
      for (let i = 0; i < 20; i++) pair.give([0], 7_100_000 + i, i);
      const late = farEnd === 'line' ? FRESH_MS + 1 : 0;
      pair.hand(0, 20, late);
      pair.run(10_000);
      expect(pair.stock(0, 7_100_000, 7_300_000).given).toBe(0);
    }
  });

  it('is told of as far as whoever gave it remembers', () => {
    const machine = lineEnd();
    for (let at = 0; at < GIVEN_MAX + 500; at++) {
      machine.note({ kind: 'handed', link: LINK, name: at.toString(16).padStart(32, '0') }, 1);
    }
    const told = saidBy(machine, 1, 5000).flatMap(({ taken = [] }) => taken);
    expect(told).toHaveLength(GIVEN_MAX);
  });

  it('has so many frames wait for the line, and no more', () => {
    const machine = lineEnd();
    for (let from = 0; from <= UNSAID_MAX + 50; from++) askSince(machine, from);
    // One left at once.
    expect(machine.sides.get(LINK)!.unsaid).toHaveLength(UNSAID_MAX);
    const asked = saidBy(machine, 2, 5000).filter((said) => said.asked !== undefined);
    expect(asked).toHaveLength(UNSAID_MAX);
  });

  it('loses none of the frames that wait, whatever else comes before they go', () => {
    const machine = lineEnd();
    for (let from = 0; from < 3; from++) askSince(machine, from);
    machine.note({ kind: 'kept', link: LINK, late: null }, 3);
    machine.note({ kind: 'came', link: LINK, name: null }, 4);
    const told = saidBy(machine, 5, 5000).filter((said) => said.asked !== undefined);
    expect(told.map(({ asked }) => asked!.from)).toEqual([1, 2]);
  });

  it('does not count as given what was said after the line was up, though it came unasked', () => {
    const pair = new Pair(undefined, 65_536, 'line');
    for (let i = 0; i < 20; i++) pair.give([0], 7_199_990 + i, i);
    pair.hand(0, 20);
    pair.run(10_000);
    expect(pair.stock(0, 7_100_000, 7_300_000).given).toBe(11);
  });

  it('never says two frames in one millisecond, of which the second would count as replayed', () => {
    const pair = new Pair(undefined, 65_536, 'line');
    for (let i = 0; i < 20; i++) pair.give([i % 2], i * 1000, i);
    pair.run(30_000);
    const at = pair.frames.filter(({ from }) => from === 0).map(({ now }) => now);
    expect(new Set(at).size).toBe(at.length);
  });
});

describe('what came late', () => {
  const OTHER = LINK + 1;
  const text = (at: number): Uint8Array => new TextEncoder().encode(`word ${at}`);

  /** A machine with two neighbours, that held nothing and was given so much over the first. */
  function given(count: number): { machine: Reconciliation; names: string[] } {
    const history = new History(crypto, GATEWAY_HISTORY_LIMITS);
    const draw = (size: number): Uint8Array => new Uint8Array(size).fill(7);
    const machine = new Reconciliation(
      history,
      new Answers(history, Infinity),
      draw,
      RECONCILE_DEFAULTS,
    );
    for (const link of [LINK, OTHER]) machine.note({ ...MET, link, frameMax: 1024 }, 0);
    machine.step({ kind: 'wake', wallMs: EPOCH }, 400);
    const names = Array.from({ length: count }, (_, at) => {
      const frame = packet({ timestamp: EPOCH - 60_000 + at, payload: text(at) });
      const opened = openPacket(frame);
      if (!opened.ok) throw new Error('a packet');
      history.restore(frame);
      const late = history.nameOf(opened.packet);
      machine.note({ kind: 'kept', link: LINK, late }, 500 + at);
      return late;
    });
    return { machine, names };
  }

  /** By link, what is offered there without comparing. */
  function offered(outputs: ReconcileOutput[]): [number, string[]][] {
    return outputs.flatMap((output): [number, string[]][] => {
      const said = output.kind === 'say' ? decodeReconcile(output.payload) : null;
      if (said?.ok !== true || said.value.compared !== null) return [];
      return [[output.link, said.value.offers]];
    });
  }

  it('is offered to all others together, soon and once', () => {
    const { machine, names } = given(100);
    expect(machine.deadline()).toBe(1500);
    const outputs = offered(machine.step({ kind: 'wake', wallMs: EPOCH + 1100 }, 1500));
    // As much as a frame takes at a time.
    expect(outputs.map(([link]) => link)).toEqual([OTHER, OTHER]);
    expect(outputs.flatMap(([, some]) => some)).toEqual(names);
    expect(offered(machine.step({ kind: 'wake', wallMs: EPOCH + 2600 }, 3000))).toEqual([]);
  });

  it('is not offered to who offered it or wants it already', () => {
    const { machine, names } = given(3);
    const [offers, wants] = [names.slice(0, 1), names.slice(1, 2)];
    const payload = encodeReconcile({ compared: null, offers, wants });
    asked(machine, { link: OTHER, payload }, 1000);
    const outputs = offered(machine.step({ kind: 'wake', wallMs: EPOCH + 1100 }, 1500));
    expect(outputs).toEqual([[OTHER, names.slice(2)]]);
  });

  it('is not offered to who has no room for what is as old', () => {
    const { machine, names } = given(3);
    const payload = opening(7, EPOCH - 60_000 + 2);
    asked(machine, { link: OTHER, payload, wallMs: EPOCH }, 1000);
    const outputs = offered(machine.step({ kind: 'wake', wallMs: EPOCH + 1100 }, 1500));
    expect(outputs).toEqual([[OTHER, names.slice(2)]]);
  });

  it('is offered no more than may be wanted at once: what is left is found by comparing', () => {
    const { machine, names } = given(WANTED_MAX + 10);
    const outputs = offered(machine.step({ kind: 'wake', wallMs: EPOCH + 1100 }, 1500));
    expect(outputs.flatMap(([, some]) => some)).toEqual(names.slice(0, WANTED_MAX));
  });
});

describe('what was wanted in vain', () => {
  const NAMES = [1, 2].map((at) => `${at}`.padStart(32, '0'));

  /** A neighbour tells of it once a second: at which seconds he is asked for the first of NAMES. */
  function wantedAt(
    machine: Reconciliation,
    seconds: number,
    follow: (now: number) => void,
    payload = encodeReconcile({ compared: null, offers: NAMES.slice(0, 1), wants: [] }),
  ): number[] {
    const times: number[] = [];
    for (let now = 0; now < seconds * 1000; now += 1000) {
      const [output] = asked(machine, { timestamp: now, payload }, now);
      const said = output?.kind === 'say' ? decodeReconcile(output.payload) : null;
      if (said?.ok !== true || !said.value.wants.includes(NAMES[0])) continue;
      times.push(now / 1000);
      follow(now);
    }
    return times;
  }

  /** How long it rested each time. */
  function rests(times: number[]): number[] {
    return times.slice(1).map((time, at) => time - times[at]);
  }

  it('rests for a minute at most where nothing came over that link', () => {
    const machine = machineOf();
    machine.note({ ...MET, link: LINK + 1 }, 0);
    const others = Array.from({ length: 20 }, (_, at) => `${100 + at}`.padStart(32, '0'));
    const payload = encodeReconcile({ compared: null, offers: others, wants: [] });
    asked(machine, { link: LINK + 1, sender: new Uint8Array(8).fill(8), payload }, 0);
    const elsewhere = (now: number): void => came(machine, NAMES[0], now, LINK + 1);
    const times = wantedAt(machine, 400, elsewhere);
    expect(rests(times)).toEqual([3, 6, 12, 24, 48, 60, 60, 60, 60, 60]);
  });

  it('rests for ten minutes at most where it came and was not taken', () => {
    const machine = machineOf();
    const refuse = (now: number): void => came(machine, NAMES[0], now);
    const times = wantedAt(machine, 2500, refuse);
    expect(rests(times)).toEqual([3, 6, 12, 24, 48, 96, 192, 384, 600, 600]);
  });

  it('rests for as often as it came, whatever was lost before', () => {
    const machine = machineOf();
    // Every other one is lost.
    let count = 0;
    const refuse = (now: number): void => {
      if (count++ % 2 === 1) came(machine, NAMES[0], now);
    };
    const times = wantedAt(machine, 1500, refuse);
    expect(rests(times)).toEqual([3, 6, 12, 24, 48, 60, 60, 60, 60, 60, 60, 96, 96, 192, 192, 384]);
  });

  it('counts as come no more often than it was wanted', () => {
    const machine = machineOf();
    const twice = (now: number): void => {
      for (let i = 0; i < 2; i++) came(machine, NAMES[0], now);
    };
    const both = encodeReconcile({ compared: null, offers: NAMES, wants: [] });
    expect(rests(wantedAt(machine, 20, twice, both))).toEqual([3, 6]);
  });

  it('is looked for in no more than was wanted, and in nothing over other links', () => {
    const machine = machineOf();
    expect(machine.awaits(LINK)).toBe(false);
    NAMES.forEach((name, at) => {
      const payload = encodeReconcile({ compared: null, offers: [name], wants: [] });
      expect(asked(machine, { timestamp: at, payload })).toMatchObject([{ kind: 'say' }]);
    });
    expect(machine.awaits(LINK)).toBe(true);
    expect(machine.awaits(LINK + 1)).toBe(false);
    came(machine, null);
    expect(machine.awaits(LINK)).toBe(true);
    came(machine, NAMES[1]);
    expect(machine.awaits(LINK)).toBe(false);
    machine.note({ kind: 'gone', link: LINK }, 1200);
    expect(machine.awaits(LINK)).toBe(false);
  });

  it('is compared for soon again at first, and then no sooner than without news', () => {
    const pair = new Pair();
    for (let i = 0; i < 500; i++) pair.give([0, 1], i * 1000);
    pair.give([0], 600_000);
    pair.loses = () => true;
    pair.run(180_000);
    expect(pair.packets).toBe(6);
    pair.run(600_000);
    expect(pair.packets).toBe(16);
  });

  it('comes soon after the way is clear, however long it was not', () => {
    const pair = new Pair();
    for (let i = 0; i < 40; i++) pair.give([i % 2], i * 1000, i);
    pair.loses = () => true;
    pair.run(20 * 60_000);
    expect(pair.names(0)).toHaveLength(20);
    pair.loses = () => false;
    pair.run(SILENT_REST_MAX_MS + 90_000);
    expect(pair.names(0)).toHaveLength(40);
    expect(pair.names(1)).toEqual(pair.names(0));
  });

  it('costs little, however long it is offered and never given', () => {
    for (const [how, most] of [
      ['loses', 61],
      ['refuses', 7],
    ] as const) {
      const pair = new Pair();
      for (let i = 0; i < 500; i++) pair.give([0, 1], i * 1000);
      for (let i = 0; i < 16; i++) pair.give([0], 600_000 + i, 7);
      pair[how] = ({ timestamp }) => timestamp >= EPOCH + 600_000;
      pair.run(20 * 60_000);
      const [packets, bytes, frames] = [pair.packets, pair.bytes, pair.frames.length];
      pair.run(HOUR_MS);
      // In an hour, of both: comparing once a minute goes on, and nothing is done in between.
      expect(pair.packets - packets, how).toBeLessThanOrEqual(most * 16);
      expect(pair.frames.length - frames, how).toBeLessThanOrEqual(360);
      expect(pair.bytes - bytes, how).toBeLessThan(67_000);
    }
  });
});

describe('S16: a neighbour', () => {
  const cases: [string, Partial<Heard>, string][] = [
    ['over the link of another', { isItsLink: false }, 'not-its-link'],
    ['over a link where nobody reconciles', { link: LINK + 1 }, 'no-reconcile'],
    ['with what is no reconcile', { payload: Uint8Array.of(2, 0xa0) }, 'bad-schema'],
  ];

  it.each(cases)('who asks %s gets nothing', (_, differs, reason) => {
    const outputs = asked(machineOf(), { ...differs });
    expect(outputs).toEqual([{ kind: 'drop', link: differs.link ?? LINK, reason }]);
  });

  it('who says the same again, or something older, gets nothing for it', () => {
    const machine = machineOf();
    expect(asked(machine, { timestamp: 5 })).toMatchObject([{ kind: 'say' }]);
    for (const timestamp of [5, 4]) {
      expect(asked(machine, { timestamp })).toMatchObject([{ reason: 'reconcile-replayed' }]);
    }
    expect(asked(machine, { timestamp: 6 })).toMatchObject([{ kind: 'say' }]);
  });

  it('R16: who spoke while a clock was ahead is heard once it is right', () => {
    const machine = machineOf();
    const ahead = EPOCH + HOUR_MS;
    expect(asked(machine, { timestamp: ahead, wallMs: ahead })).toMatchObject([{ kind: 'say' }]);
    expect(asked(machine, { timestamp: EPOCH })).toMatchObject([{ kind: 'say' }]);
    // Two minutes ahead it is of now, and what is older was said before.
    const late = EPOCH + 120_000;
    expect(asked(machine, { timestamp: late })).toMatchObject([{ kind: 'say' }]);
    expect(asked(machine, { timestamp: late })).toMatchObject([{ reason: 'reconcile-replayed' }]);
  });

  it('is heard a hundred times in ten seconds, and then again', () => {
    const machine = machineOf();
    const answered = (now: number): boolean =>
      asked(machine, { timestamp: now + 1 }, now).some(({ kind }) => kind === 'say');
    const heard = Array.from({ length: HEARD_MAX + 20 }, (_, at) => answered(1000 + at));
    expect(heard.filter(Boolean)).toHaveLength(HEARD_MAX);
    expect(answered(12_000)).toBe(true);
  });

  it('may change his salt once a second', () => {
    const machine = machineOf();
    const said = (salt: number, now: number): ReconcileOutput[] =>
      asked(machine, { timestamp: now, payload: opening(salt) }, now);
    expect(said(1, 2000)).toMatchObject([{ kind: 'say' }]);
    expect(said(2, 2500)).toMatchObject([{ reason: 'reconcile-flooding' }]);
    expect(said(1, 2600)).toMatchObject([{ kind: 'say' }]);
    expect(said(2, 3100)).toMatchObject([{ kind: 'say' }]);
  });

  it('who offers for ever and never gives keeps nobody else from being asked', () => {
    const machine = machineOf();
    machine.note({ ...MET, link: LINK + 1 }, 0);
    const payload = encodeReconcile({ compared: null, offers: ['1'.padStart(32, '0')], wants: [] });
    const isAsked = (link: number, now: number): boolean => {
      const sender = new Uint8Array(8).fill(link);
      const outputs = asked(machine, { link, sender, timestamp: now, payload }, now);
      return outputs.some(({ kind }) => kind === 'say');
    };
    expect(isAsked(LINK, 1000)).toBe(true);
    expect(isAsked(LINK + 1, 1000 + WANT_MS - 1)).toBe(false);
    // Whoever comes first: the one that was asked has to wait for longer each time, the other does not.
    const [liar, other] = [[], []] as [number[], number[]];
    for (let now = 1000 + WANT_MS; now < 60_000 && other.length === 0; now += 100) {
      if (isAsked(LINK, now)) liar.push(now);
      if (isAsked(LINK + 1, now + 50)) other.push(now);
    }
    expect(liar).toHaveLength(1);
    expect(other).toHaveLength(1);
  });

  it('is believed that he has something so many times at once, and asked again later', () => {
    const machine = machineOf();
    const offers = (from: number): Uint8Array => {
      const names = Array.from({ length: 50 }, (_, at) => `${from + at}`.padStart(32, '0'));
      return encodeReconcile({ compared: null, offers: names, wants: [] });
    };
    const wantedOf = (from: number, now: number): number => {
      const outputs = asked(machine, { timestamp: now, payload: offers(from) }, now);
      const said = outputs[0]?.kind === 'say' ? decodeReconcile(outputs[0].payload) : null;
      return said?.ok === true ? said.value.wants.length : 0;
    };
    const wanted = [0, 50, 100, 150, 200, 250, 300].map((from, at) => wantedOf(from, 1000 + at));
    expect(wanted.reduce((sum, count) => sum + count, 0)).toBe(WANTED_MAX);
    expect(machine.isAsked(LINK, 2000)).toBe(true);
    expect(wantedOf(0, 2000)).toBe(0);
    expect(wantedOf(0, 1000 + WANT_MS)).toBe(50);
    // It never came: the next time it is asked for after twice as long.
    expect(wantedOf(0, 1000 + 2 * WANT_MS)).toBe(0);
    expect(wantedOf(0, 1000 + 3 * WANT_MS)).toBe(50);
    expect(machine.isAsked(LINK, 1000 + 3 * WANT_MS + 30_001)).toBe(false);
  });
});

type Heard = Extract<ReconcileInput, { kind: 'heard' }>;

const MET = { kind: 'met', link: LINK, farEnd: 'node', leads: true, frameMax: 65_536 } as const;

function machineOf(): Reconciliation {
  const history = new History(crypto);
  const draw = (size: number): Uint8Array => new Uint8Array(size).fill(7);
  const machine = new Reconciliation(
    history,
    new Answers(history, Infinity),
    draw,
    RECONCILE_DEFAULTS,
  );
  machine.note(MET, 0);
  return machine;
}

function asked(machine: Reconciliation, differs: Partial<Heard>, now = 1000): ReconcileOutput[] {
  const sender = new Uint8Array(8).fill(9);
  const heard = { link: LINK, sender, isItsLink: true, timestamp: now, payload: opening(7) };
  return machine.step({ kind: 'heard', ...heard, wallMs: EPOCH, ...differs }, now);
}

/** It came over the link, and nothing was kept of it. */
function came(machine: Reconciliation, name: string | null, now = 1000, link = LINK): void {
  machine.note({ kind: 'came', link, name }, now);
}

/** A fingerprint of all, which differs from that of nothing. */
function opening(salt: number, floor = 0): Uint8Array {
  const fingerprint = new Uint8Array(8).fill(1);
  const range = {
    to: { time: EPOCH, name: '' },
    kind: 'fingerprint',
    count: 1,
    fingerprint,
  } as const;
  const from = { time: EPOCH - HOUR_MS, name: '' };
  const compared = { salt: new Uint8Array(8).fill(salt), from, ranges: [range], floor };
  return encodeReconcile({ compared, offers: [], wants: [] });
}

/** Of a line that came up at 0, and holds nothing. */
function lineEnd(): Reconciliation {
  const history = new History(crypto);
  const draw = (size: number): Uint8Array => new Uint8Array(size).fill(7);
  const answers = new Answers(history, Infinity);
  const machine = new Reconciliation(history, answers, draw, RECONCILE_DEFAULTS);
  machine.note({ kind: 'met', link: LINK, farEnd: 'line', leads: true, frameMax: 65_536 }, 0);
  return machine;
}

/** At 1, what was lost since. */
function askSince(machine: Reconciliation, from: number): void {
  const span = { ...spanOf(0, 0), from };
  machine.step({ kind: 'tally', links: [LINK], span, wallMs: EPOCH }, 1);
}

/** All that it says in that time. */
function saidBy(machine: Reconciliation, from: number, until: number): Reconcile[] {
  const said: Reconcile[] = [];
  for (let now = from; now <= until; now++) {
    for (const output of machine.step({ kind: 'wake', wallMs: EPOCH + now }, now)) {
      const read = output.kind === 'say' ? decodeReconcile(output.payload) : null;
      if (read?.ok === true) said.push(read.value);
    }
  }
  return said;
}

/** Between two offsets. */
function spanOf(from: number, until: number): Span {
  const [first, last] = [EPOCH + from, EPOCH + until];
  return { since: 0, from: first, until: last, comparedTo: last, isSettled: true };
}

class Pair {
  now = 0;
  packets = 0;
  /** What does not get through, however often it is given. */
  loses: (packet: Packet) => boolean = () => false;
  /** What comes, and is not taken. */
  refuses: (packet: Packet) => boolean = () => false;
  readonly frames: { from: number; bytes: number; now: number }[] = [];
  private readonly random = xorshift(SEED);
  private readonly histories: History[];
  private readonly answers: Answers[];
  private readonly machines: Reconciliation[];
  private stamp = EPOCH + HOUR_MS * 2;

  constructor(
    limits: HistoryLimits[] = [GATEWAY_HISTORY_LIMITS, GATEWAY_HISTORY_LIMITS],
    frameMax = 65_536,
    farEnd: FarEnd = 'node',
  ) {
    const draw = (size: number): Uint8Array =>
      Uint8Array.from({ length: size }, () => this.random(256));
    this.histories = limits.map((each) => new History(crypto, each));
    this.answers = this.histories.map((history) => new Answers(history, Infinity));
    this.machines = this.histories.map(
      (history, at) => new Reconciliation(history, this.answers[at], draw, RECONCILE_DEFAULTS),
    );
    this.machines.forEach((machine, at) => {
      machine.note({ kind: 'met', link: LINK, farEnd, leads: at === 0, frameMax }, 0);
    });
  }

  get bytes(): number {
    return this.frames.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  give(who: number[], offsetMs: number, seed = 0): void {
    const text = `said at ${offsetMs} by ${seed}`;
    const frame = packet({ timestamp: EPOCH + offsetMs, payload: new TextEncoder().encode(text) });
    for (const at of who) this.histories[at].restore(frame);
  }

  /** As it is heard, and not out of a store. */
  say(who: number, offsetMs: number, seed: number): void {
    const text = `said at ${offsetMs} by ${seed}`;
    const frame = packet({ timestamp: EPOCH + offsetMs, payload: new TextEncoder().encode(text) });
    const opened = openPacket(frame);
    if (opened.ok) this.histories[who].add(opened.packet, frame, opened.packet.timestamp);
  }

  /** What machine `from` holds came to the other unasked, said so long after the line came up. */
  hand(from: number, count: number, saidAt = 0): void {
    const { timeline } = this.histories[from];
    for (const { name, bytes } of timeline.slice(0, count)) {
      this.histories[1 - from].restore(bytes);
      this.machines[1 - from].note({ kind: 'kept', link: LINK, late: null }, this.now);
      if (!this.machines[1 - from].isOfOutage(LINK, saidAt)) continue;
      this.machines[1 - from].note({ kind: 'handed', link: LINK, name }, this.now);
    }
  }

  tally(at: number, from: number, until: number, isSettled = true): void {
    const span = { ...spanOf(from, until), isSettled };
    const tally = { kind: 'tally', links: [LINK], span } as const;
    this.take(at, this.machines[at].step({ ...tally, wallMs: this.wallMs }, this.now));
    this.run(1000);
  }

  /** As machine `at` knows it, of what was said between two offsets. */
  stock(at: number, from: number, until: number, links = [LINK], since = 0): Stock {
    return takeStock(this.machines[at], { ...spanOf(from, until), since }, links);
  }

  part(): void {
    for (const machine of this.machines) machine.note({ kind: 'gone', link: LINK }, this.now);
  }

  names(at: number): string[] {
    const { timeline } = this.histories[at];
    return timeline.slice(0, timeline.size).map(({ name }) => name);
  }

  run(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      const all = [...this.machines, ...this.answers];
      const at = Math.min(...all.map((machine) => machine.deadline()));
      if (at > until) break;
      this.now = Math.max(this.now, at);
      for (const from of [0, 1]) {
        const wallMs = this.wallMs;
        this.take(from, this.machines[from].step({ kind: 'wake', wallMs }, this.now));
        for (const output of this.answers[from].step({ kind: 'tick' }, this.now)) {
          if (output.kind === 'answer') this.bring(1 - from, output.bytes);
        }
      }
    }
    this.now = until;
  }

  get wallMs(): number {
    return EPOCH + 2 * HOUR_MS + this.now;
  }

  private bring(to: number, bytes: Uint8Array): void {
    this.packets++;
    const opened = openPacket(bytes);
    if (!opened.ok || this.loses(opened.packet)) return;
    const name = this.histories[to].nameOf(opened.packet);
    if (!this.refuses(opened.packet)) {
      this.histories[to].add(opened.packet, bytes, this.wallMs);
      this.machines[to].note({ kind: 'kept', link: LINK, late: name }, this.now);
    }
    this.machines[to].note({ kind: 'came', link: LINK, name }, this.now);
  }

  private take(from: number, outputs: ReconcileOutput[]): void {
    for (const output of outputs) {
      if (output.kind === 'drop') throw new Error(output.reason);
      const { payload } = output;
      this.frames.push({ from, bytes: payload.length, now: this.now });
      const sender = new Uint8Array(8).fill(from + 1);
      const heard: ReconcileInput = {
        ...{ kind: 'heard', link: LINK, sender, isItsLink: true, timestamp: this.stamp++ },
        ...{ payload, wallMs: this.wallMs },
      };
      this.take(1 - from, this.machines[1 - from].step(heard, this.now));
    }
  }
}
