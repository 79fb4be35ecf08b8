/**
 * Links: how this bridge is connected: its radio, its links, its lines, and what may be said from the
 * internet into the air.
 */
import type { BudgetView, LinkView, StatisticsView, StatusView } from '../views.ts';
import { useFresh, useNow, usePanel } from './hooks.ts';
import { Lines } from './lines.tsx';
import { FIGURES, FIGURES_MS } from './panel.ts';
import { Empty, Facts, Lamp } from './parts.tsx';
import { hashOf } from './route.ts';
import { Usage } from './usage.tsx';
import { bytes, figure, nameOf, plain, plural, shortId, span, wayOf } from './words.ts';

export function LinksView() {
  const { state } = usePanel();
  const now = useNow(1000);
  useFresh(FIGURES, FIGURES_MS);
  const { status, statistics, links = [], lines = [], peers = [] } = state.parts;
  return (
    <div class="sheet">
      <section class="wide">
        <h2>
          Links <small>{plural(links.length, 'link')} open</small>
        </h2>
        <LinkTable links={links} />
      </section>
      <section class="wide">
        <h2>Lines to other gateways</h2>
        <Lines lines={lines} now={now} />
      </section>
      <div class="columns">
        {statistics !== undefined && <Budget budget={statistics.gateway} />}
        {status !== undefined && <Radios status={status} />}
        <Usage />
        {statistics !== undefined && <Carried statistics={statistics} />}
        {statistics !== undefined && status !== undefined && (
          <Counters status={status} statistics={statistics} now={now} />
        )}
        <Gateways names={(id) => (id === status?.id ? status.name : nameOf(peers, id))} />
      </div>
    </div>
  );
}

function LinkTable({ links }: { links: LinkView[] }) {
  if (links.length === 0) {
    return (
      <Empty title="No link is open">
        <p>
          Phones and nodes in range are linked by themselves; boards on a wire as soon as they are
          plugged in.
        </p>
      </Empty>
    );
  }
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Node</th>
          <th scope="col">By</th>
          <th scope="col">Speaks</th>
          <th scope="col" class="number">
            Signal
          </th>
          <th scope="col" class="number">
            Round trip
          </th>
          <th scope="col" class="number">
            Open for
          </th>
          <th scope="col" class="number">
            Heard
          </th>
          <th scope="col" class="number">
            Sent
          </th>
          <th scope="col" class="number">
            Dropped
          </th>
        </tr>
      </thead>
      <tbody>
        {links.map((link) => (
          <tr key={link.link}>
            <th scope="row">
              {link.peer === null ? (
                (link.name ?? `link ${link.link}`)
              ) : (
                <a href={hashOf('map', link.peer)}>{link.name || shortId(link.peer)}</a>
              )}
            </th>
            <td data-label="By">{wayOf(link.way)}</td>
            <td data-label="Speaks">
              {link.mode === null ? link.medium : plain(String(link.mode))}
            </td>
            <td data-label="Signal" class="number">
              {link.rssi === null ? '–' : `${link.rssi} dBm`}
            </td>
            <td data-label="Round trip" class="number">
              {link.roundTripMs === null ? '–' : `${Math.round(link.roundTripMs)} ms`}
            </td>
            <td data-label="Open for" class="number">
              {span(link.openMs)}
            </td>
            <td data-label="Heard" class="number">
              {figure(link.heard)}
            </td>
            <td data-label="Sent" class="number">
              {figure(link.sent)}
            </td>
            <td data-label="Dropped" class="number">
              <Drops drops={link.drops} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The sum, and on demand why. */
function Drops({ drops }: { drops: Record<string, number> }) {
  const rows = Object.entries(drops).filter(([, count]) => count > 0);
  const sum = rows.reduce((total, [, count]) => total + count, 0);
  if (sum === 0) return <>0</>;
  return (
    <details class="drops">
      <summary>{figure(sum)}</summary>
      <Facts rows={rows.map(([reason, count]) => [plain(reason), figure(count)])} />
    </details>
  );
}

/** What the internet may still say into the air. */
function Budget({ budget }: { budget: BudgetView }) {
  const { bytesPerSecond, burstBytes, levelBytes, drops } = budget;
  const level = Math.max(0, Math.min(1, levelBytes / Math.max(1, burstBytes)));
  const dropped = Object.entries(drops).filter(([, count]) => count > 0);
  return (
    <section>
      <h2>
        From the internet into the air <small>{bytes(bytesPerSecond)}/s</small>
      </h2>
      <div
        class="meter"
        role="meter"
        aria-label="Budget left"
        aria-valuemin={0}
        aria-valuemax={burstBytes}
        aria-valuenow={Math.round(levelBytes)}
        aria-valuetext={`${bytes(Math.round(levelBytes))} of ${bytes(burstBytes)}`}
      >
        {SEGMENTS.map((at) => (
          <i key={at} class={at < level * SEGMENTS.length ? 'on' : ''} />
        ))}
      </div>
      <Facts
        rows={[
          ['Left', `${bytes(Math.round(levelBytes))} of ${bytes(burstBytes)}`],
          ['Waiting', plural(budget.waiting, 'packet')],
          ['Said on', `${plural(budget.injected, 'packet')}, ${bytes(budget.injectedBytes)}`],
          ['Left to others', plural(budget.overheard, 'packet')],
          ...dropped.map(([reason, count]): [string, string] => [
            `Dropped: ${plain(reason)}`,
            plural(count, 'packet'),
          ]),
        ]}
      />
    </section>
  );
}

/** Of the meter. */
const SEGMENTS = Array.from({ length: 24 }, (_, at) => at);

const RADIO_STATES: Record<StatusView['radios'][number]['state'], ['on' | 'off' | 'bad', string]> =
  {
    on: ['on', 'on'],
    virtual: ['on', 'virtual'],
    off: ['bad', 'off'],
    missing: ['bad', 'not there'],
    unwanted: ['off', 'not wanted'],
  };

function Radios({ status }: { status: StatusView }) {
  return (
    <section>
      <h2>Radio</h2>
      {status.radios.length === 0 && <p class="dim">This bridge has no radio.</p>}
      <Facts
        rows={status.radios.map(({ name, state, isAdvertising, isScanning }) => {
          const [lamp, word] = RADIO_STATES[state];
          const does = [isScanning && 'listening', isAdvertising && 'showing itself'].filter(
            Boolean,
          );
          return [
            name,
            <>
              <Lamp is={lamp}>{word}</Lamp> <span class="dim">{does.join(', ')}</span>
            </>,
          ];
        })}
      />
    </section>
  );
}

function Carried({ statistics }: { statistics: StatisticsView }) {
  const { carried } = statistics;
  return (
    <section>
      <h2>
        Carried today <small>for whom</small>
      </h2>
      {carried.length === 0 && <p class="dim">Nothing yet.</p>}
      <Facts
        rows={carried.map(({ who, name, packets, bytes: size }) => [
          name || shortId(who),
          `${plural(packets, 'packet')}, ${bytes(size)}`,
        ])}
      />
    </section>
  );
}

type CountersProps = { status: StatusView; statistics: StatisticsView; now: number };

function Counters({ status, statistics, now }: CountersProps) {
  const { counts, stored } = status;
  const { sessions, outbox, held } = statistics;
  return (
    <section>
      <h2>
        This bridge <small>{status.version}</small>
      </h2>
      <Facts
        rows={[
          ['Running for', span(now - status.startedAt)],
          ['Heard', figure(counts.heard)],
          ['Sent', figure(counts.sent)],
          ['Delivered here', figure(counts.delivered)],
          ['Dropped', <Drops drops={counts.drops} />],
          [
            'Private sessions',
            `${sessions.live} live, ${sessions.outgoing + sessions.incoming} opening`,
          ],
          ['Waiting to leave', plural(outbox, 'message')],
          ['Kept for the absent', `${plural(held.count, 'packet')}, ${bytes(held.bytes)}`],
          ['Stored', `${plural(stored.messages, 'message')}, ${bytes(stored.bytes)}`],
          ['Memory', bytes(status.rssBytes)],
        ]}
      />
    </section>
  );
}

function Gateways({ names }: { names: (id: string) => string }) {
  const { state } = usePanel();
  const gateways = state.parts.gateways ?? [];
  return (
    <section>
      <h2>Gateways</h2>
      {gateways.length === 0 && <p class="dim">None is heard of.</p>}
      <Facts
        rows={gateways.map(({ id, name, isSelf, isHere, lines }) => [
          name || shortId(id),
          <>
            {isSelf ? 'this bridge' : isHere ? 'on this island' : 'behind a line'}
            <span class="dim">
              {lines.length === 0 ? ', no line' : `, to ${lines.map(names).join(', ')}`}
            </span>
          </>,
        ])}
      />
    </section>
  );
}
