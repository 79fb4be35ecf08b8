/**
 * What a person reads: pages of a conversation, the list of them, peers and sums, and a search that takes whatever is
 * typed for words and never for a language.
 */
import { describe, expect, it } from 'vitest';
import type { Store } from '../../../host/store/store.ts';
import { PAGE_MAX } from '../../../host/types.ts';
import { UNREAD_MAX, WORDS_MAX } from '../../../host/store/messages.ts';
import { id, limits, NOW, said, withStore } from './builders.ts';

describe('a conversation', () => {
  it('is read backwards, a page at a time', () => {
    withStore((store) => {
      store.commit(Array.from({ length: 5 }, (_, of) => said({ id: `${of}` })));
      store.commit([said({ conversation: 'other', id: 'x' })]);
      const page = store.messages.before('public', Number.MAX_SAFE_INTEGER, 2);
      expect(page.map(({ id }) => id)).toEqual(['4', '3']);
      expect(store.messages.before('public', page[1].key, 10).map(({ id }) => id)).toEqual([
        '2',
        '1',
        '0',
      ]);
    });
  });

  it('gives no more than a page, whatever is asked for', () => {
    withStore((store) => {
      const frame = Uint8Array.of(1);
      const some = Array.from({ length: PAGE_MAX + 1 }, (_, of) => said({ id: `${of}`, frame }));
      store.commit(some);
      expect(store.messages.after(0, Infinity)).toHaveLength(PAGE_MAX);
      expect(store.messages.before('public', 9e15, 1e9)).toHaveLength(PAGE_MAX);
      expect(store.messages.after(0, -1)).toEqual([]);
      // But for what history begins with, or what lies beyond could come again (S11).
      const all = store.messages.history(0, PAGE_MAX + 1);
      expect(all).toHaveLength(PAGE_MAX + 1);
    });
  });

  it('is listed by its last message, with what is unread', () => {
    withStore((store) => {
      store.commit([
        said({ id: '1' }),
        said({ conversation: 'private', id: '2', state: 'waiting' }),
      ]);
      store.commit([said({ id: '3' })]);
      const listed = () =>
        store.messages.conversations(10).map(({ name, last, unread }) => [name, last.id, unread]);
      expect(listed()).toEqual([
        ['public', '3', 2],
        ['private', '2', 0],
      ]);
      store.commit([{ kind: 'read-up-to', conversation: 'public', key: 1 }]);
      expect(listed()[0]).toEqual(['public', '3', 1]);
      store.commit([{ kind: 'read-up-to', conversation: 'public', key: 99 }]);
      store.commit([{ kind: 'read-up-to', conversation: 'public', key: 1 }]);
      expect(listed()[0]).toEqual(['public', '3', 0]);
      store.commit([said({ id: '4' })]);
      expect(listed()[0]).toEqual(['public', '4', 1]);
    });
  });

  it('has at most so many unread messages counted', () => {
    withStore((store) => {
      store.commit(Array.from({ length: UNREAD_MAX + 5 }, (_, of) => said({ id: `${of}` })));
      expect(store.messages.conversations(1)[0].unread).toBe(UNREAD_MAX);
    });
  });

  it('is gone with its last message', () => {
    withStore(
      (store) => {
        store.commit([said({ conversation: 'old', id: '1' }), said({ id: '2' })]);
        store.trim(NOW);
        expect(store.messages.conversations(10).map(({ name }) => name)).toEqual(['public']);
      },
      limits({ messagesMax: 1 }),
    );
  });
});

describe('a list', () => {
  it('has the peers that were seen last first', () => {
    withStore((store) => {
      for (const [of, at] of [
        [1, 5],
        [2, 9],
        [3, 7],
      ]) {
        store.commit([{ kind: 'peer-heard', id: id(of), name: 'x', announce: null, at }]);
      }
      expect(store.peers.latest(2).map(({ id }) => id[0])).toEqual([2, 3]);
      expect(store.peers.latest(-1)).toEqual([]);
    });
  });

  it('has those first for whom most was carried', () => {
    withStore((store) => {
      const carried = (of: number, day: number, bytes: number) =>
        ({ kind: 'carried', who: id(of), day, packets: 1, bytes }) as const;
      store.commit([carried(1, 5, 10), carried(2, 5, 30), carried(3, 6, 90), carried(1, 5, 20)]);
      expect(store.ledger.ofDay(5, 10)).toEqual([
        { who: id(2), day: 5, packets: 1, bytes: 30 },
        { who: id(1), day: 5, packets: 1, bytes: 20 },
      ]);
    });
  });
});

describe('a search', () => {
  it.each([
    ['one word', 'bridge', ['b', 'a']],
    ['the beginning of one', 'bri', ['b', 'a']],
    ['all words, in any order', 'far bridge', ['b']],
    ['whatever the case and the accents', 'UBER', ['c']],
    ['no word that is there', 'harbour', []],
    ['nothing', '', []],
    ['signs only', '"*()-:^', []],
    ['a word and signs', '"bridge" OR (NEAR', []],
    ['an operator as a word', 'and', ['d']],
    ['a column as a word', 'text:bridge', []],
  ])('finds %s', (_, query, found) => {
    withStore((store) => {
      fill(store);
      expect(idsOf(store, query)).toEqual(found);
    });
  });

  it('finds nothing any more of a message that is gone', () => {
    withStore(
      (store) => {
        fill(store);
        store.trim(NOW);
        expect(idsOf(store, 'bridge')).toEqual([]);
        expect(idsOf(store, 'and')).toEqual(['d']);
      },
      limits({ messagesMax: 1 }),
    );
  });

  it('goes on below a key, and looks at so many words only', () => {
    withStore((store) => {
      fill(store);
      const [first] = store.messages.search('bridge', Number.MAX_SAFE_INTEGER, 1);
      expect(store.messages.search('bridge', first.key, 10).map(({ id }) => id)).toEqual(['a']);
      const many = Array.from({ length: WORDS_MAX }, () => 'bridge').join(' ');
      expect(idsOf(store, `${many} harbour`)).toEqual(['a']);
    });
  });
});

function fill(store: Store): void {
  const say = (name: string, text: string) => said({ id: name, sender: id(4), text });
  store.commit([
    say('a', 'The bridge is up'),
    say('b', 'bridges, far away'),
    say('c', 'Über Nacht'),
    say('d', 'you and me'),
  ]);
}

function idsOf(store: Store, query: string): string[] {
  return store.messages.search(query, Number.MAX_SAFE_INTEGER, 10).map(({ id }) => id);
}
