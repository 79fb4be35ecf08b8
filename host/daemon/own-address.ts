/**
 * Own address: where other gateways find this machine when nobody says it. It is the best guess from
 * inside: a router in front of it may have another one outside.
 */
import type { NetworkInterfaceInfo } from 'node:os';
import { networkInterfaces } from 'node:os';

type Interfaces = Record<string, NetworkInterfaceInfo[] | undefined>;

/** `host:port` for whoever listens there, or null on a machine without a network. */
export function ownAddress(
  { host, port }: { host: string; port: number },
  interfaces: Interfaces = networkInterfaces(),
): string | null {
  const isEverywhere = host === '0.0.0.0' || host === '::';
  const own = isEverywhere ? outermost(interfaces, host === '::') : host;
  if (own === null) return null;
  return own.includes(':') ? `[${own}]:${port}` : `${own}:${port}`;
}

/** IPv4 before IPv6, which fewer networks have; nothing that is good on one cable only. */
function outermost(interfaces: Interfaces, hasIpv6: boolean): string | null {
  const all = Object.values(interfaces)
    .flatMap((some) => some ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'));
  const four = all.find(({ family }) => family === 'IPv4');
  const six = hasIpv6 ? all.find(({ family }) => family === 'IPv6') : undefined;
  return (four ?? six)?.address ?? null;
}
