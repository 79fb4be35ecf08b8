/**
 * Start command: the line by which a bridge is started with what is real, as people are told it, at a
 * terminal and on the page alike.
 */

/** With these options and their values, in quotes where a shell would take them apart. */
export function startOf(options: readonly string[]): string {
  return ['hopline up', ...options.map(quoted)].join(' ');
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
