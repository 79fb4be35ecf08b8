/** Path: the way that packets take to a peer, said so that a person knows why. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PathView } from '../../../host/http/views.ts';
import { pathLines } from '../../../tools/bridge/path-lines.ts';
import { STATUS } from '../../../tools/dispatch.ts';
import { peer } from '../../host/http/builders.ts';
import { ADA, TestBridge } from './bridge.ts';

let bridge: TestBridge;
beforeEach(async () => {
  bridge = await TestBridge.start();
});
afterEach(() => bridge.end());

describe('path', () => {
  it('shows the routes to a peer, the one that is taken, and its last switch', async () => {
    const { outs } = await bridge.run('path', 'ada');
    expect(outs[0]).toMatch(/^taken +hops +cost +arrives +over +why$/);
    expect(outs[1]).toMatch(/^yes +1 +250 +50 % +ada +1 hop$/);
    expect(outs[2]).toMatch(/^switched 1 time, last at .+: the route before was broken, or came/);
    expect(outs[3]).toBe('strategy shortest; 3 other nodes known');
  });

  it('breaks its sentences between words where a terminal ends', async () => {
    const { outs: whole } = await bridge.run('path', 'ada');
    const { io, ended } = bridge.begin('path', 'ada');
    Object.assign(io, { isTTY: true, columns: 60 });
    await ended;
    expect(whole[2].length).toBeGreaterThan(60);
    expect(io.outs.map((line) => line.length).filter((length) => length > 60)).toEqual([]);
    expect(io.outs.slice(2).join(' ')).toBe(whole.slice(2).join(' '));
  });

  it('prints it as JSON', async () => {
    const { outs } = await bridge.run('path', 'ada', '--json');
    expect(JSON.parse(outs[0])).toMatchObject({ id: ADA, strategy: 'shortest', flooded: null });
  });

  it('says whom it does not know', async () => {
    const { status, errs } = await bridge.run('path', 'nobody');
    expect([status, errs[0]]).toEqual([STATUS.PEER_UNKNOWN, expect.stringMatching('nobody')]);
  });
});

it('says why packets are flooded, and which strategy does not suit', () => {
  const path: PathView = {
    id: ADA,
    strategy: 'geographic',
    unsuited: 'we do not know where we are; set a place, or take shortest',
    routes: [],
    flooded: 'no node of this island has told of it within 300 s',
    switches: 0,
    lastSwitch: null,
    nodesKnown: 0,
    does: ['gateway', 'history'],
  };
  expect(pathLines(path, [])).toEqual([
    `packets to ${ADA} are flooded: no node of this island has told of it within 300 s`,
    'geographic does not suit, and shortest is used: we do not know where we are; set a place, or take shortest',
    'it passes nothing on, has lines to other islands, keeps history',
    'strategy geographic; 0 other nodes known',
  ]);
  expect(pathLines({ ...path, nodesKnown: 1 }, []).at(-1)).toMatch(/; 1 other node known$/);
  const blocked = pathLines(path, [{ ...peer(ADA, 'ada'), isDenied: true }]);
  expect(blocked[0]).toMatch(`is blocked here, and nothing it says is taken: hopline peers unblock ${ADA}`); // prettier-ignore
  const apart = pathLines(path, [{ ...peer(ADA, 'ada'), isQuarantined: true }]);
  expect(apart[0]).toMatch(`is entrusted with nothing: hopline peers allow ${ADA}`);
});
