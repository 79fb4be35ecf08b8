/** How what was lost between neighbours is made good (WIRE §29), and what that may cost at most. */
import { describe, expect, it } from 'vitest';
import { TICK } from '../../../protocol/core/machine.ts';
import { ANNOUNCE } from '../../../protocol/core/packet.ts';
import type { MenderOutput } from '../../../protocol/peer/mender.ts';
import {
  FIRST_MS,
  GIVES_MAX,
  KEEP_MS,
  KEPT_BYTES_MAX,
  KEPT_MAX,
  LONGEST,
  Mender,
  OTHER_MS,
  PROMISES_MAX,
  RETRY_MS,
  WANTS_MAX,
  WANTS_OF_ONE_MAX,
  YOUNG_MS,
} from '../../../protocol/peer/mender.ts';
import { SOURCES_MAX, WANT_TRIES } from '../../../protocol/peer/wants.ts';
import { crypto } from '../trust/ports.ts';
import { packet, withTtl } from '../../packets.ts';

const FIRST = [{ link: 1, watch: 'first' }] as const;
const OTHER = [{ link: 1, watch: 'other' }] as const;
const ONLY = [{ link: 1, watch: 'only' }] as const;

describe('a mender', () => {
  it.each([
    ['first', FIRST, [FIRST_MS]],
    ['after others', OTHER, [OTHER_MS]],
    ['twice, as nobody else does', ONLY, [FIRST_MS, OTHER_MS]],
  ])('offers what was kept to whom it watches %s', (_, watches, times) => {
    const mender = menderWith(1, watches);
    const said = times.map((at) => {
      expect(mender.deadline()).toBe(at);
      return mender.step(TICK, at);
    });
    for (const out of said) expect(out).toEqual([{ kind: 'offer', link: 1, names: nameOf(1) }]);
    expect(mender.deadline()).toBe(Infinity);
  });

  it('offers nothing to whom it came from, or who was heard with it meanwhile', () => {
    const mender = new Mender(crypto, () => 0);
    mender.keep(1, 1, told(1), 1, FIRST, 0);
    mender.keep(2, 2, told(2), 5, FIRST, 0);
    mender.met(2, 2, told(2), 1);
    mender.keep(3, 3, told(3), 5, FIRST, 0);
    mender.met(3, 4, told(3), 1);
    expect(mender.step(TICK, FIRST_MS)).toEqual([{ kind: 'offer', link: 1, names: nameOf(3) }]);
  });

  it('lets what is old enough ride along, and not what may be on its way', () => {
    const mender = menderWith(1, FIRST);
    mender.keep(2, 2, told(2), 5, FIRST, FIRST_MS - YOUNG_MS);
    mender.keep(3, 3, told(3), 5, FIRST, FIRST_MS - YOUNG_MS + 1);
    const names = new Uint8Array([...nameOf(1), ...nameOf(2)]);
    expect(mender.step(TICK, FIRST_MS)).toEqual([{ kind: 'offer', link: 1, names }]);
  });

  it('keeps and offers once what is passed on again', () => {
    const mender = new Mender(crypto, () => 0);
    const long = packet({ payload: new Uint8Array(LONGEST - 64) });
    for (let time = 0; time <= KEPT_BYTES_MAX / LONGEST; time++)
      mender.keep(1, 1, long, 5, FIRST, 0);
    expect(mender.step(TICK, FIRST_MS)).toMatchObject([{ kind: 'offer', link: 1 }]);
    expect(mender.deadline()).toBe(Infinity);
  });

  it('wants what it lacks by turns of all who offer it, whoever came last first, and gives up', () => {
    const mender = new Mender(crypto, () => 0);
    const want = (link: number): MenderOutput => ({ kind: 'want', link, names: nameOf(1) });
    expect(offered(mender, 1, 1, 0)).toEqual([want(1)]);
    expect(offered(mender, 2, 1, 10)).toEqual([]);
    const turns = [2, 1, 2, 1, 2];
    expect(turns).toHaveLength(2 * WANT_TRIES - 1);
    for (const [at, link] of turns.entries()) {
      expect(mender.deadline()).toBe((at + 1) * RETRY_MS);
      expect(mender.step(TICK, mender.deadline())).toEqual([want(link)]);
    }
    expect(mender.step(TICK, mender.deadline())).toEqual([]);
    expect(mender.deadline()).toBe(Infinity);
    expect(offered(mender, 1, 1, 99_000)).toEqual([want(1)]);
  });

  it('asks others in spite of one who offers again and again and never gives', () => {
    const mender = new Mender(crypto, () => 0);
    offered(mender, 1, 1, 0);
    offered(mender, 2, 1, 10);
    for (let now = 20; now < RETRY_MS; now += 20) offered(mender, 1, 1, now);
    expect(mender.step(TICK, RETRY_MS)).toEqual([{ kind: 'want', link: 2, names: nameOf(1) }]);
    mender.step({ kind: 'gone', link: 2 }, RETRY_MS);
    expect(mender.step(TICK, 2 * RETRY_MS)).toEqual([{ kind: 'want', link: 1, names: nameOf(1) }]);
  });

  it('wants nothing that came, was spent or is wanted no more', () => {
    const mender = menderWith(1, []);
    mender.spent(2, 2, told(2), 0);
    expect(offered(mender, 1, 1, 0)).toEqual([]);
    expect(offered(mender, 1, 2, 0)).toEqual([]);
    offered(mender, 1, 3, 0);
    mender.keep(3, 3, told(3), 1, [], 10);
    expect(mender.step(TICK, RETRY_MS)).toEqual([]);
    offered(mender, 1, 4, 0);
    mender.step({ kind: 'gone', link: 1 }, 20);
    expect(mender.deadline()).toBe(Infinity);
  });

  it('does not offer to whom offered it', () => {
    const mender = menderWith(1, FIRST);
    offered(mender, 1, 1, 100);
    expect(mender.step(TICK, FIRST_MS)).toEqual([]);
  });

  it('keeps bytes of its own: those heard may lie among others', () => {
    const mender = new Mender(crypto, () => 0);
    const heard = told(1);
    mender.keep(1, 1, heard, 5, FIRST, 0);
    heard.fill(0);
    expect(wanted(mender, 1, 1)).toEqual([{ kind: 'give', link: 1, bytes: told(1) }]);
  });

  it('gives what it kept, as it was passed on, and not for ever', () => {
    const mender = menderWith(1, []);
    const given = { kind: 'give', link: 2, bytes: told(1) };
    for (let i = 0; i < GIVES_MAX; i++) expect(wanted(mender, 2, 1)).toEqual([given]);
    expect(wanted(mender, 2, 1)).toEqual([]);
    expect(wanted(mender, 3, 1)).toHaveLength(1);
    mender.step({ kind: 'gone', link: 2 }, 0);
    expect(wanted(mender, 2, 1)).toHaveLength(1);
    expect(wanted(mender, 2, 2)).toEqual([]);
    mender.step(TICK, KEEP_MS);
    expect(wanted(mender, 3, 1, KEEP_MS)).toEqual([]);
  });

  it('knows a packet whatever its TTL, and offers none that is spent', () => {
    const mender = new Mender(crypto, () => 0);
    mender.spent(1, 1, withTtl(told(1), 1), 0);
    expect(wanted(mender, 1, 1)).toEqual([]);
    expect(offered(mender, 1, 1, 0)).toEqual([]);
    mender.keep(1, 1, withTtl(told(1), 3), 2, FIRST, 50);
    expect(wanted(mender, 1, 1)).toEqual([{ kind: 'give', link: 1, bytes: withTtl(told(1), 3) }]);
  });

  it('keeps nothing that is said again anyway, or is too long', () => {
    const mender = new Mender(crypto, () => 0);
    mender.keep(1, 1, packet({ type: ANNOUNCE }), 2, FIRST, 0);
    mender.keep(2, 2, packet({ payload: new Uint8Array(LONGEST) }), 2, FIRST, 0);
    expect(mender.deadline()).toBe(Infinity);
  });
});

describe('the limits of a mender', () => {
  it('are packets and bytes; the oldest is given no more', () => {
    const many = new Mender(crypto, () => 0);
    for (let at = 0; at <= KEPT_MAX; at++) many.keep(at, 1, told(at), 2, [], 0);
    expect([0, 1].map((at) => wanted(many, 1, at).length)).toEqual([0, 1]);
    const large = new Mender(crypto, () => 0);
    const count = Math.floor(KEPT_BYTES_MAX / big(0).length) + 1;
    for (let at = 0; at < count; at++) large.keep(at, 1, big(at), 2, [], 0);
    const names = [0, 1].map((at) => digest(big(at)));
    const given = names.map(
      (name) => large.step({ kind: 'wanted', link: 1, names: name }, 0).length,
    );
    expect(given).toEqual([0, 1]);
  });

  it('hold where all that comes is spent, and nobody ever asks', () => {
    const mender = new Mender(crypto, () => 0);
    for (let at = 0; at <= KEPT_MAX; at++) mender.spent(at, 1, told(at), 0);
    expect(mender['kept']).toHaveLength(KEPT_MAX);
  });

  it('are offers due to one neighbour', () => {
    const mender = new Mender(crypto, () => 0);
    for (let at = 0; at < PROMISES_MAX; at++) mender.keep(at, 1, told(at), 2, ONLY, 0);
    const names = mender
      .step(TICK, OTHER_MS)
      .reduce((sum, output) => sum + ('names' in output ? output.names.length : 0), 0);
    expect(names / 8).toBe(KEPT_MAX);
  });

  it('are packets wanted at once, in all and of one neighbour', () => {
    const mender = new Mender(crypto, () => 0);
    const wants = Array.from(
      { length: 4 * WANTS_OF_ONE_MAX },
      (_, at) => offered(mender, 1 + (at % 4), at, 0).length,
    );
    expect(wants.filter((count) => count > 0)).toHaveLength(WANTS_MAX);
    const one = new Mender(crypto, () => 0);
    for (let at = 0; at < WANTS_OF_ONE_MAX; at++) expect(offered(one, 1, at, 0)).toHaveLength(1);
    expect(offered(one, 1, WANTS_OF_ONE_MAX, 0)).toEqual([]);
    expect(offered(one, 2, WANTS_OF_ONE_MAX, 0)).toHaveLength(1);
  });

  it('are those who are asked for one packet', () => {
    const mender = new Mender(crypto, () => 0);
    for (let link = 0; link <= SOURCES_MAX; link++) offered(mender, link, 1, 0);
    const asked = new Set<number>();
    while (mender.deadline() < Infinity) {
      for (const { link } of mender.step(TICK, mender.deadline())) asked.add(link);
    }
    expect(asked.size).toBe(SOURCES_MAX);
  });
});

function told(number: number): Uint8Array {
  return packet({ timestamp: 1000 + number, ttl: 6 });
}

function big(number: number): Uint8Array {
  return packet({ timestamp: number, payload: new Uint8Array(4000) });
}

/** With one packet kept that came over link 5. */
function menderWith(number: number, watches: Parameters<Mender['keep']>[4]): Mender {
  const mender = new Mender(crypto, () => 0);
  mender.keep(number, number, told(number), 5, watches, 0);
  return mender;
}

function nameOf(number: number): Uint8Array {
  return digest(told(number));
}

function digest(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(crypto.sha256(withTtl(bytes, 0)).subarray(0, 8));
}

function offered(mender: Mender, link: number, number: number, now: number): MenderOutput[] {
  return mender.step({ kind: 'offered', link, names: nameOf(number) }, now);
}

function wanted(mender: Mender, link: number, number: number, now = 0): MenderOutput[] {
  return mender.step({ kind: 'wanted', link, names: nameOf(number) }, now);
}
