/**
 * Administer: how another node is, in its own words, and its settings, where it obeys us.
 */
import { useState } from 'preact/hooks';
import type { NodeReportView, NodeSettingView } from '../views.ts';
import { useDeed, usePanel } from './hooks.ts';
import { Facts, Fault } from './parts.tsx';
import { figure, plain } from './words.ts';

export function Administer({ id }: { id: string }) {
  const { panel } = usePanel();
  const [report, setReport] = useState<NodeReportView | null>(null);
  const [settings, setSettings] = useState<NodeSettingView[] | null>(null);
  const [deed, perform] = useDeed();
  const { requests } = panel;
  const look = (): void =>
    void perform(async () => setReport(await panel.ask(() => requests.node(id))));
  const read = (): void =>
    void perform(async () => setSettings(await panel.ask(() => requests.nodeSettings(id))));
  return (
    <section>
      <h3>Administration</h3>
      <p class="deeds">
        <button type="button" disabled={deed.isBusy} onClick={look}>
          Statistics
        </button>
        <button type="button" disabled={deed.isBusy} onClick={read}>
          Settings
        </button>
      </p>
      <p role="status">{deed.isBusy ? 'Asking it …' : ''}</p>
      <Fault deed={deed} />
      {report !== null && (
        <>
          {report.problems.map((problem) => (
            <p key={problem} class="bad">
              {problem}
            </p>
          ))}
          <Facts
            rows={[
              ['version', report.version],
              ...Object.entries(report.figures).map(([name, value]): [string, string] => [
                plain(name),
                figure(value),
              ]),
            ]}
          />
        </>
      )}
      {settings !== null && (
        <ul class="settings" aria-label="Its settings">
          {settings.map((setting) => (
            <Setting key={setting.name} id={id} setting={setting} changed={setSettings} />
          ))}
        </ul>
      )}
    </section>
  );
}

type SettingProps = {
  id: string;
  setting: NodeSettingView;
  changed: (settings: NodeSettingView[]) => void;
};

function Setting({ id, setting: { name, value, isPending }, changed }: SettingProps) {
  const { panel } = usePanel();
  const written = value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);
  const [text, setText] = useState(written);
  const [deed, perform] = useDeed();
  const save = (event: Event): void => {
    event.preventDefault();
    void perform(async () => {
      const { requests } = panel;
      changed(await panel.ask(() => requests.changeNode(id, { [name]: valueOf(text, value) })));
    });
  };
  return (
    <li>
      <div>
        <strong>{name}</strong>
        {isPending && <small class="dim">holds from its next start on</small>}
      </div>
      <form onSubmit={save}>
        <input
          type="text"
          aria-label={name}
          autocomplete="off"
          spellcheck={false}
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
        <button type="submit" disabled={deed.isBusy || text === written}>
          Save
        </button>
      </form>
      {deed.failure !== null && <Fault deed={deed} />}
    </li>
  );
}

/** As what stood there: a number for a number. Nothing is as usual. */
function valueOf(text: string, before: unknown): unknown {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  if (typeof before === 'string' || before === null) return trimmed;
  try {
    return JSON.parse(trimmed);
  } catch {
    return trimmed;
  }
}
