/**
 * Hopline relay: the program that `hopline relay pack` puts into a folder of its own, for a Raspberry
 * Pi that has nothing else of Hopline.
 *
 *   node relay.mjs [--config FILE]
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { HoplineError } from '../../protocol/errors.ts';
import { runRelay } from './relay-process.ts';

const USAGE = 'usage: node relay.mjs [--config FILE]';

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { config: { type: 'string' } } });
  const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
  await runRelay({
    configFile: values.config ?? null,
    version,
    env: process.env,
    output: process.stdout,
    isColoured: !process.env['NO_COLOR'],
  });
}

main().then(
  () => process.exit(0),
  (failure: Error & { code?: string }) => {
    const isUsage = failure.code?.startsWith('ERR_PARSE_ARGS') ?? false;
    const isTold = failure instanceof HoplineError || isUsage;
    console.error(isTold ? `hopline: ${failure.message}` : (failure.stack ?? failure.message));
    if (isUsage) console.error(USAGE);
    process.exit(1);
  },
);
