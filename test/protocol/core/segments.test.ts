/**
 * Segments promise that a frame arrives as it was or not at all, and that nothing is held beyond one
 * frame of the size announced.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SegmentReader, SegmentWriter } from '../../../protocol/core/segments.ts';
import { hold } from '../../seed.ts';

describe('a frame', () => {
  it('that fits one segment is first and last at once', () => {
    expect(shown(split(new SegmentWriter(20), [1, 2, 3]))).toEqual(['c0 010203']);
  });

  it('is split at the payload size, numbered, its ends marked', () => {
    const writer = new SegmentWriter(2);
    expect(shown(split(writer, [1, 2, 3, 4, 5]))).toEqual(['80 0102', '01 0304', '42 05']);
    expect(shown(split(writer, [6, 7]))).toEqual(['c3 0607']);
  });

  it('is numbered modulo 64, on from the one before', () => {
    const writer = new SegmentWriter(1);
    const headers = split(writer, new Array<number>(130).fill(9)).map((segment) => segment[0]);
    expect(headers[0]).toBe(0x80);
    expect(headers.slice(1, 129)).toEqual(headers.slice(1, 129).map((_, at) => (at + 1) % 64));
    expect(headers[129]).toBe(0x40 | 1);
    expect(shown(split(writer, [1]))).toEqual(['c2 01']);
  });

  it('crosses a link of any payload size, one after the other', () => {
    hold(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 8 }),
        fc.integer({ min: 1, max: 120 }),
        (frames, payloadMax) => {
          const writer = new SegmentWriter(payloadMax);
          const reader = new SegmentReader(300);
          const heard = frames.flatMap((frame) => feed(reader, split(writer, frame)));
          expect(heard).toEqual(frames.map((frame) => [...frame]));
          expect(reader.drops).toEqual({});
        },
      ),
      300,
    );
  });

  it('goes on in larger segments when the MTU grows under way', () => {
    const writer = new SegmentWriter(2);
    writer.begin(Uint8Array.of(1, 2, 3, 4, 5));
    const first = writer.next()!;
    writer.payloadMax = 20;
    expect(shown([first, writer.next()!])).toEqual(['80 0102', '41 030405']);
    expect(writer.next()).toBe(null);
  });

  it('may be abandoned for another', () => {
    const writer = new SegmentWriter(1);
    const reader = new SegmentReader(10);
    writer.begin(Uint8Array.of(1, 2, 3));
    const abandoned = [writer.next()!, writer.next()!];
    expect(feed(reader, [...abandoned, ...split(writer, [4, 5])])).toEqual([[4, 5]]);
    expect(reader.drops).toEqual({ gap: 1 });
  });
});

describe('a reader', () => {
  const A = split(new SegmentWriter(1), [1, 2, 3]);

  it.each([
    ['gap', [A[0], A[2]]],
    ['gap', [A[0], A[1], A[1], A[2]]],
    ['gap', [A[0], A[2], A[1], A[2]]],
    ['gap', [A[0]]],
    ['no-first', [A[1], A[2]]],
    ['no-first', [A[2]]],
    ['empty', [new Uint8Array(0)]],
    ['empty', [Uint8Array.of(0xc0)]],
    ['too-long', split(new SegmentWriter(4), new Array<number>(11).fill(1))],
    ['too-long', [new Uint8Array(12).fill(0xff)]],
    ['too-long', split(new SegmentWriter(1), new Array<number>(40).fill(1))],
  ] as const)('drops one frame for a %s, and the next is whole', (reason, segments) => {
    const reader = new SegmentReader(10);
    expect(feed(reader, [...segments, Uint8Array.of(0xc9, 7, 7)])).toEqual([[7, 7]]);
    expect(reader.drops).toEqual({ [reason]: 1 });
  });

  it('lets an empty segment between two others pass, unless one of them is missing', () => {
    for (const [segments, frames, drops] of [
      [[A[0], new Uint8Array(0), A[1], A[2]], [[1, 2, 3]], { empty: 1 }],
      [[A[0], A[1].subarray(0, 1), A[2]], [], { empty: 1, gap: 1 }],
    ] as const) {
      const reader = new SegmentReader(10);
      expect(feed(reader, [...segments])).toEqual(frames);
      expect(reader.drops).toEqual(drops);
    }
  });

  it('takes a frame of just the size it announced', () => {
    const frame = new Array<number>(10).fill(1);
    for (const payloadMax of [1, 3, 9, 10, 11]) {
      const reader = new SegmentReader(10);
      expect(feed(reader, split(new SegmentWriter(payloadMax), frame))).toEqual([frame]);
    }
  });

  it('does not take the end of one frame and the start of the next for a whole', () => {
    const writer = new SegmentWriter(1);
    const first = split(writer, [1, 2]);
    const second = split(writer, [3, 4]);
    const reader = new SegmentReader(10);
    expect(feed(reader, [first[0], second[1]])).toEqual([]);
    expect(reader.drops).toEqual({ gap: 1 });
  });

  it('gives nothing but frames that were sent, whatever is lost', () => {
    const frames = fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 12 });
    hold(
      fc.property(frames, fc.infiniteStream(fc.boolean()), (sizes, losses) => {
        const writer = new SegmentWriter(4);
        const reader = new SegmentReader(30);
        const sent = sizes.map((size, at) => new Array<number>(size).fill(at + 1));
        for (const frame of sent) {
          const segments = split(writer, frame);
          const kept = segments.filter(() => losses.next().value);
          const heard = feed(reader, kept);
          // Losing 64 in a row could deceive it: no frame here has so many.
          expect(heard).toEqual(kept.length === segments.length ? [frame] : []);
        }
      }),
      500,
    );
  });

  it('gives frames that outlive the next', () => {
    const reader = new SegmentReader(10);
    const whole = reader.feed(Uint8Array.of(0xc0, 1, 2))!;
    reader.feed(Uint8Array.of(0x81, 3, 4));
    const joined = reader.feed(Uint8Array.of(0x42, 5))!;
    reader.feed(Uint8Array.of(0x83, 6, 7));
    reader.feed(Uint8Array.of(0xc4, 8, 9));
    expect([...whole]).toEqual([1, 2]);
    expect([...joined]).toEqual([3, 4, 5]);
  });

  it('copies no frame that came in one segment', () => {
    const segment = Uint8Array.of(0xc0, 1, 2);
    expect(new SegmentReader(10).feed(segment)!.buffer).toBe(segment.buffer);
  });
});

function split(writer: SegmentWriter, frame: ArrayLike<number>): Uint8Array[] {
  writer.begin(Uint8Array.from(frame));
  const segments: Uint8Array[] = [];
  for (let next = writer.next(); next !== null; next = writer.next()) segments.push(next);
  return segments;
}

function feed(reader: SegmentReader, segments: Uint8Array[]): number[][] {
  return segments.flatMap((segment) => {
    const frame = reader.feed(segment);
    return frame === null ? [] : [[...frame]];
  });
}

function shown(segments: Uint8Array[]): string[] {
  return segments.map((segment) => {
    const hex = Buffer.from(segment).toString('hex');
    return `${hex.slice(0, 2)} ${hex.slice(2)}`;
  });
}
