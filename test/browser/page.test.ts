/**
 * The page in a real browser, over the real server and a desk in memory: what a person sees, does, and
 * is never troubled with.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpServer } from '../../host/http/server.ts';
import { packet, serve, TOKEN } from '../host/http/builders.ts';
import { build, PAGE } from '../tools/built.ts';
import { CHROMIUM, openBrowser, PHONE, visit } from './chromium.ts';
import type { Visit } from './chromium.ts';
import { ATTIC, Town } from './town.ts';

/** Bytes of the page's program: what a phone loads over a slow link. */
const SCRIPT_MAX = 100_000;
const NARROW = { ...PHONE, width: 360 };
const PART = { name: 'text', at: 22, size: 2 };
const EVIL = '<img src=x onerror="document.title=\'evil\'"><script>document.title="evil"</script>';

/** Where the map shows its first node, in ten frames from when it does. */
const FIRST_NODE_BY_FRAME = `new Promise((resolve) => {
  const places = [];
  const look = () => {
    const node = document.querySelector('.node');
    if (node !== null) places.push(node.parentElement.getAttribute('transform'));
    if (places.length === 10) resolve([...new Set(places)]);
    else requestAnimationFrame(look);
  };
  look();
})`;

/** How much wider than what is seen of them the page and its view are. */
const TOO_WIDE = `[document.documentElement, document.querySelector('main')]
  .map(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)`;

let browser: Browser;
beforeAll(async () => {
  build();
  if (CHROMIUM !== null) browser = await openBrowser();
});
afterAll(() => browser?.close());

describe('the files of the page', () => {
  it('are small, load nothing from elsewhere and hold no program or style inline', () => {
    const read = (name: string): string => readFileSync(join(PAGE, name), 'utf8');
    const [html, script] = ['index.html', 'app.js'].map(read);
    // What it imports without being asked comes with it; views come when they are looked at.
    const shared = [...script.matchAll(/(?:from|import)\s*"\.\/([\w.-]+\.js)"/g)].map(
      ([, name]) => name,
    );
    const sizes = [script, ...[...new Set(shared)].map(read)].map((file) =>
      Buffer.byteLength(file),
    );
    expect(shared.length).toBeGreaterThan(0);
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(SCRIPT_MAX);
    expect(html).not.toMatch(/<script(?![^>]* src=)|<style|style=| on\w+=|https?:/);
  });
});

describe.skipIf(CHROMIUM === null)('a person who looks at the health of the mesh', () => {
  it('sees who is silent, what is cut off and what happened, and the next thing as it does', async () => {
    await inTown({ at: '#/health' }, async ({ page, town }) => {
      const [carla] = town.people.slice(2);
      await page.getByText('split 14:02, healed 14:09, 37 messages reconciled, 0 lost').waitFor();
      await page.getByRole('meter', { name: 'stability' }).waitFor();
      await page.getByText('critical: 9 % of heartbeats lost').waitFor();
      await page.getByText('4 figures, 6 runs').click();
      const plots = page.getByRole('img', { name: /^mesh\.transmissions_vs_flood: 41\.2 %/ });
      await plots.waitFor();
      // However long the unit, a name is not squeezed into a column of letters.
      const longest = await page.getByText('memory.fragmentation_percent').boundingBox();
      expect(longest!.height).toBeLessThan(60);
      await page.getByText('suspected', { exact: true }).waitFor();
      const timeline = page.getByRole('list', { name: 'Timeline' }).locator('li:not(.day)');
      expect(await timeline.count()).toBe(4);
      town.tell({
        kind: 'mesh',
        key: 99,
        name: 'NodeRecovered',
        text: `${carla.name} is alive; it was silent for 26 s`,
        tone: 'good',
        peer: carla.id,
        figures: { silentMs: 26_000 },
      });
      await page.getByText('it was silent for 26 s').waitFor();
      expect(await timeline.count()).toBe(5);
      expect(await timeline.first().textContent()).toContain('is alive');
    });
  });
});

describe.skipIf(CHROMIUM === null)('a person of whose mesh nothing is known yet', () => {
  it('is not told that it is well', async () => {
    const town = new Town(8, 2);
    const { health, ...rest } = town.resilience()!;
    const blank = health.map((each) => ({ ...each, score: null }));
    town.resilience = () => ({ ...rest, networkHealth: 1, health: blank });
    await inTown({ at: '#/health', town }, async ({ page }) => {
      await page.getByRole('heading', { name: 'Mesh not known yet' }).waitFor();
    });
  });
});

describe.skipIf(CHROMIUM === null)('a person who looks at the settings', () => {
  it('changes one, is told what may not be so, and what waits for the next start', async () => {
    await inTown({ at: '#/settings' }, async ({ page, town }) => {
      const ttl = page.getByLabel('ttl', { exact: true });
      await page.getByText('holds from the next start on').waitFor();
      await ttl.fill('65');
      expect(
        await page.getByRole('spinbutton', { name: 'ttl' }).and(page.locator(':invalid')).count(),
      ).toBe(1);
      await ttl.fill('5');
      await ttl.press('Enter');
      await page.getByText('ttl is 5', { exact: false }).waitFor();
      expect(town.changes.at(-1)).toEqual({ settings: { ttl: 5 } });
      await page.getByLabel('security', { exact: true }).selectOption('strict');
      await page.getByRole('button', { name: 'Save security' }).click();
      await page.getByText('security is strict').waitFor();
      await page.getByLabel('allow', { exact: true }).fill('');
      await page.getByRole('button', { name: 'Save allow' }).click();
      await page.getByText('allow is empty').waitFor();
      expect(town.changes.at(-1)).toEqual({ settings: { allow: [] } });
      expect(await page.getByLabel('components', { exact: true }).count()).toBe(0);
    });
  });
});

describe.skipIf(CHROMIUM === null)('a person who opens the page', () => {
  it('with a login link is in, and the code is gone from the address', async () => {
    await inTown({}, async ({ page }) => {
      await page.getByText('live', { exact: true }).waitFor();
      expect(page.url()).not.toContain('login');
      expect(await stored(page)).toEqual([TOKEN]);
      await page.reload();
      await page.getByText('live', { exact: true }).waitFor();
    });
  });

  it('without one is told how to get it', async () => {
    await inTown({ link: (server) => server.url }, async ({ page }) => {
      await page.getByText('hopline login').waitFor();
    });
  });

  it('with one that was used is told so', async () => {
    const used = (server: HttpServer): string => `${server.url}/#login=${'0'.repeat(32)}`;
    await inTown({ link: used }, async ({ page }) => {
      await page.getByText('That link did not log you in: it works once, for ten min').waitFor();
      await page.getByText('hopline login').first().waitFor();
    });
  });

  it('may log out, and is asked again', async () => {
    await inTown({}, async ({ page }) => {
      await page.getByRole('button', { name: 'Log out' }).click();
      await page.getByText('hopline login').waitFor();
      expect(await stored(page)).toEqual([]);
    });
  });

  it('logs out and in again in all tabs at once', async () => {
    await inTown({}, async ({ page, server }) => {
      const other = await page.context().newPage();
      await other.goto(server.url);
      await other.getByText('live', { exact: true }).waitFor();
      await other.getByRole('button', { name: 'Log out' }).click();
      await page.getByText('hopline login').waitFor();
      await other.goto(server.newLogin().link);
      await page.getByText('live', { exact: true }).waitFor();
    });
  });

  it('is told that everything is virtual, and what is wrong', async () => {
    const town = new Town(8);
    town.isVirtual = true;
    town.problems = ['the disk is full: free some space'];
    await inTown({ town }, async ({ page }) => {
      await page.getByText('Virtual.').waitFor();
      await page.getByText('hopline up --config bridge.yaml').waitFor();
      await page.getByText('the disk is full').waitFor();
      town.tell({ kind: 'health', health: 'ok', problems: [] });
      await page.getByText('the disk is full').waitFor({ state: 'detached' });
      // What would be refused there is not offered.
      await page.getByRole('link', { name: 'Join', exact: true }).click();
      await page.getByText('Nobody joins a simulated island').waitFor();
      await page.getByRole('button', { name: 'Make a ticket' }).waitFor();
      expect(await page.getByRole('button', { name: /^(Join|Make an invite)$/ }).count()).toBe(0);
      await page.getByRole('link', { name: 'Boards', exact: true }).click();
      await page.getByText('so no board is here').waitFor();
      expect(await page.getByRole('button', { name: 'Plan' }).count()).toBe(0);
    });
  });
});

describe.skipIf(CHROMIUM === null)('the map', () => {
  it('shows every node and link, and who comes and goes', async () => {
    await inTown({ town: new Town(24) }, async ({ page, town }) => {
      await page.locator('.node').first().waitFor();
      expect(await page.locator('.node').count()).toBe(24);
      expect(await page.locator('.link').count()).toBe(town.map_.links.length);
      expect(await page.locator('.link.line').count()).toBe(2);
      expect(await page.locator('.link.line.down').count()).toBe(1);
      town.change('Ana', { isReachable: false });
      await page.getByText('Ana is out of reach').waitFor();
      await page.locator('.node.away', { hasText: 'Ana' }).waitFor();
    });
  });

  it('is the same to whoever comes back to it', async () => {
    await inTown({ town: new Town(24) }, async ({ page, town }) => {
      const nodes = page.locator('.node');
      await expect.poll(() => nodes.count()).toBe(24);
      const [gone] = town.map_.islands[0].nodes.splice(-1);
      town.map_.links = town.map_.links.filter(({ a, b }) => a !== gone.id && b !== gone.id);
      town.change('Ana', { isReachable: false });
      await expect.poll(() => nodes.count()).toBe(23);
      const places = (): Promise<(string | null)[]> =>
        nodes.evaluateAll((all) =>
          all.map((node) => node.parentElement!.getAttribute('transform')),
        );
      const before = await places();
      await page.getByRole('link', { name: 'Join', exact: true }).click();
      await nodes.first().waitFor({ state: 'detached' });
      const painted = page.evaluate<string[]>(FIRST_NODE_BY_FRAME);
      await page.getByRole('link', { name: 'Map', exact: true }).click();
      expect(await painted).toEqual([before[0]]);
      expect(await places()).toEqual(before);
    });
  });

  it('leads to a node: keys, way, neighbours, and what a person thinks of it', async () => {
    await inTown({}, async ({ page, town }) => {
      await page.locator('.node', { hasText: 'Ben' }).click();
      const card = page.locator('.card');
      await card.getByRole('heading', { name: 'Ben', exact: true }).waitFor();
      const digits = (await card.locator('.fingerprint').textContent())!.replaceAll(' ', '');
      expect(digits).toBe(town.person('Ben').fingerprint);
      await card.getByRole('button', { name: 'Ping' }).click();
      await card.getByText('184 ms').waitFor();
      await card.getByRole('button', { name: 'Trace' }).click();
      await card.locator('.hops li').nth(1).waitFor();
      await card.getByRole('button', { name: 'Routes' }).click();
      const routes = card.getByRole('list', { name: 'Routes' }).getByRole('listitem');
      await routes.nth(1).waitFor();
      expect(await routes.first().textContent()).toBe('Bentaken; 1 hop, about 25 ms; 97 % arrive');
      await card.getByText('switched 2 times, last because the route before was broken').waitFor();
      await card.getByRole('button', { name: 'Statistics' }).click();
      await card.getByText('the disk is full; make room').waitFor();
      await card.getByRole('button', { name: 'Settings' }).click();
      await card.getByLabel('budget.burst', { exact: true }).fill('8000');
      await card.getByLabel('budget.burst', { exact: true }).press('Enter');
      const changes = { 'budget.burst': 8000 };
      await expect.poll(() => town.changes.at(-1)).toMatchObject({ changes });
      await card.getByRole('button', { name: /^Verify/ }).click();
      await card.getByText('You compared it').waitFor();
      await card.getByRole('button', { name: 'Block' }).click();
      await card.getByRole('button', { name: 'Yes' }).click();
      await card.getByRole('button', { name: 'Unblock' }).waitFor();
      expect(town.person('Ben')).toMatchObject({ standing: 'verified', isDenied: true });
    });
  });

  it('is walked by the keyboard alone, with the focus in sight', async () => {
    await inTown({}, async ({ page }) => {
      await page.locator('.node').first().waitFor();
      await tabTo(page, page.locator(`[data-id="${ATTIC}"]`));
      const seen = new Set<string>();
      for (const key of ['ArrowLeft', 'ArrowUp', 'ArrowRight', 'ArrowDown', 'ArrowRight']) {
        await page.keyboard.press(key);
        seen.add((await page.locator(':focus').getAttribute('data-id'))!);
      }
      expect(seen.size).toBeGreaterThan(1);
      const ring = `getComputedStyle(document.querySelector('.node:focus-visible .halo')).strokeWidth`;
      expect(await page.evaluate(ring)).toBe('3px');
      await page.keyboard.press('Enter');
      await page.locator('.card').waitFor();
    });
  });
});

describe.skipIf(CHROMIUM === null)('a person without a mouse', () => {
  it('is asked, thinks better of it by the escape key, and is where he was, however often', async () => {
    await inTown({}, async ({ page, server, town }) => {
      await page.getByText('live', { exact: true }).waitFor();
      await page.goto(`${server.url}/#/map/${town.person('Ben').id}`);
      const block = page.getByRole('button', { name: 'Block' });
      for (let times = 0; times < 2; times++) {
        await block.focus();
        await page.keyboard.press('Enter');
        await focused(page.getByRole('button', { name: 'Yes' }));
        await page.keyboard.press('Escape');
        await focused(block);
      }
      expect(town.person('Ben').isDenied).toBe(false);
    });
  });

  it('presses a button again without looking for it', async () => {
    await inTown({}, async ({ page, server, town }) => {
      await page.getByText('live', { exact: true }).waitFor();
      await page.goto(`${server.url}/#/map/${town.person('Ben').id}`);
      let answer = (): void => {};
      const isAnswered = new Promise<void>((resolve) => (answer = resolve));
      const { ping } = town;
      town.ping = async (who) => {
        await isAnswered;
        return ping(who);
      };
      await page.getByRole('button', { name: 'Ping' }).focus();
      await page.keyboard.press('Enter');
      await page.locator(':focus').waitFor({ state: 'detached' });
      answer();
      await page.getByText('184 ms').waitFor();
      await focused(page.getByRole('button', { name: 'Ping' }));
    });
  });
});

describe.skipIf(CHROMIUM === null)('a thousand nodes', () => {
  it('are painted, walked by keyboard and listed, as far as somebody looks', async () => {
    await inTown({ town: new Town(1000) }, async ({ page }) => {
      const map = page.getByRole('application', { name: /^Map of 1,000 nodes/ });
      await map.focus();
      await page.keyboard.press('ArrowLeft');
      await page.keyboard.press('ArrowUp');
      const held = (await page.locator('.sea [role=status]').textContent())!;
      expect(held).toMatch(/, (peer|gateway|relay without keys)/);
      const rows = page.locator('.nodes li');
      expect(await rows.count()).toBeLessThan(300);
      const seen = await rows.first().textContent();
      await page.locator('.chunks').last().scrollIntoViewIfNeeded();
      await expect.poll(() => rows.first().textContent()).not.toBe(seen);
      await map.focus();
      await page.keyboard.press('Enter');
      await page.locator('.card h2').waitFor();
      expect(held).toContain(await page.locator('.card h2').textContent());
    });
  });
});

describe.skipIf(CHROMIUM === null)('the chat', () => {
  it('sends by the enter key, and says in words how far a message came', async () => {
    await inTown({ at: '#/chat' }, async ({ page, town }) => {
      await page.getByRole('link', { name: 'Ana' }).first().click();
      await page.getByLabel('Message to Ana').fill('two seats');
      await page.keyboard.press('Enter');
      const sent = page.locator('.message', { hasText: 'two seats' }).first();
      await sent.getByText('waiting').waitFor();
      const { key } = town.said.at(-1)!;
      town.settle(key, 'delivered');
      await sent.getByText('delivered').waitFor();
      town.settle(key, 'failed', 'unacknowledged');
      await sent.getByText('failed: it was sent four times and never confirmed').waitFor();
      await sent.getByRole('button', { name: 'Send again' }).click();
      await sent.getByText('sent again').waitFor();
      expect(town.said.filter(({ text }) => text === 'two seats')).toHaveLength(2);
      town.say({ conversation: town.person('Ana').id, text: 'yes, @attic, ask @Ben' });
      await expect
        .poll(() => page.locator('.called').allTextContents())
        .toEqual(['@attic', '@Ben']);
      expect(await page.locator('.called.us').allTextContents()).toEqual(['@attic']);
      expect(await page.getByLabel('Message to Ana').inputValue()).toBe('');
    });
  });

  it('does not say of old conversations that nothing was said in them', async () => {
    const town = new Town(400);
    for (const { id } of town.people.slice(0, 210)) {
      town.say({ conversation: id, sender: id, text: 'long ago' }, false);
    }
    const all = town.conversations(1000);
    town.conversations = (limit) => all.slice(0, limit);
    await inTown({ town, at: '#/chat' }, async ({ page }) => {
      await page.getByRole('heading', { name: 'Others', exact: true }).waitFor();
      expect(await page.getByRole('heading', { name: 'Nothing said yet' }).count()).toBe(0);
    });
  });

  it('keeps what is typed while something is sent', async () => {
    await inTown({ at: '#/chat/public' }, async ({ page, town }) => {
      let take = (): void => {};
      const isTaken = new Promise<void>((resolve) => (take = resolve));
      const { send } = town;
      town.send = async (to, text) => {
        await isTaken;
        return send(to, text);
      };
      const box = page.getByLabel('Message to Everyone');
      await box.fill('first');
      await box.press('Enter');
      await page.getByRole('button', { name: 'Sending' }).waitFor();
      await box.pressSequentially(' second');
      take();
      await page.locator('.message .text', { hasText: 'first' }).waitFor();
      await expect.poll(() => box.inputValue()).toBe(' second');
    });
  });

  it('leaves the enter key to whoever composes a word, whatever the browser', async () => {
    await inTown({ at: '#/chat/public' }, async ({ page, town }) => {
      const box = page.getByLabel('Message to Everyone');
      await box.fill('にほ');
      const { length } = town.said;
      for (const told of [{ isComposing: true }, { keyCode: 229 }]) {
        await box.dispatchEvent('keydown', { key: 'Enter', ...told });
      }
      await box.press('!');
      await box.press('Enter');
      await expect.poll(() => town.said.slice(length).map(({ text }) => text)).toEqual(['にほ!']);
    });
  });

  it('keeps what was written when it is refused, and says why', async () => {
    await inTown({ at: '#/chat/public' }, async ({ page }) => {
      const box = page.getByLabel('Message to Everyone');
      await box.fill('x'.repeat(2001));
      await page.getByRole('button', { name: 'Send' }).click();
      await page.getByText('cut it in two').waitFor();
      expect((await box.inputValue()).length).toBe(2001);
    });
  });

  it('counts what was not read, reads it aloud, and reads it when it is looked at', async () => {
    await inTown({}, async ({ page, town }) => {
      await page.getByText('live', { exact: true }).waitFor();
      town.say({
        conversation: town.person('Ben').id,
        sender: town.person('Ben').id,
        text: 'psst',
      });
      await page.getByRole('navigation').getByText('1 unread').waitFor();
      await page
        .locator('[aria-live=polite]', { hasText: 'Ben: psst' })
        .waitFor({ state: 'attached' });
      await expect.poll(() => page.title()).toMatch(/^\(1\)/);
      await page.getByRole('link', { name: /Chat/ }).click();
      await page.getByRole('link', { name: /Ben/ }).first().click();
      await page.locator('.message', { hasText: 'psst' }).waitFor();
      await expect.poll(() => page.title()).not.toMatch(/^\(/);
      expect(town.changes).toContainEqual({ read: town.person('Ben').id, key: 1 });
    });
  });

  it('leafs back to the first message, and stays where a person reads', async () => {
    const town = new Town(8);
    for (let at = 1; at <= 120; at++) town.say({ text: `line ${at}.` }, false);
    await inTown({ town, at: '#/chat/public' }, async ({ page }) => {
      const messages = page.locator('.message');
      await messages.getByText('line 120.').waitFor();
      for (const count of [50, 100]) {
        await expect.poll(() => messages.count()).toBe(count);
        await page.getByRole('button', { name: 'Earlier messages' }).click();
      }
      await expect.poll(() => messages.count()).toBe(120);
      await page.getByRole('button', { name: 'Earlier messages' }).waitFor({ state: 'detached' });
      town.say({ text: 'new below' });
      await expect.poll(() => messages.count()).toBe(121);
      const list = (await page.locator('.messages').boundingBox())!;
      const { y } = (await messages.last().boundingBox())!;
      expect(y).toBeGreaterThan(list.y + list.height);
    });
  });

  it('shows whatever people write as text, and what nobody vouches for as that', async () => {
    const town = new Town(8);
    town.change('Ana', { name: EVIL });
    town.map_.islands[0].nodes[1].name = EVIL;
    town.say({ text: EVIL, isVerified: false, senderName: EVIL }, false);
    await inTown({ town, at: '#/chat/public' }, async ({ page }) => {
      expect(await page.locator('.message .text').textContent()).toBe(EVIL);
      await page.locator('.message').getByText('unverified').waitFor();
      await page.getByRole('link', { name: 'Map' }).click();
      await page.locator('.node').first().waitFor();
      town.say({ text: EVIL });
      await page.getByText(/^\d unread$/).waitFor();
      expect(await page.locator('img, #page script').count()).toBe(0);
      expect(await page.title()).not.toContain('evil');
    });
  });

  it('lets no name turn the reading direction of the words beside it', async () => {
    const town = new Town(8);
    const turning = 'Ana\u202e\u2067\u2069\u202b';
    town.change('Ana', { name: turning });
    town.say({ text: 'said before', senderName: turning }, false);
    await inTown({ town, at: '#/chat/public' }, async ({ page }) => {
      await page.getByText('said before').first().waitFor();
      town.say({ text: 'said now', senderName: turning });
      await page.getByText('said now').first().waitFor();
      const words = await page.locator('body').textContent();
      expect(words).toContain('Ana');
      expect(words).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
    });
  });

  it('says from where on it is new to whoever comes back', async () => {
    const town = new Town(24).talk();
    await inTown({ town, at: `#/chat/${town.person('Ben').id}` }, async ({ page }) => {
      const list = page.locator('.messages li');
      await page.getByText('It says 3 packets waiting here.').last().waitFor();
      await expect.poll(() => list.allTextContents()).toContain('New');
    });
  });
});

describe.skipIf(CHROMIUM === null)('a search', () => {
  it('finds a message, leads to its place, and from there back to what is said now', async () => {
    const town = new Town(8);
    for (let at = 1; at <= 200; at++) town.say({ text: `line ${at}.` }, false);
    await inTown({ town, at: '#/chat' }, async ({ page }) => {
      await page.getByLabel('Search people and messages').fill('line 40.');
      await page.getByRole('link', { name: /line 40\./ }).click();
      const found = page.locator('.message.found');
      await found.waitFor();
      expect(await found.textContent()).toContain('line 40.');
      await expect.poll(() => isSeen(found)).toBe(true);
      expect(await page.getByText('line 90.', { exact: true }).count()).toBe(1);
      town.say({ text: 'said now' });
      await page.getByRole('button', { name: 'To the newest' }).click();
      await page.locator('.message', { hasText: 'said now' }).waitFor();
      expect(await page.getByText('line 90.', { exact: true }).count()).toBe(0);
    });
  });

  it('finds nothing where there is nothing, and says what would be', async () => {
    await inTown({ at: '#/chat' }, async ({ page }) => {
      await page.getByLabel('Search people and messages').fill('no such words');
      await page.getByText('Words are found from their beginning').waitFor();
    });
  });
});

describe.skipIf(CHROMIUM === null)('the record', () => {
  it('shows packets as they pass, by words and paused, and takes one apart', async () => {
    await inTown({ at: '#/record/packets' }, async ({ page, town }) => {
      const rows = page.locator('.packet-table tbody tr');
      await rows.first().waitFor();
      town.passed.push(packet({ key: 5, type: 'announce', dropped: 'duplicate' }));
      await expect.poll(() => rows.count()).toBe(2);
      expect(await rows.first().textContent()).toContain('duplicate');
      await page.getByText('3 were too many to show').waitFor();
      await page.getByLabel('Type, node, link or reason').fill('message');
      await expect.poll(() => rows.count()).toBe(1);
      await page.getByRole('button', { name: 'Pause' }).click();
      town.passed.push(packet({ key: 6 }));
      await rows.first().getByRole('link').click();
      await page.getByRole('button', { name: /^text/ }).click();
      expect(await page.locator('.hex .marked').allTextContents()).toEqual(['68', '69']);
      expect(await rows.count()).toBe(1);
      await page.getByRole('button', { name: 'Go on' }).click();
      await expect.poll(() => rows.count()).toBe(2);
    });
  });

  it('is text, whatever somebody calls himself, from the first event to the last line', async () => {
    const town = new Town(8);
    town.change('Ana', { name: EVIL });
    const [ana] = town.people;
    const events = Array.from({ length: 120 }, (_, at) => ({ ...town.history[0], key: 120 - at }));
    town.timeline = (query) => {
      town.asked = query;
      return events.filter(({ key }) => key < query.before).slice(0, query.limit);
    };
    events[0] = { ...events[0], text: EVIL, peer: ana.id };
    town.logged[0] = { ...town.logged[0], words: EVIL, facts: { name: EVIL } };
    town.passed[0] = packet({ type: EVIL, sender: ana.id, parts: [{ ...PART, value: EVIL }] });
    const [line] = town.audit(0, 1).lines;
    const end = { key: 1, hash: '' };
    const named = { ...line, subject: ana.id, detail: EVIL };
    town.audit = (key) => ({
      lines: key === 0 ? [named] : [],
      base: { ...end, key: 0 },
      head: end,
    });
    await inTown({ town, at: '#/record' }, async ({ page }) => {
      const timeline = page.getByRole('list', { name: 'Timeline' }).locator('li:not(.day)');
      await page.getByText(EVIL).waitFor();
      // What is further back comes as somebody leafs to it.
      await timeline.last().scrollIntoViewIfNeeded();
      await expect.poll(() => timeline.count()).toBeGreaterThan(50);
      await page.getByLabel('Kind of event').selectOption('PeerLeft');
      await page.getByLabel('Node: name or id').fill('Ben');
      const { id } = town.person('Ben');
      await expect
        .poll(() => town.asked)
        .toMatchObject({ kind: 'PeerLeft', node: id, isAll: true });
      for (const part of ['Log', 'Packets', 'Audit']) {
        await page.getByRole('link', { name: part, exact: true }).click();
        await page.getByText(EVIL).first().waitFor();
      }
      await page.getByText('each as it was written').waitFor();
      // A flaw is told by the number of its line.
      await page.getByRole('columnheader', { name: 'Line', exact: true }).waitFor();
      expect(await page.locator('img, #page script').count()).toBe(0);
      expect(await page.title()).not.toContain('evil');
    });
  });
});

describe.skipIf(CHROMIUM === null)('a page that lost its daemon', () => {
  it('says so, keeps what is written, and catches up when it is back', async () => {
    await inTown({ at: '#/chat/public' }, async ({ page, town, restart }) => {
      await page.getByLabel('Message to Everyone').fill('not yet sent');
      town.tell({ kind: 'note', device: 'd1', name: 'gate', text: 'open' });
      await restart(async () => {
        await page.getByText('Disconnected', { exact: true }).waitFor();
        expect(await page.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true);
        await page.getByRole('button', { name: 'Try now' }).click();
        await page.getByText(/^Next try in/).waitFor();
        town.say({ text: 'said meanwhile' });
      });
      await page.getByText('said meanwhile', { exact: true }).waitFor();
      await page.getByText('Disconnected', { exact: true }).waitFor({ state: 'detached' });
      expect(await page.getByLabel('Message to Everyone').inputValue()).toBe('not yet sent');
    });
  });
});

describe.skipIf(CHROMIUM === null)('joining islands', () => {
  it('makes an invite to hand on and a ticket, takes one, and ends a line after asking twice', async () => {
    await inTown({ town: new Town(12, 3), at: '#/join' }, async ({ page, town }) => {
      await page.getByLabel(/Address of this bridge/).fill('attic.example:4460');
      await page.keyboard.press('Enter');
      await page.getByLabel('New invite').getByText('hopline:attic.example:4460/').waitFor();
      await page.getByRole('img', { name: 'QR code of the invite' }).waitFor();
      await page.getByLabel('What it is called here').fill('tablet');
      await page.getByRole('button', { name: 'Make a ticket' }).click();
      await page.getByLabel('New ticket').getByText('hopline:ws://').waitFor();
      await page.getByRole('textbox', { name: 'Invite', exact: true }).fill('nonsense');
      await page.getByRole('button', { name: 'Join', exact: true }).click();
      await page.getByText('it begins with hopline:').waitFor();
      await page
        .getByRole('textbox', { name: 'Invite', exact: true })
        .fill('hopline:cabin:4460/x/y');
      await page.getByRole('button', { name: 'Join', exact: true }).click();
      await page.getByText('Joined cabin').waitFor();
      const { node } = town.lineViews[1];
      await page.getByRole('button', { name: 'Part' }).click();
      await page.getByRole('button', { name: 'Yes' }).click();
      await expect.poll(() => town.changes).toContainEqual({ part: node });
    });
  });
});

describe.skipIf(CHROMIUM === null)('the boards', () => {
  it('are planned, and changed once that was seen and asked for twice', async () => {
    await inTown({ at: '#/fleet' }, async ({ page, town }) => {
      const changes = [{ name: 'role', from: 'leaf', to: EVIL }];
      const gate = { name: 'gate', port: '/dev/ttyUSB0', id: null, changes };
      await page.getByLabel(/^The file/).fill('nodes: []');
      await page.getByRole('button', { name: 'Plan' }).click();
      await expect.poll(() => town.changes.at(-1)).toEqual({ plan: 'nodes: []' });
      const rows = [{ ...gate, result: 'would change', isDone: false }];
      town.boards = { what: 'plan', state: 'done', rows, problem: null };
      await page.getByText(`leaf → ${EVIL}`).waitFor();
      await page.getByRole('button', { name: 'Apply' }).click();
      await page.getByText('Change 1 board?').waitFor();
      await page.getByRole('button', { name: 'Yes' }).click();
      await expect.poll(() => town.changes.at(-1)).toEqual({ apply: 'nodes: []' });
      town.boards = { what: 'apply', state: 'running', rows: [], problem: null };
      await page.getByRole('button', { name: 'Stop' }).click();
      await expect.poll(() => town.changes.at(-1)).toBe('fleet stopped');
      town.boards = { what: 'apply', state: 'failed', rows: [], problem: 'line 3: no such role' };
      await page.getByText('line 3: no such role').waitFor();
      expect(await page.getByRole('button', { name: 'Apply' }).count()).toBe(0);
    });
  });
});

describe.skipIf(CHROMIUM === null)('on a small phone', () => {
  it('no view is wider than the screen, whatever people call themselves', async () => {
    const town = new Town(24).talk();
    const long = 'W'.repeat(255);
    town.change('Ana', { name: long, hasAlarm: true });
    town.say({ text: long.repeat(4), senderName: long }, false);
    town.map_.islands[0].nodes[1].name = long;
    const views = [
      'map',
      `map/${town.people[0].id}`,
      'chat',
      'chat/public',
      'links',
      'health',
      'record/events',
      'record/log',
      'record/packets',
      'record/packets/1',
      'record/audit',
      'join',
      'fleet',
      'settings',
    ];
    const changes = [{ name: long, from: long, to: long }];
    const board = { name: long, port: long, id: null, changes, result: long, isDone: false };
    town.boards = { what: 'plan', state: 'done', rows: [board], problem: long };
    town.logged = [{ ...town.logged[0], words: long, facts: { [long]: long } }];
    town.passed = [packet({ type: long, dropped: long, hex: 'ff'.repeat(64) })];
    town.history = [{ ...town.history[0], text: long }];
    await inTown({ town, size: NARROW }, async ({ page, server }) => {
      for (const view of views) {
        await page.goto(`${server.url}/#/${view}`);
        await page.waitForTimeout(100);
        expect(await page.evaluate(TOO_WIDE), view).toEqual([0, 0]);
      }
    });
  });

  it('the name of every view is read whole, on the smallest one too', async () => {
    await inTown({ size: { width: 320, height: 568 }, at: '#/settings' }, async ({ page }) => {
      await page.getByLabel('ttl', { exact: true }).waitFor();
      const cut = await page
        .locator('nav a')
        .evaluateAll((all) =>
          all
            .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
            .map(({ textContent }) => textContent),
        );
      expect(cut).toEqual([]);
    });
  });

  it('a conversation takes the screen, and leads back to the list', async () => {
    await inTown({ size: NARROW, at: '#/chat' }, async ({ page }) => {
      await page.getByRole('link', { name: /Everyone/ }).click();
      await page.getByLabel('Message to Everyone').waitFor();
      expect(await page.getByLabel('Conversations', { exact: true }).isVisible()).toBe(false);
      await page.getByRole('link', { name: 'All conversations' }).click();
      await page.getByLabel('Conversations', { exact: true }).waitFor();
    });
  });
});

type Stay = Visit & {
  town: Town;
  server: HttpServer;
  /** Closes the server, and opens it again at the same address. */
  restart(meanwhile: () => Promise<void>): Promise<void>;
};

type Wanted = {
  town?: Town;
  size?: { width: number; height: number };
  /** The view to look at. */
  at?: string;
  link?: (server: HttpServer) => string;
};

/** A person at the page of a town. Afterwards nothing may have gone wrong in the page. */
async function inTown(wanted: Wanted, run: (stay: Stay) => Promise<void>): Promise<void> {
  const { town = new Town(8, 2), size, at, link = ({ newLogin }) => newLogin().link } = wanted;
  let { server } = await serve(town, { web: PAGE });
  const guest = await visit(browser, link(server), size === undefined ? {} : { viewport: size });
  try {
    if (at !== undefined) {
      await guest.page.getByText('live', { exact: true }).waitFor();
      await guest.page.goto(`${server.url}/${at}`);
    }
    await run({
      ...guest,
      town,
      server,
      async restart(meanwhile) {
        const { port } = server;
        await server.close();
        await meanwhile();
        ({ server } = await serve(town, { web: PAGE, port }));
      },
    });
    expect(guest.errors).toEqual([]);
  } finally {
    await guest.close();
    await server.close();
  }
}

/** Whether it is within what the page shows of its list. */
async function isSeen(element: Locator): Promise<boolean> {
  const [list, box] = [element.page().locator('.messages'), element];
  const [frame, inner] = [(await list.boundingBox())!, (await box.boundingBox())!];
  return inner.y >= frame.y && inner.y + inner.height <= frame.y + frame.height;
}

/** Waits until the focus is there. */
function focused(element: Locator): Promise<void> {
  return element.and(element.page().locator(':focus')).waitFor();
}

/** Presses the tab key until the focus is there. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let presses = 0; presses < 40; presses++) {
    await page.keyboard.press('Tab');
    if ((await target.and(page.locator(':focus')).count()) === 1) return;
  }
  expect.fail('the tab key does not lead there');
}

/** What the page keeps in this browser. */
async function stored(page: Page): Promise<string[]> {
  const { origins } = await page.context().storageState();
  return origins.flatMap(({ localStorage }) => localStorage.map(({ value }) => value));
}
