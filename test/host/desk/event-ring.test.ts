/**
 * What happened lately, for readers with a cursor.
 */
import { describe, expect, it } from 'vitest';
import { EventRing } from '../../../host/desk/event-ring.ts';
import type { EventView } from '../../../host/http/views.ts';

describe('a ring of events', () => {
  it('gives what came after a cursor, in order, and nothing to whoever begins now', () => {
    const ring = ringOf(3);
    expect(links(ring.after('a-1', 0))).toEqual([2, 3]);
    expect(ring.after('a-3', 0)).toEqual([]);
    expect(ring.after(null, 0)).toEqual([]);
    expect(links(ring.after('a-0', 0))).toEqual([1, 2, 3]);
  });

  it('begins with a gap where something is gone, and goes on from now', () => {
    const ring = ringOf(14);
    expect(links(ring.after('a-4', 0))).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
    expect(ring.after('a-3', 7)).toEqual([{ cursor: 'a-14', at: 7, kind: 'gap' }]);
    expect(ring.after('a-14', 7)).toEqual([]);
  });

  for (const cursor of [
    'b-2',
    'a-4',
    'a',
    'a-',
    'a-x',
    '',
    'a--1',
    'a-1.5',
    'a-9999999999999999',
  ]) {
    it(`takes "${cursor}" for a gap`, () => {
      expect(ringOf(3).after(cursor, 7)).toEqual([{ cursor: 'a-3', at: 7, kind: 'gap' }]);
    });
  }

  it('tells listeners until they stop', () => {
    const ring = ringOf(0);
    const heard: EventView[] = [];
    const stop = ring.listen((event) => heard.push(event));
    ring.add({ kind: 'link', link: 1, isUp: true }, 5);
    stop();
    ring.add({ kind: 'link', link: 2, isUp: true }, 6);
    expect(heard).toEqual([{ cursor: 'a-1', at: 5, kind: 'link', link: 1, isUp: true }]);
  });
});

/** One of ten places, in which links 1 to `count` came up. */
function ringOf(count: number): EventRing {
  const ring = new EventRing('a', 10);
  for (let link = 1; link <= count; link++) ring.add({ kind: 'link', link, isUp: true }, link);
  return ring;
}

function links(events: EventView[]): number[] {
  return events.flatMap((event) => (event.kind === 'link' ? [event.link] : []));
}
