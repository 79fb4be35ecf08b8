/** What happened is kept in order, for as much of it as there is room. */
import { describe, expect, it } from 'vitest';
import { Store } from '../../../host/store/store.ts';
import type { StoredEvent } from '../../../host/types.ts';
import { EVENTS_KEPT_MAX } from '../../../host/types.ts';
import { inFolder, OWNER } from './builders.ts';

const ALL = { before: Infinity, kind: null, peer: null, isAll: true, limit: 1000 };

describe('events', () => {
  it('are kept while there is room; then the oldest goes', () => {
    inFolder((folder) => {
      const store = Store.open({ folder, owner: OWNER });
      const keys = Array.from({ length: EVENTS_KEPT_MAX + 2 }, (_, at) => at + 1);
      store.commit(keys.map((key) => ({ kind: 'event', event: happened(key) })));
      expect(store.events.lastKey()).toBe(EVENTS_KEPT_MAX + 2);
      const oldest = store.events.before({ ...ALL, before: 5 });
      expect(oldest).toEqual([happened(4), happened(3)]);
      store.close();
    });
  });
});

function happened(key: number): StoredEvent {
  const said = { name: 'NodeRecovered', text: 'it is back', tone: 'good' } as const;
  return { key, at: key, ...said, peer: null, figures: { key }, isRoutine: key % 2 === 0 };
}
