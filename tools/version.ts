/**
 * Version: which Hopline this is, as its package.json says.
 */
import { readFileSync } from 'node:fs';

/** The same path from tools/ and from dist/. */
export function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return JSON.parse(text).version as string;
}
