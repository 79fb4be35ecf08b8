/**
 * Leaf: a station with one line and nothing else, for a program or a page that takes part as a client of
 * a bridge. It passes nothing on; it is dialled again for ever when the line is lost.
 *
 *   line -> trunks -> station -> told
 *     ^----- trunks <- station <- say, ping, leave
 */
import type { Crc32 } from '../core/framing.ts';
import { LEAF } from '../core/hello.ts';
import type { Machine, Millis, Random, Tick } from '../core/machine.ts';
import { TICK } from '../core/machine.ts';
import { MESH, versionWith } from '../core/version.ts';
import type { Crypto } from '../trust/crypto.ts';
import type { Identity } from '../trust/identity.ts';
import type { StationEvent, StationInput, StationOutput } from './contract.ts';
import { lineHello } from './line-hello.ts';
import { RECORD_LINK_DEFAULTS } from './record-link.ts';
import { STATION_DEFAULTS } from './settings.ts';
import type { PeerSnapshot } from './snapshot.ts';
import { Station } from './station.ts';
import type { Route, TrunksInput, TrunksOutput } from './trunks.ts';
import { Trunks, TRUNKS_DEFAULTS } from './trunks.ts';

export type LeafInput =
  | Extract<StationInput, { kind: 'say' | 'ping' | 'clock' | 'leave' }>
  | { kind: 'line'; event: LeafLineInput };

export type LeafOutput =
  | { kind: 'line'; order: LeafLineOutput }
  | { kind: 'told'; event: StationEvent }
  /** The bridge is there, or is not: `why` then, for people, whenever it is another reason. */
  | { kind: 'attached'; id: Uint8Array }
  | { kind: 'detached'; why: string };

export type LeafLineInput = Extract<
  TrunksInput,
  { kind: 'opened' | 'closed' | 'received' | 'sent' }
>;
export type LeafLineOutput = Extract<
  TrunksOutput,
  { kind: 'dial' | 'hangUp' | 'write' | 'hold' | 'go' }
>;

export type LeafConfig = {
  name: string;
  /** The bridge, and the token that lets us in there. */
  route: Route;
};

export type LeafPorts = {
  crypto: Crypto;
  identity: Identity;
  random: Random;
  draw: (size: number) => Uint8Array;
  crc: Crc32;
};

/** The one line, as the station numbers links; 0 would be the one in on the air. */
const LINE = 1;
/** What waits for a bridge that does not read; then the least urgent goes. */
const LINK = { ...RECORD_LINK_DEFAULTS, packetsMax: 1024, bytesMax: 1024 * 1024 };

type Task =
  { to: 'trunks'; input: TrunksInput | Tick } | { to: 'station'; input: StationInput | Tick };

export class Leaf implements Machine<LeafInput, LeafOutput> {
  private readonly station: Station;
  private readonly trunks: Trunks;
  private readonly route: Route;
  private hasBegun = false;
  /** In the order in which it came up: records overtake each other no more than packets. */
  private readonly tasks: Task[] = [];
  /** The number of the line that is up. */
  private line: number | null = null;
  /** Why there is none, as it was told last. */
  private why: string | null = null;

  constructor({ name, route }: LeafConfig, ports: LeafPorts, now: Millis) {
    const { crypto, identity, random, draw } = ports;
    const own = { role: LEAF, outMax: 0, nodesMax: 0, wires: 0, lines: 1, choosesLinks: false };
    this.station = new Station({ ...STATION_DEFAULTS, ...own, name, reconcile: null }, ports, now);
    const { frameMax } = LINK;
    const said = { version: versionWith(MESH), role: LEAF, features: MESH, frameMax };
    const { pins } = this.station;
    this.trunks = new Trunks(
      { crypto, identity, pins, random, draw: () => draw(32) },
      { ...TRUNKS_DEFAULTS, linesMax: 2, admit: () => true, link: LINK },
      lineHello(said, name),
    );
    this.route = route;
  }

  /** Who is in reach, as far as was heard. */
  peers(now: Millis): PeerSnapshot[] {
    return this.station.snapshot(now).peers;
  }

  step(input: LeafInput | Tick, now: Millis): LeafOutput[] {
    const out: LeafOutput[] = [];
    if (!this.hasBegun) {
      this.hasBegun = true;
      this.tasks.push({ to: 'trunks', input: { kind: 'routes', routes: [this.route] } });
    }
    if (input.kind === 'line') this.tasks.push({ to: 'trunks', input: input.event });
    else this.tasks.push({ to: 'station', input }, { to: 'trunks', input: TICK });
    for (let at = 0; at < this.tasks.length; at++) this.run(this.tasks[at], now, out);
    this.tasks.length = 0;
    return out;
  }

  deadline(): Millis {
    if (!this.hasBegun) return 0;
    return Math.min(this.station.deadline(), this.trunks.deadline());
  }

  private run(task: Task, now: Millis, out: LeafOutput[]): void {
    if (task.to === 'trunks') {
      for (const output of this.trunks.step(task.input, now)) this.onTrunks(output, out);
      if (task.input.kind === 'closed') this.tellWhy(this.trunks.snapshot()[0].why, out);
    } else {
      for (const output of this.station.step(task.input, now)) this.onStation(output, out);
    }
  }

  private onTrunks(output: TrunksOutput, out: LeafOutput[]): void {
    switch (output.kind) {
      case 'up': {
        const { line, mode, hello, neighbour } = output;
        const { id } = neighbour;
        if (this.line !== line) out.push({ kind: 'attached', id });
        this.line = line;
        this.why = null;
        return this.toStation({ kind: 'lined', link: LINE, id, mode, hello });
      }
      case 'down':
        this.line = null;
        this.tellWhy(output.why, out);
        return this.toStation({ kind: 'closed', link: LINE });
      case 'heard':
        return this.toStation({ kind: 'received', link: LINE, bytes: output.bytes });
      case 'beat':
      case 'drop':
      case 'slowed':
      case 'move':
        return;
      default:
        out.push({ kind: 'line', order: output });
    }
  }

  /** The same reason is told once, however often the bridge is dialled in vain. */
  private tellWhy(why: string | null, out: LeafOutput[]): void {
    if (why === null || why === this.why) return;
    this.why = why;
    out.push({ kind: 'detached', why });
  }

  private toStation(input: StationInput): void {
    this.tasks.push({ to: 'station', input });
  }

  private onStation(output: StationOutput, out: LeafOutput[]): void {
    if (output.kind === 'told') return void out.push(output);
    if (output.kind !== 'forward' || this.line === null) return;
    const { bytes, priority } = output;
    this.tasks.push({ to: 'trunks', input: { kind: 'send', line: this.line, bytes, priority } });
  }
}
