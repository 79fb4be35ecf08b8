/**
 * hopline status [--json]
 *
 * A running relay at a glance: its radio and wires, its links, and what it counted.
 */
import type {
  CarriedAnswer,
  ConditionAnswer,
  StatusAnswer,
} from '../../device/pi/relay-service.ts';
import type { Snapshot } from '../../protocol/peer/snapshot.ts';
import { printable } from '../../protocol/printable.ts';
import { fullTime } from '../bridge/paints.ts';
import type { Command } from '../command.ts';
import { has, JSON_OPTION } from '../command.ts';
import { PLACE_OPTIONS, statusOf, withRelay } from '../relay/asking.ts';
import { age, counted, labelled, many, seconds, tableOf } from '../relay/words.ts';

export const status: Command = {
  name: 'status',
  summary: 'links and counters of a running relay',
  usage: 'hopline status [--data <folder> | --socket <path>] [--json]',
  options: { ...PLACE_OPTIONS, json: JSON_OPTION },
  examples: ['hopline status', 'hopline status --json'],

  async run(args, io) {
    const answer = await withRelay(args, io, statusOf);
    if (has(args, 'json')) return io.out(JSON.stringify(answer));
    for (const line of statusLines(answer)) io.say(line);
  },
};

function statusLines(answer: StatusAnswer): string[] {
  const { station, version, rssBytes, pid } = answer;
  const megabytes = (rssBytes / 1e6).toFixed(0);
  const uptime = age(station.uptimeMs);
  return [
    `${printable(station.name)}  ${station.id}`,
    ...labelled([
      ['relay', `Hopline ${version}, up ${uptime}, ${megabytes} MB, process ${pid}`],
      ['radio', radioWords(answer)],
      ['wires', answer.wires.map(({ port, state }) => `${port} ${state}`).join(', ') || 'none'],
      ['clock', clockWords(answer)],
      [
        'island',
        `${many(station.islandSize, 'node')}, ${many(station.peers.length, 'peer')} in reach`,
      ],
      ['history', historyWords(station)],
      ['packets', `${station.heard} heard, ${station.sent} sent, ${station.delivered} for us too`],
      ['dropped', counted(station.drops) || 'none'],
      ...conditionRows(answer.condition),
      ...(answer.carried ?? []).map((each) => [each.by, carriedWords(each)] as [string, string]),
    ]),
    ...linkLines(answer),
    ...peerLines(answer),
  ];
}

function historyWords({ historySize, historyFrom }: Snapshot): string {
  const kept = `${many(historySize, 'packet')} kept for who comes later`;
  if (historyFrom === 0) return kept;
  return `${kept}; it is full, and lacks some from before ${fullTime(historyFrom)}`;
}

/** How a bridge does; a relay has no parts that fail alone. */
function conditionRows(condition: ConditionAnswer | undefined): [string, string][] {
  if (condition === undefined) return [];
  // Whoever was started before an update says nothing of problems.
  const { health, components, problems = [] } = condition;
  const scores = health?.map(({ category, score }) => `${category} ${percent(score)}`);
  const unwell = components.filter(({ state, why }) => state !== 'running' || why !== null);
  const words = unwell.map(({ name, state, why }) =>
    printable(`${name}${state === 'running' ? '' : ` ${state}`}: ${why ?? ''}`),
  );
  const well = components.filter((each) => !unwell.includes(each)).map(({ name }) => name);
  return [
    ['health', scores?.join(', ') ?? 'nothing sees to it just now'],
    ['parts', [`${well.map(printable).join(', ') || 'none'} well`, ...words].join('; ')],
    ...problems.map((problem): [string, string] => ['wrong', printable(problem)]),
  ];
}

function percent(score: number | null): string {
  return score === null ? 'not known' : `${Math.round(score * 100)} %`;
}

function carriedWords({ by, inMbps, outMbps, limitMbps, slowed }: CarriedAnswer[number]): string {
  const limit = by === 'radios' ? `, of lines ${limitMbps} at most` : `, ${limitMbps} at most`;
  const congested = slowed === 0 ? '' : `; ${slowed} congested`;
  return `${inMbps} Mbit/s in, ${outMbps} out${limit}${congested}`;
}

function radioWords({ radio, station }: StatusAnswer): string {
  if (radio.state === 'unwanted') return 'off, as the settings say';
  if (radio.state === 'missing') return 'there is no adapter; hopline doctor says what to do';
  if (radio.state === 'off') return 'the adapter has no power; hopline doctor says what to do';
  const count = (wanted: string): number =>
    station.links.filter(({ way }) => way === wanted).length;
  const advertising = radio.isAdvertising ? 'advertising' : 'not advertising';
  return `on, ${advertising}; ${count('in')} inbound, ${count('out')} outbound`;
}

function clockWords({ clock }: StatusAnswer): string {
  if (!clock.isKnown) return 'not set: packets are relayed, and nothing is said';
  if (clock.aheadMs === null) return 'set; nobody was heard to compare it with';
  const way = clock.aheadMs < 0 ? 'behind' : 'ahead of';
  return `set; ${seconds(Math.abs(clock.aheadMs))} ${way} ${many(clock.senders, 'peer')}`;
}

function linkLines({ station }: StatusAnswer): string[] {
  if (station.links.length === 0) return ['', 'no links'];
  const headings = ['link', 'way', 'medium', 'mode', 'peer', 'name', 'dBm', 'ms', 'open', 'heard'];
  const rows = station.links.map((link) => [
    link.link,
    link.way,
    link.medium,
    link.mode,
    link.peer,
    link.name === null ? null : printable(link.name),
    link.rssi,
    link.roundTripMs === null ? null : Math.round(link.roundTripMs),
    age(link.openMs),
    link.heard,
    link.sent,
    counted(link.drops),
  ]);
  return ['', ...tableOf([...headings, 'sent', 'dropped'], rows)];
}

function peerLines({ station }: StatusAnswer): string[] {
  if (station.peers.length === 0) return [];
  const rows = station.peers.map(({ id, name, hops, link, silentMs }) => [
    id,
    printable(name),
    hops,
    link,
    age(silentMs),
  ]);
  return ['', ...tableOf(['peer', 'name', 'hops', 'link', 'silent'], rows)];
}
