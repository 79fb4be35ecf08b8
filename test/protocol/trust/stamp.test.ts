/**
 * The work that announces show (DEFAULTS §2): what it costs, and for what it counts.
 */
import { describe, expect, it } from 'vitest';
import { isStamped, OWN_STAMP_BITS, stamp, STAMP_FIELD } from '../../../protocol/trust/stamp.ts';
import { AnnounceView } from '../../../protocol/wire/announce-view.ts';
import { encodeAnnounce } from '../../../protocol/wire/announce.ts';
import type { Field } from '../../../protocol/wire/fields.ts';
import { person } from './people.ts';
import { crypto } from './ports.ts';

const [alice, mallory] = [person(1), person(3)];
const AT = 1_700_000_000_000;

describe('a stamp', () => {
  it('costs about 256 hashes, and one to check', () => {
    let hashes = 0;
    const counting = {
      ...crypto,
      sha256: (bytes: Uint8Array) => {
        hashes++;
        return crypto.sha256(bytes);
      },
    };
    for (let i = 0; i < 100; i++) {
      const field = stamp(counting, alice.id, AT + i);
      const made = hashes;
      expect(isStamped(counting, showing([field]), alice.id, AT + i, OWN_STAMP_BITS)).toBe(true);
      expect(hashes - made).toBe(1);
    }
    expect(hashes / 100).toBeGreaterThan(150);
    expect(hashes / 100).toBeLessThan(400);
  });

  it('is of one sender and one moment', () => {
    const announce = showing([stamp(crypto, alice.id, AT, 16)]);
    expect(isStamped(crypto, announce, alice.id, AT, 16)).toBe(true);
    expect(isStamped(crypto, announce, alice.id, AT, 8)).toBe(true);
    expect(isStamped(crypto, announce, mallory.id, AT, 8)).toBe(false);
    expect(isStamped(crypto, announce, alice.id, AT + 1, 8)).toBe(false);
  });

  it('that is missing, or is none, shows nothing', () => {
    const { value } = stamp(crypto, alice.id, AT);
    for (const fields of [
      [],
      [{ type: STAMP_FIELD + 1, value }],
      [{ type: STAMP_FIELD, value: value.slice(1) }],
      [{ type: STAMP_FIELD, value: Uint8Array.of(...value, 0) }],
      [{ type: STAMP_FIELD, value: new Uint8Array(0) }],
    ]) {
      expect(isStamped(crypto, showing(fields), alice.id, AT, OWN_STAMP_BITS)).toBe(false);
    }
  });
});

function showing(extras: Field[]): AnnounceView {
  const { noiseKey, signingKey } = alice;
  const said = { name: 'alice', neighbours: [], capabilities: null, geohash: null };
  const announce = new AnnounceView();
  expect(announce.read(encodeAnnounce({ ...said, noiseKey, signingKey, extras }))).toBeNull();
  return announce;
}
