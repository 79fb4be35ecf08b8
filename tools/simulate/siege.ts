/**
 * Siege: a station between people who talk and somebody who floods it, over links as slow as a phone's.
 * It counts what of the people's words arrives, how late, and what the flood makes the station send.
 *
 *   link 0  whoever floods     link 1  people who talk     link 2  a listener
 */
import { crc32 } from '../../protocol/core/crc32.ts';
import type { Millis, Random } from '../../protocol/core/machine.ts';
import { TICK } from '../../protocol/core/machine.ts';
import {
  ANNOUNCE,
  ENCRYPTED,
  encodePacket,
  FRAGMENT,
  FRAME_MAX,
  HANDSHAKE,
  ID_SIZE,
  MESSAGE,
  PacketView,
  plainPacket,
  SIGNATURE_SIZE,
} from '../../protocol/core/packet.ts';
import { writeU32, writeU64 } from '../../protocol/core/bytes.ts';
import type { StationOutput } from '../../protocol/peer/contract.ts';
import { STATION_DEFAULTS } from '../../protocol/peer/settings.ts';
import type { StationConfig } from '../../protocol/peer/settings.ts';
import { Station } from '../../protocol/peer/station.ts';
import type { Crypto } from '../../protocol/trust/crypto.ts';
import type { Identity } from '../../protocol/trust/identity.ts';
import { nameOf } from '../../protocol/trust/pins.ts';
import { encodeAnnounce } from '../../protocol/wire/announce.ts';
import { encodeFragment } from '../../protocol/wire/fragment.ts';
import { decodeText, encodeText } from '../../protocol/wire/text.ts';
import { drawFrom, identityOf } from './people.ts';
import { seededRandom } from './random.ts';

/** A forgery; `isNamed` keeps its sender, and others are said by somebody new each time. */
type Template = { bytes: Uint8Array; isNamed: boolean };

export type SiegeOptions = {
  seed: number;
  crypto: Crypto;
  /** People on link 1; each says something every `sayMs`. */
  people: number;
  sayMs: Millis;
  /** Packets of the flood in a second. */
  floodPerSecond: number;
  /** What a link carries. */
  writesPerSecond: number;
  config?: Partial<StationConfig>;
};

/** Unix time when a siege begins. */
const EPOCH = 1_700_000_000_000;
const LISTENER = 2;
const LINKS = 3;
const WRITE_MAX = 512;
/** What is caught up with at once. */
const SLICE_MS = 5;

export class Siege {
  readonly station: Station;
  readonly people: Identity[];
  /** What people said, and of that what the listener was sent, and how much later. */
  said = 0;
  readonly delays: Millis[] = [];
  /** Messages that the station told of. */
  told = 0;
  /** Packets of the flood, and those that it made the station send. */
  flooded = 0;
  passedOn = 0;
  /** How far it fell behind at most: in real time, what the machine was too busy for. */
  lagMs: Millis = 0;
  private readonly options: SiegeOptions;
  private readonly random: Random;
  private readonly clock: () => Millis;
  private readonly templates: Template[];
  private readonly fragment: Uint8Array;
  private readonly own: string;
  private readonly names: Set<string>;
  private readonly saidAt = new Map<string, Millis>();
  private readonly packet = new PacketView();
  private readonly carriers: { waiting: number; freeAt: Millis }[];
  private advancedTo: Millis;
  private floodedUntil: Millis;
  private saidUntil: Millis;
  private readonly startedAt: Millis;

  /** `clock` says when something came out: for virtual time, the time that `advance` was given. */
  constructor(options: SiegeOptions, clock: () => Millis) {
    const { seed, crypto, people } = options;
    this.options = options;
    this.clock = clock;
    this.startedAt = clock();
    this.random = seededRandom(seed);
    const identity = identityOf(crypto, this.random);
    this.own = nameOf(identity.id);
    const ports = {
      crypto,
      identity,
      random: this.random,
      draw: (size: number): Uint8Array => drawFrom(this.random, size),
      crc: crc32,
    };
    this.station = new Station({ ...STATION_DEFAULTS, ...options.config }, ports, clock());
    this.people = Array.from({ length: people }, () => identityOf(crypto, this.random));
    this.names = new Set(this.people.map(({ id }) => nameOf(id)));
    this.carriers = Array.from({ length: LINKS }, () => ({ waiting: 0, freeAt: this.startedAt }));
    this.advancedTo = this.startedAt;
    this.floodedUntil = this.startedAt;
    this.saidUntil = this.startedAt;
    this.feed({ kind: 'clock', offsetMs: EPOCH - this.startedAt });
    for (let link = 0; link < LINKS; link++) {
      this.feed({ kind: 'opened', link, medium: 'phone', payloadMax: WRITE_MAX, rssi: -60 });
    }
    for (const person of this.people) this.hear(1, announceOf(person, EPOCH));
    this.templates = templatesOf(this.people, this.random);
    this.fragment = fragmentPacket(this.random);
  }

  /** All that happens up to `now`; bit by bit, so that links carry on while it is caught up with. */
  advance(now: Millis): void {
    for (let at = this.advancedTo; at < now; this.advancedTo = at) {
      at = Math.min(at + SLICE_MS, now);
      this.lagMs = Math.max(this.lagMs, this.clock() - at);
      this.flood(at);
      this.talk(at);
      this.carry(this.clock());
      if (this.station.deadline() <= this.clock()) {
        this.perform(this.station.step(TICK, this.clock()));
      }
    }
  }

  /** No flood and no words from now on: what is under way may arrive. */
  hush(): void {
    this.floodedUntil = Infinity;
    this.saidUntil = Infinity;
  }

  private flood(until: Millis): void {
    const eachMs = 1000 / this.options.floodPerSecond;
    for (; this.floodedUntil + eachMs <= until; this.floodedUntil += eachMs) {
      this.flooded++;
      this.hear(0, this.forgery(this.floodedUntil));
    }
  }

  private talk(until: Millis): void {
    const eachMs = this.options.sayMs / this.options.people;
    for (; this.saidUntil + eachMs <= until; this.saidUntil += eachMs) this.speak(this.saidUntil);
  }

  /** Somebody says something new; returns the packet. */
  speak(at: Millis = this.clock()): Uint8Array {
    const person = this.people[this.said % this.people.length];
    const text = `honest ${this.said}`;
    this.said++;
    const timestamp = EPOCH + Math.floor(at - this.startedAt) + 1;
    const fields = plainPacket(MESSAGE, 7, timestamp, person.id, encodeText(text));
    const frame = person.sealPacket(fields);
    this.saidAt.set(text, at);
    this.hear(1, new Uint8Array(frame));
    return frame;
  }

  /** A packet arrives on a link; the station may change the bytes. */
  hear(link: number, bytes: Uint8Array): void {
    this.feed({ kind: 'received', link, bytes });
  }

  /** One of the templates, as of now and unlike any before. */
  forgery(at: Millis = this.clock()): Uint8Array {
    const template = this.templates[this.random(this.templates.length)];
    const bytes = new Uint8Array(template.bytes);
    writeU64(bytes, 3, EPOCH + Math.floor(at - this.startedAt));
    if (!template.isNamed) writeU32(bytes, 14, this.random(2 ** 32));
    writeU32(bytes, bytes.length - 8, this.random(2 ** 32));
    return bytes;
  }

  /** The first fragment of a set that no other fragment has been of. */
  openFragments(): Uint8Array {
    const bytes = new Uint8Array(this.fragment);
    writeU64(bytes, 3, EPOCH + Math.floor(this.clock() - this.startedAt));
    writeU32(bytes, 14, this.random(2 ** 16));
    writeU32(bytes, 22, this.random(2 ** 32));
    return bytes;
  }

  private feed(input: Parameters<Station['step']>[0]): void {
    this.perform(this.station.step(input, this.clock()));
  }

  private perform(outputs: StationOutput[]): void {
    for (const output of outputs) {
      if (output.kind === 'told' && output.event.kind === 'message') this.told++;
      if (output.kind !== 'write') continue;
      const carrier = this.carriers[output.link];
      if (carrier.waiting++ === 0) carrier.freeAt = Math.max(carrier.freeAt, this.clock());
      this.look(output.link, output.bytes);
    }
  }

  private look(link: number, bytes: Uint8Array): void {
    const { packet } = this;
    if (packet.read(bytes, FRAME_MAX) !== null) return;
    const { payloadAt, payloadLength } = packet;
    const payload = bytes.subarray(payloadAt, payloadAt + payloadLength);
    const saidAt = packet.type === MESSAGE ? this.saidAt.get(textOf(payload)) : undefined;
    const sender = nameOf(bytes, packet.senderAt);
    if (saidAt !== undefined) {
      if (link === LISTENER) this.delays.push(this.clock() - saidAt);
    } else if (sender !== this.own && !(packet.type === ANNOUNCE && this.names.has(sender))) {
      this.passedOn++;
    }
  }

  /** Writes leave one after the other, as fast as the link carries them. */
  private carry(now: Millis): void {
    const writeMs = 1000 / this.options.writesPerSecond;
    this.carriers.forEach((carrier, link) => {
      while (carrier.waiting > 0 && carrier.freeAt + writeMs <= now) {
        carrier.waiting--;
        carrier.freeAt += writeMs;
        this.feed({ kind: 'sent', link });
      }
    });
  }
}

/** In people's names what must be signed, in nobody's what need not be, and unsigned what must. */
function templatesOf(people: Identity[], random: Random): Template[] {
  const nobody = new Uint8Array(ID_SIZE).fill(1);
  const plain = (type: number, sender: Uint8Array, payload: Uint8Array): Uint8Array =>
    encodePacket({
      ...plainPacket(type, 7, 0, sender, payload),
      signature: MUST_BE_SIGNED.includes(type) ? drawFrom(random, SIGNATURE_SIZE) : null,
    });
  const text = drawFrom(random, 60).map((byte) => 97 + (byte % 26));
  const templates: Template[] = [
    { bytes: plain(MESSAGE, nobody, text), isNamed: false },
    { bytes: plain(HANDSHAKE, nobody, drawFrom(random, 32)), isNamed: false },
    { bytes: plain(ENCRYPTED, nobody, drawFrom(random, 100)), isNamed: false },
    { bytes: fragmentPacket(random), isNamed: false },
    { bytes: encodePacket(plainPacket(MESSAGE, 7, 0, nobody, text)), isNamed: false },
  ];
  for (const person of people) {
    templates.push({ bytes: plain(MESSAGE, person.id, text), isNamed: true });
    templates.push({ bytes: announceOf(person, 0), isNamed: true });
    templates.push({ bytes: plain(ENCRYPTED, person.id, drawFrom(random, 60)), isNamed: true });
  }
  return templates;
}

const MUST_BE_SIGNED = [MESSAGE, ANNOUNCE];

/** The first of nine, of a message. */
function fragmentPacket(random: Random): Uint8Array {
  const [id, piece] = [drawFrom(random, ID_SIZE), drawFrom(random, 200)];
  const payload = encodeFragment({ id, index: 0, total: 9, type: MESSAGE, piece });
  return encodePacket(plainPacket(FRAGMENT, 7, 0, new Uint8Array(ID_SIZE).fill(1), payload));
}

function announceOf(who: Identity, timestamp: number): Uint8Array {
  const payload = encodeAnnounce({
    name: 'somebody',
    noiseKey: who.noiseKey,
    signingKey: who.signingKey,
    neighbours: [],
    capabilities: null,
    geohash: null,
    extras: [],
  });
  return who.sealPacket(plainPacket(ANNOUNCE, 7, timestamp, who.id, payload));
}

function textOf(bytes: Uint8Array): string {
  return decodeText(bytes) ?? '';
}
