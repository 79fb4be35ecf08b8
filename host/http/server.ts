/**
 * Server: the API and the page of a bridge, on one port of this machine. It asks the desk for all it
 * says, and owns nothing but connections, login codes and the cursors of those who listen.
 */
import type { IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { fastify } from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { HoplineError } from '../../protocol/errors.ts';
import type { Desk } from './desk.ts';
import { Events, READERS_MAX } from './events.ts';
import { BODY_MAX, failureOf, isFault } from './failures.ts';
import type { Failure } from './failures.ts';
import { Guard } from './guard.ts';
import type { Head } from './guard.ts';
import { readJson } from './json-body.ts';
import type { LoginCode } from './logins.ts';
import { Logins } from './logins.ts';
import { documentOf, EVENTS_PATH } from './openapi.ts';
import type { Context, Route } from './route.ts';
import { ROUTES } from './routes/all.ts';
import type { WebFile } from './web-files.ts';
import { readWebFiles } from './web-files.ts';

export type HttpOptions = {
  /** Where to listen; port 0 takes a free one. */
  address: string;
  port: number;
  /** Names of this machine beside its address and localhost; one with a port is taken as it stands. */
  names: string[];
  token: string;
  isOpenOnLoopback: boolean;
  /** The folder of the page's files; null where there is no page. */
  web: string | null;
  version: string;
  log: HttpLog;
  /** Listeners at once. */
  readersMax?: number;
  /** Unix ms, for what expires. */
  now?: () => number;
};

/** What the log of a daemon offers. It is told of paths and statuses, never of what was asked. */
export type HttpLog = Record<
  'debug' | 'info' | 'warn' | 'error',
  (words: string, facts?: Record<string, string | number | boolean | null>) => void
>;

export type HttpServer = {
  /** `http://127.0.0.1:8000` */
  url: string;
  port: number;
  /** A new one-time code, and the link that logs a browser in with it. */
  newLogin(): LoginCode;
  close(): Promise<void>;
};

/** Connections at once, those of listeners among them; one more is closed. */
export const CONNECTIONS_MAX = 256;
/** A head must be here in this time, and a whole request in that. */
const HEAD_MS = 10_000;
const REQUEST_MS = 30_000;
const IDLE_MS = 60_000;
const HEAD_MAX = 16 * 1024;
/** Requests that are answered in a second; the owner's programs need a fraction of it. */
export const REQUESTS_PER_S = 1000;

export async function openHttp(options: HttpOptions, desk: Desk): Promise<HttpServer> {
  const now = options.now ?? Date.now;
  const hosts = new Set<string>();
  const guard = new Guard({ ...options, hosts });
  let url = '';
  const logins = new Logins(options.token, (code) => `${url}/#login=${code}`, now);
  const context = { desk, logins, document: documentOf(ROUTES, options.version) };
  const events = new Events(desk, options.readersMax ?? READERS_MAX);
  const app = build(guard, context, options);
  app.server.maxConnections = CONNECTIONS_MAX;
  app.server.on('upgrade', (request, socket, head) => {
    upgrade(request, socket, head, guard, events);
  });
  try {
    await app.listen({ host: options.address, port: options.port });
  } catch (cause) {
    events.close();
    throw cannotListen(options, cause as NodeJS.ErrnoException);
  }
  const { port } = app.server.address() as AddressInfo;
  for (const host of hostsOf(options, port)) hosts.add(host);
  url = `http://${written(options.address)}:${port}`;
  return {
    url,
    port,
    newLogin: () => logins.newCode(),
    async close() {
      events.close();
      await app.close();
    },
  };
}

function build(guard: Guard, context: Context, options: HttpOptions): FastifyInstance {
  const { log } = options;
  const app = fastify({
    logger: false,
    bodyLimit: BODY_MAX,
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: IDLE_MS,
    // A missing Host is the guard's to refuse, in our words.
    http: { headersTimeout: HEAD_MS, maxHeaderSize: HEAD_MAX, requireHostHeader: false },
    routerOptions: { maxParamLength: 1024 },
    // What is asked for is taken as it is, or refused: nothing is turned into what it is not.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false } },
    clientErrorHandler: (cause, socket) => refuseBroken(cause.code, socket),
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_, body, done) => {
    try {
      done(null, readJson(body as Buffer));
    } catch (cause) {
      done(cause as Error);
    }
  });
  app.setErrorHandler((cause, request, reply) => {
    if (isFault(cause)) {
      log.error('a request failed', {
        path: pathOf(request),
        cause: String((cause as Error).stack),
      });
    }
    return answer(reply, failureOf(cause));
  });
  app.setNotFoundHandler((request, reply) => {
    guard.check(headOf(request), 'public');
    const detail = 'GET /openapi.json lists what can be asked';
    return answer(reply, failureOf(new HoplineError('NOT_FOUND', detail)));
  });
  app.addHook('onRequest', async (_, reply) => {
    reply.headers(HEADERS);
  });
  app.addHook('onResponse', async (request, reply) => {
    const { method } = request;
    const tookMs = Math.round(reply.elapsedTime);
    log.debug('answered', { method, path: pathOf(request), status: reply.statusCode, tookMs });
  });
  for (const route of ROUTES) addRoute(app, route, guard, context);
  const files = options.web === null ? new Map<string, WebFile>() : readWebFiles(options.web);
  for (const [path, file] of files) addFile(app, path, file, guard);
  return app;
}

function addRoute(app: FastifyInstance, route: Route, guard: Guard, context: Context): void {
  const { params, query, body, answer } = route;
  app.route({
    method: route.method,
    url: route.path.replace(/\{(\w+)\}/g, ':$1'),
    onRequest: async (request) => guard.check(headOf(request), route.access),
    preValidation: async (request) => {
      request.query = numbered(request.query as Record<string, unknown>, query);
    },
    schema: {
      ...(params === null ? {} : { params }),
      ...(query === null ? {} : { querystring: query }),
      ...(body === null ? {} : { body }),
      ...(answer === null ? {} : { response: { 200: answer } }),
    },
    handler: async (request, reply) => {
      const asked = {
        params: request.params,
        query: request.query,
        body: request.body,
        from: request.ip,
      };
      const value = await route.handle(asked as never, context);
      reply.header('cache-control', 'no-store');
      return answer === null ? reply.status(204).send() : value;
    },
  });
}

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
  app.route({
    method: 'GET',
    url: path,
    onRequest: async (request) => guard.checkAnywhere(headOf(request)),
    handler: async (request, reply) => {
      reply.header('etag', file.etag);
      reply.header(
        'cache-control',
        file.isForEver ? 'public, max-age=31536000, immutable' : 'no-cache',
      );
      if (request.headers['if-none-match'] === file.etag) return reply.status(304).send();
      return reply.type(file.type).send(file.bytes);
    },
  });
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

function upgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  guard: Guard,
  events: Events,
): void {
  socket.on('error', () => socket.destroy());
  try {
    const asked = headOfMessage(request);
    guard.check(asked, 'token');
    if (asked.url.split('?', 1)[0] !== EVENTS_PATH) {
      throw new HoplineError('NOT_FOUND', `events are at ${EVENTS_PATH}`);
    }
    events.upgrade(request, socket, head);
  } catch (cause) {
    refuse(socket, failureOf(cause));
  }
}

function refuseBroken(code: string | undefined, socket: Socket): void {
  if (code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const cause =
    code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? new HoplineError('REQUEST_INVALID', 'it took too long to come')
      : new HoplineError('REQUEST_INVALID', 'that is no HTTP request');
  refuse(socket, failureOf(cause));
}

/** An answer where there is no Fastify to give it. */
function refuse(socket: Duplex, { status, body }: Failure): void {
  const text = JSON.stringify(body);
  const lines = [
    `HTTP/1.1 ${status} Refused`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(text)}`,
    'connection: close',
    '',
    text,
  ];
  socket.end(lines.join('\r\n'));
}

function answer(reply: FastifyReply, { status, body }: Failure): FastifyReply {
  return reply
    .status(status)
    .header('cache-control', 'no-store')
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(body));
}

function headOf(request: FastifyRequest): Head {
  return headOfMessage(request.raw);
}

function headOfMessage({ method, url, rawHeaders, socket }: IncomingMessage): Head {
  const address = socket.remoteAddress ?? '';
  return { method: method ?? '', url: url ?? '', rawHeaders, address };
}

/** As the route has it: what stands in its place may be somebody's name. */
function pathOf(request: FastifyRequest): string {
  return request.routeOptions.url ?? 'none of ours';
}

/** Every name, with and without our port, under which requests may come. */
function hostsOf({ address, names }: HttpOptions, port: number): string[] {
  const isEverywhere = address === '0.0.0.0' || address === '::';
  const own = ['127.0.0.1', 'localhost', '[::1]', ...(isEverywhere ? [] : [written(address)])];
  const withPort = own.map((name) => `${name}:${port}`);
  const given = names.flatMap((name) => (/:\d+$/.test(name) ? [name] : [name, `${name}:${port}`]));
  return [...withPort, ...(port === 80 ? own : []), ...given].map((name) => name.toLowerCase());
}

/** As a URL has it. */
function written(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

function cannotListen({ address, port }: HttpOptions, cause: NodeJS.ErrnoException): HoplineError {
  const why =
    cause.code === 'EADDRINUSE'
      ? 'another program has that port; stop it, or set http.port'
      : cause.code === 'EADDRNOTAVAIL'
        ? 'this machine has no such address; set http.address'
        : cause.code === 'EACCES'
          ? 'the system allows it to nobody but root; set http.port to 1024 or more'
          : `the system says ${cause.code}`;
  return new HoplineError('LISTEN_FAILED', `${written(address)}:${port}: ${why}`, { cause });
}
