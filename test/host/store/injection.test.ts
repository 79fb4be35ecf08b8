/**
 * Whatever stands in a text, it is a text: no string changes the tables or any row but its own, every
 * one comes back as it was, and no statement is built from parts (RELIABILITY R21).
 */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { StoreWrite } from '../../../host/types.ts';
import { walk } from '../../../tools/build/syntax.ts';
import { treeOf } from '../../tidy/tree.ts';
import { entry, id, NOW, said, withStore } from './builders.ts';
import { HOSTILE } from './hostile.ts';
import { countsOf, schemaOf } from './tables.ts';

it.each(Object.entries(HOSTILE))(
  'takes the strings of %s as they are, in every field',
  (_, strings) => {
    withStore((store) => {
      const before = schemaOf(store.path);
      store.commit(strings.flatMap(everywhere));
      expect(schemaOf(store.path)).toBe(before);
      expect(countsOf(store.path)).toMatchObject({
        messages: strings.length,
        conversations: strings.length,
        outbox: strings.length,
        // And the store's own.
        settings: strings.length + 1,
        budgets: strings.length,
      });
      for (const text of strings) {
        const name = { conversation: text, sender: id(1), id: text };
        expect(store.messages.find(name)).toMatchObject({ ...name, text, reason: text });
        expect(store.settings.get(text)).toBe(text);
        expect(store.ledger.budget(text)?.link).toBe(text);
        expect(store.messages.before(text, 9e15, 10)).toHaveLength(1);
        store.messages.search(text, 9e15, 10);
      }
      expect(store.outbox.all().map(({ id }) => id)).toEqual(strings);
      expect(store.peers.named(strings.at(-1)!)[0].name).toBe(strings.at(-1));
      store.commit(strings.map((text) => ({ kind: 'setting', name: text, value: null })));
      expect(countsOf(store.path)).toMatchObject({ settings: 1, messages: strings.length });
    });
  },
  60_000,
);

it('prepares every statement from a text that stands in the source', () => {
  const folder = join(import.meta.dirname, '../../../host/store');
  const texts = new Map(
    fs.readdirSync(folder).map((file) => [file, fs.readFileSync(join(folder, file), 'utf8')]),
  );
  const built: string[] = [];
  let statements = 0;
  for (const { path, program } of treeOf(texts).sources) {
    walk(program, (node) => {
      if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression') return;
      const { property } = node.callee;
      if (property.type !== 'Identifier' || !['prepare', 'exec'].includes(property.name)) return;
      statements++;
      const [sql] = node.arguments;
      const isText = sql?.type === 'Literal' && typeof sql.value === 'string';
      if (!isText) built.push(`${path} ${property.name}`);
    });
  }
  expect(statements).toBeGreaterThan(40);
  // The steps of the schema, for a store and for the model it is compared with.
  expect(built).toEqual(['migrate.ts exec', 'migrate.ts exec']);
});

function everywhere(text: string): StoreWrite[] {
  const name = { conversation: text, sender: id(1), id: text };
  return [
    said({ ...name, text }),
    { kind: 'message-state', ...name, state: 'failed', reason: text },
    { kind: 'outbox', entry: entry({ id: text }) },
    { kind: 'peer-heard', id: id(6), name: text, announce: null, at: NOW },
    { kind: 'setting', name: text, value: text },
    { kind: 'budget', budget: { link: text, level: 1, at: NOW } },
    { kind: 'line', line: { node: id(8), address: text, name: text, addedAt: NOW } },
  ];
}
