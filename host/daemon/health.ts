/**
 * Health: what is wrong with a daemon just now, in sentences that say what to do about it.
 */

/** What can be wrong, each at most once. */
export type Ailment =
  'store' | 'history' | 'lan' | 'clock' | 'radio' | `component ${string}` | `action ${number}`;

export class Health {
  private readonly wrong = new Map<Ailment, string>();
  private readonly changed: () => void;

  /** `changed` is called whenever something else is wrong than before. */
  constructor(changed: () => void) {
    this.changed = changed;
  }

  get problems(): string[] {
    return [...this.wrong.values()];
  }

  /** Why of that kind, or null where all is well. */
  of(ailment: Ailment): string | null {
    return this.wrong.get(ailment) ?? null;
  }

  set(ailment: Ailment, problem: string | null): void {
    if (this.of(ailment) === problem) return;
    if (problem === null) this.wrong.delete(ailment);
    else this.wrong.set(ailment, problem);
    this.changed();
  }
}
