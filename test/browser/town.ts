/**
 * Town: a desk over a mesh that only exists in memory, with as many nodes as a test wants, people who
 * talk, and everything that a page can show.
 */
import { HoplineError } from '../../protocol/errors.ts';
import type {
  ConversationView,
  LineView,
  LinkView,
  MapNode,
  MapView,
  MessageView,
  PeerView,
  TimelineEntry,
} from '../../host/http/views.ts';
import { DeskDouble } from '../host/http/builders.ts';
import { xorshift } from '../seed.ts';

export const ATTIC = '5e11f0a7b3c2d490';
const MINUTE_MS = 60_000;

const NAMES =
  'Ana Ben Carla Dario Emil Frida Gus Hanna Ivo Juna Karim Lena Milo Nora Otto Paula Quentin Rosa Sami Thea Ugo Vera Wim Xenia Yara Zoe'.split(
    ' ',
  );
const PLACES =
  'cellar barn mill harbour ridge chapel ferry orchard quarry bridgehead lighthouse sawmill'.split(
    ' ',
  );

export class Town extends DeskDouble {
  isVirtual = false;
  problems: string[] = [];
  map_: MapView;
  people: PeerView[] = [];
  said: MessageView[] = [];
  lineViews: LineView[] = [];
  private readonly now: number;
  private key = 0;

  constructor(nodes: number, islands = 3, now = Date.now()) {
    super();
    this.now = now;
    this.map_ = mapOf(nodes, islands);
    this.people = this.map_.islands.flatMap((island) =>
      island.nodes
        .filter(({ kind }) => kind === 'peer' || kind === 'gateway')
        .map((node, at) => this.personOf(node, island.isHere, at)),
    );
    this.lineViews = this.gateways_().map((node, at) => lineTo(node, at, now));
  }

  override status: DeskDouble['status'] = () => ({
    version: '0.1.0',
    id: ATTIC,
    name: 'attic',
    fingerprint: hexOf('attic', 64),
    startedAt: this.now - 26 * 60 * MINUTE_MS,
    unixMs: this.now,
    isVirtual: this.isVirtual,
    realStart: this.isVirtual ? 'hopline up --config bridge.yaml' : null,
    health: this.problems.length === 0 ? 'ok' : 'degraded',
    problems: this.problems,
    radios: [
      { name: 'hci0', state: 'on', isAdvertising: true, isScanning: true },
      { name: 'ttyUSB0', state: 'missing', isAdvertising: false, isScanning: false },
    ],
    counts: {
      heard: 48_211,
      sent: 39_870,
      delivered: 1022,
      drops: { duplicate: 8120, 'out-of-hops': 44 },
    },
    stored: { messages: 5120, bytes: 1_840_000 },
    rssBytes: 96_000_000,
  });

  override statistics: DeskDouble['statistics'] = () => ({
    at: this.now,
    gateway: {
      bytesPerSecond: 2000,
      burstBytes: 16_000,
      levelBytes: 10_900,
      waiting: 3,
      injected: 1204,
      injectedBytes: 262_000,
      overheard: 377,
      drops: { stale: 12, 'queue-full': 4 },
    },
    carried: this.people.slice(0, 5).map(({ id, name }, at) => ({
      who: id,
      name,
      packets: 4200 >> at,
      bytes: 910_000 >> at,
    })),
    sessions: { live: 4, outgoing: 1, incoming: 0 },
    outbox: 2,
    held: { count: 7, bytes: 3400 },
    requests: { served: 0, refused: 0, drops: {} },
  });

  /** Six evenings, on one of which something went wrong. */
  override bench: DeskDouble['bench'] = () =>
    [5, 4, 3, 2, 1, 0].map((daysAgo) => ({
      at: this.now - daysAgo * 24 * 60 * MINUTE_MS,
      area: 'mesh',
      seed: 1,
      node: 'v20.20.2',
      machine: '4 x a small board, 4 GiB, linux arm64',
      figures: [
        { name: 'mesh.delivery', unit: '%', value: 99.9 + daysAgo / 100 },
        { name: 'mesh.transmissions_vs_flood', unit: '%', value: daysAgo === 2 ? 71.3 : 41.2 },
        {
          name: 'memory.fragmentation_percent',
          unit: '% of the heap, held and not used',
          value: 49.8,
        },
        { name: 'sim.events_per_s', unit: 'events/s', value: 812_300 - 9000 * daysAgo },
      ],
    }));

  override path: DeskDouble['path'] = (who) => {
    const { id } = this.person(this.peer(who).name);
    const [ana] = this.people;
    const route = { cost: 250, reliability: 0.97, why: '1 hop, about 25 ms', isChosen: true };
    const round = { ...route, cost: 610, why: '2 hops, about 61 ms', isChosen: false };
    return {
      ...{
        id,
        strategy: 'shortest',
        unsuited: null,
        flooded: null,
        nodesKnown: 7,
        does: null,
        switches: 2,
      },
      routes: [
        { ...route, via: [id] },
        { ...round, via: [ana.id, id] },
      ],
      lastSwitch: { at: this.now - 5 * MINUTE_MS, reason: 'failed' },
    };
  };

  override map: DeskDouble['map'] = () => this.map_;
  override peers: DeskDouble['peers'] = () => this.people;
  override lines: DeskDouble['lines'] = () => this.lineViews;

  override links: DeskDouble['links'] = () =>
    this.people
      .filter(({ isDirect }) => isDirect)
      .slice(0, 5)
      .map((peer, at): LinkView => ({
        link: at,
        medium: at === 1 ? 'phone' : at === 3 ? 'wire' : 'node',
        way: at === 0 ? 'in' : at === 3 ? 'wire' : 'out',
        mode: at === 1 ? null : 'full',
        peer: peer.id,
        name: peer.name,
        rssi: at === 3 ? null : -52 - 7 * at,
        roundTripMs: at === 2 ? null : 38 + 11 * at,
        openMs: (at + 1) * 47 * MINUTE_MS,
        silentMs: 1700 * at,
        heard: 12_044 >> at,
        sent: 9110 >> at,
        drops: at === 1 ? { duplicate: 310, malformed: 2 } : {},
      }));

  override gateways: DeskDouble['gateways'] = () => {
    const others = this.gateways_();
    return [
      {
        id: ATTIC,
        name: 'attic',
        isSelf: true,
        isHere: true,
        lines: others.map(({ id }) => id),
        heardAt: this.now,
      },
      ...others.map(({ id, name }) => ({
        id,
        name,
        isSelf: false,
        isHere: false,
        lines: [ATTIC],
        heardAt: this.now,
      })),
    ];
  };

  override changePeer: DeskDouble['changePeer'] = async (id, change) => {
    const at = this.people.findIndex((peer) => peer.id === id);
    this.people = this.people.with(at, { ...this.people[at], ...change });
    this.tell({ kind: 'peer', peer: this.people[at] });
    return this.people[at];
  };

  override ping: DeskDouble['ping'] = async (id) =>
    this.peer(id).isReachable ? { roundTripMs: 184, hops: this.peer(id).hops } : null;

  override trace: DeskDouble['trace'] = async (id) => [
    { id: this.people[0].id, distance: 1, medium: 'air', rssi: -58, roundTripMs: 41, via: [] },
    { id, distance: 2, medium: 'air', rssi: -77, roundTripMs: 96, via: [this.people[0].id] },
  ];

  override resilience: DeskDouble['resilience'] = () => {
    const [ana, ben, carla, dario] = this.people;
    const watched = [
      { ...ana, state: 'near', phi: 0.2, silentMs: 4300, lossPerMille: 0 },
      { ...ben, state: 'around', phi: 12.4, silentMs: 17_000, lossPerMille: 212 },
      { ...carla, state: 'suspected', phi: 8.1, silentMs: 24_600, lossPerMille: 35 },
      { ...dario, state: 'failed', phi: 99, silentMs: 412_000, lossPerMille: 8 },
    ] as const;
    return {
      networkHealth: 0.71,
      health: [
        {
          category: 'connectivity',
          score: 0.5,
          level: 'warning',
          why: '2 of 4 neighbours are silent, 3 peers are cut off',
        },
        { category: 'latency', score: 0.93, level: 'good', why: 'round trips take 310 ms' },
        {
          category: 'throughput',
          score: 1,
          level: 'good',
          why: '0 % of what was to leave found no room on its link',
        },
        {
          category: 'stability',
          score: 0.24,
          level: 'critical',
          why: '9 % of heartbeats lost; 3 links or nodes fell away just now',
        },
      ],
      neighbours: watched.map(({ id, name, state, phi, silentMs, lossPerMille }) => ({
        ...{ id, name, state, phi, silentMs, lossPerMille },
      })),
      partitions: [
        {
          partition: 2,
          state: 'split',
          splitAt: this.now - 4 * MINUTE_MS,
          healedAt: null,
          lost: this.people.slice(2, 8).map(({ id }) => id),
          back: [],
        },
      ],
      settings: { heartbeatMs: 10_000, missed: 3, phi: 8, confirmMs: 30_000 },
    };
  };

  override timeline: DeskDouble['timeline'] = () => {
    const [, , carla, dario] = this.people;
    const at = (minutes: number) => this.now - minutes * MINUTE_MS;
    const entries: Omit<TimelineEntry, 'key' | 'isRoutine'>[] = [
      {
        ...{ at: at(1), name: 'NodeSuspected', tone: 'warning', peer: carla.id, figures: {} },
        text: `${carla.name} may have failed; others are asked about it`,
      },
      {
        ...{ at: at(3), name: 'RecoveryTried', tone: 'plain', peer: dario.id, figures: {} },
        text: `${dario.name}: it is dialled again, attempt 1`,
      },
      {
        ...{ at: at(3), name: 'NodeConfirmedFailed', tone: 'bad', peer: dario.id, figures: {} },
        text: `${dario.name} has failed: nobody heard it for 54 s`,
      },
      {
        ...{ at: at(44), name: 'PartitionHealed', tone: 'good', peer: null, figures: {} },
        text: 'split 14:02, healed 14:09, 37 messages reconciled, 0 lost',
      },
    ];
    return entries.map((entry, place) => ({ ...entry, key: 4 - place, isRoutine: false }));
  };

  override conversations: DeskDouble['conversations'] = (limit) => {
    const names = [...new Set(this.said.map(({ conversation }) => conversation))];
    return names.slice(0, limit).map((name): ConversationView => {
      const all = this.said.filter(({ conversation }) => conversation === name);
      const readUpTo = this.readKeys.get(name) ?? 0;
      return {
        name,
        title: this.people.find(({ id }) => id === name)?.name ?? 'everyone',
        last: all.at(-1)!,
        unread: all.filter(({ isOwn, key }) => !isOwn && key > readUpTo).length,
        readKey: readUpTo,
      };
    });
  };

  override messages: DeskDouble['messages'] = (conversation, before, limit) =>
    this.said
      .filter((message) => message.conversation === conversation && message.key < before)
      .toReversed()
      .slice(0, limit);

  override messagesAfter: DeskDouble['messagesAfter'] = (conversation, after, limit) =>
    this.said
      .filter((message) => message.conversation === conversation && message.key > after)
      .slice(0, limit);

  override search: DeskDouble['search'] = (text, before, limit) =>
    this.said
      .filter((message) => message.key < before && message.text.includes(text))
      .toReversed()
      .slice(0, limit);

  override send: DeskDouble['send'] = async (to, text) => {
    if (text.length > 2000) {
      throw new HoplineError('REQUEST_INVALID', 'a message has at most 2000 bytes; cut it in two');
    }
    const conversation = to === 'public' ? to : this.peer(to).id;
    const state = conversation === 'public' ? 'sent' : 'waiting';
    return this.say({ conversation, text, isOwn: true, state });
  };

  override read: DeskDouble['read'] = async (conversation, key) => {
    this.changes.push({ read: conversation, key });
    this.readKeys.set(conversation, key);
  };

  override invite: DeskDouble['invite'] = async (address) => {
    const line = `hopline:${address ?? '192.0.2.17:4460'}/${ATTIC}/${hexOf('secret', 32)}`;
    return {
      line,
      command: `hopline join ${line}`,
      expiresAt: Date.now() + 7 * 24 * 60 * MINUTE_MS,
    };
  };

  override join: DeskDouble['join'] = async (text) => {
    if (!text.startsWith('hopline:')) {
      throw new HoplineError('REQUEST_INVALID', 'that is no invite; it begins with hopline:');
    }
    return this.lineViews[0];
  };

  override part: DeskDouble['part'] = async (node) => {
    this.lineViews = this.lineViews.filter((line) => line.node !== node);
    this.changes.push({ part: node });
  };

  private readonly readKeys = new Map<string, number>();

  /** Something is said, and told to who listens. */
  say(some: Partial<MessageView> & { text: string }, isTold = true): MessageView {
    const key = ++this.key;
    const sender = some.isOwn ? ATTIC : (some.sender ?? this.people[0].id);
    const message: MessageView = {
      key,
      conversation: 'public',
      sender,
      senderName: some.isOwn
        ? 'attic'
        : (this.people.find(({ id }) => id === sender)?.name ?? null),
      isOwn: false,
      id: `m${key}`,
      sentAt: this.now,
      heardAt: this.now,
      isVerified: true,
      state: some.isOwn ? 'sent' : 'heard',
      reason: null,
      ...some,
    };
    this.said.push(message);
    if (isTold) this.tell({ kind: 'message', message });
    return message;
  }

  /** A message came further. */
  settle(key: number, state: MessageView['state'], reason: string | null = null): void {
    const at = this.said.findIndex((message) => message.key === key);
    this.said[at] = { ...this.said[at], state, reason };
    this.tell({ kind: 'message-state', message: this.said[at] });
  }

  person(name: string): PeerView {
    return this.people.find((peer) => peer.name === name)!;
  }

  change(name: string, change: Partial<PeerView>): void {
    const at = this.people.findIndex((peer) => peer.name === name);
    this.people = this.people.with(at, { ...this.people[at], ...change });
    const isReachable = this.people[at].isReachable;
    for (const node of this.map_.islands.flatMap(({ nodes }) => nodes)) {
      if (node.name === name) node.isReachable = isReachable;
    }
    this.tell({ kind: 'peer', peer: this.people[at] });
  }

  /** What people say to each other in a town. */
  talk(): this {
    const [ana, ben, carla, dario] = ['Ana', 'Ben', 'Carla', 'Dario'].map((name) =>
      this.person(name),
    );
    const at = (minutes: number): Partial<MessageView> => ({
      sentAt: this.now - minutes * MINUTE_MS,
      heardAt: this.now - minutes * MINUTE_MS,
    });
    const say = (minutes: number, some: Partial<MessageView> & { text: string }): MessageView =>
      this.say({ ...at(minutes), ...some }, false);
    say(1630, { sender: ben.id, text: 'The generator at the mill is running again.' });
    say(1622, { sender: ana.id, text: 'Good. We keep the relay on mains then.' });
    say(122, {
      sender: carla.id,
      text: 'Ferry leaves at 14:30 today, not 15:00. Tell whoever has no phone.',
    });
    say(118, { isOwn: true, text: 'Thanks, passed on to the harbour.' });
    say(117, { isOwn: true, text: 'They will hold two seats.' });
    say(64, {
      sender: hexOf('stranger', 16),
      senderName: null,
      isVerified: false,
      text: 'anybody near the quarry? need a charger',
    });
    say(61, { sender: dario.id, text: 'Yes, come by the sawmill.\nSecond door, ring twice.' });
    say(9, {
      sender: ana.id,
      text: 'The cabin line drops whenever it rains. I will look at the antenna tomorrow: the connector is older than I am, and the long cable from the roof down to the cellar has been patched three times already.',
    });
    say(3, { isOwn: true, text: 'Shall I bring the crimping tool?' });
    say(90, { conversation: ana.id, sender: ana.id, text: 'Are you there?' });
    say(88, { conversation: ana.id, isOwn: true, state: 'read', text: 'Yes. What is it?' });
    say(87, {
      conversation: ana.id,
      sender: ana.id,
      text: 'Not for everyone: the spare key is in the blue box now.',
    });
    say(40, {
      conversation: ana.id,
      isOwn: true,
      state: 'delivered',
      text: 'Good to know. I will take it on Thursday.',
    });
    say(35, {
      conversation: ana.id,
      isOwn: true,
      state: 'failed',
      reason: 'expired',
      text: 'And the ladder?',
    });
    say(4, {
      conversation: ana.id,
      isOwn: true,
      state: 'waiting',
      text: 'I will be late, twenty minutes.',
    });
    say(20, {
      conversation: ben.id,
      sender: ben.id,
      text: 'Can you check the budget on your side?',
    });
    say(18, { conversation: ben.id, sender: ben.id, text: 'It says 3 packets waiting here.' });
    this.readKeys.set('public', this.key - 2);
    this.readKeys.set(ana.id, this.key);
    return this;
  }

  private gateways_(): MapNode[] {
    return this.map_.islands.flatMap(({ nodes }) => nodes.filter(({ kind }) => kind === 'gateway'));
  }

  private personOf(
    { id, name, kind, isReachable }: MapNode,
    isHere: boolean,
    at: number,
  ): PeerView {
    const isDirect = isHere && at < 5 && isReachable;
    return {
      id,
      name,
      fingerprint: hexOf(id, 64),
      standing: at === 0 ? 'verified' : 'seen',
      isDenied: false,
      isQuarantined: false,
      perMinute: null,
      neighbour: isDirect ? FIGURES : null,
      isReachable,
      isDirect,
      hops: isDirect ? 1 : 2 + (at % 4),
      link: isDirect ? at : null,
      isHere,
      firstSeenAt: this.now - 9 * 24 * 60 * MINUTE_MS,
      lastSeenAt: this.now - (isReachable ? at * 2000 : 190 * MINUTE_MS),
      neighbours: [],
      capabilities: kind === 'gateway' ? ['gateway', 'bridge'] : ['receipts'],
      session: at === 0 ? 'live' : 'none',
      hasAlarm: false,
    };
  }
}

const FIGURES = {
  connectedAt: Date.now() - 47 * MINUTE_MS,
  heardAt: 0,
  heard: 1204,
  sent: 987,
  roundTripMs: 34,
  lossPerMille: 20,
  reputation: 164,
  threats: { flood: 2 },
};

/** Islands of nodes that hear those nearest to them, and a line from each island to ours. */
function mapOf(total: number, count: number): MapView {
  const random = xorshift(7);
  const map: MapView = { self: ATTIC, islands: [], links: [] };
  let [people, places] = [0, 0];
  for (let island = 0; island < count; island++) {
    const share = island === 0 ? Math.ceil(total / 2) : Math.ceil(total / 2 / (count - 1));
    const nodes: MapNode[] = [];
    for (let at = 0; at < share; at++) {
      const isRelay = at % 4 === 3;
      const name = isRelay ? nth(PLACES, places++) : nth(NAMES, people++);
      const node: MapNode =
        at > 0
          ? {
              id: hexOf(`${island}.${at}`, 16),
              name,
              kind: isRelay ? 'relay' : 'peer',
              isReachable: at % 9 !== 7,
            }
          : island === 0
            ? { id: ATTIC, name: 'attic', kind: 'self', isReachable: true }
            : {
                id: hexOf(`gateway ${island}`, 16),
                name: nth(['cabin', 'island school', 'upper dam'], island - 1),
                kind: 'gateway',
                isReachable: true,
              };
      if (at === 0) people--;
      for (const back of at === 0 ? [] : [1 + random(3), 2 + random(4)]) {
        const other = nodes[Math.max(0, at - back)];
        const kind = isRelay && back === 1 ? 'wire' : 'radio';
        map.links.push({ a: node.id, b: other.id, kind, isUp: node.isReachable });
      }
      nodes.push(node);
    }
    if (island === 0) people++;
    map.islands.push({ id: `island-${island}`, isHere: island === 0, nodes });
    if (island > 0) map.links.push({ a: ATTIC, b: nodes[0].id, kind: 'line', isUp: island !== 2 });
  }
  return map;
}

function lineTo({ id, name }: MapNode, at: number, now: number): LineView {
  const isUp = at !== 1;
  return {
    node: id,
    name,
    address: at === 0 ? 'cabin.example.net:4460' : at === 1 ? '198.51.100.7:4460' : null,
    origin: at === 0 ? 'config' : at === 1 ? 'joined' : 'invited',
    state: isUp ? 'up' : 'down',
    sinceAt: now - (isUp ? 310 : 12) * MINUTE_MS,
    roundTripMs: isUp ? 31 : null,
    problem: isUp
      ? null
      : 'nobody answers at 198.51.100.7:4460; is its bridge running, and its port forwarded?',
  };
}

function nth(names: string[], at: number): string {
  const round = Math.floor(at / names.length);
  return `${names[at % names.length]}${round === 0 ? '' : ` ${round + 1}`}`;
}

/** Hex of a length that a text always gives. */
function hexOf(text: string, length: number): string {
  const random = xorshift([...text].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 17));
  return Array.from({ length }, () => random(16).toString(16)).join('');
}
