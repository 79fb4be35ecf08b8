/** What lines carry: an hour of seconds, in memory that never grows, and a word when a limit is reached. */
import { describe, expect, it } from 'vitest';
import { SAMPLES_MAX, Usage, WARN_EVERY_MS } from '../../../host/gateway/usage.ts';
import type { Traffic } from '../../../host/gateway/usage.ts';

const LIMITS = {
  local: { shareMbps: 1, allMbps: 10 },
  internet: { shareMbps: 100, allMbps: 100 },
};

describe('usage', () => {
  it('is what the busier direction carried in each second', () => {
    const usage = new Usage(LIMITS, 0);
    usage.look(carried({ received: 125_000, sent: 1 }), 1000);
    usage.look(carried({ received: 125_000, sent: 250_001 }), 2000);
    expect(usage.view()).toEqual({
      localMbps: 2,
      internetMbps: 0,
      localLimitMbps: 10,
      internetLimitMbps: 100,
      samples: { localMbps: [1, 2], internetMbps: [0, 0] },
    });
  });

  it('says nothing new within a second, and shares out seconds that were slept through', () => {
    const usage = new Usage(LIMITS, 500);
    expect(usage.deadline()).toBe(1500);
    usage.look(carried({ received: 500_000 }), 1499);
    expect(usage.view().samples.localMbps).toEqual([]);
    usage.look(carried({ received: 500_000 }), 4600);
    expect(usage.view().samples.localMbps).toEqual([1, 1, 1, 1]);
    expect(usage.deadline()).toBe(5500);
  });

  it('keeps an hour', () => {
    const usage = new Usage(LIMITS, 0);
    const total = SAMPLES_MAX + 10;
    for (let at = 1; at <= total; at++) {
      usage.look(carried({ received: at === total ? at + 125_000 : at }), at * 1000);
    }
    const { localMbps } = usage.view().samples;
    expect(localMbps).toHaveLength(SAMPLES_MAX);
    expect(localMbps.at(-1)).toBeCloseTo(1);
    usage.look(carried({ received: total }), 10 * SAMPLES_MAX * 1000);
    expect(usage.view().samples.localMbps).toHaveLength(SAMPLES_MAX);
  });
});

describe('a limit that is reached', () => {
  it('is told, once a minute', () => {
    const usage = new Usage(LIMITS, 0);
    let received = 0;
    const warnings = Array.from({ length: 90 }, (_, at) => {
      received += 1_200_000;
      return usage.look(carried({ received }), (at + 1) * 1000);
    }).flat();
    const warning = { kind: 'BandwidthLimit', side: 'local', limitMbps: 10 };
    expect(warnings).toEqual([warning, warning]);
    expect(WARN_EVERY_MS).toBe(60_000);
  });

  it('is that of one line where that is what holds it', () => {
    const usage = new Usage(LIMITS, 0);
    expect(usage.look(carried({ received: 1000, holds: 1 }), 1000)).toEqual([
      { kind: 'BandwidthLimit', side: 'local', limitMbps: 1 },
    ]);
    expect(usage.look(carried({ received: 2000, holds: 1 }), 100_000)).toEqual([]);
  });
});

function carried(local: Partial<Traffic>): { local: Traffic; internet: Traffic } {
  const none = { received: 0, sent: 0, holds: 0 };
  return { local: { ...none, ...local }, internet: none };
}
