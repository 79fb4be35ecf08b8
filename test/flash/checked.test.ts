/**
 * Checked: what was damaged on the way, in whatever place, is neither run nor believed.
 */
import { describe, expect, it } from 'vitest';
import type { Answer } from '../../tools/flash/checked.ts';
import { Asker } from '../../tools/flash/checked.ts';
import { Talk } from '../../tools/flash/talk.ts';
import { Board, Flash, PUCK } from '../../tools/simulate/board.ts';
import { runs, SEED, xorshift } from '../seed.ts';
import type { Cable } from './bench.ts';
import { GOOD, play } from './bench.ts';

describe('a question', () => {
  it('is answered with its value, which may use the text that came with it', () => {
    expect(ask('d.length+40', 'ab')).toEqual({ ok: true, value: 42 });
    expect(ask('[1,"<hop>"]')).toEqual({ ok: true, value: [1, '<hop>'] });
  });

  it('that throws is told so, in the words of the board', () => {
    expect(ask('E.nothing()')).toMatchObject({ ok: false, reason: 'threw' });
  });

  it('whose wrapper was damaged is asked again, whatever the wrapper then threw', () => {
    for (const [whole, damaged] of [
      ['eval(c)', 'eval(b)'],
      ['E.CRC32(c+d)', 'E.CRC32(c+D)'],
      ['[i,0]', '[i,2]'],
      ['40+2', '40+3'],
      ['r=JSON.stringify(r)', 'r=JSON.stringify(n)'],
      ['\n', 'J'],
    ]) {
      expect(ask('40+2', '', damaging(whole, damaged)), whole).toEqual({ ok: true, value: 42 });
    }
  });

  it('is given up when nobody answers', () => {
    const alter = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, 0);
    expect(ask('1', '', { ...GOOD, alter })).toEqual({ ok: false, reason: 'unanswered' });
  });

  it('is never answered wrongly, with any one bit of it changed', () => {
    const random = xorshift(SEED);
    for (let round = 0; round < runs(150, 5000); round++) {
      const bit = random(8 * 180);
      let at = 0;
      const alter = (bytes: Uint8Array): Uint8Array => {
        const index = (bit >> 3) - at;
        if (index >= 0 && index < bytes.length) bytes[index] ^= 1 << (bit & 7);
        at += bytes.length;
        return bytes;
      };
      const answer = ask('d.length*21', 'ab', { ...GOOD, alter });
      expect(answer, `bit ${bit}`).toEqual({ ok: true, value: 42 });
    }
  });
});

/** Changes the first of these on its way to the board. */
function damaging(whole: string, damaged: string): Cable {
  let isDone = false;
  let rest = '';
  const alter = (bytes: Uint8Array): Uint8Array => {
    if (isDone) return bytes;
    const before = rest.length;
    const text = rest + String.fromCharCode(...bytes);
    const at = text.indexOf(whole);
    isDone = at >= 0;
    if (!isDone) {
      rest = text;
      return bytes;
    }
    // What lies in an earlier piece has left; then only the end of it is changed.
    for (let i = 0; i < damaged.length; i++) {
      const place = at + i - before;
      if (place >= 0) bytes[place] = damaged.charCodeAt(i);
    }
    return bytes;
  };
  return { ...GOOD, alter };
}

function ask(code: string, text = '', cable: Cable = GOOD): Answer {
  const talk = new Talk<never, Answer>(115_200, (speaker) => {
    return new Asker(speaker, 1).run(code, text);
  });
  const { result } = play(talk, new Board(PUCK, new Flash(1000)), cable);
  if (result === null) expect.fail('no answer within an hour');
  return result;
}
