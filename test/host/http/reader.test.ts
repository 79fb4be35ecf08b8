/**
 * A reader that does not read costs at most what may wait for it, and goes on where it stopped
 * (RELIABILITY R14).
 */
import { expect, it } from 'vitest';
import type { ReaderLine } from '../../../host/http/reader.ts';
import { Reader, written } from '../../../host/http/reader.ts';
import { ALICE, DeskDouble } from './builders.ts';

const WAITING_MAX = 1000;
/** What a WebSocket puts in front of a text of this length. */
const FRAME_HEAD = 2;

it('is sent nothing beyond what may wait, and the rest once it has read half', () => {
  const { desk, line, reader } = following('b1-0');
  for (let i = 0; i < 100; i++) reader.tell(written(desk.tell({ kind: 'alarm', id: ALICE })));
  const stuck = line.cursors().length;
  expect(stuck).toBeLessThan(20);
  expect(line.bufferedAmount).toBeGreaterThan(WAITING_MAX - 100);
  expect(line.mostWaiting).toBeLessThanOrEqual(WAITING_MAX);

  line.read(WAITING_MAX / 4);
  expect(line.cursors().length).toBe(stuck);
  while (line.bufferedAmount > 0) line.read(100);
  expect(line.cursors()).toEqual(numbers(1, 100));
  expect(line.mostWaiting).toBeLessThanOrEqual(WAITING_MAX);
  reader.tell(written(desk.tell({ kind: 'alarm', id: ALICE })));
  expect(line.cursors()).toEqual(numbers(1, 101));
});

it('is told of a gap when the desk has forgotten where it stopped', () => {
  const { desk, line, reader } = following('b1-0');
  for (let i = 0; i < 2000; i++) reader.tell(written(desk.tell({ kind: 'alarm', id: ALICE })));
  const stuck = line.cursors().length;
  while (line.bufferedAmount > 0) line.read(100);
  expect(line.kinds().slice(stuck)).toEqual(['gap']);
  reader.tell(written(desk.tell({ kind: 'alarm', id: ALICE })));
  expect(line.kinds().slice(stuck)).toEqual(['gap', 'alarm']);
  expect(line.cursors().at(-1)).toBe(2001);
});

it('catches up in parts when more happened than may wait', () => {
  const desk = new DeskDouble();
  desk.tell({ kind: 'alarm', id: ALICE });
  for (let i = 0; i < 200; i++) desk.tell({ kind: 'alarm', id: ALICE });
  const line = new LineDouble();
  new Reader(line, desk, 'b1-1', WAITING_MAX).catchUp();
  expect(line.mostWaiting).toBeLessThanOrEqual(WAITING_MAX);
  while (line.bufferedAmount > 0) line.read(100);
  expect(line.cursors()).toEqual(numbers(2, 201));
});

it('is sent even what is longer than may wait, alone', () => {
  const { desk, line, reader } = following('b1-0');
  const text = 'x'.repeat(2 * WAITING_MAX);
  for (let i = 0; i < 3; i++) {
    reader.tell(written(desk.tell({ kind: 'note', device: 'button', name: 'door', text })));
  }
  expect(line.cursors()).toEqual([1]);
  while (line.bufferedAmount > 0) line.read(100);
  expect(line.cursors()).toEqual([1, 2, 3]);
});

it('is let go when it answers no ping', () => {
  const { line, reader } = following(null);
  expect(reader.ping()).toBe(true);
  line.pong();
  expect(reader.ping()).toBe(true);
  expect([line.pings, line.isGone]).toEqual([2, false]);
  expect(reader.ping()).toBe(false);
  expect([line.pings, line.isGone]).toEqual([2, true]);
});

function following(cursor: string | null): { desk: DeskDouble; line: LineDouble; reader: Reader } {
  const desk = new DeskDouble();
  const line = new LineDouble();
  return { desk, line, reader: new Reader(line, desk, cursor, WAITING_MAX) };
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}

/** A connection whose far end reads when a test says so. */
class LineDouble implements ReaderLine {
  bufferedAmount = 0;
  mostWaiting = 0;
  pings = 0;
  isGone = false;
  pong = (): void => {};
  private readonly sent: string[] = [];
  private readonly waiting: { size: number; sent: () => void }[] = [];

  send(text: Buffer, _: object, sent: () => void): void {
    this.sent.push(String(text));
    const size = text.length + FRAME_HEAD;
    this.waiting.push({ size, sent });
    this.bufferedAmount += size;
    this.mostWaiting = Math.max(this.mostWaiting, this.bufferedAmount);
  }

  /** The far end reads, in whole events. */
  read(bytes: number): void {
    for (let left = bytes; left > 0 && this.waiting.length > 0;) {
      const { size, sent } = this.waiting.shift()!;
      left -= size;
      this.bufferedAmount -= size;
      sent();
    }
  }

  cursors(): number[] {
    return this.sent.map((text) =>
      Number((JSON.parse(text) as { cursor: string }).cursor.slice(3)),
    );
  }

  kinds(): string[] {
    return this.sent.map((text) => (JSON.parse(text) as { kind: string }).kind);
  }

  on(_: 'pong', heard: () => void): void {
    this.pong = heard;
  }

  ping(): void {
    this.pings++;
  }

  close(): void {
    this.isGone = true;
  }

  terminate(): void {
    this.isGone = true;
  }
}
