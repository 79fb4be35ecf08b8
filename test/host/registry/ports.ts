/**
 * Ports for components under test: an empty archive, a station that stands still.
 */
import type { ComponentPorts } from '../../../host/component.ts';
import type { Snapshot } from '../../../protocol/peer/snapshot.ts';
import { MemoryArchive } from '../../../tools/simulate/archive.ts';
import { seededRandom } from '../../../tools/simulate/random.ts';
import { crypto } from '../../protocol/trust/ports.ts';

export function componentPorts(station: Partial<Snapshot> = {}): ComponentPorts {
  return {
    id: new Uint8Array(8).fill(1),
    crypto,
    random: seededRandom(1),
    archive: new MemoryArchive(),
    station: () => ({ ...STILL, ...station }),
  };
}

const STILL: Snapshot = {
  id: '0101010101010101',
  name: 'here',
  uptimeMs: 0,
  unixMs: null,
  islandSize: 1,
  links: [],
  peers: [],
  historySize: 0,
  historyFrom: 0,
  heard: 0,
  sent: 0,
  delivered: 0,
  drops: {},
};
