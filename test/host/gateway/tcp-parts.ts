/**
 * TCP parts: bridges on both sides of one real line over TCP, which may go dark: both ends believe that
 * they are connected, and what they write is lost. Time runs faster than ours, and no faster than this
 * process gets its turns, so that nothing times out where the machine is busy. Hops on the air are a
 * function call, and all else is as a daemon has it.
 */
import type { BridgeInput, BridgeOutput } from '../../../host/bridge.ts';
import { IpLines } from '../../../host/links/ip-lines.ts';
import type { StoreWrite } from '../../../host/types.ts';
import { assert } from '../../../protocol/core/assert.ts';
import type { Clock } from '../../../protocol/core/driver.ts';
import { Driver } from '../../../protocol/core/driver.ts';
import type { Millis } from '../../../protocol/core/machine.ts';
import { DatagramDoor } from '../../../protocol/peer/datagram-door.ts';
import type { StationConfig } from '../../../protocol/peer/settings.ts';
import { person, secretsFrom } from '../../protocol/trust/people.ts';
import { crypto } from '../../protocol/trust/ports.ts';
import { Router } from '../links/router.ts';
import type { ConfiguredLine } from '../../../host/gateway/lines.ts';
import { EPOCH, Member } from './federation.ts';

/** A minute of theirs is three seconds; between two turns of ours no more than this passes. */
const SPEED = 20;
const TURN_MS = 5;
const STEP_MS = 100;
const LOOPBACK = '127.0.0.1';

/** The time of all bridges of a test. */
class Time {
  private steppedAt = performance.now();
  private reached: Millis = 0;
  private readonly alarms = new Set<{ at: Millis; ring: () => void }>();
  private readonly timer = setInterval(() => this.step(), TURN_MS);

  get now(): Millis {
    return this.reached + Math.min((performance.now() - this.steppedAt) * SPEED, STEP_MS);
  }

  /** A clock for one driver. */
  clock(): Clock {
    const alarm = { at: Infinity, ring: () => {} };
    this.alarms.add(alarm);
    return {
      now: () => this.now,
      wakeAt(at, ring) {
        Object.assign(alarm, { at, ring });
      },
      soon: (run) => queueMicrotask(run),
    };
  }

  pass(ms: Millis): Promise<void> {
    return new Promise((resolve) => this.alarms.add({ at: this.now + ms, ring: resolve }));
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private step(): void {
    this.reached = this.now;
    this.steppedAt = performance.now();
    for (const alarm of this.alarms) {
      if (alarm.at > this.reached) continue;
      alarm.at = Infinity;
      alarm.ring();
    }
  }
}

/** One bridge, on its own clock, with its own sockets. */
export class TcpBridge {
  readonly member: Member;
  readonly lines: IpLines;
  private readonly time: Time;
  private readonly driver: Driver<BridgeInput, BridgeOutput>;
  private neighbour: TcpBridge | null = null;
  private tickets = 0;

  constructor(
    time: Time,
    number: number,
    lines: ConfiguredLine[],
    station: Partial<StationConfig> = {},
  ) {
    this.time = time;
    this.member = new Member(number, lines, { station }, time.now);
    const { bridge, archive } = this.member;
    const door = new DatagramDoor({ crypto, draw: secretsFrom(number) });
    this.lines = new IpLines((event) => this.driver.feed({ kind: 'line', event }), { door });
    this.driver = new Driver(bridge, time.clock(), {
      commit: (stores) =>
        archive.commit((stores as { write: StoreWrite }[]).map(({ write }) => write)),
      perform: (output) => this.perform(output),
      halted: (cause) => {
        throw cause;
      },
    });
    this.feed({ kind: 'clock', offsetMs: EPOCH });
  }

  /** How many others are about. */
  get around(): number {
    return this.member.bridge.snapshot(this.time.now).station.peers.length;
  }

  /** A link on the air between the two. */
  meet(other: TcpBridge): void {
    for (const [bridge, end] of [
      [this, other],
      [other, this],
    ] as const) {
      bridge.neighbour = end;
      const link = bridge === this ? 1 : 0;
      const medium = { medium: 'node', payloadMax: 180, rssi: -60 } as const;
      bridge.feed({ kind: 'opened', link, ...medium });
    }
  }

  say(text: string): void {
    this.feed({ kind: 'ask', ticket: this.tickets++, wish: { kind: 'say', text } });
  }

  feed(input: BridgeInput): void {
    assert(this.driver.feed(input), 'it is never so busy');
  }

  close(): Promise<void> {
    return this.lines.close();
  }

  private perform(output: BridgeOutput): void {
    switch (output.kind) {
      case 'line':
        return this.lines.perform(output.order);
      case 'write': {
        const { link, bytes } = output;
        this.feed({ kind: 'sent', link });
        return this.neighbour?.feed({ kind: 'received', link: 1 - link, bytes: bytes.slice() });
      }
      case 'told':
        return this.member.hear(output);
      default:
    }
  }
}

/** West are Amy and Ann, east Ben and Bob; between Ann and Ben is the line. */
export class TcpParts {
  readonly ann: TcpBridge;
  readonly amy: TcpBridge;
  readonly ben: TcpBridge;
  readonly bob: TcpBridge;
  private readonly time: Time;
  private readonly router: Router;

  private constructor(time: Time, ben: TcpBridge, router: Router) {
    this.time = time;
    this.ben = ben;
    this.router = router;
    const address = `${LOOPBACK}:${router.port}`;
    this.ann = new TcpBridge(time, 1, [{ node: person(2).id, address }]);
    [this.amy, this.bob] = [new TcpBridge(time, 3, []), new TcpBridge(time, 4, [])];
    this.ann.meet(this.amy);
    this.ben.meet(this.bob);
  }

  /** `differs`: of Ben's station. */
  static async open(differs: Partial<StationConfig> = {}): Promise<TcpParts> {
    const time = new Time();
    const ben = new TcpBridge(time, 2, [{ node: person(1).id, address: null }], differs);
    const { port } = await ben.lines.listen(LOOPBACK, 0);
    return new TcpParts(time, ben, await Router.start(port));
  }

  get all(): TcpBridge[] {
    return [this.ann, this.amy, this.ben, this.bob];
  }

  /** So long by their clocks. */
  pass(ms: Millis): Promise<void> {
    return this.time.pass(ms);
  }

  darken(): void {
    this.router.darken();
  }

  mend(): void {
    this.router.mend();
  }

  async close(): Promise<void> {
    this.time.stop();
    for (const bridge of this.all) await bridge.close();
    await this.router.close();
  }
}
