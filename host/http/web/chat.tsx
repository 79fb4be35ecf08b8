/**
 * Chat: the conversations, and the one that is open. On a phone one of the two is seen.
 */
import { useState } from 'preact/hooks';
import type { ConversationView, PeerView } from '../views.ts';
import { useNow, usePanel } from './hooks.ts';
import { Count, Empty, Lamp, Search } from './parts.tsx';
import { CONVERSATIONS_MAX } from './requests.ts';
import { hashOf } from './route.ts';
import type { PageProps } from './route.ts';
import { Found, LETTERS_MIN } from './search.tsx';
import { PUBLIC } from './state.ts';
import { ThreadView } from './thread.tsx';
import { ago, deliveryOf, distanceOf, shortId } from './words.ts';

/** Peers offered for a first message; a filter finds the others. */
const OFFERED_MAX = 100;

export function Chat({ of, at }: PageProps) {
  const { state } = usePanel();
  const now = useNow(10_000);
  const { conversations = [], peers = [] } = state.parts;
  const known = new Map(peers.map((peer) => [peer.id, peer]));
  return (
    <div class={of === null ? 'split chat' : 'split chat chosen'}>
      <aside aria-label="Conversations">
        <Conversations conversations={conversations} known={known} open={of} now={now} />
      </aside>
      {of === null ? (
        <section class="thread">
          <Empty title="No conversation chosen">
            <p>Everyone in reach reads what you write to “Everyone”. The others are private.</p>
          </Empty>
        </section>
      ) : (
        <ThreadView
          key={of}
          name={of}
          title={titleOf(of, conversations, known)}
          peer={known.get(of)}
          at={at === null ? null : Number(at)}
          now={now}
        />
      )}
    </div>
  );
}

function titleOf(
  name: string,
  conversations: ConversationView[],
  known: ReadonlyMap<string, PeerView>,
): string {
  if (name === PUBLIC) return 'Everyone';
  const title = conversations.find((one) => one.name === name)?.title;
  return known.get(name)?.name || title || shortId(name);
}

type ListProps = {
  conversations: ConversationView[];
  known: ReadonlyMap<string, PeerView>;
  open: string | null;
  now: number;
};

function Conversations({ conversations, known, open, now }: ListProps) {
  const [filter, setFilter] = useState('');
  const spoken = [...conversations].sort(lastSpoken);
  if (!spoken.some(({ name }) => name === PUBLIC)) {
    spoken.unshift({ name: PUBLIC, title: '', last: null, unread: 0, readKey: 0 });
  }
  const begun = new Set(spoken.map(({ name }) => name));
  const others = [...known.values()].filter(({ id, isDenied }) => !begun.has(id) && !isDenied);
  // Of whoever is not among the newest nobody knows here whether something was said.
  const isAll = conversations.length < CONVERSATIONS_MAX;
  const wanted = filter.trim().toLowerCase();
  const isWanted = (name: string): boolean =>
    titleOf(name, conversations, known).toLowerCase().includes(wanted) || name.startsWith(wanted);
  return (
    <>
      <Search what="Search people and messages" text={filter} change={setFilter} />
      <ul class="conversations">
        {spoken
          .filter(({ name }) => isWanted(name))
          .map((one) => (
            <li key={one.name}>
              <a
                href={hashOf('chat', one.name)}
                aria-current={one.name === open ? 'page' : undefined}
              >
                <span class="name">
                  {one.name === PUBLIC ? (
                    <b>Everyone</b>
                  ) : (
                    <Lamp is={known.get(one.name)?.isReachable ? 'on' : 'off'}>
                      <b>{titleOf(one.name, conversations, known)}</b>
                    </Lamp>
                  )}
                </span>
                {one.last !== null && <small>{ago(one.last.heardAt, now)}</small>}
                <span class="snippet">{snippetOf(one)}</span>
                {one.unread > 0 && <Count of={one.unread} />}
              </a>
            </li>
          ))}
      </ul>
      {others.some(({ id }) => isWanted(id)) && <h2>{isAll ? 'Nothing said yet' : 'Others'}</h2>}
      <ul class="conversations">
        {others
          .filter(({ id }) => isWanted(id))
          .slice(0, OFFERED_MAX)
          .map((peer) => (
            <li key={peer.id}>
              <a
                href={hashOf('chat', peer.id)}
                aria-current={peer.id === open ? 'page' : undefined}
              >
                <span class="name">
                  <Lamp is={peer.isReachable ? 'on' : 'off'}>{peer.name || shortId(peer.id)}</Lamp>
                </span>
                <small>{peer.isReachable ? distanceOf(peer) : ago(peer.lastSeenAt, now)}</small>
              </a>
            </li>
          ))}
      </ul>
      {wanted.length >= LETTERS_MIN && (
        <Found words={wanted} peers={[...known.values()]} now={now} />
      )}
    </>
  );
}

function snippetOf({ name, last }: ConversationView): string {
  if (last === null) return name === PUBLIC ? 'what everyone in reach reads' : '';
  const who = last.isOwn
    ? 'you: '
    : name === PUBLIC
      ? `${last.senderName ?? shortId(last.sender)}: `
      : '';
  const state = last.state === 'failed' ? `${deliveryOf(last)} · ` : '';
  return `${state}${who}${last.text}`;
}

function lastSpoken(a: ConversationView, b: ConversationView): number {
  const first = (one: ConversationView): number => Number(one.name === PUBLIC);
  return first(b) - first(a) || (b.last?.key ?? 0) - (a.last?.key ?? 0);
}
