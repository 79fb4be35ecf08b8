/**
 * Bridge file: whoever reads it finds the bridge, from wherever he asks.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BRIDGE_FILE, writeBridgeFile } from '../../../host/daemon/bridge-file.ts';
import type { Whereabouts } from '../../../host/daemon/bridge-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hopline-bridge-file-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the bridge file', () => {
  it('names the token from the root, and is gone once it is removed', () => {
    const data = relative(process.cwd(), folder);
    const where = { url: 'http://127.0.0.1:8000', pid: 1, version: '0.1.0' };
    const remove = writeBridgeFile(data, { ...where, token: join(data, 'token') });
    const said = JSON.parse(readFileSync(join(folder, BRIDGE_FILE), 'utf8')) as Whereabouts;
    expect(said).toEqual({ ...where, token: join(folder, 'token') });
    remove();
    expect(existsSync(join(folder, BRIDGE_FILE))).toBe(false);
  });
});
