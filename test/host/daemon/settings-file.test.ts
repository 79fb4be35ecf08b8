/**
 * The file of settings: changed value by value with all else as it was, replaced as a whole, and
 * refused by name.
 */
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Changes, Written } from '../../../host/daemon/settings-file.ts';
import { SettingsFile } from '../../../host/daemon/settings-file.ts';

const MACHINE = { env: { HOME: '/h/ada' }, hostname: 'attic' };

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hopline-settings-'));
  path = join(folder, 'bridge.yaml');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a change of the settings', () => {
  it('leaves comments, order and quotes as they were', () => {
    write(`# The bridge in the attic.
name: "attic"

budget: { burst: 500 } # a little
peers:
  # Ada's.
  - { address: 'bridge.example.org:8334', node: 0123456789012345 }
ttl: 5 # deep trees
`);
    const { config, sheet } = change({ ttl: 9, 'budget.bytes-per-second': 100, log: 'warn' });
    expect([config.ttl, config.budget, config.log]).toEqual([
      9,
      { bytesPerSecond: 100, burst: 500 },
      'warn',
    ]);
    // An id of digits alone is no number.
    expect(readFileSync(path, 'utf8')).toBe(`# The bridge in the attic.
name: "attic"

budget: { burst: 500, bytes-per-second: 100 } # a little
peers:
  # Ada's.
  - { address: 'bridge.example.org:8334', node: "0123456789012345" }
ttl: 9 # deep trees
log: warn
`);
    expect(sheet.get('peers')).toEqual([
      { address: 'bridge.example.org:8334', node: '0123456789012345' },
    ]);
  });

  it('takes out what is null, and a group that is empty then', () => {
    write('name: attic\nbudget:\n  burst: 500\n');
    change({ 'budget.burst': null, ttl: null });
    expect(readFileSync(path, 'utf8')).toBe('name: attic\n');
  });

  it('leaves a file as it is where what is null was not written, nor its group', () => {
    for (const text of ['name: attic\n', 'budget:\n  burst: 500\n', '']) {
      write(text);
      change({ 'budget.bytes-per-second': null, 'failure.phi': null, ttl: null });
      expect(readFileSync(path, 'utf8')).toBe(text);
    }
  });

  it('begins a file where there was none, in the folder of data and for its owner alone', () => {
    const data = join(folder, 'data');
    const file = new SettingsFile(null, data, MACHINE);
    expect(file.read().config.ttl).toBe(7);
    expect(existsSync(data)).toBe(false);
    expect(changeIn(file, { ttl: 8 }).config).toMatchObject({ ttl: 8, data });
    expect(readFileSync(join(data, 'settings.yaml'), 'utf8')).toBe('ttl: 8\n');
    expect(statSync(join(data, 'settings.yaml')).mode & 0o777).toBe(0o600);
  });

  it('lies where the system wants data, and cannot move it from there', () => {
    const env = { STATE_DIRECTORY: folder, RUNTIME_DIRECTORY: '/run/hopline' };
    const file = new SettingsFile(null, null, { env, hostname: 'attic' });
    expect(file.read().config).toMatchObject({ data: folder, socket: '/run/hopline/relay.sock' });
    writeFileSync(join(folder, 'settings.yaml'), 'data: /elsewhere\n');
    expect(() => file.read()).toThrow(/cannot name another.*\[CONFIG_INVALID\]/);
  });

  it('keeps the words of a file that says nothing else', () => {
    write('# nothing but words\n');
    change({ ttl: 8 });
    expect(readFileSync(path, 'utf8')).toBe('# nothing but words\n\nttl: 8\n');
  });

  it('goes through a link, keeps the rights of the file, and leaves no draft', () => {
    const real = join(folder, 'real.yaml');
    writeFileSync(real, 'ttl: 5\n');
    chmodSync(real, 0o640);
    symlinkSync(real, path);
    change({ ttl: 6 });
    expect(readFileSync(real, 'utf8')).toBe('ttl: 6\n');
    expect(statSync(real).mode & 0o777).toBe(0o640);
    expect(readdirSync(folder).sort()).toEqual(['bridge.yaml', 'real.yaml']);
  });

  it.each<[string, Changes, RegExp]>([
    ['a value out of range', { log: 'warn', 'budget.burst': -1 }, /budget\.burst: .*from 1 to/],
    ['a value of another kind', { ttl: '5' }, /ttl: ttl takes a whole number/],
    ['a name there is not', { 'budget.brust': 1 }, /no setting "budget\.brust".*budget\.burst/],
    ['a group', { budget: { burst: 1 } }, /no setting "budget"/],
    ['what needs another', { 'routing.strategy': 'geographic' }, /routing\.strategy: .*place/],
    ['what runs programs', { components: ['/x.mjs'] }, /components: it is changed in .* alone/],
    ['who may ask', { 'http.open-on-loopback': true }, /open-on-loopback: .* not over the API/],
    ['a name of every object', { constructor: 1 }, /no setting "constructor"/],
  ])('is refused by name: %s', (_, changes, why) => {
    write('ttl: 5 # five\n');
    expect(() => change(changes)).toThrow(why);
    expect(() => change(changes)).toThrow(/\[REQUEST_INVALID\]/);
    expect(readFileSync(path, 'utf8')).toBe('ttl: 5 # five\n');
  });

  it('may be one that needs another, with it', () => {
    write('');
    const changes = { 'routing.strategy': 'geographic', 'routing.place': '52.5200,13.4050' };
    expect(change(changes).config.routing.strategy).toBe('geographic');
  });

  it('says where to change it by hand where it cannot be written', () => {
    write('ttl: 5\n');
    // A folder in the place of the draft stands for a disk that refuses.
    const draft = new SettingsFile(join(folder, 'no', 'such', 'bridge.yaml'), null, MACHINE);
    expect(() => changeIn(draft, { ttl: 6 })).toThrow(/\[FILE_UNREADABLE\]/);
    symlinkSync('/proc/self/status', join(folder, 'fixed.yaml'));
    const fixed = new SettingsFile(null, '/proc/self', MACHINE);
    expect(() => changeIn(fixed, { ttl: 6 })).toThrow(/by hand \[FILE_UNWRITABLE\]/);
  });

  it('is not made to a file that is broken', () => {
    write('ttl: [5\n');
    expect(() => change({ ttl: 6 })).toThrow(/bridge\.yaml:\d+:\d+: .*\[CONFIG_INVALID\]/);
    expect(readFileSync(path, 'utf8')).toBe('ttl: [5\n');
  });
});

function write(text: string): void {
  writeFileSync(path, text);
}

function change(changes: Changes) {
  return changeIn(new SettingsFile(path, null, MACHINE), changes);
}

function changeIn(file: SettingsFile, changes: Changes): Written {
  return file.change(
    changes,
    () => null,
    (written) => written,
  );
}
