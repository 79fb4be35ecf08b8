/**
 * Theorem: whatever segments arrive, `SegmentReader` gives a frame of at most its largest, made of
 * exactly the segments since the last first one and in their order, or counts a drop from its list;
 * it never throws; and the next whole frame is heard.
 */
import { expect, it } from 'vitest';
import { SegmentReader, SegmentWriter } from '../../protocol/core/segments.ts';
import { storm, STORM_MS } from './storm.ts';

const FRAME_MAX = 60;

it('a segment reader stands every storm', { timeout: STORM_MS }, () => {
  const reader = new SegmentReader(FRAME_MAX);
  const writer = new SegmentWriter(9);
  let since: Uint8Array[] = [];
  let frames = 0;
  storm([Uint8Array.of(0xc0, 1), Uint8Array.of(0x80, 1, 2, 3)], (bytes, next) => {
    // Mostly what a writer sends, some of it lost and bent on the way: else nothing gets far.
    for (let kept = writer.next(); next(3) > 0 && kept !== null; kept = writer.next()) {
      if (next(12) > 0) hear(kept);
    }
    if (next(4) === 0) hear(bytes);
    if (next(3) === 0) writer.begin(bytes.slice(0, FRAME_MAX + next(9)));
  });
  expect(frames).toBeGreaterThan(1000);
  expect(Object.keys(reader.drops).sort()).toEqual(['empty', 'gap', 'no-first', 'too-long']);
  expect(reader.feed(Uint8Array.of(0xc0, 7))).toEqual(Uint8Array.of(7));

  function hear(segment: Uint8Array): void {
    const frame = reader.feed(segment);
    if (segment.length > 1 && segment[0] & 0x80) since = [];
    if (segment.length > 1) since.push(segment.slice(1));
    if (frame === null) return;
    frames++;
    if (frame.length > FRAME_MAX) throw new Error('too long a frame');
    if (Buffer.concat(since).compare(frame) !== 0) throw new Error('not what arrived');
  }
});
