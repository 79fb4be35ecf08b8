/**
 * Match: which board belongs to which entry of a fleet. What fits no entry, or more than one, is told
 * and never guessed.
 */
import type { Entry } from './fleet.ts';

/** A port, and what the system knows of what is plugged in there. */
export type Port = { path: string; serial: string | null; usbPath: string | null };

export type Place =
  | { kind: 'found'; path: string }
  /** `isDone`: it was there in an earlier run. */
  | { kind: 'absent'; isDone: boolean }
  /** Several boards fit. */
  | { kind: 'ambiguous'; paths: string[] }
  /** Another entry has that board already. */
  | { kind: 'taken'; path: string; by: string }
  /** It is the board that is plugged in when asked for. */
  | { kind: 'next' };

/** Whether somebody has to be asked who he is. */
export function wantsIds(entries: readonly Entry[]): boolean {
  return entries.some(({ match }) => match.by === 'nodeId');
}

/** Ports that no entry names, whatever the nodes there call themselves. */
export function unnamedPorts(entries: readonly Entry[], ports: readonly Port[]): Port[] {
  return ports.filter((port) => entries.every((entry) => !isNamed(entry, port)));
}

/** The places of the entries, in their order. `ids` are those of nodes that were asked, by path. */
export function placesOf(
  entries: readonly Entry[],
  ports: readonly Port[],
  ids: ReadonlyMap<string, string>,
): Place[] {
  const owners = new Map<string, string>();
  return entries.map((entry) => {
    if (entry.match.by === 'next') return { kind: 'next' };
    const fits = ports.filter((port) => isNamed(entry, port) || hasId(entry, ids.get(port.path)));
    const [port, another] = fits;
    if (port === undefined) return { kind: 'absent', isDone: false };
    if (another !== undefined) return { kind: 'ambiguous', paths: fits.map(({ path }) => path) };
    const owner = owners.get(port.path);
    if (owner !== undefined) return { kind: 'taken', path: port.path, by: owner };
    owners.set(port.path, entry.name);
    return { kind: 'found', path: port.path };
  });
}

function isNamed({ match }: Entry, port: Port): boolean {
  switch (match.by) {
    case 'serial':
      return port.serial === match.text;
    case 'usbPath':
      return port.usbPath === match.text;
    case 'port':
      return port.path === match.text;
    default:
      return false;
  }
}

function hasId({ match }: Entry, id: string | undefined): boolean {
  return match.by === 'nodeId' && match.text === id;
}
