/**
 * The document is whole: it lists every route there is and nothing else, and refers to nothing that it
 * does not say.
 */
import { Ajv } from 'ajv';
import { expect, it } from 'vitest';
import { documentOf, EVENTS_PATH } from '../../../host/http/openapi.ts';
import { ROUTES } from '../../../host/http/routes/all.ts';
import { serving } from './builders.ts';

type Operation = {
  summary: string;
  security: object[];
  parameters?: { name: string; in: string; required: boolean; schema: object }[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { description: string }>;
};

const DOCUMENT = documentOf(ROUTES, '1.2.3');
const OPERATIONS = Object.entries(DOCUMENT.paths).flatMap(([path, methods]) =>
  Object.entries(methods as Record<string, Operation>).map(([method, operation]) => ({
    path,
    method: method.toUpperCase(),
    operation,
  })),
);

it('lists every route, and the events', () => {
  const listed = OPERATIONS.map(({ method, path }) => `${method} ${path}`).sort();
  const routed = ROUTES.map(({ method, path }) => `${method} ${path}`);
  expect(listed).toEqual([...routed, `GET ${EVENTS_PATH}`].sort());
  expect(new Set(routed).size).toBe(routed.length);
});

it('resolves every reference, and holds no schema that nobody refers to', () => {
  const references = [...JSON.stringify(DOCUMENT).matchAll(/"\$ref":"([^"]+)"/g)].map(
    ([, at]) => at,
  );
  const schemas = Object.keys(DOCUMENT.components.schemas);
  const known = schemas.map((name) => `#/components/schemas/${name}`);
  expect(references.length).toBeGreaterThan(40);
  expect(references.filter((reference) => !known.includes(reference))).toEqual([]);
  // Events come in frames, which OpenAPI has no words for.
  expect(known.filter((name) => !references.includes(name))).toEqual([
    '#/components/schemas/Event',
  ]);
});

it('has schemas that can be checked by, though each is compiled only when it is asked for', () => {
  const ajv = new Ajv({ strict: true, allowUnionTypes: true });
  for (const { params, query, body, answer } of ROUTES) {
    for (const schema of [params, query, body, answer]) if (schema !== null) ajv.compile(schema);
  }
});

it.each(OPERATIONS)('says what $method $path takes and gives', ({ path, method, operation }) => {
  const { summary, security, parameters = [], requestBody, responses } = operation;
  expect(summary).toMatch(/^\S.{5,}[^.]$/);
  const inPath = parameters.filter((parameter) => parameter.in === 'path');
  expect(inPath.map(({ name }) => `{${name}}`)).toEqual(path.match(/\{\w+\}/g) ?? []);
  expect(inPath.every(({ required }) => required)).toBe(true);
  expect(requestBody === undefined || method !== 'GET').toBe(true);
  expect(Object.keys(responses)).toContain('default');
  expect(Object.keys(responses).length).toBe(2);
  const isPublic = ROUTES.some(
    (route) => route.method === method && route.path === path && route.access === 'public',
  );
  expect(security).toEqual(isPublic ? [] : [{ token: [] }]);
});

it('gives one schema to a name, whoever uses it', () => {
  const seen = new Map<string, unknown>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const { title } = value as { title?: unknown };
    if (typeof title === 'string') {
      if (seen.has(title)) expect(value).toEqual(seen.get(title));
      seen.set(title, value);
    }
    for (const inner of Object.values(value)) visit(inner);
  };
  for (const route of ROUTES) visit([route.params, route.query, route.body, route.answer]);
  expect(seen.size).toBeGreaterThan(10);
});

it('is what the server gives to anybody who asks', async () => {
  await serving(async ({ server }) => {
    const answer = await fetch(`${server.url}/openapi.json`);
    expect(await answer.json()).toEqual(JSON.parse(JSON.stringify(documentOf(ROUTES, '0.1.0'))));
  });
});
