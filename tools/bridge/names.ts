/**
 * Names: what ids are called here. Names are not unique, so one that two peers have gets the first
 * digits of the id behind it, as the phone apps show it.
 */
import type { PeerView } from '../../host/http/views.ts';
import { printable } from '../../protocol/printable.ts';
import { foldName } from '../../protocol/wire/text.ts';

/** Peers whose names are known; then the one heard of longest ago goes. */
const NAMES_MAX = 10_000;
/** Digits of an id that tell namesakes apart on a screen, and those that stand where a name is missing. */
const TAG_DIGITS = 4;
const SHORT_DIGITS = 8;

export class Names {
  private readonly names = new Map<string, string>();
  /** How many have a name, however they write it. */
  private readonly bearers = new Map<string, number>();

  learn({ id, name }: Pick<PeerView, 'id' | 'name'>): void {
    this.forget(id);
    this.names.set(id, name);
    this.count(name, 1);
    if (this.names.size > NAMES_MAX) this.forget(this.names.keys().next().value!);
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

  /** What may be written behind an @: names in one word, with their tags where several have them. */
  callable(): string[] {
    return [...this.names.keys()].map((id) => this.of(id)).filter((name) => !/\s/.test(name));
  }

  private forget(id: string): void {
    const name = this.names.get(id);
    if (name === undefined) return;
    this.names.delete(id);
    this.count(name, -1);
  }

  private count(name: string, by: 1 | -1): void {
    const folded = foldName(name);
    const count = (this.bearers.get(folded) ?? 0) + by;
    if (count === 0) this.bearers.delete(folded);
    else this.bearers.set(folded, count);
  }

  private isShared(id: string, name: string): boolean {
    const own = this.names.get(id);
    const isOwn = own !== undefined && foldName(own) === foldName(name);
    return (this.bearers.get(foldName(name)) ?? 0) > Number(isOwn);
  }
}

/** Whom nobody has met yet has no name. */
export function named({ name, id }: Pick<PeerView, 'id' | 'name'>): string {
  return name === '' ? id : `${printable(name)} (${id})`;
}
