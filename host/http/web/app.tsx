/**
 * App: the frame around the views: where they are reached, what is wrong, and what was just said.
 */
import type { FunctionComponent } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Chat } from './chat.tsx';
import { PanelContext, usePanel, useRoute } from './hooks.ts';
import { later } from './later.tsx';
import { Login } from './login.tsx';
import { MapPage } from './map-page.tsx';
import { Notices } from './notices.tsx';
import type { Panel } from './panel.ts';
import { Count, Lamp, Waves } from './parts.tsx';
import { hashOf, VIEWS } from './route.ts';
import type { PageProps, View } from './route.ts';
import type { State } from './state.ts';

const LinksView = later(async () => (await import('./links.tsx')).LinksView);
const HealthView = later(async () => (await import('./health.tsx')).HealthView);
const RecordView = later(async () => (await import('./record.tsx')).RecordView);
const SettingsPage = later(async () => (await import('./settings.tsx')).SettingsPage);
const FleetPage = later(async () => (await import('./fleet.tsx')).FleetPage);
const JoinView = later(async () => (await import('./join.tsx')).JoinView);

const PAGES: Record<View, { title: string; sign: string; Page: FunctionComponent<PageProps> }> = {
  map: { title: 'Map', sign: 'M5 17L12 5l7 12zM12 5v0M5 17v0M19 17v0', Page: MapPage },
  chat: { title: 'Chat', sign: 'M4 5h16v11H10l-5 4v-4H4z', Page: Chat },
  links: { title: 'Links', sign: 'M4 18v-3M9 18v-6M14 18V9M19 18V5', Page: LinksView },
  health: { title: 'Health', sign: 'M3 12h4l3-7 4 14 3-7h4', Page: HealthView },
  record: { title: 'Record', sign: 'M5 6h14M5 10h14M5 14h9M5 18h6', Page: RecordView },
  settings: {
    title: 'Settings',
    sign: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 5v4M9 15v4',
    Page: SettingsPage,
  },
  fleet: {
    title: 'Boards',
    sign: 'M7 7h10v10H7zM10 7V4M14 7V4M10 20v-3M14 20v-3',
    Page: FleetPage,
  },
  join: { title: 'Join', sign: 'M4 12h6M14 12h6M12 4v6M12 14v6', Page: JoinView },
};

export function App({ panel, logOut }: { panel: Panel; logOut: () => void }) {
  return (
    <PanelContext.Provider value={panel}>
      <Frame logOut={logOut} />
    </PanelContext.Provider>
  );
}

function Frame({ logOut }: { logOut: () => void }) {
  const { state } = usePanel();
  const { view, of, at } = useRoute();
  const main = useRef<HTMLElement>(null);
  const unread = unreadOf(state);
  const { title, Page } = PAGES[view];
  useEffect(() => {
    document.title = `${unread > 0 ? `(${unread}) ` : ''}${title} · Hopline`;
  }, [title, unread]);

  if (state.connection.kind === 'shut') return <Login failure={SHUT} />;
  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip to the {title.toLowerCase()}
      </button>
      <header class="bar">
        <p class="brand">
          <Waves />
          <strong>Hopline</strong>
          <span>{state.parts.status?.name}</span>
        </p>
        <nav aria-label="Views">
          {VIEWS.map((name) => (
            <a key={name} href={hashOf(name)} aria-current={name === view ? 'page' : undefined}>
              <svg viewBox="0 0 24 24" aria-hidden="true">
                <path d={PAGES[name].sign} />
              </svg>
              {PAGES[name].title}
              {name === 'chat' && unread > 0 && <Count of={unread} />}
            </a>
          ))}
        </nav>
        <div class="gauge">
          <ConnectionLamp state={state} />
          <button type="button" class="quiet" onClick={logOut}>
            Log out
          </button>
        </div>
      </header>
      <Notices />
      <main ref={main} tabIndex={-1} class={`view-${view}`} aria-label={title}>
        {state.parts.status === undefined ? (
          <p class="asking">Asking the bridge …</p>
        ) : (
          <Page of={of} at={at} />
        )}
      </main>
      <p class="unseen" role="status" aria-live="polite">
        {state.spoken}
      </p>
    </>
  );
}

const SHUT = 'The token that this browser had is not taken any more.';

function ConnectionLamp({ state }: { state: State }) {
  switch (state.connection.kind) {
    case 'live':
      return <Lamp is="on">live</Lamp>;
    case 'opening':
      return <Lamp is="off">connecting</Lamp>;
    default:
      return <Lamp is="bad">disconnected</Lamp>;
  }
}

function unreadOf({ parts }: State): number {
  return (parts.conversations ?? []).reduce((sum, { unread }) => sum + unread, 0);
}
