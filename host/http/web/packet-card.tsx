/**
 * Packet card: one packet taken apart, with its bytes beside it; a part that is chosen stands out in
 * them.
 */
import { useEffect, useState } from 'preact/hooks';
import type { PacketDetailView } from '../views.ts';
import { useDeed, usePanel } from './hooks.ts';
import { Fault } from './parts.tsx';
import type { Names } from './record.ts';
import { hexRows, ROW_BYTES } from './record.ts';
import { hashOf } from './route.ts';
import { bytes, clock, plain, shortId } from './words.ts';

type Part = PacketDetailView['parts'][number];

export function PacketCard({ packet: key, names }: { packet: string; names: Names }) {
  const { panel } = usePanel();
  const [packet, setPacket] = useState<PacketDetailView | null>(null);
  const [chosen, setChosen] = useState<Part | null>(null);
  const [deed, perform] = useDeed();
  useEffect(() => {
    void perform(async () => setPacket(await panel.ask(() => panel.requests.packet(key))));
  }, [panel, key]);
  return (
    <div class="card packet">
      <a class="button back" href={hashOf('record', 'packets')}>
        All packets
      </a>
      <Fault deed={deed} />
      {packet !== null && (
        <>
          <h2>
            {packet.type ?? 'Not a packet'}{' '}
            <small>
              {packet.way} at {clock(packet.at)} on link {packet.link}, {bytes(packet.size)}
            </small>
          </h2>
          {packet.dropped !== null && (
            <p class="notice">It went no further: {plain(packet.dropped)}.</p>
          )}
          <ul class="fields" aria-label="Fields">
            {packet.parts.map((part) => (
              <li key={`${part.name} ${part.at}`}>
                <button
                  type="button"
                  aria-pressed={part === chosen}
                  onClick={() => setChosen(part === chosen ? null : part)}
                >
                  <span>{part.name === TIME ? 'time' : part.name}</span>
                  <code>{valueOf(part, names)}</code>
                </button>
              </li>
            ))}
          </ul>
          <Bytes hex={packet.hex} size={packet.size} chosen={chosen} />
        </>
      )}
    </div>
  );
}

/** A number of milliseconds, which people read as a date. */
const TIME = 'Unix ms';

function valueOf({ name, value }: Part, names: Names): string {
  if (name === TIME) {
    const at = new Date(Number(value));
    return Number.isNaN(at.getTime()) ? value : at.toISOString();
  }
  const isNode = (name === 'sender' || name === 'recipient') && value.length === 16;
  return isNode && names(value) !== shortId(value) ? `${names(value)} ${value}` : value;
}

function Bytes({ hex, size, chosen }: { hex: string; size: number; chosen: Part | null }) {
  const isChosen = (at: number): boolean =>
    chosen !== null && at >= chosen.at && at < chosen.at + chosen.size;
  return (
    <section aria-label="Bytes">
      <h3>Bytes</h3>
      <pre class="hex" tabIndex={0} aria-label="Bytes as hex">
        {hexRows(hex).map(({ at, pairs, letters }) => (
          <code key={at}>
            <i>{at.toString(16).padStart(4, '0')}</i>
            {Array.from({ length: ROW_BYTES }, (_, place) => (
              <span key={place} class={isChosen(at + place) ? 'marked' : ''}>
                {pairs[place] ?? '  '}
              </span>
            ))}
            <em>{letters}</em>
          </code>
        ))}
      </pre>
      {hex.length / 2 < size && <p class="dim">The first {bytes(hex.length / 2)} of it.</p>}
    </section>
  );
}
