/**
 * Whom a person means (S25): a name that two have is nobody's, and the ids say who is who.
 */
import { describe, expect, it } from 'vitest';
import { PREFIX_MIN, resolve } from '../../../host/peer/resolve.ts';
import { printable } from '../../../protocol/printable.ts';
import { Pins } from '../../../protocol/trust/pins.ts';
import { toHex } from '../../../protocol/wire/hex.ts';
import { MemoryArchive } from '../../../tools/simulate/archive.ts';
import { person } from '../../protocol/trust/people.ts';
import { crypto } from '../../protocol/trust/ports.ts';

const [ann, ben, eve, mia] = [person(1), person(2), person(3), person(4)];
const archive = new MemoryArchive();
const pins = new Pins(crypto);
for (const [who, name] of [
  [ann, 'Ann'],
  [ben, 'ben'],
  [eve, 'BEN'],
  [mia, ' \u202emi\u2060a'],
] as const) {
  pins.meet(who.id, who.noiseKey, who.signingKey);
  const at = 1_700_000_000_000;
  archive.commit([{ kind: 'peer-heard', id: who.id, name, announce: null, at }]);
}

describe('what a person types', () => {
  const annHex = toHex(ann.id);
  for (const [what, typed] of [
    ['a name', 'Ann'],
    ['a name in other letters, with space around', ' ann '],
    ['an id', annHex],
    ['an id in capitals', annHex.toUpperCase()],
    ['the beginning of an id', annHex.slice(0, PREFIX_MIN)],
  ] as const) {
    it(`is one peer by ${what}`, () => {
      expect(resolve(typed, archive.peers, pins)).toEqual({ kind: 'found', id: ann.id });
    });
  }

  it('is one peer by a name as it was printed', () => {
    const printed = printable(' \u202emi\u2060a');
    expect(printed).toBe(' ?mi?a');
    expect(resolve(printed, archive.peers, pins)).toEqual({ kind: 'found', id: mia.id });
  });

  it('is nobody where two have that name, and says who there is (S25)', () => {
    const resolved = resolve('Ben', archive.peers, pins);
    expect(resolved.kind).toBe('ambiguous');
    const candidates = resolved.kind === 'ambiguous' ? resolved.candidates.map(toHex) : [];
    expect(candidates.sort()).toEqual([ben.id, eve.id].map(toHex).sort());
  });

  it("is nobody where one's name is the beginning of another's id (S25)", () => {
    const other = new MemoryArchive();
    const name = annHex.slice(0, 6);
    other.commit([{ kind: 'peer-heard', id: eve.id, name, announce: null, at: 1 }]);
    expect(resolve(name, other.peers, pins)).toMatchObject({ kind: 'ambiguous' });
  });

  it('is an id even of somebody never met, and nobody otherwise', () => {
    const id = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    expect(resolve('0102030405060708', archive.peers, pins)).toEqual({ kind: 'found', id });
    for (const typed of ['', 'nobody', annHex.slice(0, PREFIX_MIN - 1), '010203040506070g']) {
      expect(resolve(typed, archive.peers, pins), typed).toEqual({ kind: 'unknown' });
    }
  });
});
