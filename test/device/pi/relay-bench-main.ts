/**
 * Relay bench: the packed relay in a process of its own on the virtual radio: when it first shows
 * itself, and what it weighs after an hour's worth of a busy island, as fast as one phone can say it.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { connectToRelay } from '../../../device/pi/status-client.ts';
import type { StatusAnswer } from '../../../device/pi/relay-service.ts';
import { packRelay, runningBytes, writePack } from '../../../tools/build/relay-pack.ts';
import { rootOf } from '../../../tools/build/program.ts';
import { openRig } from '../../ble/rig.ts';
import { person } from '../../protocol/trust/people.ts';
import { onAdapter, PhoneChild, writeSettings } from './relay-rig.ts';

/** A message every three seconds, for an hour. */
const MESSAGES = 1200;
/** One sender is heard once a second and sixty times at once (RELIABILITY §1), so many share it. */
const SPEAKERS = 40;
const PAUSE_MS = 10;

const say = (message: object): void => void process.send!(message);

const rig = await openRig(2);
try {
  const files = await packRelay();
  const folder = join(rig.folder, 'pack');
  writePack(folder, files);
  symlinkSync(join(rootOf(), 'node_modules'), join(folder, 'node_modules'));
  const home = join(rig.folder, 'home');
  mkdirSync(home);
  const settings = writeSettings(home, 'serial: none');
  const { require, env } = await onAdapter(rig, 0);
  const command = ['--require', require, join(folder, 'relay.mjs'), '--config', settings];
  const began = performance.now();
  const relay = spawn(process.execPath, command, {
    env: { ...process.env, ...env },
    stdio: 'ignore',
  });
  try {
    while (!rig.controllers[0].advertising.isOn) await wait(2);
    const startMs = performance.now() - began;
    const phone = await PhoneChild.start(rig, 1, person(0));
    await phone.dial(rig.controllers[0].address);
    for (let number = 0; number < MESSAGES; number++) {
      const speaker = person(number % SPEAKERS);
      if (number < SPEAKERS) phone.announce(speaker);
      phone.say(`message ${number} of many, and no two of them are the same`, speaker);
      await wait(PAUSE_MS);
    }
    await wait(1000);
    const client = await connectToRelay(join(home, 'data', 'relay.sock'));
    const { rssBytes, station } = (await client.ask('status')) as StatusAnswer;
    client.close();
    const bundleBytes = runningBytes(files);
    say({ kind: 'done', startMs, bundleBytes, rssBytes, heard: station.heard });
  } finally {
    relay.kill('SIGKILL');
  }
} finally {
  await rig.close();
}
process.disconnect();
