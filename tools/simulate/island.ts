/**
 * Island: relays and people around each other, on a simulated air. A place among them may be a
 * guest's, whose machine is elsewhere: what its radio would tell it comes out, what it wants of its
 * radio goes in. Stepped against a real clock it is company for a real program. One seed, one history.
 *
 *   order -> ether -> stations -> ether -> news
 */
import type { LineInput, LineOutput } from '../../host/bridge.ts';
import type { ConfiguredLine } from '../../host/gateway/lines.ts';
import { assert } from '../../protocol/core/assert.ts';
import type { Machine, Millis, Tick } from '../../protocol/core/machine.ts';
import { TICK } from '../../protocol/core/machine.ts';
import { STATION_DEFAULTS } from '../../protocol/peer/settings.ts';
import type { Crypto } from '../../protocol/trust/crypto.ts';
import type { RadioNews, RadioOrder } from './ether.ts';
import { Ether } from './ether.ts';
import { seededRandom } from './random.ts';
import { Resident } from './resident.ts';
import type { Part } from './scripts.ts';
import { geometricIsland } from './topology.ts';

export type IslandOptions = {
  seed: number;
  /** Who lives there; whoever has no script relays. */
  parts: Part[];
  /** Whether there is a place for a guest. */
  hasGuest: boolean;
  /** The lines of who lives there first; the others have none. */
  lines: ConfiguredLine[];
  crypto: Crypto;
};

export type IslandInput =
  /** What the guest wants of its radio. */
  | { kind: 'order'; order: RadioOrder }
  /** What the lines tell. */
  | { kind: 'line'; event: LineInput }
  /** Unix time is our clock plus this; null for unknown. */
  | { kind: 'clock'; offsetMs: number | null }
  /** The guest has gone. */
  | { kind: 'gone' };

export type IslandOutput =
  /** What the guest's radio tells it. */
  | { kind: 'news'; news: RadioNews }
  /** What is wanted of the lines. */
  | { kind: 'line'; order: LineOutput };

/** Bytes of one write between two of them, without the header of a segment: a usual MTU, 185. */
const PAYLOAD_MAX = 181;
const ADVERTISE_MS = 500;
const LOSS_PERCENT = 10;
/** Of all at one moment: who wants more never sleeps. */
const STEPS_AT_ONCE_MAX = 100_000;

export class Island implements Machine<IslandInput, IslandOutput> {
  private readonly ether: Ether;
  readonly residents: Resident[];
  private readonly guest: number;
  private out: IslandOutput[] = [];

  constructor(options: IslandOptions, now: Millis) {
    const { seed, parts, hasGuest, lines, crypto } = options;
    const random = seededRandom(seed);
    this.guest = hasGuest ? parts.length : -1;
    const radios = parts.length + (hasGuest ? 1 : 0);
    this.ether = new Ether(
      {
        seed,
        radios,
        // Within reach is nobody who need not be: then any tree of links is about as shallow.
        edges: geometricIsland(radios, random, 0).edges,
        linksMax: STATION_DEFAULTS.outMax + 1,
        payloadMax: PAYLOAD_MAX,
        lossPercent: LOSS_PERCENT,
        advertiseMs: () => ADVERTISE_MS,
      },
      now,
      (radio, news) => this.hear(radio, news),
    );
    this.residents = parts.map((part, at) => {
      const ports = {
        crypto,
        random: seededRandom(seed * 65_537 + at),
        order: (order: RadioOrder) => this.ether.order(at, order),
        dial: (order: LineOutput) => void this.out.push({ kind: 'line', order }),
      };
      return new Resident(part, at === 0 ? lines : [], ports, now);
    });
  }

  step(input: IslandInput | Tick, now: Millis): IslandOutput[] {
    this.out = [];
    this.run(now);
    switch (input.kind) {
      case 'order':
        this.ether.order(this.guest, input.order);
        break;
      case 'clock':
        for (const resident of this.residents) resident.step(input, now);
        break;
      case 'line':
        this.residents[0].step(input, now);
        break;
      case 'gone':
        this.ether.kill(this.guest);
        break;
      case 'tick':
    }
    return this.out;
  }

  deadline(): Millis {
    return Math.min(this.ether.nextAt(), ...this.residents.map((resident) => resident.deadline()));
  }

  /** The radios that can be, and are, in one mesh; the guest's is the last. */
  get meshes(): number[][] {
    return this.ether.meshes();
  }

  private run(until: Millis): void {
    const { ether } = this;
    let steps = 0;
    for (;;) {
      let at = ether.nextAt();
      let first: Resident | null = null;
      for (const resident of this.residents) {
        if (resident.deadline() >= at) continue;
        at = resident.deadline();
        first = resident;
      }
      if (at > until) break;
      steps = at > ether.now ? 0 : steps + 1;
      assert(steps < STEPS_AT_ONCE_MAX, 'who lives on an island sleeps between his deadlines');
      ether.now = Math.max(ether.now, at);
      if (first === null) ether.happen();
      else first.step(TICK, ether.now);
    }
    ether.now = until;
  }

  private hear(radio: number, news: RadioNews): void {
    if (radio === this.guest) this.out.push({ kind: 'news', news });
    else this.residents[radio].step(news, this.ether.now);
  }
}
