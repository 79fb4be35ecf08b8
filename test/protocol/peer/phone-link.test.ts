/**
 * A hop to a phone: whole frames, legacy by definition, no faster than its window (WIRE §11).
 */
import { describe, expect, it } from 'vitest';
import { TICK } from '../../../protocol/core/machine.ts';
import {
  CONTROL,
  ENCRYPTED,
  HEARTBEAT,
  HELLO,
  MESSAGE,
  REQUEST_SYNC,
  TRACE,
} from '../../../protocol/core/packet.ts';
import { BACKGROUND, HIGH, NORMAL } from '../../../protocol/core/queue.ts';
import { PhoneLink } from '../../../protocol/peer/phone-link.ts';
import { packet } from '../../packets.ts';
import { filled } from '../wire/given.ts';

describe('a link to a phone', () => {
  it('is settled as legacy at once, and says nothing of itself', () => {
    const link = new PhoneLink({ payloadMax: 185, window: 4, packetsMax: 8, bytesMax: 4000 });
    expect(link.deadline()).toBe(0);
    expect(link.step(TICK, 0)).toEqual([
      { kind: 'settled', mode: 'legacy', id: new Uint8Array(0), hello: null, isFirst: true },
    ]);
    expect(link.deadline()).toBe(Infinity);
    expect(link.step(TICK, 60_000)).toEqual([]);
  });

  it('hands up what it hears, but for what phones have no business to say', () => {
    const link = open();
    for (const type of [MESSAGE, ENCRYPTED, REQUEST_SYNC, 0x7f]) {
      const bytes = packet({ type });
      expect(link.step({ kind: 'received', bytes }, 1)).toEqual([{ kind: 'heard', bytes }]);
    }
    for (const type of [HELLO, CONTROL, HEARTBEAT, TRACE]) {
      const bytes = packet({ type, ttl: 0 });
      expect(link.step({ kind: 'received', bytes }, 1)).toEqual([
        { kind: 'drop', reason: 'link-scope' },
      ]);
    }
  });

  it('has as many writes out as its window, and the rest waits by priority', () => {
    const link = open();
    const say = (name: number, priority: number) =>
      link.step({ kind: 'send', bytes: filled(30, name), priority }, 1);
    expect([...say(1, NORMAL), ...say(2, NORMAL)].map(name)).toEqual([1, 2]);
    expect([...say(3, BACKGROUND), ...say(4, NORMAL), ...say(5, HIGH)]).toEqual([]);
    const sent = () => link.step({ kind: 'sent' }, 1).map(name);
    expect([sent(), sent(), sent(), sent()]).toEqual([[5], [4], [3], []]);
    // More than were out cannot have left.
    sent();
    sent();
    expect([1, 2, 3].map((n) => say(n, NORMAL).length)).toEqual([1, 1, 0]);
  });

  it('takes what fits one write and not a byte more, and counts the rest', () => {
    const link = open();
    const say = (size: number) =>
      link.step({ kind: 'send', bytes: filled(size, 1), priority: NORMAL }, 1);
    expect(say(185)).toHaveLength(1);
    expect(say(186)).toEqual([{ kind: 'drop', reason: 'over-limit' }]);
  });

  it('drops what it has no room for', () => {
    const link = open();
    const say = () => link.step({ kind: 'send', bytes: filled(100, 1), priority: NORMAL }, 1);
    for (let i = 0; i < 2 + 3; i++) expect(say().every(({ kind }) => kind === 'write')).toBe(true);
    expect(say()).toEqual([{ kind: 'drop', reason: 'queue-full' }]);
  });

  it('does not mind a hello of ours', () => {
    const none = new Uint8Array(0);
    const said = { version: Uint8Array.of(1, 0, 0), role: 2, features: 1, frameMax: 600 };
    const hello = { ...said, name: none, unixMs: null, board: none, token: none };
    expect(open().step({ kind: 'hello', hello }, 1)).toEqual([]);
  });
});

function open(): PhoneLink {
  const link = new PhoneLink({ payloadMax: 185, window: 2, packetsMax: 3, bytesMax: 4000 });
  link.step(TICK, 0);
  return link;
}

function name(output: ReturnType<PhoneLink['step']>[number]): number {
  return output.kind === 'write' ? output.bytes[0] : -1;
}
