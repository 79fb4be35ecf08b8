/**
 * When an answer is the one expected: only the expected fields count, any refusal is one unless its
 * reason is asked for, and what is not supported is neither good nor bad.
 */
import { describe, expect, it } from 'vitest';
import { judge } from '../../tools/conformance/judge.ts';
import type { Case, Fields } from '../../tools/conformance/suite.ts';

const PASSED = { kind: 'passed' };

describe('an answer where a value is expected', () => {
  const asked = aCase({ a: 'ff', n: null, list: ['01', { b: 2 }] });
  const right = { a: 'ff', n: null, list: ['01', { b: 2 }] };

  for (const [what, answer] of [
    ['the same', right],
    ['the same and more', { ...right, more: 1 }],
    ['the same without what is null', { a: 'ff', list: ['01', { b: 2 }] }],
  ] as [string, Fields][]) {
    it(`passes when it is ${what}`, () => {
      expect(judge(asked, answer, false)).toEqual(PASSED);
    });
  }

  for (const [what, answer, fields] of [
    ['another text', { ...right, a: 'fe' }, ['a']],
    ['text in upper case', { ...right, a: 'FF' }, ['a']],
    ['a value for null', { ...right, n: '' }, ['n']],
    ['a shorter list', { ...right, list: ['01'] }, ['list']],
    ['another entry', { ...right, list: ['01', { b: 3 }] }, ['list']],
    ['an entry with more in it', { ...right, list: ['01', { b: 2, c: 3 }] }, ['list']],
    ['an object for a list', { ...right, list: { 0: '01', 1: { b: 2 } } }, ['list']],
    ['text for a number', { ...right, list: ['01', { b: '2' }] }, ['list']],
    ['nothing', {}, ['a', 'list']],
    ['a refusal', { error: 'no' }, ['error']],
    ['a refusal besides the right answer', { ...right, error: 'no' }, ['error']],
    ['an error that is no word', { ...right, error: 7 }, ['error']],
    ['not quite unsupported', { unsupported: 1 }, ['a', 'list']],
  ] as [string, Fields, string[]][]) {
    it(`fails when it is ${what}`, () => {
      const verdict = judge(asked, answer, false);
      expect(verdict.kind === 'failed' && verdict.differences.map(({ field }) => field)).toEqual(
        fields,
      );
    });
  }

  it('may be a refusal where the case says so, and nothing else', () => {
    const lenient = { ...asked, mayRefuse: 'it is odd' };
    expect(judge(lenient, { error: 'odd' }, true)).toEqual(PASSED);
    expect(judge(lenient, right, true)).toEqual(PASSED);
    expect(judge(lenient, { ...right, a: '00' }, false).kind).toBe('failed');
    expect(judge(lenient, {}, false).kind).toBe('failed');
  });
});

describe('an answer where a refusal is expected', () => {
  const asked = aCase({ error: 'too-short' });

  it('passes with any word, or with the very one where reasons count', () => {
    expect(judge(asked, { error: 'too-short' }, true)).toEqual(PASSED);
    expect(judge(asked, { error: 'no idea' }, false)).toEqual(PASSED);
    expect(judge(asked, { error: '' }, false)).toEqual(PASSED);
  });

  for (const [what, answer, withReasons, got] of [
    ['another reason where reasons count', { error: 'cut' }, true, 'cut'],
    ['no error', {}, false, {}],
    ['an error that is no word', { error: true }, false, { error: true }],
    ['a value', { a: '00' }, false, { a: '00' }],
  ] as [string, Fields, boolean, unknown][]) {
    it(`fails with ${what}`, () => {
      const expected = withReasons ? 'too-short' : 'any refusal';
      const verdict = judge(asked, answer, withReasons);
      expect(verdict.kind === 'failed' && verdict.differences).toEqual([
        { field: 'error', expected, got },
      ]);
    });
  }
});

describe('an answer of a subject that does not do this', () => {
  it('is counted apart, whatever was expected', () => {
    for (const expected of [{ a: '00' }, { error: 'cut' }]) {
      expect(judge(aCase(expected), { unsupported: true }, true)).toEqual({ kind: 'unsupported' });
    }
  });
});

function aCase(expected: Fields): Case {
  return { name: 'a case', op: 'an.op', given: {}, expect: expected };
}
