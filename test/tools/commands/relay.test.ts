/**
 * hopline relay pack and install, as a person meets them. What a relay does is in test/device/pi.
 */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openRig, HAS_LIBRARIES } from '../../ble/rig.ts';
import { onAdapter, RelayChild, tempFolder, writeSettings } from '../../device/pi/relay-rig.ts';
import { hopline, ROOT } from '../built.ts';
import { until } from '../../patience.ts';

let ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
});

const KB = 1000;
const HAS_SYSTEMD = spawnSync('systemd-analyze', ['--version']).status === 0;

describe('hopline relay pack', () => {
  it.skipIf(!HAS_LIBRARIES)('makes a folder that runs with three packages', async () => {
    const folder = join(tempFolder(ends), 'relay-for-pi');
    const { status, out } = await hopline(['relay', 'pack', '--out', folder]);
    expect([status, out]).toEqual([0, expect.stringContaining('npm ci && node relay.mjs')]);
    const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
    const names = readdirSync(folder);
    const running = names.filter((name) => /\.mjs$/.test(name) && !name.startsWith('yaml-file-'));
    const bytes = running.reduce((sum, name) => sum + read(name).length, 0);
    expect(bytes).toBeLessThanOrEqual(300 * KB);

    const manifest = JSON.parse(read('package.json'));
    const three = ['@abandonware/bleno', '@abandonware/noble', 'serialport'];
    expect(Object.keys(manifest.dependencies)).toEqual(three);
    const lock = JSON.parse(read('package-lock.json'));
    expect(lock.packages[''].dependencies).toEqual(manifest.dependencies);
    expect(read('package-lock.json')).not.toContain('"resolved"');
    for (const name of three) expect(lock.packages[`node_modules/${name}`].version).toBeDefined();
    for (const name of ['yaml', 'pino', 'esbuild', 'sodium-native']) {
      expect(lock.packages[`node_modules/${name}`]).toBeUndefined();
    }

    // As npm ci leaves it: exactly what the lock names, and nothing else to be found.
    for (const place of Object.keys(lock.packages)) {
      if (!/^node_modules\/(@[^/]+\/)?[^/]+$/.test(place)) continue;
      mkdirSync(join(folder, place, '..'), { recursive: true });
      if (existsSync(join(ROOT, place))) symlinkSync(join(ROOT, place), join(folder, place));
    }
    const rig = await openRig(1);
    ends.push(() => rig.close());
    const { require, env } = await onAdapter(rig, 0);
    const home = tempFolder(ends);
    const settings = writeSettings(home, 'name: zero\nserial: none');
    const command = ['--require', require, join(folder, 'relay.mjs'), '--config', settings];
    const relay = new RelayChild(home, command, env);
    ends.push(() => relay.end());
    await until(async () => (await relay.report()).radio.isAdvertising, 'it advertises');
    expect((await relay.report()).station.name).toBe('zero');
    relay.signal('SIGTERM');
    expect([await relay.ends(), relay.err]).toEqual([0, '']);

    const wrong = spawnSync(process.execPath, [join(folder, 'relay.mjs'), '--confg', 'x']);
    expect([wrong.status, String(wrong.stderr)]).toEqual([1, expect.stringContaining('usage:')]);
  });

  it('packs over an older pack, and never into a folder of something else', async () => {
    const folder = tempFolder(ends);
    expect((await hopline(['relay', 'pack', '--out', folder])).status).toBe(0);
    expect((await hopline(['relay', 'pack', '--out', folder])).status).toBe(0);
    writeFileSync(join(folder, 'thesis.txt'), 'mine');
    const { status, err } = await hopline(['relay', 'pack', '--out', folder]);
    expect([status, err]).toEqual([74, expect.stringContaining('it holds thesis.txt')]);
    const file = join(folder, 'thesis.txt');
    const into = await hopline(['relay', 'pack', '--out', file]);
    expect([into.status, into.err]).toEqual([74, expect.stringContaining(`${file}: the system`)]);
  });
});

describe('hopline relay install', () => {
  it('writes the service and its settings below a root, and takes the service away', async () => {
    const root = tempFolder(ends);
    const said = await hopline(['relay', 'install', '--root', root]);
    expect(said.out.split('\n').slice(0, 2)).toEqual([
      'wrote /etc/systemd/system/hopline-relay.service',
      'wrote /etc/hopline/relay.yaml',
    ]);
    const path = join(root, 'etc/systemd/system/hopline-relay.service');
    const unit = readFileSync(path, 'utf8');
    for (const line of [
      'AmbientCapabilities=CAP_NET_RAW',
      'WatchdogSec=60',
      'NotifyAccess=all',
      'Restart=always',
      'Conflicts=bluetooth.service',
      'NoNewPrivileges=yes',
    ]) {
      expect(unit.split('\n')).toContain(line);
    }
    expect(unit).toMatch(
      /^ExecStart=\S+\/node \S+hopline\.js relay --config \/etc\/hopline\/relay\.yaml$/m,
    );

    const config = join(root, 'etc/hopline/relay.yaml');
    writeFileSync(config, 'name: mine\n');
    const again = await hopline(['relay', 'install', '--root', root]);
    expect(again.out).toContain('kept /etc/hopline/relay.yaml');
    expect(readFileSync(config, 'utf8')).toBe('name: mine\n');

    const gone = await hopline(['relay', 'uninstall', '--root', root]);
    expect(gone.out).toContain('removed /etc/systemd/system/hopline-relay.service');
    expect([existsSync(path), existsSync(config)]).toEqual([false, true]);
    const nothing = await hopline(['relay', 'uninstall', '--root', root]);
    expect([nothing.status, nothing.out]).toEqual([0, expect.stringContaining('there is no')]);
  });

  it('only says what it would do, when asked to', async () => {
    const root = tempFolder(ends);
    const dry = await hopline(['relay', 'install', '--root', root, '--dry-run']);
    expect([dry.status, dry.out]).toEqual([0, expect.stringContaining('[Service]')]);
    expect(readdirSync(root)).toEqual([]);
    const machine = await hopline(['relay', 'install', '--dry-run']);
    expect(machine.out).toContain('would run systemctl enable --now hopline-relay.service');
  });

  it.skipIf(!HAS_SYSTEMD)('writes what systemd itself finds sound and well shut', async () => {
    const root = tempFolder(ends);
    await hopline(['relay', 'install', '--root', root]);
    const path = join(root, 'etc/systemd/system/hopline-relay.service');
    const verified = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' });
    const remarks = verified.stderr.split('\n').filter((line) => line.includes('hopline-relay'));
    expect(remarks).toEqual([]);
  });

  it('starts with the usual settings in a file that holds', async () => {
    const { CONFIG_TEXT } = await import('../../../tools/relay/unit.ts');
    const { readConfig } = await import('../../../device/pi/config.ts');
    const { readYaml } = await import('../../../device/pi/yaml-file.ts');
    const around = { env: {}, hostname: 'pi' };
    const usual = readConfig(readYaml('a', CONFIG_TEXT), around);
    const said = CONFIG_TEXT.replace(/^# (?=\w+:)/gm, '').replace('name: attic', 'name: pi');
    const written = readConfig(readYaml('a', said), around);
    expect(written).toEqual({ ...usual, radio: { isOn: true, adapter: 'hci0' } });
  });
});

describe('hopline relay', () => {
  it.each([
    [['pak'], 'relay does not pak; did you mean pack?'],
    [['pack'], 'where to? hopline relay pack --out <folder>'],
    [['--out', 'x'], 'relay run has no use for --out'],
    [['pack', '--out', 'x', '--dry-run'], 'relay pack has no use for --dry-run'],
  ])('says what it cannot do: %j', async (words, told) => {
    const { status, err } = await hopline(['relay', ...words]);
    expect([status, err]).toEqual([64, expect.stringContaining(told)]);
  });
});
