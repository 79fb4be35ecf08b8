/**
 * Whoever listens hears everything once and in order, from the cursor he names; who is slow costs
 * little and is told what he missed (RELIABILITY R14).
 */
import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { ClientOptions } from 'ws';
import type { EventView } from '../../../host/http/views.ts';
import type { Running } from './builders.ts';
import { ALICE, serving, TOKEN } from './builders.ts';

it('tells what happens, as it happens', async () => {
  await serving(async (running) => {
    const ear = await listen(running, null);
    running.desk.tell({ kind: 'alarm', id: ALICE });
    running.desk.tell({ kind: 'link', link: 1, isUp: true });
    expect(await ear.hear(2)).toMatchObject([
      { cursor: 'b1-1', kind: 'alarm', id: ALICE },
      { cursor: 'b1-2', kind: 'link' },
    ]);
  });
});

it('goes on where a reader stopped, with nothing left out and nothing twice', async () => {
  await serving(async (running) => {
    for (let link = 0; link < 5; link++) running.desk.tell({ kind: 'link', link, isUp: true });
    const ear = await listen(running, 'b1-2');
    running.desk.tell({ kind: 'link', link: 5, isUp: true });
    expect((await ear.hear(4)).map(({ cursor }) => cursor)).toEqual([
      'b1-3',
      'b1-4',
      'b1-5',
      'b1-6',
    ]);
  });
});

it('begins with a gap for a cursor that is not known', async () => {
  await serving(async (running) => {
    running.desk.tell({ kind: 'alarm', id: ALICE });
    const ear = await listen(running, 'a0-7');
    expect(await ear.hear(1)).toMatchObject([{ kind: 'gap' }]);
  });
});

it('refuses one listener too many, and takes the next once one is gone', async () => {
  await serving(
    async (running) => {
      const { socket } = await listen(running, null);
      await expect(listen(running, null)).rejects.toThrow('503 TOO_MANY');
      socket.terminate();
      await expect.poll(() => listen(running, null)).toBeTruthy();
    },
    { limits: { readersMax: 1 } },
  );
});

it.each([
  ['no token', null, '401 TOKEN_REFUSED'],
  ['a wrong token', TOKEN.replace('0', '1'), '401 TOKEN_REFUSED'],
])('refuses a page with %s', async (_, token, why) => {
  await serving(async (running) => {
    await expect(listen(running, null, token)).rejects.toThrow(why);
  });
});

it.each([
  ['/api/v1/status', '404 NOT_FOUND'],
  ['/api/v1/events/', '404 NOT_FOUND'],
  [`/api/v1/events?after=${'x'.repeat(65)}`, '400 REQUEST_INVALID'],
])('does not open %s', async (path, why) => {
  await serving(async ({ server }) => {
    await expect(open(`${server.url}${path}`, TOKEN)).rejects.toThrow(why);
  });
});

it('lets a reader be slow, and the others none the wiser', async () => {
  await serving(
    async (running) => {
      const slow = await listen(running, null);
      const fast = await listen(running, null);
      slow.socket.pause();
      // More than a ring of the desk, and than what the system keeps for a reader that sleeps.
      const text = 'x'.repeat(16_000);
      const rounds = 20;
      for (let round = 1; round <= rounds; round++) {
        for (let i = 0; i < 100; i++) {
          running.desk.tell({ kind: 'note', device: 'button', name: 'door', text });
        }
        await fast.hear(round * 100);
      }
      expect((await fast.hear(rounds * 100)).some(({ kind }) => kind === 'gap')).toBe(false);
      slow.socket.resume();
      const last = running.desk.tell({ kind: 'alarm', id: ALICE });
      const heard = await slow.until(({ cursor }) => cursor === last.cursor);
      expect(heard.filter(({ kind }) => kind === 'gap')).toHaveLength(1);
      const cursors = heard.map(({ cursor }) => Number(cursor.slice(3)));
      expect(cursors).toEqual([...cursors].sort((a, b) => a - b));
    },
    { limits: { waitingMax: 64 * 1024 } },
  );
});

it('lets go of a reader that answers no ping', async () => {
  await serving(
    async (running) => {
      const well = await listen(running, null);
      const gone = await listen(running, null, TOKEN, { autoPong: false });
      const closed = new Promise((resolve) => gone.socket.on('close', resolve));
      await closed;
      running.desk.tell({ kind: 'alarm', id: ALICE });
      expect(await well.hear(1)).toMatchObject([{ kind: 'alarm' }]);
    },
    { limits: { pingMs: 200 } },
  );
});

it('lets go of a reader that says too much', async () => {
  await serving(async (running) => {
    const { socket } = await listen(running, null);
    const closed = new Promise<number>((resolve) => socket.on('close', resolve));
    socket.send('x'.repeat(2000));
    expect(await closed).toBe(1009);
  });
});

it('says goodbye when the bridge ends', async () => {
  const closed = await serving(async (running) => {
    const { socket } = await listen(running, null);
    return new Promise<number>((resolve) => {
      socket.on('close', resolve);
      void running.server.close();
    });
  });
  expect(closed).toBe(1001);
});

type Ear = {
  /** So many events, or more. */
  hear(count: number): Promise<EventView[]>;
  until(is: (event: EventView) => boolean): Promise<EventView[]>;
  socket: WebSocket;
};

/** Listens as a page does. */
function listen(
  { server }: Running,
  after: string | null,
  token: string | null = TOKEN,
  options: ClientOptions = {},
): Promise<Ear> {
  const query = after === null ? '' : `?after=${after}`;
  return open(`${server.url}/api/v1/events${query}`, token, options);
}

function open(url: string, token: string | null, options: ClientOptions = {}): Promise<Ear> {
  const protocols = token === null ? ['hopline'] : ['hopline', `token.${token}`];
  const socket = new WebSocket(url.replace('http', 'ws'), protocols, options);
  const heard: EventView[] = [];
  let wake = (): void => {};
  socket.on('message', (bytes) => {
    heard.push(JSON.parse(String(bytes)) as EventView);
    wake();
  });
  const wait = async (isDone: () => boolean): Promise<EventView[]> => {
    while (!isDone()) await new Promise<void>((resolve) => (wake = resolve));
    return heard;
  };
  const ear = {
    socket,
    hear: (count: number) => wait(() => heard.length >= count),
    until: (is: (event: EventView) => boolean) => wait(() => heard.some(is)),
  };
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve(ear));
    socket.on('error', reject);
    socket.on('unexpected-response', (request, response) => {
      let body = '';
      response.on('data', (chunk) => (body += String(chunk)));
      response.on('end', () => {
        request.destroy();
        const { error } = JSON.parse(body) as { error: { code: string } };
        reject(new Error(`${response.statusCode} ${error.code}`));
      });
    });
  });
}
