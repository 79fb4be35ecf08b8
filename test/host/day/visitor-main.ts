/**
 * Visitor: a person who looks at every view of a page, in a process of his own, whose time is real. What
 * he finds wrong is printed, a line each; then how many views he saw.
 *
 *   visitor-main LINK
 */
import { hashOf, VIEWS } from '../../../host/http/web/route.ts';
import { openBrowser, visit } from '../../browser/chromium.ts';

const RECORDS = ['events', 'log', 'packets', 'audit'].map((part) => hashOf('record', part));
const PLACES = [...VIEWS.map((view) => hashOf(view)), ...RECORDS];

const browser = await openBrowser();
const { page, errors } = await visit(browser, process.argv[2]);
await page.getByText('live', { exact: true }).waitFor();
for (const place of PLACES) {
  await page.goto(`${new URL(page.url()).origin}/${place}`);
  await page.getByText('live', { exact: true }).waitFor();
  await page.locator('main > *').first().waitFor();
  await page.locator('main .asking').waitFor({ state: 'detached' });
  for (const fault of await page.getByRole('alert').all()) {
    const words = (await fault.textContent()) ?? '';
    if (words !== '') console.log(`${place}: ${words}`);
  }
}
for (const error of errors) console.log(error);
console.log(`${PLACES.length} views`);
await browser.close();
