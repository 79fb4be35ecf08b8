/**
 * A clock that is set wrong by a week in the middle of a talk, forwards and back, and right again
 * later: private words arrive in the sessions there are, public ones of others are had once the clock is
 * right, and nothing is told twice (RELIABILITY R16).
 */
import { describe, expect, it } from 'vitest';
import { PUBLIC } from '../../host/types.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import { seededRandom } from '../../tools/simulate/random.ts';
import { runs, SEED } from '../seed.ts';
import { EPOCH, Federation } from './gateway/federation.ts';
import type { Member } from './gateway/federation.ts';

const WEEK_MS = 7 * 24 * 3_600_000;
const WRONG_MS = 120_000;
const WORD_MS = 5000;
/** For histories to be compared, and for the last tries of what was not acknowledged. */
const CATCH_UP_MS = 300_000;

describe.each([WEEK_MS, -WEEK_MS])('a clock that jumps by %i ms, and back', (jumpMs) => {
  it('loses nothing, ends no session, and tells nothing twice', () => {
    for (let run = 0; run < runs(1, 20); run++) {
      const random = seededRandom(SEED + run);
      const federation = new Federation();
      const [near, far] = [federation.add(1), federation.add(2)];
      federation.join(near, 1, far, 0);
      federation.pass(30_000);
      const letters = new Map<Member, string[]>([near, far].map((from) => [from, []]));
      const words = new Map<Member, string[]>([near, far].map((from) => [from, []]));
      const talk = (ms: number, publicly: Member[]): void => {
        for (const until = federation.now + ms; federation.now < until;) {
          for (const [from, to] of [
            [near, far],
            [far, near],
          ]) {
            const text = `${from.number} at ${federation.now}`;
            federation.ask(from, { kind: 'tell', peer: to.identity.id, text });
            letters.get(from)!.push(text);
            if (!publicly.includes(from)) continue;
            federation.say(from, `all ${text}`);
            words.get(from)!.push(`all ${text}`);
          }
          federation.pass(WORD_MS + random(WORD_MS));
        }
      };
      talk(30_000, [near, far]);
      const sessions = sessionsOf(near, far);
      federation.tell(near, { kind: 'clock', offsetMs: EPOCH + jumpMs });
      // What it says to all bears a date that is not, and nobody has to believe it.
      talk(WRONG_MS, [far]);
      federation.tell(near, { kind: 'clock', offsetMs: EPOCH });
      talk(30_000, [near, far]);
      federation.pass(CATCH_UP_MS);

      const what = `seed ${SEED + run}`;
      expect(sessionsOf(near, far), what).toEqual(sessions);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ]) {
        const told = textsOf(to, toHex(from.identity.id), 'heard');
        const delivered = textsOf(from, toHex(to.identity.id), 'delivered');
        expect(told, `${what}: letters of ${from.number}`).toEqual(delivered);
        expect(told, what).toEqual(letters.get(from)!.sort());
        const heard = textsOf(to, PUBLIC, 'heard');
        expect(heard, `${what}: words of ${from.number}`).toEqual(words.get(from)!.sort());
      }
    }
  });
});

function sessionsOf(near: Member, far: Member): string[] {
  return [near.bridge.sessionOf(far.identity.id), far.bridge.sessionOf(near.identity.id)];
}

function textsOf({ archive }: Member, conversation: string, state: string): string[] {
  return archive.messages
    .after(0, Infinity)
    .filter((message) => message.conversation === conversation && message.state === state)
    .map(({ text }) => text)
    .sort();
}
