/**
 * Address: whether others can reach one from elsewhere on the internet.
 */
import { BlockList, isIP } from 'node:net';

/** Addresses that lead nowhere outside the network, or the machine, that they are of. */
const PRIVATE = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  // Shared by the customers of a provider: from outside no port leads in.
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  PRIVATE.addSubnet(network, bits, 'ipv4');
}
for (const [network, bits] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
] as const) {
  PRIVATE.addSubnet(network, bits, 'ipv6');
}

/** The host of `host:port` or `[host]:port`, whatever stands around it. */
export function hostOf(text: string): string {
  const address = text.replace(/^(udp|wss?):\/\//, '').split('/')[0];
  return /^\[(.*)\](?::\d+)?$/.exec(address)?.[1] ?? address.replace(/:\d+$/, '');
}

/** Names without a dot, and those of `.local` and the like, are known in one network only. */
export function isPrivate(host: string): boolean {
  const family = isIP(host);
  if (family !== 0) return PRIVATE.check(host, family === 4 ? 'ipv4' : 'ipv6');
  return !host.includes('.') || /\.(local|lan|home|internal|home\.arpa)\.?$/i.test(host);
}
