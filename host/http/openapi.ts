/**
 * OpenAPI: the document of the routes. It is written from the same values that the server routes by;
 * schemas with a title stand in it once and are referred to.
 */
import type { Route } from './route.ts';
import type { Schema } from './schema.ts';
import { named, object, text } from './schema.ts';
import { EVENT } from './shapes.ts';

export type Api = {
  openapi: '3.1.0';
  info: { title: string; version: string; description: string };
  paths: Record<string, Record<string, unknown>>;
  components: { schemas: Record<string, unknown>; securitySchemes: Record<string, unknown> };
};

const ABOUT = `The bridge on this machine, as its page and \`hopline chat\` see it.

Every request carries the token of the data folder: \`authorization: Bearer TOKEN\`. What changes
something is JSON, with \`content-type: application/json\`, and is answered when it is durable. Ids are
lowercase hex, times are Unix milliseconds, and what is unknown is null.`;

const FAILURE = named(
  'Failure',
  object<{ error: { code: string; message: string } }>({
    error: object<{ code: string; message: string }>({
      code: text({ about: 'never changes its meaning' }),
      message: text({ about: 'for people' }),
    }),
  }),
);

export const EVENTS_PATH = '/api/v1/events';

export function documentOf(routes: Route[], version: string): Api {
  const schemas: Record<string, unknown> = {};
  const paths: Api['paths'] = {};
  const refer = (schema: unknown): unknown => referred(schema, schemas);
  for (const route of routes) {
    const at = (paths[route.path] ??= {});
    at[route.method.toLowerCase()] = operation(route, refer);
  }
  paths[EVENTS_PATH] = { get: eventsOperation(refer) };
  return {
    openapi: '3.1.0',
    info: { title: 'Hopline', version, description: ABOUT },
    paths,
    components: {
      schemas,
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
  };
}

function operation(route: Route, refer: (schema: unknown) => unknown): object {
  const { summary, access, params, query, body, answer, textType } = route;
  const parameters = [
    ...parametersIn('path', params, refer),
    ...parametersIn('query', query, refer),
  ];
  return {
    summary,
    security: access === 'public' ? [] : [{ token: [] }],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body === null ? {} : { requestBody: { required: true, content: json(refer(body)) } }),
    responses: {
      ...(answer === null
        ? { 204: { description: 'done' } }
        : { 200: { description: 'so it is', content: contentOf(refer(answer), textType) } }),
      default: { description: 'why not', content: json(refer(FAILURE)) },
    },
  };
}

/** OpenAPI has no words for what follows an upgrade, so they are said here. */
function eventsOperation(refer: (schema: unknown) => unknown): object {
  refer(EVENT);
  return {
    summary: 'what happens, as it happens: a WebSocket',
    description:
      'Each frame is one Event. Offer the subprotocols `hopline` and `token.TOKEN`. A reader that is' +
      ' too slow, or whose cursor is not known any more, is sent an event of the kind `gap`: then' +
      ' read again what is shown.',
    security: [{ token: [] }],
    parameters: [
      {
        name: 'after',
        in: 'query',
        required: false,
        description: 'the cursor of the last event that was read; without one events begin now',
        schema: { type: 'string' },
      },
    ],
    responses: {
      101: { description: 'events follow' },
      default: { description: 'why not', content: json(refer(FAILURE)) },
    },
  };
}

function parametersIn(
  place: 'path' | 'query',
  schema: Schema<never> | null,
  refer: (schema: unknown) => unknown,
): object[] {
  if (schema === null) return [];
  const required = (schema['required'] ?? []) as string[];
  return Object.entries(schema['properties'] as Record<string, Schema<unknown>>).map(
    ([name, { description, ...rest }]) => ({
      name,
      in: place,
      required: required.includes(name),
      ...(description === undefined ? {} : { description }),
      schema: refer(rest),
    }),
  );
}

function json(schema: unknown): object {
  return contentOf(schema, null);
}

function contentOf(schema: unknown, textType: string | null): object {
  return { [textType ?? 'application/json']: { schema } };
}

/** The schema with every titled one inside it moved to `schemas`. */
function referred(schema: unknown, schemas: Record<string, unknown>): unknown {
  if (Array.isArray(schema)) return schema.map((item) => referred(item, schemas));
  if (typeof schema !== 'object' || schema === null) return schema;
  const { title, ...rest } = schema as { title?: unknown };
  const copy = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [key, referred(value, schemas)]),
  );
  if (typeof title !== 'string') return copy;
  schemas[title] = copy;
  return { $ref: `#/components/schemas/${title}` };
}
