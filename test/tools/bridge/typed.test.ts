/**
 * Typed: each line means one thing, and whoever mistyped is told how it goes.
 */
import { describe, expect, it } from 'vitest';
import { completions, helpLines, typed } from '../../../tools/bridge/typed.ts';

describe('a line that is typed', () => {
  for (const [line, meaning] of [
    ['hello there ', { kind: 'say', text: 'hello there' }],
    ['//etc is full', { kind: 'say', text: '/etc is full' }],
    ['   ', { kind: 'nothing' }],
    ['/who', { kind: 'who' }],
    ['/msg ada see you', { kind: 'msg', to: 'ada', text: 'see you' }],
    ['/msg "jo ann" see you', { kind: 'msg', to: 'jo ann', text: 'see you' }],
    ['/msg @ada hi', { kind: 'msg', to: 'ada', text: 'hi' }],
    ['/with ada', { kind: 'with', who: 'ada' }],
    ['/with jo ann', { kind: 'with', who: 'jo ann' }],
    ['/with "jo ann"', { kind: 'with', who: 'jo ann' }],
    ['/history', { kind: 'history', count: 20 }],
    ['/history 3', { kind: 'history', count: 3 }],
    ['/quit', { kind: 'quit' }],
    ['/rooms', { kind: 'rooms' }],
    ['/again', { kind: 'again' }],
    ['/search two seats', { kind: 'search', words: 'two seats' }],
    ['/ping', { kind: 'ping', who: null }],
    ['/trace jo ann', { kind: 'trace', who: 'jo ann' }],
    ['/path @ada', { kind: 'path', who: 'ada' }],
    ['/m ada one\ntwo', { kind: 'msg', to: 'ada', text: 'one\ntwo' }],
    [' /q', { kind: 'quit' }],
    ['/search', { kind: 'mistake', why: 'it goes /search WORDS' }],
  ] as const) {
    it(`as "${line}" is ${JSON.stringify(meaning)}`, () => {
      expect(typed(line)).toEqual(meaning);
    });
  }

  for (const [line, why] of [
    ['/wiht ada', 'there is no /wiht; did you mean /with?'],
    ['/toString', 'there is no /toString; /help lists what there is'],
    ['/', 'there is no /; /help lists what there is'],
    ['/msg ada', 'it goes /msg NAME TEXT'],
    ['/msg', 'it goes /msg NAME TEXT'],
    ['/with', 'it goes /with NAME'],
    ['/who is there', 'it goes /who'],
    ['/history all', 'it goes /history [n]'],
    ['/history 0', 'it goes /history [n]'],
    ['/history 1001', 'it goes /history [n]'],
  ]) {
    it(`as "${line}" is a mistake: ${why}`, () => {
      expect(typed(line)).toEqual({ kind: 'mistake', why });
    });
  }
});

describe('a line that is not finished', () => {
  const names = ['ada', 'Adam', 'jo ann'];
  for (const [line, hits, replaced] of [
    ['/w', ['/who ', '/with '], '/w'],
    ['/with a', ['ada ', 'Adam '], 'a'],
    ['/msg j', ['"jo ann" '], 'j'],
    ['/msg "jo', ['"jo ann" '], '"jo'],
    ['hello a', [], 'hello a'],
    ['/trace j', ['"jo ann" '], 'j'],
    ['thanks @AD', ['@ada ', '@Adam '], '@AD'],
    ['mail me@ad', [], 'mail me@ad'],
  ] as const) {
    it(`as "${line}" may become ${hits.join('or ') || 'nothing else'}`, () => {
      expect(completions(line, names)).toEqual([hits, replaced]);
    });
  }
});

it('help fits a screen of 24 rows and 80 columns, with a row to type in', () => {
  expect(helpLines().length).toBeLessThan(24);
  for (const line of helpLines()) expect(line.length).toBeLessThanOrEqual(80);
});
