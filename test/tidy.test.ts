/**
 * Tidy: what must hold about the repository itself. Each failure names a line and what to do
 * instead; the rules and their own tests are in tidy/.
 */
import { expect, it } from 'vitest';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleAllForDevice } from '../tools/build/device-gate.ts';
import { RULES } from './tidy/rules.ts';
import { readRepository, show, treeOf } from './tidy/tree.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const tree = treeOf(readRepository(ROOT));

for (const { promise, check } of Object.values(RULES)) {
  it(promise, () => {
    const problems = check(tree).map(show);
    if (problems.length > 0) expect.fail(`\n${problems.join('\n')}\n`);
  });
}

it('the core passes the device gate, all of it', async () => {
  const core = join(ROOT, 'protocol', 'core');
  const files = readdirSync(core).filter((name) => /(?<!\.d)\.ts$/.test(name));
  const { problems } = await bundleAllForDevice(core, files);
  expect(problems).toEqual([]);
});
