/**
 * Somebody on the air has recorded what two islands said, and says it again: where it was heard, through
 * the other gateway, to bridges that were started again since, and once every memory of it has run out
 * (RELIABILITY R7, S11). None of it is told again.
 */
import { expect, it } from 'vitest';
import { archipelago } from './archipelago.ts';
import type { Federation, Member } from './federation.ts';
import type { Edge } from './topologies.ts';

const LINES: Edge[] = [
  [0, 2],
  [1, 3],
];
const WORDS = 20;
/** A link that the members of an archipelago leave free, for a phone that comes by. */
const FREE = 3;
/** When dedup has forgotten, and the time of a packet is long past. */
const FORGOTTEN_MS = 700_000;

it('what was recorded on the air is told to nobody again', () => {
  const { federation, islands } = archipelago(LINES, 2);
  const [here, there] = islands;
  federation.pass(12_000);
  for (let word = 0; word < WORDS; word++) {
    federation.say(here[word % here.length], `word ${word}`);
    const peer = there[0].identity.id;
    federation.ask(here[0], { kind: 'tell', peer, text: `secret ${word}` });
    federation.pass(500);
  }
  federation.pass(15_000);
  const recorded = there.flatMap(({ injected }) => injected.map(({ bytes }) => bytes));
  expect(recorded.length).toBeGreaterThan(WORDS);
  const before = told(federation);
  for (const member of there) expect(member.heard).toHaveLength(WORDS);

  replay(federation, [...here, ...there], recorded);
  expect(told(federation)).toEqual(before);
  // Who has not heard it takes it for what it is: the replay does reach them.
  const newcomer = federation.add(31);
  replay(federation, [newcomer], recorded);
  expect(new Set(newcomer.heard).size).toBeGreaterThan(WORDS / 2);

  const again = there.map((member) => {
    federation.stop(member);
    return federation.restart(member);
  });
  federation.pass(5000);
  replay(federation, again, recorded);
  replay(federation, here, recorded);
  expect(again.map(({ heard }) => heard)).toEqual(again.map(() => []));

  federation.pass(FORGOTTEN_MS);
  replay(federation, [...here, ...again], recorded);
  expect(again.map(({ heard }) => heard)).toEqual(again.map(() => []));
  for (const { archive } of again) {
    const all = archive.messages.after(0, 10_000).map(({ text }) => text);
    expect(new Set(all).size).toBe(all.length);
  }
});

function replay(federation: Federation, members: Member[], recorded: Uint8Array[]): void {
  for (const member of members) {
    federation.tell(member, {
      kind: 'opened',
      link: FREE,
      medium: 'phone',
      payloadMax: 512,
      rssi: -50,
    });
    for (const frame of recorded) {
      const bytes = frame.slice();
      bytes[2] = 7;
      federation.tell(member, { kind: 'received', link: FREE, bytes });
      federation.pass(20);
    }
    federation.tell(member, { kind: 'closed', link: FREE });
  }
  federation.pass(20_000);
}

function told({ members }: Federation): number[] {
  return members.map(({ heard, archive }) => heard.length + archive.messages.usage().count);
}
