/**
 * Lines: messages, nodes and figures of the plain UDP chat as a person reads them. Nothing that others
 * wrote steers the terminal.
 */
import { crc32 } from '../../protocol/core/crc32.ts';
import { printable } from '../../protocol/printable.ts';
import type { ChatNodeStatistics } from '../../protocol/udp-chat/contract.ts';
import type { Neighbour } from '../../protocol/udp-chat/neighbours.ts';
import type { Sighting } from '../../protocol/udp-chat/sightings.ts';
import { paints, textOf } from '../bridge/paints.ts';
import type { ScreenLook } from '../chat-screen.ts';
import type { Kept } from './history-file.ts';

/** `12:03 127.0.0.1:9002: hello`, `... -> you: psst`, `12:03 you -> 127.0.0.1:9002: psst`. */
export function messageLine(message: Kept, look: ScreenLook): string {
  const { dim } = paints(look);
  const head = `${dim(look.time(message.heardAt))} ${fromTo(message, look)}:`;
  return `${head} ${textOf(message.body, look.lineBreak)}`;
}

function fromTo({ src, dst, isOwn }: Kept, look: ScreenLook): string {
  const other = (address: string): string => painted(address, look);
  if (isOwn) return dst === '' ? 'you' : `you -> ${other(dst)}`;
  return dst === '' ? other(src) : `${other(src)} -> you`;
}

/** The same colour for the same node, always. */
function painted(address: string, look: ScreenLook): string {
  const colour = crc32(new TextEncoder().encode(address)) & 0xffff;
  return paints(look).paint(colour.toString(16), printable(address));
}

export type WhoIsAbout = {
  neighbours: Neighbour[];
  sightings: Sighting[];
  /** How long ago that was. */
  ageOf(at: number): number;
};

/** `127.0.0.1:9002  neighbour   heard 3 s ago`, a node a line. */
export function whoLines({ neighbours, sightings, ageOf }: WhoIsAbout): string[] {
  const near = new Set(neighbours.map(({ address }) => address));
  const rows = [
    ...neighbours.map(({ address, isFound, heardAt }) => [
      address,
      isFound ? 'neighbour, found' : 'neighbour',
      heardAt === null ? 'not heard yet' : `heard ${ago(ageOf(heardAt))}`,
    ]),
    ...sightings
      .filter(({ address }) => !near.has(address))
      .map(({ address, hops, heardAt }) => [
        printable(address),
        `${hops} hop${hops === 1 ? '' : 's'}`,
        `heard ${ago(ageOf(heardAt))}`,
      ]),
  ];
  const widths = [0, 1].map((at) => Math.max(0, ...rows.map((row) => row[at].length)));
  return rows.map(([address, what, heard]) =>
    [address.padEnd(widths[0]), what.padEnd(widths[1]), heard].join('  '),
  );
}

function ago(ageMs: number): string {
  const seconds = Math.round(ageMs / 1000);
  return seconds < 120 ? `${seconds} s ago` : `${Math.round(seconds / 60)} min ago`;
}

export function statsLines(statistics: ChatNodeStatistics): string[] {
  const { reasons } = statistics;
  const named = Object.entries(reasons).map(([reason, count]) => `${reason} ${count}`);
  const rows: [string, string][] = [
    ['received', amount(statistics.received, statistics.receivedBytes)],
    ['sent', amount(statistics.sent, statistics.sentBytes)],
    ['said', String(statistics.said)],
    ['shown', String(statistics.shown)],
    ['passed on', String(statistics.passedOn)],
    ['pings', String(statistics.pings)],
    ['duplicates', String(statistics.duplicates)],
    ['no hop left', String(statistics.expired)],
    ['malformed', `${statistics.malformed}${named.length > 0 ? ` (${named.join(', ')})` : ''}`],
  ];
  if (statistics.crowdedOut > 0) rows.push(['not let in', String(statistics.crowdedOut)]);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
}

function amount(datagrams: number, bytes: number): string {
  return `${datagrams} datagram${datagrams === 1 ? '' : 's'}, ${bytes} bytes`;
}
