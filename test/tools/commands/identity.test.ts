/**
 * hopline identity, as a person meets it: new keys, the same peer again, and files that are no use.
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hopline } from '../built.ts';

const folder = mkdtempSync(join(tmpdir(), 'hopline-identity-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('hopline identity', () => {
  it('creates keys that only their owner can read, and shows the same peer ever after', async () => {
    const file = join(folder, 'keys', 'peer');
    const created = await hopline(['identity', file, '--create', '--json']);
    expect([created.status, created.err]).toEqual([0, '']);
    const shown = await hopline(['identity', file, '--json']);
    expect(JSON.parse(shown.out)).toEqual(JSON.parse(created.out));
    const { id, fingerprint } = JSON.parse(shown.out);
    expect(fingerprint.slice(0, 16)).toBe(id);
    expect([statSync(file).mode & 0o777, statSync(join(folder, 'keys')).mode & 0o777]).toEqual([
      0o600, 0o700,
    ]);
  });

  it('never says a secret (S21), to people or programs', async () => {
    const file = join(folder, 'quiet', 'peer');
    const said = [
      await hopline(['identity', file, '--create']),
      await hopline(['identity', file]),
      await hopline(['identity', file, '--json']),
    ];
    const secrets = [...readFileSync(file, 'utf8').matchAll(/^(?:noise|sign) (\w{64})$/gm)];
    expect(secrets).toHaveLength(2);
    for (const { out, err } of said) {
      for (const [, secret] of secrets) expect(out + err).not.toContain(secret);
    }
  });

  it('does not touch keys that are there', async () => {
    const file = join(folder, 'kept', 'peer');
    await hopline(['identity', file, '--create']);
    const before = readFileSync(file, 'utf8');
    const again = await hopline(['identity', file, '--create']);
    expect(again.status).not.toBe(0);
    expect(again.err).toContain('[KEY_FILE_EXISTS]');
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  it.each([
    ['is not there', () => {}, 'FILE_UNREADABLE'],
    [
      'is something else',
      (file: string) => writeFileSync(file, 'x', { mode: 0o600 }),
      'KEY_FILE_INVALID',
    ],
    [
      'was cut short',
      (file: string) => writeFileSync(file, 'hopline keys 1\nnoise 00', { mode: 0o600 }),
      'KEY_FILE_INVALID',
    ],
    [
      'others can read',
      (file: string) => {
        writeFileSync(file, 'hopline keys 1\n');
        chmodSync(file, 0o644);
      },
      'KEY_FILE_INVALID',
    ],
  ])('refuses a file that %s with one line that names it', async (what, prepare, code) => {
    const file = join(folder, what.replaceAll(' ', '-'));
    prepare(file);
    const { status, out, err } = await hopline(['identity', file]);
    expect([status !== 0, out]).toEqual([true, '']);
    expect(err).toMatch(new RegExp(`^hopline: .*${what.replaceAll(' ', '-')}.* \\[${code}\\]\\n$`));
  });
});
