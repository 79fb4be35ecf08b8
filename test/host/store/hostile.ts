/**
 * Hostile: strings that others have broken things with, by where they come from; vectors that are
 * absent are left out.
 */
import { vectors } from '../../vectors.ts';

const BLNS = vectors('blns/blns.json');
const FUZZDB = ['xplatform', 'crlf-injection', 'JHADDIX_LFI', 'NullByteRepresentations'].flatMap(
  (file) => vectors(`fuzzdb/${file}.txt`)?.split('\n') ?? [],
);
const OURS = ["'; DROP TABLE messages; --", '" OR 1=1 --', '\0', '%', '_', '?1', ':name', '\ufeff'];

export const HOSTILE: Record<string, string[]> = {
  'our own': OURS,
  ...(BLNS === null ? {} : { blns: wellFormed(JSON.parse(BLNS) as string[]) }),
  ...(FUZZDB.length === 0 ? {} : { fuzzdb: wellFormed(FUZZDB) }),
};

/** Each once; half a surrogate pair is no text that UTF-8 could carry. */
function wellFormed(texts: string[]): string[] {
  return [...new Set(texts)].filter((text) => !/\p{Surrogate}/u.test(text));
}
