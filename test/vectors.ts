/**
 * Test vectors others wrote, read where they lie: `HOPLINE_VECTORS`, or `../shared/vectors` beside
 * this checkout. Where they are absent the tests that need them are skipped by name.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('..', import.meta.url));
const FOLDER = process.env['HOPLINE_VECTORS'] ?? join(HERE, '..', 'shared', 'vectors');

/** The text of one vector file, or null where it is absent. */
export function vectors(path: string): string | null {
  const file = join(FOLDER, path);
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}
