/**
 * Packets are watched while somebody asks for them, are bounded in number and in bytes, and are taken
 * apart for whoever opens one.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  BYTES_MAX,
  PACKETS_MAX,
  PacketWatch,
  WATCHED_MS,
} from '../../../host/desk/packet-watch.ts';
import { encodePacket, MESSAGE, plainPacket } from '../../../protocol/core/packet.ts';
import type { TappedFrame } from '../../../protocol/peer/contract.ts';

const ADA = new Uint8Array(8).fill(0xad);

describe('a packet watch', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('watches while somebody asks, and for a moment after', () => {
    const { watch, air } = begun();
    expect(air.show).toBeNull();
    expect(watch.after(0, 10)).toEqual([]);
    vi.advanceTimersByTime(WATCHED_MS - 1);
    watch.after(0, 10);
    vi.advanceTimersByTime(WATCHED_MS - 1);
    expect(air.show).not.toBeNull();
    vi.advanceTimersByTime(1);
    expect(air.show).toBeNull();
  });

  it('says of each what it is, whence and why it was dropped, and of noise that it is none', () => {
    const { watch, air } = begun();
    watch.after(0, 10);
    air.show!(frame({ dropped: 'duplicate' }));
    air.show!(frame({ bytes: Uint8Array.of(9, 9, 9), missed: 5 }));
    const [message, noise] = watch.after(0, 10);
    expect(message).toEqual({
      ...{ key: 1, at: 7, link: 2, way: 'heard', type: 'message', ttl: 3 },
      ...{ sender: 'ad'.repeat(8), recipient: null, size: 24, dropped: 'duplicate' },
    });
    // Those that were too many have keys, too.
    expect(noise).toMatchObject({ key: 7, type: null, sender: null, size: 3 });
    expect(watch.after(1, 10)).toEqual([noise]);
    expect(watch.find(1)).toMatchObject({ hex: expect.stringMatching(/6869$/) });
    expect(watch.find(1)!.parts).toContainEqual({ name: 'text', value: 'hi', at: 22, size: 2 });
    expect(watch.find(2)).toBeNull();
  });

  it('keeps the last ones, and of a long one the beginning, taken apart as a whole', () => {
    const { watch, air } = begun();
    watch.after(0, 1);
    const long = new Uint8Array(BYTES_MAX).fill(0x61);
    air.show!(frame({ bytes: said(long) }));
    expect(watch.find(1)).toMatchObject({ size: BYTES_MAX + 22, type: 'message' });
    expect(watch.find(1)!.hex).toHaveLength(2 * BYTES_MAX);
    expect(watch.find(1)!.parts.find(({ name }) => name === 'text')?.value).toHaveLength(BYTES_MAX);
    for (let at = 0; at < PACKETS_MAX; at++) air.show!(frame({}));
    expect(watch.find(1)).toBeNull();
    expect(watch.after(0, 1000)).toHaveLength(PACKETS_MAX);
    expect(watch.after(0, 2).map(({ key }) => key)).toEqual([PACKETS_MAX, PACKETS_MAX + 1]);
  });
});

type Air = { show: ((frame: TappedFrame & { unixMs: number }) => void) | null };

function begun(): { watch: PacketWatch; air: Air } {
  const air: Air = { show: null };
  const watch = new PacketWatch((show) => {
    air.show = show;
    return () => (air.show = null);
  });
  return { watch, air };
}

function said(payload: Uint8Array): Uint8Array {
  return encodePacket(plainPacket(MESSAGE, 3, 1000, ADA, payload));
}

function frame(some: Partial<TappedFrame>): TappedFrame & { unixMs: number } {
  const bytes = said(Uint8Array.of(0x68, 0x69));
  return { unixMs: 7, link: 2, way: 'heard', bytes, dropped: null, missed: 0, ...some };
}
