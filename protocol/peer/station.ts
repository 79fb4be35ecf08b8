/**
 * Station: everything that a node with keys does, on a Pi as in the daemon, as one machine: what
 * core's Node is to a button. It joins the machines of this room and decides little itself.
 *
 *   received -> switchboard -> write
 *                 |-> reception: announces, history, notes, pings, traces -> services above
 *                       |-> author -> switchboard
 */
import { assert } from '../core/assert.ts';
import { readU32, sameBytes } from '../core/bytes.ts';
import type { Machine, Millis, Tick } from '../core/machine.ts';
import { TICK } from '../core/machine.ts';
import { ANNOUNCE, LEAVE, LINK_STATE, MESSAGE } from '../core/packet.ts';
import { BACKGROUND, NORMAL } from '../core/queue.ts';
import { isLinkScoped } from '../core/relay.ts';
import { Pins } from '../trust/pins.ts';
import { toHex } from '../wire/hex.ts';
import { encodeLeave } from '../wire/leave.ts';
import { encodeMessage, messageId } from '../wire/message.ts';
import type { Packet } from '../wire/packet.ts';
import { openPacket } from '../wire/packet.ts';
import { decodeText } from '../wire/text.ts';
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
import type { LinksOutput } from './links.ts';
import { NoteDesk } from './note-desk.ts';
import type { Peers } from './peers.ts';
import type { ReceptionOutput } from './reception.ts';
import { OWN_TTL, Reception } from './reception.ts';
import type { Comparisons } from './stock.ts';
import type { RoutePort } from './route-port.ts';
import { NOWHERE } from './route-port.ts';
import type { StationConfig, StationPorts } from './settings.ts';
import type { Snapshot } from './snapshot.ts';
import { linkSnapshots, nameOn, peerSnapshots } from './snapshot.ts';
import type { SwitchboardInput, SwitchboardOutput } from './switchboard.ts';
import { Switchboard } from './switchboard.ts';

/** Bytes of a public message of a person here; a longer one is refused. */
const SAY_MAX = 4096;
/** Hops beyond the farthest node known: whoever has just come lies there, and detours are longer. */
const REACH_SPARE = 2;
/** What phones write at once, if they may (WIRE §7). */
const WRITE_MAX = 512;
/** Nothing is cut for a link that takes less: it has not yet said how much it takes. */
const NARROW_MIN = 128;
/** Strangers' keys are stored so often, and at the end: each time wears out a card. */
export const PINS_EVERY_MS = 600_000;

export class Station implements Machine<StationInput, StationOutput> {
  readonly pins: Pins;
  private readonly config: StationConfig;
  private readonly ports: StationPorts;
  private readonly routes: RoutePort | null;
  private readonly switchboard: Switchboard;
  private readonly reception: Reception;
  private readonly announcer: Announcer;
  private readonly author: Author;
  /** Seven, like the phones; more where the setting lets packets of nodes go further (WIRE §12). */
  private readonly ownTtl: number;
  private readonly startedAt: Millis;
  private now: Millis;
  private delivered = 0;
  private alarms = 0;
  private pinsAt: Millis = Infinity;
  /** When reception, announcer or pins are due: few steps reach them, and all ask for it. */
  private innerAt: Millis = Infinity;
  private hasLeft = false;
  /** Links that are to be closed, because nothing comes over them or others are better. */
  private readonly letGo = new Set<number>();

  constructor(config: StationConfig, ports: StationPorts, now: Millis) {
    const { identity, crypto, random, draw } = ports;
    this.config = config;
    this.ports = ports;
    this.routes = ports.routes ?? null;
    this.ownTtl = Math.max(OWN_TTL, config.ttlMax);
    this.now = now;
    this.startedAt = now;
    const secret = draw(16);
    const seed = readU32(secret, 0);
    const pins = new Pins(crypto, config.pinsLimits, seed);
    for (const pin of config.pins) pins.restore(pin);
    pins.restoreDecisions(config.decisions);
    this.pins = pins;
    const isAsked = (link: number, at: Millis): boolean => this.reception.isAsked(link, at);
    this.switchboard = new Switchboard(config, ports, pins, isAsked, secret, now);
    const desk = new NoteDesk(crypto, random, config.devices);
    const { links } = this.switchboard;
    this.reception = new Reception({
      id: identity.id,
      crypto,
      pins,
      links,
      desk,
      reachableMs: config.reachableMs,
      seed,
      ttl: this.ownTtl,
      routes: this.routes,
      historyLimits: config.history,
      islandBytesPerMs: config.islandBytesPerSecond / 1000,
      reconcile: config.reconcile,
      asksForHistory: config.asksForHistory,
      draw,
    });
    for (const frame of config.frames) this.reception.history.restore(frame);
    this.announcer = new Announcer(identity, config, random);
    this.author = new Author(identity, draw, config.stamps ? crypto : null);
  }

  step(input: StationInput | Tick, now: Millis): StationOutput[] {
    const out: StationOutput[] = [];
    this.now = now;
    if (this.routes !== null) this.routes.now = now;
    switch (input.kind) {
      case 'clock':
        this.setClock(input.offsetMs, out);
        break;
      case 'say':
        this.say(input.text, out);
        break;
      case 'send':
        this.sendDraft(input.draft, out);
        break;
      case 'hand':
        this.toSwitchboard({ ...input, priority: NORMAL }, out);
        break;
      case 'ping':
        if (input.attempts !== undefined) this.detour(input.id, input.attempts);
        this.onReception(this.reception.ping(input, this.ports.draw(8), now), out);
        break;
      case 'trace':
        this.onReception(this.reception.beginTrace(input.id, this.ports.draw(8), now), out);
        break;
      case 'tally':
        this.onReception(this.reception.tally(input, now), out);
        break;
      case 'settings':
        this.switchboard.enforce(input.level);
        this.reception.sync.answers.islandBytesPerMs = input.islandBytesPerSecond / 1000;
        break;
      case 'dropped':
        this.switchboard.drop(input.link, input.reason);
        break;
      case 'leave':
        this.leave(out);
        break;
      case 'tick':
        break;
      default:
        this.toSwitchboard(input, out);
    }
    this.tick(out);
    return out;
  }

  deadline(): Millis {
    return Math.min(this.switchboard.deadline(), this.innerAt);
  }

  /** Links on the air and wires that would get a `passed` packet if it were injected now. */
  lacking(bytes: Uint8Array): number {
    return this.switchboard.lacking(bytes);
  }

  /** Who is in reach. */
  get around(): Pick<Peers, 'find' | 'all'> {
    return this.reception.peers;
  }

  /** What comparing of histories shows; null where they are not compared. */
  get comparisons(): Comparisons | null {
    return this.reception.reconciliation;
  }

  snapshot(now: Millis): Snapshot {
    const { peers, history } = this.reception;
    const { links, islandSize } = this.switchboard;
    const { heard, sent, drops } = links.counts.inAll();
    return {
      id: toHex(this.ports.identity.id),
      name: this.config.name,
      uptimeMs: now - this.startedAt,
      unixMs: this.reception.wall(now),
      islandSize,
      links: linkSnapshots(links, peers, this.config.outMax, now),
      peers: peerSnapshots(links, peers, now),
      historySize: history.size,
      historyFrom: history.floor(this.reception.wall(now)),
      heard,
      sent,
      delivered: this.delivered,
      drops,
    };
  }

  /** Whatever is due, after every input: a late tick loses nothing. */
  private tick(out: StationOutput[]): void {
    const { now } = this;
    if (now >= this.switchboard.deadline()) this.toSwitchboard(TICK, out);
    if (now >= this.innerAt) {
      if (now >= this.reception.deadline()) this.onReception(this.reception.tick(now), out);
      if (now >= this.announcer.deadline()) this.toAnnouncer(TICK, out);
      if (now >= this.pinsAt) this.storePins(out);
      this.rearm();
    }
    if (this.pins.alarmCount !== this.alarms) this.tellAlarms(out);
  }

  private setClock(offsetMs: number | null, out: StationOutput[]): void {
    this.reception.setClock(offsetMs);
    this.rearm();
    this.switchboard.setClock(offsetMs);
    this.toAnnouncer({ kind: 'clock', isKnown: offsetMs !== null }, out);
  }

  private say(text: string, out: StationOutput[]): void {
    const payload = encodeMessage(text);
    const refusal = this.refusalOf(payload, SAY_MAX);
    if (refusal !== null) return tell(out, { kind: 'refused', what: 'say', reason: refusal });
    const draft = { type: MESSAGE, payload, recipient: null, isSigned: true };
    this.sayOwn(-1, this.ttlOf(MESSAGE), draft, out);
  }

  private sendDraft(draft: OwnDraft, out: StationOutput[]): void {
    assert(!isLinkScoped(draft.type), 'services speak to peers, not to links');
    const refusal = this.refusalOf(draft.payload, PAYLOAD_MAX);
    if (refusal !== null) return tell(out, { kind: 'refused', what: 'send', reason: refusal });
    const { type, recipient, attempts = 0 } = draft;
    if (recipient !== null && attempts > 0) this.routes?.failed(recipient, attempts);
    this.sayOwn(-1, this.ttlOf(type), draft, out);
  }

  /** Whatever way there is by now: it is asked for, or none could be given up. */
  private detour(target: Uint8Array, attempts: number): void {
    this.routes?.next(target, NOWHERE, () => true);
    this.routes?.failed(target, attempts);
  }

  /**
   * As far as the mesh reaches that we know of, and a little further; what tells others of us goes as
   * far as it may, or nobody would learn more.
   */
  private ttlOf(type: number): number {
    const reach = type === LINK_STATE ? 0 : (this.routes?.reach() ?? 0);
    if (reach === 0) return this.ownTtl;
    return Math.min(this.ownTtl, Math.max(OWN_TTL, reach + REACH_SPARE));
  }

  private refusalOf(payload: Uint8Array, most: number): RefusedReason | null {
    if (this.hasLeft) return 'left';
    if (!this.reception.hasClock) return 'no-clock';
    if (payload.length === 0) return 'empty';
    return payload.length > most ? 'too-long' : null;
  }

  private leave(out: StationOutput[]): void {
    if (this.hasLeft) return;
    const payload = encodeLeave({ channel: null });
    const draft = { type: LEAVE, payload, recipient: null, isSigned: true };
    if (this.reception.hasClock) this.sayOwn(-1, this.ownTtl, draft, out);
    this.hasLeft = true;
    this.announcer.step({ kind: 'leave' }, this.now);
    if (this.pinsAt < Infinity) this.storePins(out);
  }

  /** In our own name: over one link, or -1 for all. */
  private sayOwn(
    link: number,
    ttl: number,
    draft: OwnDraft,
    out: StationOutput[],
    device: string | null = null,
  ): void {
    if (this.hasLeft) return;
    // Without a clock, the time since the start still tells our packets apart.
    const wallMs = this.reception.wall(this.now) ?? Math.floor(this.now);
    const frame = this.author.write(draft, ttl, wallMs);
    // Cut, an announce would show no neighbour: whom it does not reach so is not reached.
    const largest = draft.type === ANNOUNCE ? null : this.narrowest(link);
    for (const bytes of this.author.pieces(frame, largest)) {
      this.toSwitchboard({ kind: 'say', link, bytes }, out);
    }
    // Our own are history like any: others lack them, and need not tell us of them.
    const own = openPacket(frame);
    if (!own.ok || draft.recipient !== null) return;
    this.reception.keep(own.packet, frame, wallMs, this.now);
    this.rearm();
    if (draft.type === MESSAGE) this.tellSaid(own.packet, frame, device, out);
  }

  private tellSaid(
    { sender, timestamp, payload }: Packet,
    frame: Uint8Array,
    device: string | null,
    out: StationOutput[],
  ): void {
    // Ours, so it is text; a mark at its front is part of it, or others had another id for it.
    const text = decodeText(payload) ?? '';
    const id = messageId(this.ports.crypto, sender, timestamp, text);
    tell(out, { kind: 'said', id, text, timestamp, frame, device });
  }

  /** Somebody else's packet out of our memory, cut to what the link takes: here it begins with us. */
  private answer(link: number, frame: Uint8Array, out: StationOutput[]): void {
    const hop = this.switchboard.links.at(link);
    if (hop === null) return;
    const isPhone = hop.medium === 'phone';
    const largest = isPhone ? Math.max(hop.payloadMax, NARROW_MIN) : this.config.frameMax;
    for (const bytes of this.author.pieces(frame, largest)) {
      this.toSwitchboard({ kind: 'hand', link, bytes, priority: BACKGROUND }, out);
    }
  }

  /** The smallest write of a phone that is to hear us, or null where every piece fits anyway. */
  private narrowest(link: number): number | null {
    const { links } = this.switchboard;
    const isOfNode = link >= 0 && links.at(link)?.medium !== 'phone';
    if (isOfNode) return this.config.frameMax;
    let least = WRITE_MAX;
    for (const number of link < 0 ? links.open() : [link]) {
      const hop = links.at(number);
      if (hop === null || hop.medium !== 'phone' || hop.payloadMax < NARROW_MIN) continue;
      least = Math.min(least, hop.payloadMax);
    }
    return least < WRITE_MAX ? least : null;
  }

  private toSwitchboard(input: SwitchboardInput | Tick, out: StationOutput[]): void {
    for (const output of this.switchboard.step(input, this.now)) this.onSwitchboard(output, out);
  }

  private onSwitchboard(output: SwitchboardOutput, out: StationOutput[]): void {
    switch (output.kind) {
      case 'deliver':
        this.delivered++;
        this.onReception(this.reception.hear(output, this.now), out);
        break;
      case 'withheld':
        if (this.reception.withhold(output, this.now)) this.switchboard.setAside(output);
        this.rearm();
        break;
      case 'strange':
        this.reception.hold(output);
        break;
      case 'came':
        this.reception.came(output, this.now);
        break;
      case 'noted': {
        const { device, payload } = output;
        this.onReception(this.reception.overhear(device, payload, this.now), out);
        break;
      }
      case 'opened':
        this.look(out);
        break;
      case 'settled':
        this.meet(output, out);
        break;
      case 'disconnect':
        this.letGo.add(output.link);
        out.push(output);
        break;
      case 'closed':
        this.reception.gone(output.link, !this.letGo.delete(output.link), this.now);
        this.rearm();
        tell(out, { kind: 'link-closed', link: output.link });
        this.look(out);
        break;
      default:
        out.push(output);
    }
  }

  private meet(settled: Extract<LinksOutput, { kind: 'settled' }>, out: StationOutput[]): void {
    const { link, mode, id, isFirst } = settled;
    const hop = this.switchboard.links.at(link);
    if (hop === null) return;
    // A hello may come late, after the link was taken for a phone's.
    this.reception.settled(link, this.now);
    this.rearm();
    if (!isFirst) return;
    const name = nameOn(hop, this.reception.peers) ?? '';
    tell(out, { kind: 'link-settled', link, medium: hop.medium, mode, id, name });
    if (hop.medium === 'line') this.onReception(this.reception.lineUp(link, this.now), out);
    this.look(out);
  }

  /** Called where the reception may have changed its mind about when it is to be woken, or another. */
  private rearm(): void {
    const ours = Math.min(this.announcer.deadline(), this.pinsAt);
    this.innerAt = Math.min(this.reception.deadline(), ours);
  }

  private onReception(outputs: ReceptionOutput[], out: StationOutput[]): void {
    for (const output of outputs) {
      switch (output.kind) {
        case 'say':
          this.sayOwn(output.link, output.ttl, output.draft, out, output.device);
          break;
        case 'answer':
          this.answer(output.link, output.bytes, out);
          break;
        case 'whole':
          this.toSwitchboard(output, out);
          break;
        case 'bound':
          this.toSwitchboard(output, out);
          tell(out, { kind: 'link-bound', link: output.link, id: output.id });
          break;
        case 'drop':
          this.switchboard.drop(output.link, output.reason);
          break;
        case 'told':
          this.note(output.event, out);
          break;
        default:
          out.push(output);
      }
    }
    this.rearm();
  }

  /** What is told to people may be worth storing, and changes who is around. */
  private note(event: StationEvent, out: StationOutput[]): void {
    tell(out, event);
    if (event.kind === 'peer-seen') this.pinsAt = Math.min(this.pinsAt, this.now + PINS_EVERY_MS);
    const isPresence = event.kind === 'peer-seen' || event.kind === 'peer-left';
    // Most live far away, and make no difference to whom we hear.
    if (isPresence && this.switchboard.links.leadTo(event.id)) this.look(out);
  }

  /** Who is around has changed, or may have. */
  private look(out: StationOutput[]): void {
    const { links } = this.switchboard;
    const open = links.open();
    const neighbours: Uint8Array[] = [];
    let lined = 0;
    for (const link of open) {
      const { peer, medium } = links.at(link)!;
      // Phones would route along what an announce says, as if a line were a hop on the air.
      if (medium === 'line') lined++;
      else if (peer !== null && this.reception.peers.has(peer)) {
        if (!neighbours.some((other) => sameBytes(other, 0, peer))) neighbours.push(peer);
      }
    }
    this.toAnnouncer({ kind: 'around', isHeard: open.length > 0, neighbours, lined }, out);
  }

  private toAnnouncer(input: AnnouncerInput | Tick, out: StationOutput[]): void {
    for (const { payload } of this.announcer.step(input, this.now)) {
      const draft = { type: ANNOUNCE, payload, recipient: null, isSigned: true };
      this.sayOwn(-1, this.ownTtl, draft, out);
    }
    this.rearm();
  }

  private storePins(out: StationOutput[]): void {
    this.pinsAt = Infinity;
    out.push({ kind: 'store', record: { kind: 'pins', pins: this.pins.all() } });
  }

  private tellAlarms(out: StationOutput[]): void {
    this.alarms = this.pins.alarmCount;
    for (const { pinned } of this.pins.takeAlarms()) tell(out, { kind: 'alarm', id: pinned.id });
  }
}

function tell(out: StationOutput[], event: StationEvent): void {
  out.push({ kind: 'told', event });
}
