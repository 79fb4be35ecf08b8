/**
 * Chat in a pipe: lines in, lines out, and nothing that only a person wants.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { STATUS } from '../../../tools/dispatch.ts';
import { ADA, NOON, TestBridge } from './bridge.ts';
import { until } from '../../patience.ts';

let bridge: TestBridge;
beforeEach(async () => {
  bridge = await TestBridge.start();
});
afterEach(() => {
  vi.useRealTimers();
  return bridge.end();
});

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

  it('answers what is asked beside talking', async () => {
    vi.setSystemTime(NOON);
    bridge.desk.hear({ text: 'two\nseats', heardAt: NOON - 60_000 });
    bridge.desk.hear({ text: 'psst', conversation: ADA, heardAt: NOON - 7_200_000 });
    bridge.desk.unread[ADA] = 3;
    const asked = ['/rooms', '/search seats', '/search nothing', '/ping ada', '/with ada'];
    const { status, outs, errs } = await talk([...asked, '/ping', '/trace', '/path']);
    expect(status).toBe(0);
    expect(outs.map((line) => line.replace(/\d{4}-.{14}/, 'DAY TIME'))).toEqual([
      'conversation  unread  last       said',
      'ada           3       2 h ago    psst',
      'everyone              1 min ago  ada: two seats',
      'DAY TIME ada: two / seats',
      'ada did not answer; phones with Android, boards, and who is blocked here never do',
      'ada did not answer; phones with Android, boards, and who is blocked here never do',
      'hop  node              name  over  dBm  ms',
      '  2  ada0ada0ada0ada0  ada   air   -70  30',
      'taken  hops  cost  arrives  over  why',
      'yes       1   250  50 %     ada   1 hop',
      'switched 1 time, last at DAY TIME: the route before was broken, or came to nothing',
      'strategy shortest; 3 other nodes known',
    ]);
    expect(errs).toEqual(['nobody said nothing', 'you speak to ada alone; /public ends that']);
  });

  it('says again what failed, and asks whom a question is about', async () => {
    const { io, ended, release } = held(['/again', '/trace', '/msg ada hi']);
    await until(() => bridge.desk.said.length === 1);
    bridge.desk.further(1, { state: 'failed', reason: 'no-route' });
    await until(() => io.outs.length === 2);
    release('/again');
    await until(() => bridge.desk.said.length === 2);
    release(null);
    await ended;
    expect(bridge.desk.said[1]).toMatchObject({ conversation: ADA, text: 'hi', isOwn: true });
    expect(io.errs.slice(0, 2)).toEqual([
      'hopline: nothing failed since this chat began',
      'hopline: say whom: /trace NAME',
    ]);
  });

  it('sends nothing that is too long, and says by how much', async () => {
    const { status, errs } = await talk([`/msg ada ${'ß'.repeat(150)}`]);
    expect(status).toBe(STATUS.MESSAGE_FAILED);
    expect(errs[0]).toBe('hopline: not sent: 45 bytes more than the 255 of a private message');
    expect(bridge.desk.said).toEqual([]);
  });

  it('prints every event as JSON, and answers in JSON', async () => {
    const asked = ['/who', '/state', '/rooms', '/search x', '/ping ada', '/trace ada', '/path ada'];
    const { io, ended } = begin(['hello', ...asked], ['--json']);
    expect(await ended).toBe(0);
    const kinds = io.outs.map((line) => JSON.parse(line).kind);
    expect(kinds.filter((kind) => kind !== 'message')).toEqual(
      ['peers', 'state', 'rooms', 'found', 'ping', 'trace', 'path'], // prettier-ignore
    );
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
    release(null);
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

/** One whose input goes on, line by line, until null is released. */
function held(lines: string[]) {
  const begun = bridge.begin('chat');
  const released: (string | null)[] = [];
  let wake = (): void => {};
  const next = async (): Promise<string | null> => {
    while (released.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return released.shift()!;
  };
  const release = (line: string | null): void => {
    released.push(line);
    wake();
  };
  begun.io.dialogue = () => ({
    isLive: false,
    next: async () => lines.shift() ?? next(),
    say: (line) => void begun.io.outs.push(line),
    prompt() {},
    putBack() {},
    ring() {},
    isWatched: () => true,
    close: () => release(null),
  });
  return { ...begun, release };
}
