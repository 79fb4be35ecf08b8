/**
 * Own address: the one that others are most likely to reach.
 */
import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { ownAddress } from '../../../host/daemon/own-address.ts';

const LOOPBACK = face('127.0.0.1', true);
const CABLE = face('fe80::1');
const HOME = face('192.168.1.5');
const WORLD = face('2001:db8::5');

describe('the address of a machine', () => {
  for (const [host, faces, address] of [
    ['192.0.2.7', [HOME], '192.0.2.7:8334'],
    ['127.0.0.1', [HOME], '127.0.0.1:8334'],
    ['2001:db8::9', [HOME], '[2001:db8::9]:8334'],
    ['0.0.0.0', [LOOPBACK, CABLE, WORLD, HOME], '192.168.1.5:8334'],
    ['::', [LOOPBACK, CABLE, WORLD, HOME], '192.168.1.5:8334'],
    ['::', [LOOPBACK, CABLE, WORLD], '[2001:db8::5]:8334'],
    ['0.0.0.0', [LOOPBACK, CABLE, WORLD], null],
    ['::', [LOOPBACK, CABLE], null],
    ['0.0.0.0', [], null],
  ] as const) {
    const words = faces.map((each) => each.address).join(', ') || 'no network';
    it(`that listens on ${host} with ${words} is ${address ?? 'not known'}`, () => {
      expect(ownAddress({ host, port: 8334 }, { eth0: [...faces], none: undefined })).toBe(address);
    });
  }
});

function face(address: string, internal = false): NetworkInterfaceInfo {
  const rest = { address, internal, netmask: '', mac: '', cidr: null };
  if (address.includes(':')) return { ...rest, family: 'IPv6', scopeid: 0 };
  return { ...rest, family: 'IPv4' };
}
