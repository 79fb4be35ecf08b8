/**
 * Survey: which board is at a port, and nothing else. It changes nothing on it.
 */
import type { Board, NotABoard } from './recognise.ts';
import { recognise } from './recognise.ts';
import { Talk } from './talk.ts';
import type { Script } from '../../protocol/admin/script.ts';
import type { Speaker } from './talk.ts';

export type Surveyed = { ok: true; board: Board } | { ok: false; failure: { reason: NotABoard } };

/** `seed` is any number up to 2^30, another each time. */
export function survey(
  bauds: readonly number[],
  password: string | null,
  seed: number,
): Talk<never, Surveyed> {
  return new Talk(bauds[0], (speaker) => look(speaker, bauds, password, seed));
}

function* look(
  speaker: Speaker<never>,
  bauds: readonly number[],
  password: string | null,
  seed: number,
): Script<Surveyed> {
  const seen = yield* recognise(speaker, bauds, password, seed);
  if (seen.found) return { ok: true, board: seen.board };
  return { ok: false, failure: { reason: seen.reason } };
}
