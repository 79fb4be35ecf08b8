/**
 * Real bridges in virtual time: nodes that die, parts that are cut off, links that hear one way only,
 * air that loses in bursts; and what the others make of it.
 */
import { describe, expect, it } from 'vitest';
import type { BridgeSettings } from '../../../host/bridge.ts';
import type { MeshEvent, MeshEventKind } from '../../../host/events.ts';
import { TRAFFIC_LIMITS } from '../../../host/gateway/limits.ts';
import { BUDGET_DEFAULTS } from '../../../protocol/peer/budget.ts';
import { HISTORY_LIMITS } from '../../../protocol/peer/history.ts';
import type { StationConfig } from '../../../protocol/peer/settings.ts';
import { CARE_DEFAULTS, RESILIENCE_DEFAULTS } from '../../../host/resilience/settings.ts';
import { ROUTING_DEFAULTS } from '../../../host/routing/routing.ts';
import type { Conditions } from '../../../tools/simulate/conditions.ts';
import { CLEAR } from '../../../tools/simulate/conditions.ts';
import type { MeshEdge } from '../../../tools/simulate/mesh.ts';
import { simulatedCrypto } from '../../../tools/simulate/simulated-crypto.ts';
import { bridgeMesh } from '../../../tools/simulate/stations.ts';
import { fromHex } from '../../../protocol/wire/hex.ts';
import { runs, SEED } from '../../seed.ts';
import { crypto } from '../../protocol/trust/ports.ts';

const MINUTE = 60_000;
const BEAT_MS = 10_000;

describe('a mesh of bridges', () => {
  it('suspects a node whose power was cut within three heartbeats, and confirms it in a minute', () => {
    const mesh = village(ring(5), 5);
    mesh.run(2 * MINUTE);
    mesh.crash(3, Infinity);
    mesh.run(2 * MINUTE);
    for (const node of [2, 4]) {
      const [suspected] = mesh.told(node, 'NodeSuspected');
      expect(suspected.peer).toBe(3);
      expect(suspected.at - 2 * MINUTE).toBeLessThanOrEqual(3 * BEAT_MS);
      const [failed] = mesh.told(node, 'NodeConfirmedFailed');
      expect(failed.peer).toBe(3);
      expect(failed.at - 2 * MINUTE).toBeLessThanOrEqual(7 * BEAT_MS);
    }
    for (const node of [1, 5]) expect(mesh.told(node, 'NodeSuspected')).toEqual([]);
  });

  it('says nothing of nodes while all is well', () => {
    const mesh = village(ring(5), 5);
    mesh.run(5 * MINUTE);
    for (let node = 1; node <= 5; node++) {
      for (const kind of ['NodeSuspected', 'PartitionDetected', 'HealthChanged'] as const) {
        expect(mesh.told(node, kind)).toEqual([]);
      }
      expect(mesh.statistics(node)['networkHealth']).toBeGreaterThan(0.9);
    }
  });

  it('takes back a failure when the node is heard again, and takes no credit for it', () => {
    const mesh = village(ring(5), 5);
    mesh.run(2 * MINUTE);
    mesh.crash(3, Infinity);
    mesh.run(2 * MINUTE);
    expect(mesh.statistics(2)).toMatchObject({ confirmedFailures: 1, activeRecoveries: 1 });
    mesh.restart(3);
    mesh.run(MINUTE);
    for (const node of [2, 4]) {
      expect(mesh.told(node, 'NodeRecovered')).toMatchObject([{ peer: 3 }]);
      expect(mesh.told(node, 'RecoveryEnded')).toMatchObject([{ peer: 3, outcome: 'returned' }]);
      expect(mesh.statistics(node)).toMatchObject({
        suspectedFailures: 0,
        confirmedFailures: 0,
        activeRecoveries: 0,
        recoveriesSucceeded: 0,
      });
    }
  });

  it('tries five times to have a node back, in two ways with no gateway, and no more', () => {
    const mesh = village(ring(5), 5);
    mesh.run(2 * MINUTE);
    mesh.crash(3, Infinity);
    mesh.run(7 * MINUTE);
    const ways = mesh.events(2, 'RecoveryTried').map(({ way, attempt }) => `${attempt} ${way}`);
    expect(ways).toEqual(['1 reconnect', '2 route', '3 reconnect', '4 route', '5 reconnect']);
    expect(mesh.told(2, 'RecoveryEnded')).toMatchObject([{ outcome: 'given-up' }]);
    expect(mesh.statistics(2)).toMatchObject({ activeRecoveries: 0, recoveryAttempts: 5 });
  });

  it('asks for a node by another route than the one that is known, and then by all', () => {
    const mesh = village(ring(5), 5);
    mesh.run(2 * MINUTE);
    const waysOf = (attempts?: number): number[] => {
      const before = mesh.sent(1);
      mesh.ping(1, 3, attempts);
      return [...mesh.sent(1)].flatMap(([to, count]) =>
        count > (before.get(to) ?? 0) ? [to] : [],
      );
    };
    expect(waysOf()).toEqual([2]);
    expect(waysOf(1)).toEqual([5]);
    expect(waysOf(2)).toEqual([2, 5]);
    mesh.run(1000);
    expect(mesh.pongs(1)).toHaveLength(3);
  });

  it('suspects a node that is heard one way only, and does not take it for failed', () => {
    const mesh = village([...ring(4), { a: 1, b: 3 }], 4);
    mesh.run(2 * MINUTE);
    // 1 does not hear 3 any more; 3 hears 1, and both hear 2 and 4.
    mesh.condition(3, 1, { ...CLEAR, lossPerMille: 1000 }, false);
    mesh.run(10 * MINUTE);
    const kinds = mesh.told(1, 'NodeSuspected');
    expect(kinds.map(({ peer }) => peer)).toContain(3);
    expect(mesh.told(1, 'NodeRecovered')[0]).toMatchObject({ peer: 3 });
    for (let node = 1; node <= 4; node++) {
      expect(mesh.told(node, 'NodeConfirmedFailed')).toEqual([]);
    }
    expect(mesh.statistics(1)['suspectedFailures']).toBe(0);
  });

  it('tells a split from failures, and accounts for what it brought when it heals', () => {
    const mesh = village([...line(3), { a: 3, b: 4 }, ...line(3, 4)], 6);
    mesh.run(3 * MINUTE);
    mesh.cut(3, 4, 1000);
    mesh.run(10_000);
    for (let n = 0; n < 10; n++) {
      mesh.say(1, `west ${n}`);
      mesh.say(6, `east ${n}`);
      mesh.say(5, `far east ${n}`);
      mesh.run(10_000);
    }
    mesh.run(2 * MINUTE);
    for (const [node, other] of [
      [1, [4, 5, 6]],
      [6, [1, 2, 3]],
    ] as const) {
      const [split] = mesh.events(node, 'PartitionDetected');
      expect(split.lost.map(mesh.numberOf).sort()).toEqual([...other]);
      expect(mesh.statistics(node)['activePartitions']).toBe(1);
    }
    mesh.join({ a: 3, b: 4 });
    const healedAt = mesh.unix();
    mesh.run(6 * MINUTE);
    // Who stands where they meet gives the others what they lack; who lives behind gives nothing.
    for (const [node, ours, theirs, given, compared] of [
      [1, 10, 20, 0, 'with-neighbours'],
      [3, 10, 20, 10, 'with-them'],
      [4, 20, 10, 20, 'with-them'],
      [6, 20, 10, 0, 'with-neighbours'],
    ] as const) {
      const [{ accounting }] = mesh.events(node, 'PartitionHealed');
      const known = { missing: 0, compared, stillLost: 0 };
      const reconciled = theirs + given;
      expect(accounting).toMatchObject({ ours, theirs, given, reconciled, ...known });
      expect(accounting.healedAt - healedAt).toBeLessThan(MINUTE);
      expect(mesh.statistics(node)).toMatchObject({
        ...{ activePartitions: 0, partitionsHealed: 1, messagesReconciled: reconciled },
        ...{ messagesLost: 0, mergesUnsure: 0 },
      });
    }
  });

  it('knows by name what is lost when all who have it die before they gave it', () => {
    const mesh = split();
    for (let n = 0; n < 300; n++) mesh.say(6, `east ${n}`);
    mesh.run(3 * MINUTE);
    mesh.join({ a: 3, b: 4 });
    // Until there is word of what they have, and not of all of it that it came.
    const came = (): number => mesh.heard(3).filter((text) => text.startsWith('east')).length;
    while (came() === 0) mesh.run(100);
    for (const node of [4, 5, 6]) mesh.crash(node, 1000);
    mesh.run(6 * MINUTE);
    const [{ accounting }] = mesh.events(3, 'PartitionHealed');
    expect(accounting).toMatchObject({ theirs: came(), compared: 'not' });
    expect(came()).toBeLessThan(300);
    expect(accounting.missing).toBeGreaterThan(0);
    expect(came() + accounting.missing!).toBeLessThanOrEqual(300);
    // Behind it nobody knows what they had.
    expect(mesh.events(1, 'PartitionHealed')[0].accounting).toMatchObject({ missing: null });
    expect(mesh.statistics(1)).toMatchObject({ messagesLost: 0, mergesUnsure: 1 });
  });

  it('does not say that nothing is lost where the others had no room to keep it', () => {
    const mesh = split({ history: { ...HISTORY_LIMITS, messages: 5 } });
    for (let n = 0; n < 20; n++) {
      mesh.say(6, `east ${n}`);
      mesh.run(10_000);
    }
    mesh.run(MINUTE);
    mesh.join({ a: 3, b: 4 });
    mesh.run(6 * MINUTE);
    expect(mesh.heard(3).length).toBeLessThan(20);
    const [{ accounting }] = mesh.events(3, 'PartitionHealed');
    expect(accounting).toMatchObject({ missing: null, compared: 'not', stillLost: 0 });
    const behind = mesh.events(1, 'PartitionHealed')[0].accounting;
    expect(behind).toMatchObject({ missing: 0, compared: 'with-neighbours' });
  });

  it('does not know what is lost where histories are not compared', () => {
    const mesh = split({ reconcile: null });
    mesh.say(6, 'east');
    mesh.run(3 * MINUTE);
    mesh.join({ a: 3, b: 4 });
    mesh.run(6 * MINUTE);
    const [{ accounting }] = mesh.events(1, 'PartitionHealed');
    expect(accounting).toMatchObject({ theirs: 1, reconciled: 1, missing: null });
  });

  it('tells why somebody is gone: turned away, cut off, or silent', () => {
    const mesh = village(line(4), 4);
    mesh.run(2 * MINUTE);
    mesh.deny(1, 2);
    mesh.run(1000);
    const reasons = (node: number) =>
      mesh.events(node, 'PeerLeft').map(({ peer, reason }) => `${mesh.numberOf(peer)} ${reason}`);
    expect(reasons(1)).toEqual(['2 security']);
    mesh.cut(3, 4, 1000);
    // What is silent is let go, and not lost.
    mesh.condition(2, 3, { ...CLEAR, lossPerMille: 1000 }, false);
    mesh.run(70_000);
    expect(reasons(3).sort()).toEqual(['1 timeout', '2 timeout', '4 network']);
    expect(reasons(1).filter((reason) => reason.startsWith('2'))).toEqual(['2 security']);
  });

  it('warns of its health when half of its neighbours are gone, and says when all is well', () => {
    const mesh = village(star(4), 5);
    mesh.run(2 * MINUTE);
    for (const node of [2, 3]) mesh.crash(node, Infinity);
    mesh.run(3 * MINUTE);
    const changes = () =>
      mesh
        .events(1, 'HealthChanged')
        .filter(({ category }) => category === 'connectivity')
        .map(({ level }) => level);
    expect(changes()).toEqual(['warning']);
    for (const node of [2, 3]) mesh.restart(node);
    mesh.run(3 * MINUTE);
    expect(changes()).toEqual(['warning', 'good']);
  });

  it('changes its heartbeat while it runs, and suspects sooner from then on', () => {
    const mesh = village(ring(4), 4);
    mesh.run(MINUTE);
    for (let node = 1; node <= 4; node++) {
      mesh.tune(node, { heartbeatMs: 2000, confirmMs: 10_000 });
    }
    mesh.run(2 * MINUTE);
    mesh.crash(2, Infinity);
    mesh.run(30_000);
    const [suspected] = mesh.told(1, 'NodeSuspected');
    expect(suspected.at - 3 * MINUTE).toBeLessThanOrEqual(6000);
    expect(mesh.told(1, 'NodeConfirmedFailed')).toHaveLength(1);
  });

  it('beats as the owner has it now, which outweighs what he tuned before', () => {
    const mesh = village(ring(4), 4);
    mesh.run(MINUTE);
    mesh.tune(1, { heartbeatMs: 3000 });
    mesh.run(100);
    const level = 'moderate';
    const others = { routing: ROUTING_DEFAULTS, limits: TRAFFIC_LIMITS, administrators: [] };
    const settings = { level, budget: BUDGET_DEFAULTS, ...others } as const;
    const usual = mesh.settings(1);
    mesh.setUp(1, { ...settings, resilience: RESILIENCE_DEFAULTS });
    mesh.run(100);
    expect(mesh.settings(1), 'nothing was changed').toEqual(usual);
    expect(usual.pace.intervalMs).toBe(3000);
    const pace = { intervalMs: 5000, missedMax: 4 };
    const resilience = { pace, phi: 6, confirmMs: 20_000, care: CARE_DEFAULTS };
    mesh.setUp(1, { ...settings, resilience });
    mesh.run(100);
    expect(mesh.settings(1)).toEqual(resilience);
  });

  it('looks after the others as the owner has it, whatever he tuned', () => {
    const mesh = village(ring(4), 4);
    mesh.run(MINUTE);
    mesh.tune(1, { phi: 7 });
    const others = { routing: ROUTING_DEFAULTS, limits: TRAFFIC_LIMITS, administrators: [] };
    const settings = { level: 'moderate', budget: BUDGET_DEFAULTS, ...others } as const;
    const care = { ...CARE_DEFAULTS, retryMs: 10_000, attemptsMax: 2 };
    mesh.setUp(1, { ...settings, resilience: { ...RESILIENCE_DEFAULTS, care } });
    mesh.crash(2, Infinity);
    mesh.run(3 * MINUTE);
    expect(mesh.settings(1)).toEqual({ ...RESILIENCE_DEFAULTS, phi: 7, care });
    const [first, second, ...more] = mesh.told(1, 'RecoveryTried');
    expect([second.at - first.at, more.length]).toEqual([10_000, 0]);
    const [ended] = mesh.told(1, 'RecoveryEnded');
    expect(ended.at - second.at).toBe(10_000);
  });

  it('takes nobody for failed who is alive, in air that loses a fifth of all writes in bursts', () => {
    const quiet = runs(10, 600);
    const bursts = { enterPerMille: 83, leavePerMille: 333, lossPerMille: 1000 };
    const mesh = village(ring(6).concat({ a: 1, b: 4 }), 6, { ...CLEAR, bursts });
    mesh.run(quiet * MINUTE);
    for (let node = 1; node <= 6; node++) {
      expect(mesh.told(node, 'NodeConfirmedFailed')).toEqual([]);
    }
    mesh.crash(4, Infinity);
    mesh.run(3 * MINUTE);
    for (const node of [1, 3, 5]) {
      const suspected = mesh
        .told(node, 'NodeSuspected')
        .filter(({ peer, at }) => peer === 4 && at > quiet * MINUTE);
      expect(suspected[0].at - quiet * MINUTE).toBeLessThanOrEqual(8 * BEAT_MS);
    }
  });
});

type Told = { at: number; peer: number };

/** Three and three, cut apart between 3 and 4, and all of them know it soon. */
function split(station?: Partial<StationConfig>): ReturnType<typeof village> {
  const mesh = village([...line(3), { a: 3, b: 4 }, ...line(3, 4)], 6, CLEAR, station);
  mesh.run(3 * MINUTE);
  mesh.cut(3, 4, 1000);
  mesh.run(10_000);
  return mesh;
}

function village(
  edges: MeshEdge[],
  nodes: number,
  conditions: Conditions = CLEAR,
  station: Partial<StationConfig> = {},
) {
  const tape: { node: number; at: number; event: MeshEvent }[] = [];
  const answers: number[] = [];
  const words: { node: number; text: string }[] = [];
  const options = {
    crypto: simulatedCrypto(crypto),
    seed: SEED,
    nodes,
    edges,
    conditions,
    station,
  };
  const { mesh, roster } = bridgeMesh(
    { ...options, epochMs: EPOCH },
    {
      stepped: (node, _input, outputs, at) => {
        for (const output of outputs) {
          if (output.kind !== 'told' || !('of' in output)) continue;
          const { of, event } = output;
          if (of === 'mesh') tape.push({ node, at, event });
          if (of === 'station' && event.kind === 'pong') answers.push(node);
          if (of === 'station' && event.kind === 'message') words.push({ node, text: event.text });
        }
      },
    },
  );
  let now = 0;
  let tickets = 0;
  const ask = (node: number, wish: object): void =>
    mesh.tell(node, { kind: 'ask', ticket: tickets++, wish } as never);
  const events = <K extends MeshEventKind>(node: number, kind: K) =>
    tape.flatMap(({ node: who, event }) =>
      who === node && event.kind === kind ? [event as Extract<MeshEvent, { kind: K }>] : [],
    );
  return {
    run: (ms: number) => mesh.runUntil((now += ms)),
    crash: (node: number, noticeMs?: number) => mesh.crash(node, noticeMs),
    restart: (node: number) => mesh.restart(node),
    cut: (a: number, b: number, noticeMs?: number) => mesh.cut(a, b, noticeMs),
    join: (edge: MeshEdge) => mesh.join(edge),
    condition: (from: number, to: number, wanted: Conditions, both: boolean) =>
      mesh.condition(from, to, wanted, both),
    say: (node: number, text: string) => ask(node, { kind: 'say', text }),
    deny: (node: number, peer: number) => ask(node, { kind: 'deny', peer: roster.of(peer).id }),
    tune: (node: number, tuning: object) => ask(node, { kind: 'tune', tuning }),
    setUp: (node: number, settings: BridgeSettings) =>
      mesh.tell(node, { kind: 'set-up', settings } as never),
    /** Without a moment's wait, so that nothing else is written. */
    ping: (node: number, to: number, attempts?: number) => {
      const id = roster.of(to).id;
      mesh.tell(node, { kind: 'ping', id, ...(attempts !== undefined && { attempts }) } as never);
      mesh.runUntil(now);
    },
    /** Packets that it sent, by neighbour. */
    sent: (node: number): Map<number, number> => {
      const { links } = mesh.node(node)!.bridge.snapshot(now).station;
      return new Map(
        links
          .map(({ peer, sent }) => [roster.numberOf(fromHex(peer ?? '')!), sent] as const)
          .sort(),
      );
    },
    pongs: (node: number) => answers.filter((who) => who === node),
    settings: (node: number) => mesh.node(node)!.bridge.snapshot(now).resilience!.settings,
    unix: () => EPOCH + now,
    numberOf: (id: Uint8Array) => roster.numberOf(id),
    events,
    /** Words of others. */
    heard: (node: number) => words.flatMap(({ node: who, text }) => (who === node ? [text] : [])),
    told: (node: number, kind: MeshEventKind): Told[] =>
      tape.flatMap(({ node: who, at, event }) => {
        if (who !== node || event.kind !== kind) return [];
        const peer = 'peer' in event && event.peer !== null ? roster.numberOf(event.peer) : 0;
        return [{ at, peer, ...('outcome' in event && { outcome: event.outcome }) }];
      }),
    statistics: (node: number) => {
      const { components } = mesh.node(node)!.bridge.snapshot(now);
      return components.find(({ name }) => name === 'resilience')!.statistics;
    },
  };
}

const EPOCH = 1_800_000_000_000;

function line(nodes: number, from = 1): MeshEdge[] {
  return Array.from({ length: nodes - 1 }, (_, at) => ({ a: from + at, b: from + at + 1 }));
}

function ring(nodes: number): MeshEdge[] {
  return [...line(nodes), { a: 1, b: nodes }];
}

function star(arms: number): MeshEdge[] {
  return Array.from({ length: arms }, (_, at) => ({ a: 1, b: at + 2 }));
}
