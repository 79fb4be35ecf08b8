/**
 * What is entered once is entered once, before the store shows it and after it has forgotten.
 */
import { describe, expect, it } from 'vitest';
import { Book, RECENT_STATES_MAX } from '../../../host/peer/book.ts';
import { Marks, RECENT_MARKS_MAX } from '../../../host/peer/marks.ts';
import type { DeliveredReads, MessageState } from '../../../host/types.ts';
import { DAY_MS, RETENTION } from '../../../host/types.ts';
import { MemoryArchive } from '../../../tools/simulate/archive.ts';
import { crypto } from '../../protocol/trust/ports.ts';
import { filled } from '../../protocol/wire/given.ts';

const NOW = 1_700_000_000_000;
const sender = filled(8, 1);

describe('marks', () => {
  it('remember a bounded number that the store may not show yet', () => {
    const asked: number[] = [];
    const store: DeliveredReads = { has: (mark) => asked.push(mark[0]) < 0 };
    const marks = new Marks(store);
    for (let n = 0; n <= RECENT_MARKS_MAX; n++) {
      expect(marks.take(numbered(n), NOW)).toMatchObject({ write: { kind: 'delivered' } });
    }
    asked.length = 0;
    expect(marks.take(numbered(1), NOW)).toBeNull();
    expect(asked).toEqual([]);
    // The first was pushed out, and is the store's to know.
    marks.take(numbered(0), NOW);
    expect(asked).toHaveLength(1);
  });

  it('count what the store knows as delivered', () => {
    const archive = new MemoryArchive();
    const made = new Marks(archive.delivered).take(numbered(7), NOW)!;
    archive.commit([made.write]);
    expect(new Marks(archive.delivered).take(numbered(7), NOW)).toBeNull();
  });
});

describe('a book', () => {
  it('takes one id of two senders for two messages', () => {
    const book = new Book(crypto, new MemoryArchive());
    const message = { id: 'x', text: 'hello' };
    expect(book.enterPrivate(sender, 'a', message, NOW)).not.toBeNull();
    expect(book.enterPrivate(sender, 'a', message, NOW)).toBeNull();
    expect(book.enterPrivate(filled(8, 2), 'b', message, NOW)).not.toBeNull();
  });

  it('R16: takes a message while our clock is behind all that was forgotten, and once', () => {
    const archive = new MemoryArchive({ ...RETENTION, deliveredMax: 1 });
    const book = new Book(crypto, archive);
    for (const id of ['a', 'b']) {
      const entered = book.enterPrivate(sender, 'a', { id, text: 'hello' }, NOW)!;
      archive.commit(entered.flatMap((one) => (one.kind === 'store' ? [one.write] : [])));
    }
    archive.trim(NOW);
    const message = { id: 'c', text: 'while it was wrong' };
    expect(book.enterPrivate(sender, 'a', message, NOW - 7 * DAY_MS)).not.toBeNull();
    expect(book.enterPrivate(sender, 'a', message, NOW)).toBeNull();
  });

  it('knows what the history has, though its mark is forgotten and nothing dates it (S11)', () => {
    const archive = new MemoryArchive({ ...RETENTION, deliveredMax: 1 });
    const enter = (id: string): boolean => {
      // A process begins: the newest marks are not remembered either.
      const book = new Book(crypto, archive);
      const entered = book.enterPrivate(sender, 'a', { id, text: 'hello' }, NOW) ?? [];
      archive.commit(entered.flatMap((one) => (one.kind === 'store' ? [one.write] : [])));
      archive.trim(NOW);
      return entered.length > 0;
    };
    expect(['a', 'b', 'a', 'b'].map(enter)).toEqual([true, true, false, false]);
  });

  for (const [from, to, isFurther] of [
    ['waiting', 'delivered', true],
    ['sent', 'read', true],
    ['failed', 'delivered', true],
    ['delivered', 'read', true],
    ['read', 'delivered', false],
    ['delivered', 'delivered', false],
    ['delivered', 'failed', false],
  ] as [MessageState, MessageState, boolean][]) {
    it(`${isFurther ? 'lets' : 'does not let'} a message go from ${from} to ${to}`, () => {
      const archive = new MemoryArchive();
      const book = new Book(crypto, archive);
      const name = { conversation: 'a', sender, id: 'x' };
      const times = { sentAt: NOW, heardAt: NOW };
      const message = { ...name, text: '', ...times, isVerified: true, reason: null, frame: null };
      archive.commit([{ kind: 'message', message: { ...message, state: 'waiting' } }]);
      // Not committed: the book knows it all the same.
      book.change(name, from);
      expect(book.isFurther(name, to)).toBe(isFurther);
    });
  }

  it('knows nothing of a message that nobody kept', () => {
    const book = new Book(crypto, new MemoryArchive());
    expect(book.isFurther({ conversation: 'a', sender, id: 'x' }, 'read')).toBe(false);
  });

  it('remembers a bounded number of states', () => {
    const book = new Book(crypto, new MemoryArchive());
    const name = (n: number) => ({ conversation: 'a', sender, id: `${n}` });
    for (let n = 0; n <= RECENT_STATES_MAX; n++) expect(book.readOnce(name(n))).toBe(true);
    expect(book.readOnce(name(1))).toBe(false);
    expect(book.readOnce(name(0))).toBe(true);
  });
});

function numbered(n: number): Uint8Array {
  const mark = filled(16, 0);
  new DataView(mark.buffer).setUint32(0, n);
  return mark;
}
