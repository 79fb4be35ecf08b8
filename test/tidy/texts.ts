/**
 * Texts: what every file owes its reader, whatever it says.
 */
import { walk } from '../../tools/build/syntax.ts';
import type { AnyNode } from 'acorn';
import type { Problem, Rule, Source } from './tree.ts';

const AT_THE_TOP = new Set([
  '.ci',
  '.gitignore',
  '.npmrc',
  'LICENSE',
  'README.md',
  'device',
  'host',
  'package-lock.json',
  'package.json',
  'protocol',
  'test',
  'tools',
  'tsconfig.json',
]);

export const top: Rule = {
  promise: 'the top of the repository holds what the plan names and nothing else',
  check: ({ texts }) =>
    [...texts.keys()]
      .filter((path) => !AT_THE_TOP.has(path.split('/')[0]))
      .map((path) => ({
        file: path,
        line: 1,
        what: `${path.split('/')[0]} is not part of the top`,
        instead: 'put it into one of the five folders, or configure by flags and package.json',
      })),
};

export const programs: Rule = {
  promise: 'every source is a program',
  check: ({ broken }) => broken,
};

export const headers: Rule = {
  promise: 'every source opens by saying what it is',
  check: ({ texts }) =>
    [...texts]
      .filter(([path, text]) => /\.(tsx?|mjs)$/.test(path) && !/^(#!.*\n)?\/\*\*\s/.test(text))
      .map(([path]) => ({
        file: path,
        line: 1,
        what: 'it has no header',
        instead: 'begin with /** Noun: what it is, what it promises, what would surprise you */',
      })),
};

export const names: Rule = {
  promise: 'everything is exported by name',
  check: ({ sources }) =>
    sources.flatMap((source) => {
      // Vitest reads its settings from there.
      if (source.path.endsWith('.config.mjs')) return [];
      const isDefault = (node: AnyNode): boolean =>
        node.type === 'ExportDefaultDeclaration' ||
        (node.type === 'ExportSpecifier' && nameOf(node.exported) === 'default');
      return found(source, isDefault, 'a default export', 'export it by name');
    }),
};

export const titles: Rule = {
  promise: 'every document has one title, at its top',
  check: ({ texts }) =>
    [...texts]
      .filter(([path]) => /\.(md|markdown)$/.test(path))
      .flatMap(([file, text]): Problem[] => {
        // What stands between fences is an example, not a heading.
        const plain = text.replace(/^(```|~~~)[^]*?^\1/gm, (block) => block.replace(/^#/gm, '-'));
        const lines = plain.split('\n');
        const at = lines.flatMap((line, index) => (/^# \S/.test(line) ? [index + 1] : []));
        const first = lines.findIndex((line) => line.trim() !== '') + 1;
        if (at.length > 1) {
          const instead = 'use ## below the first';
          return [{ file, line: at[1], what: 'a second title', instead }];
        }
        if (at[0] === first) return [];
        return [{ file, line: 1, what: 'no title', instead: 'begin with # and a title' }];
      }),
};

/** Where only one machine, or one day's network, has what a text names. */
const PLACES: [RegExp, string, string][] = [
  [
    /(^|[^\w.-])\/(home|root|Users|work|farm|mnt|tmp)\/[\w.]/,
    'a path of one machine',
    'take it from a variable, an option or the temporary folder',
  ],
  [/registry\.(npmjs|yarnpkg)\./, 'a package registry', 'leave it to the npm settings'],
  [/\b(registry\s*=\s*.?http|_auth[T]oken)/, 'a registry setting', 'leave it to the npm settings'],
  [
    /"resolved":\s*"http/,
    'a download address in the lock file',
    'make it anew with omit-lockfile-registry-resolved',
  ],
  [
    /https?:\/\/\S+(\.(tgz|tar\.\w+|zip|whl|deb|rpm|exe|bin|hex|uf2|img)\b|\/releases\/download\/)/,
    'a download',
    'name what to get, and from whom, in words',
  ],
  [
    /https?:\/\/(raw\.githubusercontent|codeload\.github)\./,
    'a download',
    'name what to get, and from whom, in words',
  ],
];

export const places: Rule = {
  promise: 'no file names a place that others do not have',
  check: ({ texts }) =>
    [...texts].flatMap(([file, text]) =>
      text.split('\n').flatMap((line, at) =>
        PLACES.filter(([pattern]) => pattern.test(line)).map(([, what, instead]) => ({
          file,
          line: at + 1,
          what,
          instead,
        })),
      ),
    ),
};

export const tests: Rule = {
  promise: 'no test is left out without a condition',
  check: ({ sources }) =>
    sources
      .filter(({ path }) => path.startsWith('test/'))
      .flatMap((source) =>
        found(
          source,
          leavesOut,
          'tests left out without a condition',
          'mend or remove them, or write skipIf with what is missing',
        ),
      ),
};

/** Tests run alone, left out or put off, and conditions that are none: `skipIf(true)`. */
function leavesOut(node: AnyNode): boolean {
  if (node.type === 'CallExpression' && node.callee.type === 'MemberExpression') {
    const name = nameOf(node.callee.property);
    const constant = node.arguments[0]?.type === 'Literal';
    if (rootOf(node.callee) && constant && (name === 'skipIf' || name === 'runIf')) return true;
  }
  if (node.type !== 'MemberExpression' || !rootOf(node)) return false;
  return ['only', 'skip', 'todo'].includes(nameOf(node.property));
}

/** Whether a chain of members begins with what vitest gives. */
function rootOf(node: AnyNode): boolean {
  if (node.type === 'MemberExpression') return rootOf(node.object);
  return node.type === 'Identifier' && ['it', 'test', 'describe', 'suite'].includes(node.name);
}

export const errors: Rule = {
  promise: 'every error code is asserted by some test',
  check({ sources }) {
    const table = sources.find(({ path }) => path === ERRORS);
    if (table === undefined) return [];
    const asserted = new Set(
      sources.filter(({ path }) => path.endsWith('.test.ts')).flatMap(wordsIn),
    );
    return codesOf(table)
      .filter(({ name }) => !asserted.has(name))
      .map(({ name, line }) => ({
        file: ERRORS,
        line,
        what: `no test expects ${name}`,
        instead: 'write one that causes it, or remove the code',
      }));
  },
};

const ERRORS = 'protocol/errors.ts';

/** The keys of MEANING. */
function codesOf({ program, lineOf }: Source): { name: string; line: number }[] {
  const codes: { name: string; line: number }[] = [];
  walk(program, (node) => {
    if (node.type !== 'VariableDeclarator' || nameOf(node.id) !== 'MEANING') return;
    if (node.init?.type !== 'ObjectExpression') return;
    for (const property of node.init.properties) {
      if (property.type !== 'Property') continue;
      codes.push({ name: nameOf(property.key), line: lineOf(property) });
    }
  });
  return codes;
}

/** Every word in capitals that a test writes in a text. */
function wordsIn({ program }: Source): string[] {
  const words: string[] = [];
  walk(program, (node) => {
    const text =
      node.type === 'Literal'
        ? node.regex
          ? node.regex.pattern
          : String(node.value)
        : node.type === 'TemplateElement'
          ? node.value.raw
          : '';
    words.push(...(text.match(/\b[A-Z][A-Z_]+\b/g) ?? []));
  });
  return words;
}

function found(
  { path, program, lineOf }: Source,
  matches: (node: AnyNode) => boolean,
  what: string,
  instead: string,
): Problem[] {
  const problems: Problem[] = [];
  walk(program, (node) => {
    if (matches(node)) problems.push({ file: path, line: lineOf(node), what, instead });
  });
  return problems;
}

function nameOf(node: AnyNode): string {
  if (node.type === 'Identifier') return node.name;
  return node.type === 'Literal' ? String(node.value) : '';
}
