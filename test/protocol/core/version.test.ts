/**
 * The four modes two nodes settle on (WIRE §26), row by row.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  COMPRESSION,
  GATEWAYS,
  MESH,
  OUR_VERSION,
  RECEIPTS,
  ROUTING,
  settle,
} from '../../../protocol/core/version.ts';
import type { Abilities } from '../../../protocol/core/version.ts';
import { hold } from '../../seed.ts';

describe('two nodes', () => {
  const ours = { version: Uint8Array.of(1, 2, 3), features: MESH | ROUTING };

  it.each([
    ['of one version and equal features', [1, 2, 3], MESH | ROUTING, 'full', MESH | ROUTING],
    ['of other minors and equal features', [1, 9, 9], MESH | ROUTING, 'full', MESH | ROUTING],
    ['of which one knows more', [1, 2, 3], 0x1f, 'limited', MESH | ROUTING],
    ['of which one knows less', [1, 2, 3], MESH, 'limited', MESH],
    ['with nothing in common', [1, 2, 3], GATEWAYS, 'limited', 0],
    ['of which one has a bit of the future', [1, 2, 3], 0x80000005, 'limited', MESH | ROUTING],
    ['of other majors', [2, 2, 3], MESH | ROUTING, 'incompatible', 0],
    ['of an older major', [0, 2, 3], MESH | ROUTING, 'incompatible', 0],
  ] as const)('%s', (_what, version, features, mode, shared) => {
    const theirs = { version: Uint8Array.from(version), features };
    expect(settle(ours, theirs)).toEqual({ mode, features: shared });
  });

  it('of which one is a phone, and says no hello', () => {
    expect(settle(ours, null)).toEqual({ mode: 'legacy', features: 0 });
  });

  it('come to the same answer at both ends', () => {
    hold(
      fc.property(abilities(), abilities(), (a, b) => {
        expect(settle(a, b)).toEqual(settle(b, a));
      }),
      1000,
    );
  });
});

it('announces what is really there: the basic mesh, 1.0 (DEFAULTS §4)', () => {
  expect([...OUR_VERSION]).toEqual([1, 0, 0]);
});

it('numbers the feature bits as WIRE §20 does', () => {
  expect([MESH, GATEWAYS, ROUTING, COMPRESSION, RECEIPTS]).toEqual([1, 2, 4, 8, 16]);
});

function abilities(): fc.Arbitrary<Abilities> {
  const part = fc.nat(2);
  return fc.record({
    version: fc.tuple(part, part, part).map((parts) => Uint8Array.from(parts)),
    features: fc.oneof(fc.nat(31), fc.nat(0xffffffff)),
  });
}
