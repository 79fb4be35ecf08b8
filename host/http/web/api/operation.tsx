/**
 * Operation: one request: what it takes, what it gives, and a form to send it with.
 */
import { useState } from 'preact/hooks';
import type { Operation, Parameter } from './document.ts';
import { example, schemaIn, typeText } from './document.ts';
import { MarkedText } from './marked-text.tsx';

type Props = { method: string; path: string; operation: Operation; token: string };

type Outcome = { head: string; isGood: boolean; text: string };

export function OperationCard(props: Props) {
  const { method, path, operation } = props;
  const { summary, description, parameters = [], responses } = operation;
  const body = schemaIn(operation.requestBody ?? {});
  const answer = schemaIn(responses['200'] ?? {});
  return (
    <details>
      <summary>
        <b class={`method ${method.toLowerCase()}`}>{method}</b> <code>{path}</code>{' '}
        <span class="dim">
          <MarkedText text={summary} />
        </span>
      </summary>
      {description !== undefined && (
        <p>
          <MarkedText text={description} />
        </p>
      )}
      {body !== undefined && <Part title="Body" text={typeText(body)} />}
      <Part title="Answer" text={answerText(responses, answer && typeText(answer))} />
      {'101' in responses ? null : <TryOut {...props} parameters={parameters} />}
    </details>
  );
}

function Part({ title, text }: { title: string; text: string }) {
  return (
    <>
      <h3>{title}</h3>
      <pre>{text}</pre>
    </>
  );
}

function answerText(responses: Operation['responses'], type: string | undefined): string {
  if (type !== undefined) return type;
  return '101' in responses ? 'frames, each an Event' : 'nothing (204)';
}

function TryOut({
  method,
  path,
  operation,
  token,
  parameters,
}: Props & { parameters: Parameter[] }) {
  const schema = schemaIn(operation.requestBody ?? {});
  const [values, setValues] = useState<Record<string, string>>({});
  const [body, setBody] = useState(
    schema === undefined ? '' : JSON.stringify(example(schema), null, 2),
  );
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [isWaiting, setWaiting] = useState(false);

  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    setWaiting(true);
    setOutcome(await ask(method, urlFor(path, parameters, values), body, token));
    setWaiting(false);
  };
  return (
    <form onSubmit={(event) => void send(event)}>
      {parameters.map(({ name, required, description, schema }) => (
        <label key={name}>
          <code>{name}</code>{' '}
          <span class="dim">
            {typeText(schema)}
            {required ? '' : ', may be left out'}
            <MarkedText text={description === undefined ? '' : `: ${description}`} />
          </span>
          <input
            required={required}
            spellcheck={false}
            value={values[name] ?? ''}
            onInput={({ currentTarget }) => setValues({ ...values, [name]: currentTarget.value })}
          />
        </label>
      ))}
      {schema !== undefined && (
        <label>
          Body
          <textarea
            rows={body.split('\n').length}
            spellcheck={false}
            value={body}
            onInput={({ currentTarget }) => setBody(currentTarget.value)}
          />
        </label>
      )}
      <button disabled={isWaiting}>Send</button>
      <output aria-live="polite">
        {outcome !== null && (
          <>
            <p class={outcome.isGood ? 'good' : 'bad'}>{outcome.head}</p>
            {outcome.text !== '' && <pre>{outcome.text}</pre>}
          </>
        )}
      </output>
    </form>
  );
}

function urlFor(path: string, parameters: Parameter[], values: Record<string, string>): string {
  const query = new URLSearchParams();
  let url = path;
  for (const parameter of parameters) {
    const value = values[parameter.name] ?? '';
    if (parameter.in === 'path') {
      url = url.replace(`{${parameter.name}}`, encodeURIComponent(value));
    } else if (value !== '') query.set(parameter.name, value);
  }
  return query.size === 0 ? url : `${url}?${query}`;
}

async function ask(method: string, url: string, body: string, token: string): Promise<Outcome> {
  const began = performance.now();
  try {
    const answer = await fetch(url, {
      method,
      headers: {
        ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
        ...(method === 'GET' ? {} : { 'content-type': 'application/json' }),
      },
      ...(method === 'GET' || method === 'DELETE' ? {} : { body: body || '{}' }),
    });
    const text = await answer.text();
    const tookMs = Math.round(performance.now() - began);
    const isJson = answer.headers.get('content-type')?.startsWith('application/json') === true;
    return {
      head: `${method} ${url}: ${answer.status}, ${tookMs} ms`,
      isGood: answer.ok,
      text: isJson ? JSON.stringify(JSON.parse(text), null, 2) : text,
    };
  } catch (cause) {
    return { head: `${method} ${url}: ${(cause as Error).message}`, isGood: false, text: '' };
  }
}
