/**
 * Notes: what a node without keys says is proved as a peer expects it (WIRE §20), said again until
 * it is noted, and never said under a counter that was used before.
 */
import { describe, expect, it } from 'vitest';
import type { Millis } from '../../../protocol/core/machine.ts';
import { TICK } from '../../../protocol/core/machine.ts';
import type { NotesOutput } from '../../../protocol/core/notes.ts';
import {
  COUNTERS_STORED,
  Notes,
  NOTES_WAITING_MAX,
  RETRY_MS,
} from '../../../protocol/core/notes.ts';
import { pureCrypto } from '../../../protocol/trust/pure-crypto.ts';
import { encodeNoted } from '../../../protocol/wire/note.ts';
import { encodeNote } from '../wire/note-bytes.ts';
import { id } from '../../packets.ts';

const KEY = new Uint8Array(32).fill(7);
const BY = { node: id(3), key: KEY };

describe('a note', () => {
  it('is what a peer can prove', () => {
    const [, note] = saying('gate open', notes(5));
    expect(note).toEqual({ kind: 'note', payload: encodeNote(pureCrypto, BY, 5, 'gate open') });
  });

  it('is preceded by the counter that the next start may use', () => {
    const some = notes(32);
    expect(kinds(saying('a', some))).toEqual(['counter', 'note']);
    expect(saying('a', notes(32))[0]).toEqual({ kind: 'counter', next: 32 + COUNTERS_STORED });
    some.step({ kind: 'noted', payload: encodeNoted(pureCrypto, BY, 32) }, 0);
    expect(kinds(saying('b', some))).toEqual(['note']);
  });

  it('stores again when what it stored is used up', () => {
    const some = notes(0);
    const stored: number[] = [];
    for (let counter = 0; counter <= COUNTERS_STORED; counter++) {
      for (const output of saying('a', some))
        if (output.kind === 'counter') stored.push(output.next);
      some.step({ kind: 'noted', payload: encodeNoted(pureCrypto, BY, counter) }, 0);
    }
    expect(stored).toEqual([COUNTERS_STORED, 2 * COUNTERS_STORED]);
  });

  it('is said four times under one counter, after waits that double, and given up', () => {
    const some = notes(0);
    const [, first] = saying('a', some);
    const at: Millis[] = [];
    for (;;) {
      const now = some.deadline();
      const [output] = some.step(TICK, now);
      at.push(now);
      if (output.kind === 'drop') break;
      expect(output).toEqual(first);
    }
    expect(at).toEqual([1, 3, 7, 15].map((times) => times * RETRY_MS));
    expect(some.deadline()).toBe(Infinity);
    expect(saying('b', some)[0]).toMatchObject({ kind: 'note' });
  });

  it('waits for the one before, up to a limit', () => {
    const some = notes(0);
    saying('a', some);
    for (let i = 1; i < NOTES_WAITING_MAX; i++) expect(saying('b', some)).toEqual([]);
    expect(saying('c', some)).toEqual([{ kind: 'drop', reason: 'note-full' }]);
    const next = some.step({ kind: 'noted', payload: encodeNoted(pureCrypto, BY, 0) }, 1);
    expect(kinds(next)).toEqual(['noted', 'note']);
  });

  it('is refused when it is too long, or nobody could believe it', () => {
    expect(saying('x'.repeat(65), notes(0))).toEqual([{ kind: 'drop', reason: 'note-too-long' }]);
    expect(kinds(saying('x'.repeat(64), notes(0)))).toEqual(['counter', 'note']);
    const keyless = new Notes(id(3), pureCrypto.hmacSha256, 0);
    expect(saying('a', keyless)).toEqual([{ kind: 'drop', reason: 'note-no-key' }]);
    const hashless = new Notes(id(3), null, 0);
    hashless.key = KEY;
    expect(saying('a', hashless)).toEqual([{ kind: 'drop', reason: 'note-no-key' }]);
  });
});

describe('an answer', () => {
  const right = encodeNoted(pureCrypto, BY, 0);
  for (const [what, payload] of [
    ['of another counter', encodeNoted(pureCrypto, BY, 1)],
    ['for another node', encodeNoted(pureCrypto, { ...BY, node: id(4) }, 0)],
    ['that is a note', encodeNote(pureCrypto, BY, 0, '')],
    ['with a bit turned', right.map((byte, at) => (at === 11 ? byte ^ 1 : byte))],
    ['cut short', right.subarray(0, 11)],
    ['with a tail', Uint8Array.of(...right, 0)],
    ['of no bytes', new Uint8Array(0)],
  ] as const) {
    it(`${what} changes nothing`, () => {
      const some = notes(0);
      saying('a', some);
      const before = some.deadline();
      expect(some.step({ kind: 'noted', payload }, 1)).toEqual([
        { kind: 'drop', reason: 'bad-noted' },
      ]);
      expect(some.deadline()).toBe(before);
    });
  }

  it('to nothing that was said is dropped', () => {
    const [output] = notes(0).step({ kind: 'noted', payload: right }, 0);
    expect(output).toEqual({ kind: 'drop', reason: 'bad-noted' });
  });
});

function notes(next: number): Notes {
  const some = new Notes(id(3), pureCrypto.hmacSha256, next);
  some.key = KEY;
  return some;
}

function saying(text: string, some: Notes): NotesOutput[] {
  return some.step({ kind: 'say', text: new TextEncoder().encode(text) }, 0);
}

function kinds(outputs: NotesOutput[]): string[] {
  return outputs.map(({ kind }) => kind);
}
