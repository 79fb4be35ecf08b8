/**
 * The token of a bridge is made once, for its owner's eyes alone, and never read from a file that
 * others can read (RELIABILITY R23).
 */
import { chmodSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openTokenFile, readTokenFile } from '../../../host/daemon/token-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hopline-token-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('is 128 bits of chance in a file of mode 0600, and the same at the next start', () => {
  const path = join(folder, 'token');
  const token = openTokenFile(path);
  expect(token).toMatch(/^[0-9a-f]{32}$/);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(openTokenFile(path)).toBe(token);
  expect(readTokenFile(path)).toBe(token);
  expect(openTokenFile(join(folder, 'other'))).not.toBe(token);
});

it.each([0o640, 0o604, 0o660])('is refused with mode %o', (mode) => {
  const path = join(folder, 'token');
  openTokenFile(path);
  chmodSync(path, mode);
  expect(() => openTokenFile(path)).toThrow(/chmod 600.*KEY_FILE_INVALID/);
});

it('is refused behind a link, and where it holds something else', () => {
  const path = join(folder, 'token');
  openTokenFile(path);
  symlinkSync(path, join(folder, 'link'));
  expect(() => openTokenFile(join(folder, 'link'))).toThrow(/KEY_FILE_INVALID/);
  writeFileSync(join(folder, 'words'), 'password\n', { mode: 0o600 });
  expect(() => openTokenFile(join(folder, 'words'))).toThrow(/holds no token.*KEY_FILE_INVALID/);
  expect(() => readTokenFile(join(folder, 'none'))).toThrow(/FILE_UNREADABLE/);
});
