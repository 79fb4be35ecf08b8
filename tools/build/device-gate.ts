/**
 * Device gate: one file that a board can run, or the reasons why there is none (DEVICE.md). esbuild
 * refuses or lowers most of what Espruino lacks; what it lets through, or brings in itself, is found
 * in the finished bundle.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'acorn';
import { build, transform } from 'esbuild';
import type { BuildFailure, BuildOptions } from 'esbuild';
import { deviceFindings } from './device-rules.ts';
import type { Place } from './source-places.ts';
import { sourcePlaces } from './source-places.ts';
import { atRoot, TAKEN } from './root.ts';
import { isFunction, walk } from './syntax.ts';

export type DeviceBundle = {
  /** Minified and ready to flash; empty when esbuild refused the sources. */
  code: string;
  /** Each a line for a person. The bundle may be flashed only when there is none. */
  problems: string[];
  /** Counted because each costs a board about seven variables (DEVICE.md). */
  functions: number;
};

/** Bundles what `entry`, a path, needs; for a certain board, with its constants. */
export function bundleForDevice(entry: string, fit?: Fit): Promise<DeviceBundle> {
  return gate({ entryPoints: [entry], ...(fit === undefined ? {} : fitted(fit)) });
}

/** How a bundle is fitted to a board. */
export type Fit = {
  /** Values of what `features.ts` and `board.ts` export. What they switch off is dropped. */
  constants: Record<string, boolean | number | string>;
  /** Names of properties that the firmware knows. All others are shortened. */
  known: Set<string>;
};

/**
 * Minifies a program that came through the gate; what is called as the firmware calls it keeps its
 * name.
 */
export async function minifyForDevice(program: string, known: Set<string>): Promise<DeviceBundle> {
  const { write: _, bundle: __, ...options } = ESPRUINO;
  // To be named is to be avoided, for a moment.
  const avoided = TAKEN.map((name) => `${name};`).join('');
  const { code: wrapped } = await transform(avoided + program, {
    ...(options as object),
    mangleProps: /^[A-Za-z]/,
    reserveProps: new RegExp(`^(${[...known].join('|')})$`),
    // Short names that gate 2 would take for methods which boards lack.
    mangleCache: { ' at': 'at', ' of': 'of' },
  });
  const code = atRoot(wrapped).slice(avoided.length);
  return { code, problems: problemsIn(code), functions: functionsIn(code) };
}

/** Bundles all that `files` export, used or not: what is judged must not be dropped. */
export async function bundleAllForDevice(folder: string, files: string[]): Promise<DeviceBundle> {
  const kept: string[] = [];
  const imports = await Promise.all(
    files.map(async (file, at) => {
      const names = await exportsOf(join(folder, file));
      kept.push(...names.map((_, index) => `e${at}_${index}`));
      const list = names.map((name, index) => `${name} as e${at}_${index}`).join(', ');
      return `import { ${list} } from './${file}';\n`;
    }),
  );
  return gate({
    stdin: { contents: `${imports.join('')}E.kept = [${kept}];`, resolveDir: folder },
  });
}

async function exportsOf(file: string): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: [file],
    format: 'esm',
    outdir: 'nowhere',
    write: false,
    metafile: true,
  });
  return Object.values(metafile.outputs)[0].exports;
}

/** Gate 1. `target: 'es2015'` would not do: it leaves in what boards lack. */
const ESPRUINO: BuildOptions = {
  target: 'es5',
  supported: {
    'const-and-let': true,
    class: true,
    arrow: true,
    'template-literal': true,
    'for-of': true,
    'nullish-coalescing': true,
    'optional-catch-binding': true,
    'object-extensions': true,
  },
  format: 'iife',
  charset: 'ascii',
  bundle: true,
  minify: true,
  write: false,
  logLevel: 'silent',
  tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
};

/** The map comes beside the bundle, which is named only so that paths are those from here. */
const MAPPED: BuildOptions = { sourcemap: 'external', outfile: 'bundle.js' };

async function gate(entry: BuildOptions): Promise<DeviceBundle> {
  try {
    const { outputFiles, warnings } = await build({ ...ESPRUINO, ...MAPPED, ...entry });
    const [map, { text: code }] = outputFiles!;
    const problems = [...warnings.map(line), ...problemsIn(code, sourcePlaces(code, map.text))];
    return { code, problems, functions: functionsIn(code) };
  } catch (failure) {
    const { errors } = failure as BuildFailure;
    if (errors === undefined) throw failure;
    return { code: '', problems: errors.map(line), functions: 0 };
  }
}

/**
 * esbuild drops what a constant switches off only where it sees the constant when it reads a file,
 * so the imports of those that are fitted are taken out, and their names defined.
 */
function fitted({ constants }: Fit): BuildOptions {
  const imports = /^import \{[^}]*\} from '[./\w]*\/(features|board)\.ts';$/gm;
  // Lines keep their numbers.
  const blank = (lines: string): string => lines.replace(/[^\n]/g, '');
  const define = Object.entries(constants).map(([name, value]) => [name, JSON.stringify(value)]);
  return {
    define: Object.fromEntries(define),
    // It is made small as a whole, later.
    minify: false,
    format: 'esm',
    plugins: [
      {
        name: 'fit',
        setup(build) {
          build.onLoad({ filter: /\.ts$/ }, async ({ path }) => ({
            contents: (await readFile(path, 'utf8')).replace(imports, blank),
            loader: 'ts',
          }));
        },
      },
    ],
  };
}

/** Gate 2: what is wrong in a finished bundle, each with its place in the sources where that is known. */
export function problemsIn(
  code: string,
  placeOf: (offset: number) => Place | null = () => null,
): string[] {
  return deviceFindings(parseBundle(code), 'bundle').map(({ node, what, instead }) => {
    const place = placeOf(node.start) ?? {
      file: 'bundle',
      line: node.start,
      text: code.slice(node.start, node.end),
    };
    const { file, line, text } = place;
    return `${file}:${line}: ${what}; ${instead} (${text.slice(0, EXCERPT)})`;
  });
}

/** Enough to recognise a place. */
const EXCERPT = 60;

function functionsIn(code: string): number {
  let count = 0;
  walk(parseBundle(code), (node) => {
    if (isFunction(node)) count++;
  });
  return count;
}

function parseBundle(code: string): ReturnType<typeof parse> {
  return parse(code, { ecmaVersion: 'latest', sourceType: 'module' });
}

function line({ text, location }: BuildFailure['errors'][number]): string {
  return location ? `${location.file}:${location.line}: ${text}` : text;
}
