/**
 * What leaves over a line when not all of it can: the most urgent first, nobody never, and no faster
 * than the limits and the way allow. Two ends of a line, with a way between them that takes so many
 * bytes a second and holds so many; virtual time.
 */
import { describe, expect, it } from 'vitest';
import { BACKGROUND, CRITICAL, NORMAL, PATIENCE } from '../../../protocol/core/queue.ts';
import { encodePacket, plainPacket } from '../../../protocol/core/packet.ts';
import { TICK } from '../../../protocol/core/machine.ts';
import type { BudgetLimits } from '../../../protocol/peer/budget.ts';
import { Budget } from '../../../protocol/peer/budget.ts';
import { PACE_MIN } from '../../../protocol/peer/congestion.ts';
import { Outflow, SLICE_BYTES } from '../../../protocol/peer/outflow.ts';
import type { PeerLineInput, PeerLineOutput } from '../../../protocol/peer/peer-line.ts';
import { RECORD_LINK_DEFAULTS, RecordLink } from '../../../protocol/peer/record-link.ts';
import { Pins } from '../../../protocol/trust/pins.ts';
import { LINE_HELLO } from '../../../tools/bench/line-pair.ts';
import { person, secretsFrom } from '../trust/people.ts';
import { crypto } from '../trust/ports.ts';

const SIZE = 1000;
const HEADER = 22;
const UNLIMITED: BudgetLimits = { bytesPerSecond: 1e9, burstBytes: 1e9 };
/** A home's way up, say, and what its router and our system hold before they take no more. */
const WIDE = { bytesPerSecond: 1e9, holds: 1e9 };
const NARROW = { bytesPerSecond: 25_000, holds: 250_000 };

describe('a limit of what leaves', () => {
  const limits = { bytesPerSecond: 20_000, burstBytes: 10_000 };

  it('is kept, and all that was said arrives in the end', () => {
    const line = new Line({ limits });
    for (let at = 0; at < 200; at++) line.say(NORMAL);
    line.run(2000);
    expect(line.heard.length * SIZE).toBeLessThan(10_000 + 2 * 20_000 + SLICE_BYTES);
    expect(line.heard.length * SIZE).toBeGreaterThan(2 * 20_000);
    line.run(9000);
    expect(line.heard).toHaveLength(200);
    expect(line.outflow!.holds).toBeGreaterThan(10);
  });

  it('lets what matters go first, however much waits', () => {
    const line = new Line({ limits });
    for (let at = 0; at < 1000; at++) line.say(BACKGROUND);
    line.run(1000);
    line.say(CRITICAL);
    line.run(20_000);
    const [urgent] = line.took(CRITICAL);
    // A slice may be under way, and one packet of it.
    expect(urgent).toBeLessThan(((SLICE_BYTES + 2 * SIZE) * 1000) / 20_000);
  });

  it('keeps nobody waiting for ever, though what matters more never ends', () => {
    const line = new Line({ limits });
    for (let at = 0; at < 10; at++) line.say(BACKGROUND);
    for (let second = 0; second < 20; second++) {
      for (let at = 0; at < 45; at++) line.say(CRITICAL);
      line.run(1000);
    }
    expect(line.took(BACKGROUND)).toHaveLength(10);
    const order = line.heard.map(({ priority }) => priority);
    const gaps = order.flatMap((priority, at) => (priority === BACKGROUND ? [at] : []));
    for (let at = 1; at < gaps.length; at++) {
      expect(gaps[at] - gaps[at - 1]).toBeLessThanOrEqual(PATIENCE + 1);
    }
  });

  it('drops the oldest of the least urgent when too much waits, and says so of each', () => {
    const line = new Line({ limits, packetsMax: 50 });
    for (let at = 0; at < 30; at++) line.say(CRITICAL);
    for (let at = 0; at < 200; at++) line.say(BACKGROUND);
    expect(line.drops['queue-full']).toBeGreaterThan(100);
    line.run(10_000);
    expect(line.took(CRITICAL)).toHaveLength(30);
    const rest = line.heard.filter(({ priority }) => priority === BACKGROUND);
    expect(rest.at(-1)!.number, 'the newest is there').toBe(229);
    expect(line.heard.length + line.drops['queue-full']).toBe(230);
  });

  it('may be another one from now on', () => {
    const line = new Line({ limits });
    for (let at = 0; at < 400; at++) line.say(NORMAL);
    line.run(500);
    const before = line.heard.length;
    expect(before).toBeLessThan(60);
    line.outflow!.limit(UNLIMITED, line.now);
    line.run(100);
    expect(line.heard).toHaveLength(400);
  });
});

describe('a way that is too narrow', () => {
  it('is offered what it takes, so that what matters does not wait behind all the rest', () => {
    const [usual, careful] = [null, UNLIMITED].map((limits) => {
      const line = new Line({ limits, ...NARROW });
      flood(line, 90);
      return line;
    });
    const p95 = (line: Line): number => percentile95(line.took(CRITICAL, 60_000));
    // Without it each urgent packet waits for all that lies in sockets and routers.
    expect(p95(usual)).toBeGreaterThan(8000);
    expect(p95(careful)).toBeLessThan(p95(usual) / 2);
    const carried = careful.heard.length * SIZE;
    expect(carried, 'and most of the way is used').toBeGreaterThan(0.6 * 90 * 25_000);
    expect(careful.outflow!.isCongested).toBe(true);
  });

  it('is told of once, and once again when it takes all there is, not at every turn', () => {
    const line = new Line({ limits: { bytesPerSecond: 100_000, burstBytes: 10_000 }, ...NARROW });
    flood(line, 60);
    expect(line.slowed).toEqual([true]);
    line.widen();
    let pace = line.outflow!.congestion.pace;
    expect(pace).toBeLessThan(25_000);
    for (let second = 0; second < 120; second++) {
      line.run(1000);
      expect(line.outflow!.congestion.pace).toBeGreaterThanOrEqual(pace);
      pace = line.outflow!.congestion.pace;
    }
    expect(pace).toBe(100_000);
    expect(line.slowed).toEqual([true, false]);
  });

  it('is worth no word where it was full for once', () => {
    const line = new Line({ limits: UNLIMITED, bytesPerSecond: 1, holds: 1 });
    line.say(NORMAL);
    line.say(NORMAL);
    line.run(600);
    expect(line.outflow!.congestion.cuts).toBe(1);
    line.widen();
    line.run(200_000);
    expect(line.outflow!.congestion.isSlowed).toBe(false);
    expect(line.slowed).toEqual([]);
  });

  it('is not what keeps a heartbeat waiting here, behind a packet under way', () => {
    const line = new Line({ limits: { bytesPerSecond: 10_000, burstBytes: 2000 } });
    line.run(9000);
    line.say(BACKGROUND, 60_000);
    line.run(25_000);
    expect(line.heard).toHaveLength(1);
    expect(line.outflow!.congestion.isSlowed).toBe(false);
  });

  it('is offered little when nothing gets through, and all of it again when it does', () => {
    const line = new Line({ limits: UNLIMITED, bytesPerSecond: 1, holds: 20_000 });
    for (let at = 0; at < 400; at++) line.say(NORMAL);
    line.run(20_000);
    expect(line.outflow!.congestion.pace).toBe(PACE_MIN);
    line.widen();
    line.run(60_000);
    expect(line.heard).toHaveLength(400);
  });
});

/** Background without end, more than the way takes, and something urgent every half second. */
function flood(line: Line, seconds: number): void {
  for (let half = 0; half < 2 * seconds; half++) {
    for (let at = 0; at < 25; at++) line.say(BACKGROUND);
    line.say(CRITICAL);
    line.run(500);
  }
}

type Options = {
  limits: BudgetLimits | null;
  all?: Budget;
  packetsMax?: number;
  seed?: number;
  bytesPerSecond?: number;
  holds?: number;
};
type Said = { number: number; priority: number; tookMs: number };

/** Who says things, who hears them, and the way in between. The way back is wide. */
class Line {
  now = 0;
  readonly outflow: Outflow | null;
  readonly heard: Said[] = [];
  readonly drops: Record<string, number> = {};
  /** Each time it was or was not congested any more. */
  readonly slowed: boolean[] = [];
  private readonly near: RecordLink;
  private readonly far: RecordLink;
  private readonly saidAt: number[] = [];
  /** Written, and not yet taken by the system; then on its way. */
  private readonly socket: Uint8Array[] = [];
  private readonly under: Uint8Array[] = [];
  private underBytes = 0;
  /** When the first of them arrives. */
  private arrivesAt = Infinity;
  private way = WIDE;

  constructor({ limits, all, packetsMax = 10_000, seed = 1, ...way }: Options) {
    const shared = all ?? new Budget(UNLIMITED, Infinity, 0);
    this.outflow = limits === null ? null : new Outflow(limits, shared, 0);
    const flow = this.outflow === null ? {} : { outflow: this.outflow };
    const end = (role: 'initiator' | 'responder', who: number, more: object): RecordLink => {
      const config = { ...RECORD_LINK_DEFAULTS, role, wanted: null, admit: () => true, packetsMax };
      const secret = secretsFrom(10 * seed + who)();
      const ports = { crypto, identity: person(who), pins: new Pins(crypto) };
      return new RecordLink(ports, { ...config, ...more }, LINE_HELLO, secret, 0);
    };
    this.near = end('initiator', 1, flow);
    this.far = end('responder', 2, {});
    this.run(20);
    // The two ends beat apart, so that an echo tells of the beat before.
    this.far.step({ kind: 'pace', pace: { intervalMs: 9000, missedMax: 3 } }, this.now);
    this.way = { ...WIDE, ...way };
  }

  widen(): void {
    this.way = WIDE;
    if (this.under.length > 0) this.arrivesAt = this.now;
  }

  say(priority: number, size = SIZE): void {
    const payload = new Uint8Array(size - HEADER);
    payload[0] = priority;
    new DataView(payload.buffer).setUint32(1, this.saidAt.length);
    this.saidAt.push(this.now);
    const bytes = encodePacket(plainPacket(2, 7, 0, person(1).id, payload));
    this.feed({ kind: 'send', bytes, priority });
  }

  /** How long each of a class took; of those said from `since` on. */
  took(priority: number, since = 0): number[] {
    return this.heard.flatMap((each) => {
      const isWanted = each.priority === priority && this.saidAt[each.number] >= since;
      return isWanted ? [each.tookMs] : [];
    });
  }

  run(ms: number): void {
    const until = this.now + ms;
    while (this.now < until) {
      const next = Math.min(this.near.deadline(), this.far.deadline(), this.arrivesAt);
      this.now = Math.min(until, Math.max(this.now + 1, Math.ceil(next)));
      this.pass();
    }
  }

  private pass(): void {
    while (this.now >= this.arrivesAt) this.arrive();
    if (this.now >= this.near.deadline()) this.feed(TICK);
    if (this.now < this.far.deadline()) return;
    for (const output of this.far.step(TICK, this.now)) this.onFar(output);
  }

  private arrive(): void {
    const bytes = this.under.shift()!;
    this.underBytes -= bytes.length;
    this.arrivesAt = this.under.length === 0 ? Infinity : this.arrivesAt + this.tripMs();
    for (const output of this.far.step({ kind: 'received', bytes }, this.now)) this.onFar(output);
    this.fill();
  }

  /** The system takes what it has room for. */
  private fill(): void {
    while (this.socket.length > 0 && this.underBytes < this.way.holds) {
      const bytes = this.socket.shift()!;
      this.under.push(bytes);
      this.underBytes += bytes.length;
      if (this.under.length === 1) this.arrivesAt = this.now + this.tripMs();
      this.feed({ kind: 'sent' });
    }
  }

  /** Of the first under way. */
  private tripMs(): number {
    return (this.under[0].length * 1000) / this.way.bytesPerSecond;
  }

  private feed(input: PeerLineInput | typeof TICK): void {
    for (const output of this.near.step(input, this.now)) {
      if (output.kind === 'write') this.socket.push(output.bytes);
      if (output.kind !== 'drop') continue;
      this.drops[output.reason] = (this.drops[output.reason] ?? 0) + 1;
    }
    const isCongested = this.outflow?.isCongested ?? false;
    if (isCongested !== (this.slowed.at(-1) ?? false)) this.slowed.push(isCongested);
    this.fill();
  }

  private onFar(output: PeerLineOutput): void {
    if (output.kind === 'write') {
      this.feed({ kind: 'received', bytes: output.bytes });
      this.far.step({ kind: 'sent' }, this.now).forEach((each) => this.onFar(each));
    }
    if (output.kind !== 'heard') return;
    const payload = output.bytes.subarray(HEADER);
    const number = new DataView(payload.buffer, payload.byteOffset).getUint32(1);
    this.heard.push({ number, priority: payload[0], tookMs: this.now - this.saidAt[number] });
  }
}

function percentile95(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * 0.95)];
}
