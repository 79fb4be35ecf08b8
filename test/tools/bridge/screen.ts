/**
 * Screen: what a terminal shows of what was written to it: enough of one for programs that edit a line.
 */
const PART = /\x1b\[([0-9;?]*)([A-Za-z])|[\r\n\b\x07]|[^]/gu;

export class Screen {
  private readonly columns: number;
  private readonly cells: string[][] = [[]];
  private row = 0;
  private column = 0;
  private rest = '';
  /** What the program asked the terminal to do, by number: `?2004` marks what is pasted. */
  readonly asked = new Set<string>();

  constructor(columns: number) {
    this.columns = columns;
  }

  write(text: string): void {
    const all = this.rest + text;
    // A sequence may come in two pieces.
    const cut = /\x1b(\[[0-9;?]*)?$/.exec(all)?.index ?? all.length;
    this.rest = all.slice(cut);
    for (const [part, numbers, letter] of all.slice(0, cut).matchAll(PART)) {
      if (letter === undefined) this.put(part);
      else this.obey(letter, numbers);
    }
  }

  /** Its rows without what is empty at their ends. */
  rows(): string[] {
    const rows = this.cells.map((row) =>
      Array.from(row, (cell) => cell ?? ' ')
        .join('')
        .trimEnd(),
    );
    while (rows.length > 0 && rows[rows.length - 1] === '') rows.pop();
    return rows;
  }

  cursor(): [row: number, column: number] {
    return [this.row, this.column];
  }

  private put(letter: string): void {
    if (letter === '\r') this.column = 0;
    else if (letter === '\n') this.down();
    else if (letter === '\b') this.column = Math.max(0, this.column - 1);
    else if (letter !== '\x07') {
      // A full row breaks when the next letter comes.
      if (this.column === this.columns) {
        this.column = 0;
        this.down();
      }
      this.cells[this.row][this.column++] = letter;
    }
  }

  private down(): void {
    this.row++;
    this.cells[this.row] ??= [];
  }

  private obey(letter: string, numbers: string): void {
    const count = Number(numbers || '1');
    switch (letter) {
      case 'A':
        this.row = Math.max(0, this.row - count);
        break;
      case 'B':
        for (let each = 0; each < count; each++) this.down();
        break;
      case 'C':
        this.column = Math.min(this.columns - 1, this.column + count);
        break;
      case 'D':
        this.column = Math.max(0, Math.min(this.columns - 1, this.column) - count);
        break;
      case 'G':
        this.column = count - 1;
        break;
      case 'J':
      case 'K':
        if (letter === 'J' && Number(numbers) === 0) this.cells.length = this.row + 1;
        this.cells[this.row].length = Math.min(this.cells[this.row].length, this.column);
        break;
      case 'm':
        break;
      case 'h':
      case 'l':
        if (letter === 'h') this.asked.add(numbers);
        else this.asked.delete(numbers);
        break;
      default:
        throw new Error(`this screen knows no ${JSON.stringify(letter)} yet`);
    }
  }
}
