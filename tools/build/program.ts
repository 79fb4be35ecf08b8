/**
 * Program: a source of ours as one file that Node runs in a process of its own, for tests and
 * benchmarks. Packages stay outside it, so it stands in a folder from which they are found.
 */
import { build } from 'esbuild';
import { existsSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** `entry` is a path from the top of the repository. Gives the path of the file. */
export async function buildProgram(
  entry: string,
  folder: string,
  format: 'esm' | 'cjs' = 'esm',
): Promise<string> {
  const root = rootOf();
  const packages = join(folder, 'node_modules');
  if (!existsSync(packages)) symlinkSync(join(root, 'node_modules'), packages);
  const outfile = join(folder, `${basename(entry, '.ts')}.${format === 'esm' ? 'mjs' : 'cjs'}`);
  await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    format,
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
  });
  return outfile;
}

/**
 * From here up to package.json: this runs from its source and from the bundle in dist/. Programs that
 * were built stand elsewhere, and are told.
 */
export function rootOf(): string {
  const told = process.env['HOPLINE_CHECKOUT'];
  if (told !== undefined) return told;
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}
