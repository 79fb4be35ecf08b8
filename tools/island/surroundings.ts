/**
 * Virtual surroundings: what stands in for radio and lines where there are none. The daemon is as it
 * is; what is simulated keeps to itself: it has an identity and a store of its own, opens no adapter,
 * port or door, and is not for settings that name something real.
 */
import { join } from 'node:path';
import type { DaemonConfig } from '../../host/config.ts';
import type { DaemonPorts } from '../../host/daemon.ts';
import { openHome } from '../../host/daemon/home.ts';
import { VirtualWorld } from './virtual-world.ts';

export type Surroundings = {
  config: DaemonConfig;
  ports: Pick<DaemonPorts, 'openRadio' | 'isVirtual'> & Partial<DaemonPorts>;
  /** Once the daemon has left. */
  close(): Promise<void>;
};

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

/** With these settings and ports instead of its own a daemon is in a virtual world. */
export async function virtualSurroundings(
  config: DaemonConfig,
  ports: Omit<DaemonPorts, 'openRadio' | 'isVirtual'>,
): Promise<Surroundings> {
  const folder = join(config.data, FOLDER);
  const home = openHome({ ...config, data: folder, keyFile: join(folder, 'keys') }, ports);
  const world = await VirtualWorld.open(home.identity.id, ports).catch((failure) => {
    home.store.close();
    throw failure;
  });
  return {
    config: {
      ...config,
      radio: { isOn: true, adapter: null },
      serial: [],
      listen: null,
      peers: [world.peer],
      http: { ...config.http, host: '127.0.0.1', hosts: [] },
    },
    ports: { openRadio: world.openRadio, isVirtual: true, openHome: () => home },
    async close() {
      await world.close();
      // It may have come to no daemon that would have closed it.
      home.store.close();
    },
  };
}
