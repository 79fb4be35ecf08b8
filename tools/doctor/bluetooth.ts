/**
 * Bluetooth: what keeps a radio from working on Linux, from the kernel up to the phone.
 */
import { printable } from '../../protocol/printable.ts';
import { UNIT_PATH } from '../relay/unit.ts';
import type { Finding } from './finding.ts';
import { good, problem, unknown, warning } from './finding.ts';
import type { DoctorPort } from './port.ts';
import { programsNamed } from './processes.ts';

const ADAPTERS = '/sys/class/bluetooth';
const MAIN_CONF = '/etc/bluetooth/main.conf';
/** CAP_NET_RAW, as a bit of what /proc says. */
const NET_RAW = 1n << 13n;
/** Bytes of a padded private message: a phone that takes less in one write never gets one. */
const PRIVATE_SIZE = 256;

export function kernel(port: DoctorPort): Finding[] {
  if (port.exists(ADAPTERS)) return [good('kernel', 'the kernel knows Bluetooth')];
  return [
    problem(
      'kernel',
      'the kernel knows no Bluetooth',
      'sudo modprobe bluetooth; on a Raspberry Pi remove dtoverlay=disable-bt from /boot/firmware/config.txt and restart',
    ),
  ];
}

export function adapters(port: DoctorPort): Finding[] {
  const names = port.list(ADAPTERS).filter((name) => /^hci\d+$/.test(name));
  if (names.length === 0) {
    return [problem('adapter', 'there is no adapter', 'plug in a Bluetooth 4.0 adapter or newer')];
  }
  return names.map((name) => adapter(port, name));
}

function adapter(port: DoctorPort, name: string): Finding {
  const check = `adapter ${name}`;
  const folder = `${ADAPTERS}/${name}`;
  const switches = port.list(folder).filter((each) => each.startsWith('rfkill'));
  const isOn = (kind: string): boolean =>
    switches.some((each) => port.read(`${folder}/${each}/${kind}`)?.trim() === '1');
  if (isOn('hard')) {
    return problem(check, 'it is switched off', 'turn on its switch, or leave airplane mode');
  }
  if (isOn('soft')) return problem(check, 'it is blocked', 'sudo rfkill unblock bluetooth');
  const state = port.run('hciconfig', [name]);
  if (state === null)
    return unknown(check, 'it is there; hciconfig is not, to say whether it is up');
  if (/\bUP\b/.test(state)) return good(check, 'it is there and up');
  return problem(check, 'it is down', `sudo hciconfig ${name} up`);
}

export function bluetoothd(port: DoctorPort): Finding[] {
  const [pid] = programsNamed(port, 'bluetoothd');
  if (pid === undefined) return [good('bluetoothd', 'it does not run')];
  return [
    problem(
      'bluetoothd',
      `it runs (process ${pid}), and takes connections from the relay`,
      'sudo systemctl disable --now bluetooth',
    ),
  ];
}

export function capability(port: DoctorPort): Finding[] {
  const check = 'capability';
  if (port.relay?.radio.state === 'on') return [good(check, 'the relay has what it needs')];
  const [, bits] = /^CapEff:\s*([0-9a-f]+)/m.exec(port.read('/proc/self/status') ?? '') ?? [];
  if (bits === undefined) return [unknown(check, 'the system does not say what we may do')];
  if ((BigInt(`0x${bits}`) & NET_RAW) !== 0n) return [good(check, 'we may open raw sockets')];
  if (port.exists(UNIT_PATH)) return [good(check, 'the service has cap_net_raw; we need not')];
  return [
    problem(
      check,
      'we may not open raw sockets, and no service is installed',
      'sudo hopline relay install; or, for relays by hand, sudo setcap cap_net_raw+eip "$(readlink -f "$(command -v node)")"',
    ),
  ];
}

/** With it, bluetoothd asks every phone that connects for its services, and Android asks to pair. */
export function reverseDiscovery(port: DoctorPort): Finding[] {
  const check = 'ReverseServiceDiscovery';
  const conf = port.read(MAIN_CONF);
  if (conf === null && programsNamed(port, 'bluetoothd').length === 0) {
    return [good(check, 'there is no bluetoothd to ask for it')];
  }
  if (/^\s*ReverseServiceDiscovery\s*=\s*false\s*$/im.test(conf ?? '')) {
    return [good(check, 'it is off')];
  }
  return [
    warning(
      check,
      'it is on: Android phones ask whether to pair',
      `in ${MAIN_CONF}, below [General], write ReverseServiceDiscovery = false; then sudo systemctl restart bluetooth`,
    ),
  ];
}

export function mtu(port: DoctorPort): Finding[] {
  const { relay } = port;
  if (relay === null) return [unknown('MTU', 'no relay runs that could tell')];
  const phones = relay.station.links.filter(({ medium }) => medium === 'phone');
  const narrow = phones.filter(
    ({ payloadMax }) => payloadMax !== null && payloadMax < PRIVATE_SIZE,
  );
  if (phones.length === 0) return [unknown('MTU', 'no phone is connected that could tell')];
  if (narrow.length === 0) return [good('MTU', 'every phone takes whole packets')];
  return narrow.map(({ link, name, payloadMax }) =>
    warning(
      'MTU',
      `${printable(name ?? `link ${link}`)} takes ${payloadMax} bytes at once, and private messages have ${PRIVATE_SIZE}`,
      'switch Bluetooth off and on at that phone, and update its app',
    ),
  );
}
