/**
 * The API over a whole daemon and its store: whatever stands in a text is a text (RELIABILITY R21), and
 * neither keys nor tokens nor what people write is ever in a log or a failure (R23, S21).
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DaemonDesk } from '../../../host/desk.ts';
import { storeIn } from '../../../host/store/folder.ts';
import type { MessageView } from '../../../host/http/views.ts';
import type { Running as RunningDaemon } from '../daemon-rig.ts';
import { openDaemonRig } from '../daemon-rig.ts';
import { HOSTILE } from '../store/hostile.ts';
import { countsOf, schemaOf } from '../store/tables.ts';
import { runs } from '../../seed.ts';
import type { Running } from './builders.ts';
import { ALICE, serve, TOKEN } from './builders.ts';

const rig = openDaemonRig();
let folder: string;
let bridge: RunningDaemon;
let running: Running<DaemonDesk>;
beforeAll(async () => {
  folder = rig.folder();
  bridge = await rig.start(folder);
  running = await serve(new DaemonDesk(bridge.daemon, 'boot'), {
    limits: { requestsPerS: 1e5, requestsBurst: 1e6 },
  });
});
afterAll(async () => {
  await running.server.close();
  await rig.end();
});

/** Of each source of strings, in npm test. */
const SAMPLE = 10;

it.each(Object.entries(HOSTILE))(
  'takes the strings of %s for words, wherever they are asked for',
  async (_, strings) => {
    const path = storeIn(folder);
    // That somebody came with a wrong code is noted, and nothing of the code.
    const kept = (): unknown[] => [schemaOf(path), { ...countsOf(path), audit: 0 }];
    const before = kept();
    for (const text of sample(strings)) {
      for (const [what, init] of Object.entries(requestsWith(text))) {
        const { status } = await running.ask(what, init);
        expect([text, what, status < 500]).toEqual([text, what, true]);
      }
    }
    expect(kept()).toEqual(before);
  },
  120_000,
);

it.each(Object.entries(HOSTILE))(
  'keeps the strings of %s as they are said, and finds their words',
  async (_, strings) => {
    const path = storeIn(folder);
    const before = [schemaOf(path), countsOf(path)['messages']];
    let said = 0;
    for (const text of sample(strings)) {
      const answer = await running.ask('/api/v1/messages', posted({ to: 'public', text }));
      const message = (await answer.json()) as MessageView;
      if (answer.status !== 200) {
        expect([text, answer.status]).toEqual(['', 400]);
        continue;
      }
      said++;
      expect(message.text).toBe(text);
      const page = await running.ask('/api/v1/messages?limit=1');
      expect(await page.json()).toMatchObject({ messages: [{ key: message.key, text }] });
    }
    expect([schemaOf(path), countsOf(path)['messages']]).toEqual([
      before[0],
      Number(before[1]) + said,
    ]);
  },
  120_000,
);

it('says neither keys nor tokens nor words, in its log or in a failure', async () => {
  const { server, ask, logged } = running;
  const { code } = server.newLogin();
  const words = `meet at ${randomBytes(8).toString('hex')}`;
  const failures: string[] = [];
  const failing = async (path: string, init: RequestInit = {}): Promise<void> => {
    const answer = await ask(path, init);
    const text = await answer.text();
    expect([path, answer.status >= 400]).toEqual([path, true]);
    failures.push(text);
  };
  await ask('/api/v1/messages', posted({ to: 'public', text: words }));
  await ask(`/api/v1/search?text=${encodeURIComponent(words)}`);
  await ask('/api/v1/login-codes', posted({}));
  await failing('/api/v1/messages', posted({ to: 'nobody', text: words }));
  await failing('/api/v1/messages', posted({ to: 'public', text: words, also: words }));
  await failing('/api/v1/messages', { method: 'POST', body: `{"text":"${words}` });
  await failing(`/api/v1/status?token=${TOKEN}`);
  await failing(`/${TOKEN}`);
  await failing('/api/v1/login', posted({ code: TOKEN }));
  await failing('/api/v1/login', posted({ code: `${code}0` }));
  await failing('/api/v1/status', { headers: { authorization: `Bearer ${TOKEN}0` } });
  const invited = await ask('/api/v1/invites', posted({ address: 'bridge.example:8334' }));
  const { line } = (await invited.json()) as { line: string };
  const secret = line.slice(line.lastIndexOf('/') + 1);
  await failing('/api/v1/lines', posted({ line: `${line}0` }));

  const keys = [...readFileSync(bridge.daemon.config.keyFile, 'latin1').matchAll(/[0-9a-f]{64}/g)];
  expect(keys.length).toBeGreaterThan(0);
  expect(secret.length).toBeGreaterThanOrEqual(16);
  const heard = [...logged, ...bridge.log, ...failures].join('\n');
  for (const hidden of [TOKEN, code, words, secret, ...keys.map(([key]) => key)]) {
    expect(heard).not.toContain(hidden);
  }
  expect(bridge.log.length).toBeGreaterThan(0);
});

/** Requests with a text wherever one can stand. */
function requestsWith(text: string): Record<string, RequestInit> {
  const word = encodeURIComponent(text);
  return {
    [`/api/v1/peers/${word}`]: {},
    [`/api/v1/peers/${word}/path`]: {},
    [`/api/v1/peers/${word}/ping`]: posted({}),
    [`/api/v1/peers/${word}/trace`]: posted({}),
    [`/api/v1/messages?conversation=${word}`]: {},
    [`/api/v1/messages?before=${word}`]: {},
    [`/api/v1/search?text=${word}`]: {},
    [`/api/v1/events?after=${word}`]: {},
    [`/api/v1/lines/${word}`]: { method: 'DELETE' },
    [`/api/v1/conversations/${word}/read`]: posted({ key: 1 }),
    '/api/v1/messages': posted({ to: text, text }),
    '/api/v1/lines': posted({ line: text }),
    '/api/v1/login': posted({ code: text }),
    [`/api/v1/peers/${ALICE}`]: { ...posted({ standing: text }), method: 'PATCH' },
  };
}

function sample(strings: string[]): string[] {
  const step = Math.ceil(strings.length / runs(SAMPLE, strings.length));
  return strings.filter((_, at) => at % step === 0);
}

function posted(body: object): RequestInit {
  return {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
  };
}
