/**
 * Village: stations and phones that are joined by hand, in virtual time. It stands in for their drivers
 * and radios: what is written arrives after a moment, in order, and the writer learns that it has left.
 */
import { crc32 } from '../../../protocol/core/crc32.ts';
import type { Hello } from '../../../protocol/core/hello.ts';
import type { Millis, Tick } from '../../../protocol/core/machine.ts';
import { TICK } from '../../../protocol/core/machine.ts';
import type { NodeInput, NodeOutput } from '../../../protocol/core/node.ts';
import { Node } from '../../../protocol/core/node.ts';
import type { Due } from '../../../protocol/core/schedule.ts';
import { Schedule } from '../../../protocol/core/schedule.ts';
import { NOTE_KEY } from '../../../protocol/core/settings-table.ts';
import type { Settings } from '../../../protocol/core/settings.ts';
import type {
  OwnMedium,
  StationEvent,
  StationInput,
  StationOutput,
} from '../../../protocol/peer/contract.ts';
import type { Judge } from '../../../protocol/peer/judge.ts';
import type { StationConfig } from '../../../protocol/peer/settings.ts';
import { STATION_DEFAULTS } from '../../../protocol/peer/settings.ts';
import { Station } from '../../../protocol/peer/station.ts';
import type { Identity } from '../../../protocol/trust/identity.ts';
import { makeSeenHash } from '../../../protocol/trust/seen-hash.ts';
import { GATEWAY } from '../../../protocol/core/hello.ts';
import { MESH, OUR_VERSION } from '../../../protocol/core/version.ts';
import { fromHex } from '../../../protocol/wire/hex.ts';
import { openPacket } from '../../../protocol/wire/packet.ts';
import type { Packet } from '../../../protocol/wire/packet.ts';
import { SMALL } from '../../simulate/radio.ts';
import { seededRandom } from '../../../tools/simulate/random.ts';
import { SEED } from '../../seed.ts';
import { person } from '../trust/people.ts';
import { crypto } from '../trust/ports.ts';

/** Unix time when a village begins. */
export const EPOCH = 1_700_000_000_000;
const MOMENT_MS = 3;
const STEPS_MAX = 2_000_000;

/** Anything at the end of a hop. */
export interface Resident {
  step(input: StationInput | Tick, now: Millis): StationOutput[];
  deadline(): Millis;
}

type Place = { resident: Resident; ends: Map<number, End> };
type End = { place: Place; link: number; isLine: boolean };
type Happening = Due & { place: Place; input: StationInput };

export class Village {
  now: Millis = 0;
  /** All that happened, in order. */
  readonly tape: { at: Millis; resident: Resident; output: StationOutput }[] = [];
  /** Stations that inject at once whatever a line brings, as a gateway does that is alone. */
  readonly gateways = new Set<Resident>();
  private readonly places: Place[] = [];
  private readonly happenings = new Schedule<Happening>();

  /** The tape so far is not wanted: long tests would fill the memory with it. */
  forget(): void {
    this.tape.length = 0;
  }

  move<R extends Resident>(resident: R): R {
    this.places.push({ resident, ends: new Map() });
    return resident;
  }

  join(
    a: Resident,
    linkOfA: number,
    b: Resident,
    linkOfB: number,
    medium: OwnMedium,
    payloadMax: number = { phone: 512, node: 180, wire: 0 }[medium],
  ): void {
    this.tie(a, linkOfA, b, linkOfB, false);
    const opened = { kind: 'opened', medium, payloadMax, rssi: -60 } as const;
    this.tell(a, { ...opened, link: linkOfA });
    this.tell(b, { ...opened, link: linkOfB });
  }

  /** A line between two who have proven who they are. */
  line(a: Station, linkOfA: number, b: Station, linkOfB: number): void {
    this.tie(a, linkOfA, b, linkOfB, true);
    for (const [station, link, far] of [[a, linkOfA, b] as const, [b, linkOfB, a] as const]) {
      const { id, name } = far.snapshot(this.now);
      const hello = { ...LINE_HELLO, name: new TextEncoder().encode(name) };
      this.tell(station, { kind: 'lined', link, id: fromHex(id)!, mode: 'full', hello });
    }
  }

  cut(a: Resident, linkOfA: number): void {
    const from = this.placeOf(a);
    const end = from.ends.get(linkOfA)!;
    from.ends.delete(linkOfA);
    end.place.ends.delete(end.link);
    this.tell(a, { kind: 'closed', link: linkOfA });
    this.tell(end.place.resident, { kind: 'closed', link: end.link });
  }

  /** What it says over a link does not arrive any more, and nobody learns of it. */
  mute(resident: Resident, link: number): void {
    this.placeOf(resident).ends.delete(link);
  }

  tell(resident: Resident, input: StationInput | Tick): StationOutput[] {
    const place = this.placeOf(resident);
    const outputs = resident.step(input, this.now);
    for (const output of outputs) {
      this.tape.push({ at: this.now, resident, output });
      if (output.kind === 'passed') this.carry(place, output.link, output.bytes);
      if (output.kind !== 'write' && output.kind !== 'forward') continue;
      const end = place.ends.get(output.link);
      const { link } = output;
      if (output.kind === 'write') this.later(place, { kind: 'sent', link });
      if (end === undefined) continue;
      const bytes = output.bytes.slice();
      this.later(end.place, { kind: 'received', link: end.link, bytes });
    }
    return outputs;
  }

  /** Lets time pass. */
  pass(ms: Millis): void {
    const until = this.now + ms;
    for (let steps = 0; ; steps++) {
      if (steps > STEPS_MAX) throw new Error('the village never sleeps');
      let at = this.happenings.nextAt();
      let due: Place | null = null;
      for (const place of this.places) {
        const deadline = place.resident.deadline();
        if (deadline >= at) continue;
        at = deadline;
        due = place;
      }
      if (at > until) break;
      this.now = Math.max(this.now, at);
      if (due !== null) this.tell(due.resident, TICK);
      else {
        const { place, input } = this.happenings.take();
        const isThere = input.kind !== 'received' || place.ends.has(input.link);
        if (isThere) this.tell(place.resident, input);
      }
    }
    this.now = until;
  }

  /** Bytes from the end of a hop, whoever is there. */
  write(resident: Resident, link: number, bytes: Uint8Array): void {
    const end = this.placeOf(resident).ends.get(link)!;
    this.later(end.place, { kind: 'received', link: end.link, bytes: bytes.slice() });
  }

  events(resident: Resident): StationEvent[] {
    return this.tape.flatMap(({ resident: who, output }) =>
      who === resident && output.kind === 'told' ? [output.event] : [],
    );
  }

  told<K extends StationEvent['kind']>(
    resident: Resident,
    kind: K,
  ): Extract<StationEvent, { kind: K }>[] {
    return this.events(resident).filter(
      (event): event is Extract<StationEvent, { kind: K }> => event.kind === kind,
    );
  }

  private tie(a: Resident, linkOfA: number, b: Resident, linkOfB: number, isLine: boolean): void {
    const [from, to] = [this.placeOf(a), this.placeOf(b)];
    from.ends.set(linkOfA, { place: to, link: linkOfB, isLine });
    to.ends.set(linkOfB, { place: from, link: linkOfA, isLine });
  }

  private carry(place: Place, link: number, bytes: Uint8Array): void {
    const isByLine = place.ends.get(link)?.isLine === true;
    if (isByLine && this.gateways.has(place.resident)) this.later(place, { kind: 'inject', bytes });
  }

  private later(place: Place, input: StationInput): void {
    this.happenings.add({ dueAt: this.now + MOMENT_MS, order: 0, place, input });
  }

  private placeOf(resident: Resident): Place {
    return this.places.find((place) => place.resident === resident)!;
  }
}

export const LINE_HELLO: Hello = {
  version: OUR_VERSION,
  role: GATEWAY,
  features: MESH,
  frameMax: STATION_DEFAULTS.frameMax,
  name: new Uint8Array(0),
  unixMs: null,
  board: new Uint8Array(0),
  token: new Uint8Array(0),
};

/** What a phone at the end of its link 0 sees; what it says is made by hand. */
export class Phone implements Resident {
  readonly identity: Identity;
  readonly heard: { at: Millis; packet: Packet; bytes: Uint8Array }[] = [];

  constructor(identity: Identity) {
    this.identity = identity;
  }

  step(input: StationInput | Tick, now: Millis): StationOutput[] {
    if (input.kind !== 'received') return [];
    const opened = openPacket(input.bytes);
    if (opened.ok) this.heard.push({ at: now, packet: opened.packet, bytes: input.bytes });
    return [];
  }

  deadline(): Millis {
    return Infinity;
  }

  ofType(type: number): Packet[] {
    return this.heard.flatMap(({ packet }) => (packet.type === type ? [packet] : []));
  }
}

/** A device without keys of its own, as core's Node runs it. */
export class Button implements Resident {
  readonly node: Node;

  constructor(id: Uint8Array, noteKey: Uint8Array) {
    const random = seededRandom(SEED + id[0]);
    const ports = {
      random,
      hash: makeSeenHash(1, 2),
      crc: crc32,
      hmac: crypto.hmacSha256,
      draw: () => new Uint8Array(16),
    };
    const settings: Settings = [];
    settings[NOTE_KEY] = noteKey;
    const slot = { index: 1, generation: 0, fields: new Uint8Array(0) };
    this.node = new Node({ ...SMALL, id }, settings, slot, ports, 0);
  }

  step(input: StationInput | Tick, now: Millis): StationOutput[] {
    const outputs = this.node.step(asOfNode(input), now);
    return outputs.filter((output): output is NodeWrite => output.kind === 'write');
  }

  deadline(): Millis {
    return this.node.deadline();
  }
}

type NodeWrite = Extract<NodeOutput, { kind: 'write' }>;

function asOfNode(input: StationInput | Tick): NodeInput | Tick {
  switch (input.kind) {
    case 'opened':
    case 'closed':
    case 'received':
    case 'sent':
      return input;
    case 'say':
      return { kind: 'say', text: new TextEncoder().encode(input.text) };
    default:
      return TICK;
  }
}

/** A station that knows the time, with two ports out and two wires. */
export function stationOf(
  village: Village,
  number: number,
  differs: Partial<StationConfig> = {},
  judge?: Judge,
): Station {
  const random = seededRandom(SEED + number);
  const config = { ...STATION_DEFAULTS, name: `relay ${number}`, ...differs };
  const ports = {
    crypto,
    identity: person(number),
    random,
    draw: (size: number) => Uint8Array.from({ length: size }, () => random(256)),
    crc: crc32,
    ...(judge !== undefined && { judge }),
  };
  const station = village.move(new Station(config, ports, village.now));
  village.tell(station, { kind: 'clock', offsetMs: EPOCH });
  return station;
}

export function phoneOf(village: Village, number: number): Phone {
  return village.move(new Phone(person(number)));
}

/** Now, as phones write it. */
export function timeIn(village: Village): number {
  return EPOCH + Math.floor(village.now);
}
