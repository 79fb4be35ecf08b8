/**
 * Server: the API and the page of a bridge, on one port of this machine. It asks the desk for all it
 * says, and owns nothing but connections, login codes and the cursors of those who listen.
 */
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { HoplineError } from '../../protocol/errors.ts';
import { LINE_PATH } from '../../protocol/peer/line-address.ts';
import type { HttpLog } from './app.ts';
import { buildApp, headOf, refuse } from './app.ts';
import type { Desk } from './desk.ts';
import { Events } from './events.ts';
import { failureOf } from './failures.ts';
import { Guard } from './guard.ts';
import type { HttpLimits } from './limits.ts';
import { HTTP_LIMITS } from './limits.ts';
import type { LoginCode } from './logins.ts';
import { Logins } from './logins.ts';
import { documentOf, EVENTS_PATH } from './openapi.ts';
import { ROUTES } from './routes/all.ts';
import { Tally } from './tally.ts';
import { readWebFiles } from './web-files.ts';

/** Some clients offer it with the first thing they ask, and Node takes that for their last word. */
const NO_HTTP_2 =
  'HTTP/1.1 is spoken here: ask without an Upgrade header (Java: HttpClient.Version.HTTP_1_1)';

export type HttpOptions = {
  /** Where to listen; port 0 takes a free one. */
  host: string;
  port: number;
  /** Names under which it may be asked, beside its address and localhost. */
  hosts: string[];
  token: string;
  /** Whoever asks from this machine needs no token. */
  isOpenOnLoopback: boolean;
  /** The folder of the page's files; null where there is no page. */
  web: string | null;
  version: string;
  log: HttpLog;
  /** What becomes of requests for a line over WebSocket; none are taken where it is absent. */
  takeLine?: TakeLine;
  limits?: Partial<HttpLimits>;
  /** Unix ms, for what expires. */
  now?: () => number;
};

export type TakeLine = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

export type HttpServer = {
  /** `http://127.0.0.1:8000` */
  url: string;
  port: number;
  /** A new one-time code, and the link that logs a browser in with it. */
  newLogin(): LoginCode;
  close(): Promise<void>;
};

export async function openHttp(options: HttpOptions, desk: Desk): Promise<HttpServer> {
  const { host, token, version, web, log, now = Date.now } = options;
  const limits = { ...HTTP_LIMITS, ...options.limits };
  // Nobody is answered before it is known under which port.
  const hosts = new Set<string>();
  const guard = new Guard({ token, hosts, isOpenOnLoopback: options.isOpenOnLoopback });
  let url = '';
  const logins = new Logins(token, (code) => `${url}/#login=${code}`, now);
  const tally = new Tally();
  const app = buildApp({
    routes: ROUTES,
    files: web === null ? new Map() : readWebFiles(web),
    guard,
    context: { desk, logins, document: documentOf(ROUTES, version), tally },
    limits,
    log,
  });
  const events = new Events(desk, limits, tally, log);
  app.server.on('upgrade', (request, socket, head) => {
    upgrade(request, socket, head, guard, events, options.takeLine);
  });
  try {
    await app.listen({ host: host.replace(/^\[|\]$/g, ''), port: options.port });
  } catch (cause) {
    events.close();
    throw cannotListen(options, cause as NodeJS.ErrnoException);
  }
  // When there is no room for one more connection, say: whoever wanted it comes again.
  app.server.on('error', ({ message }) => log.warn('a connection was not taken', { why: message }));
  const { port } = app.server.address() as AddressInfo;
  for (const name of namesOf(options, port)) hosts.add(name);
  url = `http://${written(host)}:${port}`;
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

function upgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  guard: Guard,
  events: Events,
  takeLine?: TakeLine,
): void {
  socket.on('error', () => socket.destroy());
  try {
    const asked = headOf(request);
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
      guard.check(asked, 'public');
      throw new HoplineError('REQUEST_INVALID', NO_HTTP_2);
    }
    if (takeLine !== undefined && asked.url === LINE_PATH) {
      // It shows its token in the line, sealed.
      guard.check(asked, 'public');
      return takeLine(request, socket, head);
    }
    guard.check(asked, 'token');
    if (asked.url.split('?', 1)[0] !== EVENTS_PATH) {
      throw new HoplineError('NOT_FOUND', `events are at ${EVENTS_PATH}`);
    }
    events.upgrade(request, socket, head);
  } catch (cause) {
    refuse(socket, failureOf(cause));
  }
}

/** Every name, with and without our port, under which requests may come, in lower case. */
function namesOf({ host, hosts }: HttpOptions, port: number): string[] {
  const own = ['127.0.0.1', 'localhost', '[::1]', written(host)];
  const names = [...own, ...hosts].map((name) => name.toLowerCase());
  // Whoever gave us a name may have put a proxy before it, on a port of its own.
  return [
    ...names.map((name) => `${name}:${port}`),
    ...(port === 80 ? names : names.slice(own.length)),
  ];
}

/** As a URL has it. Who listens on every address is asked here. */
function written(host: string): string {
  if (/^(0\.0\.0\.0|\[?::\]?)$/.test(host)) return '127.0.0.1';
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

function cannotListen({ host, port }: HttpOptions, cause: NodeJS.ErrnoException): HoplineError {
  const why =
    WHY_NOT[cause.code ?? ''] ?? `the system says ${cause.code ?? cause.message}; set http.host`;
  return new HoplineError('LISTEN_FAILED', `${written(host)}:${port}: ${why}`, { cause });
}

const WHY_NOT: Record<string, string> = {
  EADDRINUSE: 'another program has that port; stop it, or set http.port',
  EADDRNOTAVAIL: 'this machine has no such address; set http.host',
  EACCES: 'the system lets only root listen there; set http.port to 1024 or more',
};
