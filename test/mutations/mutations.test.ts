/**
 * The mutations of `list.ts`: that each can still be made, always; that each is caught, in soak. There
 * every one is made in a copy of the sources, and the tests it names are run on it.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SOAK } from '../seed.ts';
import type { Mutation } from './list.ts';
import { MUTATIONS } from './list.ts';

const HOUSE = join(import.meta.dirname, '../..');
const ROOMS = ['device', 'host', 'protocol', 'test', 'tools', 'package.json', 'tsconfig.json'];

describe('the mutations', () => {
  it('are twenty or more, of twenty different laws', () => {
    expect(new Set(MUTATIONS.map(({ breaks }) => breaks)).size).toBe(MUTATIONS.length);
    expect(MUTATIONS.length).toBeGreaterThanOrEqual(20);
  });

  it.each(MUTATIONS)('can be made: $breaks', ({ file, from, to }) => {
    expect(readFileSync(join(HOUSE, file), 'utf8').split(from)).toHaveLength(2);
    expect(to).not.toBe(from);
  });
});

function catching(): void {
  let copy: string;

  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'hopline-mutations-'));
    for (const room of ROOMS) cpSync(join(HOUSE, room), join(copy, room), { recursive: true });
    symlinkSync(join(HOUSE, 'node_modules'), join(copy, 'node_modules'));
  });
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  it('passes as it is', () => {
    const tests = [...new Set(MUTATIONS.flatMap((mutation) => mutation.tests))];
    expect(failsIn(copy, tests)).toBe(false);
  });

  it.each(MUTATIONS)('is caught without it: $breaks', (mutation) => {
    const file = join(copy, mutation.file);
    const whole = readFileSync(file, 'utf8');
    writeFileSync(file, mutated(whole, mutation));
    try {
      expect(failsIn(copy, mutation.tests)).toBe(true);
    } finally {
      writeFileSync(file, whole);
    }
  });
}

if (SOAK) describe('a copy of the house', catching);

function mutated(whole: string, { from, to }: Mutation): string {
  return whole.split(from).join(to);
}

/**
 * Whether one of the tests fails, run as npm test runs them; at their usual counts, or this would take
 * for ever.
 */
function failsIn(folder: string, tests: string[]): boolean {
  const vitest = join(folder, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', '--config=test/vitest.config.mjs', '--bail=1', ...tests];
  const env = { ...process.env, HOPLINE_SOAK: '' };
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: folder, env });
  const output = stdout.toString();
  // A run that found no test is no catch.
  expect(output).toMatch(/Tests .*(passed|failed)/);
  return status !== 0;
}
