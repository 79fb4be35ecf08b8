/**
 * Map page: the map, and beside it the node that was chosen, or else all of them and what happened.
 */
import { useMemo } from 'preact/hooks';
import { useFresh, useNow, usePanel } from './hooks.ts';
import { MapChart } from './map-chart.tsx';
import { NodeCard } from './node-card.tsx';
import { NodeList } from './node-list.tsx';
import { Empty } from './parts.tsx';
import type { PageProps } from './route.ts';
import { plural, time } from './words.ts';
import type { MapView } from '../views.ts';

/** Links of others come and go without an event of ours. */
const MAP_MS = 10_000;

export function MapPage({ of }: PageProps) {
  const { state } = usePanel();
  const now = useNow(10_000);
  useFresh(['map', 'peers'], MAP_MS);
  const { map, peers = [] } = state.parts;
  // Drawn again with the map alone, not with everything that happens.
  const chart = useMemo(() => map && <Chart map={map} chosen={of} />, [map, of]);
  if (map === undefined) return <p class="asking">Asking for the map …</p>;
  const nodes = map.islands.flatMap((island) => island.nodes);
  return (
    <div class={of === null ? 'split' : 'split chosen'}>
      <section class="sea" aria-label="Map of the mesh">
        {chart}
        {nodes.length < 2 && (
          <Empty title="Nobody else yet">
            <p>
              Nodes and phones show here as soon as they are heard. Is the radio on, and are they
              near?
            </p>
          </Empty>
        )}
      </section>
      <aside aria-label={of === null ? 'Nodes' : 'Node'}>
        {of === null ? (
          <>
            <NodeList map={map} peers={peers} now={now} />
            <section class="log">
              <h2>Lately</h2>
              {state.log.length === 0 && <p class="dim">Nothing yet since this page was opened.</p>}
              <ol>
                {state.log.map(({ cursor, at, text }) => (
                  <li key={cursor}>
                    <time>{time(at)}</time> {text}
                  </li>
                ))}
              </ol>
            </section>
          </>
        ) : (
          <NodeCard key={of} id={of} map={map} peers={peers} now={now} />
        )}
      </aside>
    </div>
  );
}

function Chart({ map, chosen }: { map: MapView; chosen: string | null }) {
  return (
    <MapChart map={map} chosen={chosen}>
      <p class="legend">
        <span>{summary(map)}</span>
        <Key of="radio" />
        <Key of="wire" />
        <Key of="line" />
        <Key of="down" />
      </p>
    </MapChart>
  );
}

function Key({ of }: { of: 'radio' | 'wire' | 'line' | 'down' }) {
  return (
    <span>
      <i class={`key ${of}`} />
      {of}
    </span>
  );
}

function summary({ islands, links }: MapView): string {
  const nodes = islands.reduce((sum, island) => sum + island.nodes.length, 0);
  const up = links.filter(({ isUp }) => isUp).length;
  return `${plural(islands.length, 'island')}, ${plural(nodes, 'node')}, ${plural(up, 'link')} up`;
}
