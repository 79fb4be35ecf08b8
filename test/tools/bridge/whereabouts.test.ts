/**
 * Whereabouts: a command finds the bridge, or says why not and what to do.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BridgeClient } from '../../../tools/bridge/client.ts';
import { dataFolder } from '../../../tools/bridge/whereabouts.ts';
import { socketPath } from '../../../tools/relay/asking.ts';
import { testIo } from '../io.ts';
import { STATUS } from '../../../tools/dispatch.ts';
import { TestBridge } from './bridge.ts';

let bridge: TestBridge;
beforeEach(async () => {
  bridge = await TestBridge.start();
});
afterEach(() => bridge.end());

const elsewhere = mkdtempSync(join(tmpdir(), 'hopline-elsewhere-'));
const home = process.cwd();
afterAll(() => rmSync(elsewhere, { recursive: true }));

describe('the folder of the bridge', () => {
  const usual = { ...testIo(), env: { XDG_STATE_HOME: elsewhere } };
  const named = (data?: string) => ({ operands: [], values: data === undefined ? {} : { data } });

  it('is the one that was named, or the one here where a bridge is, or the usual one', () => {
    expect(dataFolder(named('there'), usual)).toBe('there');
    expect(dataFolder(named(), usual)).toBe(join(elsewhere, 'hopline'));
    expect(socketPath(named('there'), usual)).toBe(join('there', 'relay.sock'));
    expect(socketPath(named(), usual)).not.toContain('hopline-data');
    try {
      process.chdir(elsewhere);
      mkdirSync('hopline-data');
      expect(dataFolder(named(), usual)).toBe(join(elsewhere, 'hopline'));
      writeFileSync(join('hopline-data', 'bridge.json'), '{}');
      expect(dataFolder(named(), usual)).toBe('hopline-data');
      expect(socketPath(named(), usual)).toBe(join('hopline-data', 'relay.sock'));
    } finally {
      process.chdir(home);
    }
  });
});

describe('a command', () => {
  it('that finds no bridge says how to start one', async () => {
    rmSync(join(bridge.folder, 'bridge.json'));
    const detail = `no bridge runs there; start it with hopline up --data ${bridge.folder}, or name`;
    expect(await said()).toEqual([STATUS.BRIDGE_UNREACHABLE, expect.stringContaining(detail)]);
  });

  it('that finds the remains of one that was killed says so', async () => {
    await bridge.go();
    const detail = `process ${process.pid} is gone; start the bridge with hopline up --data `;
    expect(await said()).toEqual([STATUS.BRIDGE_UNREACHABLE, expect.stringContaining(detail)]);
  });

  it('that finds one of another version names both', async () => {
    bridge.write({ url: 'http://127.0.0.1:1', version: '9.9.9' });
    expect(await said()).toEqual([
      STATUS.BRIDGE_DIFFERS,
      expect.stringMatching(
        /it is Hopline 9\.9\.9, and this is \d+\.\d+\.\d+; start it again.*\[BRIDGE_DIFFERS\]$/,
      ),
    ]);
  });

  for (const [what, text] of [
    ['half a file', '{"url":"http://127'],
    ['no address', '{"pid":1}'],
    ['a list', '[]'],
    ['nothing', 'null'],
  ]) {
    it(`that finds ${what} says so`, async () => {
      bridge.write(text);
      expect(await said()).toEqual([
        STATUS.BRIDGE_UNREACHABLE,
        expect.stringContaining('it says no address'),
      ]);
    });
  }

  it('whose token is missing, or of another bridge, says so', async () => {
    rmSync(join(bridge.folder, 'token'));
    expect(await said()).toEqual([
      STATUS.BRIDGE_UNREACHABLE,
      expect.stringContaining('the token is missing'),
    ]);
    mkdirSync(join(bridge.folder, 'token'));
    expect(await said()).toEqual([
      STATUS.FILE_UNREADABLE,
      expect.stringMatching(/token: the system says EISDIR/),
    ]);
    rmSync(join(bridge.folder, 'token'), { recursive: true });
    writeFileSync(join(bridge.folder, 'token'), '0'.repeat(32));
    expect(await said()).toEqual([
      STATUS.TOKEN_REFUSED,
      expect.stringContaining('[TOKEN_REFUSED]'),
    ]);
  });

  it('that gets no answer says how the bridge is, which may wait for its disk', async () => {
    let problems: string[] | null = ['the disk is full'];
    const slow = createServer(({ url }, reply) => {
      if (url === '/api/v1/status' && problems !== null) reply.end(JSON.stringify({ problems }));
    });
    await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve));
    bridge.write({ url: `http://127.0.0.1:${(slow.address() as AddressInfo).port}` });
    const asked = (): Promise<unknown> => new BridgeClient(bridge.folder, 100).lines();
    await expect(asked()).rejects.toThrow(
      'no answer for 0.1 s; it runs, and says: the disk is full',
    );
    problems = [];
    await expect(asked()).rejects.toThrow('no answer for 0.1 s; it runs, and is busy [BRIDGE');
    problems = null;
    await expect(asked()).rejects.toThrow(
      `no answer for 0.1 s; start process ${process.pid} again`,
    );
    slow.closeAllConnections();
    slow.close();
  });

  it('that meets something else there says that it is no bridge', async () => {
    const other = createServer((_, reply) => reply.writeHead(404).end('<html>'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    bridge.write({ url: `http://127.0.0.1:${port}` });
    expect(await said()).toEqual([
      STATUS.BRIDGE_UNREACHABLE,
      expect.stringContaining('what listens there is no bridge'),
    ]);
    other.close();
  });
});

/** What `hopline lines` ends with. */
async function said(): Promise<[number, string | undefined]> {
  const { status, errs, outs } = await bridge.run('lines');
  expect(outs).toEqual([]);
  return [status, errs[0]];
}
