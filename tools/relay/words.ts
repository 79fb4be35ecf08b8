/**
 * Words: tables, ages and amounts as people read them.
 */

/** Columns under headings, the last one ragged. Numbers stand to the right. */
export function tableOf(headings: string[], rows: (string | number | null)[][]): string[] {
  const cells = rows.map((row) => row.map((cell) => (cell === null ? '' : String(cell))));
  const all = [headings, ...cells];
  const isNumber = headings.map((_, at) =>
    rows.every((row) => typeof row[at] === 'number' || row[at] === null),
  );
  const widths = headings.map((_, at) => Math.max(...all.map((row) => row[at].length)));
  return all.map((row) =>
    row
      .map((cell, at) => (isNumber[at] ? cell.padStart(widths[at]) : cell.padEnd(widths[at])))
      .join('  ')
      .trimEnd(),
  );
}

/** `3 h 12 min`: the two largest units that say something. */
export function age(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ];
  const from = parts.findIndex(([count]) => count > 0);
  if (from < 0) return '0 s';
  return parts
    .slice(from, from + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}

/** Milliseconds as a span with a sign. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** `1 node`, `2 nodes`. */
export function many(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `a 3, b 1`, the largest first. */
export function counted(counts: Record<string, number>): string {
  return Object.entries(counts)
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

/** Of a ping that came to nothing. */
export function unanswered(name: string): string {
  return `${name} did not answer; phones with Android, boards, and who is blocked here never do`;
}

/** Rows of a label and what it is. */
export function labelled(rows: [string, string][]): string[] {
  return rows.map(([label, words]) => `  ${label.padEnd(8)} ${words}`);
}
