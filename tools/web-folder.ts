/**
 * Web folder: where the build leaves the files of the page.
 */
import { fileURLToPath } from 'node:url';

/** The same path from tools/ and from dist/. */
export function webFolder(): string {
  return fileURLToPath(new URL('../dist/web', import.meta.url));
}
