/**
 * What is typed into the plain UDP chat: as with the Python peers, and as in the chat over a bridge.
 */
import { describe, expect, it } from 'vitest';
import { completions, helpLines, typed } from '../../../tools/udp-chat/typed.ts';

describe('a line that is typed', () => {
  for (const [line, wish] of [
    [' hello world ', { kind: 'say', text: 'hello world' }],
    ['@127.0.0.1:9003 psst', { kind: 'msg', to: '127.0.0.1:9003', text: 'psst' }],
    ['/msg [::1]:9003 psst', { kind: 'msg', to: '[::1]:9003', text: 'psst' }],
    ['/msg @a.local:1 x  y', { kind: 'msg', to: 'a.local:1', text: 'x  y' }],
    ['@@home', { kind: 'say', text: '@home' }],
    ['//etc', { kind: 'say', text: '/etc' }],
    ['quit', { kind: 'quit' }],
    [' EXIT', { kind: 'quit' }],
    ['q', { kind: 'quit' }],
    ['/quit', { kind: 'quit' }],
    ['quite', { kind: 'say', text: 'quite' }],
    ['/with 127.0.0.1:9003', { kind: 'with', to: '127.0.0.1:9003' }],
    ['/history', { kind: 'history', count: 20 }],
    ['/history 3', { kind: 'history', count: 3 }],
    ['/stats', { kind: 'stats' }],
    ['', { kind: 'nothing' }],
  ] as const) {
    it(`"${line}" means to ${wish.kind}`, () => expect(typed(line)).toEqual(wish));
  }

  for (const line of [
    '@127.0.0.1:9003',
    '@nobody psst',
    '/msg 127.0.0.1 psst',
    '/msg 127.0.0.1:70000 psst',
    '/with ada',
    '/history 0',
    '/stats now',
    '/stat',
  ]) {
    it(`"${line}" is a mistake that is explained`, () => {
      expect(typed(line)).toEqual({
        kind: 'mistake',
        why: expect.stringMatching(/it goes|mean \/stats/),
      });
    });
  }

  it('may be finished by a tab: a command, or an address', () => {
    const all = ['127.0.0.1:9002', '127.0.0.1:9003'];
    expect(completions('/st', all)).toEqual([['/stats '], '/st']);
    expect(completions('@127.0.0.1:9003', all)).toEqual([['127.0.0.1:9003 '], '127.0.0.1:9003']);
    expect(completions('/with 127', all)).toEqual([all.map((one) => `${one} `), '127']);
    expect(completions('hello 127', all)).toEqual([[], 'hello 127']);
  });

  it('has a command for each that help lists', () => {
    for (const line of helpLines().slice(0, -1)) {
      const name = /^\/\w+/.exec(line)![0];
      expect(typed(name)).not.toMatchObject({ why: expect.stringContaining('there is no') });
    }
  });
});
