/**
 * Order: in which components start, so that each begins after those it needs. What cannot be ordered
 * is refused with the names, before anything runs.
 */
import { HoplineError } from '../../protocol/errors.ts';
import type { ComponentKind } from '../component.ts';

/** Those that need nobody first; otherwise as they were given. */
export function startOrder(kinds: readonly ComponentKind[]): ComponentKind[] {
  const byName = new Map<string, ComponentKind>();
  for (const kind of kinds) {
    if (byName.has(kind.name)) refuse(`there are two components named "${kind.name}"`);
    byName.set(kind.name, kind);
  }
  const ordered: ComponentKind[] = [];
  const place = (kind: ComponentKind, way: string[]): void => {
    if (ordered.includes(kind)) return;
    if (way.includes(kind.name)) refuse(`${[...way, kind.name].join(' needs ')}`);
    for (const name of kind.after) {
      const needed = byName.get(name);
      if (needed === undefined) refuse(`${kind.name} needs "${name}", and there is no such one`);
      else place(needed, [...way, kind.name]);
    }
    ordered.push(kind);
  };
  for (const kind of kinds) place(kind, []);
  return ordered;
}

function refuse(detail: string): never {
  throw new HoplineError('COMPONENT_INVALID', detail);
}
