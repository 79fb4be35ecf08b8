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
import type { Casts } from './virtual-world.ts';
import { VirtualWorld } from './virtual-world.ts';

/** In the folder of data, so that nothing that was said here is ever history elsewhere. */
export const VIRTUAL_FOLDER = 'virtual';

/** Whoever calls it has seen that nothing of the settings is real. */
export async function startInVirtualWorld(
  config: DaemonConfig,
  ports: Omit<DaemonPorts, 'openRadio' | 'isVirtual'>,
  casts?: Casts,
): Promise<{ daemon: Daemon; close(): Promise<void> }> {
  const folder = join(config.data, VIRTUAL_FOLDER);
  const home = openHome({ ...config, data: folder, keyFile: join(folder, 'keys') }, ports);
  let world: VirtualWorld | null = null;
  try {
    world = await VirtualWorld.open(home.identity.id, ports, casts);
    const { openRadio, peer } = world;
    const daemon = await Daemon.start(
      {
        ...config,
        radio: { isOn: true, adapter: null },
        serial: [],
        listen: null,
        clients: null,
        peers: [peer],
        http: { ...config.http, host: '127.0.0.1', hosts: [] },
      },
      { ...ports, openRadio, isVirtual: true, openHome: () => home },
    );
    const around = world;
    return {
      daemon,
      async close() {
        await daemon.leave();
        await around.close();
      },
    };
  } catch (failure) {
    await world?.close();
    home.store.close();
    throw failure;
  }
}
