/**
 * Fleet: provisioning of the boards that are plugged in where the bridge runs: a file is pasted or
 * opened, what would change is shown, and made so.
 */
import { useState } from 'preact/hooks';
import type { FleetRowView, FleetView } from '../views.ts';
import { useDeed, usePanel, usePolled } from './hooks.ts';
import { Empty, Fault, Lamp, Simulated, Twice } from './parts.tsx';
import { hashOf } from './route.ts';
import { plural, withoutCode } from './words.ts';

const FRESH_MS = 1000;
const TITLE = 'Boards that are plugged in here';
const EXAMPLE = `defaults: { role: relay }
nodes:
  - { name: gate, match: { serial: E661410403 }, transmit-power: 4 }`;

export function FleetPage() {
  const { state } = usePanel();
  if (!state.parts.status?.isVirtual) return <Fleet />;
  return (
    <div class="sheet">
      <Simulated title={TITLE}>A simulated island opens no port, so no board is here.</Simulated>
    </div>
  );
}

function Fleet() {
  const { panel } = usePanel();
  const [text, setText] = useState('');
  /** The text that was planned: only that is applied. */
  const [planned, setPlanned] = useState<string | null>(null);
  const [job, setJob] = useState<FleetView | null>(null);
  const [deed, perform] = useDeed();
  const [reading, read] = useDeed();
  const isRunning = job?.state === 'running';
  usePolled(
    () => read(async () => setJob(await panel.ask(() => panel.requests.fleet()))),
    FRESH_MS,
    [],
  );
  const start = (what: FleetView['what']): void =>
    void perform(async () => {
      setJob(await panel.ask(() => panel.requests.startFleet(what, text)));
      setPlanned(what === 'plan' ? text : null);
    });
  const isPlanned = planned === text && job?.what === 'plan' && job.state === 'done';
  const toChange = isPlanned ? job.rows.filter(isToChange).length : 0;
  return (
    <div class="sheet">
      <section class="wide">
        <h2>{TITLE}</h2>
        <p>
          What a fleet's file says of each board is compared with it, and made so. Keys are drawn
          and kept by this bridge; what the file leaves out stays as it is.{' '}
          <code>hopline help provision</code> lists what it may say.
        </p>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            start('plan');
          }}
        >
          <label>
            The file
            <textarea
              rows={8}
              placeholder={EXAMPLE}
              autocapitalize="none"
              autocomplete="off"
              spellcheck={false}
              value={text}
              onInput={({ currentTarget }) => setText(currentTarget.value)}
            />
          </label>
          <label>
            or open one
            <input
              type="file"
              accept=".yaml,.yml,text/yaml"
              onChange={({ currentTarget: { files } }) =>
                void perform(async () => setText((await files?.[0]?.text()) ?? ''))
              }
            />
          </label>
          <p class="deeds">
            <button
              type="submit"
              class="main"
              disabled={deed.isBusy || isRunning || text.trim() === ''}
            >
              Plan
            </button>
            {toChange > 0 && (
              <Twice
                label="Apply"
                question={`Change ${plural(toChange, 'board')}?`}
                isBusy={deed.isBusy}
                onYes={() => start('apply')}
              />
            )}
            {isRunning && (
              <button
                type="button"
                onClick={() => void perform(() => panel.ask(() => panel.requests.stopFleet()))}
              >
                Stop
              </button>
            )}
          </p>
        </form>
        <Fault deed={deed} />
        <Fault deed={reading} />
      </section>
      {job !== null && job.state !== 'none' && <Result job={job} />}
    </div>
  );
}

function isToChange({ port, changes }: FleetRowView): boolean {
  return port !== null && changes.length > 0;
}

const TITLES: Record<FleetView['what'], string> = { plan: 'Plan', apply: 'Result' };

function Result({ job: { what, state, rows, problem } }: { job: FleetView }) {
  return (
    <section class="wide" aria-label={TITLES[what]}>
      <h2>
        {TITLES[what]}{' '}
        <small role="status">
          {state === 'running' ? 'talking to the boards …' : plural(rows.length, 'node')}
        </small>
      </h2>
      {problem !== null && (
        <p class="fault" role="alert">
          {withoutCode(problem)}
        </p>
      )}
      {state === 'done' && rows.length === 0 && (
        <Empty title="The file names no node">
          <p>Each node has a line below “nodes:”.</p>
        </Empty>
      )}
      {rows.length > 0 && (
        <table>
          <thead>
            <tr>
              <th>Node</th>
              <th>Port</th>
              <th>{what === 'plan' ? 'Would change' : 'Changes'}</th>
              <th>Result</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row key={row.name} row={row} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Row({ row: { name, port, id, changes, result, isDone } }: { row: FleetRowView }) {
  return (
    <tr>
      <th scope="row">{id === null ? name : <a href={hashOf('map', id)}>{name}</a>}</th>
      <td data-label="Port">{port}</td>
      <td data-label="Changes" class="changes">
        {changes.length > 0 && (
          <ul>
            {changes.map((change) => (
              <li key={change.name}>
                {change.name}{' '}
                <code>
                  {change.from} → {change.to}
                </code>
              </li>
            ))}
          </ul>
        )}
      </td>
      <td data-label="Result" class="changes">
        <Lamp is={isDone ? 'on' : changes.length > 0 && port !== null ? 'off' : 'bad'}>
          {withoutCode(result)}
        </Lamp>
      </td>
    </tr>
  );
}
