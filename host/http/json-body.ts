/**
 * JSON body: bytes to a value, by RFC 8259 and nothing looser: UTF-8 without a mark at its front, not
 * nested beyond reason. What is no JSON is a HoplineError that says where.
 */
import { HoplineError } from '../../protocol/errors.ts';

/** Objects and lists inside each other. No request of ours has more than two. */
export const DEPTH_MAX = 32;

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The value, or null for no bytes at all. */
export function readJson(bytes: Uint8Array): unknown {
  if (bytes.length === 0) return null;
  const text = decoded(bytes);
  if (depthOf(text) > DEPTH_MAX) throw refused(`it is nested deeper than ${DEPTH_MAX}`);
  try {
    return JSON.parse(text);
  } catch {
    throw refused('it is not JSON');
  }
}

function decoded(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw refused('it is not UTF-8');
  }
}

/** Brackets open at once, at most; those inside strings do not count. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let isInString = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    if (isInString) {
      if (letter === '\\') at++;
      else if (letter === '"') isInString = false;
    } else if (letter === '"') isInString = true;
    else if (letter === '[' || letter === '{') deepest = Math.max(deepest, ++depth);
    else if (letter === ']' || letter === '}') depth--;
  }
  return deepest;
}

function refused(what: string): HoplineError {
  return new HoplineError('REQUEST_INVALID', `the body: ${what}`);
}
