/**
 * Node keys: private, drawn once, on disk before a node has them, and never shared by two nodes
 * (RELIABILITY S5).
 */
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NodeKeys } from '../../../device/pi/node-keys.ts';
import {
  confirmNodeKeys,
  drawNodeKeys,
  isGuessable,
  readNodeKeys,
  saveNodeKeys,
} from '../../../device/pi/node-keys.ts';
import { HoplineError } from '../../../protocol/errors.ts';

let home: string;
let keys: string;
beforeEach(() => {
  home = fs.mkdtempSync(join(tmpdir(), 'hopline-node-keys-'));
  keys = join(home, 'keys');
});
afterEach(() => fs.rmSync(home, { recursive: true, force: true }));

describe('the keys of a node', () => {
  it('are read as they were saved, pending until they are confirmed', () => {
    const drawn = drawNodeKeys('Gäte 1/2', null, true, randomBytes);
    saveNodeKeys(keys, drawn, randomBytes);
    expect(fs.readdirSync(keys)).toEqual(['g%c3%a4te%201%2f2.new']);
    expect(readNodeKeys(keys)).toEqual([drawn]);
    confirmNodeKeys(keys, drawn.name);
    expect(fs.readdirSync(keys)).toEqual(['g%c3%a4te%201%2f2.key']);
    expect(readNodeKeys(keys)).toEqual([{ ...drawn, isPending: false }]);
  });

  it('R20: stay in their folder whatever the node is called', () => {
    for (const name of ['../evil', '..', '/etc/passwd', 'a/../../b', '\0', 'con', '~', '.hidden']) {
      saveNodeKeys(keys, drawNodeKeys(name, null, true, randomBytes), randomBytes);
    }
    expect(fs.readdirSync(home)).toEqual(['keys']);
    expect(fs.readdirSync(keys)).toHaveLength(8);
  });

  it('may be an id alone, of a board without SHA-256', () => {
    const drawn = drawNodeKeys(
      'pixl',
      new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]),
      false,
      randomBytes,
    );
    saveNodeKeys(keys, drawn, randomBytes);
    expect(readNodeKeys(keys)).toMatchObject([{ admin: null, note: null, id: drawn.id }]);
  });

  it('are for their owner alone, whatever the umask', () => {
    const umask = process.umask(0);
    try {
      saveNodeKeys(keys, drawNodeKeys('a', null, true, randomBytes), randomBytes);
      confirmNodeKeys(keys, 'a');
    } finally {
      process.umask(umask);
    }
    expect(fs.statSync(join(keys, 'a.key')).mode & 0o777).toBe(0o600);
    expect(fs.statSync(keys).mode & 0o777).toBe(0o700);
  });

  it('are refused where others could read them', () => {
    save('a');
    fs.chmodSync(join(keys, 'a.key'), 0o640);
    expect(complaint()).toContain('allow only its owner: chmod 600');
    fs.chmodSync(join(keys, 'a.key'), 0o600);
    fs.chmodSync(keys, 0o755);
    expect(complaint()).toContain('chmod 700');
  });

  it('never take the place of others', () => {
    saveNodeKeys(keys, drawNodeKeys('a', null, true, randomBytes), randomBytes);
    const before = fs.readFileSync(join(keys, 'a.new'));
    const again = (): void =>
      saveNodeKeys(keys, drawNodeKeys('A', null, true, randomBytes), randomBytes);
    expect(again).toThrow('[KEY_FILE_EXISTS]');
    expect(fs.readFileSync(join(keys, 'a.new'))).toEqual(before);
  });

  it('are one node when confirming them was cut short', () => {
    const drawn = drawNodeKeys('a', null, true, randomBytes);
    saveNodeKeys(keys, drawn, randomBytes);
    fs.linkSync(join(keys, 'a.new'), join(keys, 'a.key'));
    expect(readNodeKeys(keys)).toEqual([{ ...drawn, isPending: false }]);
  });

  it('are none where there is no folder', () => {
    expect(readNodeKeys(keys)).toEqual([]);
  });

  it('of two nodes are never the same (S5)', () => {
    const [a, b] = [save('a'), drawNodeKeys('b', null, true, randomBytes)];
    for (const [what, shared] of [
      ['id', { id: a.id }],
      ['key', { admin: a.admin }],
      ['key', { note: a.note }],
      ['key', { note: a.admin }],
    ] as const) {
      saveNodeKeys(keys, { ...b, ...shared }, randomBytes);
      expect(complaint()).toContain(`b.new: it has the ${what} of ${join(keys, 'a.key')}`);
      fs.rmSync(join(keys, 'b.new'));
    }
    fs.copyFileSync(join(keys, 'a.key'), join(keys, 'copy.key'));
    expect(complaint()).toContain('it has the name of');
  });

  it('are refused when no random source gave them (S5)', () => {
    const drawn = drawNodeKeys('a', null, true, randomBytes);
    saveNodeKeys(keys, { ...drawn, admin: new Uint8Array(32) }, randomBytes);
    expect(complaint()).toContain('no random source gave its keys');
    const steady = (size: number): Uint8Array => new Uint8Array(size).fill(9);
    expect(() => drawNodeKeys('a', null, true, steady)).toThrow('random source is alive');
  });

  it.each([
    ['cut short', (text: string) => text.slice(0, 90), 'cut short'],
    ['changed', (text: string) => text.replace(/id ./, 'id x'), 'its check does not fit'],
    ['something else', () => 'hopline keys 1\n', 'not a key file of a node'],
  ])('are refused when the file is %s', (_, damage, what) => {
    save('a');
    const path = join(keys, 'a.key');
    fs.writeFileSync(path, damage(fs.readFileSync(path, 'latin1')));
    expect(complaint()).toContain(what);
  });
});

describe('a guessable key', () => {
  it.each([
    ['zeros', () => 0],
    ['two values', (i: number) => (i * 7) % 2],
    ['steps', (i: number) => (i * 3 + 200) & 0xff],
    ['a period of 16', (i: number) => ((i % 16) * 37) & 0xff],
  ])('has %s', (_, at) => {
    expect(isGuessable(Uint8Array.from({ length: 32 }, (_, i) => at(i)))).toBe(true);
  });

  it('is none that is drawn', () => {
    for (let i = 0; i < 2000; i++) expect(isGuessable(randomBytes(32))).toBe(false);
  });
});

function save(name: string): NodeKeys {
  const drawn = drawNodeKeys(name, null, true, randomBytes);
  saveNodeKeys(keys, drawn, randomBytes);
  confirmNodeKeys(keys, name);
  return drawn;
}

/** Why the folder is refused, in one line and without a secret. */
function complaint(): string {
  try {
    readNodeKeys(keys);
  } catch (failure) {
    expect(failure).toBeInstanceOf(HoplineError);
    const { message } = failure as HoplineError;
    expect(message).toContain('[KEY_FILE_INVALID]');
    expect(message).not.toMatch(/[0-9a-f]{32}/);
    return message;
  }
  return expect.fail('it was taken');
}
