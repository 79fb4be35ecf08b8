/**
 * Web files: the page's files, read once, so that a path asked for can only ever name one of them.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join, posix } from 'node:path';
import { HoplineError } from '../../protocol/errors.ts';

export type WebFile = { bytes: Buffer; type: string; etag: string; isForEver: boolean };

/** Files of a page, and their bytes together; more is no page of ours. */
const FILES_MAX = 256;
const BYTES_MAX = 16 * 1024 * 1024;

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};
/** A name that changes with what is in the file: `page-3F2A9C1B.js`. */
const HASHED = /-[0-9A-Z]{8}\.\w+$/;

/** The files of a folder by their paths, `/` apart; an `index.html` is its folder too. */
export function readWebFiles(folder: string): Map<string, WebFile> {
  if (!existsSync(folder)) return new Map();
  const files = new Map<string, WebFile>();
  let size = 0;
  for (const name of namesBelow(folder, '')) {
    const bytes = readFileSync(join(folder, name));
    size += bytes.length;
    if (files.size >= FILES_MAX || size > BYTES_MAX) {
      const limit = `${FILES_MAX} files of ${BYTES_MAX} bytes`;
      throw new HoplineError('FILE_UNREADABLE', `${folder}: a page has at most ${limit}`);
    }
    const file = webFile(name, bytes);
    files.set(`/${name}`, file);
    if (posix.basename(name) === 'index.html') files.set(folderOf(name), file);
  }
  return files;
}

function webFile(name: string, bytes: Buffer): WebFile {
  const digest = createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
  const type = TYPES[extname(name)] ?? 'application/octet-stream';
  return { bytes, type, etag: `"${digest}"`, isForEver: HASHED.test(name) };
}

/** `/` for `index.html`, `/api` for `api/index.html`. */
function folderOf(name: string): string {
  const folder = posix.dirname(name);
  return folder === '.' ? '/' : `/${folder}`;
}

function namesBelow(folder: string, path: string): string[] {
  return readdirSync(join(folder, path))
    .sort()
    .flatMap((entry) => {
      const name = posix.join(path, entry);
      return statSync(join(folder, name)).isDirectory() ? namesBelow(folder, name) : [name];
    });
}
