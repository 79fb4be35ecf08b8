/**
 * Relay pack: the Raspberry Pi relay as a folder of its own, that needs of npm only what is built for
 * the machine it runs on: noble, bleno and serialport. What reads a file of settings is a second
 * file, loaded when there is one.
 */
import { build } from 'esbuild';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder, unwritable } from '../../device/pi/private-file.ts';
import { HoplineError } from '../../protocol/errors.ts';
import { rootOf } from './program.ts';

/** What npm installs beside it: it has parts in C++, or is one with them. */
const INSTALLED = ['@abandonware/bleno', '@abandonware/noble', 'serialport'];
/** Used where it is there, and not asked for. */
const OPTIONAL = ['sodium-native'];
/** What `npm ci` would write itself. */
const MANIFESTS = ['package.json', 'package-lock.json'];

/** Some packages are written for `require`. */
const REQUIRE = `import { createRequire as requireFrom } from 'node:module';const require = requireFrom(import.meta.url);`;

export type PackedFile = { name: string; text: string };

/** The files of the folder; `relay.mjs` first. */
export async function packRelay(): Promise<PackedFile[]> {
  const root = rootOf();
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: { relay: 'device/pi/main.ts' },
    outdir: 'relay',
    outExtension: { '.js': '.mjs' },
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    minify: true,
    legalComments: 'none',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: [...INSTALLED, ...OPTIONAL],
    // Node has it, and faster.
    alias: { '@noble/hashes/sha2.js': join(root, 'device/pi/sha2.ts') },
    write: false,
    logLevel: 'warning',
  });
  const code = outputFiles.map(({ path, text }) => ({
    name: path.split('/').at(-1)!,
    text: /\brequire\b/.test(text) ? REQUIRE + text : text,
  }));
  const manifest = (name: string): Manifest => JSON.parse(readFileSync(join(root, name), 'utf8'));
  const own = manifestOf(manifest('package.json'));
  const lock = lockOf(own, manifest('package-lock.json') as unknown as Lock);
  return [
    ...code.sort(({ name }) => (name === 'relay.mjs' ? -1 : 1)),
    { name: 'package.json', text: asJson(own) },
    { name: 'package-lock.json', text: asJson(lock) },
  ];
}

/** Writes into a folder that is new, empty, or holds an older pack. */
export function writePack(folder: string, files: PackedFile[]): void {
  makeFolder(folder, 0o777);
  const there = attempt(folder, () => readdirSync(folder));
  const strange = there.find(
    (name) => !/\.mjs$/.test(name) && ![...MANIFESTS, 'node_modules'].includes(name),
  );
  if (strange !== undefined) {
    const detail = `${folder}: it holds ${strange}, which is not of a pack; name an empty folder`;
    throw new HoplineError('FILE_UNWRITABLE', detail);
  }
  attempt(folder, () => {
    for (const { name, text } of files) writeFileSync(join(folder, name), text);
  });
}

function attempt<Result>(folder: string, act: () => Result): Result {
  try {
    return act();
  } catch (cause) {
    throw unwritable(folder, cause);
  }
}

/** Bytes of all that runs from the start: everything but what reads settings. */
export function runningBytes(files: PackedFile[]): number {
  return files
    .filter(({ name }) => /\.mjs$/.test(name) && !name.startsWith('yaml-file-'))
    .reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
}

type Manifest = {
  version: string;
  engines: Record<string, string>;
  dependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
};

function manifestOf({ version, engines, dependencies, optionalDependencies }: Manifest) {
  const all = { ...dependencies, ...optionalDependencies };
  const needed = Object.fromEntries(INSTALLED.map((name) => [name, all[name]]));
  return {
    name: 'hopline-relay',
    version,
    private: true,
    type: 'module',
    scripts: { start: 'node relay.mjs' },
    engines,
    dependencies: needed,
  };
}

type Package = {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  optional?: boolean;
  [name: string]: unknown;
};
type Lock = { packages: Record<string, Package> };

/** Of our lock file, what the manifest needs. */
function lockOf(own: ReturnType<typeof manifestOf>, { packages }: Lock): object {
  const kept = new Map<string, Package>();
  const visit = (from: string, isOptional: boolean): void => {
    const { dependencies = {}, optionalDependencies = {} } =
      from === '' ? (own as Package) : packages[from];
    const visitAll = (names: string[], optional: boolean): void => {
      for (const name of names) {
        const at = placeOf(name, from, packages);
        const known = at === null ? undefined : kept.get(at);
        // What is missing is optional, and not for this platform.
        if (at === null || (known !== undefined && (optional || known.optional !== true))) continue;
        const { optional: _, dev: __, devOptional: ___, ...rest } = packages[at];
        kept.set(at, optional ? { ...rest, optional } : rest);
        visit(at, optional);
      }
    };
    const optional = Object.keys(optionalDependencies);
    visitAll(
      Object.keys(dependencies).filter((name) => !optional.includes(name)),
      isOptional,
    );
    visitAll(optional, true);
  };
  visit('', false);
  const { name, version, engines, dependencies } = own;
  const sorted = [...kept].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    name,
    version,
    lockfileVersion: 3,
    requires: true,
    packages: { '': { name, version, dependencies, engines }, ...Object.fromEntries(sorted) },
  };
}

/** As Node looks for it: beside the package, then further up. */
function placeOf(name: string, from: string, packages: Lock['packages']): string | null {
  for (
    let folder = from;
    ;
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))
  ) {
    const at = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (packages[at] !== undefined) return at;
    if (folder === '') return null;
  }
}

function asJson(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
