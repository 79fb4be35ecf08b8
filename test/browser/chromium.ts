/**
 * Chromium: the browser that is installed on this machine, without a window, and pages in it that are
 * as a person has them. Whatever a page logs as an error fails its test.
 */
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { CHROMIUM, CHROMIUM_ARGS } from '../../tools/bench/chromium.ts';
import { PATIENCE_MS } from '../patience.ts';

export { CHROMIUM };

const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };

/** A browser with a profile of its own that is thrown away; the caller closes it. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM!,
    args: CHROMIUM_ARGS,
  });
}

export type Visit = { page: Page; errors: string[]; close(): Promise<void> };

/** A person who opens a link for the first time. */
export async function visit(
  browser: Browser,
  link: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({ viewport: DESKTOP, ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (entry) => {
    // A daemon that is down, or that refuses, is not an error of the page.
    const isNetwork = /^Failed to load resource|^WebSocket connection/.test(entry.text());
    if (entry.type() === 'error' && !isNetwork) errors.push(entry.text());
  });
  await page.goto(link);
  return { page, errors, close: () => context.close() };
}
