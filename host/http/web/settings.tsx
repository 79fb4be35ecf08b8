/**
 * Settings: each with what it is for, its value, and a field that takes no other than its schema does.
 * What only the file may change is shown, and no more.
 */
import { useEffect, useState } from 'preact/hooks';
import type { SettingsView, SettingView } from '../views.ts';
import { useDeed, usePanel } from './hooks.ts';
import { Choice, Fault, Lamp, Search } from './parts.tsx';

export function SettingsPage() {
  const { panel } = usePanel();
  const [view, setView] = useState<SettingsView | null>(null);
  const [said, setSaid] = useState('');
  const [words, setWords] = useState('');
  const [deed, perform] = useDeed();
  useEffect(() => {
    void perform(async () => setView(await panel.requests.settings()));
  }, [panel]);
  const save = async (name: string, value: unknown): Promise<void> => {
    setView(await panel.requests.changeSettings({ [name]: value }));
    setSaid(value === null ? `${name} is as usual` : `${name} is ${asText(value) || 'empty'}`);
  };
  const wanted = words.toLowerCase();
  const shown = (view?.settings ?? []).filter(
    ({ name, help }) => name.includes(wanted) || help.toLowerCase().includes(wanted),
  );
  return (
    <div class="sheet">
      <section class="wide">
        <h2>
          Settings <small>{view?.file}</small>
        </h2>
        <Fault deed={deed} />
        <p role="status">{said}</p>
        <Search what="Find a setting" text={words} change={setWords} />
        <ul class="settings" aria-label="Settings">
          {shown.map((setting) => (
            <Row key={setting.name} setting={setting} save={save} />
          ))}
        </ul>
      </section>
    </div>
  );
}

type RowProps = {
  setting: SettingView;
  save: (name: string, value: unknown) => Promise<void>;
};

function Row({ setting, save }: RowProps) {
  const { name, help, value, isSet, isPending, isFileOnly, schema } = setting;
  const [text, setText] = useState(asText(value));
  const [deed, perform] = useDeed();
  useEffect(() => setText(asText(value)), [value]);
  const submit = (event: Event): void => {
    event.preventDefault();
    void perform(() => save(name, valueOf(text, schema)));
  };
  return (
    <li>
      <div>
        <strong>{name}</strong>
        <small class="dim">{help}</small>
        {isPending && <Lamp is="off">holds from the next start on</Lamp>}
      </div>
      {isFileOnly || !isPlain(schema) ? (
        <small class="dim">
          {asText(value) || 'as usual'} <br />
          changed in the file alone
        </small>
      ) : (
        <form onSubmit={submit}>
          <Field name={name} schema={schema} text={text} change={setText} />
          <button
            type="submit"
            aria-label={`Save ${name}`}
            disabled={deed.isBusy || text === asText(value)}
          >
            Save
          </button>
          {isSet && (
            <button
              type="button"
              aria-label={`${name} as usual`}
              disabled={deed.isBusy}
              onClick={() => void perform(() => save(name, null))}
            >
              Usual
            </button>
          )}
        </form>
      )}
      {deed.failure !== null && <Fault deed={deed} />}
    </li>
  );
}

type FieldProps = {
  name: string;
  schema: SettingView['schema'];
  text: string;
  change: (text: string) => void;
};

function Field({ name, schema, text, change }: FieldProps) {
  const words = schema['type'] === 'boolean' ? ['true', 'false'] : (schema['enum'] as string[]);
  if (words !== undefined) {
    const options = words.map((word): [string, string] => [word, word]);
    return <Choice label={name} value={text} change={change} options={options} />;
  }
  const isWhole = schema['type'] === 'integer';
  const kind = isWhole
    ? {
        type: 'number' as const,
        min: Number(schema['minimum']),
        max: Number(schema['maximum']),
        required: true,
      }
    : { type: 'text' as const };
  return (
    <input
      {...kind}
      aria-label={name}
      autocomplete="off"
      spellcheck={false}
      value={text}
      onInput={({ currentTarget }) => change(currentTarget.value)}
    />
  );
}

/** Whether a field of one line can hold it: lists of sections are written in the file. */
function isPlain(schema: SettingView['schema']): boolean {
  if (schema['type'] !== 'array') return schema['type'] !== undefined || 'enum' in schema;
  return (schema['items'] as { type?: string }).type === 'string';
}

function asText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (!Array.isArray(value)) return typeof value === 'object' ? JSON.stringify(value) : `${value}`;
  const isOfTexts = value.every((item) => typeof item === 'string');
  return isOfTexts ? value.join(', ') : JSON.stringify(value);
}

/** What a text stands for; nothing is as usual. */
function valueOf(text: string, schema: SettingView['schema']): unknown {
  if (schema['type'] === 'boolean') return text === 'true';
  if (schema['type'] === 'integer') return Number(text);
  if (schema['type'] === 'array') return text.split(',').map((item) => item.trim()).filter(Boolean); // prettier-ignore
  return text.trim() === '' ? null : text.trim();
}
