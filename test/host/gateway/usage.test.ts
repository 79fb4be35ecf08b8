/** What is carried: an hour of seconds, in memory that never grows, and a word when a limit is reached. */
import { describe, expect, it } from 'vitest';
import { mbpsOf, SAMPLES_MAX, Usage, WARN_EVERY_MS } from '../../../host/gateway/usage.ts';
import type { Carried, Side, Traffic, Warning } from '../../../host/gateway/usage.ts';
import type { TrunkView } from '../../../protocol/peer/trunks.ts';
import { SEED, xorshift } from '../../seed.ts';

const LIMITS = {
  local: { inMbps: 1, outMbps: 5, allMbps: 10 },
  internet: { inMbps: 100, outMbps: 100, allMbps: 100 },
  radioMbps: 0.016,
};

describe('usage', () => {
  it('is what the busier direction carried in each second, in the fields that are promised', () => {
    const usage = new Usage(LIMITS, 0);
    usage.look(carried({ local: { received: 125_000, sent: 1 } }), 1000);
    usage.look(carried({ local: { received: 125_000, sent: 250_001 } }), 2000);
    expect(usage.view()).toMatchObject({
      localMbps: 2,
      internetMbps: 0,
      localLimitMbps: 10,
      internetLimitMbps: 100,
      samples: { localMbps: [1, 2], internetMbps: [0, 0] },
    });
  });

  it('is told of each way, of radios, and of the limits of one connection', () => {
    const usage = new Usage(LIMITS, 0);
    const local = { received: 125_000, sent: 250_000 };
    usage.look(carried({ local, radio: { sent: 1000 } }), 1000);
    const { ways, radioMbps, radioLimitMbps, limits, samples } = usage.view();
    expect(ways.local).toEqual({ inMbps: 1, outMbps: 2 });
    expect([radioMbps, radioLimitMbps, samples.radioMbps]).toEqual([0.008, 0.016, [0.008]]);
    expect(limits).toEqual({ local: LIMITS.local, internet: LIMITS.internet });
    usage.limit({ ...LIMITS, local: { inMbps: 2, outMbps: 2, allMbps: 2 } });
    expect(usage.view().localLimitMbps).toBe(2);
  });

  it('is told of each connection that is up: its last second, and what waits for it', () => {
    const usage = new Usage(LIMITS, 0);
    const id = new Uint8Array(8).fill(7);
    const line = { ...LINE, id, waiting: 3, overflowed: 2, slowedTo: 125_000 };
    usage.look(carried({}, [{ ...line, received: 125_000 }]), 1000);
    usage.look(
      carried({}, [
        { ...line, received: 375_000 },
        { ...LINE, state: 'down' },
      ]),
      2000,
    );
    expect(usage.view().connections).toEqual([
      {
        ...{ side: 'local', node: '0707070707070707', inMbps: 2, outMbps: 0 },
        ...{ waiting: 3, overflowed: 2, slowedToMbps: 1 },
      },
    ]);
    // One that came anew counts from nothing, and one that is gone is not told of.
    usage.look(carried({}, [{ ...line, received: 12_500 }]), 3000);
    expect(usage.view().connections).toMatchObject([{ inMbps: 0.1 }]);
    usage.look(carried({}), 4000);
    expect(usage.view().connections).toEqual([]);
  });

  it('says nothing new within a second, and shares out seconds that were slept through', () => {
    const usage = new Usage(LIMITS, 500);
    expect(usage.deadline()).toBe(1500);
    usage.look(carried({ local: { received: 500_000 } }), 1499);
    expect(usage.view().samples.localMbps).toEqual([]);
    usage.look(carried({ local: { received: 500_000 } }), 4600);
    expect(usage.view().samples.localMbps).toEqual([1, 1, 1, 1]);
    expect(usage.deadline()).toBe(5500);
  });

  it('takes a sample whenever one is due, at whatever part of a millisecond', () => {
    const random = xorshift(SEED);
    for (let begins = 0; begins < 200; begins++) {
      const usage = new Usage(LIMITS, random(6_000_000_000) / 1e6);
      const dues = Array.from({ length: 200 }, () => {
        usage.look(carried({}), usage.deadline());
        return usage.deadline();
      });
      expect(new Set(dues).size).toBe(dues.length);
    }
  });

  it('keeps an hour', () => {
    const usage = new Usage(LIMITS, 0);
    const total = SAMPLES_MAX + 10;
    for (let at = 1; at <= total; at++) {
      const received = at === total ? at + 125_000 : at;
      usage.look(carried({ local: { received } }), at * 1000);
    }
    const { localMbps } = usage.view().samples;
    expect(localMbps).toHaveLength(SAMPLES_MAX);
    expect(localMbps.at(-1)).toBeCloseTo(1);
    usage.look(carried({ local: { received: total } }), 10 * SAMPLES_MAX * 1000);
    expect(usage.view().samples.localMbps).toHaveLength(SAMPLES_MAX);
  });
});

describe('a limit that is reached', () => {
  it('is told once a minute, however often it is reached and left', () => {
    const usage = new Usage(LIMITS, 0);
    let received = 0;
    const warnings: Warning[] = [];
    for (let at = 1; at <= 90; at++) {
      received += at % 3 === 0 ? 0 : 1_200_000;
      warnings.push(...usage.look(carried({ local: { received } }), at * 1000));
    }
    const warning = { kind: 'BandwidthLimit', side: 'local', way: 'in', limitMbps: 10 };
    expect(warnings).toEqual([warning, warning]);
    expect(WARN_EVERY_MS).toBe(60_000);
  });

  it.each<[string, Partial<Record<Side, Partial<Traffic>>>, Omit<Warning, 'kind'>]>([
    [
      'of one client that brings',
      { local: { holds: 1 } },
      { side: 'local', way: 'in', limitMbps: 1 },
    ],
    ['of one that is given', { local: { waits: 1 } }, { side: 'local', way: 'out', limitMbps: 5 }],
    [
      'of all lines',
      { internet: { sent: 12e6 } },
      { side: 'internet', way: 'out', limitMbps: 100 },
    ],
    ['of the radios', { radio: { waits: 1 } }, { side: 'radio', way: 'out', limitMbps: 0.016 }],
  ])('is that %s', (_, traffic, warning) => {
    const usage = new Usage(LIMITS, 0);
    expect(usage.look(carried(traffic), 1000)).toEqual([{ kind: 'BandwidthLimit', ...warning }]);
    // What was told is not reached again by nothing.
    expect(usage.look(carried(traffic), 100_000)).toEqual([]);
  });

  it('is none of the radios for what is said here', () => {
    const usage = new Usage(LIMITS, 0);
    expect(usage.look(carried({ radio: { sent: 100_000 } }), 1000)).toEqual([]);
    expect(mbpsOf(2000)).toBe(0.016);
  });
});

const LINE: TrunkView = {
  ...{
    id: null,
    address: '',
    isDialled: false,
    state: 'up',
    upAt: 0,
    roundTripMs: null,
    why: null,
  },
  ...{ received: 0, sent: 0, waiting: 0, overflowed: 0, slowedTo: null },
};

function carried(
  traffic: Partial<Record<Side, Partial<Traffic>>>,
  local: TrunkView[] = [],
): () => Carried {
  const of = (side: Side): Traffic => {
    return { received: 0, sent: 0, holds: 0, waits: 0, ...traffic[side] };
  };
  return () => ({
    traffic: { local: of('local'), internet: of('internet'), radio: of('radio') },
    connections: { local, internet: [] },
  });
}
