/**
 * Suite: the bitchat protocol as cases, a file per group in vectors/. A case is a question and what
 * every implementation answers; README.md beside this file says what each op means.
 */
import announces from './vectors/announces.json' with { type: 'json' };
import compression from './vectors/compression.json' with { type: 'json' };
import fragments from './vectors/fragments.json' with { type: 'json' };
import malformed from './vectors/malformed.json' with { type: 'json' };
import noise from './vectors/noise.json' with { type: 'json' };
import packets from './vectors/packets.json' with { type: 'json' };
import payloads from './vectors/payloads.json' with { type: 'json' };
import replay from './vectors/replay.json' with { type: 'json' };
import signing from './vectors/signing.json' with { type: 'json' };
import sync from './vectors/sync.json' with { type: 'json' };

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type Fields = { [name: string]: Json };

export type Case = {
  /** One of its kind in its group. */
  name: string;
  op: string;
  given: Fields;
  /** Fields the answer must have; of `{ error: reason }` any refusal will do. */
  expect: Fields;
  /** Why refusing is as good as the answer expected. */
  mayRefuse?: string;
  /** Where the bytes come from, and what is worth knowing of them. */
  note?: string;
};

export type Group = { group: string; spec: string; cases: Case[] };

/** From the frame inwards. */
export const suite = [
  packets,
  announces,
  signing,
  compression,
  fragments,
  sync,
  noise,
  replay,
  payloads,
  malformed,
] as unknown as Group[];

/** How a case is called where its group does not stand beside it. */
export function titleOf(group: Group, { name }: Case): string {
  return `${group.group}: ${name}`;
}
