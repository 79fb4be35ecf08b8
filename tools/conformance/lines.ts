/**
 * Lines: a stream of text cut at its newlines, with a limit on each line; and values as such lines.
 */
export class Lines {
  /** For good, once a line was too long. */
  isSpoilt = false;
  private rest = '';
  private readonly lengthMax: number;

  constructor(lengthMax: number) {
    this.lengthMax = lengthMax;
  }

  /** The lines that `text` completes, as far as the first that is too long. */
  push(text: string): string[] {
    if (this.isSpoilt) return [];
    const lines = (this.rest + text).split('\n');
    const spoilt = lines.findIndex((line) => line.length > this.lengthMax);
    this.isSpoilt = spoilt >= 0;
    this.rest = lines.pop() ?? '';
    const whole = this.isSpoilt ? lines.slice(0, spoilt) : lines;
    return whole.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  }
}

/** As JSON, with its newline. What some readers take for the end of a line is escaped, as in Node 24. */
export function jsonLine(value: unknown): string {
  const escape = (end: string): string => `\\u${end.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return `${JSON.stringify(value).replace(/[\u0085\u2028\u2029]/g, escape)}\n`;
}
