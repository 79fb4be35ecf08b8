/**
 * Lines that a terminal shows whole, between words.
 */
import { describe, expect, it } from 'vitest';
import { broken } from '../../tools/breaking.ts';

describe('a line', () => {
  for (const [what, line, lines] of [
    ['that fits stands', 'exactly as wide as the room for it is', null],
    [
      'of words is broken between them',
      'packets are flooded, as it is on another island',
      ['packets are flooded, as it is on', 'another island'],
    ],
    [
      'goes on below its last column',
      '  wrong    the disk is full; see to the disk',
      ['  wrong    the disk is full; see to', '           the disk'],
    ],
    [
      'goes on behind its label',
      '  wrong: there is no room; make some more room',
      ['  wrong: there is no room; make some', '         more room'],
    ],
    [
      'goes on below what is not coloured',
      '\x1b[31mproblem\x1b[0m  kernel: it knows no Bluetooth here',
      ['\x1b[31mproblem\x1b[0m  kernel: it knows no', '         Bluetooth here'],
    ],
    ['that is one word stands', `hopline:${'0'.repeat(40)}`, null],
    ['that is there to be copied stands', '  hopline join hopline:gate.example.org:8334/ab', null],
    ['of a wide table stands', 'virtual-gateway  36f88e75763e4700  127.0.0.1 has no room', null],
    ['ends where it is told to', 'one\ntwo', ['one', 'two']],
  ] as const) {
    it(what, () => expect(broken(line, 37)).toEqual(lines ?? [line]));
  }

  it('of a pipe is never broken', () => {
    const line = 'word '.repeat(100);
    expect(broken(line, Infinity)).toEqual([line]);
  });
});
