/**
 * Every rule fires: a small bad tree for each thing it forbids, with the line it must name, and
 * beside it what is allowed and looks alike.
 */
import { describe, expect, it } from 'vitest';
import { RULES } from './rules.ts';
import { show, treeOf } from './tree.ts';

describe('a file', () => {
  fires('programs', 'that is no program', { 'tools/a.ts': 'const = 1;' }, [
    'tools/a.ts:1: it is not',
  ]);
  fires('top', 'at a new place on top', { 'vite.config.ts': '', 'docs/a.md': '' }, [
    'vite.config.ts:1: vite.config.ts is not part of the top',
    'docs/a.md:1: docs is not part of the top',
  ]);
  silent('top', 'in the five folders', { 'README.md': '', 'device/pi/main.ts': '', '.ci/run': '' });
  fires('headers', 'without a header', { 'a.ts': "import x from 'y';\n/** Late. */" }, [
    'a.ts:1: it has',
  ]);
  fires('headers', 'with a comment of another kind', { 'a.mjs': '// What.\n', 'a.d.ts': '' }, [
    'a.mjs:1:',
    'a.d.ts:1:',
  ]);
  silent('headers', 'with a header', {
    'a.ts': '/** A. */',
    'b.ts': '#!/usr/bin/env node\n/**\n * B.\n */',
  });
});

describe('an import', () => {
  for (const [what, path, text, problem] of [
    [
      'out of the core',
      'protocol/core/a.ts',
      "import { b } from '../wire/b.ts';",
      'protocol/core must',
    ],
    ['of a package in the core', 'protocol/core/a.ts', "import 'pako';", 'must not import pako'],
    [
      'of Node in the protocol',
      'protocol/wire/a.ts',
      "import 'node:fs';",
      'must not import node:fs',
    ],
    [
      'of a type',
      'protocol/wire/a.ts',
      "import type { B } from '../../host/types.ts';",
      'host/types.ts',
    ],
    ['of an exported type', 'protocol/a.ts', "export type { B } from '../host/b.ts';", 'host/b.ts'],
    ['in a re-export', 'protocol/wire/a.ts', "export * from '../../tools/b.ts';", 'tools/b.ts'],
    ['that is dynamic', 'protocol/wire/a.ts', "void import('../../tools/b.ts');", 'tools/b.ts'],
    ['by require', 'protocol/wire/a.ts', "require('ws');", 'must not import ws'],
    ['by a require made at once', 'tools/a.ts', "createRequire(import.meta.url)('ws');", 'ws'],
    [
      'of the wire on a board',
      'device/espruino/a.ts',
      "import '../../protocol/wire/b.ts';",
      'wire/b.ts',
    ],
    ['of the host on a Pi', 'device/pi/a.ts', "import '../../host/types.ts';", 'host/types.ts'],
    ['between machine rooms', 'host/routing/a.ts', "import '../store/b.ts';", 'host/store/b.ts'],
    ['of Node in a machine room', 'host/peer/a.ts', "import 'node:os';", 'node:os'],
    ['between adapters', 'host/links/a.ts', "import '../http/b.ts';", 'host/http/b.ts'],
    ['of tools in the daemon', 'host/daemon.ts', "import '../tools/b.ts';", 'tools/b.ts'],
    ['of a radio in the daemon', 'host/daemon.ts', "import '@abandonware/noble';", 'noble'],
    ['of a loose host file', 'host/types.ts', "import './daemon.ts';", 'host/daemon.ts'],
    ['of Node in the simulator', 'tools/simulate/a.ts', "import 'node:fs';", 'node:fs'],
    ['of Node in the flasher', 'tools/flash/a.ts', "import 'node:fs';", 'node:fs'],
    [
      'of a command in the simulator',
      'tools/simulate/a.ts',
      "import '../command.ts';",
      'tools/command.ts',
    ],
    ['of a radio in a tool', 'tools/commands/a.ts', "import '@abandonware/noble';", 'noble'],
    ['of a board in a tool', 'tools/a.ts', "import '../device/espruino/main.ts';", 'espruino'],
    ['of a test in a tool', 'tools/a.ts', "import '../test/seed.ts';", 'test/seed.ts'],
    [
      'of a near name',
      'protocol/core/a.ts',
      "import '../corelike/b.ts';",
      'protocol/corelike/b.ts',
    ],
  ]) {
    fires('doors', what, { [path]: `/** A. */\n${text}` }, [`${path}:2: `], [problem]);
  }
  fires('doors', 'of a file that lies loose', { 'host/loose.ts': '' }, [
    'host/loose.ts:1: it stands',
  ]);
  silent('doors', 'through an open door', {
    'protocol/core/a.ts': "import './b.ts';",
    'protocol/trust/a.ts':
      "import '../core/b.ts'; import '@noble/hashes/sha2.js'; import 'cbor-x/decode';",
    'device/espruino/main.ts': "import '../../protocol/core/b.ts'; require('Storage');",
    'device/pi/main.ts': "import 'serialport'; import 'node:fs/promises'; import './b.ts';",
    'host/routing/a.ts':
      "import '../types.ts'; import '../../protocol/errors.ts'; import './b.ts';",
    'host/daemon.ts': "import './routing/a.ts'; import '../device/pi/key-file.ts';",
    'tools/simulate/a.ts': "import '../../host/routing/a.ts'; import '../../protocol/errors.ts';",
    'tools/commands/a.ts': "import '../../host/daemon.ts'; import 'node:util';",
    'test/a.test.ts': "import 'vitest'; import '../tools/hopline.ts'; import './seed.ts';",
  });

  fires(
    'cycles',
    'that leads back',
    {
      'protocol/a.ts': "import './b.ts';",
      'protocol/b.ts': "import './c.ts';\nimport './d.ts';",
      'protocol/c.ts': '',
      'protocol/d.ts': "import './c.ts';\n\nimport type { A } from './a.ts';",
    },
    ['protocol/d.ts:3: a cycle: protocol/a.ts > protocol/b.ts > protocol/d.ts > protocol/a.ts'],
  );
  fires('cycles', 'of itself', { 'a.ts': "import './a.ts';" }, ['a.ts:1: a cycle: a.ts > a.ts']);
  silent('cycles', 'that many share', {
    'a.ts': "import './b.ts'; import './c.ts';",
    'b.ts': "import './c.ts';",
    'c.ts': '',
  });

  fires(
    'reach',
    'that nobody has',
    {
      'tools/hopline.ts': "void import('./a.ts');",
      'tools/a.ts': "new Worker(new URL('./b.ts', import.meta.url));",
      'tools/b.ts': '',
      'tools/c.ts': "import './a.ts';",
      'test/c.ts': "import '../tools/c.ts';",
      'tools/main.ts': '',
    },
    [
      'tools/c.ts:1: nothing imports it',
      'test/c.ts:1: nothing imports it',
      'tools/main.ts:1: nothing imports it',
    ],
  );
  silent('reach', 'of a test or a board', {
    'test/tools/a.test.ts': "import '../../tools/b.ts';",
    'tools/b.ts': '',
    'device/espruino/main.ts': "import type { C } from './c.ts';",
    'device/espruino/c.ts': '',
    'test/espruino/main.ts': '',
    'protocol/core/espruino.d.ts': '',
  });
});

describe('a package', () => {
  const manifest = JSON.stringify(
    {
      dependencies: { pako: '3', '@noble/hashes': '2' },
      optionalDependencies: { 'sodium-native': '5' },
      devDependencies: { esbuild: '0', typescript: '7' },
    },
    null,
    1,
  );
  const readme = [
    '# Hopline',
    '| package | why |',
    '|---|---|',
    '| `pako`, @noble/hashes | they fit |',
    '| sodium-native (optional) | it is fast |',
    '| typescript, esbuild | they build |',
    '',
    '| room | package |',
    '| a | b |',
  ];
  const whole = {
    'package.json': manifest,
    'README.md': readme.join('\n'),
    'protocol/a.ts': "import 'pako'; import '@noble/hashes/sha2.js'; import 'node:fs';",
    'device/pi/b.ts': "require('sodium-native');",
    'device/espruino/c.ts': "require('Storage');",
    'tools/build/d.ts': "import 'esbuild';",
  };
  silent('packages', 'that is declared, used and explained', whole);
  fires('packages', 'that is not declared', { ...whole, 'test/a.ts': "\nimport 'ws';" }, [
    'test/a.ts:2: package.json does not declare ws',
  ]);
  fires(
    'packages',
    'for developers in the product',
    { ...whole, 'tools/a.ts': "import 'esbuild';" },
    ['tools/a.ts:1: esbuild is there for developers only'],
  );
  fires('packages', 'that nothing imports', { ...whole, 'protocol/a.ts': "import 'pako';" }, [
    'package.json:4: nothing imports @noble/hashes',
  ]);
  fires(
    'packages',
    'without a reason',
    {
      ...whole,
      'README.md': readme
        .with(4, '| sodium-native | |')
        .with(5, '| typescript | types |')
        .join('\n'),
    },
    ['README.md:4: sodium-native has no reason', 'README.md:4: esbuild has no reason'],
  );
  fires(
    'packages',
    'that is explained and gone',
    { ...whole, 'README.md': readme.toSpliced(6, 0, '| left-pad | it was there |').join('\n') },
    ['README.md:7: left-pad is not a dependency'],
  );
});

describe('a machine', () => {
  for (const name of [
    'Date.now()',
    'new Date(0)',
    'performance.now()',
    'setTimeout(f, 1)',
    'setInterval(f, 1)',
    'clearTimeout(1)',
    'setImmediate(f)',
    'queueMicrotask(f)',
    'Math.random()',
    'crypto.getRandomValues(a)',
    'process.env',
    'console.log(1)',
    'Buffer.from(a)',
    'globalThis.a',
    "require('a')",
    "fetch('a')",
    'new WebSocket(a)',
    'Promise.resolve()',
    'async () => 1',
    'new Intl.NumberFormat()',
    "'a'.localeCompare('b')",
    'n.toLocaleString()',
  ]) {
    for (const room of ['protocol/wire', 'host/routing', 'tools/simulate', 'tools/flash']) {
      const file = `${room}/a.ts`;
      const text = `/** A. */\nfunction f(a: number, n: number) {\n  return ${name};\n}`;
      fires('purity', `in ${room} with ${name}`, { [file]: text }, [`${file}:3: `]);
    }
  }
  fires('purity', 'that reads files', { 'protocol/a.ts': "import 'node:fs';" }, [
    'protocol/a.ts:1:',
  ]);
  silent('purity', 'with names and words of its own', {
    'protocol/a.ts':
      'function f(process: number, Date: { now: number }) { return { console: process, at: Date.now }; }',
    'protocol/b.ts':
      '// Date.now() and Math.random() are for adapters.\nconst b = "setTimeout(f, 1)";',
    'protocol/c.ts':
      'export const Buffer = 1;\nexport type P = Promise<Date>;\nMath.floor(Buffer);',
    'tools/commands/d.ts': 'console.log(Date.now(), Math.random());',
    'host/store/e.ts': 'setTimeout(() => {}, 1);',
  });
});

describe('device code', () => {
  for (const [what, line] of [
    ['a default parameter', 'function g(a = 1) {}'],
    ['a rest parameter', 'function g(...a: number[]) {}'],
    ['a spread argument', 'f(...list);'],
    ['an array spread', 'f([...list]);'],
    ['an object spread', 'f({ ...list });'],
    ['destructuring', 'const { length } = list;'],
    ['destructuring of an array', 'const [first] = list;'],
    ['destructuring of a parameter', 'f(({ length }) => length);'],
    ['a computed key', 'f({ [name]: 1 });'],
    ['a computed method', 'class C { [name]() {} }'],
    ['?.', 'f(list?.length);'],
    ['an optional call', 'list.f?.();'],
    ['**', 'f(2 ** 3);'],
    ['**=', 'n **= 2;'],
    ['??=', 'n ??= 2;'],
    ['||=', 'n ||= 2;'],
    ['async', 'f(async () => 1);'],
    ['await', 'await f();'],
    ['a generator', 'function* g() {}'],
    ['a private #field', 'class C { #a = 1; }'],
    ['a private #method', 'class C { #a() {} }'],
    ['a static block', 'class C { static { f(); } }'],
    ['a label', 'outer: for (;;) { break outer; }'],
    ['a tagged template', 'f`a`;'],
    ['a BigInt', 'f(1n);'],
    ['a regular expression of today', 'f(/(?<=a)b/);'],
    ['a regular expression with a new flag', 'f(/a/y);'],
    ['import.meta', 'f(import.meta);'],
    ['a dynamic import', "import('./b.ts');"],
    ['default: before a case', 'switch (n) { default: f(); break; case 1: }'],
    ['extends Error', 'class C extends Error {}'],
    ['extends Array', 'class C extends Array {}'],
    ['length = 0', 'list.length = 0;'],
    ['for..in', 'for (const key in list) f(key);'],
    ['a sort', 'list.sort((a, b) => a - b);'],
    ['a slice', 'f(bytes.slice(1, 3));'],
    ['a slice in brackets', "f(bytes['slice'](1, 3));"],
    ['at()', 'f(list.at(-1));'],
    ['flat()', 'f(list.flat());'],
    ['indexOf(-1)', 'f(list.indexOf(-1));'],
    ['Object.keys', 'f(Object.keys(list));'],
    ['Object.freeze', 'f(Object.freeze(list));'],
    ['Math.imul', 'f(Math.imul(2, 3));'],
    ['Math.trunc', 'f(Math.trunc(2));'],
    ['Array.from', 'f(Array.from(list));'],
    ['Uint8Array.from', 'f(Uint8Array.from(list));'],
    ['a Map', 'f(new Map());'],
    ['a Set', 'f(new Set());'],
    ['a Symbol', "f(Symbol('a'));"],
    ['a TextEncoder', 'f(new TextEncoder());'],
    ['a text that is not ASCII', "f('\u00fc');"],
    ['a template that is not ASCII', 'f(`\u00fc`);'],
    ['a closure over a counter', 'for (let i = 0; i < 3; i++) f(() => i);'],
    ['a closure over an item', 'for (const item of list) { f(() => { f(item); }); }'],
    ['a function used above itself', 'later(); function later() {}'],
    ['a function passed on above itself', 'f(later); function later() {}'],
    ['a local function used above itself', 'function g() { inner(); function inner() {} }'],
  ]) {
    for (const room of ['protocol/core', 'device/espruino']) {
      const file = `${room}/a.ts`;
      const text = `/** A. */\n${GROUND}\n${line}\n`;
      fires('device', `in ${room} with ${what}`, { [file]: text }, [`${file}:3: `]);
    }
  }
  for (const call of ['h();', 'new K();', 'f(h());', '(() => { h(); })();']) {
    // The line to blame is the one above, which is run too early.
    const text = `/** A. */\n${GROUND}\n${call}\nfunction later() {}\n`;
    fires('device', `where ${call} calls what is below`, { 'protocol/core/a.ts': text }, [
      'protocol/core/a.ts:2: later is used above its declaration',
    ]);
  }
  silent('device', 'within the subset', {
    'protocol/core/a.ts': [
      GROUND,
      'function later() {}',
      'class Ring { length = 0; at = 0; private n = 1; static m = 2;',
      '  put(x: number): void { this.length = 0; this.at = x; f(later); } }',
      'for (let i = 0; i < 3; i++) { const mine = i; f(() => mine); f((i: number) => i); }',
      'for (var j = 0; j < 3; j++) f(() => j);',
      'for (const item of list) { f(`${item}`); }',
      'function own(Map: unknown, crypto: unknown) { f(Map ?? crypto); }',
      'switch (n) { case 1: f(); break; default: f(); }',
      'function early() { afterwards(); }',
      'function afterwards() {}',
      'afterwards();',
      'early();',
      'f({ n, g() { return early; } }, list.Map, n ?? 1, (list as { slice: number }).slice);',
      'try { f(); } catch { f(); }',
      '// A comment may name \u00a77, a Map and a**b.',
    ].join('\n'),
    'tools/a.ts': 'const [a] = [...b].sort(); new Map(); a?.at(-1);',
  });
});

describe('an export', () => {
  fires('names', 'by default', { 'a.ts': '/** A. */\nexport default 1;' }, [
    'a.ts:2: a default export',
  ]);
  fires('names', 'renamed to default', { 'a.ts': 'const a = 1;\nexport { a as default };' }, [
    'a.ts:2:',
  ]);
  silent('names', 'by name', {
    'a.ts': 'export const a = 1;',
    'b.ts': "import c from 'd'; f(c.default);",
  });
});

describe('a document', () => {
  fires('titles', 'without a title', { 'a.md': 'Words.\n\n# Late\n' }, ['a.md:1: no title']);
  fires('titles', 'with two titles', { 'a.md': '# A\n\n## B\n\n# C\n' }, [
    'a.md:5: a second title',
  ]);
  fires('titles', 'with nothing', { 'protocol/README.md': '' }, ['protocol/README.md:1: no title']);
  silent('titles', 'with one title', { 'a.md': '# A\n\n```\n# not a title\n```\n\n## B\n' });
});

describe('a place', () => {
  // Put together here, because this file is read by the same rules.
  for (const [what, line] of [
    ['of one user', 'cat ' + '/home' + '/pi/keys'],
    ['of one machine', "open('" + '/work' + "/main')"],
    ['of this hour', '"' + '/tmp' + '/report.json"'],
    ['of a registry', 'https://registry.' + 'npmjs.org/'],
    ['in an npm setting', 'registry' + '=https://example.org'],
    ['in the lock file', '"resolved"' + ': "https://example.org/a"'],
    ['of an archive', 'https://example.org/a.' + 'tar.gz'],
    ['of a release', 'https://example.org/a/releases' + '/download/v1/a'],
    ['of a raw file', 'https://raw.' + 'githubusercontent.com/a'],
  ]) {
    fires('places', what, { 'docs.md': `# A\n\n${line}\n` }, ['docs.md:3: ']);
  }
  silent('places', 'that everyone has', {
    'a.md': 'https://example.org/ ../shared/vectors /dev/ttyUSB0 http://localhost:8080/tmp/a',
    'b.ts': "join(tmpdir(), 'work', 'home'); import './home/a.ts'; f('a/tmp/b');",
  });
});

describe('a test', () => {
  for (const [what, line] of [
    ['alone', 'it.on' + "ly('a', f);"],
    ['left out', 'it.sk' + "ip('a', f);"],
    ['left out as a group', 'describe.sk' + "ip('a', f);"],
    ['left out in a table', 'it.sk' + "ip.each([1])('a', f);"],
    ['to be written', 'test.to' + "do('a');"],
    ['left out on a pretext', "it.skipIf(true)('a', f);"],
    ['run on a pretext', "it.runIf(false)('a', f);"],
  ]) {
    fires('tests', what, { 'test/a.test.ts': `/** A. */\n${line}` }, [
      'test/a.test.ts:2: tests left',
    ]);
  }
  silent('tests', 'left out for a reason', {
    'test/a.test.ts':
      "it.skipIf(text === null)('a', f); it.runIf(process.env.A)('b', f); reader.skip(3);",
  });
});

describe('an error code', () => {
  const table = {
    'protocol/errors.ts':
      "/** E. */\nexport const MEANING = {\n  A_B: 'a',\n  C_D: 'c',\n  D_E: 'd',\n} as const;",
  };
  fires(
    'errors',
    'that no test expects',
    { ...table, 'test/a.test.ts': "f('A_B'); f(/\\[D_E\\]/);", 'test/b.ts': "f('C_D');" },
    ['protocol/errors.ts:4: no test expects C_D'],
  );
});

describe('a citation', () => {
  const documents = {
    'protocol/README.md': '# Wire\n\n## §1. Frame\n',
    'protocol/RELIABILITY.md': '# R\n\n## 1. Rules\n\n| S1 | a | b |\n| R2 | c | d |\n',
    'device/RADIO.md': '# Radio\n\n1. It is.\n2. It is not.\n',
  };
  // Put together here, because this file is read by the same rules.
  const citing = (name: string, what: string): Files => ({
    ...documents,
    'a.ts': `/** A (${name} ${what}). */`,
    'test/a.test.ts': "it('is kept from us (S1)', f);",
  });
  for (const [name, what, missing] of [
    ['WIRE', '§1, §2', 'WIRE 2'],
    ['RELIABILITY', '§1 and S2', 'RELIABILITY S2'],
    ['RADIO', 'points 2 and 3', 'RADIO 3'],
  ]) {
    fires('citations', `of ${missing}, which is not there,`, citing(name, what), [
      `a.ts:1: ${missing} stands nowhere`,
    ]);
  }
  silent('citations', 'of what is there', citing('RELIABILITY', 'S1, R2'));
  silent('kept', 'that a test answers', citing('WIRE', '§1'));
  fires('kept', 'that no test answers', documents, ['protocol/RELIABILITY.md:5: no test names S1']);
  silent('kept', 'that is said to be open', {
    'protocol/RELIABILITY.md': '# R\n\n| S1 | a | not kept from us: it is told |\n',
  });
});

/** What the bad lines use, so that each is bad for one reason. */
const GROUND = [
  "let n = 1, name = 'a', list: any, bytes: any;",
  'function f(x: unknown) { return x; }',
  'function h() { later(); }',
  'class K { constructor() { later(); } }',
].join(' ');

type Files = Record<string, string>;

function check(rule: string, files: Files): string[] {
  const tree = treeOf(new Map(Object.entries(files)));
  if (rule !== 'programs') expect(tree.broken).toEqual([]);
  return RULES[rule].check(tree).map(show);
}

/** Expects one problem per beginning, in that order, each with its advice. */
function fires(
  rule: string,
  what: string,
  files: Files,
  begins: string[],
  parts: string[] = [],
): void {
  it(`${what} is refused by ${rule}`, () => {
    const problems = check(rule, files);
    expect(problems.map((line, at) => line.slice(0, begins[at]?.length))).toEqual(begins);
    for (const part of parts) expect(problems[0]).toContain(part);
    for (const line of problems) expect(line).toMatch(/^\S+:\d+: .+ — .+$/);
  });
}

function silent(rule: string, what: string, files: Files): void {
  it(`${what} is fine with ${rule}`, () => expect(check(rule, files)).toEqual([]));
}
