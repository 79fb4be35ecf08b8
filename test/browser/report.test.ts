/**
 * The report of `hopline simulate` in a browser: it opens without a network, and its map moves.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { simulate } from '../../tools/commands/simulate.ts';
import { testIo } from '../tools/io.ts';
import { CHROMIUM, openBrowser, PHONE, visit } from './chromium.ts';

it.skipIf(CHROMIUM === null)('a report of a run plays in Chromium, on a phone, too', async () => {
  const io = testIo();
  const values = { seed: '3', nodes: '6', topology: 'grid', out: 'run.html' };
  await simulate.run({ operands: [], values }, io);
  const folder = mkdtempSync(join(tmpdir(), 'hopline-report-'));
  const file = join(folder, 'run.html');
  writeFileSync(file, io.files.get('run.html')!);
  const browser = await openBrowser();
  try {
    const { page, errors } = await visit(browser, pathToFileURL(file).href, { viewport: PHONE });
    expect(await page.locator('svg').count()).toBe(5);
    const width = await page.evaluate('document.documentElement.scrollWidth');
    expect(width).toBe(PHONE.width);
    await page.getByLabel('moment of the run').fill('900');
    const later = await page.locator('output').textContent();
    expect(later).toMatch(/^\d+:\d\d of \d+:\d\d, healed$/);
    await page.getByRole('button', { name: 'Play' }).click();
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    await expect.poll(() => page.locator('output').textContent()).not.toBe(later);
    expect(errors).toEqual([]);
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true });
  }
});
