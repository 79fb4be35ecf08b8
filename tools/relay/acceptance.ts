/**
 * Acceptance: ten checks of a relay with real phones and boards, which only a person can do. Each says
 * what to do, and where the relay itself can see whether it came to be, it is asked.
 */
import type { StatusAnswer } from '../../device/pi/relay-service.ts';

export type Seen = {
  status: StatusAnswer;
  /** Messages that were heard since the check began. */
  messages: number;
};

export type Check = {
  name: string;
  /** What the person is asked to do, a step each. */
  steps: string[];
  /** What he then says yes or no to. */
  question: string;
  /** Whether the relay sees it; absent where only people can. */
  sees?: (seen: Seen, before: Seen) => boolean;
};

/** The ten checks for so many phones. */
export function checksFor(phones: number): Check[] {
  return [
    {
      name: 'the relay is on the air',
      steps: ['Start the relay, and wait a moment.'],
      question: 'Does it run without an error in its log?',
      sees: ({ status }) => status.radio.state === 'on' && status.radio.isAdvertising,
    },
    {
      name: 'a phone finds it',
      steps: ['Open the bitchat app on the first phone, a few metres from the relay.'],
      question: 'Does the app show the relay as a peer, by its name?',
      sees: ({ status }) => phonesOf(status) >= 1,
    },
    {
      name: 'no phone is asked to pair',
      steps: ['Look at the first phone for a minute.'],
      question: 'Did it stay free of any request to pair?',
    },
    {
      name: `all ${phones} phones are connected`,
      steps: [
        `Open the app on all ${phones} phones.`,
        'Phones take turns when there are more of them than links; wait up to ten minutes.',
      ],
      question: 'Has the relay shown up on all of them?',
      sees: ({ status }) => phonesOf(status) >= phones || peersOf(status) >= phones,
    },
    {
      name: 'a message crosses the relay',
      steps: [
        'Carry two phones so far apart that they lose each other, the relay between them.',
        'Write a public message on one.',
      ],
      question: 'Did it arrive on the other, once?',
      sees: (seen, before) => seen.messages > before.messages,
    },
    {
      name: 'a message that is longer than one packet crosses it',
      steps: ['From one phone to the other, send a public message of a thousand characters.'],
      question: 'Did it arrive whole?',
    },
    {
      name: 'a private message crosses it',
      steps: ['From one phone to the other, send a private message, and answer it.'],
      question: 'Did both arrive, and show as delivered?',
    },
    {
      name: 'what was missed is told',
      steps: [
        'Switch off Bluetooth on one phone, write two public messages on another.',
        'Switch it on again, near the relay only, and wait two minutes.',
      ],
      question: 'Did both messages arrive?',
    },
    {
      name: 'a board on a wire speaks',
      steps: ['Plug a provisioned board into the relay, and press its button.'],
      question: 'Did a message with the name of the board arrive on a phone?',
      sees: ({ status }) => status.wires.some(({ state }) => state === 'well'),
    },
    {
      name: 'it is back after the power was cut',
      steps: ['Pull the power of the relay, and plug it in again. Touch nothing else.'],
      question:
        'Is it the same peer on the phones within two minutes, and do messages cross again?',
      sees: ({ status }, before) =>
        status.station.id === before.status.station.id && status.pid !== before.status.pid,
    },
  ];
}

function phonesOf({ station }: StatusAnswer): number {
  return station.links.filter(({ medium, peer }) => medium === 'phone' && peer !== null).length;
}

function peersOf({ station }: StatusAnswer): number {
  return station.peers.filter(({ isDirect }) => isDirect).length;
}

export type Verdict = {
  check: string;
  result: 'passed' | 'failed' | 'skipped';
  /** Null where it could not be asked, or is not for it to see. */
  seenByRelay: boolean | null;
  note: string;
};

/** For people: what was done, on what, and what came of it. */
export function reportOf(
  verdicts: Verdict[],
  phones: number,
  day: string,
  status: StatusAnswer | null,
): string {
  const count = (wanted: string): number =>
    verdicts.filter(({ result }) => result === wanted).length;
  const seen = (verdict: Verdict): string =>
    verdict.seenByRelay === null ? '' : verdict.seenByRelay ? 'yes' : 'no';
  const relay =
    status === null
      ? 'It did not answer.'
      : `Hopline ${status.version}, ${status.station.id}, ${escaped(status.station.name)}.`;
  return [
    '# Acceptance of a Hopline relay',
    '',
    `${day}, with ${phones} phones. ${relay}`,
    '',
    `**${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped.**`,
    '',
    '| # | check | result | seen by the relay | note |',
    '|---|---|---|---|---|',
    ...verdicts.map((verdict, at) => {
      const cells = [at + 1, verdict.check, verdict.result, seen(verdict), escaped(verdict.note)];
      return `| ${cells.join(' | ')} |`;
    }),
    '',
  ].join('\n');
}

/** What a person or a peer wrote, without what Markdown makes of it. */
function escaped(text: string): string {
  return text.replace(/[\x00-\x1f\x7f]/g, ' ').replace(/[\\|`*_<>[\]#]/g, '\\$&');
}
