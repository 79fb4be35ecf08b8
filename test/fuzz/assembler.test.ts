/**
 * Theorem: whatever fragments arrive from whomever, in whatever order and at whatever time, the
 * assembler answers with a frame, nothing or a reason; it never throws, its memory stays within its
 * limits after every one of them, and two assemblers that hear the same do the same.
 */
import { expect, it } from 'vitest';
import { FragmentAssembler } from '../../protocol/wire/fragment-assembler.ts';
import { encodeFragment, splitFrame } from '../../protocol/wire/fragment.ts';
import { composePacket, openPacket } from '../../protocol/wire/packet.ts';
import { filled, hex } from '../protocol/wire/given.ts';
import { STORM_MS, storm } from './storm.ts';

const LIMITS = {
  sets: 40,
  setsPerSender: 5,
  bytes: 30000,
  bytesPerSender: 5000,
  frame: 3000,
  idleMs: 500,
};

it('the assembler stands every storm', { timeout: STORM_MS }, () => {
  const alone = { id: filled(8, 9), index: 0, total: 1, type: 2 };
  const noPacket = encodeFragment({ ...alone, piece: hex('0102') });
  const large = encodeFragment({ ...alone, piece: filled(3001, 1) });
  const nested = encodeFragment({ ...alone, type: 0x20, piece: filled(3, 1) });
  const payloads = [noPacket, large, nested, ...[1, 2, 3].flatMap((id) => pieces(id))];
  const first = new FragmentAssembler(LIMITS);
  const second = new FragmentAssembler(LIMITS);
  let now = 0;
  let whole = 0;
  const reasons = new Set<string>();
  storm(payloads, (bytes, next) => {
    now += next(20);
    const sender = filled(8, next(20));
    const added = first.add(sender, bytes, now);
    const same = second.add(sender, bytes, now);
    if (first.size > LIMITS.sets || first.cost > LIMITS.bytes) throw new Error('beyond its limits');
    if (first.deadline() <= now) throw new Error('overdue');
    if (added.ok !== same.ok || first.cost !== second.cost) throw new Error('not alike');
    if (!added.ok) reasons.add(added.reason);
    else if (added.frame !== null) {
      whole++;
      if (added.frame[2] !== 0) throw new Error('a whole frame that would be relayed');
    }
    bytes.fill(0x55);
  });
  expect(whole).toBeGreaterThan(10);
  expect([...reasons].sort()).toEqual([
    ...['bad-index', 'bad-total', 'conflict', 'duplicate', 'empty', 'nested', 'not-a-packet'],
    ...['too-large', 'too-short', 'wrong-type'],
  ]);
  expect(first.dropped).toEqual(second.dropped);
  expect(first.dropped.idle).toBeGreaterThan(0);
  expect(first.dropped.crowded).toBeGreaterThan(0);
  first.expire(now + LIMITS.idleMs);
  expect([first.size, first.cost, first.deadline()]).toEqual([0, 0, Infinity]);
});

/** The payloads of a frame in two or three pieces. */
function pieces(id: number): Uint8Array[] {
  const sender = hex('0102030405060708');
  const payload = filled(60 * id, id);
  const frame = composePacket({ type: 0xe4, ttl: 7, timestamp: 1, sender, payload });
  const split = splitFrame(frame, filled(8, id), 60);
  if (!split.ok) throw new Error(split.reason);
  return split.value.map((piece) => {
    const opened = openPacket(piece);
    if (!opened.ok) throw new Error(opened.reason);
    return opened.packet.payload;
  });
}
