/**
 * A failure is read by whoever has to mend it: long bytes are shortened, and it says where they part.
 */
import { describe, expect, it } from 'vitest';
import { judge } from '../../tools/conformance/judge.ts';
import { asText, inWords } from '../../tools/conformance/report.ts';
import type { Fields, Json } from '../../tools/conformance/suite.ts';

const LONG = '00112233445566778899'.repeat(10);

describe('a failure', () => {
  for (const [what, expected, got, lines] of [
    ['short bytes', '0a0b', '0a0c', ['expected  0a0b', 'got       0a0c']],
    ['nothing', '', null, ['expected  ""', 'got       null']],
    ['an absent field', 7, undefined, ['expected  7', 'got       nothing']],
    [
      'long bytes',
      LONG,
      `${LONG.slice(0, 91)}f${LONG.slice(92)}`,
      [
        'expected  0011223344556677889900112233445566778899...66778899 (100 bytes)',
        'got       0011223344556677889900112233445566778899...66778899 (100 bytes)',
        'they part at byte 45: 5566778899001122... and 5f66778899001122...',
      ],
    ],
    [
      'bytes that end early',
      LONG,
      LONG.slice(0, 190),
      [
        'expected  0011223344556677889900112233445566778899...66778899 (100 bytes)',
        'got       0011223344556677889900112233445566778899...11223344 (95 bytes)',
        'they part at byte 95: 5566778899 and its end',
      ],
    ],
    [
      'bytes that go on',
      LONG.slice(0, 40),
      LONG,
      [
        'expected  0011223344556677889900112233445566778899',
        'got       0011223344556677889900112233445566778899...66778899 (100 bytes)',
        'they part at byte 20: its end and 0011223344556677...',
      ],
    ],
    [
      'marks',
      '1'.repeat(80),
      '1'.repeat(70) + '0'.repeat(10),
      [
        'expected  1111111111111111111111111111111111111111...11111111 (80 characters)',
        'got       1111111111111111111111111111111111111111...00000000 (80 characters)',
        'they part at character 70: 1111111111 and 0000000000',
      ],
    ],
  ] as [string, Json, Json | undefined, string[]][]) {
    it(`shows ${what}`, () => {
      expect(failure({ a: expected }, got === undefined ? {} : { a: got })).toEqual([
        '  -> a',
        ...lines.map((line) => `     ${line}`),
      ]);
    });
  }

  it('of a list names the first entry that differs', () => {
    expect(failure({ list: ['00', '01', '02'] }, { list: ['00', null, '03'] })).toEqual([
      '  -> list[1]',
      '     expected  01',
      '     got       null',
    ]);
  });

  it('of lists of different length shows both, shortened', () => {
    const list = ['00', '01', '02', '03', '04', '05', '06', { a: 1, b: null }];
    expect(failure({ list }, { list: [{ a: 1, b: null }] })).toEqual([
      '  -> list',
      '     expected  [00, 01, 02, 03, 04, 05, ... (8)]',
      '     got       [{ a 1, b null }]',
    ]);
  });

  it('where a refusal was expected shows what came instead', () => {
    expect(failure({ error: 'cut' }, { a: '00', b: [] })).toEqual([
      '  -> error',
      '     expected  any refusal',
      '     got       { a 00, b [] }',
    ]);
  });
});

describe('counts', () => {
  it('say what passed, and the rest only where there is any', () => {
    expect(inWords({ passed: 3, failed: 0, unsupported: 0 })).toBe('3 passed');
    expect(inWords({ passed: 0, failed: 2, unsupported: 1 })).toBe(
      '0 passed, 2 failed, 1 unsupported',
    );
  });
});

/** What is said of one answer, below the question. */
function failure(expected: Fields, answer: Fields): string[] {
  const asked = { name: 'a case', op: 'an.op', given: { frame: '00' }, expect: expected };
  const results = [{ asked, answer, verdict: judge(asked, answer, false) }];
  const lines = asText([{ group: { group: 'a', spec: '', cases: [asked] }, results }], false);
  expect(lines.slice(0, 5)).toEqual([
    'a  0 passed, 1 failed',
    '',
    'a: a case',
    '  an.op',
    '  frame 00',
  ]);
  return lines.slice(5);
}
