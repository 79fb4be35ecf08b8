/**
 * Compose: the box to write in. What is written stays in it until the daemon has it on its disk.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { PeerView } from '../views.ts';
import { useDeed, usePanel } from './hooks.ts';
import { Fault } from './parts.tsx';
import { PUBLIC } from './state.ts';
import { ago } from './words.ts';

type Props = { to: string; title: string; peer: PeerView | undefined; now: number };

/** What was begun in other conversations, as long as the page lives. */
const drafts = new Map<string, string>();
/** Rows the box grows to. */
const ROWS_MAX = 6;
/** The code of every key that an input method takes. */
const COMPOSING = 229;

export function Compose({ to, title, peer, now }: Props) {
  const { panel, state } = usePanel();
  const [text, setText] = useState(drafts.get(to) ?? '');
  const [deed, perform] = useDeed();
  const box = useRef<HTMLTextAreaElement>(null);
  const isLive = state.connection.kind === 'live';
  useEffect(() => {
    // Where there is no keyboard, one would cover the messages.
    if (matchMedia('(pointer: fine)').matches) box.current?.focus();
  }, []);

  const write = (next: string): void => {
    drafts.set(to, next);
    setText(next);
  };
  const send = async (): Promise<void> => {
    if (text.trim() === '' || deed.isBusy || !isLive) return;
    if (await perform(() => panel.send(to, text))) {
      // What was typed meanwhile is not said yet.
      const held = drafts.get(to) ?? '';
      write(held.startsWith(text) ? held.slice(text.length) : held);
    }
    box.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // Safari ends a composition first, and then tells of the key that ended it.
    const isComposing = event.isComposing || event.keyCode === COMPOSING;
    if (event.key !== 'Enter' || event.shiftKey || isComposing) return;
    event.preventDefault();
    void send();
  };
  if (peer?.isDenied) return <p class="compose dim">You blocked {title}. Unblock to write.</p>;
  return (
    <form
      class="compose"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      {to !== PUBLIC && peer?.isReachable !== true && (
        <p class="dim">
          {title} is out of reach{peer && `, last heard ${ago(peer.lastSeenAt, now)}`}. What you
          write waits here, up to a day.
        </p>
      )}
      <Fault deed={deed} />
      <div class="row">
        <textarea
          ref={box}
          rows={Math.min(ROWS_MAX, text.split('\n').length)}
          aria-label={`Message to ${title}`}
          placeholder={to === PUBLIC ? 'Message to everyone' : `Private message to ${title}`}
          value={text}
          onInput={({ currentTarget }) => write(currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        <button type="submit" class="main" disabled={!isLive || deed.isBusy || text.trim() === ''}>
          {deed.isBusy ? 'Sending' : 'Send'}
        </button>
      </div>
      {!isLive && <p class="dim">Not connected: what you write stays in this box.</p>}
    </form>
  );
}
