/**
 * Guard: who is answered at all. It looks at a request's head alone, before anything else does: the
 * name we were called by, the page that asks, and the token (RELIABILITY S27).
 *
 * A page of a stranger can make a browser send requests here, and by DNS rebinding even read what comes
 * back: under a name of its own. So only our own names are answered, and only our own pages.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { HoplineError } from '../../protocol/errors.ts';

/** A request's head, as it came: names and values by turns. */
export type Head = { method: string; url: string; rawHeaders: string[]; address: string };

export type GuardOptions = {
  token: string;
  /** `host` and `host:port`, in lower case, under which the bridge answers. */
  hosts: Set<string>;
  /** Whoever asks from this machine needs no token. */
  isOpenOnLoopback: boolean;
};

/**
 * `token`: it must show the token. `public`: it must not be a page of a stranger. `file`: it may even
 * be a link that a person followed from there, because files hold nothing.
 */
export type Access = 'token' | 'public' | 'file';

/** Headers that are refused when they come twice, because two readers might take different ones. */
const ONCE = ['host', 'origin', 'authorization', 'content-type', 'sec-websocket-protocol'];
/** Someone else passes the request on, so its address says nothing about who asks. */
const PASSED_ON = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];
/** A DELETE has no body, and no page of another site can send one unasked. */
const WITH_BODY = ['POST', 'PATCH'];
const SUBPROTOCOL = 'token.';

export class Guard {
  private readonly options: GuardOptions;

  constructor(options: GuardOptions) {
    this.options = options;
  }

  /** Throws what is wrong with a request for one of our routes, or gives nothing. */
  check(head: Head, access: Access): void {
    const { headers, twice } = read(head.rawHeaders);
    if (twice !== null) throw invalid(`${twice} stands there twice`);
    this.checkHost(head, headers);
    if (access !== 'file') this.checkPage(headers);
    if (access === 'token') this.checkToken(head, headers);
    if (WITH_BODY.includes(head.method)) checkType(headers.get('content-type'));
  }

  /** Whether a request shows the token, or need not. */
  isKnown({ rawHeaders, address }: Head): boolean {
    const { headers } = read(rawHeaders);
    return this.isOpenTo(address, headers) || this.isShown(headers);
  }

  private checkHost({ url }: Head, headers: Headers): void {
    if (!url.startsWith('/')) throw invalid('ask for a path of this bridge, not of another');
    const host = headers.get('host');
    if (host === undefined) throw invalid('there is no Host');
    if (this.options.hosts.has(host.toLowerCase())) return;
    throw new HoplineError(
      'SITE_REFUSED',
      'it does not answer under this name; use 127.0.0.1, or add the name to http.hosts',
    );
  }

  /** Browsers name the page that asks; programs do not. */
  private checkPage(headers: Headers): void {
    const site = headers.get('sec-fetch-site');
    const isStrange = site !== undefined && site !== 'same-origin' && site !== 'none';
    if (isStrange || !this.isOwnPage(headers.get('origin'))) {
      throw new HoplineError('SITE_REFUSED', 'a page of another site asks; only our own may');
    }
  }

  private isOwnPage(origin: string | undefined): boolean {
    if (origin === undefined) return true;
    const [, host] = /^https?:\/\/([^/]+)$/.exec(origin.toLowerCase()) ?? [];
    return host !== undefined && this.options.hosts.has(host);
  }

  private checkToken({ address }: Head, headers: Headers): void {
    if (this.isOpenTo(address, headers) || this.isShown(headers)) return;
    throw new HoplineError(
      'TOKEN_REFUSED',
      tokenIn(headers) === null
        ? 'show the token of the data folder: authorization: Bearer TOKEN'
        : 'this token is not the one of the data folder; log in again',
    );
  }

  private isOpenTo(address: string, headers: Headers): boolean {
    return this.options.isOpenOnLoopback && isLoopback(address) && isFirstHand(headers);
  }

  private isShown(headers: Headers): boolean {
    const shown = tokenIn(headers);
    return shown !== null && isSame(shown, this.options.token);
  }
}

type Headers = Map<string, string>;

/** `twice`: one that must not be there twice, and is. */
function read(rawHeaders: string[]): { headers: Headers; twice: string | null } {
  const headers: Headers = new Map();
  let twice: string | null = null;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at].toLowerCase();
    if (headers.has(name) && ONCE.includes(name)) twice = name;
    headers.set(name, rawHeaders[at + 1]);
  }
  return { headers, twice };
}

/** A form can send text and forms across sites, but not JSON. */
function checkType(type: string | undefined): void {
  if (type !== undefined && /^application\/json\s*(;\s*charset=utf-8\s*)?$/i.test(type)) return;
  throw invalid('it needs the header content-type: application/json');
}

/** Programs send a header; a page can set none on a WebSocket, so it offers a subprotocol. */
function tokenIn(headers: Headers): string | null {
  const bearer = /^bearer +(\S+)$/i.exec(headers.get('authorization') ?? '');
  if (bearer !== null) return bearer[1];
  const offered = (headers.get('sec-websocket-protocol') ?? '')
    .split(',')
    .map((name) => name.trim());
  return offered.find((name) => name.startsWith(SUBPROTOCOL))?.slice(SUBPROTOCOL.length) ?? null;
}

/** In a time that does not depend on where they differ. */
function isSame(shown: string, token: string): boolean {
  return timingSafeEqual(digest(shown), digest(token));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function isLoopback(address: string): boolean {
  return /^(::ffff:)?127\.\d+\.\d+\.\d+$/.test(address) || address === '::1';
}

function isFirstHand(headers: Headers): boolean {
  return !PASSED_ON.some((name) => headers.has(name));
}

function invalid(detail: string): HoplineError {
  return new HoplineError('REQUEST_INVALID', detail);
}
