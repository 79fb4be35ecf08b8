/**
 * The page's connection to its daemon, over a real server: what it reads, how it goes on where it
 * stopped, and what it does when nobody answers.
 */
import { WebSocket } from 'ws';
import { describe, expect, it } from 'vitest';
import type { HttpServer } from '../../../../host/http/server.ts';
import { RETRY_MS } from '../../../../host/http/web/feed.ts';
import { Panel } from '../../../../host/http/web/panel.ts';
import type { PanelPorts } from '../../../../host/http/web/panel.ts';
import { isOpen, logIn } from '../../../../host/http/web/requests.ts';
import { ALL_PARTS, PUBLIC } from '../../../../host/http/web/state.ts';
import type { State } from '../../../../host/http/web/state.ts';
import { DeskDouble, message, serve, TOKEN } from '../builders.ts';
import { until } from '../../../patience.ts';

describe('a panel that finds its daemon', () => {
  it('reads all there is, and is live', async () => {
    await withPanel(async ({ state }) => {
      await state(({ parts }) => Object.keys(parts).length === ALL_PARTS.length);
      expect((await state(isLive)).parts.peers?.map(({ name }) => name)).toContain('alice');
    });
  });

  it('shows what happens as it happens', async () => {
    await withPanel(async ({ desk, state, watch }) => {
      await watch(PUBLIC);
      desk.tell({ kind: 'message', message: message({ key: 40, text: 'just now' }) });
      const { threads } = await state((now) => now.threads[PUBLIC]?.messages.at(-1)?.key === 40);
      expect(threads[PUBLIC].messages.at(-1)?.text).toBe('just now');
    });
  });

  it('says that what is looked at was read', async () => {
    await withPanel(async ({ desk, state, watch }) => {
      await watch(PUBLIC);
      await state(({ parts }) => parts.conversations?.[0].unread === 0);
      await until(() => desk.changes.length > 0);
      expect(desk.changes.at(-1)).toEqual({ read: PUBLIC, key: 1 });
      desk.tell({ kind: 'message', message: message({ key: 40 }) });
      await until(() => JSON.stringify(desk.changes.at(-1)).includes('40'));
      expect(desk.changes.at(-1)).toEqual({ read: PUBLIC, key: 40 });
    });
  });

  it('says why something was refused, in the words of the daemon', async () => {
    await withPanel(async ({ panel, state }) => {
      await state(isLive);
      const sent = panel.send('nobody', 'hello');
      await expect(sent).rejects.toThrow(/nobody is called nobody$/);
      expect(panel.state.connection.kind).toBe('live');
    });
  });
});

describe('a panel whose daemon goes away', () => {
  it('says so, and goes on from its cursor when it is back', async () => {
    await withPanel(async ({ desk, state, watch, restart, waits }) => {
      await watch(PUBLIC);
      desk.tell({ kind: 'note', device: 'd1', name: 'gate', text: 'open' });
      await state(({ log }) => log.length === 1);
      const back = await restart(async () => {
        await state(({ connection }) => connection.kind === 'lost');
        desk.tell({ kind: 'message', message: message({ key: 41, text: 'meanwhile' }) });
      });
      await back();
      const { threads, log } = await state(
        (now) => now.threads[PUBLIC].messages.at(-1)?.key === 41,
      );
      expect(threads[PUBLIC].messages.filter(({ key }) => key === 41).length).toBe(1);
      expect(log.some(({ text }) => text.includes('missed'))).toBe(false);
      expect(waits[0]).toBe(RETRY_MS[0]);
    });
  });

  it('reads everything again where no cursor leads on', async () => {
    await withPanel(async ({ desk, state, restart, panel }) => {
      await state(({ parts }) => parts.map !== undefined);
      const back = await restart(() => state(({ connection }) => connection.kind === 'lost'));
      desk.map = () => ({ self: 'other', islands: [], links: [] });
      await back();
      await state(({ parts }) => parts.map?.self === 'other');
      expect(panel.state.log.some(({ text }) => text.includes('missed'))).toBe(true);
    });
  });

  it('reads everything again when the daemon says that events were left out', async () => {
    await withPanel(async ({ desk, state }) => {
      await state(({ parts }) => parts.map !== undefined);
      desk.map = () => ({ self: 'other', islands: [], links: [] });
      desk.tell({ kind: 'gap' });
      await state(({ parts }) => parts.map?.self === 'other');
    });
  });

  it('waits longer each time, and never gives up', async () => {
    await withPanel(async ({ state, restart, waits }) => {
      await state(isLive);
      const back = await restart(() => until(() => waits.length > RETRY_MS.length + 1));
      await back();
      await state(isLive);
      expect(waits.slice(0, RETRY_MS.length)).toEqual(RETRY_MS);
      expect(waits[RETRY_MS.length]).toBe(RETRY_MS.at(-1));
    });
  });
});

describe('a token', () => {
  it('that is not taken shuts the page, without trying for ever', async () => {
    await withPanel(
      async ({ state, waits }) => {
        await state(({ connection }) => connection.kind === 'shut');
        expect(waits).toEqual([]);
      },
      { token: 'f'.repeat(32) },
    );
  });

  it('comes for a code, once', async () => {
    await withPanel(async ({ server }) => {
      const { code } = server().newLogin();
      expect(await logIn(server().url, code)).toBe(TOKEN);
      await expect(logIn(server().url, code)).rejects.toThrow(/serves once/);
    });
  });

  it('is not needed where the daemon is open to this machine', async () => {
    await withPanel(({ state }) => state(isLive), { token: '', isOpenOnLoopback: true });
    await withPanel(async ({ server }) => {
      expect(await isOpen(server().url)).toBe(false);
    });
  });
});

type Bench = {
  desk: DeskDouble;
  panel: Panel;
  /** Waits of the feed, as they began. They are cut short here. */
  waits: number[];
  server(): HttpServer;
  /** The first state that is so. */
  state(is: (state: State) => boolean): Promise<State>;
  /** Looks at a conversation, and waits until it is there. */
  watch(conversation: string): Promise<void>;
  /** Closes the server; what it gives opens another one at the same address. */
  restart(meanwhile: () => Promise<unknown>): Promise<() => Promise<void>>;
};

async function withPanel(
  run: (bench: Bench) => Promise<unknown>,
  { token = TOKEN, isOpenOnLoopback = false } = {},
): Promise<void> {
  const desk = new DeskDouble();
  let { server } = await serve(desk, { isOpenOnLoopback });
  const { port, url } = server;
  const waits: number[] = [];
  const panel = new Panel(url, token, portsOf(waits));
  const state = async (is: (state: State) => boolean): Promise<State> => {
    await until(() => is(panel.state));
    return panel.state;
  };
  try {
    panel.open();
    await run({
      desk,
      panel,
      waits,
      state,
      server: () => server,
      async watch(conversation) {
        await state(({ connection, parts }) => connection.kind === 'live' && !!parts.conversations);
        panel.watch(conversation);
        await state(({ threads }) => threads[conversation] !== undefined);
      },
      async restart(meanwhile) {
        await server.close();
        await meanwhile();
        return async () => {
          ({ server } = await serve(desk, { isOpenOnLoopback, port }));
        };
      },
    });
  } finally {
    panel.close();
    await server.close();
  }
}

function portsOf(waits: number[]): PanelPorts {
  return {
    open(url, protocols, told) {
      const socket = new WebSocket(url, protocols);
      socket.on('open', () => told.opened());
      socket.on('message', (text) => told.received(String(text)));
      socket.on('close', () => told.closed());
      socket.on('error', () => {});
      return socket;
    },
    later(ms, call) {
      if (RETRY_MS.includes(ms)) waits.push(ms);
      const timer = setTimeout(call, Math.min(ms, 20));
      return () => clearTimeout(timer);
    },
    unixMs: () => Date.now(),
  };
}

function isLive({ connection }: State): boolean {
  return connection.kind === 'live';
}
