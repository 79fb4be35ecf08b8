/**
 * Names: what ids are called here. Names are not unique, so one that two peers have gets the first
 * digits of the id behind it, as the phone apps show it.
 */
import type { PeerView } from '../../host/http/views.ts';
import { printable } from '../../protocol/printable.ts';

/** Peers whose names are known; then the one heard of longest ago goes. */
const NAMES_MAX = 10_000;
/** Digits of an id that tell namesakes apart on a screen, and those that stand where a name is missing. */
const TAG_DIGITS = 4;
const SHORT_DIGITS = 8;

export class Names {
  private readonly names = new Map<string, string>();

  learn({ id, name }: Pick<PeerView, 'id' | 'name'>): void {
    this.names.delete(id);
    this.names.set(id, name);
    if (this.names.size > NAMES_MAX) this.names.delete([...this.names.keys()][0]);
  }

  /** For a screen; `otherwise` is what the bridge says of somebody who is not a peer any more. */
  of(id: string, otherwise: string | null = null): string {
    const name = printable(this.names.get(id) ?? otherwise ?? '').trim();
    if (name === '') return id.slice(0, SHORT_DIGITS);
    return this.isShared(id, name) ? `${name}#${id.slice(0, TAG_DIGITS)}` : name;
  }

  /** What may be typed for somebody: his name, or his id where the name is not his alone. */
  typeable(): string[] {
    return [...this.names].map(([id, name]) =>
      name.trim() === '' || printable(name) !== name || this.isShared(id, name) ? id : name,
    );
  }

  private isShared(id: string, name: string): boolean {
    const small = name.toLowerCase();
    for (const [other, theirs] of this.names)
      if (other !== id && printable(theirs).trim().toLowerCase() === small) return true;
    return false;
  }
}
