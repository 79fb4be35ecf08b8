/**
 * What the settings make of a bridge: what one peer may do in a minute, and what is remembered.
 */
import { expect, it } from 'vitest';
import { readYaml } from '../../../device/pi/yaml-file.ts';
import type { BridgeConfig } from '../../../host/bridge.ts';
import { readDaemonConfig } from '../../../host/config.ts';
import { bridgeConfigOf } from '../../../host/daemon/bridge-config.ts';
import { toHex } from '../../../protocol/wire/hex.ts';

const MACHINE = { env: { HOME: '/h/ada' }, hostname: 'attic' };
const STORE = { peers: { pins: () => [] }, messages: { history: () => [] } };

it('takes rates a minute, and how many packets are remembered for how long', () => {
  const { station, requestsPerMinute } = madeOf(
    'rates: { messages: 120, requests: 30 }\ndedup: { packets: 50000, seconds: 1200 }',
  );
  expect(station.admission.messages).toEqual({ perSecond: 2, burst: 120 });
  expect(requestsPerMinute).toBe(30);
  expect(station).toMatchObject({ seenMax: 50_000, seenAgeMs: 1_200_000 });
});

it('is as DEFAULTS §2 has it without them', () => {
  const { station, requestsPerMinute } = madeOf('');
  expect(station.admission.messages).toEqual({ perSecond: 1, burst: 60 });
  expect(requestsPerMinute).toBe(100);
  expect(station).toMatchObject({ seenMax: 10_000, seenAgeMs: 600_000 });
});

it('has one line to whoever is dialled and let in', () => {
  const { gateway } = madeOf(`
peers: [{ address: 'bridge.example.org:8334', node: 0123456789abcdef }]
allow: [0123456789abcdef, fedcba9876543210]
`);
  expect(gateway.lines.map(({ node, address }) => [toHex(node), address])).toEqual([
    ['0123456789abcdef', 'bridge.example.org:8334'],
    ['fedcba9876543210', null],
  ]);
});

function madeOf(settings: string): BridgeConfig {
  const config = readDaemonConfig(readYaml('bridge.yaml', settings), MACHINE);
  const parts = [config, 0, { store: STORE, devices: [] }, null];
  return bridgeConfigOf(...(parts as unknown as Parameters<typeof bridgeConfigOf>));
}
