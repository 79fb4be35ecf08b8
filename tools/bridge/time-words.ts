/**
 * Time words: a moment as a person writes it: how long ago, or a date.
 */
import { HoplineError } from '../../protocol/errors.ts';

const UNIT_MS: Record<string, number> = {
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 24 * 3_600_000,
};

/** `90s`, `30min`, `2h`, `7d` ago, or `2026-11-21` or `2026-11-21 18:30` by the clock here. */
export function timeOf(words: string, now: number): number {
  const ago = /^(\d{1,6}) ?(s|m|min|h|d)$/.exec(words);
  if (ago !== null) return now - Number(ago[1]) * UNIT_MS[ago[2]];
  const date = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?))?$/.exec(words);
  // Without a time JavaScript would take a date for one of Greenwich.
  const at = new Date(date === null ? NaN : `${date[1]}T${date[2] ?? '00:00'}`);
  // And the 31st of February for one of March.
  if (at.getDate() === Number(date?.[1].slice(-2))) return at.getTime();
  throw new HoplineError('USAGE', `"${words}" is no time; write 30min, 2h, 7d or 2026-11-21T18:30`);
}
