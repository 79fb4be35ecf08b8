/**
 * Two bridges and the page of each, all of it real: they are paired by hand, and talk.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DaemonDesk } from '../../host/desk.ts';
import { openDaemonRig } from '../host/daemon-rig.ts';
import type { Rig } from '../host/daemon-rig.ts';
import { serve } from '../host/http/builders.ts';
import { build, PAGE } from '../tools/built.ts';
import { CHROMIUM, openBrowser, visit } from './chromium.ts';

let browser: Browser;
let rig: Rig;
let ends: (() => Promise<void>)[] = [];

beforeAll(async () => {
  build();
  if (CHROMIUM !== null) browser = await openBrowser();
});
afterAll(() => browser?.close());
beforeEach(() => {
  rig = openDaemonRig();
});
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
  await rig.end();
});

describe.skipIf(CHROMIUM === null)('two bridges', () => {
  it('are paired on their pages, and what is typed on one is read on the other', async () => {
    const [one, two] = [await bridge('anna'), await bridge('berta')];
    await pair(one, two);

    await write(one.page, 'Everyone', 'the tide is coming in');
    await open(two.page, 'Everyone');
    await two.page.locator('.message', { hasText: 'the tide is coming in' }).waitFor();

    await write(one.page, 'berta', 'for you alone');
    const sent = one.page.locator('.message', { hasText: 'for you alone' });
    await sent.getByText('delivered').waitFor();
    await two.page.getByRole('navigation').getByText('1 unread').waitFor();
    await open(two.page, 'anna');
    await two.page.locator('.message', { hasText: 'for you alone' }).waitFor();
    await sent.getByText('read', { exact: true }).waitFor();

    await write(two.page, 'anna', 'and back');
    await one.page.locator('.message', { hasText: 'and back' }).waitFor();
    for (const { errors } of [one, two]) expect(errors).toEqual([]);
  });
});

type Bridge = { page: Page; errors: string[]; url: string; address: string };

/** A bridge without a radio, and a person at its page. */
async function bridge(name: string): Promise<Bridge> {
  const { daemon, address } = await rig.start(rig.folder(), { name });
  const { server } = await serve(new DaemonDesk(daemon, name), { web: PAGE });
  ends.push(() => server.close());
  const { page, errors, close } = await visit(browser, server.newLogin().link);
  ends.push(close);
  await page.getByText('live', { exact: true }).waitFor();
  return { page, errors, url: server.url, address };
}

/** One invites, the other takes the line of the invite, and both see each other on the map. */
async function pair(one: Bridge, two: Bridge): Promise<void> {
  await one.page.goto(`${one.url}/#/join`);
  await one.page.getByLabel(/Address of this bridge/).fill(one.address);
  await one.page.getByRole('button', { name: 'Make an invite' }).click();
  const line = one.page.getByLabel('New invite');
  const invite = await line.textContent();
  await two.page.goto(`${two.url}/#/join`);
  await two.page.getByRole('textbox', { name: 'Invite', exact: true }).fill(invite!);
  await two.page.getByRole('button', { name: 'Join', exact: true }).click();
  await two.page.locator('.lines').getByText('up', { exact: true }).waitFor();
  for (const { page, url } of [one, two]) {
    await page.goto(`${url}/#/map`);
    await expect.poll(() => page.locator('.node').count()).toBe(2);
    await page.locator('.link.line:not(.down)').waitFor();
  }
}

async function open(page: Page, title: string): Promise<void> {
  await page.getByRole('navigation').getByRole('link', { name: /Chat/ }).click();
  await page
    .getByLabel('Conversations', { exact: true })
    .getByRole('link', { name: new RegExp(`^${title}`) })
    .click();
}

async function write(page: Page, title: string, text: string): Promise<void> {
  await open(page, title);
  await page.getByLabel(`Message to ${title}`).fill(text);
  await page.keyboard.press('Enter');
  await page.locator('.message', { hasText: text }).waitFor();
}
