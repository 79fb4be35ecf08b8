/**
 * Line address: where a line is dialled (WIRE §24). Without a scheme it is TCP.
 *
 *   HOST:PORT      udp://HOST:PORT      ws://HOST[:PORT][/PATH]      wss://HOST[:PORT][/PATH]
 *
 * An IPv6 host stands in brackets. A WebSocket has port 80 or 443 and the path /line, unless another
 * is said.
 */
export type LineAddress = { scheme: Scheme; host: string; port: number; path: string };
export type Scheme = 'tcp' | 'udp' | 'ws' | 'wss';

/** Where WebSockets are taken, unless a proxy before them says otherwise. */
export const LINE_PATH = '/line';

/** 0 for none. */
const USUAL_PORT = { tcp: 0, udp: 0, ws: 80, wss: 443 };
const UDP = 'udp://';

/** Why a text is no address, in words that say what to do. */
export type NoAddress = { ok: false; why: string };

export function readLineAddress(text: string): { ok: true; value: LineAddress } | NoAddress {
  const shown = `the address ${JSON.stringify(text)}`;
  const [, written = '', rest] = /^(?:(\w+):\/\/)?(.*)$/s.exec(text)!;
  if (written !== '' && !Object.hasOwn(USUAL_PORT, written)) {
    return wrong(
      `${shown} begins with ${written}://: lines go over udp://, ws://, wss://, or TCP without`,
    );
  }
  const scheme = written === '' ? 'tcp' : (written as Scheme);
  const match = /^(\[[^\]]*\]|[^:/]*)(?::([^:/]*))?(\/.*)?$/.exec(rest);
  // More than one colon, that is.
  if (match === null) {
    return wrong(`${shown} needs brackets around its IPv6 host, as in [2001:db8::1]:8334`);
  }
  const [, host, digits, path = LINE_PATH] = match;
  const hasPath = scheme === 'ws' || scheme === 'wss';
  if (digits === undefined && !hasPath) {
    return wrong(`${shown} has no port: it is HOST:PORT, as in bridge.example.org:8334`);
  }
  const port = digits === undefined ? USUAL_PORT[scheme] : numberOf(digits);
  if (port === null) return wrong(`${shown} has no port from 1 to 65535`);
  const isPath = hasPath ? /^[\w./~-]{1,128}$/.test(path) : match[3] === undefined;
  if (!isPath) return wrong(`${shown} has a path that nothing can be found under`);
  const isHost = host.startsWith('[')
    ? /^\[[0-9a-fA-F:.]{2,45}(%[\w.-]+)?\]$/.test(host)
    : /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,252})$/.test(host);
  if (!isHost || (hasPath && !isOfUrls(`${scheme}://${host}`)))
    return wrong(`${shown} has no host: a name, an IPv4 address, or an IPv6 one in brackets`);
  return { ok: true, value: { scheme, host, port, path } };
}

/** As it is kept and dialled: the shortest form of it. */
export function printLineAddress({ scheme, host, port, path }: LineAddress): string {
  if (scheme === 'tcp') return `${host}:${port}`;
  if (scheme === 'udp') return `${UDP}${host}:${port}`;
  const shownPort = port === USUAL_PORT[scheme] ? '' : `:${port}`;
  return `${scheme}://${host}${shownPort}${path === LINE_PATH ? '' : path}`;
}

/** Whether lines there are made of datagrams. */
export function isOverDatagrams(address: string): boolean {
  return address.startsWith(UDP);
}

function numberOf(digits: string): number | null {
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : 0;
  return port >= 1 && port <= 65_535 ? port : null;
}

/** WebSockets are opened by URLs, which know no 10.0.0.256, say, and no zones of IPv6. */
function isOfUrls(text: string): boolean {
  try {
    return new URL(text).host !== '';
  } catch {
    return false;
  }
}

function wrong(why: string): NoAddress {
  return { ok: false, why };
}
