/**
 * Shapes: the schemas of the views. A view that says more or less than its shape is a type error.
 */
import type { Standing, StandingName } from '../../protocol/trust/pins.ts';
import type { MessageState } from '../types.ts';
import type { Schema } from './schema.ts';
import { MESH_EVENTS } from '../events.ts';
import {
  anything,
  counts,
  figures,
  flag,
  integer,
  kinds,
  list,
  named,
  nullable,
  number,
  object,
  oneOf,
  text,
} from './schema.ts';
import type {
  AuditCheckView,
  AuditEndView,
  AuditLineView,
  AuditView,
  BenchView,
  BudgetView,
  ClientTicketView,
  ClientView,
  ComponentView,
  ConnectionView,
  ConversationView,
  EventView,
  FleetRowView,
  FleetView,
  GatewayView,
  HopView,
  PathView,
  RouteView,
  SettingsView,
  SettingView,
  InviteView,
  LimitsView,
  LineView,
  LinkView,
  LogLineView,
  MapNode,
  MapView,
  MessageView,
  NeighbourFigures,
  PacketDetailView,
  PacketRowView,
  PeerView,
  PingView,
  RadioView,
  RatesView,
  ResilienceView,
  StatisticsView,
  StatusView,
  TimelineEntry,
  UsageView,
} from './views.ts';

const ID_PATTERN = '^[0-9a-f]{16}$';
export const ID = text({ about: 'an id: 8 bytes as hex', pattern: ID_PATTERN });
export const TIME = integer({ about: 'Unix ms' });
const HEALTH = oneOf('ok', 'degraded');
const STANDINGS: Standing[] = ['seen', 'contacted', 'verified', 'trusted'];
const OTHER_NAMES = 'seen is also called unknown, and contacted basic';
export const STANDING = { ...oneOf(...STANDINGS), description: OTHER_NAMES };
export const STANDING_NAME = {
  ...oneOf<StandingName>(...STANDINGS, 'unknown', 'basic'),
  description: OTHER_NAMES,
};
const STATE: Schema<MessageState> = oneOf(
  'heard',
  'waiting',
  'sent',
  'delivered',
  'read',
  'failed',
);

const RADIO = object<RadioView>({
  name: text(),
  state: oneOf('unwanted', 'missing', 'off', 'on', 'virtual'),
  isAdvertising: flag(),
  isScanning: flag(),
});

export const STATUS = named(
  'Status',
  object<StatusView>({
    version: text(),
    id: ID,
    name: text(),
    fingerprint: text({ about: 'SHA-256 of the Noise key, in hex: what people compare' }),
    startedAt: TIME,
    unixMs: nullable(integer({ about: 'Unix ms, or null while the clock is not set' })),
    isVirtual: flag('everything around this bridge is simulated'),
    realStart: nullable(text({ about: 'the command that starts it with what is real instead' })),
    health: HEALTH,
    problems: list(text({ about: 'what is wrong, and what to do' })),
    radios: list(RADIO),
    counts: object<StatusView['counts']>({
      heard: integer(),
      sent: integer(),
      delivered: integer(),
      drops: counts('packets by the reason they were dropped for'),
    }),
    stored: object<StatusView['stored']>({ messages: integer(), bytes: integer() }),
    rssBytes: integer(),
  }),
);

const NEIGHBOUR = object<NeighbourFigures>({
  connectedAt: nullable(TIME),
  heardAt: TIME,
  heard: integer(),
  sent: integer(),
  roundTripMs: nullable(integer()),
  lossPerMille: nullable(integer({ about: 'of heartbeats' })),
  reputation: integer({ about: "-1000 to 1000; 100 is a stranger's" }),
  threats: counts('how often each threat was seen'),
});

export const PEER = named(
  'Peer',
  object<PeerView>({
    id: ID,
    name: text({ about: 'as he calls himself; anybody can call himself anything' }),
    fingerprint: nullable(text()),
    standing: STANDING,
    isDenied: flag('nothing of him is let in'),
    isQuarantined: flag('what he says is passed on, and not shown'),
    perMinute: nullable(
      integer({ about: 'messages, and requests of administrators, a minute that he was given' }),
    ),
    neighbour: nullable(NEIGHBOUR),
    isReachable: flag('heard of lately enough to be talked to'),
    isDirect: flag(),
    hops: nullable(integer()),
    link: nullable(integer({ about: 'the link he was heard over last' })),
    isHere: flag('on our own island, rather than behind a line'),
    firstSeenAt: TIME,
    lastSeenAt: TIME,
    neighbours: list(ID),
    capabilities: list(text()),
    session: oneOf('none', 'opening', 'live'),
    hasAlarm: flag('somebody showed another key for this id'),
  }),
);

export const COMPONENT = named(
  'Component',
  object<ComponentView>({
    name: text(),
    state: oneOf('waiting', 'running', 'failed', 'stopped'),
    health: oneOf('well', 'strained', 'failing'),
    why: nullable(text({ about: 'what to do about it' })),
    failures: integer(),
    packets: integer({ about: 'given to it' }),
    said: integer({ about: 'packets of its own' }),
    told: integer({ about: 'events of its own' }),
    statistics: figures('its own figures, by name'),
  }),
);

export const LINK = named(
  'Link',
  object<LinkView>({
    link: integer(),
    medium: oneOf('phone', 'node', 'wire', 'line', 'client'),
    way: oneOf('in', 'out', 'wire', 'line', 'client'),
    mode: nullable(oneOf('full', 'limited', 'legacy', 'incompatible')),
    peer: nullable(ID),
    name: nullable(text()),
    rssi: nullable(integer({ about: 'dBm' })),
    roundTripMs: nullable(integer()),
    openMs: integer(),
    silentMs: integer({ about: 'ms since anything was heard' }),
    heard: integer(),
    sent: integer(),
    drops: counts(),
  }),
);

const AUDIT_END = object<AuditEndView>({ key: integer(), hash: text() });

export const BENCH = named(
  'Bench',
  object<BenchView>({
    at: integer({ about: 'Unix ms', minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    area: text({ minLength: 1, maxLength: 40 }),
    seed: integer({ minimum: 0, maximum: 0xffffffff }),
    node: text({ about: 'the version of Node', maxLength: 40 }),
    machine: text({ about: 'where it was measured', maxLength: 200 }),
    figures: list(
      object<BenchView['figures'][number]>({
        name: text({ minLength: 1, maxLength: 80 }),
        unit: text({ maxLength: 80 }),
        value: number(),
      }),
    ),
  }),
);

export const AUDIT = named(
  'Audit',
  object<AuditView>({
    lines: list(
      object<AuditLineView>({
        key: integer({ about: 'grows by one with every line' }),
        at: nullable(integer({ about: 'Unix ms, or null without a clock' })),
        who: text({ about: '`owner`, `bridge`, or the id of a node' }),
        act: text(),
        subject: text(),
        detail: text(),
        hash: text({
          about: 'SHA-256, in hex, of the hash before and the other fields as a JSON list',
        }),
      }),
    ),
    base: AUDIT_END,
    head: AUDIT_END,
  }),
);

export const AUDIT_CHECK = named(
  'AuditCheck',
  object<AuditCheckView>({
    lines: integer({ about: 'that are as they were written' }),
    flaw: nullable(
      object<NonNullable<AuditCheckView['flaw']>>({
        key: integer({ about: 'of the first line that is not' }),
        why: text(),
      }),
    ),
  }),
);

const PACKET_FIELDS = {
  key: integer({ about: 'grows with every packet' }),
  at: TIME,
  link: integer(),
  way: oneOf('heard', 'sent'),
  type: nullable(text({ about: 'null for what is no packet' })),
  ttl: nullable(integer()),
  sender: nullable(text()),
  recipient: nullable(text({ about: 'null, or eight times ff, for everybody' })),
  size: integer({ about: 'bytes' }),
  dropped: nullable(text({ about: 'why it went no further' })),
};

export const PACKET = named('Packet', object<PacketRowView>(PACKET_FIELDS));

export const PACKET_DETAIL = named(
  'PacketDetail',
  object<PacketDetailView>({
    ...PACKET_FIELDS,
    hex: text({ about: 'its bytes, cut where it is long' }),
    parts: list(
      object<PacketDetailView['parts'][number]>({
        name: text(),
        value: text(),
        at: integer({ about: 'the first of its bytes' }),
        size: integer(),
      }),
    ),
  }),
);

export const FLEET = named(
  'Fleet',
  object<FleetView>({
    what: oneOf('plan', 'apply'),
    state: oneOf('none', 'running', 'done', 'failed'),
    rows: list(
      object<FleetRowView>({
        name: text(),
        port: nullable(text({ about: 'null where it is not plugged in' })),
        id: nullable(ID),
        changes: list(
          object<FleetRowView['changes'][number]>({ name: text(), from: text(), to: text() }),
        ),
        result: text(),
        isDone: flag('it is as the file says'),
      }),
    ),
    problem: nullable(text({ about: 'why it failed as a whole' })),
  }),
);

export const LOG_LINE = named(
  'LogLine',
  object<LogLineView>({
    key: integer(),
    at: TIME,
    level: oneOf('trace', 'debug', 'info', 'warn', 'error'),
    words: text(),
    facts: {
      type: 'object',
      additionalProperties: { type: ['string', 'number', 'boolean', 'null'] },
    } as Schema<LogLineView['facts']>,
  }),
);

export const LINE = named(
  'Line',
  object<LineView>({
    node: ID,
    name: text(),
    address: nullable(text({ about: "host:port; null where it is the other end's to dial" })),
    origin: oneOf('config', 'joined', 'invited', 'found'),
    state: oneOf('up', 'dialling', 'down', 'found'),
    sinceAt: nullable(TIME),
    roundTripMs: nullable(integer()),
    problem: nullable(text({ about: 'why it is down' })),
  }),
);

export const GATEWAY = named(
  'Gateway',
  object<GatewayView>({
    id: ID,
    name: text(),
    isSelf: flag(),
    isHere: flag('it shares our island, so it takes turns with us'),
    lines: list(ID),
    heardAt: TIME,
  }),
);

const BUDGET = object<BudgetView>({
  bytesPerSecond: integer(),
  burstBytes: integer(),
  levelBytes: integer(),
  waiting: integer(),
  injected: integer(),
  injectedBytes: integer(),
  overheard: integer(),
  drops: counts('by reason; udp- and lan- before those of datagrams'),
});

export const STATISTICS = named(
  'Statistics',
  object<StatisticsView>({
    at: TIME,
    gateway: BUDGET,
    carried: list(
      object<StatisticsView['carried'][number]>({
        who: ID,
        name: nullable(text()),
        packets: integer(),
        bytes: integer(),
      }),
    ),
    sessions: object<StatisticsView['sessions']>({
      live: integer(),
      outgoing: integer(),
      incoming: integer(),
    }),
    outbox: integer(),
    held: object<StatisticsView['held']>({ count: integer(), bytes: integer() }),
    requests: object<StatisticsView['requests']>({
      served: integer({ about: 'requests of peers that were obeyed' }),
      refused: integer(),
      drops: counts('those nobody looked at, by the reason'),
    }),
  }),
);

export const MESSAGE = named(
  'Message',
  object<MessageView>({
    key: integer({ about: 'grows with every message, and is the cursor of a page' }),
    conversation: text({ about: "`public`, or the peer's id" }),
    sender: ID,
    senderName: nullable(text()),
    isOwn: flag(),
    id: text(),
    text: text(),
    sentAt: TIME,
    heardAt: TIME,
    isVerified: flag(),
    state: STATE,
    reason: nullable(text({ about: 'why it failed' })),
  }),
);

export const CONVERSATION = named(
  'Conversation',
  object<ConversationView>({
    name: text(),
    title: text(),
    last: nullable(MESSAGE),
    unread: integer({ about: 'counted up to 100' }),
    readKey: integer({ about: 'of the last message that was read' }),
  }),
);

const MAP_NODE = object<MapNode>({
  id: text({ about: 'an id, or the name of a link for a node without keys' }),
  name: text(),
  kind: oneOf('self', 'gateway', 'peer', 'relay'),
  isReachable: flag(),
});

export const MAP = named(
  'Map',
  object<MapView>({
    self: ID,
    islands: list(
      object<MapView['islands'][number]>({
        id: text(),
        isHere: flag(),
        nodes: list(MAP_NODE),
      }),
    ),
    links: list(
      object<MapView['links'][number]>({
        a: text(),
        b: text(),
        kind: oneOf('radio', 'wire', 'line'),
        isUp: flag(),
      }),
    ),
  }),
);

export const INVITE = named(
  'Invite',
  object<InviteView>({
    line: text({ about: 'what the other side joins with, once' }),
    command: text(),
    expiresAt: TIME,
  }),
);

const MBPS = number({ about: 'Mbit/s, of the busier direction' });
const RATES = object<RatesView>({ inMbps: number(), outMbps: number() });
const LIMITS = object<LimitsView>({
  inMbps: number({ about: 'what one connection may bring' }),
  outMbps: number({ about: 'what one connection is given' }),
  allMbps: number({ about: 'what all of them may carry, each way' }),
});

export const USAGE = named(
  'Usage',
  object<UsageView>({
    localMbps: MBPS,
    internetMbps: MBPS,
    radioMbps: MBPS,
    localLimitMbps: number(),
    internetLimitMbps: number(),
    radioLimitMbps: number({ about: 'what lines may give to the radios' }),
    ways: object<UsageView['ways']>({ local: RATES, internet: RATES, radio: RATES }),
    limits: object<UsageView['limits']>({ local: LIMITS, internet: LIMITS }),
    connections: list(
      object<ConnectionView>({
        side: oneOf('local', 'internet'),
        node: ID,
        name: text(),
        inMbps: number(),
        outMbps: number(),
        waiting: integer({ about: 'packets that wait to leave' }),
        overflowed: integer({ about: 'packets that were dropped, as no more could wait' }),
        slowedToMbps: nullable(
          number({
            about: 'what it is offered, as its way takes no more; null where it takes all',
          }),
        ),
      }),
    ),
    samples: object<UsageView['samples']>({
      localMbps: list(number()),
      internetMbps: list(number()),
      radioMbps: list(number()),
    }),
  }),
);

export const CLIENT = named(
  'Client',
  object<ClientView>({ name: text(), addedAt: TIME, nodes: list(ID) }),
);

export const CLIENT_TICKET = named(
  'ClientTicket',
  object<ClientTicketView>({
    name: text(),
    line: text({ about: 'address, node and token in one line' }),
    node: ID,
    token: text(),
  }),
);

export const PING = named(
  'Ping',
  object<NonNullable<PingView>>({ roundTripMs: integer(), hops: nullable(integer()) }),
);

export const HOP = named(
  'Hop',
  object<HopView>({
    id: ID,
    distance: integer(),
    medium: oneOf('air', 'wire', 'line'),
    rssi: nullable(integer({ about: 'dBm' })),
    roundTripMs: nullable(integer()),
    via: list(ID),
  }),
);

export const PATH = named(
  'Path',
  object<PathView>({
    id: ID,
    strategy: text(),
    unsuited: nullable(text()),
    routes: list(
      object<RouteView>({
        via: list(ID),
        cost: number(),
        reliability: number({ about: '0 to 1' }),
        why: text(),
        isChosen: flag(),
      }),
    ),
    flooded: nullable(text({ about: 'why packets take no route' })),
    switches: integer(),
    lastSwitch: nullable(object<{ at: number; reason: string }>({ at: TIME, reason: text() })),
    nodesKnown: integer(),
    does: nullable(list(text({ about: 'passes-on, gateway or history' }))),
  }),
);

const MESH = {
  name: oneOf(...MESH_EVENTS),
  text: text(),
  tone: oneOf('plain', 'good', 'warning', 'bad'),
  peer: nullable(ID),
  figures: figures(),
};

export const TIMELINE_ENTRY = named(
  'TimelineEntry',
  object<TimelineEntry>({
    ...{ key: integer({ about: 'grows with every event' }), at: TIME, ...MESH },
    isRoutine: flag('it comes with every packet, or is told of in another way'),
  }),
);

type ViewOf<Name extends 'health' | 'neighbours' | 'partitions'> = ResilienceView[Name][number];

export const RESILIENCE = named(
  'Resilience',
  object<ResilienceView>({
    networkHealth: number({ about: 'the mean of the scores' }),
    health: list(
      object<ViewOf<'health'>>({
        category: oneOf('connectivity', 'latency', 'throughput', 'stability'),
        score: nullable(number({ about: 'from 0 to 1; null while nothing is known' })),
        level: oneOf('good', 'warning', 'critical'),
        why: text(),
      }),
    ),
    neighbours: list(
      object<ViewOf<'neighbours'>>({
        id: ID,
        name: text(),
        state: oneOf('near', 'around', 'suspected', 'failed'),
        phi: number({ about: 'how sure it is that no heartbeat comes any more' }),
        silentMs: integer(),
        lossPerMille: integer({ about: 'of its heartbeats' }),
      }),
    ),
    partitions: list(
      object<ViewOf<'partitions'>>({
        partition: integer(),
        state: oneOf('split', 'healing'),
        splitAt: TIME,
        healedAt: nullable(TIME),
        lost: list(ID),
        back: list(ID),
      }),
    ),
    settings: object<ResilienceView['settings']>({
      heartbeatMs: integer(),
      missed: integer(),
      phi: number(),
      confirmMs: integer(),
    }),
  }),
);

const CURSOR = text({ about: '`?after=` goes on from here' });
const EVERY = { cursor: CURSOR, at: TIME };

export const EVENT = named(
  'Event',
  kinds<EventView>({
    message: { ...EVERY, message: MESSAGE },
    'message-state': { ...EVERY, message: MESSAGE },
    peer: { ...EVERY, peer: PEER },
    'peer-left': {
      ...EVERY,
      id: ID,
      name: text(),
      reason: oneOf('user', 'timeout', 'network', 'protocol', 'crowded'),
    },
    alarm: { ...EVERY, id: ID },
    link: { ...EVERY, link: integer(), isUp: flag() },
    line: { ...EVERY, line: LINE },
    note: { ...EVERY, device: text(), name: text(), text: text() },
    mesh: { ...EVERY, key: integer(), ...MESH },
    health: { ...EVERY, health: HEALTH, problems: list(text()) },
    gap: EVERY,
  }),
);

const SETTING = named(
  'Setting',
  object<SettingView>({
    name: text({ about: 'dotted, as `budget.burst`' }),
    value: anything('of the file, or else the usual one; null where that depends on the machine'),
    usual: anything('what holds where the file says nothing'),
    isSet: flag('the file says it'),
    needsRestart: flag('a change of it holds from the next start on'),
    isPending: flag('it was changed so, and the bridge has not started again since'),
    isFileOnly: flag(
      'it runs programs, names files or says who may ask: changed in the file alone',
    ),
    help: text(),
    schema: { type: 'object', additionalProperties: true, description: 'JSON Schema of its value' },
  }),
);

export const SETTINGS = named(
  'Settings',
  object<SettingsView>({
    file: text({ about: 'where they are written' }),
    settings: list(SETTING),
  }),
);
