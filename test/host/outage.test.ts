/**
 * Ten minutes without the line between two islands, in virtual time: whatever was acknowledged meanwhile
 * arrives on the other side once, and private messages are confirmed.
 */
import { expect, it } from 'vitest';
import type { MessageState } from '../../host/types.ts';
import { PUBLIC } from '../../host/types.ts';
import { seededRandom } from '../../tools/simulate/random.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import { runs, SEED } from '../seed.ts';
import { person } from '../protocol/trust/people.ts';
import { addressOf, Federation } from './gateway/federation.ts';
import type { Member } from './gateway/federation.ts';

const OUTAGE_MS = 600_000;
/** People say something so often, and as much again by chance. */
const WORD_MS = 8000;
/** Until islands that meet again have told each other everything. */
const CATCH_UP_MS = 300_000;

it('loses nothing that was acknowledged, and delivers nothing twice', { timeout: 600_000 }, () => {
  for (let run = 0; run < runs(2, 40); run++) {
    const random = seededRandom(SEED + run);
    const { federation, near, bridge, farBridge, far, members } = islands();
    federation.pass(30_000);
    const said: string[] = [];
    const letters: { from: Member; to: Member; text: string }[] = [];
    const speak = (ms: number): void => {
      const until = federation.now + ms;
      while (federation.now < until) {
        const from = random(2) === 0 ? near : far;
        const text = `word ${said.length + letters.length}`;
        if (random(3) > 0) {
          said.push(text);
          federation.say(from, text);
        } else {
          const to = from === near ? far : near;
          letters.push({ from, to, text });
          federation.ask(from, { kind: 'tell', peer: to.identity.id, text });
        }
        federation.pass(WORD_MS + random(WORD_MS));
      }
    };
    speak(30_000);
    federation.sever(bridge, farBridge);
    speak(OUTAGE_MS);
    federation.mend(bridge, farBridge);
    speak(30_000);
    federation.pass(CATCH_UP_MS);

    const what = `seed ${SEED + run}`;
    const acknowledged = [...near.answers, ...far.answers].filter(isStored).length;
    expect(acknowledged, what).toBe(said.length + letters.length);
    for (const member of members) {
      expect(textsOf(member, PUBLIC), `${what}: heard by ${member.number}`).toEqual(said.sort());
    }
    for (const [reader, other] of [
      [near, far],
      [far, near],
    ]) {
      const conversation = toHex(other.identity.id);
      expect(textsOf(reader, conversation), `${what}: letters of ${reader.number}`).toEqual(
        letters.map(({ text }) => text).sort(),
      );
      expect(new Set(statesOf(reader, conversation)), what).toEqual(
        new Set(['heard', 'delivered']),
      );
    }
  }
});

/** Somebody, his bridge; a line; another bridge, and somebody else. */
function islands() {
  const federation = new Federation();
  const near = federation.add(1);
  const line = { node: person(3).id, address: addressOf(3) };
  const bridge = federation.add(2, [line]);
  const farBridge = federation.add(3, [{ node: person(2).id, address: null }]);
  const far = federation.add(4);
  federation.join(near, 1, bridge, 0);
  federation.join(far, 1, farBridge, 0);
  return { federation, near, bridge, farBridge, far, members: federation.members };
}

function isStored(output: Member['answers'][number]): boolean {
  return output.kind === 'answer' && output.answer.kind === 'stored';
}

function textsOf({ archive }: Member, conversation: string): string[] {
  return archive.messages
    .after(0, Infinity)
    .filter((message) => message.conversation === conversation)
    .map(({ text }) => text)
    .sort();
}

function statesOf({ archive }: Member, conversation: string): MessageState[] {
  return archive.messages
    .after(0, Infinity)
    .filter((message) => message.conversation === conversation)
    .map(({ state }) => state);
}
