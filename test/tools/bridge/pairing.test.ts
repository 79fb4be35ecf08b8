/**
 * Pairing: one line from one side to the other, and what an operator sees of it.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { STATUS } from '../../../tools/dispatch.ts';
import { BOB, TestBridge } from './bridge.ts';

let bridge: TestBridge;
beforeEach(async () => {
  bridge = await TestBridge.start();
});
afterEach(() => bridge.end());

const LINE = `hopline:gate.example.org:7654/${BOB}/secret`;

describe('invite', () => {
  it('prints the line alone, and beside it what the other side does with it', async () => {
    const { status, outs, errs } = await bridge.run('invite', '--address', 'gate.example.org:7654');
    expect([status, outs]).toEqual([
      0,
      [expect.stringMatching(/^hopline:gate\.example\.org:7654\//)],
    ]);
    expect(errs.join('\n')).toMatch(/On the other side:\n {2}hopline join/);
    expect(errs.join('\n')).toMatch(/one gateway in, once, until 20\d\d-/);
    expect(errs.join('\n')).not.toContain('Note:');
  });

  it('warns when its address is known behind a router only', async () => {
    const { outs, errs } = await bridge.run('invite', '--address', '192.168.1.5:7654');
    expect(outs).toHaveLength(1);
    expect(errs.join('\n')).toMatch(/Note: 192\.168\.1\.5 is known inside its own network only/);
  });

  it('prints JSON for programs, which say themselves what is private', async () => {
    const { outs } = await bridge.run('invite', '--json', '--address', '10.0.0.1:7654');
    expect(JSON.parse(outs[0])).toMatchObject({ command: 'hopline join', isPrivate: true });
  });
});

describe('join', () => {
  it('waits for the line and says that it is up', async () => {
    const [down] = lineOf('dialling');
    bridge.desk.join = async () => down;
    bridge.desk.line = lineOf('up')[0];
    const { status, outs } = await bridge.run('join', LINE);
    expect([status, outs]).toEqual([
      0,
      [`joined bob (${BOB}): the line is up, 23 ms there and back`],
    ]);
  });

  it('that does not come up within ten seconds says why, and that it is dialled on', async () => {
    const [down] = lineOf('down');
    bridge.desk.join = async () => down;
    bridge.desk.line = { ...down, problem: 'nobody answers there' };
    const { io, ended } = bridge.begin('join', LINE);
    expect(await ended).toBe(STATUS.LINE_DOWN);
    expect(io.waitedMs).toBe(10_000);
    expect(io.outs).toEqual([]);
    expect(io.errs).toEqual([
      `hopline: the line is not up: bob (${BOB}) at gate.example.org:7654: nobody answers there; ` +
        'it is dialled from now on, hopline lines shows how it stands [LINE_DOWN]',
    ]);
  });
});

describe('lines', () => {
  it('shows each with its state, and why one is down', async () => {
    bridge.desk.line = { ...lineOf('down')[0], problem: 'nobody answers\x1b[2J there' };
    expect((await bridge.run('lines')).outs).toEqual([
      'gateway  node              address                state  since  ms  from    problem',
      `bob      ${BOB}  gate.example.org:7654  down              joined  nobody answers there`,
    ]);
    expect(JSON.parse((await bridge.run('lines', '--json')).outs[0])).toEqual([bridge.desk.line]);
  });

  it('says how to make one where there is none', async () => {
    const { status, outs, errs } = await bridge.run('lines');
    expect([status, outs]).toEqual([0, []]);
    expect(errs[0]).toContain('hopline invite');
  });
});

describe('part', () => {
  for (const word of ['bob', 'BOB', BOB]) {
    it(`ends the line to "${word}"`, async () => {
      [bridge.desk.line] = lineOf('up');
      const { status, outs } = await bridge.run('part', word);
      expect([status, outs]).toEqual([0, [`parted from bob (${BOB})`]]);
      expect(bridge.desk.changes).toEqual([{ part: BOB }]);
    });
  }

  it('refuses what is no line, and a name that two gateways have', async () => {
    expect(await bridge.run('part', 'attic')).toMatchObject({ status: STATUS.NOT_FOUND });
    const [one] = lineOf('up');
    bridge.desk.lines = () => [one, { ...one, node: 'ff'.repeat(8) }];
    const { status, errs } = await bridge.run('part', 'bob');
    expect(status).toBe(STATUS.AMBIGUOUS_NAME);
    expect(errs[0]).toContain(`bob: ${BOB}, ${'ff'.repeat(8)}; give one of these ids`);
    expect(bridge.desk.changes).toEqual([]);
  });
});

describe('lines', () => {
  it('show bridges of this network that could be joined', async () => {
    const found = { origin: 'found', state: 'found', address: 'udp://192.0.2.7:8334' } as const;
    bridge.desk.lines = () => [{ ...lineOf('up')[0], ...found }];
    const { outs } = await bridge.run('lines');
    expect(outs[1]).toMatch(new RegExp(`^bob +${BOB} +udp://192.0.2.7:8334 +found .*found`));
  });
});

describe('login', () => {
  it('prints a link that serves once', async () => {
    const { status, outs, errs } = await bridge.run('login');
    expect(outs[0]).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#login=[0-9a-f]{32}$/);
    expect([status, errs]).toEqual([0, [expect.stringMatching(/once, until \d\d:\d\d\.$/)]]);
    const [json] = (await bridge.run('login', '--json')).outs;
    expect(JSON.parse(json)).toMatchObject({ link: expect.stringContaining('#login=') });
  });
});

function lineOf(state: 'up' | 'dialling' | 'down') {
  return [
    {
      node: BOB,
      name: 'bob',
      address: 'gate.example.org:7654',
      origin: 'joined',
      state,
      sinceAt: null,
      roundTripMs: state === 'up' ? 23 : null,
      problem: null,
    } as const,
  ];
}
