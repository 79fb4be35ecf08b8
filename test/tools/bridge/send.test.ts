/**
 * Send: one message, and an exit status that says what became of it.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dispatch, STATUS } from '../../../tools/dispatch.ts';
import { commands } from '../../../tools/commands/index.ts';
import { testIo } from '../io.ts';
import { ADA, TestBridge } from './bridge.ts';
import { until } from '../../patience.ts';

let bridge: TestBridge;
beforeEach(async () => {
  bridge = await TestBridge.start();
});
afterEach(() => bridge.end());

describe('send', () => {
  it('says its words to everyone', async () => {
    const { status, outs } = await bridge.run('send', 'good', 'morning');
    expect([status, outs]).toEqual([0, ['sent to everyone in reach']]);
    expect(bridge.desk.said).toMatchObject([{ conversation: 'public', text: 'good morning' }]);
  });

  it('to one peer ends once the bridge keeps it', async () => {
    const { status, outs } = await bridge.run('send', '--to', 'ada', 'psst');
    expect([status, outs]).toEqual([0, [`stored, and waits for ada (${ADA})`]]);
  });

  it('reads a pipe, without the end of its last line', async () => {
    const io = testIo();
    io.input = 'two\nlines\n';
    expect(await dispatch(['send', '--data', bridge.folder], commands, '', io)).toBe(0);
    expect(bridge.desk.said[0].text).toBe('two\nlines');
  });

  it('prints the message as JSON', async () => {
    const { outs } = await bridge.run('send', '--json', 'hi');
    expect(outs.map((line) => JSON.parse(line))).toEqual([bridge.desk.said[0]]);
  });

  it('refuses a name that two have, with the ids', async () => {
    const { status, outs, errs } = await bridge.run('send', '--to', 'bob', 'hi');
    expect([status, outs]).toEqual([STATUS.AMBIGUOUS_NAME, []]);
    expect(errs[0]).toMatch(/bob may be b2b2b2b2b2b2b2b2, b3b3b3b3b3b3b3b3/);
    expect(bridge.desk.said).toEqual([]);
  });

  for (const [what, words, complaint] of [
    ['nothing', ['send'], 'there is nothing to send'],
    ['an empty text', ['send', ' '], 'the text is empty'],
    ['no number of seconds', ['send', '--wait', '--within', '0', 'x'], '--within takes a whole'],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const { status, errs } = await bridge.run(...words);
      expect([status, errs[0]]).toEqual([STATUS.USAGE, expect.stringContaining(complaint)]);
    });
  }
});

describe('send --wait', () => {
  for (const [state, reason, status, said] of [
    ['delivered', null, 0, `delivered to ada (${ADA})`],
    ['read', null, 0, `read by ada (${ADA})`],
    ['failed', 'no-session', STATUS.MESSAGE_FAILED, `not delivered to ada (${ADA})`],
  ] as const) {
    it(`ends with ${status} when it is ${state}`, async () => {
      const { io, ended } = bridge.begin('send', '--wait', '--to', 'ada', 'psst');
      await until(() => bridge.desk.said.length === 1);
      bridge.desk.further(1, { state: 'sent' });
      bridge.desk.further(1, { state, reason });
      expect(await ended).toBe(status);
      expect(io.outs).toEqual([said]);
      if (reason !== null)
        expect(io.errs[0]).toMatch(/arrive: .* not answer; .* say it again \[MESSAGE_FAILED\]$/);
    });
  }

  it('gives up waiting when it was told to, and says that the bridge does not', async () => {
    const words = ['send', '--wait', '--within', '1', '--to', 'ada', 'psst'];
    const { status, outs, errs } = await bridge.run(...words);
    expect([status, outs]).toEqual([
      STATUS.MESSAGE_PENDING,
      [`stored, and waits for ada (${ADA})`],
    ]);
    expect(errs[0]).toContain(
      'it is waiting still, and the bridge goes on trying [MESSAGE_PENDING]',
    );
  });

  it('learns what happened while the bridge was gone', async () => {
    const { io, ended } = bridge.begin('send', '--wait', '--to', 'ada', 'psst');
    await until(() => bridge.desk.said.length === 1);
    bridge.desk.further(1, { state: 'sent' });
    await bridge.go();
    await until(() => io.errs.length === 1);
    bridge.desk.further(1, { state: 'delivered' });
    await bridge.comeBack();
    expect(await ended).toBe(0);
    expect(io.errs).toEqual(['the bridge is gone; it is looked for', 'the bridge is back']);
  });
});
