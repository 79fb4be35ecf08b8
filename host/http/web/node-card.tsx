/**
 * Node card: one node: who it is, how far it is, what a person thinks of it, and how to test the way.
 */
import type { MapNode, MapView, PeerView } from '../views.ts';
import { Administer } from './administer.tsx';
import { useDeed, usePanel } from './hooks.ts';
import { Fault, Facts, Lamp, Twice } from './parts.tsx';
import { hashOf } from './route.ts';
import { Way } from './way.tsx';
import { ago, distanceOf, grouped, kindOf, nameOf, plain, shortId } from './words.ts';

type Props = { id: string; map: MapView; peers: PeerView[]; now: number };

export function NodeCard({ id, map, peers, now }: Props) {
  const { state } = usePanel();
  const node = map.islands.flatMap(({ nodes }) => nodes).find((one) => one.id === id);
  const peer = peers.find((one) => one.id === id);
  const name = node?.name || peer?.name || shortId(id);
  const isSelf = id === map.self;
  const isReachable = node?.isReachable ?? peer?.isReachable ?? false;
  const fingerprint = isSelf
    ? (state.parts.status?.fingerprint ?? null)
    : (peer?.fingerprint ?? null);
  return (
    <article class="card">
      <a class="back" href={hashOf('map')}>
        ‹ All nodes
      </a>
      <h2>{name}</h2>
      <p class="tags">
        <Lamp is={isReachable ? 'on' : 'off'}>{isReachable ? 'in reach' : 'out of reach'}</Lamp>
        <span>{node === undefined ? 'not on the map' : kindOf(node.kind)}</span>
        {peer !== undefined && <span>{STANDINGS[peer.standing]}</span>}
        {peer?.isDenied && <span class="bad">blocked</span>}
        {peer?.isQuarantined && <span class="bad">kept apart</span>}
      </p>
      {peer?.hasAlarm && <Alarm peer={peer} />}
      {peer !== undefined && !isSelf && (
        <a class="button main" href={hashOf('chat', id)}>
          Write to {name}
        </a>
      )}
      <Facts rows={factsOf(peer, now)} />
      {peer !== undefined && !isSelf && <Way peer={peer} peers={peers} />}
      <Neighbours id={id} map={map} peers={peers} />
      {fingerprint !== null && (
        <section>
          <h3>Fingerprint</h3>
          <code class="fingerprint">{grouped(fingerprint)}</code>
          {peer !== undefined && !isSelf && (
            <p class="dim">
              {peer.standing === 'verified' || peer.standing === 'trusted'
                ? 'You compared it.'
                : `Compare it with what ${name} sees, in person or by a call, before you verify.`}
            </p>
          )}
        </section>
      )}
      {peer !== undefined && !isSelf && <Judgement peer={peer} />}
      {peer !== undefined && !isSelf && <Administer id={id} />}
      {peer !== undefined && (
        <p>
          <a href={hashOf('record', 'events', id)}>What happened to {name}</a>
        </p>
      )}
      <p class="dim id">
        id <code>{id}</code>
      </p>
    </article>
  );
}

const STANDINGS: Record<PeerView['standing'], string> = {
  seen: 'not verified',
  contacted: 'not verified',
  verified: 'verified',
  trusted: 'trusted',
};

function factsOf(peer: PeerView | undefined, now: number): [string, string | null][] {
  if (peer === undefined) return [];
  const { capabilities, session } = peer;
  return [
    ['Distance', peer.isReachable ? distanceOf(peer) : null],
    ['Last heard', ago(peer.lastSeenAt, now)],
    ['First heard', ago(peer.firstSeenAt, now)],
    ['Private session', session === 'none' ? 'none yet' : session],
    ...linkFactsOf(peer.neighbour, now),
    ['Can', capabilities.length === 0 ? null : capabilities.map(plain).join(', ')],
  ];
}

/** Of somebody at the far end of a link of ours, or who was. */
function linkFactsOf(neighbour: PeerView['neighbour'], now: number): [string, string | null][] {
  if (neighbour === null) return [];
  const { connectedAt, heard, sent, roundTripMs, lossPerMille, reputation, threats } = neighbour;
  const seen = Object.entries(threats).map(([threat, count]) => `${plain(threat)} ${count}×`);
  return [
    ['Connected', connectedAt === null ? 'not now' : ago(connectedAt, now)],
    ['Packets', `${heard} heard, ${sent} sent`],
    ['Latency', roundTripMs === null ? null : `${roundTripMs} ms`],
    ['Loss', lossPerMille === null ? null : `${lossPerMille / 10} %`],
    ['Reputation', String(reputation)],
    ['Threats seen', seen.length === 0 ? null : seen.join(', ')],
  ];
}

/** Who it hears: what it says of itself, and what the map shows. */
function Neighbours({ id, map, peers }: { id: string; map: MapView; peers: PeerView[] }) {
  const nodes = new Map(
    map.islands.flatMap((island) => island.nodes).map((node): [string, MapNode] => [node.id, node]),
  );
  const said = peers.find((peer) => peer.id === id)?.neighbours ?? [];
  const drawn = map.links
    .filter(({ a, b, isUp }) => isUp && (a === id || b === id))
    .map(({ a, b }) => (a === id ? b : a));
  const all = [...new Set([...drawn, ...said])];
  return (
    <section>
      <h3>Neighbours</h3>
      {all.length === 0 && <p class="dim">None known.</p>}
      <ul class="chips">
        {all.map((other) => (
          <li key={other}>
            <a href={hashOf('map', other)}>{nodes.get(other)?.name || nameOf(peers, other)}</a>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Somebody shows other keys for this id. */
function Alarm({ peer }: { peer: PeerView }) {
  const { panel } = usePanel();
  const [deed, perform] = useDeed();
  return (
    <div class="notice bad" role="note">
      <p>
        <strong>Somebody shows other keys as {peer.name}.</strong> Either {peer.name} has a new
        device, or somebody pretends. Ask {peer.name} another way. Until then only the keys known
        first are believed.
      </p>
      <Twice
        label="It is a new device"
        question={`Forget the old keys of ${peer.name}?`}
        isBusy={deed.isBusy}
        onYes={() => void perform(() => panel.forgetPeer(peer.id))}
      />
      <Fault deed={deed} />
    </div>
  );
}

/** Standing is a ladder; blocked is beside it. */
function Judgement({ peer }: { peer: PeerView }) {
  const { panel } = usePanel();
  const [deed, perform] = useDeed();
  const change = (wanted: Parameters<typeof panel.changePeer>[1]): void => {
    void perform(() => panel.changePeer(peer.id, wanted));
  };
  const isKept = peer.standing === 'verified' || peer.standing === 'trusted';
  return (
    <section>
      <h3>What you think of {peer.name || shortId(peer.id)}</h3>
      <div class="row">
        {!isKept && (
          <button
            type="button"
            disabled={deed.isBusy}
            onClick={() => change({ standing: 'verified' })}
          >
            Verify: the fingerprint is right
          </button>
        )}
        {peer.standing === 'verified' && (
          <button
            type="button"
            disabled={deed.isBusy}
            onClick={() => change({ standing: 'trusted' })}
          >
            Trust
          </button>
        )}
        {isKept && (
          <button
            type="button"
            disabled={deed.isBusy}
            onClick={() => change({ standing: 'contacted' })}
          >
            Take it back
          </button>
        )}
        {peer.isQuarantined ? (
          <button
            type="button"
            disabled={deed.isBusy}
            onClick={() => change({ isQuarantined: false })}
          >
            Let in again
          </button>
        ) : (
          !peer.isDenied && (
            <button
              type="button"
              disabled={deed.isBusy}
              onClick={() => change({ isQuarantined: true })}
            >
              Keep apart
            </button>
          )
        )}
        {peer.isDenied ? (
          <button type="button" disabled={deed.isBusy} onClick={() => change({ isDenied: false })}>
            Unblock
          </button>
        ) : (
          <Twice
            label="Block"
            question="Hear nothing of them any more?"
            isBusy={deed.isBusy}
            onYes={() => change({ isDenied: true })}
          />
        )}
      </div>
      <Fault deed={deed} />
    </section>
  );
}
