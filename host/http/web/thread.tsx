/**
 * Thread: one conversation, the oldest message first, and the box to write in.
 */
import { Fragment } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { piecesOf } from '../mentions.ts';
import type { MessageView, PeerView } from '../views.ts';
import { Compose } from './compose.tsx';
import { Delivery } from './delivery.tsx';
import { useDeed, usePanel, useVisible } from './hooks.ts';
import { Empty, Fault, Lamp } from './parts.tsx';
import { hashOf } from './route.ts';
import { PUBLIC } from './state.ts';
import type { State } from './state.ts';
import type { Thread } from './threads.ts';
import { ago, day, distanceOf, shortId, time } from './words.ts';

type Props = {
  name: string;
  title: string;
  peer: PeerView | undefined;
  /** The key of a message to go to. */
  at: number | null;
  now: number;
};

export function ThreadView({ name, title, peer, at, now }: Props) {
  const { panel, state } = usePanel();
  const isVisible = useVisible();
  useEffect(() => {
    panel.watch(isVisible ? name : null);
    return () => panel.watch(null);
  }, [panel, name, isVisible]);
  const thread = state.threads[name];
  return (
    <section class="thread" aria-label={`Conversation with ${title}`}>
      <header>
        <a class="back" href={hashOf('chat')} aria-label="All conversations">
          ‹
        </a>
        <h2>{title}</h2>
        <Who name={name} peer={peer} now={now} />
      </header>
      {thread === undefined ? (
        <p class="asking">Asking for the messages …</p>
      ) : (
        <Messages name={name} thread={thread} at={at} now={now} />
      )}
      <Compose to={name} title={title} peer={peer} now={now} />
    </section>
  );
}

/** Who reads what is written here. */
function Who({ name, peer, now }: { name: string; peer: PeerView | undefined; now: number }) {
  if (name === PUBLIC) return <p class="dim">everyone in reach can read this</p>;
  if (peer === undefined) return <p class="dim">private; not heard of lately</p>;
  const isKept = peer.standing === 'verified' || peer.standing === 'trusted';
  return (
    <p class="dim">
      <Lamp is={peer.isReachable ? 'on' : 'off'}>
        {peer.isReachable ? distanceOf(peer) : `last heard ${ago(peer.lastSeenAt, now)}`}
      </Lamp>
      <a href={hashOf('map', peer.id)}>{isKept ? peer.standing : 'not verified'}</a>
    </p>
  );
}

type MessagesProps = { name: string; thread: Thread; at: number | null; now: number };

function Messages({ name, thread, at, now }: MessagesProps) {
  const { panel, state } = usePanel();
  const [deed, perform] = useDeed();
  const { messages, hasOlder, hasNewer } = thread;
  const list = useStickyList(messages, at);
  const newFrom = newFromOf(messages, state.divider, name);
  useEffect(() => {
    if (at !== null) void perform(() => panel.goTo(name, at));
  }, [panel, name, at]);
  return (
    <div class="messages" ref={list} tabIndex={0} role="group" aria-label="Messages">
      {hasOlder && (
        <button
          type="button"
          class="older"
          disabled={deed.isBusy}
          onClick={() => void perform(() => panel.older(name))}
        >
          Earlier messages
        </button>
      )}
      <Fault deed={deed} />
      {messages.length === 0 && (
        <Empty title="Nothing said yet">
          <p>
            {name === PUBLIC
              ? 'Say hello: everyone in reach hears it.'
              : 'What you write here is sealed for this peer alone.'}
          </p>
        </Empty>
      )}
      <ol>
        {messages.map((message, place) => (
          <Fragment key={message.key}>
            {isNewDay(messages, place) && <li class="day">{day(message.sentAt, now)}</li>}
            {message.key === newFrom && <li class="day new">New</li>}
            <Message
              message={message}
              isFollowing={message.key !== newFrom && isFollowing(messages, place)}
              isFound={message.key === at}
            />
          </Fragment>
        ))}
      </ol>
      {hasNewer && (
        <p class="later">
          <button
            type="button"
            disabled={deed.isBusy}
            onClick={() => void perform(() => panel.newer(name))}
          >
            Later messages
          </button>
          <button
            type="button"
            disabled={deed.isBusy}
            onClick={() => void perform(() => panel.goToEnd(name))}
          >
            To the newest
          </button>
        </p>
      )}
    </div>
  );
}

/** The first message that was new when a person came to look; null for none. */
function newFromOf(
  messages: MessageView[],
  divider: State['divider'],
  name: string,
): number | null {
  if (divider === null || divider.conversation !== name) return null;
  return messages.find(({ key, isOwn }) => key > divider.after && !isOwn)?.key ?? null;
}

type MessageProps = { message: MessageView; isFollowing: boolean; isFound: boolean };

function Message({ message, isFollowing, isFound }: MessageProps) {
  const { isOwn, isVerified, sender, senderName, sentAt, text } = message;
  const who = isOwn ? 'You' : (senderName ?? shortId(sender));
  return (
    <li
      class={`message${isOwn ? ' own' : ''}${isFollowing ? ' following' : ''}${isFound ? ' found' : ''}`}
      tabIndex={isFound ? -1 : undefined}
    >
      <p class="who">
        {isOwn ? <b>{who}</b> : <a href={hashOf('map', sender)}>{who}</a>}
        {!isVerified && (
          <em title="Its signature was not checked: the sender's keys are not known here.">
            unverified
          </em>
        )}
      </p>
      <p class="text">
        <Called text={text} />
      </p>
      <p class="when">
        <time dateTime={new Date(sentAt).toISOString()}>{time(sentAt)}</time>
        <Delivery message={message} />
        {message.state === 'failed' && <Again message={message} />}
      </p>
    </li>
  );
}

/** A text, with the names that it calls standing out. */
function Called({ text }: { text: string }) {
  const { status } = usePanel().state.parts;
  return (
    <>
      {piecesOf(text, status ?? null).map((piece, at) =>
        piece.names === 'nobody' ? (
          piece.text
        ) : (
          <b key={at} class={piece.names === 'us' ? 'called us' : 'called'}>
            {piece.text}
          </b>
        ),
      )}
    </>
  );
}

/** Says what failed once more, as a message of its own; once is enough. */
function Again({ message: { conversation, text } }: { message: MessageView }) {
  const { panel, state } = usePanel();
  const [deed, perform] = useDeed();
  const [isDone, setDone] = useState(false);
  const send = async (): Promise<void> => {
    if (await perform(() => panel.send(conversation, text))) setDone(true);
  };
  if (isDone) return <span>sent again</span>;
  return (
    <>
      <button
        type="button"
        class="again"
        disabled={deed.isBusy || state.connection.kind !== 'live'}
        onClick={() => void send()}
      >
        Send again
      </button>
      <Fault deed={deed} />
    </>
  );
}

/** Messages of one sender within this time stand under one name. */
const FOLLOWING_MS = 5 * 60_000;

function isFollowing(messages: MessageView[], at: number): boolean {
  const [before, message] = [messages[at - 1], messages[at]];
  return (
    before !== undefined &&
    before.sender === message.sender &&
    before.isVerified === message.isVerified &&
    !isNewDay(messages, at) &&
    Math.abs(message.sentAt - before.sentAt) < FOLLOWING_MS
  );
}

function isNewDay(messages: MessageView[], at: number): boolean {
  const before = messages[at - 1];
  return (
    before === undefined ||
    new Date(before.sentAt).toDateString() !== new Date(messages[at].sentAt).toDateString()
  );
}

/** So near to its end, in pixels, a list follows what is new. */
const STICKY = 80;

/**
 * Follows what is new while its end is seen, and stands still when older messages come in above. Goes
 * to the message that is asked for, or at first to where the new ones begin.
 */
function useStickyList(messages: MessageView[], at: number | null) {
  const list = useRef<HTMLDivElement>(null);
  const before = useRef({ first: -1, last: -1, height: 0 });
  const shown = useRef<number | null>(null);
  useLayoutEffect(() => {
    const element = list.current!;
    const { first, last, height } = before.current;
    const newest = messages.at(-1);
    const wasAtEnd = height - element.scrollTop - element.clientHeight < STICKY;
    const isOlder = first >= 0 && messages[0]?.key < first;
    const found = at === shown.current ? null : element.querySelector<HTMLElement>('.found');
    if (found !== null) {
      found.scrollIntoView({ block: 'center' });
      found.focus({ preventScroll: true });
      shown.current = at;
    } else if (isOlder) element.scrollTop += element.scrollHeight - height;
    else if (
      newest !== undefined &&
      newest.key !== last &&
      (last < 0 || wasAtEnd || newest.isOwn)
    ) {
      element.scrollTop = element.scrollHeight;
      const divider = last < 0 ? element.querySelector('.new') : null;
      divider?.scrollIntoView({ block: 'nearest' });
    }
    before.current = {
      first: messages[0]?.key ?? -1,
      last: newest?.key ?? -1,
      height: element.scrollHeight,
    };
  }, [messages, at]);
  return list;
}
