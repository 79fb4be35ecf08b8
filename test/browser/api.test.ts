/**
 * The API's page in a real browser: it lists whatever can be asked, and asks it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROUTES } from '../../host/http/routes/all.ts';
import type { Running } from '../host/http/builders.ts';
import { DeskDouble, serve, TOKEN } from '../host/http/builders.ts';
import { build, PAGE } from '../tools/built.ts';
import type { Visit } from './chromium.ts';
import { CHROMIUM, openBrowser, PHONE, visit } from './chromium.ts';

let running: Running;
let browser: Browser;
beforeAll(async () => {
  build();
  running = await serve(new DeskDouble(), { web: PAGE });
  if (CHROMIUM !== null) browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await running.server.close();
});

it('loads nothing from elsewhere and holds no program or style inline', () => {
  const html = readFileSync(join(PAGE, 'api', 'index.html'), 'utf8');
  expect(html).not.toMatch(/<script(?![^>]* src=)|<style|style=| on\w+=|https?:/);
});

describe.skipIf(CHROMIUM === null)('the page of the API', () => {
  it('lists every route, and fits a phone', async () => {
    await onPage(async ({ page }) => {
      const listed = await page.locator('summary').allInnerTexts();
      for (const { method, path } of ROUTES) {
        expect(listed.some((text) => text.startsWith(`${method} ${path} `))).toBe(true);
      }
      await page.locator('summary', { hasText: /^Peer$/ }).click();
      await page.setViewportSize(PHONE);
      const width = await page.evaluate<number>('document.documentElement.scrollWidth');
      expect(width).toBe(PHONE.width);
    });
  });

  it('asks with the token that it is given, and shows what comes back', async () => {
    await onPage(async ({ page }) => {
      const form = page.locator('details', { hasText: 'messages that have all the words' });
      await form.locator('summary').click();
      await form.locator('input').first().fill('hello');
      await form.getByRole('button', { name: 'Send' }).click();
      await form.getByText('TOKEN_REFUSED').waitFor();
      await page.getByLabel('Token').fill(TOKEN);
      await form.getByRole('button', { name: 'Send' }).click();
      await form.getByText('"senderName": "alice"').first().waitFor();
    });
  });

  it('sends a body, from a beginning that has every field', async () => {
    await onPage(async ({ page }) => {
      await page.getByLabel('Token').fill(TOKEN);
      const form = page.locator('details', { hasText: 'say something' });
      await form.locator('summary').click();
      const body = form.getByLabel('Body');
      expect(JSON.parse(await body.inputValue())).toEqual({ to: '', text: '' });
      await body.fill('{"to":"alice","text":"hi"}');
      await form.getByRole('button', { name: 'Send' }).click();
      await form.getByText('"state": "waiting"').waitFor();
      expect(running.desk.changes).toContainEqual({ to: 'alice', text: 'hi' });
    });
  });
});

async function onPage(run: (visit: Visit & { page: Page }) => Promise<void>): Promise<void> {
  const visited = await visit(browser, `${running.server.url}/api`);
  try {
    await visited.page.locator('summary').first().waitFor();
    await run(visited);
    expect(visited.errors).toEqual([]);
  } finally {
    await visited.close();
  }
}
