/**
 * Suggest: which known name is near enough to a mistyped one to be worth naming.
 */
import { describe, expect, it } from 'vitest';
import { suggest } from '../../protocol/suggest.ts';

describe('a suggestion', () => {
  for (const [word, known, end] of [
    ['bnech', ['bench', 'demo'], '; did you mean bench?'],
    ['benc', ['bench', 'demo'], '; did you mean bench?'],
    ['conf', ['bench', 'conformance'], '; did you mean conformance?'],
    ['demoo', ['bench', 'demo'], '; did you mean demo?'],
    ['ada', ['virtual-ada', 'virtual-ben'], '; did you mean virtual-ada?'],
    ['simulate', ['bench', 'demo'], ''],
    ['x', ['up'], ''],
  ] as const) {
    it(`for ${word} among ${known.join(' and ')} is "${end}"`, () => {
      expect(suggest(word, [...known])).toBe(end);
    });
  }
});
