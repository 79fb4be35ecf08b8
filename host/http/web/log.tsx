/**
 * Log view: the last lines of the bridge's log, followed while a person looks. How much is logged is a
 * setting.
 */
import { useRef, useState } from 'preact/hooks';
import type { LogLineView } from '../views.ts';
import { useDeed, usePanel, usePolled } from './hooks.ts';
import { Choice, Empty, Fault, Search } from './parts.tsx';
import type { Followed } from './record.ts';
import { DRAWN_MAX, factsOf, followed, LEVELS, lineFits, NOTHING_FOLLOWED } from './record.ts';
import { hashOf } from './route.ts';
import { clock } from './words.ts';

const FRESH_MS = 2000;

export function LogView() {
  const { panel } = usePanel();
  const [lines, setLines] = useState<Followed<LogLineView>>(NOTHING_FOLLOWED);
  const [level, setLevel] = useState<LogLineView['level']>('trace');
  const [words, setWords] = useState('');
  const [deed, perform] = useDeed();
  const last = useRef(0);
  const read = async (): Promise<void> => {
    const more = await panel.ask(() => panel.requests.log(last.current));
    // It begins anew with the bridge.
    last.current = more.at(-1)?.key ?? last.current;
    if (more.length > 0) setLines((held) => followed(held, more));
  };
  usePolled(() => perform(read), FRESH_MS, []);
  const shown = lines.rows.filter((line) => lineFits(line, level, words)).toReversed();
  return (
    <section class="listing" aria-label="Log">
      <div class="filters">
        <Choice
          label="Level"
          value={level}
          change={(next) => setLevel(next as LogLineView['level'])}
          options={LEVELS.map((each) => [
            each,
            each === 'trace' ? 'every level' : `${each} and above`,
          ])}
        />
        <Search what="Words in a line" text={words} change={setWords} />
      </div>
      <Fault deed={deed} />
      {shown.length === 0 && !deed.isBusy && (
        <Empty title={lines.rows.length === 0 ? 'Nothing was logged yet' : 'No line is like that'}>
          <p>
            How much is logged is the setting <a href={hashOf('settings')}>log</a>; it changes at
            once.
          </p>
        </Empty>
      )}
      <ol class="lines-of-log" aria-label="Lines of the log, the newest first">
        {shown.slice(0, DRAWN_MAX).map((line) => (
          <li key={line.key} class={line.level}>
            <time dateTime={new Date(line.at).toISOString()}>{clock(line.at)}</time>
            <b>{line.level}</b>
            <span>
              {line.words} <code>{factsOf(line)}</code>
            </span>
          </li>
        ))}
      </ol>
      {shown.length > DRAWN_MAX && (
        <p class="dim">Only the last {DRAWN_MAX} are shown: choose a level, or words.</p>
      )}
    </section>
  );
}
