/**
 * App: Fastify, taught our routes, our guard and our words. Nothing else of it is used: no plugins, no
 * logger, no coercion.
 */
import { performance } from 'node:perf_hooks';
import type { Socket } from 'node:net';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { fastify } from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Buckets } from '../../protocol/core/buckets.ts';
import { HoplineError } from '../../protocol/errors.ts';
import { Connections } from './connections.ts';
import { failureOf, isFault, unlike } from './failures.ts';
import type { Failure } from './failures.ts';
import type { Guard, Head } from './guard.ts';
import { readJson } from './json-body.ts';
import type { HttpLimits } from './limits.ts';
import { BODY_MAX, HEAD_MAX } from './limits.ts';
import type { Context, Route } from './route.ts';
import type { WebFile } from './web-files.ts';

/** What the log of a daemon offers. It is told of paths and statuses, never of what was asked. */
export type HttpLog = Record<
  'debug' | 'info' | 'warn' | 'error',
  (words: string, facts?: Record<string, string | number | boolean | null>) => void
>;

export type AppParts = {
  routes: Route[];
  files: Map<string, WebFile>;
  guard: Guard;
  context: Context;
  limits: HttpLimits;
  log: HttpLog;
};

export function buildApp({
  routes,
  files,
  guard,
  context,
  limits,
  log,
}: AppParts): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: BODY_MAX,
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.idleMs,
    // Of an answer that is not read, too.
    connectionTimeout: limits.idleMs,
    http: {
      headersTimeout: limits.headMs,
      connectionsCheckingInterval: Math.ceil(limits.headMs / 4),
      maxHeaderSize: HEAD_MAX,
      // A missing Host is the guard's to refuse, in our words.
      requireHostHeader: false,
    },
    // What a request says is taken as it is, or refused: nothing is turned into what it is not.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false } },
    // How long a name may be its schema says, and not the router.
    routerOptions: { maxParamLength: HEAD_MAX },
    frameworkErrors: (cause, request, reply) => refuseUnread(cause, request, reply),
    clientErrorHandler: (cause, socket) => refuseBroken(cause.code, socket),
  });
  const connections = new Connections(app.server, limits.connectionsMax);
  context.tally.connections = () => connections.size;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_, body, done) => {
    try {
      done(null, readJson(body as Buffer));
    } catch (cause) {
      done(cause as Error);
    }
  });
  const rate = { perSecond: limits.requestsPerS, burst: limits.requestsBurst };
  const requests = new Buckets(1, rate, 0);
  const receive = (request: FastifyRequest, reply: FastifyReply): void => {
    reply.headers(HEADERS);
    if (connections.unreadBy(request.raw.socket) >= limits.unreadMax) {
      throw new HoplineError('TOO_OFTEN', 'read what was answered before');
    }
    // A stranger who asks all the time takes nothing from those who have the token.
    const purse = guard.isKnown(headOf(request.raw)) ? 0 : 1;
    if (requests.take(purse, 0, performance.now())) return;
    throw new HoplineError('TOO_OFTEN', `ask at most ${limits.requestsPerS} times a second`);
  };
  /** A path that cannot be read has no route, and so no hooks. */
  const refuseUnread = (why: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    let refusal = why;
    try {
      receive(request, reply);
      guard.check(headOf(request.raw), 'public');
    } catch (cause) {
      refusal = cause;
    }
    answer(reply, failureOf(refusal));
    context.tally.answered(reply.statusCode);
  };
  app.addHook('onRequest', async (request, reply) => receive(request, reply));
  app.addHook('onResponse', async (request, reply) => {
    const { method } = request;
    context.tally.answered(reply.statusCode);
    const tookMs = Math.round(reply.elapsedTime);
    log.debug('answered', { method, path: placeOf(request), status: reply.statusCode, tookMs });
  });
  app.setErrorHandler((cause, request, reply) => {
    if (isFault(cause)) {
      const { stack } = cause as Error;
      log.error('a request failed', { path: placeOf(request), cause: stack ?? String(cause) });
    }
    return answer(reply, failureOf(cause));
  });
  app.setNotFoundHandler((request, reply) => {
    guard.check(headOf(request.raw), 'public');
    const detail = 'GET /openapi.json lists what can be asked';
    return answer(reply, failureOf(new HoplineError('NOT_FOUND', detail)));
  });
  for (const route of routes) addRoute(app, route, guard, context);
  for (const [path, file] of files) addFile(app, path, file, guard);
  return app;
}

/** A page of ours runs what came from here, talks to here, and stands in nobody's frame. */
const HEADERS = {
  'content-security-policy':
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

function addRoute(app: FastifyInstance, route: Route, guard: Guard, context: Context): void {
  const { params, query, body, answer, textType } = route;
  const takesBody = route.method === 'POST' || route.method === 'PATCH';
  app.route({
    method: route.method,
    url: route.path.replace(/\{(\w+)\}/g, ':$1'),
    onRequest: async (request) => guard.check(headOf(request.raw), route.access),
    preValidation: async (request) => {
      request.query = numbered(request.query as Record<string, unknown>, query);
      if (params !== null) check(request, 'params', params);
      if (takesBody) check(request, 'body', body ?? NOTHING);
      check(request, 'query', query ?? NOTHING);
    },
    handler: async (request, reply) => {
      const { params, query, body, ip: from } = request;
      const value = await route.handle({ params, query, body, from } as never, context);
      reply.header('cache-control', 'no-store');
      if (textType !== null) return reply.type(textType).send(value);
      if (answer === null) return reply.status(204).send();
      return reply
        .type(JSON_TYPE)
        .send(reply.serializeInput(value as Record<string, unknown>, answer));
    },
  });
}

const JSON_TYPE = 'application/json; charset=utf-8';

/**
 * Judges a part of a request by its schema. That is compiled when it is first asked for, as those of
 * answers are: all of them together took a sixth of a bridge's start.
 */
function check(request: FastifyRequest, part: 'params' | 'body' | 'query', schema: object): void {
  const isValid = request.compileValidationSchema(schema);
  if (isValid(request[part] ?? null)) return;
  throw unlike(part, isValid.errors![0]);
}

/** Where a route takes no query, or no body. */
const NOTHING = { type: ['object', 'null'], maxProperties: 0 };

/** A query is all text; where a number is meant, digits are one. */
function numbered(query: Record<string, unknown>, schema: Route['query']): Record<string, unknown> {
  const fields = (schema?.['properties'] ?? {}) as Record<string, { type?: unknown }>;
  return Object.fromEntries(
    Object.entries(query).map(([name, value]) => {
      const isNumber = fields[name]?.type === 'integer' && /^\d{1,16}$/.test(String(value));
      return [name, isNumber ? Number(value) : value];
    }),
  );
}

function addFile(app: FastifyInstance, path: string, file: WebFile, guard: Guard): void {
  const caching = file.isForEver ? 'public, max-age=31536000, immutable' : 'no-cache';
  app.route({
    method: 'GET',
    url: path,
    onRequest: async (request) => guard.check(headOf(request.raw), 'file'),
    handler: async (request, reply) => {
      reply.headers({ etag: file.etag, 'cache-control': caching });
      if (request.headers['if-none-match'] === file.etag) return reply.status(304).send();
      return reply.type(file.type).send(file.bytes);
    },
  });
}

/** An answer where there is no Fastify to give it. */
export function refuse(socket: Duplex, { status, body }: Failure): void {
  const text = JSON.stringify(body);
  const lines = [
    `HTTP/1.1 ${status} Refused`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(text)}`,
    'connection: close',
    '',
    text,
  ];
  socket.end(lines.join('\r\n'), () => socket.destroy());
}

function refuseBroken(code: string | undefined, socket: Socket): void {
  if (code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const detail =
    code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'it took too long to come' : 'that is no HTTP request';
  refuse(socket, failureOf(new HoplineError('REQUEST_INVALID', detail)));
}

function answer(reply: FastifyReply, { status, body }: Failure): FastifyReply {
  return reply
    .status(status)
    .header('cache-control', 'no-store')
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(body));
}

export function headOf({ method, url, rawHeaders, socket }: IncomingMessage): Head {
  const address = socket.remoteAddress ?? '';
  return { method: method ?? '', url: url ?? '', rawHeaders, address };
}

/** As the route has it: what stands in its place may be somebody's name. */
function placeOf(request: FastifyRequest): string {
  return request.routeOptions.url ?? 'none of ours';
}
