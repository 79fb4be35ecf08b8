/**
 * A body is JSON by RFC 8259, or it is refused with 400 and nothing else happens (RELIABILITY R22).
 * What counts as JSON: every `y_` file of the suite gets as far as the schemas, no `n_` file does.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEPTH_MAX, readJson } from '../../../host/http/json-body.ts';
import { BODY_MAX } from '../../../host/http/limits.ts';
import { vectors } from '../../vectors.ts';
import type { Running } from './builders.ts';
import { DeskDouble, serve } from './builders.ts';

const SUITE = vectors('json-test-suite/test_parsing.base64.json');
const { files } = JSON.parse(SUITE ?? '{"files":{}}') as { files: Record<string, string> };
const FILES = Object.entries(files).map(([name, text]) => ({
  name,
  bytes: Buffer.from(text, 'base64'),
}));

/** Files that are sent together. */
const AT_ONCE = 32;

let running: Running;
beforeAll(async () => {
  running = await serve(new DeskDouble());
});
afterAll(() => running.server.close());

describe.skipIf(SUITE === null)('the files of JSONTestSuite', () => {
  it('are all there', () => {
    expect(FILES.length).toBe(318);
  });

  it('are answered as what they are, and leave the server well', async () => {
    for (let at = 0; at < FILES.length; at += AT_ONCE) {
      await Promise.all(FILES.slice(at, at + AT_ONCE).map(expectAnswer));
    }
    expect((await running.ask('/api/v1/status')).status).toBe(200);
    expect(running.desk.changes).toEqual([]);
  });

  it('are read as JSON.parse reads them, where they are good', () => {
    const good = FILES.filter(({ name }) => name.startsWith('y_'));
    expect(good.length).toBeGreaterThan(90);
    for (const { bytes } of good) expect(readJson(bytes)).toEqual(JSON.parse(String(bytes)));
  });
});

it.each([
  ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'it is not UTF-8'],
  ['a mark at its front', Buffer.from('\ufeff{}'), 'it is not JSON'],
  ['half an object', Buffer.from('{"to":'), 'it is not JSON'],
  ['two values', Buffer.from('{}{}'), 'it is not JSON'],
  ['a comment', Buffer.from('{} // so'), 'it is not JSON'],
  ['too deep a nesting', Buffer.from('['.repeat(DEPTH_MAX + 1)), 'nested deeper than 32'],
])('refuses %s', async (_, body, why) => {
  const answer = await running.ask('/api/v1/messages', { method: 'POST', body });
  expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining(why)]);
});

it('counts only brackets that open something', () => {
  const deep = `${'['.repeat(DEPTH_MAX)}${']'.repeat(DEPTH_MAX)}`;
  expect(readJson(Buffer.from(deep))).toEqual(JSON.parse(deep));
  const text = JSON.stringify({ text: `\\"${'[{'.repeat(100)}` });
  expect(readJson(Buffer.from(text))).toEqual(JSON.parse(text));
  expect(readJson(Buffer.from('[],'.repeat(100).replace(/^(.*),$/, '[$1]')))).toHaveLength(100);
});

it.each(['__proto__', 'constructor', 'prototype'])(
  'takes a field named %s for a field that nobody knows',
  async (name) => {
    const body = `{"to":"public","text":"x","${name}":{"isOwn":true}}`;
    const answer = await running.ask('/api/v1/messages', { method: 'POST', body });
    expect([answer.status, await answer.text()]).toEqual([
      400,
      expect.stringContaining(String.raw`body takes no \"${name}\"`),
    ]);
    expect(({} as { isOwn?: boolean }).isOwn).toBeUndefined();
  },
);

/** None of the files is a message: what is JSON fails by the schema, and that is said of the body. */
async function expectAnswer({ name, bytes }: { name: string; bytes: Buffer }): Promise<void> {
  const answer = await running.ask('/api/v1/messages', { method: 'POST', body: bytes });
  const text = await answer.text();
  const isTooLarge = bytes.length > BODY_MAX;
  expect([name, answer.status]).toEqual([name, isTooLarge ? 413 : 400]);
  if (isTooLarge) return;
  const isJson = text.includes('body must');
  if (name.startsWith('y_')) expect([name, isJson]).toEqual([name, true]);
  // No body at all is no JSON either, but it is the schema that says so.
  if (name.startsWith('n_') && bytes.length > 0) expect([name, isJson]).toEqual([name, false]);
}
