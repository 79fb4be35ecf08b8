/**
 * Another radio: the controllers of BlueZ's own emulator in place of ours. What holds over both is no
 * invention of our air. It joins one to one, and has one place on a machine; where its controllers do
 * not answer (they need the kernel's AF_ALG, which containers often lack) the test is skipped.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Child, Rig } from './rig.ts';
import { HAS_LIBRARIES, openRig } from './rig.ts';

/** Where btvirt puts its sockets, whatever it is told. */
const SOCKETS = ['le', 'bredr', 'bredrle', 'amp', 'mon'].map((kind) =>
  join('/', 'tmp', `bt-server-${kind}`),
);
const [LE] = SOCKETS;
/** Reset, and that it is done. */
const RESET = Buffer.from('01030c00', 'hex');
const IS_RESET = Buffer.from('040e0401030c00', 'hex');

const stop = await startEmulator();
const isThere = stop !== null && (await answers());
// Hooks of a file whose tests are all skipped do not run.
if (!isThere) await stop?.();

describe.skipIf(!HAS_LIBRARIES || !isThere)('over the emulator of BlueZ', () => {
  let rig: Rig;
  afterAll(async () => {
    await rig.close();
    await stop?.();
  });

  it('noble and bleno carry values both ways, none lost or out of order', async () => {
    rig = await openRig(2);
    const peripheral = await start(0, 'peripheral');
    await peripheral.kind('advertising');
    const central = await start(1, 'central');
    await central.kind('connected');
    const count = 256;
    for (const [from, to] of [
      [central, peripheral],
      [peripheral, central],
    ]) {
      to.tell({ kind: 'expect', count, window: 32 });
      await to.kind('expecting');
      from.tell({ kind: 'send', count, size: 200, window: 32 });
      expect(await to.kind('received')).toMatchObject({ count, wrong: 0 });
      await from.kind('done');
    }
  });

  function start(at: number, role: string): Promise<Child> {
    return rig.start('bare', at, { VIRTUAL_HCI: `0=${LE}`, ROLE: role });
  }
});

/** Null where there is none, or somebody else's already. */
async function startEmulator(): Promise<(() => Promise<void>) | null> {
  if (spawnSync('btvirt', ['--help']).status !== 0) return null;
  if (existsSync(LE) && (await answers())) return null;
  // Sockets that somebody left behind.
  for (const path of SOCKETS) rmSync(path, { force: true });
  const btvirt = spawn('btvirt', ['-s'], { stdio: 'ignore' });
  const ended = new Promise((resolve) => btvirt.on('close', resolve));
  for (let tries = 0; tries < 200 && !existsSync(LE); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return async () => {
    btvirt.kill();
    await ended;
    for (const path of SOCKETS) rmSync(path, { force: true });
  };
}

/** Whether a controller comes to life at its socket. */
function answers(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(LE, () => socket.write(RESET));
    const end = (is: boolean): void => {
      socket.destroy();
      resolve(is);
    };
    socket.on('data', (bytes) => end(bytes.includes(IS_RESET)));
    socket.on('error', () => end(false));
    socket.on('close', () => end(false));
    socket.setTimeout(2_000, () => end(false));
  });
}
