/**
 * Health: how the mesh does around this bridge, who is silent, what is cut off, what was measured, and
 * what happened when.
 */
import type { ResilienceView } from '../views.ts';
import { Bench } from './bench.tsx';
import { useFresh, useNow, usePanel } from './hooks.ts';
import { FIGURES_MS } from './panel.ts';
import { Empty, Facts, Lamp } from './parts.tsx';
import { hashOf } from './route.ts';
import { Timeline } from './timeline.tsx';
import { ago, nameOf, plain, plural, shortId, span } from './words.ts';

/** Runs of a benchmark take minutes. */
const BENCH_MS = 60_000;
/** The others are in the record. */
const TIMELINE_SHOWN = 100;

export function HealthView() {
  const { state } = usePanel();
  const now = useNow(1000);
  useFresh(['resilience'], FIGURES_MS);
  useFresh(['bench'], BENCH_MS);
  const { resilience, timeline = [], peers = [], bench } = state.parts;
  const named = (id: string): string => nameOf(peers, id);
  return (
    <div class="sheet">
      {resilience !== undefined && (
        <>
          <section class="wide">
            <h2>
              Mesh <small>{wellness(resilience)}</small>
            </h2>
            <Scores health={resilience.health} />
          </section>
          <div class="columns">
            <Neighbours neighbours={resilience.neighbours} />
            <Partitions partitions={resilience.partitions} named={named} now={now} />
            <Settings settings={resilience.settings} />
          </div>
        </>
      )}
      {bench !== undefined && <Bench runs={bench} now={now} />}
      <section class="wide">
        <h2>
          Timeline{' '}
          <small>
            what mattered; <a href={hashOf('record', 'events')}>all events</a>
          </small>
        </h2>
        {timeline.length === 0 && (
          <Empty title="Nothing has happened yet">
            <p>Nodes that fail and come back, and parts that are cut off, are told of here.</p>
          </Empty>
        )}
        <Timeline entries={timeline.slice(0, TIMELINE_SHOWN)} />
      </section>
    </div>
  );
}

/** Nothing known counts as well, and is told as what it is. */
function wellness({ health, networkHealth }: ResilienceView): string {
  const isKnown = health.some(({ score }) => score !== null);
  return isKnown ? `${percent(networkHealth)} well` : 'not known yet';
}

/** Each category with its score, a word and a sentence: never a colour alone. */
function Scores({ health }: Pick<ResilienceView, 'health'>) {
  return (
    <ul class="scores">
      {health.map(({ category, score, level, why }) => (
        <li key={category} class={level}>
          <strong>{plain(category)}</strong>
          <b>{score === null ? '–' : percent(score)}</b>
          <div
            class="meter"
            role="meter"
            aria-label={category}
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={Math.round((score ?? 0) * 100)}
            aria-valuetext={score === null ? 'unknown' : `${percent(score)}, ${level}`}
          >
            {SEGMENTS.map((at) => (
              <i key={at} class={at < (score ?? 0) * SEGMENTS.length ? 'on' : ''} />
            ))}
          </div>
          <small>{level === 'good' ? why : `${level}: ${why}`}</small>
        </li>
      ))}
    </ul>
  );
}

const SEGMENTS = Array.from({ length: 12 }, (_, at) => at);

const STATES: Record<
  ResilienceView['neighbours'][number]['state'],
  ['on' | 'off' | 'bad', string]
> = {
  near: ['on', 'alive'],
  around: ['on', 'alive, by way of others'],
  suspected: ['bad', 'suspected'],
  failed: ['bad', 'failed'],
};

function Neighbours({ neighbours }: Pick<ResilienceView, 'neighbours'>) {
  return (
    <section>
      <h2>
        Neighbours <small>{plural(neighbours.length, 'node')} watched</small>
      </h2>
      {neighbours.length === 0 && <p class="dim">No node that sends heartbeats was met yet.</p>}
      <Facts
        rows={neighbours.map(({ id, name, state, silentMs, phi, lossPerMille }) => {
          const [lamp, word] = STATES[state];
          return [
            name || shortId(id),
            <>
              <Lamp is={lamp}>{word}</Lamp>
              <small class="below">
                {span(silentMs)} ago · phi {phi.toFixed(1)} · loses {Math.round(lossPerMille / 10)}{' '}
                %
              </small>
            </>,
          ];
        })}
      />
    </section>
  );
}

type PartitionsProps = Pick<ResilienceView, 'partitions'> & {
  named: (id: string) => string;
  now: number;
};

function Partitions({ partitions, named, now }: PartitionsProps) {
  return (
    <section>
      <h2>Cut off</h2>
      {partitions.length === 0 && <p class="dim">No part of the mesh is.</p>}
      <Facts
        rows={partitions.map(({ partition, state, splitAt, healedAt, lost, back }) => [
          lost.slice(0, NAMES_MAX).map(named).join(', ') +
            (lost.length > NAMES_MAX ? ` and ${lost.length - NAMES_MAX} more` : ''),
          <>
            <Lamp is={state === 'split' ? 'bad' : 'on'}>
              {state === 'split' ? 'cut off' : `${back.length} of ${lost.length} back`}
            </Lamp>
            <small class="below">
              no. {partition}, {ago(healedAt ?? splitAt, now)}
            </small>
          </>,
        ])}
      />
    </section>
  );
}

const NAMES_MAX = 4;

function Settings({ settings }: Pick<ResilienceView, 'settings'>) {
  const { heartbeatMs, missed, phi, confirmMs } = settings;
  return (
    <section>
      <h2>When a node has failed</h2>
      <Facts
        rows={[
          ['Heartbeat', `every ${span(heartbeatMs)}`],
          ['A silent link is let go', `after ${plural(missed, 'heartbeat')}`],
          ['Suspected', `at phi ${phi}`],
          [
            'Taken for failed',
            `${span(confirmMs)} later, if others do not hear it; longer if none can be asked`,
          ],
        ]}
      />
    </section>
  );
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
