/**
 * The vector files keep what README.md promises to strangers who read them without us.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { suite, titleOf } from '../../tools/conformance/suite.ts';
import type { Case, Json } from '../../tools/conformance/suite.ts';

const FOLDER = fileURLToPath(new URL('../../tools/conformance/', import.meta.url));
const README = readFileSync(join(FOLDER, 'README.md'), 'utf8');
const files = readdirSync(join(FOLDER, 'vectors'));
const cases = suite.flatMap((group) => group.cases);
const ops = [...new Set(cases.map(({ op }) => op))];

describe('the suite', () => {
  it('is every file in vectors/, under the name of its group', () => {
    expect(suite.map(({ group }) => `${group}.json`).sort()).toEqual(files.sort());
  });

  it('stays below 400 KB', () => {
    const sizes = files.map((file) => statSync(join(FOLDER, 'vectors', file)).size);
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(400_000);
  });

  it('names each case once, and what each group is about in words', () => {
    for (const { group, spec, cases } of suite) {
      expect(new Set(cases.map(({ name }) => name)).size, group).toBe(cases.length);
      expect(spec).toMatch(/^[A-Z].+ .+ .+\(WIRE §\d/);
    }
  });

  it('has cases of these fields and no others', () => {
    for (const group of suite) {
      for (const asked of group.cases) {
        const { name, op, given, expect: expected, mayRefuse = '', note = '', ...rest } = asked;
        expect(rest, titleOf(group, asked)).toEqual({});
        expect([name, op, mayRefuse, note].every((text) => typeof text === 'string')).toBe(true);
        expect(Object.keys(given).length * Object.keys(expected).length).toBeGreaterThan(0);
        expect('id' in given || 'op' in given || 'id' in expected).toBe(false);
      }
    }
  });

  it('never says that an implementation both must and may refuse', () => {
    for (const { expect: expected, mayRefuse } of cases) {
      if (mayRefuse !== undefined) expect(expected).not.toHaveProperty('error');
    }
  });

  it('writes hex in lower case, and 64-bit numbers as digits', () => {
    const texts = cases.flatMap(({ given, expect }) => [...textsOf(given), ...textsOf(expect)]);
    expect(texts.length).toBeGreaterThan(1500);
    for (const [field, text] of texts) {
      if (['timestamp', 'since', 'expiry'].includes(field)) expect(text).toMatch(/^\d+$/);
      else if (!WORDS.includes(field)) expect([field, text]).toEqual([field, hexOf(text)]);
    }
  });

  it('has no number that a double does not hold', () => {
    for (const asked of cases) {
      for (const number of numbersOf([asked.given, asked.expect])) {
        if (!Number.isSafeInteger(number)) expect([0.01, 0.25, 1 / 128]).toContain(number);
      }
    }
  });

  for (const op of ops) {
    it(`explains the op ${op} in README.md`, () => {
      const row = README.split('\n').find((line) => line.startsWith(`| \`${op}\``));
      expect(row).toBeDefined();
    });
  }

  it('has every op that README.md explains', () => {
    const explained = [...README.matchAll(/^\| `([a-z.A-Z]+)`/gm)].map(([, op]) => op);
    expect(explained.sort()).toEqual(ops.sort());
  });

  for (const op of ops.filter((name) => !ALWAYS_ANSWERED.includes(name))) {
    it(`has a case in which ${op} says no`, () => {
      const asked = cases.filter((one) => one.op === op);
      expect(asked.filter(saysNo).length).toBeGreaterThan(0);
      expect(asked.filter((one) => !saysNo(one)).length).toBeGreaterThan(0);
    });
  }
});

/** Fields that are words and not hex. */
const WORDS = [
  'nickname',
  'geohash',
  'messageId',
  'text',
  'name',
  'mime',
  'role',
  'error',
  'covered',
  'accepted',
];

/** Ops that answer any question that is one. */
const ALWAYS_ANSWERED = [
  'packet.encode',
  'packet.air',
  'announce.encode',
  'peer.id',
  'fragment.encode',
  'fragment.split',
  'sync.encode',
  'sync.filter',
  'private.encode',
  'file.encode',
  'ping.encode',
  'courier.encode',
  'courier.tag',
  'message.id',
];

/** Refused, not valid, nothing, or not accepted. */
function saysNo({ expect }: Case): boolean {
  return Object.values(expect).some(
    (value) =>
      'error' in expect ||
      value === false ||
      (value === null && Object.keys(expect).length === 1) ||
      (typeof value === 'string' && /^[01]*0[01]*$/.test(value)),
  );
}

function textsOf(value: Json, field = ''): [string, string][] {
  if (typeof value === 'string') return [[field, value]];
  if (Array.isArray(value)) return value.flatMap((inner) => textsOf(inner, field));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => textsOf(inner, name));
}

function numbersOf(value: Json): number[] {
  if (typeof value === 'number') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(numbersOf);
}

function hexOf(text: string): string {
  return Buffer.from(text, 'hex').toString('hex');
}
