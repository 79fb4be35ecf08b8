/**
 * Metrics: what Prometheus is told of a bridge. Labels are words of ours, or names of components that
 * the owner plugged in: never ids, names or texts of anybody, of which there is no end.
 */
import { HoplineError } from '../../protocol/errors.ts';
import type { Desk } from './desk.ts';
import type { Family, Sample } from './exposition.ts';
import type { Tally } from './tally.ts';

export type MetricsDesk = Pick<
  Desk,
  'status' | 'statistics' | 'links' | 'lines' | 'usage' | 'peers' | 'components' | 'resilience'
>;

export function metricsOf(desk: MetricsDesk, tally: Tally): Family[] {
  return [
    ...ofStatus(desk),
    ...ofLinks(desk),
    ...ofGateway(desk),
    ...ofUsage(desk),
    ...ofComponents(desk),
    ...ofServer(tally),
    ...ofProcess(desk),
  ];
}

function ofServer(tally: Tally): Family[] {
  const { readers, waitingBytes } = tally.listening();
  return [
    counter('http_responses', 'Answers of the API and the page.', by('class', tally.entries())),
    gauge('http_connections', 'Connections that ask, or may.', one(tally.connections())),
    gauge('event_readers', 'Pages and programs that listen to events.', one(readers)),
    gauge('event_waiting_bytes', 'What waits for those who are slow.', one(waitingBytes)),
    counter('event_readers_stalled', 'Those let go, who read nothing.', one(tally.stalled)),
  ];
}

function ofStatus(desk: MetricsDesk): Family[] {
  const { version, health, counts, stored } = desk.status();
  const { sessions, outbox, held, requests } = desk.statistics();
  const { heard, sent, delivered, drops } = counts;
  return [
    gauge('info', 'Always 1; the version is its label.', [{ labels: { version }, value: 1 }]),
    gauge('healthy', '1 while nothing is wrong, else 0.', one(health === 'ok' ? 1 : 0)),
    counter('packets_heard', 'Packets that came over links and lines.', one(heard)),
    counter('packets_sent', 'Packets that left over links and lines.', one(sent)),
    counter('packets_delivered', 'Packets that were for this bridge.', one(delivered)),
    counter('drops', 'Packets that went no further, by the reason.', by('reason', entries(drops))),
    gauge('stored_messages', 'Messages that are kept.', one(stored.messages)),
    gauge('stored_bytes', 'Bytes of them.', one(stored.bytes)),
    gauge('sessions', 'Private sessions, by how far they are.', by('state', entries(sessions))),
    gauge('outbox', 'Private messages that wait for a receipt.', one(outbox)),
    gauge('held_packets', 'Letters that are carried for others.', one(held.count)),
    gauge('held_bytes', 'Bytes of them.', one(held.bytes)),
    counter('peer_requests', 'Requests of peers that were obeyed.', one(requests.served)),
    counter('peer_requests_refused', 'Those of peers who may ask nothing.', one(requests.refused)),
    counter(
      'peer_requests_dropped',
      'Those nobody looked at, by the reason.',
      by('reason', entries(requests.drops)),
    ),
  ];
}

function ofLinks(desk: MetricsDesk): Family[] {
  const links = desk.links().map(({ medium }) => medium);
  const lines = desk.lines().map(({ state }) => state);
  const peers = desk
    .peers()
    .map(({ isReachable, isHere }) => (!isReachable ? 'away' : isHere ? 'island' : 'line'));
  return [
    gauge('links', 'Links that are open, by what they go over.', by('medium', counted(links))),
    gauge('lines', 'Lines to other gateways, by how they are.', by('state', counted(lines))),
    gauge('peers', 'Peers that are known, by where they are.', by('where', counted(peers))),
  ];
}

function ofGateway(desk: MetricsDesk): Family[] {
  const { gateway } = desk.statistics();
  const { bytesPerSecond, levelBytes, waiting, injected, injectedBytes, overheard } = gateway;
  return [
    gauge('budget_bytes_per_second', 'What lines may give to the air.', one(bytesPerSecond)),
    gauge('budget_level_bytes', 'What of it may be spent now.', one(levelBytes)),
    gauge('budget_waiting', 'Packets that wait for it, or for their turn.', one(waiting)),
    counter('injected_packets', 'Packets of lines that went on the air.', one(injected)),
    counter('injected_bytes', 'Bytes of them.', one(injectedBytes)),
    counter('overheard_packets', 'Packets that were on the air already.', one(overheard)),
    counter(
      'gateway_drops',
      'Packets of lines that never went on the air, and datagrams (udp-, lan-) that came to nothing.',
      by('reason', entries(gateway.drops)),
    ),
  ];
}

/** Connections are counted, and not named. */
function ofUsage(desk: MetricsDesk): Family[] {
  const { ways, connections, localLimitMbps, internetLimitMbps, radioLimitMbps } = desk.usage();
  const carried = Object.entries(ways).flatMap(([side, { inMbps, outMbps }]) => [
    { labels: { side, way: 'in' }, value: inMbps },
    { labels: { side, way: 'out' }, value: outMbps },
  ]);
  const limits = { local: localLimitMbps, internet: internetLimitMbps, radio: radioLimitMbps };
  const sum = (of: (one: (typeof connections)[number]) => number): Sample[] =>
    by(
      'side',
      ['local', 'internet'].map((side) => [
        side,
        connections.reduce((all, each) => all + (each.side === side ? of(each) : 0), 0),
      ]),
    );
  return [
    gauge('carried_mbps', 'What was carried in the last second, by side and way.', carried),
    gauge('limit_mbps', 'What a side may carry.', by('side', entries(limits))),
    gauge(
      'connections_slowed',
      'Connections whose way takes less than there is for them.',
      sum(({ slowedToMbps }) => Number(slowedToMbps !== null)),
    ),
    gauge(
      'connections_waiting',
      'Packets that wait to leave.',
      sum(({ waiting }) => waiting),
    ),
  ];
}

function ofComponents(desk: MetricsDesk): Family[] {
  const components = desk.components();
  const of = (figure: (one: (typeof components)[number]) => number): Sample[] =>
    by(
      'component',
      components.map((each) => [each.name, figure(each)]),
    );
  const figures = components.flatMap(({ name: component, statistics }) =>
    Object.entries(statistics).map(([figure, value]) => ({ labels: { component, figure }, value })),
  );
  return [
    gauge(
      'component_running',
      '1 while it runs.',
      of(({ state }) => Number(state === 'running')),
    ),
    counter(
      'component_failures',
      'How often it failed.',
      of(({ failures }) => failures),
    ),
    counter(
      'component_packets',
      'Packets it was given.',
      of(({ packets }) => packets),
    ),
    gauge('component_figure', 'What components say of themselves.', figures),
    gauge('network_health', 'From 0 to 1, as the mesh does around this bridge.', health(desk)),
  ];
}

/** None while the component that knows is begun anew. */
function health(desk: MetricsDesk): Sample[] {
  try {
    return one(desk.resilience().networkHealth);
  } catch (cause) {
    if (cause instanceof HoplineError) return [];
    throw cause;
  }
}

/** Under the names that everybody's dashboards know. */
function ofProcess(desk: MetricsDesk): Family[] {
  const { startedAt, rssBytes } = desk.status();
  const { user, system } = process.cpuUsage();
  const plain = (name: string, help: string, value: number): Family => ({
    name,
    help,
    type: name.endsWith('_total') ? 'counter' : 'gauge',
    samples: one(value),
  });
  return [
    plain('process_resident_memory_bytes', 'Memory that the process has.', rssBytes),
    plain('process_start_time_seconds', 'When the bridge was started.', startedAt / 1000),
    plain('process_cpu_seconds_total', 'Time it used the processor.', (user + system) / 1e6),
    plain('nodejs_heap_size_used_bytes', 'What its objects take.', process.memoryUsage().heapUsed),
  ];
}

function counter(name: string, help: string, samples: Sample[]): Family {
  return { name: `hopline_${name}_total`, help, type: 'counter', samples };
}

function gauge(name: string, help: string, samples: Sample[]): Family {
  return { name: `hopline_${name}`, help, type: 'gauge', samples };
}

function one(value: number): Sample[] {
  return [{ labels: {}, value }];
}

function by(label: string, values: [string, number][]): Sample[] {
  return values.map(([name, value]) => ({ labels: { [label]: name }, value }));
}

function entries(counts: Record<string, number>): [string, number][] {
  return Object.entries(counts);
}

function counted(words: string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts];
}
