/**
 * The queue of one link: who leaves first, who is dropped, and that nobody waits for ever.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as types from '../../../protocol/core/packet.ts';
import {
  BACKGROUND,
  CRITICAL,
  HIGH,
  NORMAL,
  PATIENCE,
  priorityOf,
  SendQueue,
} from '../../../protocol/core/queue.ts';
import { hold } from '../../seed.ts';

describe('the class of a type (DEFAULTS §2)', () => {
  it.each([
    ['HELLO', CRITICAL],
    ['HEARTBEAT', CRITICAL],
    ['HANDSHAKE', CRITICAL],
    ['ROOM', CRITICAL],
    ['GATEWAY', CRITICAL],
    ['CONTROL', CRITICAL],
    ['ENCRYPTED', HIGH],
    ['PING', HIGH],
    ['PONG', HIGH],
    ['TRACE', HIGH],
    ['RECEIPT', HIGH],
    ['ANNOUNCE', NORMAL],
    ['LEAVE', NORMAL],
    ['MESSAGE', NORMAL],
    ['CHANNEL', NORMAL],
    ['GOSSIP', NORMAL],
    ['COURIER', NORMAL],
    ['VOICE', NORMAL],
    ['NOTE', NORMAL],
    ['NOTED', NORMAL],
    ['LOCATE', NORMAL],
    ['FRAGMENT', NORMAL],
    ['REQUEST_SYNC', BACKGROUND],
    ['LINK_STATE', BACKGROUND],
    ['RECONCILE', BACKGROUND],
    ['FILE', BACKGROUND],
    ['HOP_FILE', BACKGROUND],
  ] as const)('%s is %i', (name, priority) => {
    expect(priorityOf(types[name])).toBe(priority);
  });

  it('is normal for a type nobody has named yet', () => {
    expect(priorityOf(0x7f)).toBe(NORMAL);
  });
});

describe('a queue', () => {
  it('sends higher classes first, and each class in order', () => {
    const queue = new SendQueue(10, 1000);
    for (const [mark, priority] of [
      [1, BACKGROUND],
      [2, NORMAL],
      [3, CRITICAL],
      [4, NORMAL],
      [5, HIGH],
    ] as const) {
      queue.add(Uint8Array.of(mark), priority);
    }
    expect(drain(queue)).toEqual([3, 5, 2, 4, 1]);
    expect(queue.take()).toBe(null);
  });

  it('drops the oldest of the lowest class when it holds too many packets', () => {
    const queue = new SendQueue(3, 1000);
    queue.add(Uint8Array.of(1), NORMAL);
    queue.add(Uint8Array.of(2), BACKGROUND);
    queue.add(Uint8Array.of(3), BACKGROUND);
    expect(queue.add(Uint8Array.of(4), HIGH)).toBe(1);
    expect(queue.add(Uint8Array.of(5), HIGH)).toBe(1);
    expect(queue.add(Uint8Array.of(6), NORMAL)).toBe(1);
    expect(drain(queue)).toEqual([4, 5, 6]);
  });

  it('turns away a newcomer that is the lowest itself', () => {
    const queue = new SendQueue(1, 1000);
    queue.add(Uint8Array.of(1), CRITICAL);
    expect(queue.add(Uint8Array.of(2), BACKGROUND)).toBe(1);
    expect(drain(queue)).toEqual([1]);
  });

  it('makes room in bytes as well', () => {
    const queue = new SendQueue(10, 100);
    queue.add(new Uint8Array(60).fill(1), NORMAL);
    queue.add(new Uint8Array(30).fill(2), NORMAL);
    expect(queue.add(new Uint8Array(40).fill(3), NORMAL)).toBe(1);
    expect(queue.add(new Uint8Array(101).fill(4), CRITICAL)).toBe(3);
    expect(queue.length()).toBe(0);
  });

  it('never exceeds its limits and loses nothing uncounted', () => {
    const moves = fc.array(fc.tuple(fc.integer({ min: -1, max: 3 }), fc.nat(50)));
    hold(
      fc.property(moves, (steps) => {
        const queue = new SendQueue(8, 120);
        const sizes = new Map<Uint8Array, number>();
        let inside = 0;
        for (const [priority, size] of steps) {
          if (priority < 0) {
            const taken = queue.take();
            if (taken) inside -= 1;
            continue;
          }
          const bytes = new Uint8Array(size);
          sizes.set(bytes, size);
          inside += 1 - queue.add(bytes, priority);
          expect(queue.length()).toBe(inside);
          expect(inside).toBeLessThanOrEqual(8);
        }
        let left = 0;
        for (let bytes = queue.take(); bytes; bytes = queue.take()) left += bytes.length;
        expect(left).toBeLessThanOrEqual(120);
      }),
      500,
    );
  });
});

describe('a class that waits', () => {
  it.each([
    [[CRITICAL], BACKGROUND],
    [[CRITICAL, HIGH], BACKGROUND],
    [[CRITICAL, HIGH, NORMAL], BACKGROUND],
    [[CRITICAL, NORMAL, BACKGROUND], HIGH],
    [[CRITICAL, HIGH, BACKGROUND], NORMAL],
  ])('beside endless traffic of %j sends its oldest within the patience', (busy, waiting) => {
    const queue = new SendQueue(10_000, 10_000);
    for (let mark = 0; mark < 5; mark++) queue.add(Uint8Array.of(100 + mark), waiting);
    let since = 0;
    let next = 100;
    for (let sent = 0; next < 105; sent++) {
      for (const priority of busy) queue.add(Uint8Array.of(priority), priority);
      const mark = queue.take()![0];
      since += 1;
      if (mark === next) {
        next += 1;
        since = 0;
      }
      expect(since).toBeLessThanOrEqual(PATIENCE + 3);
    }
  });
});

function drain(queue: SendQueue): number[] {
  const marks: number[] = [];
  for (let bytes = queue.take(); bytes; bytes = queue.take()) marks.push(bytes[0]!);
  return marks;
}
