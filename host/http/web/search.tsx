/**
 * Search: messages with all the words that were typed, in every conversation. Each leads to its place.
 */
import { useEffect, useState } from 'preact/hooks';
import type { MessageView, PeerView } from '../views.ts';
import { useDeed, usePanel } from './hooks.ts';
import { Empty, Fault } from './parts.tsx';
import { hashOf } from './route.ts';
import { PUBLIC } from './state.ts';
import { ago, nameOf, plural, shortId } from './words.ts';

/** Fewer letters would find everything. */
export const LETTERS_MIN = 2;
/** Messages of one page, and of all pages together: a further word finds better than a further page. */
const PAGE = 20;
const FOUND_MAX = 200;
/** Nothing is asked while somebody types. */
const QUIET_MS = 250;

export function Found({ words, peers, now }: { words: string; peers: PeerView[]; now: number }) {
  const { panel } = usePanel();
  const [found, setFound] = useState<MessageView[] | null>(null);
  const [hasMore, setHasMore] = useState(false);
  const [deed, perform] = useDeed();
  const read = async (before: number | null, held: MessageView[]): Promise<void> => {
    const page = await panel.ask(() => panel.requests.search(words, before, PAGE));
    setFound([...held, ...page]);
    setHasMore(page.length === PAGE && held.length + PAGE < FOUND_MAX);
  };
  useEffect(() => {
    const timer = setTimeout(() => void perform(() => read(null, [])), QUIET_MS);
    return () => clearTimeout(timer);
  }, [words]);
  return (
    <section class="found" aria-label="Messages found">
      <h2>
        Messages{' '}
        <small role="status">
          {found !== null &&
            `${hasMore ? 'more than ' : ''}${plural(found.length, 'match', 'matches')}`}
        </small>
      </h2>
      <Fault deed={deed} />
      {found?.length === 0 && (
        <Empty title="No message has these words">
          <p>Words are found from their beginning: “ferr” finds “ferry”.</p>
        </Empty>
      )}
      <ul class="conversations">
        {found?.map((message) => (
          <li key={message.key}>
            <a href={hashOf('chat', message.conversation, String(message.key))}>
              <span class="name">
                <b>{whereOf(message, peers)}</b>
              </span>
              <small>{ago(message.heardAt, now)}</small>
              <span class="snippet">
                {message.isOwn ? 'you' : (message.senderName ?? shortId(message.sender))}:{' '}
                {message.text}
              </span>
            </a>
          </li>
        ))}
      </ul>
      {hasMore && (
        <button
          type="button"
          class="older"
          disabled={deed.isBusy}
          onClick={() => void perform(() => read(found!.at(-1)!.key, found!))}
        >
          Earlier matches
        </button>
      )}
    </section>
  );
}

function whereOf({ conversation }: MessageView, peers: PeerView[]): string {
  return conversation === PUBLIC ? 'Everyone' : nameOf(peers, conversation);
}
