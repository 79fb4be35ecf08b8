/**
 * Lines: a stream of text cut at its newlines, with a limit on each line.
 */
export class Lines {
  private rest = '';
  private isSpoilt = false;
  private readonly lengthMax: number;

  constructor(lengthMax: number) {
    this.lengthMax = lengthMax;
  }

  /** The lines that `text` completes; null for good once one is too long. */
  push(text: string): string[] | null {
    const lines = (this.rest + text).split('\n');
    this.isSpoilt ||= lines.some((line) => line.length > this.lengthMax);
    if (this.isSpoilt) return null;
    this.rest = lines.pop() ?? '';
    return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  }
}
