/**
 * The device gate: what passes runs on a board, as far as anyone can tell without one.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  bundleAllForDevice,
  bundleForDevice,
  problemsIn,
} from '../../../tools/build/device-gate.ts';

const folder = mkdtempSync(join(tmpdir(), 'hopline-gate-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('sources in the subset', () => {
  it('become one small program that does the same', async () => {
    write('ring.ts', 'export class Ring { private n = 2; next(): number { return ++this.n; } }');
    const entry = write(
      'main.ts',
      "import { Ring } from './ring.ts';\nconst ring = new Ring();\nreport(ring.next() ?? `${0}`);",
    );
    const { code, problems, functions } = await bundleForDevice(entry);
    expect(problems).toEqual([]);
    const reported: unknown[] = [];
    new Function('report', code)((value: unknown) => reported.push(value));
    expect(reported).toEqual([3]);
    expect(functions).toBe(3);
    expect(code).not.toMatch(/import|export|\n./);
  });

  it('may use what esbuild can lower', async () => {
    const entry = write(
      'lower.ts',
      'const a = { b: 2 as number };\nlet c = a?.b ** 2;\nreport(c);',
    );
    const { code, problems } = await bundleForDevice(entry);
    expect(problems).toEqual([]);
    expect(code).not.toMatch(/\?\.|\*\*/);
  });

  it('are bundled whole when all are asked for, used or not', async () => {
    write('unused.ts', 'export function unused(): string { return "nobody calls"; }');
    const { code, problems } = await bundleAllForDevice(folder, ['unused.ts']);
    expect(code).toContain('nobody calls');
    expect(problems).toEqual([]);
  });
});

describe('sources beyond the subset', () => {
  for (const [what, text, problem] of [
    ['a default argument', 'report((a = 1) => a);', /bad\.ts:1: .*default arguments/],
    ['destructuring', 'const { a } = report();\nreport(a);', /bad\.ts:1: .*destructuring/],
    ['async', 'report(async () => 1);', /bad\.ts:1: .*async/],
    ['a generator', 'report(function* () {});', /bad\.ts:1: .*generator/],
    ['a spread', 'report(...[1]);', /bad\.ts:1: .*rest arguments|spread/],
    ['a missing file', "import './none.ts';", /bad\.ts:1: Could not resolve/],
    ['no program at all', 'const = 1;', /bad\.ts:1: /],
    ['a private name', 'class A { #a = 1; b() { return this.#a; } }\nreport(new A());', /WeakMap/],
    ['a BigInt', 'report(1n);', /BigInt|big/i],
    ['a Map', 'report(new Map());', /a board has no Map/],
    ['a closure over a counter', 'for (let i = 0; i < 3; i++) report(() => i);', /shares one/],
    ['an early call', 'later();\nfunction later() { report(1); }', /used above/],
    ['a slice', 'report(new Uint8Array(3).slice(1));', /\.slice\(\)/],
    ['extends Error', 'class A extends Error {}\nreport(new A());', /extends a built-in/],
    ['an import of Node', "import 'node:fs';", /node:fs/],
  ] as const) {
    it(`with ${what} are refused by name`, async () => {
      const { problems } = await bundleForDevice(write('bad.ts', text));
      expect(problems.join('\n')).toMatch(problem);
    });
  }
});

describe('a refusal', () => {
  it('names file, line and the way out, wherever the bundler has put the place', async () => {
    write('far.ts', 'export function far(): void {\n  report(2);\n  report(new Map());\n}');
    const text = "import { far } from './far.ts';\n\nfar();\nreport(Math.trunc(2));";
    const { problems } = await bundleForDevice(write('near.ts', text));
    expect(problems.toSorted()).toEqual([
      expect.stringMatching(
        /far\.ts:3: a board has no Map; use an array or a typed array \(report\(new Map\(\)\);\)$/,
      ),
      expect.stringMatching(/near\.ts:4: a board has no dependable Math\.trunc; use \| 0 or Math/),
    ]);
  });

  it('counts the lines of the source where imports are taken out to fit a board', async () => {
    write('board.ts', 'export const A: number = 1;\nexport const B: number = 2;');
    const text = "\nimport {\n  A,\n  B,\n} from './board.ts';\nreport(A + B, new Set());";
    const fit = { constants: { A: 3, B: 4 }, known: new Set(['report']) };
    const { problems, code } = await bundleForDevice(write('fitted.ts', text), fit);
    expect(problems).toEqual([expect.stringMatching(/fitted\.ts:6: a board has no Set/)]);
    expect(code).toContain('report(3 + 4,');
  });
});

describe('a finished bundle', () => {
  for (const [what, code, problem] of [
    ['a class field', 'class A { b = 1 }', 'a class field is left'],
    ['a letter that is not ASCII', 'f("\u00e9")', 'not ASCII'],
    ['a name that is not ASCII', 'var \u00e9 = 1', 'not ASCII'],
    ['a call inside, before its time', '(() => { a(); function a() {} })()', 'a is used above'],
    ['a call through another', '(() => { function b() { a() } b(); function a() {} })()', 'a is'],
    ['a call through a variable', 'var b = () => a(); b(); function a() {}', 'a is used above'],
  ]) {
    it(`with ${what} is refused`, () => {
      expect(problemsIn(code)).toEqual([expect.stringContaining(problem)]);
    });
  }

  it('may use short names twice, for different things', () => {
    const code = '(() => { function b(a) { return a } b(1); function a() {} a() })()';
    expect(problemsIn(code)).toEqual([]);
  });

  it('may call later what stands below', () => {
    expect(
      problemsIn('function b() { a() } function a() {} b(); var c = () => d(); function d() {}'),
    ).toEqual([]);
  });
});

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, `declare function report(value?: unknown): any;\n${text}`.replace(/\n/, ' '));
  return path;
}
