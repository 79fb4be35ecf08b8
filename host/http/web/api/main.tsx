/**
 * Main: the program of the API's page: reads the document that the bridge gives to anybody, and lists
 * what it says.
 */
import { render } from 'preact';
import { useState } from 'preact/hooks';
import type { Api } from './document.ts';
import { typeText } from './document.ts';
import { OperationCard } from './operation.tsx';
import { MarkedText } from './marked-text.tsx';

/** Where the bridge's page keeps the token it logged in with. */
const TOKEN_KEY = 'hopline-token';

const page = document.getElementById('page')!;
void show();

async function show(): Promise<void> {
  try {
    const answer = await fetch('/openapi.json');
    render(<ApiPage api={(await answer.json()) as Api} />, page);
  } catch {
    render(
      <p role="alert">The bridge does not answer. Start it, and load this page again.</p>,
      page,
    );
  }
}

function ApiPage({ api }: { api: Api }) {
  const [token, setToken] = useState(localStorage.getItem(TOKEN_KEY) ?? '');
  const { info, paths, components } = api;
  return (
    <main>
      <header>
        <h1>{info.title} API</h1>
        <p class="dim">
          Version {info.version} · <a href="/openapi.json">openapi.json</a> · <a href="/">page</a>
        </p>
        {info.description.split('\n\n').map((paragraph) => (
          <p key={paragraph}>
            <MarkedText text={paragraph} />
          </p>
        ))}
        <label class="token">
          Token, for trying things out
          <input
            type="password"
            autocomplete="off"
            spellcheck={false}
            value={token}
            onInput={({ currentTarget }) => setToken(currentTarget.value.trim())}
          />
        </label>
      </header>
      <section aria-label="Requests">
        {Object.entries(paths).flatMap(([path, methods]) =>
          Object.entries(methods).map(([method, operation]) => (
            <OperationCard
              key={`${method} ${path}`}
              method={method.toUpperCase()}
              path={path}
              operation={operation}
              token={token}
            />
          )),
        )}
      </section>
      <section aria-label="What answers are made of">
        <h2>Schemas</h2>
        {Object.entries(components.schemas).map(([name, schema]) => (
          <details key={name}>
            <summary>{name}</summary>
            <pre>{typeText(schema)}</pre>
          </details>
        ))}
      </section>
    </main>
  );
}
