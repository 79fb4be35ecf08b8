/**
 * Tree: the files of the repository as the tidy rules see them, each source with its syntax tree.
 * Rules are pure functions of a tree, so that their own tests can feed them small bad ones.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join, posix } from 'node:path';
import { parse } from 'acorn';
import type { AnyNode, Program } from 'acorn';
import { transformSync } from 'esbuild';
import { walk } from '../../tools/build/syntax.ts';

export type Problem = { file: string; line: number; what: string; instead: string };

export type Rule = {
  /** What holds when the rule finds nothing, as a sentence about the tree. */
  promise: string;
  check(tree: Tree): Problem[];
};

export type Tree = {
  /** Every text file by its path, folders apart by `/`. */
  texts: Map<string, string>;
  sources: Source[];
  /** Sources that are not even a program. */
  broken: Problem[];
};

export type Source = {
  path: string;
  text: string;
  program: Program;
  imports: Import[];
  lineOf(node: AnyNode): number;
};

/** `target` is a path of the tree, or the name of a package as it is written. */
export type Import = { target: string; isPackage: boolean; line: number };

export function show({ file, line, what, instead }: Problem): string {
  return `${file}:${line}: ${what} — ${instead}`;
}

export function treeOf(texts: Map<string, string>): Tree {
  const tree: Tree = { texts, sources: [], broken: [] };
  for (const [path, text] of texts) {
    if (!/\.(tsx?|mjs)$/.test(path) || path.endsWith('.d.ts')) continue;
    try {
      tree.sources.push(sourceOf(path, text));
    } catch (cause) {
      const what = `it is not a program: ${(cause as Error).message.split('\n').join(' ')}`;
      tree.broken.push({ file: path, line: 1, what, instead: 'make it one that esbuild reads' });
    }
  }
  return tree;
}

/** What git knows or would add; without git, everything that is not made by us or npm. */
export function readRepository(root: string): Map<string, string> {
  const texts = new Map<string, string>();
  for (const path of listed(root)) {
    const bytes = existsSync(join(root, path)) ? readFileSync(join(root, path)) : null;
    if (bytes !== null && !bytes.includes(0)) texts.set(path, bytes.toString('utf8'));
  }
  return texts;
}

function listed(root: string): string[] {
  try {
    const arguments_ = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
    const names = execFileSync('git', arguments_, { cwd: root, encoding: 'utf8', stdio: 'pipe' });
    return [...new Set(names.split('\0').filter((name) => name !== ''))].sort();
  } catch {
    const MADE = new Set(['.git', 'node_modules', 'dist']);
    const below = (folder: string): string[] =>
      readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
        if (MADE.has(entry.name)) return [];
        const path = posix.join(folder, entry.name);
        return entry.isDirectory() ? below(path) : [path];
      });
    return below('').sort();
  }
}

/** Elements of the page are calls of this package. */
const PAGE_OPTIONS = { jsx: 'react-jsx', jsxImportSource: 'preact' } as const;

function sourceOf(path: string, text: string): Source {
  const { code, map } = transformSync(keepTypeImports(text), {
    loader: path.endsWith('.tsx') ? 'tsx' : 'ts',
    target: 'esnext',
    sourcemap: 'external',
    sourcefile: path,
    charset: 'utf8',
    logLevel: 'silent',
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true, ...PAGE_OPTIONS } },
  });
  const program = parse(code, { ecmaVersion: 'latest', sourceType: 'module', locations: true });
  const original = new SourceMap(JSON.parse(map));
  const lineOf = (node: AnyNode): number => {
    const { line, column } = node.loc!.start;
    const entry = original.findEntry(line - 1, column);
    return 'originalLine' in entry ? entry.originalLine + 1 : 1;
  };
  return { path, text, program, lineOf, imports: importsOf(path, program, lineOf) };
}

/** An import of a type goes through the same door as any other, so esbuild must not drop it. */
function keepTypeImports(text: string): string {
  return text.replace(/^(import|export) type (?=[^;'"=]*?from\s*['"])/gm, '$1      ');
}

function importsOf(path: string, program: Program, lineOf: Source['lineOf']): Import[] {
  const imports: Import[] = [];
  walk(program, (node) => {
    const name = importedBy(node);
    if (name === null) return;
    const isPackage = !name.startsWith('.');
    const target = isPackage ? name : posix.join(posix.dirname(path), name);
    imports.push({ target, isPackage, line: lineOf(node) });
  });
  return imports;
}

function importedBy(node: AnyNode): string | null {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
      return String(node.source.value);
    case 'ExportNamedDeclaration':
      return node.source ? String(node.source.value) : null;
    case 'ImportExpression':
      return textOf(node.source);
    case 'CallExpression':
      return isRequire(node.callee) ? textOf(node.arguments[0]) : null;
    // A worker's file: `new URL('./x.ts', import.meta.url)`.
    case 'NewExpression':
      return node.callee.type === 'Identifier' &&
        node.callee.name === 'URL' &&
        /^\.\.?\/.*\.ts$/.test(textOf(node.arguments[0]) ?? '')
        ? textOf(node.arguments[0])
        : null;
    default:
      return null;
  }
}

/** `require`, or `createRequire(...)` called at once. */
function isRequire(callee: AnyNode): boolean {
  if (callee.type === 'Identifier') return callee.name === 'require';
  return (
    callee.type === 'CallExpression' &&
    callee.callee.type === 'Identifier' &&
    callee.callee.name === 'createRequire'
  );
}

function textOf(node: AnyNode | undefined): string | null {
  return node?.type === 'Literal' && typeof node.value === 'string' ? node.value : null;
}
