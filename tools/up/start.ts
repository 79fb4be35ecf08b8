/**
 * Start: the ways to start a daemon: with what there really is, or in a world of its own. What is
 * virtual is never started beside anything real that is configured.
 */
import { existsSync } from 'node:fs';
import type { DaemonConfig } from '../../host/config.ts';
import type { DaemonPorts } from '../../host/daemon.ts';
import { Daemon } from '../../host/daemon.ts';
import { openHome } from '../../host/daemon/home.ts';
import { storeIn } from '../../host/store/folder.ts';
import { HoplineError } from '../../protocol/errors.ts';

/** A daemon, and what lets go of all that was opened with it. */
export type Started = { daemon: Daemon; close(): Promise<void> };
export type StartDaemon = (config: DaemonConfig, ports: DaemonPorts) => Promise<Started>;

/** With the radio, wires and lines that there really are. */
export async function startReal(config: DaemonConfig, ports: DaemonPorts): Promise<Started> {
  const daemon = await Daemon.start(config, ports);
  return { daemon, close: () => daemon.leave() };
}

/** In a world of its own. */
export async function startVirtual(config: DaemonConfig, ports: DaemonPorts): Promise<Started> {
  const real = realPartOf(config);
  if (real !== null) {
    const detail = `they name ${real}, and what is virtual meets nothing real`;
    throw new HoplineError(
      'CONFIG_INVALID',
      `${detail}; leave out --virtual-island, or the setting`,
    );
  }
  const { startInVirtualWorld } = await import('../island/virtual-daemon.ts');
  return startInVirtualWorld(config, ports);
}

/** In a world of its own, unless something real is configured or was joined. */
export async function startVirtualIfAlone(
  config: DaemonConfig,
  ports: DaemonPorts,
): Promise<Started> {
  if (realPartOf(config) !== null) return startReal(config, ports);
  if (!existsSync(storeIn(config.data))) return startVirtual(config, ports);
  const home = openHome(config, ports);
  if (home.store.lines.all().length > 0) {
    return startReal(config, { ...ports, openHome: () => home });
  }
  home.store.close();
  return startVirtual(config, ports);
}

/** What of the settings is real, and would meet what is not; null where nothing is. */
export function realPartOf(config: DaemonConfig): string | null {
  const { radio, serial, peers, allow, publicAddress, lan } = config;
  if (radio.adapter !== null) return `the adapter ${radio.adapter}`;
  if (serial !== 'auto' && serial.length > 0) return `the serial port ${serial[0]}`;
  if (peers.length > 0) return `the line to ${peers[0].address}`;
  if (allow.length > 0) return 'who may open a line (allow)';
  if (lan) return 'others of this network (lan)';
  if (publicAddress !== null) return `the public address ${publicAddress}`;
  return null;
}
