/**
 * What is a partition and what is not, and the accounts of one that healed. Time is written in each
 * test; the clock of the wall is a million ahead of ours.
 */
import { describe, expect, it } from 'vitest';
import {
  HEALING_MAX_MS,
  LOST_MAX,
  MISSED_MS,
  Partitions,
  PARTITIONS_MAX,
  QUIET_MS,
  SETTLED_MS,
  TALLY_MS,
  TIMES_MAX,
  TOGETHER_MS,
} from '../../../host/resilience/partitions.ts';
import type {
  PartitionsInput,
  PartitionsOutput,
  StockOf,
} from '../../../host/resilience/partitions.ts';
import { TICK } from '../../../protocol/core/machine.ts';
import type { Span } from '../../../protocol/peer/tally.ts';
import { fromHex, toHex } from '../../../protocol/wire/hex.ts';

const OFFSET = 1_000_000;

describe('peers that fall silent', () => {
  it('are a partition when they were neighbours of each other, told of once all are known', () => {
    const { tell, until } = mesh();
    tell(lost('a', 1000, ['b']), 60_000);
    tell(lost('b', 4000, ['a', 'c']), 64_000);
    expect(until(64_000 + QUIET_MS - 1)).toEqual([]);
    tell(lost('c', 6000, ['b']), 70_000);
    expect(until(70_000 + QUIET_MS - 1)).toEqual([]);
    expect(shown(until(70_000 + QUIET_MS))).toEqual(['detected 1: a b c']);
  });

  it('are told of a minute after the first at the latest', () => {
    const { tell, until } = mesh();
    for (let n = 0; n < 5; n++) tell(lost('abcdef'[n], 0, ['abcdef'[n - 1] ?? 'b']), n * 14_000);
    expect(until(TOGETHER_MS - 1)).toEqual([]);
    expect(shown(until(TOGETHER_MS))).toEqual(['detected 1: a b c d e']);
  });

  it('are told of within the time that the owner gives them', () => {
    const { machine, tell, until } = mesh();
    machine.togetherMs = 20_000;
    for (let n = 0; n < 3; n++) tell(lost('abc'[n], 0, ['abc'[n - 1] ?? 'b']), n * 9000);
    expect(until(19_999)).toEqual([]);
    expect(shown(until(20_000))).toEqual(['detected 1: a b c']);
  });

  it('are none when only one is lost, or each for itself', () => {
    const { tell, until } = mesh();
    tell(lost('a', 0, ['x']), 60_000);
    expect(until(200_000)).toEqual([]);
    tell(lost('b', 0, ['x']), 200_000);
    tell(lost('c', 0, ['y']), 200_000);
    expect(until(400_000)).toEqual([]);
  });

  it('are two when they hang together in two parts', () => {
    const { tell, until } = mesh();
    for (const [id, other] of ['ab', 'ba', 'cd', 'dc']) tell(lost(id, 0, [other]), 60_000);
    expect(shown(until(80_000))).toEqual(['detected 1: a b', 'detected 2: c d']);
  });

  it('are counted to the others when nobody knows their neighbours', () => {
    const { tell, until } = mesh();
    tell(lost('a', 0, ['b']), 60_000);
    tell(lost('p', 0, []), 60_000);
    expect(shown(until(80_000))).toEqual(['detected 1: a p']);
  });

  it('are not told of when they are heard again in time', () => {
    const { tell, until } = mesh();
    tell(lost('a', 0, ['b']), 60_000);
    tell(lost('b', 0, ['a']), 60_000);
    tell({ kind: 'found', id: idOf('a') }, 61_000);
    expect(until(200_000)).toEqual([]);
  });

  it('join the partition that others of theirs were told of with', () => {
    const { machine, tell, until } = mesh();
    for (const [id, other] of ['ab', 'ba']) tell(lost(id, 0, [other]), 60_000);
    until(80_000);
    tell(lost('c', 20_000, ['b']), 82_000);
    tell(lost('d', 20_000, ['c']), 82_000);
    expect(until(100_000)).toEqual([]);
    expect(machine.views()).toMatchObject([{ lost: ['a', 'b', 'c', 'd'].map(idOf) }]);
  });
});

it('waits for the rest of a partition as long as the owner says', () => {
  const { machine, tell, until } = mesh();
  machine.togetherMs = 120_000;
  for (const [id, other] of ['ab', 'ba']) tell(lost(id, 0, [other]), 60_000);
  until(80_000);
  for (const [id, other] of ['cb', 'dc']) tell(lost(id, 0, [other]), 300_000);
  expect(until(320_000)).toEqual([]);
  expect(machine.views()).toMatchObject([{ lost: ['a', 'b', 'c', 'd'].map(idOf) }]);
});

describe('a partition that heals', () => {
  it('accounts for every message said since the split, on either side, once', () => {
    const { tell, until, said } = split();
    // Ours, after the split was known of; and one of before it.
    said(90_000, 90_000);
    said(3999, 91_000);
    tell({ kind: 'found', id: idOf('b') }, 200_000);
    // Theirs come now; one is of after the healing.
    for (const at of [10_000, 100_000, 199_000]) said(at, 201_000);
    said(202_000, 202_000);
    const accounting = {
      partition: 1,
      splitAt: OFFSET + 4000,
      healedAt: OFFSET + 200_000,
      stillLost: 2,
      ours: 2,
      theirs: 3,
      given: 2,
      reconciled: 5,
      missing: 7,
      compared: 'with-them',
    };
    expect(until(201_000 + SETTLED_MS - 1)).toEqual([]);
    expect(until(201_000 + SETTLED_MS)).toMatchObject([{ kind: 'healed', accounting }]);
  });

  it('waits while something still comes, and not for ever', () => {
    const { machine, tell, until, said, asked } = split();
    tell({ kind: 'found', id: idOf('a') }, 200_000);
    for (let at = 200_000; at < 200_000 + HEALING_MAX_MS; at += 10_000) {
      expect(until(at)).toEqual([]);
      said(100_000, at);
    }
    expect(shown(until(200_000 + HEALING_MAX_MS))).toEqual([
      'healed 1: 1 ours, 30 theirs, 7 missing',
    ]);
    expect(asked, 'more may be on its way').toMatchObject([{ span: { isSettled: false } }]);
    expect(machine.active).toBe(0);
    expect(machine.deadline()).toBe(Infinity);
  });

  it('waits no longer than the owner has it', () => {
    const { machine, tell, until } = split();
    machine.mergeMs = 60_000;
    tell({ kind: 'found', id: idOf('a') }, 200_000);
    expect(until(259_999)).toEqual([]);
    expect(until(260_000)).toHaveLength(1);
  });

  it('asks for what was said between, as known once the last of it came', () => {
    const { tell, until, said, asked } = split();
    tell({ kind: 'found', id: idOf('b') }, 200_000);
    said(100_000, 201_000);
    until(400_000);
    const [from, to, comparedTo] = [4000, 200_000, 201_000].map((at) => OFFSET + at);
    const span = { since: 4000, from, until: to, comparedTo, isSettled: true };
    expect(asked).toEqual([{ span, ids: [idOf('b')], at: 201_000 + SETTLED_MS }]);
  });

  it.each([
    ['nothing', stockOf(0, true, true), 0, 'with-them', 0],
    ['nothing that neighbours know of', stockOf(0, true, false), 0, 'with-neighbours', 0],
    ['some', stockOf(3, true, true), 3, 'with-them', 0],
    ['some, and maybe more', stockOf(3, false, true), 3, 'not', 1],
    ['nobody knows how many', stockOf(0, false, false), null, 'not', 1],
  ])('says that %s of it is missing', (_, stock, missing, compared, unsure) => {
    const { machine, tell, until } = split(stock);
    tell({ kind: 'found', id: idOf('b') }, 200_000);
    const reconciled = stock.given;
    expect(until(400_000)).toMatchObject([{ accounting: { missing, compared, reconciled } }]);
    const lost = stock.lacking;
    expect(machine.healed).toEqual({ partitions: 1, reconciled, missing: lost, unsure });
  });

  it('counts who came back, and who did not stay', () => {
    const { machine, tell } = split();
    for (const id of ['a', 'b']) tell({ kind: 'found', id: idOf(id) }, 200_000);
    expect(machine.cutOff(200_000)).toBe(1);
    tell(lost('b', 210_000, ['a']), 270_000);
    expect(machine.cutOff(270_000)).toBe(2);
    expect(machine.views()).toMatchObject([{ state: 'healing', back: [idOf('a')] }]);
  });
});

it('is no worse for the mesh once it is a day old, and is accounted for all the same', () => {
  const { machine, tell, until } = split();
  const day = 4000 + MISSED_MS;
  expect(until(day)).toEqual([]);
  expect([machine.cutOff(day - 1), machine.cutOff(day)]).toEqual([3, 0]);
  expect(machine.active).toBe(1);
  tell({ kind: 'found', id: idOf('b') }, day);
  expect(until(day + HEALING_MAX_MS)).toMatchObject([{ kind: 'healed' }]);
});

describe('limits of partitions', () => {
  it('keeps so many, and forgets the oldest', () => {
    const { machine, tell, until } = mesh();
    for (let n = 0; n <= PARTITIONS_MAX; n++) {
      const at = 60_000 + n * 200_000;
      const [one, other] = [`${n}x`, `${n}y`];
      tell(lost(one, at - 60_000, [other]), at);
      tell(lost(other, at - 60_000, [one]), at);
      until(at + QUIET_MS);
    }
    expect(machine.active).toBe(PARTITIONS_MAX);
    expect(machine.views()[0].partition).toBe(2);
  });

  it('remembers so many who were lost at once, and so many messages', () => {
    const { machine, tell, until, said } = mesh();
    for (let n = 0; n < TIMES_MAX + 10; n++) said(5000, 50_000);
    for (let n = 0; n < LOST_MAX + 10; n++) tell(lost(`${n}`, 4000, []), 60_000);
    expect(until(60_000 + QUIET_MS)).toHaveLength(1);
    expect(machine.cutOff(60_000 + QUIET_MS)).toBe(LOST_MAX);
    tell({ kind: 'found', id: idOf('500') }, 100_000);
    expect(shown(until(400_000))).toEqual([`healed 1: ${TIMES_MAX} ours, 0 theirs, 7 missing`]);
  });
});

/** Cut off from a, b and c, the last of whom was heard at 4000; one message was said since. */
function split(stock?: ReturnType<StockOf>): ReturnType<typeof mesh> {
  const made = mesh(stock);
  made.said(3000, 3000);
  made.said(4500, 30_000);
  for (const [id, other] of ['ab', 'bc', 'cb'])
    made.tell(lost(id, id === 'c' ? 4000 : 1, [other]), 64_000);
  made.until(64_000 + QUIET_MS);
  return made;
}

describe('what was let go while a line was down', () => {
  const split = { ...stockOf(2, false, true), isByLine: true };

  it('is asked for before it is told how many were lost', () => {
    const { tell, until, said, stockIs } = mesh(split);
    for (const name of ['a', 'b']) tell(lost(name, 1000, ['a', 'b']), 61_000);
    until(100_000);
    tell({ kind: 'found', id: idOf('a') }, 200_000);
    said(150_000, 200_000);
    expect(shown(until(200_000 + SETTLED_MS))).toEqual(['doubted a: 1001000 to 1200000']);
    stockIs({ ...stockOf(7, true, true), isByLine: true });
    expect(until(200_000 + SETTLED_MS + TALLY_MS - 1)).toEqual([]);
    const told = until(200_000 + SETTLED_MS + TALLY_MS);
    expect(shown(told)).toEqual(['healed 1: 0 ours, 1 theirs, 7 missing']);
    expect(told).toMatchObject([{ accounting: { compared: 'with-them' } }]);
  });

  it('is asked for once, and not claimed where nobody tells it', () => {
    const { tell, until } = mesh(split);
    for (const name of ['a', 'b']) tell(lost(name, 1000, ['a', 'b']), 61_000);
    until(100_000);
    tell({ kind: 'found', id: idOf('a') }, 200_000);
    const told = until(500_000);
    expect(shown(told)).toEqual([
      'doubted a: 1001000 to 1200000',
      'healed 1: 0 ours, 0 theirs, 2 missing',
    ]);
    expect(told[1]).toMatchObject({ accounting: { compared: 'not' } });
  });

  it.each([
    ['where all was compared', { ...stockOf(0, true, true), isByLine: true }],
    ['on the air', stockOf(0, false, true)],
  ])('is not asked for %s', (_, stock) => {
    const { tell, until } = mesh(stock);
    for (const name of ['a', 'b']) tell(lost(name, 1000, ['a', 'b']), 61_000);
    until(100_000);
    tell({ kind: 'found', id: idOf('a') }, 200_000);
    const told = until(200_000 + SETTLED_MS);
    expect(told.map(({ kind }) => kind)).toEqual(['healed']);
  });
});

function mesh(stock = stockOf(7, true, true)) {
  const asked: { span: Span; ids: string[]; at: number }[] = [];
  let known = stock;
  const machine = new Partitions((span, ids, at) => {
    asked.push({ span, ids: [...ids], at });
    return known;
  });
  const out: PartitionsOutput[] = [];
  const tell = (input: PartitionsInput, now: number): void => {
    out.push(...machine.step(input, now));
  };
  tell({ kind: 'clock', offsetMs: OFFSET }, 0);
  return {
    machine,
    tell,
    /** What it wanted to know of those that are back. */
    asked,
    stockIs: (stock: ReturnType<StockOf>) => void (known = stock),
    said: (at: number, now: number) => tell({ kind: 'said', timestamp: OFFSET + at }, now),
    /** All that it has said by then. */
    until: (at: number): PartitionsOutput[] => {
      while (machine.deadline() <= at) out.push(...machine.step(TICK, machine.deadline()));
      const all = [...out];
      out.length = 0;
      return all;
    },
  };
}

function stockOf(lacking: number, isCompared: boolean, isWithThem: boolean): ReturnType<StockOf> {
  return { lacking, given: 2, isCompared, isWithThem, isByLine: false };
}

function lost(id: string, heardAt: number, neighbours: string[]): PartitionsInput {
  return { kind: 'lost', id: idOf(id), heardAt, neighbours: neighbours.map(idOf) };
}

/** A name as an id in hex. */
function idOf(name: string): string {
  return toHex(new TextEncoder().encode(name.padEnd(8)));
}

function shown(out: PartitionsOutput[]): string[] {
  return out.map((output) => {
    if (output.kind === 'detected') {
      const names = output.lost.map((id) => new TextDecoder().decode(id).trim());
      return `detected ${output.partition}: ${names.sort().join(' ')}`;
    }
    if (output.kind === 'doubted') {
      const names = [...output.ids].map((id) => new TextDecoder().decode(fromHex(id)!).trim());
      return `doubted ${names.join(' ')}: ${output.span.from} to ${output.span.until}`;
    }
    const { partition, ours, theirs, missing } = output.accounting;
    return `healed ${partition}: ${ours} ours, ${theirs} theirs, ${missing} missing`;
  });
}
