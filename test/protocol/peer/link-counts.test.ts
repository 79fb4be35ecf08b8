/** What is counted of a link, for people who ask why something did not arrive. */
import { describe, expect, it } from 'vitest';
import { REASONS_MAX } from '../../../protocol/peer/counts.ts';
import { LinkCounts, NO_LINK } from '../../../protocol/peer/link-counts.ts';

describe('counts of links', () => {
  it('count each reason apart, up to a limit', () => {
    const counts = new LinkCounts(3);
    for (let i = 0; i < REASONS_MAX + 5; i++) counts.drop(2, `reason ${i}`);
    counts.drop(2, 'reason 0');
    const drops = counts.drops(2);
    expect(Object.keys(drops)).toHaveLength(REASONS_MAX + 1);
    expect(drops).toMatchObject({ 'reason 0': 2, 'reason 63': 1, other: 5 });
  });

  it('are of each link, whatever comes up on others, and add up', () => {
    const counts = new LinkCounts(3);
    counts.hear(0);
    counts.hear(2);
    counts.send(2);
    counts.drop(2, 'duplicate');
    for (let i = 0; i < 20; i++) counts.drop(NO_LINK, `reason ${i}`);
    counts.drop(0, 'duplicate');
    expect([0, 1, 2].map((link) => counts.heard(link))).toEqual([1, 0, 1]);
    expect([0, 1, 2].map((link) => counts.sent(link))).toEqual([0, 0, 1]);
    expect([0, 1, 2].map((link) => counts.drops(link))).toEqual([
      { duplicate: 1 },
      {},
      { duplicate: 1 },
    ]);
    const { heard, sent, drops } = counts.inAll();
    expect([heard, sent, Object.keys(drops).length]).toEqual([2, 1, 21]);
    expect(drops).toMatchObject({ duplicate: 2, 'reason 19': 1 });
  });
});
