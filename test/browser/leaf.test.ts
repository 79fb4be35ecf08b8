/**
 * A tab of a browser as a leaf: the core runs in it, attaches with a token over a WebSocket, hears, and
 * is heard.
 */
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DaemonDesk } from '../../host/desk.ts';
import { LeafClient } from '../../tools/bench/leaf-client.ts';
import type { Rig, Running } from '../host/daemon-rig.ts';
import { openDaemonRig } from '../host/daemon-rig.ts';
import { serve } from '../host/http/builders.ts';
import { build, PAGE } from '../tools/built.ts';
import { CHROMIUM, openBrowser, visit } from './chromium.ts';
import type { Visit } from './chromium.ts';
import { until } from '../patience.ts';

let browser: Browser;
let rig: Rig;
let ends: (() => Promise<void>)[] = [];
beforeAll(async () => {
  build();
  if (CHROMIUM !== null) browser = await openBrowser();
});
afterAll(() => browser?.close());
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
  await rig.end();
});

describe.skipIf(CHROMIUM === null)('a tab of a browser', () => {
  it('takes part in the mesh of the bridge that its page came from', async () => {
    const { bridge, desk, url } = await open();
    const { line } = await desk.addClient('tab');
    const tab = await attached(url, line, 'tab');
    await until(() => desk.peers().some(({ name }) => name === 'tab'), 'it is known');
    const [{ nodes }] = desk.clients();
    expect(nodes).toHaveLength(1);

    await tab.page.getByRole('textbox', { name: 'Message' }).fill('hello from a browser');
    await tab.page.getByRole('button', { name: 'Say' }).click();
    await until(() => texts(desk).includes('hello from a browser'), 'it is heard');
    await bridge.daemon.ask({ kind: 'say', text: 'and back <b>' });
    await tab.page.getByText('bridge: and back <b>').waitFor();
    expect(tab.errors).toEqual([]);
  });

  it('is let in by its token alone, and is let go when that is taken away', async () => {
    const { desk, url } = await open();
    const { line } = await desk.addClient('tab');
    const tab = await attached(url, line, 'tab');
    await desk.removeClient('tab');
    await tab.page.getByText('Detached').waitFor();
    const visited = await see(url);
    await visited.page.getByLabel('Ticket').fill('hopline:nonsense');
    await visited.page.getByRole('button', { name: 'Attach' }).click();
    await visited.page.getByText('only a part of it is there').waitFor();
    const name = '名'.repeat(40);
    await visited.page.getByLabel('Name').fill(name);
    await visited.page.getByLabel('Ticket').fill(line);
    await visited.page.getByRole('button', { name: 'Attach' }).click();
    await visited.page.getByText('a name has 1 to 64 bytes').waitFor();
    await visited.page.getByLabel('Name').fill('late');
    await visited.page.getByRole('button', { name: 'Attach' }).click();
    await visited.page.getByText('it hung up as soon as it knew us').waitFor();
  });

  it('shows names as they are, and nobody as somebody else', async () => {
    const { bridge, desk, url } = await open();
    const { line } = await desk.addClient('tabs');
    const tab = await attached(url, line, 'tab');
    const { port } = bridge.daemon.clientsAt!;
    for (const name of ['<b>\u202eada\u200b', 'you']) {
      const other = new LeafClient(line, name, `127.0.0.1:${port}`);
      ends.push(() => other.close());
      await until(() => other.isAttached, `${name} is let in`);
      await until(() => desk.peers().some((peer) => peer.name === name), `${name} is known`);
      other.say(`it is \u202e${name}`);
    }
    await tab.page.getByRole('textbox', { name: 'Message' }).fill('it is me');
    await tab.page.getByRole('button', { name: 'Say' }).click();
    const said = tab.page.getByRole('listitem');
    await said.nth(2).waitFor();
    const shown = await said.evaluateAll((items) => items.map((item) => item.innerHTML));
    expect(shown.sort()).toEqual([
      '<bdi>&lt;b&gt;?ada?</bdi>: it is &lt;b&gt;ada\u200b',
      '<bdi>you</bdi>: it is you',
      '<em>you</em>: it is me',
    ]);
  });

  it('goes by the time as it is set meanwhile', async () => {
    const { desk, url } = await open();
    const { line } = await desk.addClient('tab');
    const tab = await see(url);
    await tab.page.evaluate(`
      const now = Date.now.bind(Date);
      globalThis.behindMs = 3_600_000;
      Date.now = () => now() - behindMs;
    `);
    await attach(tab, line, 'tab');
    await tab.page.evaluate('behindMs = 0');
    await tab.page.getByRole('textbox', { name: 'Message' }).fill('after an hour asleep');
    await tab.page.getByRole('button', { name: 'Say' }).click();
    await until(() => texts(desk).includes('after an hour asleep'), 'it is heard');
  });

  it('talks on in a tab that nobody sees, whose timers wait', async () => {
    const { bridge, desk, url } = await open();
    const { line } = await desk.addClient('tab');
    const { page } = await attached(url, line, 'tab');
    await page.evaluate('globalThis.setTimeout = () => 0');
    // More than may be on their way before the browser is known to have written any.
    for (let at = 0; at < 12; at++) {
      await page.getByRole('textbox', { name: 'Message' }).fill(`word ${at}`);
      await page.getByRole('button', { name: 'Say' }).click();
      await bridge.daemon.ask({ kind: 'say', text: `answer ${at}` });
      await page.getByText(`answer ${at}`, { exact: false }).waitFor();
    }
    await until(
      () => texts(desk, 30).filter((text) => text.startsWith('word')).length === 12,
      'all',
    );
  });

  it('begins anew where somebody goes back to it', async () => {
    const { desk, url } = await open();
    const { line } = await desk.addClient('tab');
    const { page } = await attached(url, line, 'tab');
    await page.evaluate(`dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))`);
    await page.getByText('Not attached.').waitFor();
  });

  it('tells the page why there is no bridge', async () => {
    const { desk, url } = await open();
    const { line } = await desk.addClient('tab');
    const { page } = await see(url);
    const whys = await page.evaluate(`(async () => {
      const { attach } = await import('/leaf.js');
      const dialled = ['udp://127.0.0.1:9', 'ws://127.0.0.1:9'].map((address) => {
        const leaf = attach({ ticket: '${line}', name: 'page', address });
        return new Promise((told) => leaf.on('detached', ({ why }) => told(why)));
      });
      return Promise.all(dialled);
    })()`);
    expect(whys).toEqual(['a page dials ws:// and wss:// alone', 'nobody is there, or he hung up']);
  });

  it('outlives what the page does wrong', async () => {
    const { bridge, desk, url } = await open();
    const { line } = await desk.addClient('tab');
    const { page, errors } = await see(url);
    const heard = page.evaluate(`(async () => {
      const { attach } = await import('/leaf.js');
      const address = location.origin.replace('http', 'ws');
      const leaf = attach({ ticket: '${line}', name: 'page', address });
      leaf.on('attached', () => {
        throw new Error('a fault of the page');
      });
      return new Promise((told) => leaf.on('message', ({ text }) => told(text)));
    })()`);
    await until(() => desk.peers().some(({ name }) => name === 'page'), 'it is known');
    await bridge.daemon.ask({ kind: 'say', text: 'still here?' });
    expect(await heard).toBe('still here?');
    expect(errors).toContain('Error: a fault of the page');
  });
});

async function open(): Promise<{ bridge: Running; desk: DaemonDesk; url: string }> {
  rig = openDaemonRig();
  const bridge = await rig.start(rig.folder(), { name: 'bridge' });
  const desk = new DaemonDesk(bridge.daemon, 'boot');
  const { server } = await serve(desk, {
    web: PAGE,
    takeLine: (...asked) => bridge.daemon.takeClient(...asked),
  });
  ends.push(() => server.close());
  return { bridge, desk, url: server.url };
}

async function see(url: string): Promise<Visit> {
  const visited = await visit(browser, `${url}/leaf`);
  ends.push(() => visited.close());
  return visited;
}

async function attached(url: string, ticket: string, name: string): Promise<Visit> {
  const tab = await see(url);
  await attach(tab, ticket, name);
  return tab;
}

async function attach(tab: Visit, ticket: string, name: string): Promise<void> {
  await tab.page.getByLabel('Name').fill(name);
  await tab.page.getByLabel('Ticket').fill(ticket);
  await tab.page.getByRole('button', { name: 'Attach' }).click();
  await tab.page.getByText(/^Attached to [0-9a-f]{16}/).waitFor();
}

function texts(desk: DaemonDesk, most = 10): string[] {
  return desk.messages('public', Number.MAX_SAFE_INTEGER, most).map(({ text }) => text);
}
