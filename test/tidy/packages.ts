/**
 * Packages: every dependency is declared, used and explained. The README explains them in a table
 * with the columns `package` and `why`; a row may name several, and say more in brackets.
 */
import { isIn } from './doors.ts';
import type { Problem, Rule, Tree } from './tree.ts';

/** What is run or read by tools, and imported by nothing. */
const RUN_NOT_IMPORTED = [
  '@types/better-sqlite3',
  '@types/node',
  '@types/ws',
  'prettier',
  'typescript',
];
/** Where packages that only developers have may be imported: what the page needs is built into it. */
const DEVELOPER_ROOMS = ['test', 'tools/build', 'host/http/web'];
/** Modules of a board's firmware, which no registry has. */
const FIRMWARE_ROOM = 'device/espruino';

export const packages: Rule = {
  promise: 'every package is declared, used and explained in the README',
  check(tree) {
    const manifest = manifestOf(tree);
    return [
      ...undeclared(tree, manifest),
      ...unused(tree, manifest),
      ...unexplained(tree, manifest),
    ];
  },
};

type Manifest = { runtime: string[]; developer: string[] };

function manifestOf({ texts }: Tree): Manifest {
  const manifest = JSON.parse(texts.get('package.json') ?? '{}');
  const { dependencies = {}, optionalDependencies = {}, devDependencies = {} } = manifest;
  return {
    runtime: Object.keys({ ...dependencies, ...optionalDependencies }),
    developer: Object.keys(devDependencies),
  };
}

function imported({ sources }: Tree): { name: string; file: string; line: number }[] {
  return sources
    .filter(({ path }) => !isIn(path, FIRMWARE_ROOM))
    .flatMap(({ path, imports }) =>
      imports
        .filter(({ target, isPackage }) => isPackage && !target.startsWith('node:'))
        .map(({ target, line }) => ({ name: packageOf(target), file: path, line })),
    );
}

/** `@scope/name/inner.js` is `@scope/name`. */
function packageOf(target: string): string {
  return target.split('/', target.startsWith('@') ? 2 : 1).join('/');
}

function undeclared(tree: Tree, { runtime, developer }: Manifest): Problem[] {
  return imported(tree).flatMap(({ name, file, line }) => {
    if (runtime.includes(name)) return [];
    if (!developer.includes(name)) {
      const what = `package.json does not declare ${name}`;
      return [{ file, line, what, instead: 'declare it, or write node: in front if it is Node' }];
    }
    if (DEVELOPER_ROOMS.some((room) => isIn(file, room))) return [];
    const what = `${name} is there for developers only`;
    return [{ file, line, what, instead: 'move it to dependencies' }];
  });
}

function unused(tree: Tree, { runtime, developer }: Manifest): Problem[] {
  const used = new Set([...imported(tree).map(({ name }) => name), ...RUN_NOT_IMPORTED]);
  return [...runtime, ...developer]
    .filter((name) => !used.has(name))
    .map((name) => {
      const line = lineOf(tree.texts.get('package.json')!, `"${name}":`);
      return { file: 'package.json', line, what: `nothing imports ${name}`, instead: 'remove it' };
    });
}

function unexplained(tree: Tree, { runtime, developer }: Manifest): Problem[] {
  const declared = [...runtime, ...developer];
  const rows = rowsOf(tree.texts.get('README.md') ?? '');
  const explained = new Set(rows.flatMap(({ names, why }) => (why === '' ? [] : names)));
  const missing = declared
    .filter((name) => !explained.has(name))
    .map((name) => ({
      file: 'README.md',
      line: rows[0]?.line ?? 1,
      what: `${name} has no reason`,
      instead: 'add a row to the table | package | why |',
    }));
  const idle = rows.flatMap(({ names, line }) =>
    names
      .filter((name) => !declared.includes(name))
      .map((name) => ({
        file: 'README.md',
        line,
        what: `${name} is not a dependency`,
        instead: 'remove it from the table',
      })),
  );
  return [...missing, ...idle];
}

/** The rows of the table whose header is `| package | why |`. */
function rowsOf(readme: string): { names: string[]; why: string; line: number }[] {
  const lines = readme.split('\n');
  const header = lines.findIndex((line) => /^\|\s*package\s*\|\s*why\s*\|\s*$/i.test(line));
  if (header < 0) return [];
  const rows = lines.slice(header + 2);
  const end = rows.findIndex((line) => !line.startsWith('|'));
  return rows.slice(0, end < 0 ? rows.length : end).map((row, at) => {
    const [, left = '', why = ''] = row.split('|');
    const names = left.split(',').map((name) => name.replace(/\(.*\)|`/g, '').trim());
    return { names, why: why.trim(), line: header + 3 + at };
  });
}

function lineOf(text: string, part: string): number {
  return text.slice(0, Math.max(0, text.indexOf(part))).split('\n').length;
}
