/**
 * Chat in a pipe: lines in, lines out, and nothing that only a person wants.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { STATUS } from '../../../tools/dispatch.ts';
import { ADA, TestBridge, until } from './bridge.ts';

let bridge: TestBridge;
beforeEach(async () => {
  bridge = await TestBridge.start();
});
afterEach(() => bridge.end());

describe('a chat in a pipe', () => {
  it('says its lines one by one and ends with them', async () => {
    bridge.desk.hear({ text: 'before' });
    const lines = ['one', '//two', '', '/msg ada three', '/with ada', 'four', '/public', 'five'];
    const { status, outs, errs } = await talk(lines);
    expect(status).toBe(0);
    expect(errs).toEqual(['you speak to ada alone; /public ends that', 'you speak to everyone']);
    expect(outs.map((line) => line.slice(20))).toEqual([
      'you: one',
      'you: /two',
      'you -> ada: three (waiting)',
      'you -> ada: four (waiting)',
      'you: five',
    ]);
    const said = bridge.desk.said.slice(1).map(({ conversation, text }) => [conversation, text]);
    expect(said).toEqual([
      ['public', 'one'],
      ['public', '/two'],
      [ADA, 'three'],
      [ADA, 'four'],
      ['public', 'five'],
    ]);
  });

  it('goes on after a line that is refused, and tells so at the end', async () => {
    const { status, errs } = await talk(['/msg bob hi', '/wiht ada', '/msg nobody x', 'last']);
    expect(status).toBe(STATUS.MESSAGE_FAILED);
    expect(errs).toEqual([
      expect.stringMatching(/^hopline: not sent: "hi": several peers.*b2b2.*\[AMBIGUOUS_NAME\]$/),
      'hopline: there is no /wiht; did you mean /with?',
      expect.stringMatching(/\[PEER_UNKNOWN\]$/),
      expect.stringContaining('3 lines were refused, see above [MESSAGE_FAILED]'),
    ]);
    expect(bridge.desk.said).toHaveLength(1);
  });

  it('begins with one peer and its history when it is asked to', async () => {
    bridge.desk.hear({ text: 'for all' });
    bridge.desk.hear({ text: 'for you', conversation: ADA });
    const { io, ended } = begin(
      ['hello', '/history 1', '/who', '/state', '/help', '/quit', 'never'],
      ['--to', 'ada', '--history', '5'],
    );
    expect(await ended).toBe(0);
    expect(bridge.desk.said[2]).toMatchObject({ conversation: ADA, text: 'hello' });
    expect(io.outs[0]).toBe('2026-11-21 12:00:00 ada -> you: for you');
    const out = io.outs.join('\n');
    expect(out).toMatch(/you -> ada: hello \(waiting\)/);
    expect(out).toMatch(/^ada +ada0ada0ada0ada0 +here +seen/m);
    expect(out).toMatch(/^health: ok, radios: air$/m);
    expect(out).toMatch(/^\/msg NAME TEXT +say something/m);
    expect(bridge.desk.said).toHaveLength(3);
    expect(bridge.desk.changes).toEqual([]);
  });

  it('prints every event as JSON, and answers in JSON', async () => {
    const { io, ended } = begin(['hello', '/who', '/state'], ['--json']);
    expect(await ended).toBe(0);
    const kinds = io.outs.map((line) => JSON.parse(line).kind);
    expect(kinds.filter((kind) => kind !== 'message')).toEqual(['peers', 'state']);
  });

  it('tells what becomes of its messages, and who comes and goes', async () => {
    const { io, ended, release } = held(['/msg ada hi']);
    await until(() => bridge.desk.said.length === 1);
    bridge.desk.further(1, { state: 'delivered' });
    const [ada] = bridge.desk.known;
    bridge.desk.tell({ kind: 'peer', peer: ada });
    bridge.desk.tell({ kind: 'peer-left', id: ADA, name: 'ada', reason: 'timeout' });
    bridge.desk.tell({ kind: 'peer-left', id: ADA, name: 'ada', reason: 'timeout' });
    bridge.desk.tell({ kind: 'peer', peer: ada });
    await until(() => io.outs.length === 4);
    release();
    expect(await ended).toBe(0);
    expect(io.outs.map((line) => line.slice(20))).toEqual([
      'you -> ada: hi (waiting)',
      'delivered to ada: "hi"',
      '* ada has left',
      '* ada is here',
    ]);
  });

  it('is refused where it cannot begin', async () => {
    expect(await bridge.run('chat', '--to', 'bob')).toMatchObject({
      status: STATUS.AMBIGUOUS_NAME,
    });
    await bridge.go();
    expect(await bridge.run('chat')).toMatchObject({ status: STATUS.BRIDGE_UNREACHABLE, outs: [] });
  });
});

function begin(lines: string[], words: string[] = []) {
  const begun = bridge.begin('chat', ...words);
  begun.io.typed = lines;
  begun.io.wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  return begun;
}

async function talk(lines: string[]) {
  const { io, ended } = begin(lines);
  return { status: await ended, outs: io.outs, errs: io.errs };
}

/** One whose input does not end before it is released. */
function held(lines: string[]) {
  const begun = bridge.begin('chat');
  let release = (): void => {};
  const end = new Promise<null>((resolve) => (release = () => resolve(null)));
  begun.io.dialogue = () => ({
    isLive: false,
    next: async () => lines.shift() ?? end,
    say: (line) => void begun.io.outs.push(line),
    prompt() {},
    putBack() {},
    ring() {},
    isWatched: () => true,
    close: () => release(),
  });
  return { ...begun, release: () => release() };
}
