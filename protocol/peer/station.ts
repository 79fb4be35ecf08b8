/**
 * Station: everything that a node with keys does, on a Pi as in the daemon, as one machine: what
 * core's Node is to a button. It joins the machines of this room and decides nothing itself.
 *
 *   received -> links -> relay (gate) -> links -> write
 *                          |-> reception: announces, history, notes, pings, traces
 *                                |-> author -> relay, or services above
 *
 * Packets of all links share one relay, so each goes once over each link, whatever its medium.
 */
import { Announces, REPLAY_AGE_MS } from '../core/announces.ts';
import { assert } from '../core/assert.ts';
import { readU32, sameBytes } from '../core/bytes.ts';
import type { Hello } from '../core/hello.ts';
import type { Machine, Millis, Tick } from '../core/machine.ts';
import { TICK } from '../core/machine.ts';
import {
  ANNOUNCE,
  ENCRYPTED,
  FILE,
  FRAGMENT,
  FRAME_MAX,
  HANDSHAKE,
  ID_SIZE,
  LEAVE,
  MESSAGE,
  NOTE,
  NOTED,
  PacketView,
  PING,
  PONG,
  REQUEST_SYNC,
  VOICE,
} from '../core/packet.ts';
import { BACKGROUND, NORMAL, priorityOf } from '../core/queue.ts';
import type { RelayInput, RelayOutput } from '../core/relay.ts';
import { isLinkScoped, Relay, RELAY_DEFAULTS } from '../core/relay.ts';
import { MESH, OUR_VERSION } from '../core/version.ts';
import { TrustAdmission } from '../trust/admission.ts';
import { Pins } from '../trust/pins.ts';
import { makeSeenHash } from '../trust/seen-hash.ts';
import { toHex } from '../wire/hex.ts';
import { encodeLeave } from '../wire/leave.ts';
import { encodeMessage } from '../wire/message.ts';
import { openPacket } from '../wire/packet.ts';
import { encodeText } from '../wire/text.ts';
import type { AnnouncerInput } from './announcer.ts';
import { Announcer } from './announcer.ts';
import { Author, PAYLOAD_MAX } from './author.ts';
import type {
  OwnDraft,
  RefusedReason,
  StationEvent,
  StationInput,
  StationOutput,
} from './contract.ts';
import { Counts } from './counts.ts';
import type { DiallerInput, DiallerOutput } from './dialler.ts';
import { Dialler } from './dialler.ts';
import { Gate } from './gate.ts';
import type { LinksInput, LinksOutput } from './links.ts';
import { Links } from './links.ts';
import { NoteDesk } from './note-desk.ts';
import type { ReceptionOutput } from './reception.ts';
import { OWN_TTL, Reception } from './reception.ts';
import type { StationConfig, StationPorts } from './settings.ts';
import type { Snapshot } from './snapshot.ts';
import { linkSnapshots, nameOn, peerSnapshot, sumOfDrops } from './snapshot.ts';
import { Tap } from './tap.ts';

/** Bytes of a public message of a person here; a longer one is refused. */
export const SAY_MAX = 4096;
/** Announces kept for links to come. */
const ANNOUNCES_MAX = 128;
/** Strangers' keys are stored so often, and at the end: each time wears out a card. */
export const PINS_EVERY_MS = 600_000;
/** Traffic of value is told to the dialler once in this time. */
const USED_EVERY_MS = 1000;

export class Station implements Machine<StationInput, StationOutput> {
  readonly pins: Pins;
  private readonly config: StationConfig;
  private readonly ports: StationPorts;
  private readonly links: Links;
  private readonly gate: Gate;
  private readonly relay: Relay;
  private readonly reception: Reception;
  private readonly announcer: Announcer;
  private readonly announces = new Announces(ANNOUNCES_MAX);
  private readonly author: Author;
  private readonly dialler: Dialler;
  private readonly tap = new Tap();
  private readonly packet = new PacketView();
  /** Drops that no link is to blame for. */
  private readonly ownDrops = new Counts();
  private readonly usedAt: Millis[] = [];
  private readonly startedAt: Millis;
  private now: Millis;
  private hello: Hello;
  /** Our last announce, for links to come. */
  private announce: { bytes: Uint8Array; saidAt: Millis } | null = null;
  private delivered = 0;
  private alarms = 0;
  private pinsAt: Millis = Infinity;
  private hasLeft = false;

  constructor(config: StationConfig, ports: StationPorts, now: Millis) {
    const { identity, crypto, random, draw, crc } = ports;
    const { id } = identity;
    const linksMax = 1 + config.outMax + config.wires;
    this.config = config;
    this.ports = ports;
    this.now = now;
    this.startedAt = now;
    this.pins = new Pins(crypto, config.pinsLimits);
    for (const pin of config.pins) this.pins.restore(pin);
    const { frameMax, window, packetsMax, bytesMax } = config;
    this.links = new Links({ id, linksMax, frameMax, window, packetsMax, bytesMax, crc });
    const desk = new NoteDesk(crypto, random, config.devices);
    this.reception = new Reception({ id, crypto, pins: this.pins, links: this.links, desk });
    const secret = draw(16);
    const trust = new TrustAdmission(
      crypto,
      this.pins,
      { ...config.admission, linksMax },
      readU32(secret, 0),
    );
    const isAsked = (link: number, at: Millis): boolean => this.reception.sync.isAsked(link, at);
    this.gate = new Gate(trust, isAsked, readU32(secret, 4));
    const { ttlMax, seenMax, waitingMax } = config;
    this.relay = new Relay(
      { ...RELAY_DEFAULTS, id, ttlMax, linksMax, seenMax, waitingMax },
      random,
      makeSeenHash(readU32(secret, 8), readU32(secret, 12)),
      this.gate,
    );
    this.announcer = new Announcer(identity, config.name, random);
    this.author = new Author(identity, draw);
    const { role, outMax, nodesMax, scanDuty } = config;
    this.dialler = new Dialler(
      { id, role, outMax: Math.min(nodesMax, outMax), scanDuty, onBattery: false },
      random,
      now,
    );
    this.hello = this.makeHello(new Uint8Array(0));
  }

  step(input: StationInput | Tick, now: Millis): StationOutput[] {
    const out: StationOutput[] = [];
    this.now = now;
    switch (input.kind) {
      case 'opened':
        this.open(input, out);
        break;
      case 'closed':
        this.close(input.link, out);
        break;
      case 'received':
      case 'sent':
        this.toLinks(input, out);
        break;
      case 'sighted':
      case 'power':
        this.toDialler(input, out);
        break;
      case 'clock':
        this.setClock(input.offsetMs, out);
        break;
      case 'say':
        this.say(input.text, out);
        break;
      case 'send':
        this.sendDraft(input.draft, out);
        break;
      case 'ping':
        this.onReception(this.reception.ping(input.id, this.ports.draw(8), now), out);
        break;
      case 'trace':
        this.onReception(this.reception.beginTrace(input.id, this.ports.draw(8), now), out);
        break;
      case 'tap':
        this.tap.isOn = input.isOn;
        break;
      case 'leave':
        this.leave(out);
        break;
      case 'tick':
        break;
    }
    this.tick(out);
    return out;
  }

  deadline(): Millis {
    return Math.min(
      this.relay.deadline(),
      this.links.deadline(),
      this.reception.deadline(),
      this.hasLeft ? Infinity : this.announcer.deadline(),
      this.config.outMax > 0 ? this.dialler.deadline() : Infinity,
      this.pinsAt,
    );
  }

  snapshot(now: Millis): Snapshot {
    const { identity } = this.ports;
    const { peers, history } = this.reception;
    const counts = this.links.counts;
    return {
      id: toHex(identity.id),
      name: this.config.name,
      uptimeMs: now - this.startedAt,
      unixMs: this.reception.wall(now),
      islandSize: this.dialler.islandSize,
      links: linkSnapshots(this.links, peers, this.config.outMax, now),
      peers: peers.all().map((peer) => peerSnapshot(peer, now)),
      historySize: history.size,
      heard: counts.reduce((sum, { heard }) => sum + heard, 0),
      sent: counts.reduce((sum, { sent }) => sum + sent, 0),
      delivered: this.delivered,
      drops: sumOfDrops([...counts, this.ownDrops].map((count) => count.reasons())),
    };
  }

  /** Whatever is due, after every input: a late tick loses nothing. */
  private tick(out: StationOutput[]): void {
    const { now } = this;
    if (now >= this.relay.deadline()) this.toRelay(TICK, out);
    if (now >= this.links.deadline()) this.onLinks(this.links.step(TICK, now), out);
    if (now >= this.reception.deadline()) this.onReception(this.reception.tick(now), out);
    if (this.config.outMax > 0 && now >= this.dialler.deadline()) this.toDialler(TICK, out);
    if (!this.hasLeft && now >= this.announcer.deadline()) this.toAnnouncer(TICK, out);
    if (now >= this.pinsAt) this.storePins(out);
    if (this.pins.alarmCount !== this.alarms) this.tellAlarms(out);
  }

  private open(input: Extract<StationInput, { kind: 'opened' }>, out: StationOutput[]): void {
    const { link, medium, payloadMax, rssi } = input;
    // A radio that lost an end without saying so uses the link again.
    if (this.links.at(link) !== null) this.close(link, out);
    const isAir = this.isAir(link);
    this.toRelay({ kind: 'linkUp', link, air: isAir }, out);
    this.usedAt[link] = -Infinity;
    const { hello } = this;
    this.toLinks({ kind: 'opened', link, medium, payloadMax, rssi, hello }, out);
    if (isAir) this.toDialler(input, out);
    this.introduce(link, out);
    this.look(out);
  }

  /** Announces go ahead of all else: a phone takes messages only of those it knows (WIRE §12 i). */
  private introduce(link: number, out: StationOutput[]): void {
    const own = this.announce;
    const isFresh = own !== null && this.now - own.saidAt < REPLAY_AGE_MS;
    // Ours first, since an iPhone takes history only of whom it knows.
    if (isFresh) this.send(link, own.bytes, NORMAL, out);
    for (const bytes of this.announces.fresh(this.now)) this.send(link, bytes, NORMAL, out);
  }

  private close(link: number, out: StationOutput[]): void {
    if (this.links.at(link) !== null) {
      this.toRelay({ kind: 'linkDown', link }, out);
      this.toLinks({ kind: 'closed', link }, out);
      this.reception.gone(link, this.now);
      tell(out, { kind: 'link-closed', link });
    }
    if (this.isAir(link)) this.toDialler({ kind: 'closed', link }, out);
    this.look(out);
  }

  private setClock(offsetMs: number | null, out: StationOutput[]): void {
    this.reception.epochMs = offsetMs;
    this.gate.epochMs = offsetMs;
    this.toAnnouncer({ kind: 'clock', isKnown: offsetMs !== null }, out);
  }

  private say(text: string, out: StationOutput[]): void {
    const payload = encodeMessage(text);
    const draft = { type: MESSAGE, payload, recipient: null, isSigned: true };
    const refusal = this.refusalOf(payload, SAY_MAX);
    if (refusal !== null) return tell(out, { kind: 'refused', what: 'say', reason: refusal });
    this.sayOwn(-1, OWN_TTL, draft, out);
  }

  private sendDraft(draft: OwnDraft, out: StationOutput[]): void {
    assert(!isLinkScoped(draft.type), 'services speak to peers, not to links');
    const refusal = this.refusalOf(draft.payload, PAYLOAD_MAX);
    if (refusal !== null) return tell(out, { kind: 'refused', what: 'send', reason: refusal });
    this.sayOwn(-1, OWN_TTL, draft, out);
  }

  private refusalOf(payload: Uint8Array, most: number): RefusedReason | null {
    if (this.hasLeft) return 'left';
    if (this.reception.epochMs === null) return 'no-clock';
    if (payload.length === 0) return 'empty';
    return payload.length > most ? 'too-long' : null;
  }

  private leave(out: StationOutput[]): void {
    if (this.hasLeft) return;
    const payload = encodeLeave({ channel: null });
    const draft = { type: LEAVE, payload, recipient: null, isSigned: true };
    if (this.reception.epochMs !== null) this.sayOwn(-1, OWN_TTL, draft, out);
    this.hasLeft = true;
    if (this.pinsAt < Infinity) this.storePins(out);
  }

  /** In our own name: over one link, or -1 for all. */
  private sayOwn(link: number, ttl: number, draft: OwnDraft, out: StationOutput[]): void {
    // Without a clock, the time since the start still tells our packets apart.
    const wallMs = this.reception.wall(this.now) ?? Math.floor(this.now);
    const frame = this.author.write(draft, ttl, wallMs);
    if (isLinkScoped(draft.type)) return this.sayToLink(link, frame, out);
    for (const bytes of this.author.pieces(frame)) this.toRelay({ kind: 'send', link, bytes }, out);
    if (draft.type === MESSAGE && draft.recipient === null) this.remember(frame, wallMs);
  }

  /** Our own are history like any: others lack them, and need not tell us of them. */
  private remember(frame: Uint8Array, wallMs: number): void {
    const own = openPacket(frame);
    if (own.ok) this.reception.history.add(own.packet, frame, wallMs);
  }

  private sayToLink(link: number, frame: Uint8Array, out: StationOutput[]): void {
    const hop = this.links.at(link);
    if (hop === null) return;
    const { mode } = hop.machine;
    // Part I only, to whom did not say hello; relayed packets only, to another major (WIRE §26).
    const isOfPartOne = frame[1] === REQUEST_SYNC;
    if (mode === 'incompatible' || (mode === 'legacy' && !isOfPartOne)) return;
    this.send(link, frame, priorityOf(frame[1]), out);
  }

  /** Somebody else's packet out of our memory, cut to what the link takes: we are its originator here. */
  private answer(link: number, frame: Uint8Array, out: StationOutput[]): void {
    const hop = this.links.at(link);
    if (hop === null) return;
    const largest = hop.medium === 'phone' ? hop.payloadMax : this.config.frameMax;
    for (const bytes of this.author.pieces(frame, largest)) {
      this.send(link, bytes, BACKGROUND, out);
    }
  }

  private send(link: number, bytes: Uint8Array, priority: number, out: StationOutput[]): void {
    const tapped = this.tap.take(link, 'sent', bytes, this.now);
    if (tapped !== null) out.push({ kind: 'tapped', frame: tapped });
    this.use(link, bytes[1], out);
    this.toLinks({ kind: 'send', link, bytes, priority }, out);
  }

  /** What people write or ask for keeps a link; announces and upkeep do not. */
  private use(link: number, type: number, out: StationOutput[]): void {
    if (!OF_VALUE.includes(type) || !this.isAir(link)) return;
    if (this.now - (this.usedAt[link] ?? -Infinity) < USED_EVERY_MS) return;
    this.usedAt[link] = this.now;
    this.toDialler({ kind: 'used', link }, out);
  }

  private toLinks(input: LinksInput, out: StationOutput[]): void {
    this.onLinks(this.links.step(input, this.now), out);
  }

  private onLinks(outputs: LinksOutput[], out: StationOutput[]): void {
    for (const output of outputs) {
      const { link } = output;
      switch (output.kind) {
        case 'write':
          out.push(output);
          break;
        case 'heard':
          this.hear(link, output.bytes, out);
          break;
        case 'settled':
          this.meet(output, out);
          break;
        case 'silent':
          if (this.isAir(link)) out.push({ kind: 'disconnect', link });
          break;
        case 'drop':
          this.drop(link, output.reason);
          break;
      }
    }
  }

  private hear(link: number, bytes: Uint8Array, out: StationOutput[]): void {
    const tapped = this.tap.take(link, 'heard', bytes, this.now);
    if (tapped !== null) out.push({ kind: 'tapped', frame: tapped });
    this.use(link, bytes[1], out);
    if (bytes[1] === NOTED) this.overhear(bytes, out);
    this.toRelay({ kind: 'heard', link, bytes }, out);
  }

  private overhear(bytes: Uint8Array, out: StationOutput[]): void {
    const { packet } = this;
    if (packet.read(bytes, FRAME_MAX) !== null || packet.isBroadcast()) return;
    const device = bytes.subarray(packet.recipientAt, packet.recipientAt + ID_SIZE);
    const payload = bytes.subarray(packet.payloadAt, packet.payloadAt + packet.payloadLength);
    this.onReception(this.reception.overhear(device, payload, this.now), out);
  }

  private meet(settled: Extract<LinksOutput, { kind: 'settled' }>, out: StationOutput[]): void {
    const { link, mode, id, hello, isFirst } = settled;
    const hop = this.links.at(link);
    if (hop === null) return;
    if (hello !== null) {
      this.toRelay({ kind: 'neighbour', link, id }, out);
      const mesh = hello.mesh ?? null;
      if (this.isAir(link)) this.toDialler({ kind: 'told', link, id, mesh }, out);
    }
    if (!isFirst) return;
    const name = nameOn(hop, this.reception.peers) ?? '';
    tell(out, { kind: 'link-settled', link, medium: hop.medium, mode, id, name });
    this.look(out);
  }

  private toRelay(input: RelayInput | Tick, out: StationOutput[]): void {
    this.onRelay(this.relay.step(input, this.now), out);
  }

  private onRelay(outputs: RelayOutput[], out: StationOutput[]): void {
    for (const output of outputs) {
      const { link } = output;
      if (output.kind === 'transmit') {
        const priority = this.gate.priorityOf(output.bytes, output.priority);
        this.send(link, output.bytes, priority, out);
      } else if (output.kind === 'drop') {
        this.drop(link, output.reason);
      } else {
        this.deliver(output, out);
      }
    }
  }

  private deliver(output: Extract<RelayOutput, { kind: 'deliver' }>, out: StationOutput[]): void {
    const { link, bytes, ttl } = output;
    this.delivered++;
    const isVerified = this.gate.isVerified(bytes);
    if (bytes[1] === ANNOUNCE && isVerified && ttl > 1) {
      this.packet.read(bytes, FRAME_MAX);
      this.announces.keep(this.packet, bytes, this.now);
    }
    this.onReception(this.reception.hear({ link, bytes, ttl, isVerified }, this.now), out);
  }

  private onReception(outputs: ReceptionOutput[], out: StationOutput[]): void {
    for (const output of outputs) {
      switch (output.kind) {
        case 'say':
          if (!this.hasLeft) this.sayOwn(output.link, output.ttl, output.draft, out);
          break;
        case 'answer':
          this.answer(output.link, output.bytes, out);
          break;
        case 'whole':
          this.hearWhole(output.link, output.bytes, out);
          break;
        case 'bound':
          this.bind(output.link, output.id, out);
          break;
        case 'drop':
          this.drop(output.link, output.reason);
          break;
        case 'told':
          this.note(output.event, out);
          break;
        default:
          out.push(output);
      }
    }
  }

  /** It is judged and met like any packet; that it goes no further needs no saying. */
  private hearWhole(link: number, bytes: Uint8Array, out: StationOutput[]): void {
    const outputs = this.relay.step({ kind: 'heard', link, bytes }, this.now);
    const isSaid = (output: RelayOutput): boolean =>
      output.kind !== 'drop' || output.reason !== 'out-of-hops';
    this.onRelay(outputs.filter(isSaid), out);
  }

  private bind(link: number, id: Uint8Array, out: StationOutput[]): void {
    this.toRelay({ kind: 'neighbour', link, id }, out);
    if (this.isAir(link)) this.toDialler({ kind: 'announced', link, id }, out);
    tell(out, { kind: 'link-bound', link, id });
  }

  /** What is told to people may be worth storing, and changes who is around. */
  private note(event: StationEvent, out: StationOutput[]): void {
    tell(out, event);
    if (event.kind === 'peer-seen') this.pinsAt = Math.min(this.pinsAt, this.now + PINS_EVERY_MS);
    if (event.kind === 'peer-seen' || event.kind === 'peer-left') this.look(out);
  }

  private toDialler(input: DiallerInput | Tick, out: StationOutput[]): void {
    if (this.config.outMax === 0) return;
    this.onDialler(this.dialler.step(input, this.now), out);
  }

  private onDialler(outputs: DiallerOutput[], out: StationOutput[]): void {
    for (const output of outputs) {
      if (output.kind !== 'tell') {
        out.push(output);
        continue;
      }
      this.hello = this.makeHello(output.mesh);
      for (const link of this.links.open()) {
        if (this.isAir(link)) this.toLinks({ kind: 'hello', link, hello: this.hello }, out);
      }
    }
  }

  /** Who is around has changed, or may have. */
  private look(out: StationOutput[]): void {
    const open = this.links.open();
    const neighbours: Uint8Array[] = [];
    for (const link of open) {
      const peer = this.links.at(link)?.peer ?? null;
      if (peer === null || this.reception.peers.find(peer) === null) continue;
      if (!neighbours.some((other) => sameBytes(other, 0, peer))) neighbours.push(peer);
    }
    this.toAnnouncer({ kind: 'around', isHeard: open.length > 0, neighbours }, out);
  }

  private toAnnouncer(input: AnnouncerInput | Tick, out: StationOutput[]): void {
    if (this.hasLeft) return;
    for (const { payload } of this.announcer.step(input, this.now)) {
      const draft = { type: ANNOUNCE, payload, recipient: null, isSigned: true };
      const wallMs = this.reception.wall(this.now) ?? 0;
      const bytes = this.author.write(draft, OWN_TTL, wallMs);
      this.announce = { bytes, saidAt: this.now };
      this.remember(bytes, wallMs);
      this.toRelay({ kind: 'send', link: -1, bytes }, out);
    }
  }

  private storePins(out: StationOutput[]): void {
    this.pinsAt = Infinity;
    out.push({ kind: 'store', record: { kind: 'pins', pins: this.pins.all() } });
  }

  private tellAlarms(out: StationOutput[]): void {
    this.alarms = this.pins.alarmCount;
    for (const { pinned } of this.pins.takeAlarms()) tell(out, { kind: 'alarm', id: pinned.id });
  }

  private drop(link: number, reason: string): void {
    (link < 0 ? this.ownDrops : this.links.counts[link]).drop(reason);
  }

  private isAir(link: number): boolean {
    return link <= this.config.outMax;
  }

  private makeHello(mesh: Uint8Array): Hello {
    const none = new Uint8Array(0);
    return {
      version: OUR_VERSION,
      role: this.config.role,
      features: MESH,
      frameMax: this.config.frameMax,
      name: encodeText(this.config.name),
      unixMs: this.reception.wall(this.now),
      board: none,
      token: none,
      mesh,
    };
  }
}

/** What people write and ask for, private or not. */
const OF_VALUE = [MESSAGE, HANDSHAKE, ENCRYPTED, FRAGMENT, FILE, VOICE, NOTE, NOTED, PING, PONG];

function tell(out: StationOutput[], event: StationEvent): void {
  out.push({ kind: 'told', event });
}
