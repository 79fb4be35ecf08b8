/**
 * Packets view: the packets that pass this bridge, live, paused and filtered. They are watched only
 * while this view is seen. One that is opened is taken apart beside the list.
 */
import { useRef, useState } from 'preact/hooks';
import type { PacketRowView } from '../views.ts';
import { useDeed, usePanel, usePolled } from './hooks.ts';
import { PacketCard } from './packet-card.tsx';
import { Empty, Fault, Search } from './parts.tsx';
import type { Followed, Names } from './record.ts';
import { DRAWN_MAX, followed, NOTHING_FOLLOWED, packetFits } from './record.ts';
import { hashOf } from './route.ts';
import { bytes, clock, figure, nameOf, plain } from './words.ts';

const FRESH_MS = 1000;
const EVERYBODY = 'f'.repeat(16);

/** `at`: the key of the packet that is open. */
export function PacketsView({ at }: { at: string | null }) {
  const { panel, state } = usePanel();
  const { peers = [], status } = state.parts;
  const names: Names = (id) => {
    if (id === status?.id) return status.name;
    return id === EVERYBODY ? 'everybody' : nameOf(peers, id);
  };
  const [packets, setPackets] = useState<Followed<PacketRowView>>(NOTHING_FOLLOWED);
  const [isPaused, setPaused] = useState(false);
  const [isDroppedOnly, setDroppedOnly] = useState(false);
  const [words, setWords] = useState('');
  const [deed, perform] = useDeed();
  const last = useRef(0);
  const read = async (): Promise<void> => {
    const more = await panel.ask(() => panel.requests.packets(last.current));
    last.current = more.at(-1)?.key ?? last.current;
    if (more.length > 0) setPackets((held) => followed(held, more));
  };
  usePolled(() => perform(read), FRESH_MS, [], !isPaused);
  const shown = packets.rows
    .filter((packet) => !isDroppedOnly || packet.dropped !== null)
    .filter((packet) => packetFits(packet, words, names))
    .toReversed();
  return (
    <div class={at === null ? 'split packets' : 'split packets chosen'}>
      <section class="listing" aria-label="Packets">
        <div class="filters">
          <button type="button" aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}>
            {isPaused ? 'Go on' : 'Pause'}
          </button>
          <Search what="Type, node, link or reason" text={words} change={setWords} />
          <label class="tick">
            <input
              type="checkbox"
              checked={isDroppedOnly}
              onChange={({ currentTarget }) => setDroppedOnly(currentTarget.checked)}
            />
            dropped only
          </label>
          <p class="dim" role="status">
            {packets.missed > 0 && `${figure(packets.missed)} were too many to show`}
          </p>
        </div>
        <Fault deed={deed} />
        {shown.length === 0 ? (
          <Empty title={packets.rows.length === 0 ? 'Watching' : 'No packet is like that'}>
            <p>Packets show here as they pass, from the moment this view was opened.</p>
          </Empty>
        ) : (
          <table class="packet-table">
            <thead>
              <tr>
                <th>Time</th>
                <th>Link</th>
                <th>Type</th>
                <th>From</th>
                <th>To</th>
                <th class="number">TTL</th>
                <th class="number">Size</th>
                <th>Went no further</th>
              </tr>
            </thead>
            <tbody>
              {shown.slice(0, DRAWN_MAX).map((packet) => (
                <Row
                  key={packet.key}
                  packet={packet}
                  names={names}
                  isOpen={at === `${packet.key}`}
                />
              ))}
            </tbody>
          </table>
        )}
        {shown.length > DRAWN_MAX && (
          <p class="dim">Only the last {DRAWN_MAX} are shown: pause, or choose by words.</p>
        )}
      </section>
      {at !== null && (
        <aside aria-label="Packet">
          <PacketCard key={at} packet={at} names={names} />
        </aside>
      )}
    </div>
  );
}

type RowProps = { packet: PacketRowView; names: Names; isOpen: boolean };

function Row({ packet, names, isOpen }: RowProps) {
  const { key, at, link, way, type, sender, recipient, ttl, size, dropped } = packet;
  return (
    <tr class={isOpen ? 'open' : ''}>
      <th scope="row">
        <a
          href={hashOf('record', 'packets', String(key))}
          aria-current={isOpen ? 'true' : undefined}
        >
          <time dateTime={new Date(at).toISOString()}>{clock(at)}</time>
        </a>
      </th>
      <td data-label="Link">
        {link} {way === 'heard' ? '← heard' : '→ sent'}
      </td>
      <td data-label="Type">{type ?? 'not a packet'}</td>
      <td data-label="From">{sender === null ? '' : names(sender)}</td>
      <td data-label="To">{recipient === null ? 'everybody' : names(recipient)}</td>
      <td data-label="TTL" class="number">
        {ttl}
      </td>
      <td data-label="Size" class="number">
        {bytes(size)}
      </td>
      <td data-label="Went no further">{dropped === null ? '' : plain(dropped)}</td>
    </tr>
  );
}
