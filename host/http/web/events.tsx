/**
 * Events view: everything that happened in the mesh, of all kinds or one, of all nodes or one, back to
 * before this bridge was started.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { TimelineEntry } from '../views.ts';
import { useDeed, usePanel, usePolled } from './hooks.ts';
import { Choice, Empty, Fault, Search } from './parts.tsx';
import { nodeOf, withNewest } from './record.ts';
import { EVENTS_SIZE } from './requests.ts';
import { hashOf } from './route.ts';
import { Timeline } from './timeline.tsx';
import { EVENT_WORDS, nameOf } from './words.ts';

const FRESH_MS = 2000;
/** Entries held at once; a filter finds what is further back. */
const HELD_MAX = 2000;

/** `at`: the node whose events are wanted. */
export function EventsView({ at }: { at: string | null }) {
  const { panel, state } = usePanel();
  const { peers = [] } = state.parts;
  const [kind, setKind] = useState('');
  const [name, setName] = useState(at === null ? '' : nameOf(peers, at));
  const [entries, setEntries] = useState<TimelineEntry[]>([]);
  const [hasOlder, setHasOlder] = useState(false);
  const [deed, perform] = useDeed();
  const node = at !== null && name === nameOf(peers, at) ? at : nodeOf(name, peers);
  const isUnknown = name.trim() !== '' && node === null;
  const wanted = { kind: kind === '' ? null : kind, node };
  const filter = `${kind} ${node ?? ''}`;
  const asked = useRef(filter);
  asked.current = filter;
  const held = useRef<TimelineEntry[]>([]);

  const show = (next: TimelineEntry[]): void => {
    held.current = next;
    setEntries(next);
  };
  const read = async (before: number | null): Promise<void> => {
    const page = await panel.ask(() => panel.requests.timeline(wanted, before));
    // Somebody wants to see something else by now.
    if (asked.current !== filter) return;
    if (before === null) show(withNewest(held.current, page, EVENTS_SIZE));
    else show([...held.current, ...page]);
    if (before !== null || held.current.length <= page.length) {
      setHasOlder(page.length === EVENTS_SIZE && held.current.length < HELD_MAX);
    }
  };
  useEffect(() => {
    show([]);
    void perform(() => read(null));
  }, [filter]);
  usePolled(() => perform(() => read(null)), FRESH_MS, [filter]);
  const older = (): void => void perform(() => read(held.current.at(-1)!.key));

  return (
    <section class="listing" aria-label="Events">
      <div class="filters">
        <Choice
          label="Kind of event"
          value={kind}
          change={setKind}
          options={[['', 'every kind'], ...Object.entries(EVENT_WORDS)]}
        />
        <Search what="Node: name or id" text={name} change={setName} />
        {isUnknown && <p class="bad">No node, or more than one, is called so; take its id.</p>}
      </div>
      <Fault deed={deed} />
      {entries.length === 0 && !deed.isBusy && (
        <Empty title="Nothing of that kind has happened">
          <p>Nodes that come and go, messages, routes, and whatever is wrong are told of here.</p>
        </Empty>
      )}
      <Timeline entries={entries} />
      {hasOlder && <Older isBusy={deed.isBusy} older={older} />}
      {entries.length >= HELD_MAX && (
        <p class="dim">Only the last {HELD_MAX} are shown: choose a kind or a node.</p>
      )}
      {node !== null && (
        <p>
          <a href={hashOf('map', node)}>{nameOf(peers, node)} on the map</a>
        </p>
      )}
    </section>
  );
}

/** Asked for by a click, or by coming into sight. */
function Older({ isBusy, older }: { isBusy: boolean; older: () => void }) {
  const button = useRef<HTMLButtonElement>(null);
  const ask = useRef(older);
  ask.current = older;
  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => {
      if (entry.isIntersecting) ask.current();
    });
    observer.observe(button.current!);
    return () => observer.disconnect();
  }, []);
  return (
    <button ref={button} type="button" class="older" disabled={isBusy} onClick={older}>
      Earlier events
    </button>
  );
}
