/**
 * Way: how packets get to a node: whether it answers, who passes them on, and which routes there are.
 */
import { useState } from 'preact/hooks';
import type { HopView, PathView, PeerView, PingView, RouteView } from '../views.ts';
import { useDeed, usePanel } from './hooks.ts';
import { Fault } from './parts.tsx';
import { doesOf, hopOf, nameOf, plural, switchOf } from './words.ts';

export function Way({ peer, peers }: { peer: PeerView; peers: PeerView[] }) {
  const { panel } = usePanel();
  const [deed, perform] = useDeed();
  const [ping, setPing] = useState<PingView | undefined>();
  const [hops, setHops] = useState<HopView[] | undefined>();
  const [path, setPath] = useState<PathView | undefined>();
  return (
    <section>
      <h3>The way there</h3>
      <div class="row">
        <button
          type="button"
          disabled={deed.isBusy}
          onClick={() =>
            void perform(async () => setPing(await panel.ask(() => panel.requests.ping(peer.id))))
          }
        >
          Ping
        </button>
        <button
          type="button"
          disabled={deed.isBusy}
          onClick={() =>
            void perform(async () => setHops(await panel.ask(() => panel.requests.trace(peer.id))))
          }
        >
          Trace
        </button>
        <button
          type="button"
          disabled={deed.isBusy}
          onClick={() =>
            void perform(async () => setPath(await panel.ask(() => panel.requests.path(peer.id))))
          }
        >
          Routes
        </button>
        {deed.isBusy && <span class="dim">asking …</span>}
      </div>
      <div role="status">
        {ping === null && <p>No answer to the ping.</p>}
        {ping && (
          <p>
            Answered in <b>{ping.roundTripMs} ms</b>
            {ping.hops !== null && `, ${plural(ping.hops, 'hop')}`}.
          </p>
        )}
        {hops?.length === 0 && <p>Nobody on the way answered.</p>}
        {hops !== undefined && hops.length > 0 && (
          <ol class="hops">
            {hops.map((hop) => (
              <li key={hop.distance}>
                <b>{nameOf(peers, hop.id)}</b> <small>{hopOf(hop)}</small>
              </li>
            ))}
          </ol>
        )}
        {path !== undefined && <Routes path={path} peers={peers} />}
      </div>
      <Fault deed={deed} />
    </section>
  );
}

function Routes({ path, peers }: { path: PathView; peers: PeerView[] }) {
  const { flooded, unsuited, strategy, routes, switches, lastSwitch, nodesKnown, does } = path;
  return (
    <>
      {flooded !== null && <p>What is for it goes everywhere: {flooded}.</p>}
      {unsuited !== null && (
        <p>
          {strategy} does not suit, and shortest is used: {unsuited}.
        </p>
      )}
      {routes.length > 0 && (
        <ol class="routes" aria-label="Routes">
          {routes.map((route) => (
            <RouteLine key={route.via.join()} route={route} peers={peers} />
          ))}
        </ol>
      )}
      <p class="dim">
        {strategy}, {plural(nodesKnown, 'node')} known
        {lastSwitch !== null &&
          `; switched ${plural(switches, 'time')}, last because ${switchOf(lastSwitch.reason)}`}
        {doesOf(does) !== '' && `; ${doesOf(does)}`}
      </p>
    </>
  );
}

function RouteLine({ route, peers }: { route: RouteView; peers: PeerView[] }) {
  const { via, why, reliability, isChosen } = route;
  return (
    <li class={isChosen ? 'chosen' : ''}>
      <b>{via.map((id) => nameOf(peers, id)).join(' › ')}</b>
      <small>
        {isChosen ? 'taken; ' : 'kept ready; '}
        {why}; {Math.round(reliability * 100)} % arrive
      </small>
    </li>
  );
}
