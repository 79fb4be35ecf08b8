/** Throughput: what a link is believed to carry, and when nothing is believed. */
import { describe, expect, it } from 'vitest';
import { FULL_BYTES, FULL_MS, Throughput } from '../../../host/routing/throughput.ts';

const WINDOW = 4;
const SIZE = 200;

/** A link that is full from then on, of whose writes one leaves every so many milliseconds. */
function fill(throughput: Throughput, everyMs: number, forMs: number, from = 0): void {
  for (let at = 0; at < WINDOW; at++) throughput.wrote(0, SIZE, from);
  for (let now = from + everyMs; now <= from + forMs; now += everyMs) {
    throughput.sent(0, now);
    throughput.wrote(0, SIZE, now);
  }
}

describe('a link that is full', () => {
  it.each([
    [10, 20_000],
    [100, 2000],
    [400, 500],
  ])('and of which a write leaves every %i ms carries %i bytes a second', (everyMs, rate) => {
    const throughput = new Throughput(WINDOW);
    fill(throughput, everyMs, 20_000);
    expect(throughput.of(0)).toBe(rate);
  });

  it('is measured after a second and so many bytes, and not before', () => {
    const throughput = new Throughput(WINDOW);
    fill(throughput, 50, FULL_MS - 50);
    expect(throughput.of(0)).toBe(0);
    const slow = new Throughput(WINDOW);
    fill(slow, 1000, 10_000);
    expect(10 * SIZE).toBeLessThan(FULL_BYTES);
    expect(slow.of(0)).toBe(0);
    slow.sent(0, 11_000);
    expect(slow.of(0)).toBe(SIZE);
  });

  it('changes what is believed by a quarter each time', () => {
    const throughput = new Throughput(WINDOW);
    fill(throughput, 50, 1000);
    expect(throughput.of(0)).toBe(4000);
    for (let now = 1100; now <= 2100; now += 100) {
      throughput.sent(0, now);
      throughput.wrote(0, SIZE, now);
    }
    expect(throughput.of(0)).toBe(3500);
  });
});

describe('a link that is not full', () => {
  it('is not measured, however much it carries', () => {
    const throughput = new Throughput(WINDOW);
    for (let now = 0; now < 20_000; now += 10) {
      throughput.wrote(0, SIZE, now);
      throughput.wrote(0, SIZE, now);
      throughput.sent(0, now + 5);
      throughput.sent(0, now + 5);
    }
    expect(throughput.of(0)).toBe(0);
  });

  it('is not measured over a pause in which nothing waited', () => {
    const throughput = new Throughput(WINDOW);
    fill(throughput, 10, 900);
    throughput.sent(0, 910);
    // What follows later did not wait.
    for (let now = 2000; now < 2900; now += 10) {
      throughput.wrote(0, SIZE, now);
      throughput.sent(0, now + 1);
    }
    expect(throughput.of(0)).toBe(0);
  });

  it('keeps what was measured, until another link has its number', () => {
    const throughput = new Throughput(WINDOW);
    fill(throughput, 10, 2000);
    for (let left = 0; left < 10; left++) throughput.sent(0, 2010 + left);
    expect(throughput.of(0)).toBe(20_000);
    expect(throughput.of(1)).toBe(0);
    throughput.reset(0);
    expect(throughput.of(0)).toBe(0);
  });
});
