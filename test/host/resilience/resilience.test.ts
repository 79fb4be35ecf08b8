/**
 * What resilience orders for those that are lost, with the rest of the bridge made up.
 */
import { expect, it } from 'vitest';
import type { ComponentOutput, StationOrder } from '../../../host/component.ts';
import type { MeshEvent } from '../../../host/events.ts';
import { resilienceOf } from '../../../host/resilience/resilience.ts';
import { RESILIENCE_DEFAULTS } from '../../../host/resilience/settings.ts';
import { TICK } from '../../../protocol/core/machine.ts';
import type { StationEvent } from '../../../protocol/peer/contract.ts';
import { fromHex, toHex } from '../../../protocol/wire/hex.ts';
import type { LinkSnapshot, Snapshot } from '../../../protocol/peer/snapshot.ts';
import { componentPorts } from '../registry/ports.ts';

const [ADA, BEN] = ['a'.repeat(16), 'b'.repeat(16)];
const [GATE, PLAIN, FAR] = ['1'.repeat(16), '2'.repeat(16), '3'.repeat(16)];

it('dials, asks by another route, and asks the bridge nodes for those that a partition took', () => {
  const { orders, until } = lost();
  const [ada, ben] = [fromHex(ADA)!, fromHex(BEN)!];
  expect(orders()).toEqual([
    { kind: 'redial', id: ada },
    { kind: 'redial', id: ben },
  ]);
  until(60_000);
  expect(orders()).toEqual([
    { kind: 'ping', id: ada, attempts: 1 },
    { kind: 'ping', id: ben, attempts: 1 },
  ]);
  until(120_000);
  // Over the line first; the neighbour without lines is no way out.
  expect(orders()).toEqual(
    [ada, ben].flatMap((id) => [9, 1].map((link) => ({ kind: 'ping', id, link }))),
  );
  until(240_000);
  expect(orders().at(-1)).toEqual({ kind: 'ping', id: ben, attempts: 2 });
});

it('has recovered whom its ping found, and not who came back by himself', () => {
  const { ended, hear, until } = lost();
  until(60_000);
  const pong = { kind: 'pong', hops: 3 } as const;
  hear({ ...pong, id: fromHex(ADA)!, roundTripMs: 700 }, 60_700);
  hear({ ...pong, id: fromHex(BEN)!, roundTripMs: 300 }, 60_700);
  expect(ended()).toEqual(['recovered after 2', 'returned after 2']);
});

it('has recovered whom it dialled, and not who dialled here', () => {
  const { ended, hear } = lost();
  const settled = { kind: 'link-settled', medium: 'node', mode: 'full', name: '' } as const;
  hear({ ...settled, link: 4, id: fromHex(ADA)! }, 500);
  hear({ ...settled, link: 0, id: fromHex(BEN)! }, 500);
  expect(ended()).toEqual(['recovered after 1', 'returned after 1']);
});

it('knows the latency of a line by its heartbeats, as long as it is there', () => {
  const line = {
    link: 9,
    peer: GATE,
    medium: 'line',
    mode: 'full',
    silentMs: 0,
    roundTripMs: null,
  };
  const links = [line as unknown as LinkSnapshot];
  const component = resilienceOf(() => RESILIENCE_DEFAULTS, {
    stock: () => ({ lacking: 0, given: 0, isCompared: false }),
    gateways: () => [],
  }).make(componentPorts({ links }), 0);
  const latency = (at: number): string => {
    component.step(TICK, at);
    return component.view(at).health.find(({ category }) => category === 'latency')!.why;
  };
  component.step({ kind: 'start' }, 0);
  expect(latency(5000)).toBe('nothing is known of it yet');
  const id = fromHex(GATE)!;
  component.step({ kind: 'beat', link: 9, id, roundTripMs: 640, missed: 0 }, 6000);
  component.step({ kind: 'beat', link: 9, id, roundTripMs: null, missed: 0 }, 7000);
  expect(latency(10_000)).toBe('round trips take 640 ms');
  component.step(
    { kind: 'heard', event: { kind: 'link-closed', link: 9 } as StationEvent },
    11_000,
  );
  links.length = 0;
  expect(latency(15_000)).toBe('nothing is known of it yet');
});

it('asks about one more, whatever became of the pings that asked about others', () => {
  const links = [7, 8, 9].map((link) => ({ link, peer: `${link}`.repeat(16), mode: 'full' }));
  const still = { silentMs: 0, roundTripMs: null };
  const ports = componentPorts({
    links: links.map((link) => ({ ...still, ...link }) as unknown as LinkSnapshot),
  });
  const stock = { lacking: 0, given: 0, isCompared: false };
  const component = resilienceOf(() => RESILIENCE_DEFAULTS, {
    stock: () => stock,
    gateways: () => [],
  }).make(ports, 0);
  const asked: string[] = [];
  const take = (outputs: ComponentOutput[]): void => {
    for (const output of outputs) {
      if (output.kind === 'order' && output.order.kind === 'ping') {
        asked.push(toHex(output.order.id));
      }
    }
  };
  const lose = (link: number, id: string, at: number): void => {
    const beat = { link, id: fromHex(id)!, roundTripMs: null, missed: 0 } as const;
    take(component.step({ kind: 'beat', ...beat }, at));
    take(component.step({ kind: 'heard', event: { kind: 'link-closed', link } }, at + 1));
  };
  // Nobody says what became of these pings: the station had too many under way, and refused them.
  for (const [at, id] of ['a', 'b', 'c', 'd'].entries()) lose(at, id.repeat(16), 10);
  expect(asked).toHaveLength(12);
  for (const [at, id] of ['a', 'b', 'c', 'd'].entries()) {
    const beat = { link: at, id: fromHex(id.repeat(16))!, roundTripMs: null, missed: 0 };
    take(component.step({ kind: 'beat', ...beat }, 20));
  }
  lose(5, 'e'.repeat(16), 20_000);
  expect(asked.slice(12)).toEqual(['e', 'e', 'e'].map((id) => id.repeat(16)));
});

/** Two that were neighbours are taken by a partition; times count from the first attempt. */
function lost() {
  const links = [
    { link: 0, way: 'in', medium: 'node', peer: BEN },
    { link: 1, way: 'out', medium: 'node', peer: GATE },
    { link: 2, way: 'out', medium: 'node', peer: PLAIN },
    { link: 4, way: 'out', medium: 'node', peer: ADA },
    { link: 9, way: 'line', medium: 'line', peer: FAR },
  ];
  const still = { silentMs: 0, roundTripMs: null, mode: 'full' };
  const ports = componentPorts({
    // Whoever left is about no more when it is told, and we may have looked around between.
    peers: [],
    links: links.map((link) => ({ ...still, ...link }) as unknown as LinkSnapshot),
  } satisfies Partial<Snapshot>);
  const stock = { lacking: 0, given: 0, isCompared: false };
  const around = { stock: () => stock, gateways: () => [GATE] };
  const component = resilienceOf(() => RESILIENCE_DEFAULTS, around).make(ports, 0);
  const orders: StationOrder[] = [];
  const ended: string[] = [];
  let start = 0;
  const take = (outputs: ComponentOutput[]): void => {
    for (const output of outputs) {
      if (output.kind === 'order') orders.push(output.order);
      if (output.kind === 'event') note(output.event);
    }
  };
  const note = (event: MeshEvent): void => {
    if (event.kind === 'RecoveryEnded') ended.push(`${event.outcome} after ${event.attempts}`);
  };
  const until = (at: number): void => {
    while (component.deadline() <= start + at) {
      take(component.step(TICK, component.deadline()));
    }
  };
  const hear = (event: StationEvent, at: number): void =>
    take(component.step({ kind: 'heard', event }, start + at));
  until(10_000);
  const [ada, ben] = [fromHex(ADA)!, fromHex(BEN)!];
  for (const [id, neighbours] of [
    [ada, ben],
    [ben, ada],
  ]) {
    const left = { kind: 'peer-left', id, name: '', reason: 'timeout' } as const;
    hear({ ...left, heardAt: 0, neighbours }, 10_000);
  }
  // They are told of together, and dialled at once.
  for (let looks = 0; orders.length === 0; looks++) {
    expect(looks, 'times it looked around').toBeLessThan(20);
    start = component.deadline();
    until(0);
  }
  return { hear, until, ended: () => ended, orders: () => orders.splice(0) };
}
