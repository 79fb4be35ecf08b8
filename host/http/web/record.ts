/**
 * Record: lists of what happened, was logged or passed, as they grow while a person looks, and what of
 * them he wants to see. Pure, so that it can be tried without a browser.
 */
import type { LogLineView, PacketRowView, PeerView } from '../views.ts';

type Keyed = { key: number };

/** Rows of a list that follows what is new. Then the oldest go. */
export const FOLLOWED_MAX = 1000;
/** Rows drawn at once; a filter, or a pause and a look further up, finds the others. */
export const DRAWN_MAX = 300;

/** `held` and `page` have the newest first. A page that does not reach what is held takes its place. */
export function withNewest<Row extends Keyed>(held: Row[], page: Row[], pageSize: number): Row[] {
  const newest = held[0]?.key ?? 0;
  const fresh = page.filter(({ key }) => key > newest);
  if (fresh.length === pageSize && held.length > 0) return page;
  return fresh.length === 0 ? held : [...fresh, ...held];
}

export type Followed<Row> = {
  /** The oldest first. */
  rows: Row[];
  /** Rows that came and were too many to be given. */
  missed: number;
};

export const NOTHING_FOLLOWED = { rows: [], missed: 0 };

/** With those that came after them; keys that lack between two rows are missed ones. */
export function followed<Row extends Keyed>(
  { rows, missed }: Followed<Row>,
  more: Row[],
): Followed<Row> {
  let last = rows.at(-1)?.key ?? null;
  let skipped = 0;
  for (const { key } of more) {
    if (last !== null) skipped += key - last - 1;
    last = key;
  }
  return { rows: [...rows, ...more].slice(-FOLLOWED_MAX), missed: missed + skipped };
}

/** By words of a person: a type, a name, an id, a reason; all of them. */
export function packetFits(packet: PacketRowView, words: string, names: Names): boolean {
  const { type, sender, recipient, dropped, link, way } = packet;
  const ids = [sender, recipient].filter((id) => id !== null);
  const said = [type ?? 'not a packet', ...ids, ...ids.map(names), dropped ?? '', way];
  return hasAll([...said, `link ${link}`].join(' '), words);
}

export type Names = (id: string) => string;

export const LEVELS: LogLineView['level'][] = ['trace', 'debug', 'info', 'warn', 'error'];

export function lineFits(line: LogLineView, least: LogLineView['level'], words: string): boolean {
  if (LEVELS.indexOf(line.level) < LEVELS.indexOf(least)) return false;
  return hasAll(`${line.words} ${factsOf(line)}`, words);
}

/** `port=/dev/ttyUSB0 left=0` */
export function factsOf({ facts }: Pick<LogLineView, 'facts'>): string {
  return Object.entries(facts)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ');
}

function hasAll(text: string, words: string): boolean {
  const lower = text.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => lower.includes(word));
}

/** The id of a node that is called so, or begins so; null where there is none, or more than one. */
export function nodeOf(text: string, peers: PeerView[]): string | null {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return null;
  const exact = peers.filter(({ id, name }) => id === wanted || name.toLowerCase() === wanted);
  const near = exact.length > 0 ? exact : peers.filter(({ id }) => id.startsWith(wanted));
  if (near.length === 1) return near[0].id;
  return near.length === 0 && /^[0-9a-f]{16}$/.test(wanted) ? wanted : null;
}

/** A row of a hex dump: where it begins, and its bytes as pairs and as letters. */
export type HexRow = { at: number; pairs: string[]; letters: string };

export const ROW_BYTES = 16;

export function hexRows(hex: string): HexRow[] {
  const pairs = hex.match(/../g) ?? [];
  const rows: HexRow[] = [];
  for (let at = 0; at < pairs.length; at += ROW_BYTES) {
    const some = pairs.slice(at, at + ROW_BYTES);
    const codes = some.map((pair) => Number.parseInt(pair, 16));
    const letters = codes.map((code) =>
      code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : '.',
    );
    rows.push({ at, pairs: some, letters: letters.join('') });
  }
  return rows;
}
