/**
 * Daemon rig: whole daemons in this process, each with a folder and a store of its own, joined by real
 * lines over loopback. What their radios would be is for the test to give.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { randomBytes, randomInt } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nativeCrypto } from '../../device/pi/crypto.ts';
import type { Log } from '../../device/pi/log.ts';
import { openLog } from '../../device/pi/log.ts';
import { readYaml } from '../../device/pi/yaml-file.ts';
import type { DaemonConfig } from '../../host/config.ts';
import { readDaemonConfig } from '../../host/config.ts';
import type { DaemonEvent, DaemonPorts } from '../../host/daemon.ts';
import { Daemon } from '../../host/daemon.ts';
import { HoplineError } from '../../protocol/errors.ts';
import { toHex } from '../../protocol/wire/hex.ts';

export type Rig = {
  folder(): string;
  /** Settings as a file would have them, over those of a daemon without radio, wire and port. */
  start(
    folder: string,
    settings?: Partial<DaemonConfig>,
    ports?: Partial<DaemonPorts>,
  ): Promise<Running>;
  /** Ends what is running and removes what was made. */
  end(): Promise<void>;
};

export type Running = {
  daemon: Daemon;
  id: string;
  events: DaemonEvent[];
  log: string[];
  broken: unknown[];
  /** `host:port` of its lines. */
  address: string;
};

export function openDaemonRig(): Rig {
  const folders: string[] = [];
  const running: Daemon[] = [];
  return {
    folder() {
      const folder = mkdtempSync(join(tmpdir(), 'hopline-daemon-'));
      folders.push(folder);
      return folder;
    },
    async start(folder, settings = {}, ports = {}) {
      const log: string[] = [];
      const broken: unknown[] = [];
      const daemon = await Daemon.start(
        { ...configIn(folder), ...settings },
        { ...portsOf(logInto(log), (cause) => broken.push(cause)), ...ports },
      );
      running.push(daemon);
      const events: DaemonEvent[] = [];
      daemon.follow((event) => events.push(event));
      const { listening } = daemon;
      const address = listening === null ? '' : `127.0.0.1:${listening.port}`;
      return { daemon, id: toHex(daemon.identity.id), events, log, broken, address };
    },
    async end() {
      await Promise.all(running.map((daemon) => daemon.leave()));
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** No radio, no wire; lines on a port that is free. */
export function configIn(folder: string): DaemonConfig {
  const text =
    'radio: { on: false }\nserial: none\nlisten: { host: 127.0.0.1, port: 0 }\nclients: { port: 0 }\n';
  const machine = { env: {}, hostname: 'bridge' };
  return readDaemonConfig(readYaml('bridge.yaml', text), machine, folder);
}

export function portsOf(log: Log, broken: (cause: unknown) => void): DaemonPorts {
  return {
    crypto: nativeCrypto(),
    random: (below) => randomInt(below),
    draw: (size) => new Uint8Array(randomBytes(size)),
    openRadio: () => Promise.reject(new HoplineError('RADIO_MISSING', 'there is none in a test')),
    tether: () => {
      throw new Error('there are no wires in a test');
    },
    listSerial: () => Promise.resolve([]),
    log,
    version: '0.0.0',
    isVirtual: false,
    broken,
  };
}

export function logInto(lines: string[]): Log {
  return openLog('trace', { write: (line) => void lines.push(line) }, null);
}
