/**
 * A key file is readable by its owner alone, written whole or not at all, and never made anew in
 * silence (RELIABILITY S24, R23, S5). Every complaint is one line that names the file and no secret.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createKeyFile, readKeyFile } from '../../../device/pi/key-file.ts';
import { HoplineError } from '../../../protocol/errors.ts';
import { toHex } from '../../../protocol/wire/hex.ts';

const calls = vi.hoisted((): string[] => []);

vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>();
  return {
    ...real,
    fsyncSync(file: number) {
      if (HAS_PROC) calls.push(`fsync ${real.readlinkSync(`/proc/self/fd/${file}`)}`);
      real.fsyncSync(file);
    },
    linkSync(from: string, to: string) {
      calls.push(`link ${to}`);
      real.linkSync(from, to);
    },
  };
});

/** Where the system shows which files are open. */
const HAS_PROC = fs.existsSync('/proc/self/fd');

let home: string;
let path: string;

beforeEach(() => {
  home = fs.mkdtempSync(join(tmpdir(), 'hopline-keys-'));
  path = join(home, 'keys', 'node.keys');
});

afterEach(() => {
  fs.rmSync(home, { recursive: true, force: true });
});

describe('a new key file', () => {
  it('gives back the keys it was made with, time and again', () => {
    const secrets = createKeyFile(path, randomBytes);
    expect(secrets.noise).toHaveLength(32);
    expect(secrets.sign).toHaveLength(32);
    for (let i = 0; i < 3; i++) {
      const read = readKeyFile(path);
      expect(toHex(read.noise)).toBe(toHex(secrets.noise));
      expect(toHex(read.sign)).toBe(toHex(secrets.sign));
    }
  });

  it('is for its owner alone, and so is its folder, whatever the umask (R23)', () => {
    const umask = process.umask(0);
    try {
      createKeyFile(path, randomBytes);
    } finally {
      process.umask(umask);
    }
    expect(fs.statSync(path).mode & 0o777).toBe(0o600);
    expect(fs.statSync(join(home, 'keys')).mode & 0o777).toBe(0o700);
    expect(fs.readdirSync(join(home, 'keys'))).toEqual(['node.keys']);
  });

  it('says in its first line what it is', () => {
    createKeyFile(path, randomBytes);
    const lines = fs.readFileSync(path, 'utf8').split('\n');
    expect(lines[0]).toBe('hopline keys 1');
    expect(lines.map((line) => line.split(' ')[0])).toEqual([
      'hopline',
      'noise',
      'sign',
      'check',
      '',
    ]);
  });

  it('has other keys each time, all from the source it was given (S5)', () => {
    const drawn: string[] = [];
    const watched = (size: number): Uint8Array => {
      const bytes = randomBytes(size);
      drawn.push(toHex(bytes));
      return bytes;
    };
    const keys = new Set<string>();
    for (let i = 0; i < 20; i++) {
      const { noise, sign } = createKeyFile(join(home, 'keys', `${i}`), watched);
      expect(drawn).toContain(toHex(noise));
      expect(drawn).toContain(toHex(sign));
      keys.add(toHex(noise)).add(toHex(sign));
    }
    expect(keys.size).toBe(40);
  });

  it.each([
    ['nothing but zeros', () => Buffer.alloc(32), 'is alive'],
    ['one byte over and over', counting((i) => Buffer.alloc(32, i)), 'is alive'],
    ['too little', () => randomBytes(31), 'is alive'],
    ['the same each time', () => Buffer.from('0123456789abcdef0123456789abcdef'), 'not repeat'],
  ])('is not made from a source that gives %s (S5)', (_, source, law) => {
    expect(() => createKeyFile(path, source)).toThrow(law);
    expect(fs.existsSync(path)).toBe(false);
  });

  it.skipIf(!HAS_PROC)('is on disk before its name, and its name before anybody is told', () => {
    const keys = join(home, 'keys');
    fs.mkdirSync(keys, { mode: 0o700 });
    const done = systemCallsOf(() => createKeyFile(path, randomBytes));
    expect(done).toEqual([
      expect.stringMatching(`fsync ${keys}/.keys-`),
      `link ${path}`,
      `fsync ${keys}`,
    ]);
  });

  it.skipIf(!HAS_PROC)('leaves no file open, made, read or refused', () => {
    const open = (): number => fs.readdirSync('/proc/self/fd').length;
    createKeyFile(path, randomBytes);
    const before = open();
    for (let i = 0; i < 5; i++) {
      createKeyFile(`${path}${i}`, randomBytes);
      readKeyFile(path);
      complaint(() => createKeyFile(path, randomBytes));
      complaint(() => readKeyFile(join(home, 'keys')));
    }
    expect(open()).toBe(before);
  });

  it('never takes the place of one that is there, or of anything else (S24)', () => {
    createKeyFile(path, randomBytes);
    const before = fs.readFileSync(path);
    expect(complaint(() => createKeyFile(path, randomBytes))).toMatchObject({
      code: 'KEY_FILE_EXISTS',
    });
    expect(fs.readFileSync(path)).toEqual(before);
    const empty = join(home, 'keys', 'empty');
    fs.writeFileSync(empty, '');
    expect(complaint(() => createKeyFile(empty, randomBytes)).code).toBe('KEY_FILE_EXISTS');
    const dangling = join(home, 'keys', 'dangling');
    fs.symlinkSync(join(home, 'elsewhere'), dangling);
    expect(complaint(() => createKeyFile(dangling, randomBytes)).code).toBe('KEY_FILE_EXISTS');
    expect(fs.existsSync(join(home, 'elsewhere'))).toBe(false);
    expect(fs.readdirSync(join(home, 'keys')).sort()).toEqual(['dangling', 'empty', 'node.keys']);
  });

  it('is not made in a folder that others can look into', () => {
    fs.mkdirSync(join(home, 'keys'));
    fs.chmodSync(join(home, 'keys'), 0o755);
    const refused = complaint(() => createKeyFile(path, randomBytes));
    expect(refused.code).toBe('KEY_FILE_INVALID');
    expect(refused.message).toContain(`chmod 700 ${join(home, 'keys')}`);
    expect(fs.readdirSync(join(home, 'keys'))).toEqual([]);
  });

  it('is not made where there can be no folder', () => {
    fs.writeFileSync(join(home, 'keys'), 'a file');
    const refused = complaint(() => createKeyFile(path, randomBytes));
    expect(refused.code).toBe('FILE_UNWRITABLE');
    expect(refused.message).toContain('EEXIST');
  });
});

describe('a key file that cannot be used', () => {
  it.each([
    ['is empty', () => '', 'not a key file'],
    ['is something else', () => '-----BEGIN PRIVATE KEY-----\n', 'not a key file'],
    ['is of a later version', (t: string) => t.replace('keys 1', 'keys 2'), 'version'],
    ['ends early', (t: string) => t.slice(0, 100), 'cut short'],
    ['lacks its last newline', (t: string) => t.slice(0, -1), 'cut short'],
    ['has a line too many', (t: string) => t + 'more\n', 'lines too many'],
    ['has Windows line ends', (t: string) => t.replaceAll('\n', '\r\n'), 'not a key file'],
    ['has a short key', (t: string) => t.replace(/(noise \w{62})\w\w/, '$1'), 'damaged'],
    ['has a long key', (t: string) => t.replace(/sign /, 'sign 00'), 'damaged'],
    ['has no hex', (t: string) => t.replace(/noise \w/, 'noise g'), 'damaged'],
    ['has its lines in another order', (t: string) => swapped(t), 'damaged'],
    ['is of zeros', (t: string) => '\0'.repeat(t.length), 'not a key file'],
    ['is larger than any', (t: string) => t + ' '.repeat(5000), 'lines too many'],
  ])('is named, and what is wrong with it, when it %s (S24)', (_, change, what) => {
    createKeyFile(path, randomBytes);
    const text = fs.readFileSync(path, 'utf8');
    fs.writeFileSync(path, change(text));
    const refused = complaint(() => readKeyFile(path));
    expect(refused.code).toBe('KEY_FILE_INVALID');
    expect(refused.message).toContain(what);
    expectOneLine(refused, text);
    // And it is left as it is: no repair, no new keys.
    expect(fs.readFileSync(path, 'utf8')).toBe(change(text));
    expect(fs.readdirSync(join(home, 'keys'))).toEqual(['node.keys']);
  });

  it('is refused after any one bit of it fell over', () => {
    const { noise, sign } = createKeyFile(path, randomBytes);
    const good = fs.readFileSync(path);
    for (let bit = 0; bit < good.length * 8; bit++) {
      const damaged = Buffer.from(good);
      damaged[bit >> 3] ^= 1 << (bit & 7);
      fs.writeFileSync(path, damaged);
      let read: ReturnType<typeof readKeyFile> | null = null;
      try {
        read = readKeyFile(path);
      } catch (refused) {
        expect((refused as HoplineError).code).toBe('KEY_FILE_INVALID');
      }
      // The check's own letters may change their case; the keys may not.
      if (read !== null)
        expect([read.noise, read.sign].map(toHex)).toEqual([noise, sign].map(toHex));
    }
  });

  it.each([0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o644, 0o666, 0o777])(
    'is refused when others can get at it: mode %o (R23)',
    (mode) => {
      createKeyFile(path, randomBytes);
      const text = fs.readFileSync(path, 'utf8');
      fs.chmodSync(path, mode);
      const refused = complaint(() => readKeyFile(path));
      expect(refused.code).toBe('KEY_FILE_INVALID');
      expect(refused.message).toContain(`chmod 600 ${path}`);
      expectOneLine(refused, text);
      expect(fs.statSync(path).mode & 0o777).toBe(mode);
    },
  );

  it('is refused in a folder that others can look into', () => {
    createKeyFile(path, randomBytes);
    fs.chmodSync(join(home, 'keys'), 0o750);
    const { message } = complaint(() => readKeyFile(path));
    expect(message).toContain(
      `chmod 700 ${join(home, 'keys')}, or keep keys in a folder of their own [KEY`,
    );
  });

  it('is refused when it is a link, a folder or a pipe', () => {
    createKeyFile(path, randomBytes);
    const link = join(home, 'keys', 'link');
    fs.symlinkSync(path, link);
    expect(complaint(() => readKeyFile(link)).message).toContain('it is a link');
    const folder = join(home, 'keys', 'folder');
    fs.mkdirSync(folder, { mode: 0o700 });
    expect(complaint(() => readKeyFile(folder)).message).toContain('it is not a file');
    const pipe = join(home, 'keys', 'pipe');
    execFileSync('mkfifo', ['-m', '600', pipe]);
    expect(complaint(() => readKeyFile(pipe)).message).toContain('it is not a file');
  });

  it.skipIf(process.getuid?.() !== 0)('is refused when it belongs to another user', () => {
    createKeyFile(path, randomBytes);
    fs.chownSync(path, 12345, 12345);
    expect(complaint(() => readKeyFile(path)).message).toContain('belongs to another user');
  });

  it('is missed, and not made, when it is not there (S24)', () => {
    fs.mkdirSync(join(home, 'keys'), { mode: 0o700 });
    const missed = complaint(() => readKeyFile(path));
    expect(missed.code).toBe('FILE_UNREADABLE');
    expect(missed.message).toContain(`${path}: it is not there`);
    expect(complaint(() => readKeyFile(join(home, 'nowhere', 'x'))).code).toBe('FILE_UNREADABLE');
    expect(fs.readdirSync(join(home, 'keys'))).toEqual([]);
    expect(fs.existsSync(join(home, 'nowhere'))).toBe(false);
  });
});

function complaint(attempt: () => unknown): HoplineError {
  try {
    attempt();
  } catch (error) {
    expect(error).toBeInstanceOf(HoplineError);
    return error as HoplineError;
  }
  throw new Error('nobody complained');
}

/** One line for a person, and nothing of what the file holds. */
function expectOneLine(refused: HoplineError, text: string): void {
  expect(refused.message).toContain(path);
  expect(refused.message).not.toContain('\n');
  const said = refused.message + refused.stack + JSON.stringify(refused);
  for (const secret of text.match(/[0-9a-f]{16}/g) ?? []) expect(said).not.toContain(secret);
}

/** What a call asked of the disk, in order, by name. */
function systemCallsOf(attempt: () => unknown): string[] {
  calls.length = 0;
  attempt();
  return [...calls];
}

function counting(source: (i: number) => Uint8Array): () => Uint8Array {
  let i = 0;
  return () => source(++i);
}

function swapped(text: string): string {
  const [first, noise, sign, ...rest] = text.split('\n');
  return [first, sign, noise, ...rest].join('\n');
}
