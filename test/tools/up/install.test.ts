/**
 * hopline up --install: what systemd is given, what it makes of it, and what is said first. Nothing
 * outside a folder of the test is touched.
 */
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readYaml } from '../../../device/pi/yaml-file.ts';
import { readDaemonConfig } from '../../../host/config.ts';
import { installBridge, uninstallBridge } from '../../../tools/up/install.ts';
import { bridgeUnit, isAsWritten } from '../../../tools/up/unit.ts';
import { ROOT } from '../built.ts';

const COMMAND = [process.execPath, join(ROOT, 'package.json'), 'up'];
const UNIT = '/etc/systemd/system/hopline.service';
const HAS_SYSTEMD = spawnSync('systemd-analyze', ['--version']).status === 0;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hopline-install-'));
});
afterEach(() => rmSync(root, { recursive: true }));

describe('a bridge that is installed', () => {
  it('only says what it would do when it is asked to', () => {
    const said = installBridge({ root: '/', isDry: true, home: null }, COMMAND);
    expect(said[0]).toMatch(/^would write \/etc\/systemd\/system\/hopline\.service:\n/);
    expect(said.filter((line) => /^would run systemctl (enable|restart) /.test(line))).toHaveLength(
      2,
    );
    expect(installBridge({ root, isDry: true, home: null }, COMMAND)).not.toHaveLength(0);
    expect(readdirSync(root)).toEqual([]);
  });

  it('may do what a radio needs, and gains no rights', () => {
    install();
    const unit = readFileSync(join(root, UNIT), 'utf8');
    expect(isAsWritten(unit)).toBe(true);
    for (const line of [
      'DynamicUser=yes',
      'NoNewPrivileges=yes',
      'CapabilityBoundingSet=CAP_NET_RAW',
      'AmbientCapabilities=CAP_NET_RAW',
      'ProtectSystem=strict',
      'ExecReload=/bin/kill -HUP $MAINPID',
      'Conflicts=bluetooth.service hopline-relay.service',
    ]) {
      expect(unit.split('\n'), line).toContain(line);
    }
    expect(readdirSync(join(root, 'etc/systemd/system'))).toEqual(['hopline.service']);
  });

  it('of one user has no rights of the machine', () => {
    const said = installBridge({ root, isDry: false, home: '/h/ada' }, COMMAND);
    const path = '/h/ada/.config/systemd/user/hopline.service';
    const unit = readFileSync(join(root, path), 'utf8');
    expect(unit).not.toMatch(/Capabilities|DynamicUser|BLUETOOTH|ExecStartPre/);
    expect(unit).toMatch(/WantedBy=default\.target/);
    expect(said.join('\n')).toMatch(/reaches no Bluetooth adapter/);
  });

  it('replaces its own unit without a word, and keeps one that somebody changed', () => {
    install();
    expect(install().join('\n')).not.toMatch(/changed/);
    appendFileSync(join(root, UNIT), '# mine\n');
    const said = install();
    expect(said[0]).toBe(`${UNIT} was changed by somebody: it is kept as ${UNIT}.old`);
    expect(readFileSync(join(root, `${UNIT}.old`), 'utf8')).toMatch(/# mine\n$/);
    expect(isAsWritten(readFileSync(join(root, UNIT), 'utf8'))).toBe(true);
  });

  it('is taken away again, and once is enough', () => {
    install();
    const wish = { root, isDry: false, home: null };
    expect(uninstallBridge(wish)).toEqual([
      `removed ${UNIT}`,
      'kept its data: who removes the keys loses the identity',
    ]);
    expect(existsSync(join(root, UNIT))).toBe(false);
    expect(uninstallBridge(wish)[0]).toBe(`there is no ${UNIT}`);
  });

  it.skipIf(!HAS_SYSTEMD)('is what systemd understands', () => {
    install();
    const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', join(root, UNIT)], {
      encoding: 'utf8',
    });
    // Of other units, and of programs that are not here, it may complain.
    const about = stderr.split('\n').filter((line) => line.includes('hopline.service'));
    expect(about.filter((line) => !/rfkill|hciconfig/.test(line))).toEqual([]);
  });
});

it('are words that systemd takes as they are', () => {
  expect(bridgeUnit(['/opt/a b/node', '--x=50%', '$HOME'], true)).toContain(
    'ExecStart="/opt/a b/node" --x=50%% $$HOME\n',
  );
});

it('in a container runs as nobody special, and lets in what it must', () => {
  const compose = parse(readFileSync(join(ROOT, 'host/container/compose.yaml'), 'utf8'));
  const { bridge } = compose.services;
  expect(bridge).toMatchObject({ cap_drop: ['ALL'], read_only: true });
  expect(bridge.ports).toEqual(['8334:8334', '8334:8334/udp', '127.0.0.1:8000:8000']);
  const [, written] = /printf "(.*?)"/.exec(compose.services.settings.command[0])!;
  const text = written.replaceAll('\\n', '\n');
  const config = readDaemonConfig(readYaml('settings.yaml', text), { env: {}, hostname: 'box' });
  expect([config.radio.isOn, config.serial, config.http.host]).toEqual([false, [], '0.0.0.0']);
  const file = readFileSync(join(ROOT, 'host/container/Containerfile'), 'utf8');
  expect(file).toMatch(/^USER node$/m);
  expect(file).toContain('CMD ["up", "--data", "/data"]');
});

function install(): string[] {
  return installBridge({ root, isDry: false, home: null }, COMMAND);
}
