/**
 * State: all that the page shows, and how each answer and each event changes it. Pure: the same
 * actions give the same state, so that whatever a person sees can be replayed in a test.
 */
import type {
  BenchView,
  ConversationView,
  EventView,
  GatewayView,
  LineView,
  LinkView,
  MapView,
  MessageView,
  PeerView,
  ResilienceView,
  StatisticsView,
  StatusView,
  TimelineEntry,
} from '../views.ts';
import { isAsFar, spoken, turned } from './threads.ts';
import type { Teller, Thread, ThreadPage } from './threads.ts';
import { happened } from './words.ts';

/** What is read from the daemon as a whole, and read again when an event says that it changed. */
export type Parts = {
  status: StatusView;
  statistics: StatisticsView;
  map: MapView;
  links: LinkView[];
  lines: LineView[];
  gateways: GatewayView[];
  peers: PeerView[];
  conversations: ConversationView[];
  resilience: ResilienceView;
  /** The newest first. */
  timeline: TimelineEntry[];
  /** The oldest first. Read by the view that shows it. */
  bench: BenchView[];
};

export type Part = keyof Parts;

export const ALL_PARTS: Part[] = [
  'status',
  'peers',
  'conversations',
  'map',
  'links',
  'lines',
  'gateways',
  'statistics',
  'resilience',
  'timeline',
];

export type Connection =
  | { kind: 'opening' }
  | { kind: 'live' }
  | { kind: 'lost'; sinceAt: number; retryAt: number }
  /** The token is not taken (any more): only a new login helps. */
  | { kind: 'shut' };

/** The conversation that everyone hears. */
export const PUBLIC = 'public';

export type LogLine = { cursor: string; at: number; text: string };

export type State = {
  connection: Connection;
  parts: Partial<Parts>;
  /** To be read again. */
  stale: Part[];
  /** Asked for, and not answered yet. */
  reading: Part[];
  threads: Record<string, Thread>;
  /** The conversation that a person looks at now. */
  watched: string | null;
  /** Messages of others after this key were new when a person came to look. */
  divider: { conversation: string; after: number } | null;
  /** What happened, the newest first. */
  log: LogLine[];
  /** The last message of somebody else, for those who listen to the page rather than see it. */
  spoken: string;
};

/** Lines kept of what happened. Then the oldest goes. */
export const LOG_MAX = 60;
/** Entries of the timeline held at once. Then the oldest goes. */
const TIMELINE_MAX = 500;
/** Characters of a message that are read aloud. */
const SPOKEN_MAX = 200;

export const EMPTY: State = {
  connection: { kind: 'opening' },
  parts: {},
  stale: [],
  reading: [],
  threads: {},
  watched: null,
  divider: null,
  log: [],
  spoken: '',
};

export type Action =
  | { kind: 'connection'; connection: Connection }
  | { [P in Part]: { kind: 'part'; part: P; view: Parts[P] } }[Part]
  | { kind: 'reading'; parts: Part[] }
  | { kind: 'stale'; parts: Part[] }
  /** Nobody answered. */
  | { kind: 'failed'; parts: Part[] }
  | { kind: 'page'; conversation: string; page: ThreadPage }
  /** What a person said, as the daemon answered it. */
  | { kind: 'message'; message: MessageView }
  | { kind: 'watched'; conversation: string | null }
  | { kind: 'read'; conversation: string }
  | { kind: 'event'; event: EventView };

export function reduce(state: State, action: Action): State {
  switch (action.kind) {
    case 'connection':
      return { ...state, connection: action.connection };
    case 'part':
      return answer(state, action.part, action.view);
    case 'reading':
      return {
        ...state,
        stale: state.stale.filter((part) => !action.parts.includes(part)),
        reading: [...state.reading, ...action.parts],
      };
    case 'stale':
      return outdate(state, action.parts);
    case 'failed':
      return outdate(
        { ...state, reading: state.reading.filter((part) => !action.parts.includes(part)) },
        action.parts,
      );
    case 'page':
      return turnPage(state, action.conversation, action.page);
    case 'message':
      return overtake(speak(state, action.message, 'answer'), 'conversations');
    case 'watched':
      return watch(state, action.conversation);
    case 'read':
      return overtake(readAll(state, action.conversation), 'conversations');
    case 'event':
      return happen(log(state, action.event), action.event);
  }
}

function happen(state: State, event: EventView): State {
  switch (event.kind) {
    case 'message':
      return overtake(hear(state, event.message), 'conversations');
    case 'message-state':
      return overtake(speak(state, event.message, 'event'), 'conversations');
    case 'peer':
      return outdate(overtake(meet(state, event.peer), 'peers'), ['map']);
    case 'peer-left':
      return outdate(overtake(lose(state, event.id), 'peers'), ['map']);
    case 'alarm':
      return outdate(state, ['peers']);
    case 'link':
      return outdate(state, ['links', 'map']);
    case 'line':
      return outdate(withLine(state, event.line), ['lines', 'map', 'gateways']);
    case 'health':
      return overtake(withHealth(state, event.health, event.problems), 'status');
    case 'note':
      return state;
    case 'mesh':
      return outdate(overtake(remember(state, event), 'timeline'), ['resilience']);
    case 'gap':
      return missed(state);
  }
}

function answer<P extends Part>(state: State, part: P, view: Parts[P]): State {
  const reading = state.reading.filter((other) => other !== part);
  const next = { ...state, reading, parts: { ...state.parts, [part]: view } };
  // Whoever opens the page at a conversation looks at it before it is known what is unread.
  const isFirst = part === 'conversations' && state.parts.conversations === undefined;
  return isFirst ? markNew(next) : next;
}

/** What changed while it was asked for is asked for again: the answer may be older than the change. */
function overtake(state: State, part: Part): State {
  return state.reading.includes(part) ? outdate(state, [part]) : state;
}

/** Events were left out: all that is held may be wrong. */
function missed(state: State): State {
  const threads: Record<string, Thread> = {};
  for (const [name, thread] of Object.entries(state.threads)) {
    if (name === state.watched) threads[name] = { ...thread, isStale: true };
  }
  return outdate({ ...state, threads }, ALL_PARTS);
}

function outdate(state: State, parts: Part[]): State {
  const stale = [...new Set([...state.stale, ...parts])];
  return stale.length === state.stale.length ? state : { ...state, stale };
}

/** A message of somebody, as it comes in. Where a person looks at it, the panel says that it was read. */
function hear(state: State, message: MessageView): State {
  const isNew = !isHeld(state, message);
  const next = speak(state, message, 'event');
  if (message.isOwn || !isNew) return next;
  const text = `${message.senderName ?? message.sender}: ${message.text}`.slice(0, SPOKEN_MAX);
  const aloud = { ...next, spoken: text };
  return countUnread(aloud, message.conversation);
}

/** Whether it was counted already: a cursor may bring an event that an answer overtook. */
function isHeld({ threads, parts }: State, { conversation, key }: MessageView): boolean {
  const last = parts.conversations?.find(({ name }) => name === conversation)?.last;
  if (last && last.key >= key) return true;
  return threads[conversation]?.messages.some((other) => other.key === key) ?? false;
}

/** A message that is new, or that came further. */
function speak(state: State, message: MessageView, by: Teller): State {
  const { conversation } = message;
  const thread = state.threads[conversation];
  const threads =
    thread === undefined
      ? state.threads
      : { ...state.threads, [conversation]: spoken(thread, message, by) };
  return withLast({ ...state, threads }, message, by);
}

function withLast(state: State, message: MessageView, by: Teller): State {
  const { conversations } = state.parts;
  if (conversations === undefined) return state;
  const at = conversations.findIndex(({ name }) => name === message.conversation);
  // Who began it is better known to the daemon.
  if (at < 0) return outdate(state, ['conversations']);
  const last = conversations[at].last;
  if (last !== null && last.key > message.key) return state;
  if (last?.key === message.key && by === 'answer' && !isAsFar(message, last)) return state;
  return withConversations(state, conversations.with(at, { ...conversations[at], last: message }));
}

function countUnread(state: State, conversation: string): State {
  return withOne(state, conversation, (one) => ({ ...one, unread: one.unread + 1 }));
}

function readAll(state: State, conversation: string): State {
  return withOne(state, conversation, (one) => ({
    ...one,
    unread: 0,
    readKey: one.last?.key ?? one.readKey,
  }));
}

function withOne(
  state: State,
  conversation: string,
  change: (one: ConversationView) => ConversationView,
): State {
  const { conversations } = state.parts;
  if (conversations === undefined) return state;
  const changed = conversations.map((one) => (one.name === conversation ? change(one) : one));
  return withConversations(state, changed);
}

function withConversations(state: State, conversations: ConversationView[]): State {
  return { ...state, parts: { ...state.parts, conversations } };
}

function turnPage(state: State, conversation: string, page: ThreadPage): State {
  const thread = turned(state.threads[conversation], page);
  return { ...state, threads: { ...state.threads, [conversation]: thread } };
}

/** A person looks at a conversation. What is unread of it by then is marked as new. */
function watch(state: State, conversation: string | null): State {
  return markNew({ ...state, watched: conversation });
}

/** Where the unread begins, of what is looked at. */
function markNew(state: State): State {
  const { watched, parts } = state;
  const one = parts.conversations?.find(({ name }) => name === watched);
  if (watched === null || (one?.unread ?? 0) === 0) return state;
  return { ...state, divider: { conversation: watched, after: one!.readKey } };
}

function meet(state: State, peer: PeerView): State {
  const { peers } = state.parts;
  if (peers === undefined) return state;
  const at = peers.findIndex(({ id }) => id === peer.id);
  return withPeers(state, at < 0 ? [peer, ...peers] : peers.with(at, peer));
}

function lose(state: State, id: string): State {
  const { peers } = state.parts;
  if (peers === undefined) return state;
  return withPeers(
    state,
    peers.map((peer) => (peer.id === id ? { ...peer, isReachable: false, isDirect: false } : peer)),
  );
}

function withPeers(state: State, peers: PeerView[]): State {
  return { ...state, parts: { ...state.parts, peers } };
}

function withLine(state: State, line: LineView): State {
  const { lines } = state.parts;
  if (lines === undefined) return state;
  const at = lines.findIndex(({ node }) => node === line.node);
  return {
    ...state,
    parts: { ...state.parts, lines: at < 0 ? [...lines, line] : lines.with(at, line) },
  };
}

function remember(state: State, event: Extract<EventView, { kind: 'mesh' }>): State {
  const { timeline } = state.parts;
  if (timeline === undefined) return state;
  const { kind: _, cursor: __, ...entry } = event;
  const entries = [{ ...entry, isRoutine: false }, ...timeline].slice(0, TIMELINE_MAX);
  return { ...state, parts: { ...state.parts, timeline: entries } };
}

function withHealth(state: State, health: StatusView['health'], problems: string[]): State {
  const { status } = state.parts;
  if (status === undefined) return state;
  return { ...state, parts: { ...state.parts, status: { ...status, health, problems } } };
}

function log(state: State, event: EventView): State {
  const text = happened(event, state.parts.peers ?? []);
  if (text === null) return state;
  const line = { cursor: event.cursor, at: event.at, text };
  return { ...state, log: [line, ...state.log].slice(0, LOG_MAX) };
}
