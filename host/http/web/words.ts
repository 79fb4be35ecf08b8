/**
 * Words: how the page says things. Everything that is a name or a text of somebody comes back as it
 * is, and is only ever shown as text.
 */
import type {
  EventView,
  HopView,
  LinkView,
  MapNode,
  MessageView,
  PeerView,
  TimelineEntry,
} from '../views.ts';

/** The end of an id is as good as its beginning; eight digits tell a few thousand apart. */
export function shortId(id: string): string {
  return id.length > 12 ? `${id.slice(0, 8)}…` : id;
}

export function nameOf(peers: PeerView[], id: string): string {
  return peers.find((peer) => peer.id === id)?.name || shortId(id);
}

/** A fingerprint in groups of four, as people read it to each other. */
export function grouped(hex: string): string {
  return hex.match(/.{1,4}/g)?.join(' ') ?? '';
}

/** A sentence of the daemon's without the code that ends it, which is for programs. */
export function withoutCode(sentence: string): string {
  return sentence.replace(/ \[[A-Z_]+\]$/, '');
}

export function ago(at: number, now: number): string {
  const seconds = Math.max(0, Math.round((now - at) / 1000));
  if (seconds < 10) return 'just now';
  if (seconds < 60) return `${seconds} s ago`;
  return `${span(seconds * 1000)} ago`;
}

export function span(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  const days = Math.floor(seconds / 86_400);
  return days === 1 ? '1 day' : `${days} days`;
}

const TIME = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const DAY = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long' });

export function time(at: number): string {
  return TIME.format(at);
}

const CLOCK = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const FULL = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

/** To the second. */
export function clock(at: number): string {
  return CLOCK.format(at);
}

/** The same with the date. */
export function fullTime(at: number): string {
  return FULL.format(at);
}

/** `Today`, `Yesterday`, or the date. */
export function day(at: number, now: number): string {
  const date = DAY.format(at);
  if (date === DAY.format(now)) return 'Today';
  return date === DAY.format(now - 86_400_000) ? 'Yesterday' : date;
}

export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = count / 1000;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** 12,345 */
export function figure(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${figure(count)} ${count === 1 ? one : many}`;
}

/** `out-of-hops` as `out of hops`, and `meshDiagnostics` as `mesh diagnostics`. */
export function plain(name: string): string {
  return name.replaceAll('-', ' ').replace(/[a-z][A-Z]/g, ([a, b]) => `${a} ${b.toLowerCase()}`);
}

const FAILURES: Record<string, string> = {
  'no-route': 'there was no way to them; say it again once they are in reach',
  'no-session':
    'their device is there and does not answer; have it started again, then say it again',
  expired: 'its time was over before they took it; say it again while they are in reach',
  refused: 'they are blocked here, or show another key than before; decide about them first',
  unacknowledged:
    'it was sent four times and never confirmed; ask whether it came, or say it again',
};

/** Why a message of ours came to nothing, and what to do about it. */
export function failureOf(reason: string): string {
  return FAILURES[reason] ?? plain(reason);
}

/** What an event is called by people. */
export const EVENT_WORDS: Record<TimelineEntry['name'], string> = {
  PeerJoined: 'somebody came',
  PeerLeft: 'somebody went',
  MessageReceived: 'message',
  MessageValidated: 'signature checked',
  MessageDropped: 'packets dropped',
  RouteDiscovered: 'way found',
  RouteSwitched: 'way changed',
  SecurityEvent: 'threat',
  PeerJudged: 'somebody judged',
  NodeSuspected: 'node suspected',
  NodeConfirmedFailed: 'node failed',
  NodeRecovered: 'node recovered',
  PartitionDetected: 'cut off',
  PartitionHealed: 'together again',
  RecoveryTried: 'recovery tried',
  RecoveryEnded: 'recovery ended',
  HealthChanged: 'health',
  QueueOverflow: 'queue full',
  ComponentFailed: 'component failed',
  ComponentRestarted: 'component runs again',
  BandwidthLimit: 'limit reached',
  LineSlowed: 'way congested',
  LineRecovered: 'way clear again',
};

/** Why one route gave way to another. */
const SWITCHES: Record<string, string> = {
  failed: 'the route before was broken, or came to nothing',
  better: 'another was better by a fifth',
  congested: 'the route before was crowded',
  stale: 'nobody told of the peer for 300 s',
};

export function switchOf(reason: string): string {
  return SWITCHES[reason] ?? reason;
}

/** What a node does for others, where that is not what everybody does; empty for nothing to say. */
export function doesOf(does: string[] | null): string {
  if (does === null) return '';
  const said: string[] = [];
  if (!does.includes('passes-on')) said.push('passes nothing on');
  if (does.includes('gateway')) said.push('has lines to other islands');
  if (does.includes('history')) said.push('keeps history');
  return said.length === 0 ? '' : `it ${said.join(', ')}`;
}

/** How far a message of ours came; null for those of others. */
export function deliveryOf({ state, reason }: MessageView): string | null {
  switch (state) {
    case 'heard':
      return null;
    case 'waiting':
      return reason === null ? 'waiting' : `waiting: ${failureOf(reason)}`;
    case 'failed':
      return reason === null ? 'failed' : `failed: ${failureOf(reason)}`;
    default:
      return state;
  }
}

export function distanceOf({ isDirect, isHere, hops }: PeerView): string {
  if (isDirect) return isHere ? 'in radio range' : 'at the end of a line';
  const far = hops === null ? 'relayed' : plural(hops, 'hop');
  return isHere ? far : `${far}, over a line`;
}

const KINDS: Record<MapNode['kind'], string> = {
  self: 'this bridge',
  gateway: 'gateway',
  peer: 'peer',
  relay: 'relay without keys',
};

export function kindOf(kind: MapNode['kind']): string {
  return KINDS[kind];
}

const WAYS: Record<LinkView['way'], string> = {
  in: 'radio, in',
  out: 'radio, out',
  wire: 'wire',
  line: 'line',
  client: 'client',
};

export function wayOf(way: LinkView['way']): string {
  return WAYS[way];
}

const OVER: Record<HopView['medium'], string> = {
  air: 'by radio',
  wire: 'by wire',
  line: 'over a line',
};

export function hopOf({ medium, rssi, roundTripMs }: HopView): string {
  return [
    OVER[medium],
    rssi === null ? null : `${rssi} dBm`,
    roundTripMs === null ? 'no answer' : `${roundTripMs} ms`,
  ]
    .filter((word) => word !== null)
    .join(', ');
}

/** An event as a line of the log; null where it would only be noise. */
export function happened(event: EventView, peers: PeerView[]): string | null {
  switch (event.kind) {
    case 'peer': {
      const known = peers.find(({ id }) => id === event.peer.id);
      const name = event.peer.name || shortId(event.peer.id);
      if (known?.isReachable === event.peer.isReachable) return null;
      return event.peer.isReachable ? `${name} is here` : `${name} is out of reach`;
    }
    case 'peer-left': {
      const name = event.name || nameOf(peers, event.id);
      return event.reason === 'user' ? `${name} left` : `${name} is out of reach`;
    }
    case 'alarm':
      return `somebody shows other keys as ${nameOf(peers, event.id)}`;
    case 'line': {
      const { name, node, state, problem } = event.line;
      const what = `the line to ${name || shortId(node)} is ${state}`;
      return problem === null || state === 'up' ? what : `${what}: ${problem}`;
    }
    case 'note':
      return `${event.name || shortId(event.device)} notes: ${event.text}`;
    case 'mesh':
      // The rest is in the timeline.
      return event.tone === 'plain' ? null : event.text;
    case 'health':
      return event.health === 'ok'
        ? 'all is well again'
        : (event.problems[0] ?? 'something is wrong');
    case 'gap':
      return 'some events were missed; all was read again';
    default:
      return null;
  }
}
