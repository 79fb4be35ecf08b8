/**
 * What people who talk to each other may rely on: a message arrives once, or they are told why not.
 */
import { describe, expect, it } from 'vitest';
import { Hamlet } from './hamlet.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

describe('a private message', () => {
  it('is stored, sent under a session, delivered, and read when a person reads it', () => {
    const { hamlet, ann, ben } = two();
    hamlet.pass(100);
    const name = ann.tell(ben, 'hello');
    expect(ann.stateOf(name)).toBe('waiting');
    hamlet.pass(100);
    expect(ben.heardFrom(ann)).toEqual(['hello']);
    expect(ann.stateOf(name)).toBe('delivered');
    const [{ conversation, key }] = ben.messages();
    ben.ask({ kind: 'read', conversation, key });
    hamlet.pass(100);
    expect(ann.stateOf(name)).toBe('read');
    expect(ann.told('message-state').map(({ state }) => state)).toEqual([
      'sent',
      'delivered',
      'read',
    ]);
    expect(ann.archive.outbox.all()).toEqual([]);
    expect(ben.archive.outbox.all()).toEqual([]);
  });

  it('waits for its peer for a day, and then has come to nothing', () => {
    const { hamlet, ann, ben } = two();
    ben.isAway = true;
    hamlet.pass(HOUR_MS);
    const name = ann.tell(ben, 'hello');
    hamlet.pass(23 * HOUR_MS);
    expect(ann.stateOf(name)).toBe('waiting');
    hamlet.pass(1 * HOUR_MS);
    expect(ann.stateOf(name)).toBe('failed: no-route');
    expect(ann.archive.outbox.all()).toEqual([]);
  });
});

function two(): {
  hamlet: Hamlet;
  ann: ReturnType<Hamlet['move']>;
  ben: ReturnType<Hamlet['move']>;
} {
  const hamlet = new Hamlet();
  return { hamlet, ann: hamlet.move(1), ben: hamlet.move(2) };
}
