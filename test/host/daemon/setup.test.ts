/**
 * What a running bridge makes of its settings when they are read again: what holds at once, and what
 * waits for the next start.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DaemonConfig } from '../../../host/config.ts';
import { SettingsFile } from '../../../host/daemon/settings-file.ts';
import type { SettingView } from '../../../host/http/views.ts';
import type { Taker } from '../../../host/daemon/setup.ts';
import { Setup } from '../../../host/daemon/setup.ts';
import { ENTRIES, FILE_ONLY, LIVE } from '../../../host/daemon/sheet.ts';

let folder: string;
let path: string;
let taken: DaemonConfig[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hopline-setup-'));
  path = join(folder, 'bridge.yaml');
  taken = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('settings that are read again', () => {
  it('hold at once where they can, and are named where they cannot', () => {
    const setup = started('ttl: 5\nlog: warn\n');
    write('ttl: 6\nlog: debug\nkeep: { days: 3 }\n');
    expect(setup.reread()).toEqual({ changed: ['log', 'keep.days'], pending: ['ttl'] });
    expect(taken).toMatchObject([{ log: 'debug', keep: { days: 3 } }]);
    expect(view(setup, 'ttl')).toMatchObject({ value: 6, isPending: true, needsRestart: true });
    expect(view(setup, 'log')).toMatchObject({ value: 'debug', isPending: false });
    // Until the next start it goes on waiting, unless it is taken back.
    expect(setup.reread()).toEqual({ changed: [], pending: ['ttl'] });
    write('ttl: 5\nlog: debug\n');
    expect(setup.reread()).toEqual({ changed: ['keep.days'], pending: [] });
  });

  it('are not taken up when they say the same in other words', () => {
    const setup = started('ttl: 7\n');
    write('# the usual\n"ttl": 0x7\nlog: info\n');
    expect(setup.reread()).toEqual({ changed: [], pending: [] });
    expect(taken).toEqual([]);
  });

  it('change nothing when the file is broken, and say line and reason', () => {
    const setup = started('ttl: 5\nlog: warn\n');
    write('log: debug\nttl: 500\n');
    expect(() => setup.reread()).toThrow(`${path}:2:6: ttl takes a whole number from 1 to 64`);
    expect(taken).toEqual([]);
    expect(view(setup, 'log').value).toBe('warn');
  });

  it('are refused where the bridge cannot have them as things are, and then nothing changes', () => {
    const setup = started('log: warn\n');
    const changes = { 'routing.strategy': 'ants', log: 'debug' };
    expect(() => setup.change(changes)).toThrow(/too few nodes \[REQUEST_INVALID\]/);
    expect(readFileSync(path, 'utf8')).toBe('log: warn\n');
    write('log: debug\nrouting: { strategy: ants }\n');
    expect(() => setup.reread()).toThrow(`${path}: too few nodes [CONFIG_INVALID]`);
    expect(taken).toEqual([]);
    expect(view(setup, 'log').value).toBe('warn');
    setup.change({ 'routing.strategy': null });
    expect(taken).toHaveLength(1);
  });

  it('are in the file as they were where the bridge cannot take them up', () => {
    const setup = started('# mine\nlog: warn\n', () => {
      throw new Error('the disk is full');
    });
    expect(() => setup.change({ log: 'debug' })).toThrow(/the disk is full/);
    expect(readFileSync(path, 'utf8')).toBe('# mine\nlog: warn\n');
    expect(view(setup, 'log')).toMatchObject({ value: 'warn', isPending: false });
  });

  it('change over the API as by the file', () => {
    const setup = started('# mine\nttl: 5\n');
    const came = setup.change({ 'budget.burst': 100, 'radio.on': false });
    expect(came).toEqual({ changed: ['budget.burst'], pending: ['radio.on'] });
    expect(taken).toMatchObject([{ budget: { burst: 100 } }]);
    expect(view(setup, 'budget.burst')).toMatchObject({ value: 100, usual: 16_000, isSet: true });
    expect(setup.change({ 'budget.burst': null }).changed).toEqual(['budget.burst']);
    expect(view(setup, 'budget.burst')).toMatchObject({ value: 16_000, isSet: false });
  });
});

describe('the list of settings', () => {
  it('has each with its help and its schema, and knows of no other', () => {
    const names = ENTRIES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect([...FILE_ONLY].filter((name) => !names.includes(name))).toEqual([]);
    expect([...LIVE]).toEqual(
      expect.arrayContaining(['log', 'failure.phi', 'limits.clients', 'on']),
    );
    expect(LIVE.has('radio.on')).toBe(false);
    expect(names.filter((name) => name.startsWith('budget'))).toEqual([
      'budget.bytes-per-second',
      'budget.burst',
    ]);
    for (const each of started('').views()) expect(each.help, each.name).toMatch(/^[a-z]/);
  });
});

function started(text: string, setUp: Taker['setUp'] = (config) => taken.push(config)): Setup {
  write(text);
  const file = new SettingsFile(path, null, { env: { HOME: folder }, hostname: 'attic' });
  const refusal = ({ routing }: DaemonConfig) =>
    routing.strategy === 'ants' ? 'too few nodes' : null;
  return new Setup(file, file.read(), { refusal, setUp });
}

function write(text: string): void {
  writeFileSync(path, text);
}

function view(setup: Setup, name: string): SettingView {
  return setup.views().find((each) => each.name === name)!;
}
