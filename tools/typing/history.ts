/**
 * History: lines that were typed before, for the arrow keys. What was being typed when somebody went
 * back is found again where he left it.
 */

/** Lines that are kept, each once. Then the oldest goes. */
export const HISTORY_MAX = 200;

export class History {
  private lines: string[] = [];
  /** The line that is shown; one past the last is what is being typed. */
  private at = 0;
  private draft = '';

  add(line: string): void {
    this.lines = [...this.lines.filter((other) => other !== line), line].slice(-HISTORY_MAX);
    this.at = this.lines.length;
    this.draft = '';
  }

  /** The line before, or after; null where there is none. `text` is what is shown now. */
  step(by: 1 | -1, text: string): string | null {
    const next = this.at + by;
    if (next < 0 || next > this.lines.length) return null;
    if (this.at === this.lines.length) this.draft = text;
    this.at = next;
    return next === this.lines.length ? this.draft : this.lines[next];
  }
}
