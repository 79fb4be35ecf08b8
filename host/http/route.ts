/**
 * Route: one thing that can be asked over HTTP, as one value. The server routes by it, and the OpenAPI
 * document is written from it, so neither knows a route that the other does not.
 */
import type { Desk } from './desk.ts';
import type { Logins } from './logins.ts';
import type { Tally } from './tally.ts';
import type { Schema } from './schema.ts';

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** What handlers may use. */
export type Context = {
  desk: Desk;
  logins: Logins;
  /** The OpenAPI document. */
  document: object;
  /** How requests were answered. */
  tally: Tally;
};

/** A request that passed the guard and its schemas. */
export type Asked<Params, Query, Body> = {
  params: Params;
  query: Query;
  body: Body;
  /** The address of whoever asks. */
  from: string;
};

export type Route = {
  method: Method;
  /** Parameters in braces, as OpenAPI writes them. */
  path: string;
  summary: string;
  /** `public` ones are answered without a token, and tell nothing about this bridge or its peers. */
  access: 'token' | 'public';
  params: Schema<never> | null;
  query: Schema<never> | null;
  body: Schema<never> | null;
  /** Null: nothing, with status 204. */
  answer: Schema<never> | null;
  /** The media type of a text; null for JSON. */
  textType: string | null;
  handle(asked: Asked<never, never, never>, context: Context): unknown;
};

type Described<Params, Query, Body, Answer> = {
  method: Method;
  path: string;
  summary: string;
  access?: Route['access'];
  params?: Schema<Params>;
  query?: Schema<Query>;
  body?: Schema<Body>;
  answer?: Schema<Answer>;
  textType?: string;
  handle(asked: Asked<Params, Query, Body>, context: Context): Answer | Promise<Answer>;
};

/** The types of the handler's arguments are those of the schemas. */
export function route<Params = null, Query = null, Body = null, Answer = void>(
  described: Described<Params, Query, Body, Answer>,
): Route {
  const { method, path, summary, access = 'token', handle } = described;
  const { params = null, query = null, body = null, answer = null, textType = null } = described;
  return { method, path, summary, access, params, query, body, answer, textType, handle } as never;
}
