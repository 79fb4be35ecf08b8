/**
 * The token of a bridge is made once, for its owner's eyes alone, and never read from a file that
 * others can read (RELIABILITY R23).
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { tokenIn } from '../../../host/daemon/token.ts';

const draw = (size: number): Uint8Array => new Uint8Array(randomBytes(size));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hopline-token-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('is 128 bits of chance in a file of mode 0600, and the same at the next start', () => {
  const path = join(folder, 'token');
  const token = tokenIn(path, draw);
  expect(token).toMatch(/^[0-9a-f]{32}$/);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(tokenIn(path, draw)).toBe(token);
  expect(tokenIn(join(folder, 'other'), draw)).not.toBe(token);
});

it.each([0o640, 0o604, 0o660])('is refused with mode %o', (mode) => {
  const path = join(folder, 'token');
  tokenIn(path, draw);
  chmodSync(path, mode);
  expect(() => tokenIn(path, draw)).toThrow(/chmod 600.*KEY_FILE_INVALID/);
});

it('is refused behind a link, and where it holds something else', () => {
  const path = join(folder, 'token');
  tokenIn(path, draw);
  symlinkSync(path, join(folder, 'link'));
  expect(() => tokenIn(join(folder, 'link'), draw)).toThrow(/KEY_FILE_INVALID/);
  writeFileSync(join(folder, 'words'), 'password\n', { mode: 0o600 });
  expect(() => tokenIn(join(folder, 'words'), draw)).toThrow(/32 hex digits.*KEY_FILE_INVALID/);
});
