/**
 * hopline doctor: every finding, both ways, on machines that are made of files.
 */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StatusAnswer } from '../../../device/pi/relay-service.ts';
import { doctorOf } from '../../../tools/commands/doctor.ts';
import { dispatch } from '../../../tools/dispatch.ts';
import type { Finding, Severity } from '../../../tools/doctor/finding.ts';
import type { DoctorPort } from '../../../tools/doctor/port.ts';
import { machine } from '../../../tools/doctor/port.ts';
import { testIo } from '../io.ts';
import { linkSnapshot, statusAnswer } from '../relay/asked.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hopline-doctor-'));
});
afterEach(() => rmSync(root, { recursive: true }));

type Sick = {
  /** Files by path; null for a folder. */
  files?: Record<string, string | null>;
  programs?: Record<string, string>;
  relay?: (answer: StatusAnswer) => void;
  change?: (port: DoctorPort) => void;
};

const UP = { hciconfig: 'hci0: Type: Primary  Bus: UART\n\tUP RUNNING\n' };
const HCI = { '/sys/class/bluetooth/hci0': null };
const IS_ROOT = { '/proc/self/status': 'Name:\tnode\nCapEff:\t000001ffffffffff\n' };
const process = (pid: number, comm: string, ...words: string[]) => ({
  [`/proc/${pid}/comm`]: `${comm}\n`,
  [`/proc/${pid}/cmdline`]: `${words.join('\0')}\0`,
});
const RELAY = ['/usr/bin/node', '/opt/dist/hopline.js', 'relay'];

const CASES: [string, Sick, Severity, string, string | null][] = [
  ['kernel', {}, 'problem', 'knows no Bluetooth', 'sudo modprobe bluetooth'],
  ['kernel', { files: HCI }, 'good', 'knows Bluetooth', null],
  ['adapter', { files: { '/sys/class/bluetooth': null } }, 'problem', 'no adapter', 'plug in'],
  ['adapter hci0', { files: HCI, programs: UP }, 'good', 'there and up', null],
  ['adapter hci0', { files: HCI }, 'unknown', 'hciconfig is not', null],
  [
    'adapter hci0',
    { files: HCI, programs: { hciconfig: 'hci0:\n\tDOWN\n' } },
    'problem',
    'it is down',
    'sudo hciconfig hci0 up',
  ],
  [
    'adapter hci0',
    { files: { '/sys/class/bluetooth/hci0/rfkill1/soft': '1\n' }, programs: UP },
    'problem',
    'it is blocked',
    'sudo rfkill unblock bluetooth',
  ],
  [
    'adapter hci0',
    { files: { '/sys/class/bluetooth/hci0/rfkill1/hard': '1\n' } },
    'problem',
    'switched off',
    'turn on its switch',
  ],
  ['bluetoothd', {}, 'good', 'does not run', null],
  [
    'bluetoothd',
    { files: process(412, 'bluetoothd') },
    'problem',
    'process 412',
    'sudo systemctl disable --now bluetooth',
  ],
  ['capability', {}, 'unknown', 'does not say', null],
  ['capability', { files: IS_ROOT }, 'good', 'may open raw sockets', null],
  [
    'capability',
    { files: { '/proc/self/status': 'CapEff:\t0000000000000000\n' } },
    'problem',
    'may not open raw sockets',
    'sudo hopline relay install',
  ],
  [
    'capability',
    {
      files: {
        '/proc/self/status': 'CapEff:\t0000000000000000\n',
        '/etc/systemd/system/hopline-relay.service': '',
      },
    },
    'good',
    'the service has',
    null,
  ],
  ['capability', { relay() {} }, 'good', 'the relay has what it needs', null],
  ['ReverseServiceDiscovery', {}, 'good', 'no bluetoothd', null],
  [
    'ReverseServiceDiscovery',
    { files: { '/etc/bluetooth/main.conf': '[General]\n#ReverseServiceDiscovery = false\n' } },
    'warning',
    'ask whether to pair',
    'write ReverseServiceDiscovery = false',
  ],
  [
    'ReverseServiceDiscovery',
    { files: { '/etc/bluetooth/main.conf': '[General]\nReverseServiceDiscovery=false\n' } },
    'good',
    'it is off',
    null,
  ],
  [
    'ReverseServiceDiscovery',
    { files: process(7, 'bluetoothd') },
    'warning',
    'it is on',
    '[General]',
  ],
  ['relay', {}, 'unknown', 'none runs', null],
  ['relay', { relay() {}, files: process(77, 'node', ...RELAY) }, 'good', 'process 77', null],
  ['relay', { files: process(77, 'node', ...RELAY) }, 'warning', 'of another user', '--socket'],
  [
    'relay',
    {
      relay() {},
      files: {
        ...process(77, 'node', ...RELAY),
        ...process(78, 'node', '/usr/bin/node', 'relay.mjs'),
        ...process(79, 'sudo', 'sudo', ...RELAY),
        ...process(80, 'node', '/usr/bin/node', 'hopline', 'relay', 'pack'),
        ...process(81, 'node', '/usr/bin/node', 'hopline.js', 'status'),
      },
    },
    'problem',
    '2 relays run (processes 77, 78)',
    'kill 78',
  ],
  ['MTU', {}, 'unknown', 'no relay runs', null],
  ['MTU', { relay() {} }, 'good', 'takes whole packets', null],
  ['MTU', { relay: (answer) => (answer.station.links = []) }, 'unknown', 'no phone', null],
  [
    'MTU',
    {
      relay: (answer) =>
        (answer.station.links = [linkSnapshot({ medium: 'phone', name: 'anna', payloadMax: 182 })]),
    },
    'warning',
    'anna takes 182 bytes at once',
    'switch Bluetooth off and on',
  ],
  ['clock', { relay() {} }, 'good', '0 s ahead of 4 peers', null],
  ['clock', { relay: skewed(-121_000, 3) }, 'problem', '2 min 1 s behind 3 peers', 'set-ntp true'],
  ['clock', { relay: skewed(120_000, 3) }, 'good', '2 min ahead of', null],
  ['clock', { relay: skewed(200_000, 2) }, 'warning', 'unless it is they', 'set-ntp true'],
  ['clock', {}, 'unknown', 'nobody was heard', null],
  [
    'clock',
    { files: { '/run/systemd/timesync/synchronized': '' } },
    'good',
    'over the network',
    null,
  ],
  ['clock', { programs: { timedatectl: 'yes\n' } }, 'good', 'over the network', null],
  ['clock', { programs: { timedatectl: 'no\n' } }, 'warning', 'was not set', 'set-ntp true'],
  ['clock', { change: (port) => (port.unixMs = 1000) }, 'problem', 'it is not set', 'sudo date -s'],
  ['serial', {}, 'unknown', 'no board', null],
  ['serial /dev/ttyUSB0', { files: { '/dev/ttyUSB0': '' } }, 'good', 'can be opened', null],
  [
    'serial /dev/ttyACM0',
    { files: { '/dev/ttyACM0': '' }, change: (port) => (port.mayUse = () => false) },
    'problem',
    'may not open it',
    'sudo usermod -aG dialout $USER',
  ],
  [
    'serial /dev/ttyUSB0',
    { files: { '/dev/ttyUSB0': '', ...process(9, 'screen'), '/proc/9/fd/3': '-> /dev/ttyUSB0' } },
    'problem',
    'screen (process 9) has it open',
    'kill 9',
  ],
  [
    'serial /dev/ttyUSB0',
    {
      files: { '/dev/ttyUSB0': '', '/var/lock/LCK..ttyUSB0': '   55\n', ...process(55, 'minicom') },
    },
    'problem',
    'process 55 has locked it',
    'kill 55',
  ],
  [
    'serial /dev/ttyUSB0',
    { files: { '/dev/ttyUSB0': '', '/var/lock/LCK..ttyUSB0': '   55\n' } },
    'warning',
    'a program that is gone',
    'sudo rm /var/lock/LCK..ttyUSB0',
  ],
  [
    'serial /dev/ttyUSB0',
    {
      files: { '/dev/ttyUSB0': '', '/proc/77/fd/3': '-> /dev/ttyUSB0' },
      relay: (answer) => (answer.wires = [{ link: 7, port: '/dev/ttyUSB0', state: 'well' }]),
    },
    'good',
    'the relay speaks',
    null,
  ],
  [
    'serial',
    { files: { '/dev/ttyUSB0': '', ...process(31, 'ModemManager') } },
    'warning',
    'ModemManager (process 31)',
    'sudo systemctl disable --now ModemManager',
  ],
  ['disk', { change: (port) => (port.freeBytes = () => 300e6) }, 'good', '300 MB are free', null],
  [
    'disk',
    { change: (port) => (port.freeBytes = () => 199e6) },
    'warning',
    '199 MB',
    'vacuum-size',
  ],
  [
    'disk',
    { change: (port) => (port.freeBytes = () => 19e6) },
    'problem',
    '19 MB',
    'apt-get clean',
  ],
  ['disk', { change: (port) => (port.freeBytes = () => null) }, 'unknown', 'does not say', null],
];

describe('hopline doctor', () => {
  it.each(CASES)('%s: %j is %s', async (check, sick, severity, what, fix) => {
    const { findings } = await examined(sick);
    const of = findings.filter((finding) => finding.check === check);
    expect(of).toEqual([
      {
        check,
        severity,
        what: expect.stringContaining(what),
        fix: fix === null ? null : expect.stringContaining(fix),
      },
    ]);
  });

  it('ends well where nothing is in the way, though much may be unknown', async () => {
    const { status, findings } = await examined({
      files: { ...HCI, ...IS_ROOT },
      programs: UP,
      change: (port) => (port.freeBytes = () => 1e9),
    });
    expect([status, findings.filter(({ severity }) => severity === 'problem')]).toEqual([0, []]);
  });

  it('ends with 1 where something is, and names it', async () => {
    const { status, errs } = await examined({ files: { ...HCI, ...process(9, 'bluetoothd') } });
    expect([status, errs[0]]).toEqual([
      1,
      expect.stringMatching(/in the way of a relay: .*bluetoothd.*\[CHECKS_FAILED\]/),
    ]);
  });

  it('tells people each finding, and below it what to do', async () => {
    const { outs } = await examined({ files: process(9, 'bluetoothd') }, []);
    const at = outs.findIndex((line) => line.startsWith('problem  bluetoothd: it runs'));
    expect(outs[at + 1]).toBe('         do: sudo systemctl disable --now bluetooth');
    expect(outs.find((line) => line.startsWith('good'))).not.toContain('do:');
  });

  it('looks at this machine without failing', () => {
    const port = machine('/', null, '/nowhere/at/all');
    expect(port.freeBytes('/nowhere/at/all')).toBeGreaterThan(0);
    expect(port.list('/proc')).toContain('self');
    expect([port.run('no-such-program', []), port.read('/nowhere')]).toEqual([null, null]);
    expect([port.run('true', []), port.run('false', [])]).toEqual(['', null]);
  });
});

function skewed(aheadMs: number, senders: number) {
  return (answer: StatusAnswer): void => {
    answer.clock = { isKnown: true, aheadMs, senders };
  };
}

async function examined(sick: Sick, words: string[] = ['--json']) {
  for (const [path, text] of Object.entries(sick.files ?? {})) place(path, text);
  const relay = sick.relay === undefined ? null : statusAnswer();
  if (relay !== null) sick.relay!(relay);
  const { programs = {} } = sick;
  const run = (program: string): string | null => programs[program] ?? null;
  const port = machine(root, relay, '/var/lib/hopline', run);
  sick.change?.(port);
  const io = testIo();
  io.env = { HOPLINE_SOCKET: join(root, 'none.sock') };
  const doctor = doctorOf(() => port);
  const status = await dispatch(['doctor', ...words], { doctor: async () => doctor }, '0', io);
  const findings = (words.length > 0 ? JSON.parse(io.outs[0]) : []) as Finding[];
  return { status, findings, outs: io.outs, errs: io.errs };
}

function place(path: string, text: string | null): void {
  const at = join(root, path);
  mkdirSync(text === null ? at : dirname(at), { recursive: true });
  if (text === null) return;
  if (text.startsWith('-> ')) symlinkSync(text.slice(3), at);
  else writeFileSync(at, text);
}
