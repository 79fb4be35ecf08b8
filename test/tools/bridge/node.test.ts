/**
 * Node: bridges and boards administered from a command line, over the API of a running bridge.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { STATUS } from '../../../tools/dispatch.ts';
import { BOARD } from '../../host/http/nodes-double.ts';
import { ADA, BOB, SELF, TestBridge } from './bridge.ts';

let bridge: TestBridge;
beforeEach(async () => {
  bridge = await TestBridge.start();
});
afterEach(() => bridge.end());

describe('node', () => {
  it('lists whom it may be used on', async () => {
    const { outs } = await bridge.run('node');
    expect(outs).toEqual([
      'name    id                kind    where         obeys',
      `bridge  ${SELF}  bridge  this bridge   yes`,
      `bob     ${BOB}  bridge  out of reach  no`,
      `gate    ${BOARD}  board   on a wire     not known`,
    ]);
    const boards = await bridge.run('node', 'boards', 'harbour', '--json');
    expect(JSON.parse(boards.outs[0])).toMatchObject([{ id: BOARD, host: SELF }]);
  });

  it('shows statistics and settings, and what is wrong', async () => {
    const { outs } = await bridge.run('node', 'show', 'gate', '--through', 'harbour');
    expect(outs[0]).toBe(`gate  ${SELF}  bridge 0.1.0`);
    expect(outs).toContain('  wrong: the disk is full; make room');
    expect(outs).toContainEqual(expect.stringMatching(/^ {2}heard +12$/));
    expect(outs).toContainEqual(expect.stringMatching(/^ {2}budget\.burst +16000$/));
    expect(bridge.desk.changes).toContainEqual({ look: 'gate', through: 'harbour' });
    expect(outs.join('\n')).not.toContain('*');
  });

  it('marks what was set, and says what the mark means', async () => {
    await bridge.run('node', 'set', 'harbour', 'log=debug');
    const { outs } = await bridge.run('node', 'show', 'harbour');
    expect(outs).toContainEqual(expect.stringMatching(/^\* log +debug$/));
    expect(outs.at(-1)).toBe('* was set; `hopline node set NODE NAME=` makes it as usual again');
  });

  it('sets settings by the kind they have, and says what became another', async () => {
    const words = ['log=debug', 'budget.burst=8000', 'stamps=false', `allow=${ADA},${BOB}`];
    const { outs } = await bridge.run('node', 'set', 'harbour', ...words, 'public-address=a.b:1');
    const changes = { log: 'debug', 'budget.burst': 8000, stamps: false, allow: [ADA, BOB] };
    expect(bridge.desk.changes).toContainEqual({
      change: 'harbour',
      through: null,
      changes: { ...changes, 'public-address': 'a.b:1' },
    });
    expect(outs).toContain('budget.burst: 16000 -> 8000');
    expect(outs.at(-1)).toBe(
      'public-address: as the machine has it -> a.b:1  (from its next start on)',
    );
    const again = await bridge.run('node', 'set', 'harbour', 'log=debug');
    expect(again.outs).toEqual(['all of that was so already']);
    await bridge.run('node', 'set', 'harbour', 'log=');
    expect(bridge.desk.changes.at(-1)).toMatchObject({ changes: { log: null } });
  });

  it('says so where there are no boards, and where somebody has no name', async () => {
    const { nodes } = bridge.desk;
    const judge = nodes.judge.bind(nodes);
    nodes.judge = async (...asked) => ({ ...(await judge(...asked)), name: '' });
    nodes.boards = async () => [];
    const none = await bridge.run('node', 'boards', 'harbour');
    expect(none.outs).toEqual(['no boards on the wires of harbour']);
    const { outs } = await bridge.run('node', 'deny', 'harbour', ADA);
    expect(outs).toEqual([`${ADA} is blocked at harbour`]);
  });

  it('restarts, identifies, changes logs, and judges peers from afar', async () => {
    for (const words of [
      ['restart', 'harbour'],
      ['identify', 'gate'],
      ['log', 'gate', 'debug'],
    ]) {
      expect((await bridge.run('node', ...words)).outs).toEqual([`${words[1]}: done`]);
    }
    const { outs } = await bridge.run('node', 'deny', 'harbour', ADA);
    expect(outs).toEqual([`alice (${ADA}) is blocked at harbour`]);
    expect(bridge.desk.changes).toEqual([
      { restart: 'harbour' },
      { identify: 'gate' },
      { log: 'gate', level: 'debug' },
      { judge: 'harbour', id: ADA, isDenied: true },
    ]);
  });

  it('admits an administrator, and dismisses him', async () => {
    const { settings } = bridge.desk.settings();
    const administrators = { ...settings[5], name: 'administrators', value: [BOB] };
    bridge.desk.settings = () => ({ file: 'bridge.yaml', settings: [administrators] });
    const { outs } = await bridge.run('node', 'admit', ADA.toUpperCase());
    expect(outs).toEqual([`${ADA} may administer this bridge`]);
    await bridge.run('node', 'dismiss', BOB);
    expect(bridge.desk.changes).toEqual([
      { settings: { administrators: [BOB, ADA] } },
      { settings: { administrators: [] } },
    ]);
  });

  it('says what is wrong with what was typed', async () => {
    for (const [words, code, what] of WRONG) {
      const { status, errs } = await bridge.run('node', ...words);
      expect([status, errs[0]]).toEqual([STATUS[code], expect.stringContaining(what)]);
    }
  });
});

const WRONG = [
  [['shwo'], 'USAGE', 'did you mean show?'],
  [['show'], 'USAGE', 'which node?'],
  [['set', 'harbour'], 'USAGE', 'which settings?'],
  [['set', 'harbour', 'debug'], 'USAGE', 'write name=value'],
  [['deny', 'harbour', 'ada'], 'USAGE', 'this takes an id'],
  [['admit', 'ada'], 'USAGE', '16 or 64 hex digits'],
  [['show', 'bob'], 'NODE_LOCKED', 'bob does not obey this bridge'],
] as const;
