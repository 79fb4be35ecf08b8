/**
 * Clients of a running bridge, as their owner lets them in, sees them and sends them away.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { STATUS } from '../../../tools/dispatch.ts';
import { BOB, TestBridge } from './bridge.ts';

let bridge: TestBridge;
beforeEach(async () => {
  bridge = await TestBridge.start();
});
afterEach(() => bridge.end());

describe('hopline clients', () => {
  it('lists who is let in, since when, and who is here by it', async () => {
    bridge.desk.clients = () => [
      { name: 'tablet', addedAt: new Date('2026-11-21T12:00').getTime(), nodes: [BOB] },
      { name: 'script', addedAt: 0, nodes: [] },
    ];
    const { status, outs } = await bridge.run('clients');
    expect(status).toBe(0);
    expect(outs[0]).toMatch(/^client +since +here as$/);
    expect(outs[1]).toMatch(new RegExp(`^tablet +2026-11-21 12:00.* +${BOB}$`));
    expect(outs[2]).toMatch(/^script .*not here$/);
    const [json] = (await bridge.run('clients', '--json')).outs;
    expect(JSON.parse(json)).toMatchObject([{ name: 'tablet', nodes: [BOB] }, { name: 'script' }]);
  });

  it('says how the first one is let in while there is none', async () => {
    bridge.desk.clients = () => [];
    const { status, outs, errs } = await bridge.run('clients');
    expect([status, outs]).toEqual([0, []]);
    expect(errs).toEqual(['no clients: let one in by hopline clients add NAME']);
  });

  it('never prints what a terminal would obey', async () => {
    bridge.desk.clients = () => [{ name: 'a\u001b[2Jb', addedAt: 0, nodes: [] }];
    expect((await bridge.run('clients')).outs.join('')).not.toContain('\u001b');
  });
});

describe('hopline clients add', () => {
  it('prints the ticket alone, and beside it what it is for', async () => {
    const { status, outs, errs } = await bridge.run('clients', 'add', 'kitchen-tablet');
    expect(status).toBe(0);
    expect(outs).toEqual([expect.stringMatching(/^hopline:ws:\/\//)]);
    expect(errs.join('\n')).toMatch(/kitchen-tablet takes part as one of your own/);
    expect(errs.join('\n')).toContain('It is told this once');
    const [json] = (await bridge.run('clients', 'add', 'kitchen-tablet', '--json')).outs;
    expect(JSON.parse(json)).toMatchObject({ name: 'kitchen-tablet', line: outs[0] });
  });
});

describe('hopline clients remove', () => {
  it('sends a client away by its name, whatever is in it', async () => {
    const { status, outs } = await bridge.run('clients', 'remove', 'my/old tablet');
    expect([status, outs]).toEqual([0, ['my/old tablet is not let in any more']]);
    expect(bridge.desk.changes).toEqual([{ removeClient: 'my/old tablet' }]);
  });
});

it.each([[['add']], [['remove']], [['drop', 'tablet']], [['tablet']]])(
  'hopline clients %j is refused with what to write',
  async (words) => {
    const { status, errs } = await bridge.run('clients', ...words);
    expect(status).toBe(STATUS.USAGE);
    expect(errs[0]).toContain('write add or remove, and a name');
    expect(bridge.desk.changes).toEqual([]);
  },
);
