/**
 * Address: `host:port`, by which nodes of the plain UDP chat are reached and call themselves
 * (WIRE §25). An IPv6 host stands in brackets.
 */
export type Address = { host: string; port: number };

/** Null where a text is none. A port of 0 is no place to send to. */
export function readAddress(text: string): Address | null {
  const match =
    /^(?:\[([0-9A-Fa-f:.]+(?:%[\w.-]+)?)\]|([A-Za-z0-9_][\w.-]{0,254})):(\d{1,5})$/.exec(text);
  if (match === null) return null;
  const port = Number(match[3]);
  return port >= 1 && port <= 65_535 ? { host: match[1] ?? match[2], port } : null;
}

export function printAddress({ host, port }: Address): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
