/**
 * Scripts: who lives on the virtual islands, and what they say. Each name says that it is virtual.
 */
import type { Script } from './talker.ts';

/** Somebody on an island; who has no script relays. */
export type Part = { name: string; script: Script | null };

const REPLIES = [
  'Got it, thank you! I am simulated, but the packets between us are real.',
  'Nice to hear from you. Your message came to me sealed, over other nodes.',
  'Message received. How is the view from where you are?',
];

/** What Ada asks and Ben answers. */
const TALK: [string, string][] = [
  ['Good morning, island! Does anybody hear me?', 'Loud and clear, Ada.'],
  ['Is the relay at the harbour still up?', 'It is. The battery looks good, too.'],
  ['The ferry is ten minutes late today.', 'Thanks! I will pass that on to the hut.'],
  ['Fog is coming in from the west.', 'I see it. The lighthouse is on.'],
  ['Who has the key to the boathouse?', 'It hangs behind the door, as always.'],
];

const ADA: Part = {
  name: 'virtual-ada',
  script: { remarks: TALK.map(([remark]) => remark), answers: {}, replies: REPLIES },
};

const BEN: Part = {
  name: 'virtual-ben',
  script: { remarks: [], answers: Object.fromEntries(TALK), replies: REPLIES },
};

/** On the island behind the line. */
const CORA: Part = {
  name: 'virtual-cora',
  script: {
    remarks: [
      'Greetings from the second island! These words came over a TCP line.',
      'We see your island on the map, over here.',
      'All quiet on this side of the water.',
    ],
    answers: {},
    replies: REPLIES,
  },
};

/** Who lives on an island, and where: the seed decides who is in reach of whom. */
export type Cast = { seed: number; parts: Part[] };

/** The island around whoever starts: six relays, and two people, none more than three hops away. */
export const HOME: Cast = {
  seed: 137,
  parts: [...relays('harbour', 'lighthouse', 'hut', 'ridge', 'mill', 'pier'), ADA, BEN],
};

/**
 * The island behind the line, its gateway first. None is further off from it than two hops: with the
 * line and those of the first island that makes six, and a packet goes seven.
 */
export const FAR: Cast = { seed: 1, parts: [...relays('gateway', 'dune', 'cliff'), CORA] };

function relays(...places: string[]): Part[] {
  return places.map((place) => ({ name: `virtual-${place}`, script: null }));
}
