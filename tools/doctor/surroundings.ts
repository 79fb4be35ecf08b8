/**
 * Surroundings: what of the machine beside its Bluetooth keeps a relay from working.
 */
import { printable } from '../../protocol/printable.ts';
import { age, many } from '../relay/words.ts';
import type { Finding } from './finding.ts';
import { good, problem, unknown, warning } from './finding.ts';
import type { DoctorPort } from './port.ts';
import { nameOf, programsNamed, relays, usersOf } from './processes.ts';

/** Phones drop what is further off (WIRE §12 o). */
const SKEW_MAX_MS = 120_000;
/** Of fewer peers it may be theirs that is wrong. */
const WITNESSES = 3;
/** No clock that is set says an earlier time. */
const CLOCK_LEAST_MS = Date.UTC(2025, 0, 1);
const SYNCHRONIZED = '/run/systemd/timesync/synchronized';

const DISK_LOW_BYTES = 200e6;
const DISK_FULL_BYTES = 20e6;

export function instance(port: DoctorPort): Finding[] {
  const running = relays(port);
  if (running.length > 1) {
    const others = running.filter((pid) => pid !== port.relay?.pid);
    const what = `${running.length} relays run (processes ${running.join(', ')}), and one adapter carries one`;
    return [problem('relay', what, `kill ${others.slice(0, running.length - 1).join(' ')}`)];
  }
  if (port.relay !== null) return [good('relay', `it runs (process ${port.relay.pid})`)];
  if (running.length === 1) {
    const what = `process ${running[0]} is one of another user or place`;
    return [warning('relay', what, 'ask as that user, with sudo, or name its --socket')];
  }
  return [unknown('relay', 'none runs; hopline relay starts one')];
}

/**
 * First by what peers say; where nobody was heard, by whether the system has set its clock over the
 * network.
 */
export function clock(port: DoctorPort): Finding[] {
  const set =
    'sudo timedatectl set-ntp true, or without a network sudo date -s "2026-12-31 23:59:59"';
  if (port.unixMs < CLOCK_LEAST_MS) return [problem('clock', 'it is not set', set)];
  const reading = port.relay?.clock;
  if (reading !== undefined && reading.aheadMs !== null) {
    const offMs = Math.abs(reading.aheadMs);
    const way = reading.aheadMs < 0 ? 'behind' : 'ahead of';
    const what = `it is ${age(offMs)} ${way} ${many(reading.senders, 'peer')}`;
    if (offMs <= SKEW_MAX_MS) return [good('clock', what)];
    const effect = `${what}; phones drop all that is two minutes off`;
    if (reading.senders >= WITNESSES) return [problem('clock', effect, set)];
    return [warning('clock', `${effect}, unless it is they who are wrong`, set)];
  }
  if (port.exists(SYNCHRONIZED)) return [good('clock', 'it was set over the network')];
  const answer = port.run('timedatectl', ['show', '--property=NTPSynchronized', '--value']);
  if (answer === null) return [unknown('clock', 'nobody was heard to compare it with')];
  if (answer.trim() === 'yes') return [good('clock', 'it was set over the network')];
  return [warning('clock', 'it was not set over the network since the start', set)];
}

export function serial(port: DoctorPort): Finding[] {
  const names = port.list('/dev').filter((name) => /^tty(USB|ACM)\d+$/.test(name));
  const findings = names.map((name) => serialPort(port, name));
  if (names.length === 0) return [unknown('serial', 'no board is plugged in')];
  const [modem] = programsNamed(port, 'ModemManager');
  if (modem !== undefined) {
    const what = `ModemManager (process ${modem}) talks to boards as if they were modems`;
    findings.push(warning('serial', what, 'sudo systemctl disable --now ModemManager'));
  }
  return findings;
}

function serialPort(port: DoctorPort, name: string): Finding {
  const path = `/dev/${name}`;
  const check = `serial ${path}`;
  if (port.relay?.wires.some((wire) => wire.port === path && wire.state === 'well') === true) {
    return good(check, 'the relay speaks with the node there');
  }
  if (!port.mayUse(path)) {
    return problem(
      check,
      'we may not open it',
      'sudo usermod -aG dialout $USER, then log in again',
    );
  }
  const [user] = usersOf(port, path).filter((pid) => pid !== port.relay?.pid);
  if (user !== undefined) {
    const who = `${printable(nameOf(port, user))} (process ${user})`;
    return problem(check, `${who} has it open`, `end that program, or kill ${user}`);
  }
  const lock = port.read(`/var/lock/LCK..${name}`);
  if (lock === null) return good(check, 'it can be opened');
  const owner = lock.trim();
  if (/^\d+$/.test(owner) && port.exists(`/proc/${owner}`)) {
    return problem(check, `process ${owner} has locked it`, `end that program, or kill ${owner}`);
  }
  const what = 'a program that is gone has left it locked';
  return warning(check, what, `sudo rm /var/lock/LCK..${name}`);
}

export function disk(port: DoctorPort): Finding[] {
  const free = port.freeBytes(port.data);
  if (free === null) return [unknown('disk', 'the system does not say how much is free')];
  const what = `${(free / 1e6).toFixed(0)} MB are free for ${port.data}`;
  const fix = 'sudo journalctl --vacuum-size=50M, and sudo apt-get clean';
  if (free < DISK_FULL_BYTES) return [problem('disk', what, fix)];
  return [free < DISK_LOW_BYTES ? warning('disk', what, fix) : good('disk', what)];
}
