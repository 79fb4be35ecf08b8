/**
 * One gateway, fed by hand: the promises of WIRE §28, one after the other.
 */
import { describe, expect, it } from 'vitest';
import type { Advert } from '../../../host/gateway/advert.ts';
import { decodeAdvert, encodeAdvert } from '../../../host/gateway/advert.ts';
import type { GatewayInput, GatewayOutput } from '../../../host/gateway/contract.ts';
import type { GatewayConfig } from '../../../host/gateway/gateway.ts';
import { Gateway, GATEWAY_DEFAULTS, OVERHEAR_MS } from '../../../host/gateway/gateway.ts';
import { ADVERT_EVERY_MS } from '../../../host/gateway/gateways.ts';
import { INJECTION_MAX } from '../../../host/gateway/injection.ts';
import { before, turnKey } from '../../../host/gateway/rank.ts';
import { FLOOD_AGE_MS } from '../../../host/gateway/recent.ts';
import { LISTEN_MS, WAIT_MS } from '../../../host/gateway/turns.ts';
import { ANNOUNCE, ENCRYPTED, GATEWAY, MESSAGE, TTL_AT } from '../../../protocol/core/packet.ts';
import { BACKGROUND, CRITICAL, HIGH, NORMAL } from '../../../protocol/core/queue.ts';
import { composePacket, openPacket } from '../../../protocol/wire/packet.ts';
import { MemoryArchive } from '../../../tools/simulate/archive.ts';
import { announceOf, person } from '../../protocol/trust/people.ts';
import { crypto } from '../../protocol/trust/ports.ts';
import { filled } from '../../protocol/wire/given.ts';

const EPOCH = 1_800_000_000_000;
const [SELF, RIVAL, FAR] = [person(1).id, person(2).id, person(3).id];

describe('what a line brings', () => {
  it('is injected at once where no other gateway is', () => {
    const gate = gateOf();
    gate.lineUp(FAR);
    gate.pass(2000);
    expect(gate.bring(packet(1))).toEqual(['inject']);
  });

  it('is left alone where nobody is near', () => {
    const gate = gateOf();
    gate.lineUp(FAR);
    gate.lacking = 0;
    expect(gate.bring(packet(1))).toEqual([]);
    expect(gate.machine.snapshot(gate.now).waiting).toBe(0);
  });

  it('is injected by the first by rank, and 2 s later by the next, if it overhears nothing', () => {
    const gate = gateWithRival();
    const [first, second] = [packetOfRank(0), packetOfRank(1)];
    gate.bring(first);
    gate.bring(second);
    gate.pass(LISTEN_MS);
    expect(gate.injected).toEqual([first]);
    gate.pass(WAIT_MS - 1);
    expect(gate.injected).toHaveLength(1);
    gate.pass(1);
    expect(gate.injected).toEqual([first, second]);
  });

  it('stays with the other gateway that was overheard', () => {
    const gate = gateWithRival();
    gate.bring(packetOfRank(1));
    gate.lacking = 0;
    gate.pass(10_000);
    expect(gate.injected).toEqual([]);
    expect(gate.machine.snapshot(gate.now)).toMatchObject({ overheard: 1, waiting: 0 });
  });
});

describe('turns', () => {
  it('come sooner once the rival has lost its lines', () => {
    const gate = gateWithRival();
    gate.bring(packetOfRank(1));
    gate.pass(1000);
    gate.advertOf(RIVAL, [], false);
    gate.pass(600);
    expect(gate.injected).toHaveLength(1);
  });

  it('wait for a rival whose budget is spent as long as it says', () => {
    const gate = gateWithRival();
    gate.advertOf(RIVAL, [FAR], false, 10);
    gate.pass(5000);
    gate.bring(packetOfRank(1));
    gate.pass(LISTEN_MS + WAIT_MS + 9000);
    expect(gate.injected).toEqual([]);
    gate.pass(1000);
    expect(gate.injected).toHaveLength(1);
  });

  it('come last with a packet that the rival might not overhear', () => {
    const gate = gateWithRival();
    const bytes = packetOfRank(0);
    bytes[TTL_AT] = 0;
    gate.bring(bytes);
    gate.pass(LISTEN_MS + 2 * WAIT_MS - 1);
    expect(gate.injected).toEqual([]);
    gate.pass(1);
    expect(gate.injected).toHaveLength(1);
  });

  it('come for a conversation in its order, even if a copy of it must wait for others', () => {
    const gate = gateWithRival();
    const letters = [letter(1), letter(2)];
    letters[0][TTL_AT] = 0;
    for (const bytes of letters) gate.bring(bytes);
    gate.pass(20_000);
    expect(gate.injected).toEqual(letters);
  });

  it('are taken with a gateway that is heard over a line first, and then on the air', () => {
    const gate = gateOf();
    gate.lineUp(FAR);
    gate.advertOf(RIVAL, [FAR], true);
    const heard = (): boolean => gate.machine.snapshot(gate.now).gateways[0].isHere;
    gate.bring(advertFrame(RIVAL));
    gate.pass(OVERHEAR_MS);
    expect(heard(), 'not on the air').toBe(false);
    gate.bring(advertFrame(RIVAL));
    gate.lacking = 0;
    gate.pass(OVERHEAR_MS);
    expect(heard()).toBe(true);
  });
});

describe('the budget', () => {
  it('lets the most urgent go first, and counts what got too old', () => {
    const gate = gateOf({ budget: { bytesPerSecond: 10, burstBytes: 40 } });
    gate.lineUp(FAR);
    gate.pass(2000);
    const bytes = Array.from({ length: 6 }, (_, number) => packet(number));
    gate.bring(bytes[0]);
    gate.bring(bytes[1], 10, NORMAL);
    gate.bring(bytes[2], 10, BACKGROUND);
    gate.bring(bytes[3], 10, HIGH);
    gate.bring(bytes[4], 10, CRITICAL);
    gate.bring(bytes[5], 10, HIGH);
    gate.pass(90_000);
    const order = gate.injected.map((one) => bytes.indexOf(one));
    expect(order).toEqual([0, 4, 3, 5, 1, 2].slice(0, order.length));
    expect(order.length).toBeGreaterThan(4);
    gate.bring(packet(7), 10, BACKGROUND);
    gate.bring(packet(8), 10, BACKGROUND);
    for (let i = 0; i < 20; i++) gate.bring(packet(20 + i), 10, HIGH);
    gate.pass(120_000);
    const { drops, waiting } = gate.machine.snapshot(gate.now);
    expect(drops.stale).toBeGreaterThan(2);
    expect(waiting).toBe(0);
  });

  it('is another from now on when the owner says so, and what waits goes by it', () => {
    const gate = gateOf({ budget: { bytesPerSecond: 1, burstBytes: 1 } });
    gate.lineUp(FAR);
    gate.pass(2000);
    for (let number = 0; number < 4; number++) gate.bring(packet(number));
    gate.pass(10_000);
    const before = gate.injected.length;
    expect(before).toBeLessThan(4);
    gate.feed({ kind: 'budget', limits: { bytesPerSecond: 10_000, burstBytes: 10_000 } });
    gate.pass(100);
    expect(gate.injected).toHaveLength(4);
    expect(gate.machine.snapshot(gate.now).bytesPerSecond).toBe(10_000);
  });

  it('passes over nobody for ever', () => {
    const gate = gateOf({ budget: { bytesPerSecond: 100, burstBytes: 100 } });
    gate.lineUp(FAR);
    gate.pass(2000);
    const patient = packet(1);
    gate.bring(packet(0));
    gate.bring(patient, 10, BACKGROUND);
    for (let number = 2; number < 60; number++) gate.bring(packet(number), 10, CRITICAL);
    gate.pass(10_000);
    expect(gate.injected).toContain(patient);
    expect(gate.injected.length).toBeLessThan(55);
  });

  it('keeps the words of a conversation in their order, whatever their class', () => {
    const gate = gateOf({ budget: { bytesPerSecond: 100, burstBytes: 100 } });
    gate.lineUp(FAR);
    gate.pass(2000);
    const letters = Array.from({ length: 8 }, (_, number) => letter(number));
    gate.bring(packet(0));
    letters.forEach((bytes, at) => gate.bring(bytes, 10, [BACKGROUND, HIGH, CRITICAL][at % 3]));
    gate.pass(60_000);
    expect(gate.injected.slice(1)).toEqual(letters);
  });

  it('keeps no more than so many, and counts those that had no room', () => {
    const gate = gateOf({ budget: { bytesPerSecond: 1, burstBytes: 1 } });
    gate.lineUp(FAR);
    gate.pass(2000);
    for (let number = 0; number < INJECTION_MAX + 11; number++) gate.bring(packet(number));
    const { drops, waiting } = gate.machine.snapshot(gate.now);
    expect(waiting).toBe(INJECTION_MAX);
    expect(drops['queue-full']).toBe(10);
  });

  it('is left as it was by a restart', () => {
    const gate = gateOf();
    gate.lineUp(FAR);
    gate.pass(2000);
    for (let number = 0; number < 100; number++) gate.bring(packet(number, 400));
    gate.feed({ kind: 'leave' });
    expect(gate.archive.ledger.budget('radio')!.level).toBeLessThan(500);
    const again = new Gate({}, gate.archive);
    expect(again.machine.snapshot(0).levelBytes).toBeLessThan(500);
  });

  it('has earned what it would have earned without the restart', () => {
    const archive = new MemoryArchive();
    archive.commit([{ kind: 'budget', budget: { link: 'radio', level: 100, at: EPOCH - 4000 } }]);
    expect(new Gate({}, archive).machine.snapshot(0).levelBytes).toBe(8100);
  });

  it('lets words go ahead of announces', () => {
    const gate = gateOf({ budget: { bytesPerSecond: 100, burstBytes: 40 } });
    gate.lineUp(FAR);
    gate.pass(2000);
    const announce = announceOf(person(9), { timestamp: EPOCH });
    gate.bring(packet(1));
    gate.bring(announce);
    gate.bring(packet(2));
    gate.pass(20_000);
    expect(gate.injected.map((bytes) => bytes[1])).toEqual([MESSAGE, MESSAGE, ANNOUNCE]);
  });

  it('pays for history as well', () => {
    const gate = gateOf();
    gate.feed({ kind: 'spent', bytes: 10_000 });
    expect(gate.machine.snapshot(gate.now).levelBytes).toBe(6000);
  });

  it('is told of to rivals once it is spent', () => {
    const gate = gateWithRival();
    for (let number = 0; number < 200; number++) gate.bring(packet(number, 400));
    gate.pass(5000);
    expect(gate.adverts().at(-1)!.busySeconds).toBeGreaterThan(0);
    gate.pass(60_000);
    expect(gate.adverts().at(-1)!.busySeconds).toBe(0);
  });
});

describe('a line that comes up', () => {
  it('is handed what was said lately, in order, but for what came from it and for announces', () => {
    const gate = gateOf();
    const [line, other] = [gate.lineUp(FAR), gate.lineUp(person(4).id)];
    gate.bring(packet(1), line);
    gate.hear(packet(2));
    gate.hear(announceOf(person(9), { timestamp: EPOCH }));
    gate.bring(packet(3), other);
    gate.feed({ kind: 'lineDown', link: line });
    gate.hear(packet(4));
    const again = gate.lineUp(FAR);
    expect(gate.handed(again)).toEqual([packet(2), packet(3), packet(4)]);
    expect(gate.machine.snapshot(gate.now).handed).toBe(3);
  });

  it('is handed nothing that is older than 100 s, as its sender said', () => {
    const gate = gateOf();
    const line = gate.lineUp(FAR);
    gate.feed({ kind: 'lineDown', link: line });
    gate.hear(packet(0));
    gate.hear(packet(gate.now));
    gate.pass(FLOOD_AGE_MS - 5000);
    expect(gate.handed(gate.lineUp(FAR))).toHaveLength(1);
  });
});

describe('adverts', () => {
  it('are said soon after a change, then every half minute, and once more without lines', () => {
    const gate = gateOf();
    gate.pass(60_000);
    expect(gate.adverts(), 'of no gateway').toEqual([]);
    const line = gate.lineUp(FAR);
    gate.pass(1000);
    expect(gate.adverts()).toEqual([{ lines: [FAR], lineCount: 1, busySeconds: 0 }]);
    gate.pass(ADVERT_EVERY_MS * 2);
    expect(gate.adverts()).toHaveLength(3);
    gate.feed({ kind: 'lineDown', link: line });
    gate.pass(ADVERT_EVERY_MS * 3);
    expect(gate.adverts().slice(3)).toEqual([{ lines: [], lineCount: 0, busySeconds: 0 }]);
  });

  it('are said to whoever is new here, and no oftener than every two seconds', () => {
    const gate = gateOf();
    gate.lineUp(FAR);
    gate.pass(10_000);
    const before = gate.adverts().length;
    for (let i = 0; i < 20; i++) {
      gate.advertOf(person(20 + i).id, [FAR], false);
      gate.pass(100);
    }
    gate.pass(2000);
    expect(gate.adverts().length - before).toBeGreaterThanOrEqual(1);
    expect(gate.adverts().length - before).toBeLessThanOrEqual(3);
  });

  it('are neither injected nor handed on', () => {
    const gate = gateOf();
    const line = gate.lineUp(FAR);
    gate.pass(5000);
    gate.bring(advertFrame(RIVAL), line);
    gate.pass(10_000);
    expect(gate.injected).toEqual([]);
    expect(gate.handed(gate.lineUp(person(4).id))).toEqual([]);
  });

  it('that are none change nothing', () => {
    const gate = gateOf();
    const draft = { type: GATEWAY, ttl: 5, timestamp: EPOCH, sender: RIVAL, payload: filled(9, 1) };
    const opened = openPacket(composePacket(draft));
    if (opened.ok) gate.feed({ kind: 'advert', packet: opened.packet, isFromLine: false });
    expect(gate.machine.snapshot(gate.now).gateways).toEqual([]);
  });
});

describe('what is told', () => {
  it('is who is a gateway, and who is not any more', () => {
    const gate = gateWithRival();
    gate.pass(200_000);
    const told = gate.out.flatMap((output) => (output.kind === 'told' ? [output.event] : []));
    expect(told).toMatchObject([
      { kind: 'gateway-changed', id: FAR },
      { kind: 'gateway-changed', id: RIVAL },
      { kind: 'gateway-gone', id: FAR },
      { kind: 'gateway-gone', id: RIVAL },
    ]);
  });
});

/** What is for one peer alone. */
function letter(number: number): Uint8Array {
  const payload = new TextEncoder().encode(`letter ${number}`);
  const draft = { type: ENCRYPTED, ttl: 5, timestamp: EPOCH + number, sender: person(9).id };
  return composePacket({ ...draft, payload, recipient: person(8).id });
}

function advertFrame(id: Uint8Array): Uint8Array {
  const payload = encodeAdvert({ lines: [FAR], lineCount: 1, busySeconds: 0 });
  return composePacket({ type: GATEWAY, ttl: 5, timestamp: EPOCH, sender: id, payload });
}

function packet(number: number, size = 0): Uint8Array {
  // Nothing that would shrink.
  const payload = Uint8Array.from({ length: Math.max(size, 12) }, (_, at) => at * 167 + number);
  const timestamp = EPOCH + number;
  return composePacket({ type: MESSAGE, ttl: 5, timestamp, sender: person(9).id, payload });
}

function packetOfRank(rank: number): Uint8Array {
  for (let number = 100; ; number++) {
    const bytes = packet(number);
    if (before(crypto, turnKey(bytes), SELF, [RIVAL]).length === rank) return bytes;
  }
}

it('counts what this network announces and is nothing, beside what was dropped on its way', () => {
  const gate = gateOf({ announcement: filled(40, 1) });
  gate.feed({ kind: 'announced', from: '192.0.2.9:8334', bytes: filled(9, 7) });
  const { drops } = gate.machine.snapshot(gate.now);
  expect(drops).toEqual({ stale: 0, 'queue-full': 0, 'lan-too-short': 1 });
});

/** A gateway, its clock, and an air that lacks what the test says. */
class Gate {
  readonly archive: MemoryArchive;
  readonly machine: Gateway;
  readonly injected: Uint8Array[] = [];
  readonly out: GatewayOutput[] = [];
  now = 0;
  lacking = 1;
  private link = 10;

  constructor(config: Partial<GatewayConfig>, archive = new MemoryArchive()) {
    this.archive = archive;
    const ports = {
      id: SELF,
      crypto,
      air: { lacking: () => this.lacking },
      archive: this.archive,
      draw: (size: number) => filled(size, 6),
    };
    this.machine = new Gateway({ ...GATEWAY_DEFAULTS, ...config }, ports, 0);
    this.feed({ kind: 'clock', offsetMs: EPOCH });
  }

  feed(input: GatewayInput | { kind: 'tick' }): GatewayOutput[] {
    const outputs = this.machine.step(input, this.now);
    for (const output of outputs) {
      this.out.push(output);
      if (output.kind === 'inject') this.injected.push(output.bytes);
      if (output.kind === 'store') this.archive.commit([output.write]);
    }
    return outputs;
  }

  /** Lets time pass. */
  pass(ms: number): void {
    const until = this.now + ms;
    for (let at = this.machine.deadline(); at <= until; at = this.machine.deadline()) {
      this.now = Math.max(this.now, at);
      this.feed({ kind: 'tick' });
    }
    this.now = until;
  }

  lineUp(id: Uint8Array): number {
    const link = this.link++;
    this.feed({ kind: 'lineUp', link, id, name: 'far', token: new Uint8Array(0) });
    return link;
  }

  bring(bytes: Uint8Array, link = 10, priority = NORMAL): string[] {
    const input = { kind: 'passed', link, bytes, priority, isFromLine: true } as const;
    return this.feed(input).map(({ kind }) => kind);
  }

  /** Our own island says it. */
  hear(bytes: Uint8Array): void {
    this.feed({ kind: 'passed', link: 1, bytes, priority: NORMAL, isFromLine: false });
  }

  handed(line: number): Uint8Array[] {
    return this.out.flatMap((output) =>
      output.kind === 'hand' && output.link === line ? [output.bytes] : [],
    );
  }

  adverts(): Advert[] {
    return this.out.flatMap((output) => {
      const decoded = output.kind === 'send' ? decodeAdvert(output.draft.payload) : null;
      return decoded !== null && decoded.ok ? [decoded.value] : [];
    });
  }

  advertOf(id: Uint8Array, lines: Uint8Array[], isFromLine: boolean, busySeconds = 0): void {
    const payload = encodeAdvert({ lines, lineCount: lines.length, busySeconds });
    const draft = { type: GATEWAY, ttl: 5, timestamp: EPOCH + this.now, sender: id, payload };
    const opened = openPacket(composePacket(draft));
    if (opened.ok) this.feed({ kind: 'advert', packet: opened.packet, isFromLine });
  }
}

function gateOf(config: Partial<GatewayConfig> = {}): Gate {
  const lines = [FAR].map((node) => ({ node, address: null }));
  const gate = new Gate({ lines, ...config });
  gate.pass(10_000);
  return gate;
}

/** Both have a line to the far one, and know it. */
function gateWithRival(): Gate {
  const gate = gateOf();
  gate.lineUp(FAR);
  gate.advertOf(FAR, [SELF, RIVAL], true);
  gate.advertOf(RIVAL, [FAR], false);
  gate.pass(10_000);
  return gate;
}
