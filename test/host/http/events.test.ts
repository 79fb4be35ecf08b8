/**
 * Whoever listens hears everything once and in order, from the cursor he names; who is slow costs
 * little and is told what he missed (RELIABILITY R14).
 */
import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
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

it('refuses one listener too many', async () => {
  await serving(
    async (running) => {
      await listen(running, null);
      await expect(listen(running, null)).rejects.toThrow('503 TOO_MANY');
    },
    { limits: { readersMax: 1 } },
  );
});

type Ear = { hear(count: number): Promise<EventView[]>; socket: WebSocket };

/** Listens as a page does. */
function listen({ server }: Running, after: string | null, token = TOKEN): Promise<Ear> {
  const query = after === null ? '' : `?after=${after}`;
  const url = `${server.url.replace('http', 'ws')}/api/v1/events${query}`;
  const socket = new WebSocket(url, ['hopline', `token.${token}`]);
  const heard: EventView[] = [];
  let wake = (): void => {};
  socket.on('message', (data) => {
    heard.push(JSON.parse(String(data)) as EventView);
    wake();
  });
  const hear = async (count: number): Promise<EventView[]> => {
    while (heard.length < count) await new Promise<void>((resolve) => (wake = resolve));
    return heard;
  };
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve({ hear, socket }));
    socket.on('error', reject);
    socket.on('unexpected-response', (_, response) => {
      let body = '';
      response.on('data', (chunk) => (body += String(chunk)));
      response.on('end', () => {
        const { error } = JSON.parse(body) as { error: { code: string } };
        reject(new Error(`${response.statusCode} ${error.code}`));
      });
    });
  });
}
