/**
 * The one line between two islands is cut while both sides talk, for half a minute and for ten: all
 * public words arrive once, those younger than 100 s at once and the rest as history; private ones
 * arrive once, and the packets of a session in their order.
 */
import { describe, expect, it } from 'vitest';
import { readU32 } from '../../../protocol/core/bytes.ts';
import { ENCRYPTED, HANDSHAKE } from '../../../protocol/core/packet.ts';
import { seededRandom } from '../../../tools/simulate/random.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { runs, SEED } from '../../seed.ts';
import { archipelago } from './archipelago.ts';
import type { Federation, Member } from './federation.ts';

const SLOW_MS = 3_600_000;
/** Somebody says something so often. */
const WORD_MS = 4000;

describe('a line that is cut while both sides talk', () => {
  it.each([
    ['half a minute', 30_000, 1],
    ['ten minutes', 600_000, 1],
  ])('for %s loses nothing, and nothing comes twice', { timeout: SLOW_MS }, (_, cutMs, usual) => {
    for (let round = 0; round < runs(usual, 20); round++) {
      const seed = SEED + round;
      const random = seededRandom(seed);
      const { federation, islands } = archipelago([[0, 2]], 2);
      const [here, there] = islands;
      federation.pass(30_000);
      const talk = new Talk(federation, here, there);
      talk.for(20_000, random);
      federation.sever(here[0], there[0]);
      talk.for(cutMs, random);
      federation.mend(here[0], there[0]);
      talk.for(20_000, random);
      federation.pass(400_000);
      for (const member of federation.members) {
        const words = talk.words.filter(({ by }) => by !== member).map(({ text }) => text);
        const what = `seed ${seed}, heard by ${member.number}`;
        expect([...member.heard].sort(), what).toEqual(words.sort());
      }
      const [anna, ben] = [here[1], there[1]];
      for (const [reader, writer] of [
        [ben, anna],
        [anna, ben],
      ]) {
        const told = talk.toldTo(reader, writer);
        expect(told.sort(), `seed ${seed}`).toEqual(talk.letters.get(writer)!.sort());
        expect(outOfOrder(reader), `seed ${seed}: of a session`).toEqual([]);
      }
      for (const member of [anna, ben]) {
        const states = talk.statesOf(member);
        expect(
          states.filter((state) => state !== 'delivered'),
          `seed ${seed}`,
        ).toEqual([]);
      }
    }
  });
});

/** Private packets that came after a later one of their session (WIRE §8: the number is in front). */
function outOfOrder({ taken }: Member): number[] {
  const wrong: number[] = [];
  let last = -1;
  for (const { type, payload } of taken) {
    if (type === HANDSHAKE) last = -1;
    if (type !== ENCRYPTED) continue;
    const number = readU32(payload, 0);
    // A session renewed from here begins anew while the last of the old one may still come.
    if (number <= last && number !== 0) wrong.push(number);
    last = number;
  }
  return wrong;
}

class Talk {
  readonly words: { by: Member; text: string }[] = [];
  readonly letters = new Map<Member, string[]>();
  private readonly federation: Federation;
  private readonly pair: [Member, Member];

  constructor(federation: Federation, here: Member[], there: Member[]) {
    this.federation = federation;
    this.pair = [here[1], there[1]];
    for (const member of this.pair) this.letters.set(member, []);
  }

  for(ms: number, random: (below: number) => number): void {
    const until = this.federation.now + ms;
    const { members } = this.federation;
    while (this.federation.now < until) {
      const by = members[random(members.length)];
      const text = `word ${this.words.length}`;
      this.words.push({ by, text });
      this.federation.say(by, text);
      const from = random(2);
      const letters = this.letters.get(this.pair[from])!;
      const letter = `letter ${letters.length}`;
      letters.push(letter);
      const peer = this.pair[1 - from].identity.id;
      this.federation.ask(this.pair[from], { kind: 'tell', peer, text: letter });
      this.federation.pass(random(2 * WORD_MS));
    }
  }

  /** In the order in which they were stored. */
  toldTo(reader: Member, writer: Member): string[] {
    const name = toHex(writer.identity.id);
    const all = reader.archive.messages.after(0, 100_000);
    return all
      .filter(({ conversation, sender }) => conversation === name && toHex(sender) === name)
      .map(({ text }) => text);
  }

  statesOf(writer: Member): string[] {
    const name = toHex(writer.identity.id);
    const all = writer.archive.messages.after(0, 100_000);
    return all
      .filter(({ conversation, sender }) => conversation !== 'public' && toHex(sender) === name)
      .map(({ state }) => state);
  }
}
