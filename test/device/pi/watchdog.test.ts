/**
 * Watchdog: what systemd hears of a relay, through its own systemd-notify where there is one.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { watchdog } from '../../../device/pi/watchdog.ts';
import { SOCAT } from '../../pty.ts';
import { until } from '../../patience.ts';

const NOTIFIES = SOCAT && spawnSync('systemd-notify', ['--version']).status === 0;

let ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.reverse()) end();
  ends = [];
});

describe('a watchdog', () => {
  it.skipIf(!NOTIFIES)('tells systemd that the relay is up, alive, and ends', async () => {
    const { env, heard } = await systemd({ WATCHDOG_USEC: '100000' });
    const dog = watchdog(env, () => true);
    ends.push(() => dog.close());
    dog.ready();
    await until(() => heard().includes('READY=1'));
    await until(() => heard().split('WATCHDOG=1').length > 3);
    dog.stopping();
    await until(() => heard().includes('STOPPING=1'));
    expect(heard()).toContain(`MAINPID=${process.pid}`);
  });

  it.skipIf(!NOTIFIES)('says nothing for a relay that hangs', async () => {
    const { env, heard } = await systemd({ WATCHDOG_USEC: '40000' });
    const dog = watchdog(env, () => false);
    ends.push(() => dog.close());
    dog.ready();
    await until(() => heard().includes('READY=1'));
    await wait(300);
    expect(heard()).not.toContain('WATCHDOG=1');
  });

  it('does nothing where no systemd asks', async () => {
    const dog = watchdog({ WATCHDOG_USEC: '2000' }, () => {
      throw new Error('nobody wants to know');
    });
    dog.ready();
    await wait(50);
    dog.stopping();
    dog.close();
  });

  it('goes on where the program of systemd is missing', async () => {
    let asked = 0;
    const env = { NOTIFY_SOCKET: 'nowhere', PATH: '', WATCHDOG_USEC: '2000' };
    const dog = watchdog(env, () => ++asked > 0);
    ends.push(() => dog.close());
    dog.ready();
    await until(() => asked > 3);
    dog.stopping();
    await wait(50);
  });
});

/** What systemd would hear on its socket. */
async function systemd(more: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), 'hopline-notify-'));
  const path = join(folder, 'notify');
  const ear = spawn('socat', ['-u', `UNIX-RECV:${path}`, '-']);
  let text = '';
  ear.stdout.setEncoding('utf8').on('data', (more) => (text += String(more)));
  ends.push(() => {
    ear.kill();
    rmSync(folder, { recursive: true });
  });
  await until(() => existsSync(path));
  return { env: { ...process.env, NOTIFY_SOCKET: path, ...more }, heard: () => text };
}
