/**
 * The bridge as one machine, in virtual time: what it keeps in order between the machines it joins, and
 * that it is as replayable as they are.
 */
import { describe, expect, it } from 'vitest';
import type { BridgeOutput } from '../../host/bridge.ts';
import type { MeshEvent } from '../../host/events.ts';
import { TRAFFIC_LIMITS } from '../../host/gateway/limits.ts';
import type { Throughput } from '../../host/routing/throughput.ts';
import { RESILIENCE_DEFAULTS } from '../../host/resilience/settings.ts';
import { ROUTING_DEFAULTS } from '../../host/routing/routing.ts';
import { LEAF } from '../../protocol/core/hello.ts';
import { BUDGET_DEFAULTS } from '../../protocol/peer/budget.ts';
import { STATION_DEFAULTS } from '../../protocol/peer/settings.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import { seededRandom } from '../../tools/simulate/random.ts';
import { person } from '../protocol/trust/people.ts';
import type { Member } from './gateway/federation.ts';
import { addressOf, Federation } from './gateway/federation.ts';

describe('a bridge whose line comes and goes', () => {
  it('finds a place for it each time, and says everything once', () => {
    const { federation, one, two } = joined();
    const texts: string[] = [];
    for (let round = 0; round < 20; round++) {
      const text = `round ${round}`;
      texts.push(text);
      federation.sever(one, two);
      federation.pass(5000);
      federation.say(one, text);
      federation.mend(one, two);
      federation.pass(61_000);
      const [line] = snapshotOf(one, federation).station.links;
      expect(line).toMatchObject({ medium: 'line', peer: toHex(two.identity.id) });
    }
    expect(two.heard).toEqual(texts);
  });

  it('has no link left of a line that broke', () => {
    const { federation, one, two } = joined();
    expect(snapshotOf(one, federation).lines).toMatchObject([{ state: 'up' }]);
    federation.sever(one, two);
    federation.pass(100);
    expect(snapshotOf(one, federation)).toMatchObject({ station: { links: [] }, lines: [] });
    expect(snapshotOf(two, federation)).toMatchObject({ station: { links: [] } });
  });
});

describe('a bridge whose line takes nothing for a while', () => {
  it('says so, offers it less, and says when it takes all again; each once', () => {
    const { federation, one, two } = joined({ limits: TRAFFIC_LIMITS });
    const slowedTo = (): number | null => {
      const [line] = one.bridge.usageNow()!.connections;
      return line.slowedToMbps;
    };
    federation.pass(1000);
    expect(slowedTo()).toBeNull();
    federation.clogs = (from) => from === one;
    for (let count = 0; count < 3; count++) federation.say(one, `word ${count}`);
    federation.pass(4000);
    const lines = (): MeshEvent[] => one.told.filter(({ kind }) => kind.startsWith('Line'));
    const ofLine = { peer: two.identity.id, side: 'internet' };
    expect(lines()).toEqual([{ kind: 'LineSlowed', ...ofLine, mbps: expect.any(Number) }]);
    expect(slowedTo()).toBeLessThan(1);
    federation.unclog();
    federation.pass(200_000);
    expect(two.heard).toEqual(['word 0', 'word 1', 'word 2']);
    expect(lines().slice(1)).toEqual([{ kind: 'LineRecovered', ...ofLine }]);
    expect(slowedTo()).toBeNull();
  });

  it('counts what lines drop among all that is dropped, be they up or not', () => {
    const { federation, one } = joined();
    federation.add(3, [{ node: person(1).id, address: addressOf(1) }]);
    federation.pass(5000);
    const { drops } = snapshotOf(one, federation).station;
    expect(drops['not-allowed']).toBeGreaterThan(0);
  });

  it('tells what it carries, and takes other limits at once', () => {
    const { federation, one } = joined({ limits: TRAFFIC_LIMITS });
    federation.pass(60_000);
    const { samples, internetLimitMbps, ways } = one.bridge.usageNow()!;
    expect(Math.max(...samples.internetMbps)).toBeGreaterThan(0);
    expect([internetLimitMbps, Object.keys(ways)]).toEqual([100, ['local', 'internet', 'radio']]);
    const slow = { inMbps: 0.1, outMbps: 0.1, allMbps: 0.2 };
    const limits = { ...TRAFFIC_LIMITS, internet: slow };
    const [budget, routing] = [BUDGET_DEFAULTS, ROUTING_DEFAULTS];
    const settings = { level: 'moderate', budget, limits, routing } as const;
    const rest = { resilience: RESILIENCE_DEFAULTS, administrators: [] };
    federation.tell(one, { kind: 'set-up', settings: { ...settings, ...rest } });
    expect(one.bridge.usageNow()!.internetLimitMbps).toBe(0.2);
    // 25 kB at once, 12.5 kB a second and no more.
    for (let count = 0; count < 60; count++) federation.say(one, 'x'.repeat(4000));
    federation.pass(1000);
    const carried = one.bridge.usageNow()!.samples.internetMbps.slice(-2);
    expect(carried[0] + carried[1]).toBeLessThan(0.5);
    const warned = one.told.filter(({ kind }) => kind === 'BandwidthLimit');
    expect(warned).toMatchObject([{ side: 'internet', way: 'out' }]);
  });
});

describe('a bridge that tells what it does for others', () => {
  it('says so of lines, of history, and of passing on', () => {
    const federation = new Federation();
    const lines = [{ node: person(9).id, address: addressOf(9) }];
    const history = { ...STATION_DEFAULTS.history, messages: 0 };
    const [plain, gateway, forgetful, leaf] = [
      federation.add(1),
      federation.add(2, lines),
      federation.add(3, [], { station: { history } }),
      federation.add(4, [], { station: { role: LEAF } }),
    ];
    [gateway, forgetful, leaf].forEach((other, at) => federation.join(plain, at + 1, other, 1));
    federation.pass(20_000);
    const does = (of: Member) => plain.bridge.path(of.identity.id, federation.now)!.does;
    expect(does(gateway)).toEqual(['passes-on', 'gateway', 'history']);
    expect(does(forgetful)).toEqual(['passes-on']);
    expect(does(leaf)).toEqual(['history']);
    // No way leads through a leaf.
    federation.join(leaf, 2, federation.add(5), 1);
    federation.pass(20_000);
    expect(plain.bridge.path(person(5).id, federation.now)!.routes).toEqual([]);
    federation.join(gateway, 2, federation.members[4], 2);
    federation.pass(20_000);
    const [route] = plain.bridge.path(person(5).id, federation.now)!.routes;
    expect(route.next).toBe(toHex(gateway.identity.id));
  });
});

describe('a bridge whose link is full', () => {
  it('knows what that carries, from what left, and forgets it with the link', () => {
    const federation = new Federation();
    const [one, two] = [federation.add(1), federation.add(2)];
    federation.join(one, 1, two, 1);
    federation.pass(5000);
    const { throughput } = one.bridge as unknown as { throughput: Throughput };
    expect(throughput.of(1)).toBe(0);
    // What has a pattern would be compressed, and would fill no link.
    const random = seededRandom(1);
    const noise = (): string =>
      Array.from({ length: 400 }, () => random(2 ** 31).toString(36)).join('');
    // More at once than may wait would be dropped.
    for (let part = 0; part < 3; part++) {
      for (let count = 0; count < 40; count++) federation.say(one, noise());
      federation.pass(400);
    }
    // Four writes of at most 181 bytes are out, each for 5 ms.
    expect(throughput.of(1)).toBeGreaterThan(100_000);
    expect(throughput.of(1)).toBeLessThanOrEqual((4 * 181 * 1000) / 5);
    federation.stop(two);
    expect(throughput.of(1)).toBe(0);
  });
});

describe('a bridge that is asked', () => {
  it('answers every wish once, whichever of its machines does it', () => {
    const { federation, one, two } = joined();
    const peer = two.identity.id;
    for (const wish of [
      { kind: 'say', text: 'good morning' },
      { kind: 'tell', peer, text: 'for you' },
      { kind: 'say', text: '' },
      { kind: 'stand', peer, standing: 'verified' },
      { kind: 'invite', address: 'here:1' },
      { kind: 'join', text: 'nonsense' },
      { kind: 'part', node: peer },
    ] as const) {
      federation.tell(one, { kind: 'ask', ticket: 1000 + one.answers.length, wish });
    }
    federation.pass(1000);
    expect(one.answers.map(answered)).toEqual([
      [1000, 'stored'],
      [1001, 'stored'],
      [1002, 'refused'],
      [1003, 'done'],
      [1004, 'invited'],
      [1005, 'refused'],
      // It is of the settings.
      [1006, 'refused'],
    ]);
  });

  it('stores what it acknowledges in the step that acknowledges it', () => {
    const { federation, one, two } = joined();
    const wish = { kind: 'tell', peer: two.identity.id, text: 'only once it is kept' } as const;
    const outputs = one.bridge.step({ kind: 'ask', ticket: 7, wish }, federation.now);
    const kinds = outputs.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'answer')).toEqual(['answer']);
    const stored = outputs.flatMap((output) =>
      output.kind === 'store' ? [output.write.kind] : [],
    );
    expect(stored).toEqual(expect.arrayContaining(['message', 'outbox']));
    expect(kinds.indexOf('store')).toBeLessThan(kinds.indexOf('answer'));
  });
});

describe('a bridge that starts again', () => {
  it('takes nothing of what it said or heard before for new', () => {
    const { federation, one, two } = joined();
    federation.say(one, 'before');
    federation.pass(5000);
    expect(two.heard).toEqual(['before']);
    federation.stop(two);
    const again = federation.restart(two);
    federation.pass(90_000);
    expect(snapshotOf(again, federation).lines).toMatchObject([{ state: 'up' }]);
    expect(again.heard).toEqual([]);
    federation.say(one, 'after');
    federation.pass(5000);
    expect(again.heard).toEqual(['after']);
  });
});

it('is the same bridge twice', () => {
  const history = (): string => {
    const { federation, one, two } = joined();
    federation.say(one, 'a');
    federation.ask(two, { kind: 'tell', peer: one.identity.id, text: 'b' });
    federation.pass(60_000);
    return JSON.stringify(
      [one, two].map((member) => snapshotOf(member, federation)),
      plain,
    );
  };
  expect(history()).toBe(history());
});

/** The first is dialled by the second. */
function joined(differs: Parameters<Federation['add']>[2] = {}): {
  federation: Federation;
  one: Member;
  two: Member;
} {
  const federation = new Federation();
  const one = federation.add(1, [{ node: person(2).id, address: null }], differs);
  const two = federation.add(2, [{ node: person(1).id, address: addressOf(1) }]);
  federation.pass(5000);
  return { federation, one, two };
}

function snapshotOf({ bridge }: Member, { now }: Federation): ReturnType<typeof bridge.snapshot> {
  return bridge.snapshot(now);
}

function answered(output: BridgeOutput): [number, string] {
  if (output.kind !== 'answer') throw new Error(output.kind);
  return [output.ticket, output.answer.kind];
}

function plain(_: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  return typeof value === 'bigint' ? String(value) : value;
}
