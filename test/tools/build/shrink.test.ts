/**
 * Shrink: a program made small does what it did, with fewer functions; and what nobody asks for is
 * gone from it. Each case is run in both forms; classes stand as esbuild leaves them.
 */
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { shrink } from '../../../tools/build/shrink/shrink.ts';

const KNOWN = new Set(['length', 'push', 'subarray']);

const PROGRAMS: [what: string, code: string, gone: RegExp][] = [
  [
    'a class with one instance has no object',
    `var Counter = class { constructor(from) { this.count = from; } add(n) { this.count += n; return this.count; } };
     const counter = new Counter(2);
     function twice(n) { counter.add(n); return counter.add(n); }
     say(twice(3)); say(twice(4));`,
    /class|this/,
  ],
  [
    'an object written out once has none either',
    `const clock = { at: 5, now(by) { return clock.at + by; } };
     clock.at = 7; say(clock.now(1)); say(clock.now(say(2)));`,
    /\{ at/,
  ],
  [
    'a function called once stands where it is called',
    `function sort(a) { if (a < 0) return 'less'; if (a === 0) return 'none'; return 'more'; }
     function tell(a) { const what = sort(a); say(what); }
     tell(-1); tell(0); tell(1);`,
    /sort\(/,
  ],
  [
    'one that returns from a loop is left alone',
    `function find(list, x) { for (let i = 0; i < list.length; i++) { if (list[i] === x) return i; } return -1; }
     function tell(x) { const at = find([5, 6], x); say(at); say(at); }
     tell(6); tell(9);`,
    /never/,
  ],
  [
    'what is done first stays first',
    `let n = 0; function step() { n++; return n; } function both(a, b) { return b * 10 + a; }
     function run() { say(both(step(), step())); } run(); run();`,
    /never/,
  ],
  [
    'methods and fields that nobody reads are dropped',
    `var Pair = class { constructor(a) { this.a = a; this.unread = say(1); } get1() { return this.a; } other() { return 'other'; } };
     const pairs = [new Pair(1), new Pair(2)];
     for (let i = 0; i < pairs.length; i++) say(pairs[i].get1());`,
    /other|unread/,
  ],
  [
    'a part with one owner becomes part of it',
    `var Queue = class { constructor(most) { this.items = []; this.most = most; } add(x) { if (this.items.length < this.most) this.items.push(x); } size() { return this.items.length; } };
     var Link = class { constructor() { this.queue = new Queue(2); } send(x) { this.queue.add(x); return this.queue.size(); } };
     const links = [new Link(), new Link()];
     for (let i = 0; i < 5; i++) say(links[i % 2].send(i));`,
    /Queue = |new Queue/,
  ],
  [
    'kinds become numbers',
    `function step(input) { switch (input.kind) { case 'heard': return input.x; case 'sent': return -1; default: return 0; } }
     function all(list) { for (let i = 0; i < list.length; i++) say(step(list[i])); }
     all([{ kind: 'heard', x: 4 }, { kind: 'sent' }, { kind: 'other' }]);`,
    /heard|sent/,
  ],
  [
    'a recursive function, and a shared name, keep their meaning',
    `function sum(list, at) { return at < list.length ? list[at] + sum(list, at + 1) : 0; }
     const x = 1; { const x = 2; say(x); } say(x + sum([1, 2, 3], 0));`,
    /never/,
  ],
];

describe('a shrunk program', () => {
  for (const [what, code, gone] of PROGRAMS) {
    it(`does what it did: ${what}`, () => {
      const small = shrink(code, KNOWN);
      expect(said(small)).toEqual(said(code));
      expect(said(code).length).toBeGreaterThan(0);
      expect(small).not.toMatch(gone);
      expect(small.match(/function|=>/g)?.length ?? 0).toBeLessThanOrEqual(
        code.match(/function|=>|\w+\([^()]*\) \{/g)?.length ?? 0,
      );
    });
  }

  it('holds nothing that a board does not know', () => {
    expect(() => shrink('say(async () => 1, yieldless`x`);', KNOWN)).toThrow(/Tagged/);
  });
});

/** What a program says; `say` gives back what it is told. */
function said(code: string): string[] {
  const lines: string[] = [];
  const say = (text: unknown): unknown => {
    lines.push(String(text));
    return text;
  };
  runInNewContext(code, { say });
  return lines;
}
