/**
 * Listen: every message once, in order, whatever happens to the bridge meanwhile.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { STATUS } from '../../../tools/dispatch.ts';
import { ADA, NOON, TestBridge } from './bridge.ts';
import { until } from '../../patience.ts';

let bridge: TestBridge;
let stop = (): void => {};
beforeEach(async () => {
  bridge = await TestBridge.start();
});
afterEach(async () => {
  stop();
  await bridge.end();
});

describe('listen', () => {
  it('prints messages as they come, one a line, and ends well when it is stopped', async () => {
    bridge.desk.hear({ text: 'before' });
    const { io, ended } = listen();
    await untilHeard(io.outs, { text: 'two\nlines' });
    bridge.desk.hear({ conversation: ADA, text: 'psst' });
    await until(() => io.outs.length === 2);
    stop();
    expect(await ended).toBe(0);
    expect(io.outs).toEqual([
      '2026-11-21 12:00:00 ada: two / lines',
      '2026-11-21 12:00:00 ada -> you: psst',
    ]);
  });

  it('begins with what was said before, as far as it is asked to', async () => {
    bridge.desk.hear({ text: 'one', heardAt: NOON - 3_600_000 });
    bridge.desk.hear({ text: 'two', conversation: ADA });
    bridge.desk.hear({ text: 'three' });
    for (const [words, texts] of [
      [
        ['--history', '2'],
        ['two', 'three'],
      ],
      [
        ['--since', '2026-11-21 11:30'],
        ['two', 'three'],
      ],
      [['--since', '2026-11-21 10:00', '--history', '1'], ['three']],
      [
        ['--history', '9', '--with', 'public'],
        ['one', 'three'],
      ],
      [['--history', '9', '--with', 'ada'], ['two']],
    ]) {
      const { io } = listen(...words, '--json');
      await until(() => io.outs.length === texts.length);
      expect(io.outs.map((line) => JSON.parse(line).message.text)).toEqual(texts);
      stop();
    }
  });

  it('goes on after a cursor, and says when the bridge does not know it any more', async () => {
    const first = listen('--json');
    await untilHeard(first.io.outs, { text: 'one' });
    stop();
    bridge.desk.hear({ text: 'two' });
    const { cursor } = JSON.parse(first.io.outs[0]);
    const second = listen('--json', '--after', cursor);
    await until(() => second.io.outs.length === 1);
    expect(JSON.parse(second.io.outs[0])).toMatchObject({ message: { text: 'two' } });
    stop();
    const third = listen('--json', '--after', 'b0-1');
    await until(() => third.io.outs.length === 1);
    expect(JSON.parse(third.io.outs[0])).toMatchObject({ kind: 'gap' });
    bridge.desk.hear({ text: 'three' });
    await until(() => third.io.outs.length === 2);
    expect(JSON.parse(third.io.outs[1])).toMatchObject({ message: { text: 'three' } });
  });

  it('makes up for what was said while the bridge was gone, once and in order', async () => {
    const { io } = listen();
    await untilHeard(io.outs, { text: 'one' });
    for (const round of [1, 2]) {
      await bridge.go();
      await until(() => io.errs.length === 2 * round - 1);
      bridge.desk.hear({ text: `gone ${round}`, conversation: ADA });
      bridge.desk.hear({ text: `gone again ${round}` });
      await bridge.comeBack();
      await until(() => io.errs.length === 2 * round);
      bridge.desk.hear({ text: `back ${round}` });
      await until(() => io.outs.length === 1 + 3 * round);
    }
    expect(io.outs.map((line) => line.slice(20))).toEqual([
      'ada: one',
      'ada -> you: gone 1',
      'ada: gone again 1',
      'ada: back 1',
      'ada -> you: gone 2',
      'ada: gone again 2',
      'ada: back 2',
    ]);
    expect(io.errs.slice(0, 2)).toEqual([
      'the bridge is gone; it is looked for',
      'the bridge is back',
    ]);
  });

  it('tells of a bridge that goes before anything was said what was said then', async () => {
    const { io } = listen();
    await bridge.connected();
    await bridge.go();
    await until(() => io.errs.length === 1);
    bridge.desk.hear({ text: 'first' });
    await bridge.comeBack();
    await until(() => io.outs.length === 1);
    expect(io.outs).toEqual(['2026-11-21 12:00:00 ada: first']);
  });

  it('tells everything else that happens when it is asked to', async () => {
    const { io } = listen('--events');
    await untilHeard(io.outs, { text: 'one' });
    const [ada] = bridge.desk.known;
    bridge.desk.tell({ kind: 'peer', peer: { ...ada, isReachable: false } });
    bridge.desk.tell({ kind: 'peer-left', id: ADA, name: 'ada', reason: 'timeout' });
    bridge.desk.tell({ kind: 'alarm', id: ADA });
    bridge.desk.tell({ kind: 'link', link: 3, isUp: true });
    bridge.desk.tell({ kind: 'note', device: 'd', name: 'door', text: 'open\x07' });
    bridge.desk.tell({ kind: 'health', health: 'degraded', problems: ['the disk is full'] });
    bridge.desk.tell({ kind: 'health', health: 'ok', problems: [] });
    await until(() => io.outs.length === 8);
    expect(io.outs.slice(1).map((line) => line.slice(20))).toEqual([
      '* ada is out of reach',
      '* ada has left',
      `* somebody shows another key as ada: hopline peers ${ADA} says more`,
      '* link 3 is up',
      '* door notes: open?',
      '* the disk is full',
      '* all is well again',
    ]);
  });

  for (const [what, words, complaint] of [
    ['a cursor and a time', ['--after', 'b1-1', '--since', '1h'], 'goes on by itself'],
    ['a time that is none', ['--since', 'ever'], '"ever" is no time'],
    ['too much history', ['--history', '1001'], '--history takes a whole number'],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const { status, errs } = await bridge.run('listen', ...words);
      expect([status, errs[0]]).toEqual([STATUS.USAGE, expect.stringContaining(complaint)]);
    });
  }
});

function listen(...words: string[]): ReturnType<TestBridge['begin']> {
  const begun = bridge.begin('listen', ...words);
  stop = begun.stop;
  return begun;
}

/** Says something as soon as somebody listens. */
async function untilHeard(outs: string[], some: { text: string }): Promise<void> {
  await bridge.connected();
  bridge.desk.hear(some);
  await until(() => outs.length === 1);
}
