/**
 * Parts: the small pieces that views are put together from.
 */
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Deed } from './hooks.ts';

/** A lamp and its word: never a colour alone. */
export function Lamp({ is, children }: { is: 'on' | 'off' | 'bad'; children: ComponentChildren }) {
  return (
    <span class={`lamp ${is}`}>
      <i aria-hidden="true" />
      {children}
    </span>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <Waves />
      <h3>{title}</h3>
      {children}
    </div>
  );
}

/** What nobody can do in a simulated world; how to leave it stands above every view. */
export function Simulated({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="wide">
      <h2>{title}</h2>
      <p>{children}</p>
    </section>
  );
}

/** Three hops. */
export function Waves() {
  return (
    <svg class="waves" viewBox="0 0 64 24" aria-hidden="true">
      <path d="M8 18a12 12 0 0 1 24 0a12 12 0 0 1 24 0" />
      <circle cx="8" cy="18" r="4" />
      <circle cx="32" cy="18" r="4" />
      <circle cx="56" cy="18" r="4" />
    </svg>
  );
}

export function Fault({ deed }: { deed: Deed }) {
  return (
    <p class="fault" role="alert">
      {deed.failure}
    </p>
  );
}

/** Facts in two columns; what is unknown is left out. */
export function Facts({ rows }: { rows: [string, ComponentChildren][] }) {
  return (
    <dl class="facts">
      {rows
        .filter(([, value]) => value !== null)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

/** A box that narrows a list; `what` it finds is said in it. */
export function Search(props: { what: string; text: string; change: (text: string) => void }) {
  return (
    <input
      type="search"
      aria-label={props.what}
      placeholder={props.what}
      value={props.text}
      onInput={({ currentTarget }) => props.change(currentTarget.value)}
    />
  );
}

/** One of some words; `options` are what stands for each, and how it is called. */
export function Choice(props: {
  label: string;
  value: string;
  change: (value: string) => void;
  options: [value: string, text: string][];
}) {
  return (
    <select
      aria-label={props.label}
      value={props.value}
      onChange={({ currentTarget }) => props.change(currentTarget.value)}
    >
      {props.options.map(([value, text]) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </select>
  );
}

/** A text to hand on, and a button that takes it along. */
export function Copy({ text, label }: { text: string; label: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
  };
  // Clipboards are for secure addresses only; elsewhere the text can be selected.
  const canCopy = 'clipboard' in navigator;
  return (
    <div class="copy">
      <code role="textbox" aria-readonly="true" aria-label={label} tabIndex={0}>
        {text}
      </code>
      {canCopy && (
        <button type="button" onClick={copy}>
          {isCopied ? 'Copied' : 'Copy'}
        </button>
      )}
    </div>
  );
}

/** A button that asks once more. */
export function Twice(props: {
  label: string;
  question: string;
  isBusy: boolean;
  onYes: () => void;
}) {
  const [isAsked, setAsked] = useState(false);
  const wasAsked = useRef(false);
  const first = useRef<HTMLButtonElement>(null);
  // The focus goes to the question and back; `autofocus` would move it once in the life of a page.
  useLayoutEffect(() => {
    if (isAsked !== wasAsked.current) first.current?.focus();
    wasAsked.current = isAsked;
  }, [isAsked]);
  if (!isAsked) {
    return (
      <button type="button" ref={first} disabled={props.isBusy} onClick={() => setAsked(true)}>
        {props.label}
      </button>
    );
  }
  const yes = (): void => {
    setAsked(false);
    props.onYes();
  };
  return (
    <span class="twice" onKeyDown={({ key }) => key === 'Escape' && setAsked(false)}>
      <span>{props.question}</span>
      <button type="button" ref={first} class="bad" onClick={yes}>
        Yes
      </button>
      <button type="button" onClick={() => setAsked(false)}>
        No
      </button>
    </span>
  );
}

export function Count({ of }: { of: number }) {
  return (
    <b class="count">
      {of > 99 ? '99+' : of}
      <span class="unseen"> unread</span>
    </b>
  );
}
