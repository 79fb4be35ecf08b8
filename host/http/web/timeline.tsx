/**
 * Timeline: what happened when, on a thread with a knot for each event.
 */
import { Fragment } from 'preact';
import type { TimelineEntry } from '../views.ts';
import { useNow } from './hooks.ts';
import { hashOf } from './route.ts';
import { ago, day, EVENT_WORDS, time } from './words.ts';

export function Timeline({ entries }: { entries: TimelineEntry[] }) {
  const now = useNow(10_000);
  return (
    <ol class="timeline" aria-label="Timeline">
      {entries.map(({ key, at, name, text, tone, peer }, place) => (
        <Fragment key={key}>
          {isNewDay(entries, place, now) && <li class="day">{day(at, now)}</li>}
          <li class={tone}>
            <time dateTime={new Date(at).toISOString()} title={ago(at, now)}>
              {time(at)}
            </time>
            <i aria-hidden="true" />
            <p>
              {text}
              <small>
                {peer === null ? (
                  EVENT_WORDS[name]
                ) : (
                  <a href={hashOf('map', peer)}>{EVENT_WORDS[name]}</a>
                )}
              </small>
            </p>
          </li>
        </Fragment>
      ))}
    </ol>
  );
}

/** Today needs no title at the top. */
function isNewDay(entries: TimelineEntry[], place: number, now: number): boolean {
  const before = place === 0 ? now : entries[place - 1].at;
  return new Date(before).toDateString() !== new Date(entries[place].at).toDateString();
}
