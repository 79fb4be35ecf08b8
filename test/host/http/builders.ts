/**
 * Builders: a desk that knows three peers, a server over it on a free port, and requests as raw as a
 * test wants them.
 */
import { connect } from 'node:net';
import { HoplineError } from '../../../protocol/errors.ts';
import type { Desk, TimelineQuery } from '../../../host/http/desk.ts';
import type { HttpOptions, HttpServer } from '../../../host/http/server.ts';
import { openHttp } from '../../../host/http/server.ts';
import type {
  BenchView,
  EventView,
  FleetView,
  Happening,
  LineView,
  LogLineView,
  MessageView,
  PacketDetailView,
  PeerView,
  SettingView,
  TimelineEntry,
} from '../../../host/http/views.ts';
import { NodesDouble } from './nodes-double.ts';

export const TOKEN = '00112233445566778899aabbccddeeff';
export const NOW = 1_800_000_000_000;
export const ALICE = 'a1'.repeat(8);
export const BOB = 'b2'.repeat(8);
/** Calls himself Bob too. */
export const BOB_TWO = 'b3'.repeat(8);
export const SELF = '5e'.repeat(8);

/** Events a desk of tests remembers. */
const RING_MAX = 1000;

/** A desk of answers, with a log of what changed and an event ring. */
export class DeskDouble implements Desk {
  readonly changes: unknown[] = [];
  /** What `status` throws, if anything. */
  failure: Error | null = null;
  private readonly ring: EventView[] = [];
  private readonly listeners = new Set<(event: EventView) => void>();
  private count = 0;

  readonly nodes = new NodesDouble(this.changes);

  status: Desk['status'] = () => {
    if (this.failure !== null) throw this.failure;
    return {
      version: '0.1.0',
      id: SELF,
      name: 'bridge',
      fingerprint: 'f0'.repeat(32),
      startedAt: NOW,
      unixMs: null,
      isVirtual: true,
      realStart: 'hopline up',
      health: 'ok',
      problems: [],
      radios: [{ name: 'air', state: 'virtual', isAdvertising: true, isScanning: true }],
      counts: { heard: 3, sent: 2, delivered: 1, drops: { duplicate: 4 } },
      stored: { messages: 1, bytes: 100 },
      rssBytes: 50_000_000,
    };
  };
  statistics: Desk['statistics'] = () => ({
    at: NOW,
    gateway: {
      bytesPerSecond: 2000,
      burstBytes: 16_000,
      levelBytes: 16_000,
      waiting: 0,
      injected: 0,
      injectedBytes: 0,
      overheard: 0,
      drops: { stale: 1 },
    },
    carried: [{ who: ALICE, name: 'alice', packets: 1, bytes: 100 }],
    sessions: { live: 1, outgoing: 0, incoming: 0 },
    outbox: 0,
    held: { count: 0, bytes: 0 },
    requests: { served: 5, refused: 2, drops: { 'request-flooding': 9 } },
  });
  map: Desk['map'] = () => ({
    self: SELF,
    islands: [
      {
        id: 'here',
        isHere: true,
        nodes: [
          { id: SELF, name: 'bridge', kind: 'self', isReachable: true },
          { id: 'link 3', name: 'button', kind: 'relay', isReachable: true },
        ],
      },
    ],
    links: [{ a: SELF, b: 'link 3', kind: 'radio', isUp: true }],
  });
  links: Desk['links'] = () => [
    {
      link: 0,
      medium: 'phone',
      way: 'in',
      mode: null,
      peer: ALICE,
      name: 'alice',
      rssi: -60,
      roundTripMs: null,
      openMs: 1000,
      silentMs: 100,
      heard: 1,
      sent: 1,
      drops: {},
    },
  ];
  resilience: Desk['resilience'] = () => ({
    networkHealth: 0.8,
    health: [{ category: 'latency', score: 0.8, level: 'good', why: 'round trips take 400 ms' }],
    neighbours: [
      { id: BOB, name: 'bob', state: 'suspected', phi: 8.5, silentMs: 24_100, lossPerMille: 12 },
    ],
    partitions: [
      { partition: 1, state: 'split', splitAt: NOW, healedAt: null, lost: [BOB], back: [] },
    ],
    settings: { heartbeatMs: 10_000, missed: 3, phi: 8, confirmMs: 30_000 },
  });
  tune: Desk['tune'] = async (change) => {
    this.changes.push({ tune: change });
    return { ...this.resilience(), settings: { ...this.resilience().settings, ...change } };
  };
  settings: Desk['settings'] = () => ({
    file: '/etc/hopline/bridge.yaml',
    settings: [
      setting({
        name: 'name',
        value: 'bridge',
        usual: null,
        isSet: true,
        schema: { type: 'string', minLength: 1, maxLength: 32 },
      }),
      setting({
        name: 'ttl',
        value: 9,
        usual: 7,
        isSet: true,
        isPending: true,
        schema: { type: 'integer', minimum: 1, maximum: 64 },
      }),
      setting({
        name: 'security',
        value: 'moderate',
        usual: 'moderate',
        needsRestart: false,
        schema: { enum: ['permissive', 'moderate', 'strict'] },
      }),
      setting({ name: 'stamps', value: true, usual: true, schema: { type: 'boolean' } }),
      setting({
        name: 'budget.burst',
        value: 16_000,
        usual: 16_000,
        needsRestart: false,
        schema: { type: 'integer', minimum: 1, maximum: 100_000_000 },
      }),
      setting({
        name: 'allow',
        value: [BOB],
        usual: [],
        isSet: true,
        schema: { type: 'array', maxItems: 1024, items: { type: 'string' } },
      }),
      setting({
        name: 'components',
        value: [],
        usual: [],
        isFileOnly: true,
        schema: { type: 'array', items: { type: 'string' } },
      }),
    ],
  });
  changeSettings: Desk['changeSettings'] = async (changes) => {
    this.changes.push({ settings: changes });
    if (changes['ttl'] === 65) {
      const detail = 'ttl: ttl takes a whole number from 1 to 64';
      throw new HoplineError('REQUEST_INVALID', detail);
    }
    return this.settings();
  };
  timeline: Desk['timeline'] = (query) => {
    this.asked = query;
    return this.history.filter(({ key }) => key < query.before).slice(0, query.limit);
  };
  /** The last question about the timeline. */
  asked: TimelineQuery | null = null;
  history: TimelineEntry[] = [
    {
      key: 1,
      isRoutine: false,
      at: NOW,
      name: 'NodeSuspected',
      text: 'bob may have failed; others are asked about it',
      tone: 'warning',
      peer: BOB,
      figures: { phi: 8.5 },
    },
  ];
  passed: PacketDetailView[] = [packet()];
  packets: Desk['packets'] = (key, limit) =>
    this.passed
      .filter((each) => each.key > key)
      .slice(-limit)
      .map(({ hex: _, parts: __, ...row }) => row);
  packet: Desk['packet'] = (key) => this.passed.find((each) => each.key === key) ?? null;
  logged: LogLineView[] = [
    { key: 1, at: NOW, level: 'warn', words: 'no link is left for a port', facts: { port: 'a' } },
  ];
  log: Desk['log'] = (key, limit) => this.logged.filter((line) => line.key > key).slice(-limit);
  boards: FleetView = { what: 'plan', state: 'none', rows: [], problem: null };
  fleet: Desk['fleet'] = {
    view: () => this.boards,
    start: (what, fleet) => {
      this.changes.push({ [what]: fleet });
      return this.boards;
    },
    stop: () => void this.changes.push('fleet stopped'),
  };
  measured: BenchView[] = [];
  bench: Desk['bench'] = (limit) => this.measured.slice(-limit);
  keepBench: Desk['keepBench'] = (run) => void this.measured.push(run);
  gateways: Desk['gateways'] = () => [
    { id: SELF, name: 'bridge', isSelf: true, isHere: true, lines: [BOB], heardAt: NOW },
  ];
  components: Desk['components'] = () => [
    {
      name: 'routing',
      state: 'running',
      health: 'strained',
      why: 'half of the routes are stale',
      failures: 1,
      packets: 3,
      said: 2,
      told: 1,
      statistics: { networkHealth: 0.93 },
    },
  ];
  peers: Desk['peers'] = () => [peer(ALICE, 'alice'), peer(BOB, 'bob'), peer(BOB_TWO, 'Bob')];
  peer: Desk['peer'] = (who) => {
    const named = this.peers().filter(
      ({ id, name }) => id === who || name.toLowerCase() === who.toLowerCase(),
    );
    if (named.length > 1) {
      const ids = named.map(({ id }) => id).join(', ');
      throw new HoplineError('AMBIGUOUS_NAME', `${who} may be ${ids}; take the id`);
    }
    if (named.length === 0) throw new HoplineError('PEER_UNKNOWN', `nobody is called ${who}`);
    return named[0];
  };
  changePeer: Desk['changePeer'] = async (id, change) => {
    this.changes.push({ id, ...change });
    return { ...this.peer(id), ...change };
  };
  forgetPeer: Desk['forgetPeer'] = async (id) => {
    this.changes.push({ forget: this.peer(id).id });
  };
  ping: Desk['ping'] = async (id) => (id === ALICE ? { roundTripMs: 12, hops: 1 } : null);
  path: Desk['path'] = (who) => ({
    id: this.peer(who).id,
    strategy: 'shortest',
    unsuited: null,
    routes: [
      { via: [this.peer(who).id], cost: 250, reliability: 0.5, why: '1 hop', isChosen: true },
    ],
    flooded: null,
    switches: 1,
    lastSwitch: { at: 1_800_000_000_000, reason: 'failed' },
    nodesKnown: 3,
    does: null,
  });
  trace: Desk['trace'] = async (id) => [
    { id, distance: 1, medium: 'air', rssi: -70, roundTripMs: 30, via: [] },
  ];
  conversations: Desk['conversations'] = (limit) =>
    [
      { name: 'public', title: 'everyone', last: message(), unread: 1, readKey: 0 },
      { name: ALICE, title: 'alice', last: null, unread: 0, readKey: 0 },
    ].slice(0, limit);
  messages: Desk['messages'] = (conversation, before, limit) =>
    [3, 2, 1]
      .filter((key) => key < before)
      .slice(0, limit)
      .map((key) => message({ key, conversation }));
  messagesAfter: Desk['messagesAfter'] = (conversation, after, limit) =>
    [1, 2, 3]
      .filter((key) => key > after)
      .slice(0, limit)
      .map((key) => message({ key, conversation }));
  search: Desk['search'] = (text, before, limit) =>
    this.messages('public', before, limit).filter((found) => found.text.includes(text));
  send: Desk['send'] = async (to, text) => {
    this.changes.push({ to, text });
    const conversation = to === 'public' ? to : this.peer(to).id;
    return message({ conversation, text, isOwn: true, sender: SELF, state: 'waiting' });
  };
  read: Desk['read'] = async (conversation, key) => {
    this.changes.push({ read: conversation, key });
  };
  lines: Desk['lines'] = () => [line()];
  invite: Desk['invite'] = async (address) => ({
    line: `hopline:${address ?? '192.0.2.1:8334'}/${SELF}/secret`,
    command: 'hopline join',
    expiresAt: NOW,
  });
  join: Desk['join'] = async (joined) => {
    this.changes.push({ join: joined });
    return line();
  };
  part: Desk['part'] = async (node) => {
    this.changes.push({ part: node });
  };

  usage: Desk['usage'] = () => ({
    localMbps: 0.5,
    internetMbps: 2,
    radioMbps: 0.01,
    localLimitMbps: 10,
    internetLimitMbps: 100,
    radioLimitMbps: 0.016,
    ways: {
      local: { inMbps: 0.5, outMbps: 0.1 },
      internet: { inMbps: 1, outMbps: 2 },
      radio: { inMbps: 0.01, outMbps: 0 },
    },
    limits: {
      local: { inMbps: 0.25, outMbps: 10, allMbps: 10 },
      internet: { inMbps: 100, outMbps: 100, allMbps: 100 },
    },
    connections: [
      {
        ...{ side: 'local', node: BOB, name: 'bob', inMbps: 0.5, outMbps: 0.1 },
        ...{ waiting: 7, overflowed: 1, slowedToMbps: 0.03 },
      },
    ],
    samples: { localMbps: [0, 0.5], internetMbps: [1, 2], radioMbps: [0, 0.01] },
  });
  clients: Desk['clients'] = () => [{ name: 'tablet', addedAt: NOW, nodes: [BOB] }];
  addClient: Desk['addClient'] = async (name) => ({
    name,
    line: `hopline:ws://192.0.2.1:8333/${SELF}/token`,
    node: SELF,
    token: 'token',
  });
  removeClient: Desk['removeClient'] = async (name) => {
    this.changes.push({ removeClient: name });
  };

  audit: Desk['audit'] = (key, limit) => {
    const line = { key: 1, at: NOW, who: 'owner', act: 'denied', subject: BOB, detail: '' };
    const lines = [{ ...line, hash: 'ab'.repeat(32) }];
    const head = { key: 1, hash: 'ab'.repeat(32) };
    const base = { key: 0, hash: '00'.repeat(32) };
    return { lines: lines.filter((each) => each.key > key).slice(0, limit), base, head };
  };
  checkAudit: Desk['checkAudit'] = async () => ({ lines: 1, flaw: null });
  noteLogin: Desk['noteLogin'] = (from, isLetIn) => {
    this.changes.push({ login: from, isLetIn });
  };
  eventsAfter: Desk['eventsAfter'] = (cursor) => {
    if (cursor === null) return [];
    const at = this.ring.findIndex((event) => event.cursor === cursor);
    if (at >= 0) return this.ring.slice(at + 1);
    return [{ cursor: this.cursor(), at: NOW, kind: 'gap' }];
  };
  listen: Desk['listen'] = (listener) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Lets something happen. */
  tell(happening: Happening): EventView {
    this.count++;
    const event: EventView = { cursor: this.cursor(), at: NOW, ...happening };
    this.ring.push(event);
    if (this.ring.length > RING_MAX) this.ring.shift();
    for (const listener of this.listeners) listener(event);
    return event;
  }

  cursor(): string {
    return `b1-${this.count}`;
  }
}

/** A message that ALICE said, in one piece of 22 bytes. */
export function packet(some: Partial<PacketDetailView> = {}): PacketDetailView {
  return {
    ...{ key: 1, at: NOW, link: 3, way: 'heard', type: 'message', ttl: 7 },
    ...{ sender: ALICE, recipient: null, size: 24, dropped: null },
    hex: `010207${'00'.repeat(9)}0002${ALICE}6869`,
    parts: [{ name: 'text', value: 'hi', at: 22, size: 2 }],
    ...some,
  };
}

function setting(some: Partial<SettingView> & { name: string }): SettingView {
  return {
    value: null,
    usual: null,
    isSet: false,
    needsRestart: true,
    isPending: false,
    isFileOnly: false,
    help: `what ${some.name} is for`,
    schema: {},
    ...some,
  };
}

export function peer(id: string, name: string): PeerView {
  return {
    id,
    name,
    fingerprint: null,
    standing: 'seen',
    isDenied: false,
    isQuarantined: false,
    perMinute: null,
    neighbour: null,
    isReachable: true,
    isDirect: true,
    hops: 1,
    link: 0,
    isHere: true,
    firstSeenAt: NOW,
    lastSeenAt: NOW,
    neighbours: [],
    capabilities: ['gateway'],
    session: 'none',
    hasAlarm: false,
  };
}

export function message(some: Partial<MessageView> = {}): MessageView {
  return {
    key: 1,
    conversation: 'public',
    sender: ALICE,
    senderName: 'alice',
    isOwn: false,
    id: 'one',
    text: 'hello',
    sentAt: NOW,
    heardAt: NOW,
    isVerified: true,
    state: 'heard',
    reason: null,
    ...some,
  };
}

function line(): LineView {
  return {
    node: BOB,
    name: 'bob',
    address: '192.0.2.2:8334',
    origin: 'joined',
    state: 'down',
    sinceAt: null,
    roundTripMs: null,
    problem: 'nobody answers there',
  };
}

export type Running<D extends Desk = DeskDouble> = {
  server: HttpServer;
  desk: D;
  /** What the server logged, a line each. */
  logged: string[];
  /** Fetches a path of the API with the token. */
  ask(path: string, init?: RequestInit): Promise<Response>;
};

/** A server that is closed after `run`. */
export async function serving<T>(
  run: (running: Running) => Promise<T>,
  some: Partial<HttpOptions> = {},
): Promise<T> {
  const running = await serve(new DeskDouble(), some);
  try {
    return await run(running);
  } finally {
    await running.server.close();
  }
}

/** A server over a desk; whoever opens it closes it. */
export async function serve<D extends Desk>(
  desk: D,
  some: Partial<HttpOptions> = {},
): Promise<Running<D>> {
  const logged: string[] = [];
  const say = (words: string, facts?: object): void => {
    logged.push(`${words} ${JSON.stringify(facts)}`);
  };
  const server = await openHttp(
    {
      host: '127.0.0.1',
      port: 0,
      hosts: [],
      token: TOKEN,
      isOpenOnLoopback: false,
      web: null,
      version: '0.1.0',
      log: { debug: say, info: say, warn: say, error: say },
      ...some,
    },
    desk,
  );
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
  const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${server.url}${path}`, { headers, ...init });
  return { server, desk, logged, ask };
}

export type Reply = { status: number; head: string; body: string };

/** Writes bytes to the port and reads until the server closes, or has answered whole. */
export function raw(port: number, request: string | Uint8Array): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    let text = '';
    const finish = (): void => {
      socket.destroy();
      const [head, ...body] = text.split('\r\n\r\n');
      resolve({
        status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1] ?? 0),
        head,
        body: body.join('\r\n\r\n'),
      });
    };
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => {
      text += chunk;
      if (isWhole(text)) finish();
    });
    socket.on('close', finish);
    socket.on('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ECONNRESET' || cause.code === 'EPIPE') finish();
      else reject(cause);
    });
  });
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const [, size] = /content-length: (\d+)/i.exec(text.slice(0, end)) ?? [];
  if (size === undefined) return / 204 /.test(text.slice(0, 15));
  return Buffer.byteLength(text.slice(end + 4)) >= Number(size);
}
