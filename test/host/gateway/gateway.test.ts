/**
 * One gateway, fed by hand: the promises of WIRE §28, one after the other.
 */
import { describe, expect, it } from 'vitest';
import { encodeAdvert } from '../../../host/gateway/advert.ts';
import type { GatewayInput, GatewayOutput } from '../../../host/gateway/contract.ts';
import type { GatewayConfig } from '../../../host/gateway/gateway.ts';
import { Gateway, GATEWAY_DEFAULTS } from '../../../host/gateway/gateway.ts';
import { before, turnKey } from '../../../host/gateway/rank.ts';
import { LISTEN_MS, WAIT_MS } from '../../../host/gateway/turns.ts';
import { GATEWAY, MESSAGE } from '../../../protocol/core/packet.ts';
import { NORMAL } from '../../../protocol/core/queue.ts';
import { composePacket, openPacket } from '../../../protocol/wire/packet.ts';
import { MemoryArchive } from '../../../tools/simulate/archive.ts';
import { person } from '../../protocol/trust/people.ts';
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

function packet(number: number): Uint8Array {
  const payload = new TextEncoder().encode(`message ${number}`);
  const timestamp = EPOCH + number;
  return composePacket({ type: MESSAGE, ttl: 5, timestamp, sender: person(9).id, payload });
}

function packetOfRank(rank: number): Uint8Array {
  for (let number = 100; ; number++) {
    const bytes = packet(number);
    if (before(crypto, turnKey(bytes), SELF, [RIVAL]).length === rank) return bytes;
  }
}

/** A gateway, its clock, and an air that lacks what the test says. */
class Gate {
  readonly archive = new MemoryArchive();
  readonly machine: Gateway;
  readonly injected: Uint8Array[] = [];
  readonly out: GatewayOutput[] = [];
  now = 0;
  lacking = 1;
  private link = 10;

  constructor(config: Partial<GatewayConfig>) {
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

  bring(bytes: Uint8Array, link = 10): string[] {
    const input = { kind: 'passed', link, bytes, priority: NORMAL, isFromLine: true } as const;
    return this.feed(input).map(({ kind }) => kind);
  }

  advertOf(id: Uint8Array, lines: Uint8Array[], isFromLine: boolean): void {
    const payload = encodeAdvert({ lines, lineCount: lines.length, busySeconds: 0 });
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
