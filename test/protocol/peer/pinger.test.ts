/**
 * Pings and traces that begin here, and what others may ask of us (WIRE §10, §20).
 */
import { describe, expect, it } from 'vitest';
import { TICK } from '../../../protocol/core/machine.ts';
import {
  PING_TIMEOUT_MS,
  Pinger,
  PINGS_MAX,
  PONGS_MAX,
  PONGS_WINDOW_MS,
} from '../../../protocol/peer/pinger.ts';
import { TRACE_TIME_MS, Tracer, TRACES_MAX } from '../../../protocol/peer/tracer.ts';
import { encodePing } from '../../../protocol/wire/ping.ts';
import { filled, join } from '../wire/given.ts';

const PEER = filled(8, 1);
const OTHER = filled(8, 2);

describe('a pinger', () => {
  it('measures time and hops by the pong of whom it asked', () => {
    const pinger = new Pinger();
    expect(ask(pinger, 1, 100)).toMatchObject([{ kind: 'ping', id: PEER }]);
    expect(pong(pinger, 1, PEER, 340)).toEqual([
      { kind: 'answered', id: PEER, roundTripMs: 240, hops: 3 },
    ]);
    expect(pong(pinger, 1, PEER, 341)).toEqual([{ kind: 'drop', reason: 'pong-unknown' }]);
  });

  it('believes no pong of somebody else, of another nonce, or cut short', () => {
    const pinger = new Pinger();
    ask(pinger, 1, 0);
    expect(pong(pinger, 1, OTHER, 1)).toEqual([{ kind: 'drop', reason: 'pong-unknown' }]);
    expect(pong(pinger, 2, PEER, 1)).toEqual([{ kind: 'drop', reason: 'pong-unknown' }]);
    const cut = { kind: 'pong', sender: PEER, payload: filled(8, 1), heardTtl: 5 } as const;
    expect(pinger.step(cut, 1)).toEqual([{ kind: 'drop', reason: 'bad-ping' }]);
    expect(pong(pinger, 1, PEER, 2)).toMatchObject([{ kind: 'answered' }]);
  });

  it('gives up after ten seconds', () => {
    const pinger = new Pinger();
    ask(pinger, 1, 100);
    expect(pinger.deadline()).toBe(100 + PING_TIMEOUT_MS);
    expect(pinger.step(TICK, 99 + PING_TIMEOUT_MS)).toEqual([]);
    expect(pinger.step(TICK, 100 + PING_TIMEOUT_MS)).toEqual([{ kind: 'lost', id: PEER }]);
    expect(pinger.deadline()).toBe(Infinity);
  });

  it('has sixteen out at a time', () => {
    const pinger = new Pinger();
    for (let i = 0; i < PINGS_MAX; i++) expect(ask(pinger, i, 0)[0].kind).toBe('ping');
    expect(ask(pinger, 99, 0)).toEqual([{ kind: 'refused' }]);
    pong(pinger, 3, PEER, 5);
    expect(ask(pinger, 99, 6)[0].kind).toBe('ping');
  });

  it('answers five in ten seconds on each link', () => {
    const pinger = new Pinger();
    for (let i = 0; i < PONGS_MAX; i++) expect(heard(pinger, 1, i * 100)).toBe('pong');
    expect(heard(pinger, 1, 500)).toBe('ping-flooding');
    expect(heard(pinger, 2, 500)).toBe('pong');
    expect(heard(pinger, 1, PONGS_WINDOW_MS - 1)).toBe('ping-flooding');
    expect(heard(pinger, 1, PONGS_WINDOW_MS)).toBe('pong');
    // Another neighbour on the same number has its own five.
    for (let i = 0; i < 9; i++) heard(pinger, 1, PONGS_WINDOW_MS);
    pinger.step({ kind: 'gone', link: 1 }, PONGS_WINDOW_MS);
    expect(heard(pinger, 1, PONGS_WINDOW_MS)).toBe('pong');
  });

  it('repeats the nonce and states its own TTL', () => {
    const pinger = new Pinger();
    const payload = encodePing({ nonce: filled(8, 9), originTtl: 3 });
    expect(pinger.step({ kind: 'ping', link: 0, payload, ttl: 7 }, 0)).toEqual([
      { kind: 'pong', payload: encodePing({ nonce: filled(8, 9), originTtl: 7 }) },
    ]);
    expect(pinger.step({ kind: 'ping', link: 0, payload: filled(8, 1), ttl: 7 }, 0)).toEqual([
      { kind: 'drop', reason: 'bad-ping' },
    ]);
  });
});

describe('a tracer', () => {
  it('knows its own answers, whoever hands them on', () => {
    const tracer = new Tracer();
    const request = tracer.begin(PEER, filled(8, 7), 0)!;
    expect(request).toEqual(join(filled(8, 7), PEER, Uint8Array.of(0)));
    const record = join(OTHER, Uint8Array.of(0, 0xc4, 0, 42));
    expect(tracer.hear(join(request, record))).toEqual({
      ...{ target: PEER, id: OTHER, distance: 0, medium: 'air', rssi: -60, roundTripMs: 42 },
      via: [],
    });
    const further = join(request.subarray(0, 16), Uint8Array.of(1), OTHER);
    const unknown = join(PEER, Uint8Array.of(1, 0, 255, 255));
    expect(tracer.hear(join(further, unknown))).toEqual({
      ...{ target: PEER, id: PEER, distance: 1, medium: 'wire', rssi: null, roundTripMs: null },
      via: [OTHER],
    });
    const media = [0, 1, 2, 200].map((kind) => {
      const hop = tracer.hear(join(request, OTHER, Uint8Array.of(kind, 0, 0, 1)));
      return typeof hop === 'object' && hop?.medium;
    });
    expect(media).toEqual(['air', 'wire', 'line', 'wire']);
  });

  it('leaves those of others alone, and its own request that comes back', () => {
    const tracer = new Tracer();
    const request = tracer.begin(PEER, filled(8, 7), 0)!;
    expect(tracer.hear(join(filled(8, 8), request.subarray(8)))).toBe(null);
    expect(tracer.hear(filled(3, 7))).toBe(null);
    expect(tracer.hear(request)).toBe('trace-loop');
  });

  it('follows four at a time, each for five seconds', () => {
    const tracer = new Tracer();
    for (let i = 0; i < TRACES_MAX; i++) tracer.begin(filled(8, i), filled(8, i), i);
    expect(tracer.begin(PEER, filled(8, 9), 5)).toBe(null);
    expect(tracer.deadline()).toBe(TRACE_TIME_MS);
    expect(tracer.expire(TRACE_TIME_MS + 1)).toEqual([filled(8, 0), filled(8, 1)]);
    expect(tracer.begin(PEER, filled(8, 9), 6)).not.toBe(null);
  });
});

function ask(pinger: Pinger, nonce: number, now: number) {
  return pinger.step({ kind: 'ask', id: PEER, nonce: filled(8, nonce), ttl: 7 }, now);
}

function pong(pinger: Pinger, nonce: number, sender: Uint8Array, now: number) {
  const payload = encodePing({ nonce: filled(8, nonce), originTtl: 7 });
  return pinger.step({ kind: 'pong', sender, payload, heardTtl: 5 }, now);
}

function heard(pinger: Pinger, link: number, now: number): string {
  const payload = encodePing({ nonce: filled(8, 9), originTtl: 7 });
  const [output] = pinger.step({ kind: 'ping', link, payload, ttl: 7 }, now);
  return output.kind === 'drop' ? output.reason : output.kind;
}
