/**
 * A whole bridge whose disk fails for a while (RELIABILITY R5): it acknowledges nothing that it did not
 * store, says what is wrong, stays up, and goes on by itself.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MessageView } from '../../host/http/views.ts';
import { runs, SEED, xorshift } from '../seed.ts';
import { BridgeProcess, buildBridge, pause } from './bridge-process.ts';
import { HAS_STRACE } from './store/crash.ts';

const SETTINGS = `
name: hill
radio: { on: false }
serial: none
listen: { port: off }
http: { port: 0 }
log: warn
`;
const WORDS = ['-f', '-qq', '-o', '/dev/null', '-e', 'trace=pwrite64,fdatasync'];
/** Said by each until the disk has failed and is well again, at most. */
const SAID_MAX = 300;

let home: string;
const bridges: BridgeProcess[] = [];
function openBridge(folder: string, through: string[] = []): BridgeProcess {
  const bridge = new BridgeProcess(folder, SETTINGS, { through });
  bridges.push(bridge);
  return bridge;
}

beforeAll(() => {
  buildBridge();
  home = mkdtempSync(join(tmpdir(), 'hopline-disk-'));
});
afterAll(async () => {
  await Promise.all(bridges.map((bridge) => bridge.kill()));
  rmSync(home, { recursive: true, force: true });
});

describe.skipIf(!HAS_STRACE)('a bridge whose disk fails', () => {
  const random = xorshift(SEED);
  for (let round = 0; round < runs(2, 20); round++) {
    const error = round % 2 === 0 ? 'ENOSPC' : 'EIO';
    const first = 40 + random(80);
    // Each try fails at its first call, and the next one comes later than the last.
    const last = first + 1 + random(4);
    const inject = `inject=pwrite64,fdatasync:error=${error}:when=${first}..${last}`;
    it(`acknowledges nothing then, and everything after (seed ${SEED}, ${inject})`, async () => {
      const folder = join(home, `bridge-${round}`);
      // Its store is made while all is well.
      const before = openBridge(folder);
      await before.start();
      await before.kill();
      const bridge = openBridge(folder, ['strace', ...WORDS, '-e', inject]);
      await bridge.start();

      const acknowledged: MessageView[] = [];
      let health = 'ok';
      let wasDegraded = false;
      const talk = async (): Promise<void> => {
        for (let at = 0; at < SAID_MAX && !(wasDegraded && health === 'ok'); at++) {
          // One in the hands of a disk that fails is answered once it does not; others are refused.
          const sent = await bridge.send('public', `message ${at}`).catch(() => null);
          if (sent === null) await pause(20);
          else acknowledged.push(sent);
          const status = await bridge.status();
          health = status.health;
          wasDegraded ||= health === 'degraded' && status.problems.length > 0;
        }
      };
      await Promise.all([talk(), talk(), talk()]);
      expect([wasDegraded, health]).toEqual([true, 'ok']);
      acknowledged.push(await bridge.send('public', 'all is well'));
      await bridge.kill();

      const again = openBridge(folder);
      await again.start();
      const kept = new Set((await again.messages('public')).map(({ id }) => id));
      expect(acknowledged.filter(({ id }) => !kept.has(id))).toEqual([]);
    });
  }
});
