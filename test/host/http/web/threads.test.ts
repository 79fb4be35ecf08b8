/**
 * What the page holds of a conversation is one run of messages without a hole, wherever a person went
 * in it.
 */
import { describe, expect, it } from 'vitest';
import { spoken, THREAD_MAX, turned } from '../../../../host/http/web/threads.ts';
import type { Thread } from '../../../../host/http/web/threads.ts';
import { message } from './builders.ts';

const some = (...keys: number[]) => keys.map((key) => message({ key }));
/** A person went to message 50 of 100. */
const away = turned(undefined, {
  place: 'around',
  messages: some(50, 49, 51),
  ...{ hasOlder: true, hasNewer: true },
});

describe('a thread', () => {
  it('begins with its newest page, and grows at its beginning', () => {
    const begun = turned(undefined, { place: 'newest', messages: some(9, 8), hasOlder: true });
    expect(begun).toMatchObject({ hasOlder: true, hasNewer: false });
    const all = turned(begun, { place: 'older', messages: some(7), hasOlder: false });
    expect([keys(all), all.hasOlder]).toEqual([[7, 8, 9], false]);
  });

  it('around an old message does not have what is said now follow on it', () => {
    expect(keys(away)).toEqual([49, 50, 51]);
    expect(spoken(away, message({ key: 101 }), 'event')).toBe(away);
    const further = spoken(away, message({ key: 50, state: 'failed' }), 'event');
    expect(further.messages[1].state).toBe('failed');
    const late = turned(away, { place: 'newest', messages: some(100), hasOlder: true });
    expect(late).toBe(away);
  });

  it('leads on from there to what is said now', () => {
    const more = turned(away, { place: 'newer', messages: some(52, 53), hasNewer: false });
    expect(keys(spoken(more, message({ key: 101 }), 'event'))).toEqual([49, 50, 51, 52, 53, 101]);
  });

  it('has room for so many, and lets go of those at the far end', () => {
    const many = Array.from({ length: THREAD_MAX }, (_, at) => at + 2);
    const full = turned(undefined, { place: 'newest', messages: some(...many), hasOlder: true });
    const older = turned(full, { place: 'older', messages: some(1), hasOlder: false });
    expect([older.messages[0].key, older.messages.length, older.hasNewer]).toEqual([
      ...[1, THREAD_MAX, true],
    ]);
    const newer = turned(
      { ...full, hasNewer: true, hasOlder: false },
      {
        ...{ place: 'newer', messages: some(THREAD_MAX + 2), hasNewer: true },
      },
    );
    expect([newer.messages[0].key, newer.messages.length, newer.hasOlder]).toEqual([
      ...[3, THREAD_MAX, true],
    ]);
  });
});

function keys({ messages }: Thread): number[] {
  return messages.map(({ key }) => key);
}
