/**
 * Components of the owner, on whole daemons: the README's example as it stands there, and what is
 * refused before anything runs.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadComponents } from '../../../host/daemon/component-files.ts';
import type { Rig, Running } from '../daemon-rig.ts';
import { openDaemonRig } from '../daemon-rig.ts';
import { until } from '../../patience.ts';

let rig: Rig;
beforeEach(() => {
  rig = openDaemonRig();
});
afterEach(() => rig.end());

describe('a component of the owner', () => {
  it('runs as the README shows it: it greets whoever comes into reach', async () => {
    const [source] = /(?<=```js\n\/\/ greeter\.mjs\n)[^]*?(?=```)/.exec(README)!;
    const one = await withComponent(source);
    const two = await rig.start(rig.folder(), { name: 'harbour' });
    const invited = await one.daemon.ask({ kind: 'invite', address: one.address });
    if (invited.kind !== 'invited') throw new Error(JSON.stringify(invited));
    await two.daemon.ask({ kind: 'join', text: invited.line });
    await until(() => heardBy(two).includes('Welcome, harbour!'), 'it is greeted');
    expect(one.daemon.snapshot().components.find(({ name }) => name === 'greeter')).toMatchObject({
      state: 'running',
      said: 1,
      statistics: { greeted: 1 },
    });
  });

  it('that fails is told of as a problem, and is well again once it runs', async () => {
    const source = `let made = 0;
      export const component = { name: 'weak', make: () => {
        if (made++ === 0) throw new Error('not yet');
        return { step: () => [], deadline: () => Infinity, health: () => ({ state: 'well' }) };
      } };`;
    const { daemon, log } = await withComponent(source);
    await until(() => daemon.problems.some((line) => /weak.*not yet/.test(line)), 'it failed');
    await until(() => !daemon.problems.some((line) => /weak/.test(line)), 'it runs');
    expect(log.some((line) => /weak has failed \(not yet\)/.test(line))).toBe(true);
  });

  it('that fails is a problem of its action, too, where that fails', async () => {
    const source = `export const component = { name: 'weak', make: () => { throw new Error('no'); } };`;
    const command = { event: 'ComponentFailed', command: 'exit 3' } as const;
    const { daemon } = await withComponent(source, { on: [command] });
    const isTold = (): boolean =>
      daemon.problems.some((line) => /ComponentFailed.*with 3/.test(line));
    await until(isTold, 'its action failed');
    daemon.setUp({ ...daemon.config, on: [] });
    expect(isTold()).toBe(false);
  });

  it('that holds up the bridge for more than a second is left alone for a while', async () => {
    const source = `export const component = { name: 'slow', make: () => ({
        step({ kind }) {
          const until = Date.now() + (kind === 'start' ? 1100 : 0);
          while (Date.now() < until);
          return [];
        },
        deadline: () => Infinity,
        health: () => ({ state: 'well' }),
      }) };`;
    const { daemon, log } = await withComponent(source);
    const why = /slow has failed \(a step took 1\.\d s, and held up the bridge\)/;
    await until(() => daemon.problems.some((line) => why.test(line)), 'it failed');
    await until(() => log.filter((line) => why.test(line)).length > 1, 'it failed again, after twice as long'); // prettier-ignore
    const [slow] = daemon.snapshot().components.filter(({ name }) => name === 'slow');
    expect(slow.failures).toBeGreaterThan(1);
  });

  it('that is not there, or needs what is not, is refused without names of our own', async () => {
    const absent = join(rig.folder(), 'nope.mjs');
    const loading = loadComponents([absent]);
    await expect(loading).rejects.toThrow(`${absent}: there is no such file`);
    const file = fileOf("import 'nothing-of-that-name'; export const component = {};");
    const needing = loadComponents([file]);
    await expect(needing).rejects.toThrow(/it cannot be loaded: .*nothing-of-that-name/);
    const folder = loadComponents([rig.folder()]);
    await expect(folder).rejects.toThrow(/it cannot be loaded: /);
    await expect(folder).rejects.not.toThrow(/imported from/);
  });

  for (const [what, source, why] of [
    ['no code at all', 'export const component = {', /cannot be loaded/],
    ['a module without one', 'export const other = 1;', /exports no "component"/],
    ['one without a name', 'export const component = { make() {} };', /its name is one word/],
    ['one that nobody can make', "export const component = { name: 'a' };", /function "make"/],
    [
      'types that are none',
      "export const component = { name: 'a', make() {}, types: [256] };",
      /list of packet types/,
    ],
    [
      'types of the bridge',
      "export const component = { name: 'a', make() {}, types: [0x11] };",
      /bridge's own/,
    ],
  ] as const) {
    it(`refuses ${what}, and names the file`, async () => {
      const file = fileOf(source);
      const loading = loadComponents([file]);
      await expect(loading).rejects.toThrow(why);
      await expect(loading).rejects.toThrow(`${file}: `);
    });
  }
});

const README = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8');

let files = 0;

function fileOf(source: string): string {
  const file = join(rig.folder(), `component-${files++}.mjs`);
  writeFileSync(file, source);
  return file;
}

function withComponent(
  source: string,
  settings: Parameters<Rig['start']>[1] = {},
): Promise<Running> {
  return rig.start(rig.folder(), { ...settings, components: [fileOf(source)] });
}

function heardBy({ daemon }: Running): string[] {
  return daemon.store.messages.after(0, 100).map(({ text }) => text);
}
