/**
 * Fleet tool: what a bridge's page does with a fleet, by the same code as `hopline provision plan` and
 * `apply`. Ports that the bridge has as wires are lent for as long as somebody talks to them.
 */
import { join } from 'node:path';
import type { Daemon } from '../../host/daemon.ts';
import type { FleetTool } from '../../host/desk/fleet-job.ts';
import type { FleetRowView } from '../../host/http/views.ts';
import type { ListPorts } from '../commands/provision-site.ts';

/** As mistakes in it are named; there is no file of this name. */
const FILE = 'the fleet';
/** Of the bridge's data: the keys of the nodes that were provisioned from here. */
const KEYS = 'node-keys';

export function fleetTool(
  daemon: Pick<Daemon, 'config' | 'lend'>,
  listPorts: ListPorts,
): FleetTool {
  const fleetOf = async (text: string, stop: AbortSignal) => {
    const { readFleet } = await import('../provision/fleet.ts');
    const read = readFleet(FILE, text);
    const { Site } = await import('../commands/provision-site.ts');
    const folder = join(daemon.config.data, KEYS);
    const site = new Site(folder, listPorts, stop, (port) => daemon.lend(port));
    return { read, ports: [], site };
  };
  return {
    async plan(text, stop) {
      const { planOf } = await import('../commands/provision-fleet.ts');
      const rows = await planOf(await fleetOf(text, stop));
      return rows.map(({ problem, ...row }): FleetRowView => {
        const isDone = problem === null && row.changes.length === 0;
        return { ...row, isDone, result: problem ?? (isDone ? 'as it should be' : 'would change') };
      });
    },
    async apply(text, stop, shown) {
      const { applyTo } = await import('../commands/provision-fleet.ts');
      return applyTo(await fleetOf(text, stop), shown);
    },
  };
}
