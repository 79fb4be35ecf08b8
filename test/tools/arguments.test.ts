/**
 * Arguments: what a command line means, and the one line that says what is wrong with it.
 */
import { describe, expect, it } from 'vitest';
import { readArguments } from '../../tools/arguments.ts';
import { has, JSON_OPTION, textOf, wholeNumberOf } from '../../tools/command.ts';
import type { Args, Command } from '../../tools/command.ts';

describe('a command line', () => {
  for (const [words, operands, values] of [
    [['one'], ['one'], {}],
    [['one', '--json'], ['one'], { json: true }],
    [['--json', 'one'], ['one'], { json: true }],
    [['--seed', '4', 'one'], ['one'], { seed: '4' }],
    [['--seed=4', 'one'], ['one'], { seed: '4' }],
    [['-s', '4', 'one'], ['one'], { seed: '4' }],
    [['--seed=-4', 'one'], ['one'], { seed: '-4' }],
    [['--seed', '-', 'one'], ['one'], { seed: '-' }],
    [['--seed', '2', '--seed', '2', 'one'], ['one'], { seed: '2' }],
    [['--json', 'one', '--json'], ['one'], { json: true }],
    [['--', '--json'], ['--json'], {}],
    [['one', 'two'], ['one', 'two'], {}],
  ] as const) {
    it(`of "${words.join(' ')}" is understood`, () => {
      expect(readArguments([...words], COMMAND)).toEqual({ operands, values });
    });
  }

  for (const words of [['--help'], ['-h'], ['one', 'two', 'three', '--help'], ['--seed=1', '-h']]) {
    it(`of "${words.join(' ')}" asks for help, whatever else it says`, () => {
      expect(readArguments(words, COMMAND)).toBeNull();
    });
  }

  for (const [words, complaint] of [
    [[], 'something is missing'],
    [['one', 'two', 'three'], '"three" is too much'],
    [['one', '--sed', '4'], 'there is no option --sed; did you mean --seed?'],
    [['one', '--sede=4'], 'there is no option --sede; did you mean --seed?'],
    [['one', '--verbose'], 'there is no option --verbose (usage'],
    [['one', '--toString'], 'there is no option --toString (usage'],
    [['one', '-x'], 'there is no option -x (usage'],
    [['one', '-s', '1', '--seed=2'], '--seed is given twice, as "1" and as "2"'],
    [['one', '--seed'], '--seed needs a value'],
    [['one', '--seed='], '--seed needs a value'],
    [['one', '--seed', '--json'], '--seed needs a value; if --json is one, write --seed=--json'],
    [['one', '--json=yes'], '--json takes no value'],
  ] as const) {
    it(`of "${words.join(' ')}" is refused with what to write instead`, () => {
      expect(() => readArguments([...words], COMMAND)).toThrow(complaint);
      expect(() => readArguments([...words], COMMAND)).toThrow(
        /usage: hopline try <it> .*\[USAGE\]$/,
      );
    });
  }
});

it('of a command with a long usage is refused with where to read it', () => {
  const long = { ...COMMAND, usage: `hopline try ${'[--more <n>] '.repeat(8)}` };
  expect(() => readArguments(['one', '--sed'], long)).toThrow(
    'no option --sed; did you mean --seed? (hopline help try explains it) [USAGE]',
  );
});

describe('a whole number', () => {
  const limits = { least: -2, most: 300 };
  for (const [text, number] of [
    ['0', 0],
    ['-2', -2],
    ['300', 300],
    ['007', 7],
  ] as const) {
    it(`is read from ${text}`, () => {
      expect(wholeNumberOf(given({ seed: text }), 'seed', limits, 9)).toBe(number);
    });
  }
  for (const text of ['-3', '301', '1.5', '1e2', '0x10', 'many', ' 1', 'Infinity', 'NaN']) {
    it(`is not read from "${text}"`, () => {
      expect(() => wholeNumberOf(given({ seed: text }), 'seed', limits, 9)).toThrow(
        `--seed takes a whole number from -2 to 300, not "${text}" [USAGE]`,
      );
    });
  }
  it('that is absent is the usual one', () => {
    expect(wholeNumberOf(given({}), 'seed', limits, 9)).toBe(9);
  });
});

it('options are asked for by their kind', () => {
  const args = given({ json: true, seed: '4' });
  expect([has(args, 'json'), has(args, 'seed'), has(args, 'other')]).toEqual([true, false, false]);
  expect([textOf(args, 'seed'), textOf(args, 'json')]).toEqual(['4', null]);
});

const COMMAND: Command = {
  name: 'try',
  summary: 'try it',
  usage: 'hopline try <it> [<more>]',
  operands: { least: 1, most: 2 },
  options: { json: JSON_OPTION, seed: { type: 'string', short: 's', help: 'a number' } },
  async run() {},
};

function given(values: Args['values']): Args {
  return { operands: [], values };
}
