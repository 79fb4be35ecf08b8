/**
 * Suggest: what somebody who mistyped a name may have meant. Command lines and files of settings ask it.
 */
/** The end of a sentence that names the nearest of `known`, or nothing when none is near. */
export function suggest(word: string, known: string[]): string {
  const near = known
    .map((name) => ({ name, distance: isPartOf(word, name) ? 0 : distance(word, name) }))
    .filter(({ name, distance }) => distance <= Math.max(1, Math.floor(name.length / 3)))
    .sort((a, b) => a.distance - b.distance)[0];
  return near === undefined ? '' : `; did you mean ${near.name}?`;
}

/** Its beginning, or one of its words: the `ada` of `virtual-ada`. */
function isPartOf(word: string, name: string): boolean {
  return name.startsWith(word) || name.split(/[^\p{L}\p{N}]+/u).includes(word);
}

/** Letters to change, add, drop or swap with their neighbour to make one word of the other. */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      row[j] = Math.min(row[j - 1] + 1, rows[i - 1][j] + 1, rows[i - 1][j - 1] + (same ? 0 : 1));
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(row[j], rows[i - 2][j - 2] + 1);
    }
    rows.push(row);
  }
  return rows[a.length][b.length];
}
