/**
 * Virtual daemon: the daemon as it is, in a virtual world. What is simulated keeps to itself: it has an
 * identity and a store of its own, opens no adapter, port or door, and is refused where something real
 * is configured.
 */
import { join } from 'node:path';
import type { DaemonConfig } from '../../host/config.ts';
import type { DaemonPorts } from '../../host/daemon.ts';
import { Daemon } from '../../host/daemon.ts';
import { openHome } from '../../host/daemon/home.ts';
import { VirtualWorld } from './virtual-world.ts';

export type VirtualDaemon = { daemon: Daemon; world: VirtualWorld };

/** In the folder of data, so that nothing that was said here is ever history elsewhere. */
const FOLDER = 'virtual';

/** What of the settings is real, and would meet what is not; null where nothing is. */
export function realPartOf(config: DaemonConfig): string | null {
  const { radio, serial, peers, allow, publicAddress } = config;
  if (radio.adapter !== null) return `the adapter ${radio.adapter}`;
  if (serial !== 'auto' && serial.length > 0) return `the serial port ${serial[0]}`;
  if (peers.length > 0) return `the line to ${peers[0].address}`;
  if (allow.length > 0) return 'who may open a line (allow)';
  if (publicAddress !== null) return `the public address ${publicAddress}`;
  return null;
}

/** The caller has seen that nothing of the settings is real. `close` of the world is the caller's. */
export async function startVirtual(
  config: DaemonConfig,
  ports: Omit<DaemonPorts, 'openRadio' | 'isVirtual'>,
): Promise<VirtualDaemon> {
  const folder = join(config.data, FOLDER);
  const home = openHome({ ...config, data: folder, keyFile: join(folder, 'keys') }, ports);
  let world: VirtualWorld | null = null;
  try {
    world = await VirtualWorld.open(home.identity.id, ports);
    const { openRadio, peer } = world;
    const daemon = await Daemon.start(
      {
        ...config,
        radio: { isOn: true, adapter: null },
        serial: [],
        listen: null,
        peers: [peer],
        http: { ...config.http, host: '127.0.0.1', hosts: [] },
      },
      { ...ports, openRadio, isVirtual: true, openHome: () => home },
    );
    return { daemon, world };
  } catch (failure) {
    await world?.close();
    home.store.close();
    throw failure;
  }
}
