/** Numbered pieces on their way: what is kept, what is told, and when something goes again. */
import { describe, expect, it } from 'vitest';
import { decodeSealed, encodeSealed, PIECES_MAX } from '../../../protocol/peer/datagrams.ts';
import { PieceReceiver, TOLD_WITHIN_MS } from '../../../protocol/peer/piece-receiver.ts';
import { PieceSender, WAIT_LEAST_MS, WINDOW_FIRST } from '../../../protocol/peer/piece-sender.ts';
import { filled } from '../wire/given.ts';

const NONE = new Uint8Array(0);

describe('who receives pieces', () => {
  it('keeps as many as may be early, and none beyond', () => {
    const receiver = new PieceReceiver();
    for (let number = 1; number < PIECES_MAX; number++) {
      expect(receiver.take(number, filled(1, number), 0)).toEqual([]);
    }
    expect(receiver.take(PIECES_MAX, filled(1, 1), 0)).toBe('too-far');
    const { wanted, mask } = receiver.tell();
    expect([wanted, mask.length]).toEqual([0, PIECES_MAX / 8]);
    expect(mask.slice(0, -1).every((bits) => bits === 255)).toBe(true);
    // All that there is to say of them fits beside a piece.
    expect(decodeSealed(encodeSealed({ isLast: false, wanted, mask, piece: null }))?.mask).toEqual(
      mask,
    );
    expect(receiver.take(0, filled(1, 0), 0)).toHaveLength(PIECES_MAX);
    expect(receiver.tell()).toEqual({ wanted: PIECES_MAX, mask: NONE });
  });

  it('tells of two at once, of one a little later, and of a gap or a repeat at once', () => {
    const receiver = new PieceReceiver();
    receiver.take(0, NONE, 100);
    expect(receiver.deadline()).toBe(100 + TOLD_WITHIN_MS);
    receiver.take(1, NONE, 105);
    expect(receiver.deadline()).toBe(105);
    receiver.tell();
    expect(receiver.deadline()).toBe(Infinity);
    receiver.take(3, NONE, 110);
    expect(receiver.deadline()).toBe(110);
    receiver.tell();
    expect(receiver.take(3, NONE, 120)).toBe('repeated');
    expect(receiver.take(1, NONE, 120)).toBe('repeated');
    expect(receiver.deadline()).toBe(120);
  });
});

describe('who sends pieces', () => {
  it('sends ten at first, and one again once three later ones arrived', () => {
    const sender = new PieceSender();
    for (let count = 0; count < WINDOW_FIRST; count++) sender.send(NONE, 0);
    expect(sender.hasRoom).toBe(false);
    // The first is missing, and one, two, three of those behind it are there.
    for (const [mask, isLost] of [
      [0b001, false],
      [0b011, false],
      [0b111, true],
    ] as const) {
      expect(sender.arrived(0, Uint8Array.of(mask), 50)).toBe(true);
      expect(sender.hasLost).toBe(isLost);
    }
    expect(sender.again(51)).toMatchObject({ number: 0 });
    expect(sender.again(51)).toBeNull();
  });

  it('waits twice as long each time in vain, and sends all that is missing again', () => {
    const sender = new PieceSender();
    sender.send(NONE, 0);
    sender.arrived(1, NONE, 20);
    for (const number of [1, 2]) expect(sender.send(NONE, 100)).toMatchObject({ number });
    let at = 100;
    for (const waitMs of [WAIT_LEAST_MS, 2 * WAIT_LEAST_MS, 4 * WAIT_LEAST_MS]) {
      expect(sender.deadline()).toBe(at + waitMs);
      at += waitMs;
      sender.look(at);
      expect([sender.again(at)?.number, sender.again(at)?.number]).toEqual([1, 2]);
    }
  });

  it('learns nothing of the way from a piece that was sent twice', () => {
    const sender = new PieceSender();
    sender.send(NONE, 0);
    sender.arrived(1, NONE, 1000);
    sender.send(NONE, 2000);
    const waitMs = sender.deadline() - 2000;
    sender.look(2000 + waitMs);
    sender.again(9000);
    sender.arrived(2, NONE, 9001);
    sender.send(NONE, 9001);
    expect(sender.deadline()).toBe(9001 + waitMs);
  });

  it('begins with ten again after a silence', () => {
    const sender = new PieceSender();
    let sent = 0;
    const fill = (now: number): number => {
      const before = sent;
      while (sender.hasRoom) sent = sender.send(NONE, now).number + 1;
      return sent - before;
    };
    for (let now = 0; now < 50; now += 10) {
      fill(now);
      sender.arrived(sent, NONE, now + 10);
    }
    expect(fill(50)).toBeGreaterThan(100);
    sender.arrived(sent, NONE, 60);
    expect(fill(60_000)).toBe(WINDOW_FIRST);
  });

  it('never has more out than the other end keeps', () => {
    const sender = new PieceSender();
    let sent = 0;
    // All but the first arrive, so that the window grows and nothing is let go.
    while (sender.hasNumbers) {
      sender.send(NONE, sent);
      const mask = filled(Math.ceil(sent / 8), 0).map(
        (_, at) => 0xff >> Math.max(0, 8 * (at + 1) - sent),
      );
      if (sent > 0) sender.arrived(0, mask, sent);
      sent++;
    }
    expect(sent).toBe(PIECES_MAX);
  });

  it('believes nobody who has what was never sent', () => {
    const sender = new PieceSender();
    sender.send(NONE, 0);
    expect(sender.arrived(2, NONE, 1)).toBe(false);
    expect(sender.arrived(1, Uint8Array.of(255), 1)).toBe(true);
  });
});

it.each([
  ['too short', filled(9, 0)],
  ['with a mask that is not there', Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 1)],
  ['with a mask that is too long', new Uint8Array(200).fill(65)],
  ['with half a number', filled(14, 0)],
  ['with a piece of nothing', filled(18, 0)],
])('what was sealed makes no sense %s', (_, bytes) => {
  expect(decodeSealed(bytes)).toBeNull();
});
