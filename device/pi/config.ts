/**
 * Config: how a relay is set up. Every setting has a value without a file; a file says only what is
 * different, and each mistake in it is told with its line and column.
 *
 *   name: attic                     # shown to phones; without it, the machine's name
 *   data: /var/lib/hopline          # keys and counters
 *   key-file: /var/lib/hopline/keys
 *   socket: /run/hopline/relay.sock
 *   radio: { on: true, adapter: hci0 }   # without it, the first adapter
 *   serial: auto                    # or none, or a list of ports
 *   baud: 115200
 *   power-cycle: uhubctl -l 1-1 -a cycle   # for a node that hangs; it finds the port in $PORT
 *   ttl: 7
 *   security: moderate              # permissive, moderate, strict
 *   stamps: true                    # whether our announces show work: strict nodes see nobody else
 *   history: { messages: 1000, kilobytes: 1024, hours: 6 }
 *   notes: [/etc/hopline/keys/door.key]
 *   log: info
 */
import { join } from 'node:path';
import type { SecurityLevel } from '../../protocol/trust/levels.ts';
import { SECURITY_LEVELS } from '../../protocol/trust/levels.ts';
import type { Section } from './yaml-file.ts';

export type RelayConfig = {
  name: string;
  /** The folder of what must outlive the process. */
  data: string;
  keyFile: string;
  socket: string;
  /** `adapter` is null for the first there is. */
  radio: { isOn: boolean; adapter: string | null };
  /** `auto`: every port with hardware behind it. */
  serial: 'auto' | string[];
  baud: number;
  /** A shell command that takes the power from a node that hangs, or null. */
  powerCycle: string | null;
  /** The most that packets between nodes keep; phones clamp to 7 themselves (WIRE §12). */
  ttl: number;
  security: SecurityLevel;
  /** Whether our announces show the work that `strict` nodes ask for. */
  stamps: boolean;
  history: { messages: number; kilobytes: number; hours: number };
  /** The key files, as hopline provision writes them, of devices whose notes this relay says on. */
  notes: string[];
  log: LogLevel;
};

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What holds without a file, for a bridge as for a relay. */
export const USUAL = {
  radio: { isOn: true, adapter: null },
  serial: 'auto',
  baud: 115_200,
  ttl: 7,
  security: 'moderate',
  stamps: true,
  log: 'info',
} as const satisfies Partial<RelayConfig>;

/** What a file may say, of a bridge as of a relay. */
export const BAUD_LIMITS = { least: 300, most: 4_000_000 };
export const TTL_LIMITS = { least: 1, most: 64 };
export const ADAPTER_MAX = 16;
export const ADAPTER_FORM = /^hci\d{1,2}$/;

/** Bytes of a name: what a hello carries. */
export const NAME_MAX = 32;
export const PATH_MAX = 4096;
/** Bytes that the system takes as the name of a socket. */
export const SOCKET_PATH_MAX = 103;
/** Devices whose notes one relay says on. */
export const NOTE_DEVICES_MAX = 64;
/** Ports of one relay. */
export const SERIAL_PORTS_MAX = 8;

/** What of the process settings depend on. */
export type Surroundings = { env: Record<string, string | undefined>; hostname: string };

/** The settings without a file. systemd names the folders; people have theirs. */
export function defaultConfig({ env, hostname }: Surroundings): RelayConfig {
  const data = firstOf(env['STATE_DIRECTORY']) ?? join(stateFolder(env), 'hopline');
  const name = new TextDecoder().decode(new TextEncoder().encode(hostname).subarray(0, NAME_MAX));
  return {
    name: name.replace(/\ufffd+$/, '') || 'relay',
    ...inFolder(data, env),
    ...USUAL,
    powerCycle: null,
    history: { messages: 1000, kilobytes: 1024, hours: 6 },
    notes: [],
  };
}

/** The settings of a file, and the usual ones where it says nothing. */
export function readConfig(top: Section, surroundings: Surroundings): RelayConfig {
  const usual = defaultConfig(surroundings);
  const data = top.text('data', { most: PATH_MAX });
  const folder = data === undefined ? usual : inFolder(data, {});
  const radio = top.section('radio');
  const history = top.section('history');
  const config: RelayConfig = {
    name: top.text('name', { most: NAME_MAX }) ?? usual.name,
    data: folder.data,
    keyFile: top.text('key-file', { most: PATH_MAX }) ?? folder.keyFile,
    socket: top.text('socket', { most: SOCKET_PATH_MAX }) ?? folder.socket,
    radio: {
      isOn: radio.flag('on') ?? usual.radio.isOn,
      adapter: adapterOf(radio) ?? usual.radio.adapter,
    },
    serial: serialOf(top),
    baud: top.whole('baud', BAUD_LIMITS) ?? usual.baud,
    powerCycle: top.text('power-cycle', { most: PATH_MAX }) ?? usual.powerCycle,
    ttl: top.whole('ttl', TTL_LIMITS) ?? usual.ttl,
    security: top.oneOf('security', SECURITY_LEVELS) ?? usual.security,
    stamps: top.flag('stamps') ?? usual.stamps,
    history: {
      messages: history.whole('messages', { least: 1, most: 10_000 }) ?? usual.history.messages,
      kilobytes: history.whole('kilobytes', { least: 1, most: 16_384 }) ?? usual.history.kilobytes,
      hours: history.whole('hours', { least: 1, most: 168 }) ?? usual.history.hours,
    },
    notes: notesOf(top),
    log: top.oneOf('log', LOG_LEVELS) ?? usual.log,
  };
  for (const section of [radio, history, top]) section.done();
  if (!config.radio.isOn && config.serial.length === 0) {
    top.fail('serial', 'without radio or serial port there is nothing to relay');
  }
  return config;
}

function adapterOf(radio: Section): string | undefined {
  const name = radio.text('adapter', { most: ADAPTER_MAX });
  if (name !== undefined && !ADAPTER_FORM.test(name)) {
    radio.fail('adapter', 'adapter takes the name of one, like hci0; hopline doctor lists them');
  }
  return name;
}

function serialOf(top: Section): 'auto' | string[] {
  if (top.kindOf('serial') !== 'list') {
    return top.oneOf('serial', ['auto', 'none']) === 'none' ? [] : 'auto';
  }
  const ports = top.texts('serial', { most: PATH_MAX }) ?? [];
  if (ports.length > SERIAL_PORTS_MAX) {
    top.fail('serial', `at most ${SERIAL_PORTS_MAX} ports; run a second relay for the others`);
  }
  if (new Set(ports).size < ports.length) top.fail('serial', 'a port is there twice');
  return ports;
}

function notesOf(top: Section): string[] {
  const files = top.texts('notes', { most: PATH_MAX }) ?? [];
  if (files.length > NOTE_DEVICES_MAX) top.fail('notes', `at most ${NOTE_DEVICES_MAX} devices`);
  if (new Set(files).size < files.length) top.fail('notes', 'a file is there twice');
  return files;
}

/** Where things lie in a folder of data. */
export function inFolder(
  data: string,
  env: Surroundings['env'],
): Pick<RelayConfig, 'data' | 'keyFile' | 'socket'> {
  const run = firstOf(env['RUNTIME_DIRECTORY']) ?? data;
  return { data, keyFile: join(data, 'keys'), socket: socketIn(run) };
}

/** The status socket of whoever runs with this folder. */
export function socketIn(folder: string): string {
  return join(folder, 'relay.sock');
}

/** systemd gives several folders with colons between. */
function firstOf(folders: string | undefined): string | undefined {
  return folders?.split(':')[0] || undefined;
}

function stateFolder(env: Surroundings['env']): string {
  return env['XDG_STATE_HOME'] || join(env['HOME'] || '.', '.local', 'state');
}
