/**
 * Reception: what a station does with the packets that are for it, type by type. Packets come here
 * from the relay, judged and met for the first time; what is to be said in return goes out again as
 * drafts, and what no machine here understands goes up to the services.
 */
import type { Millis } from '../core/machine.ts';
import {
  ANNOUNCE,
  FRAGMENT,
  FRAME_MAX,
  ID_SIZE,
  LEAVE,
  MESSAGE,
  NOTE,
  NOTED,
  PacketView,
  PING,
  PONG,
  RECONCILE,
  REQUEST_SYNC,
  TRACE,
} from '../core/packet.ts';
import { sameBytes } from '../core/bytes.ts';
import { isLinkScoped } from '../core/relay.ts';
import { HISTORY_AT, TARGET_AT, Trace } from '../core/trace.ts';
import { RECONCILES } from '../core/version.ts';
import type { Crypto } from '../trust/crypto.ts';
import { checkFrame } from '../trust/identity.ts';
import type { Pins } from '../trust/pins.ts';
import { capabilitiesIn, nameIn, neighboursIn } from '../wire/announce.ts';
import { AnnounceView } from '../wire/announce-view.ts';
import { compareBytes } from '../wire/cbor-writer.ts';
import { FragmentAssembler } from '../wire/fragment-assembler.ts';
import { decodeLeave } from '../wire/leave.ts';
import { decodeMessage, messageId } from '../wire/message.ts';
import type { Packet } from '../wire/packet.ts';
import { openPacket } from '../wire/packet.ts';
import type { Draw } from './author.ts';
import type { LeftReason, OwnDraft, StationEvent, StoredRecord } from './contract.ts';
import type { HistoryLimits } from './history.ts';
import { History, isFresh } from './history.ts';
import type { Hop, Links } from './links.ts';
import type { NoteDesk, NoteDeskOutput } from './note-desk.ts';
import type { Departure, Peer } from './peers.ts';
import { Peers, PEERS_MAX } from './peers.ts';
import type { PingerOutput } from './pinger.ts';
import { Pinger } from './pinger.ts';
import type { ReconcileConfig, ReconcileInput } from './reconcile.ts';
import { Reconciliation } from './reconcile.ts';
import type { RoutePort } from './route-port.ts';
import { NOWHERE } from './route-port.ts';
import type { FarEnd, SyncOutput } from './sync.ts';
import { Sync } from './sync.ts';
import { Tracer } from './tracer.ts';
import { Unvouched } from './unvouched.ts';

/** The TTL of what begins at a phone; a neighbour's own announce is known by it (WIRE §5). */
export const OWN_TTL = 7;
/** What an unverified payload may inflate to. A verified one may be as large as any frame. */
const UNVERIFIED_MAX = 65_536;
/** Of an announce and what it carries; nobody else's turn comes before one is done with them. */
const PACKET = new PacketView();
const ANNOUNCED = new AnnounceView();

export type ReceptionOutput =
  /** Over one link, or -1 for all; with TTL 0 it stays there. */
  | { kind: 'say'; link: number; ttl: number; draft: OwnDraft; device?: string }
  /** A packet of somebody else's, as it was, for one link. */
  | { kind: 'answer'; link: number; bytes: Uint8Array }
  /** History given to our island, by whom had lines. */
  | { kind: 'spent'; bytes: number }
  /** Fragments have become a frame, which is to be judged like any other. */
  | { kind: 'whole'; link: number; bytes: Uint8Array }
  /** A peer has shown itself at the far end of a link. */
  | { kind: 'bound'; link: number; id: Uint8Array }
  | { kind: 'told'; event: StationEvent }
  | { kind: 'store'; record: StoredRecord }
  | { kind: 'deliver'; link: number; packet: Packet; isVerified: boolean }
  /** Link -1 where none is to blame. */
  | { kind: 'drop'; link: number; reason: string };

/** A packet for us, as the relay delivers it, and what is known of it. */
export type Delivery = {
  link: number;
  bytes: Uint8Array;
  /** As it was heard; the bytes carry what it is passed on with. */
  ttl: number;
  isVerified: boolean;
  /** It was withheld, and its sender is let in again. */
  isReleased: boolean;
};

export type ReceptionPorts = {
  id: Uint8Array;
  crypto: Crypto;
  pins: Pins;
  links: Links;
  desk: NoteDesk;
  /** As of Peers, both. */
  reachableMs: Millis;
  seed: number;
  /** The TTL of what begins here. */
  ttl: number;
  /** Whoever knows ways; null for nobody. */
  routes: RoutePort | null;
  historyLimits: HistoryLimits;
  /** As of Sync. */
  islandBytesPerMs: number;
  reconcile: ReconcileConfig | null;
  asksForHistory: boolean;
  draw: Draw;
};

export class Reception {
  readonly peers: Peers;
  readonly history: History;
  readonly sync: Sync;
  /** Null where Hopline neighbours are asked as phones are. */
  readonly reconciliation: Reconciliation | null;
  readonly pinger = new Pinger();
  readonly tracer = new Tracer();
  /** Unix time at 0 of our clock, or null. */
  private epochMs: number | null = null;
  private wakeAt: Millis = Infinity;
  /** Those that are up. */
  private readonly lines = new Set<number>();
  /** By number, when a link was lost last. */
  private readonly lostAt = new Map<number, Millis>();
  private readonly ports: ReceptionPorts;
  private readonly trace: Trace;
  private readonly assembler = new FragmentAssembler();
  private readonly unvouched = new Unvouched();

  constructor(ports: ReceptionPorts) {
    this.ports = ports;
    this.peers = new Peers(PEERS_MAX, ports.reachableMs, ports.seed);
    this.history = new History(ports.crypto, ports.historyLimits);
    this.sync = new Sync(this.history, ports.islandBytesPerMs);
    this.trace = new Trace(ports.id);
    const { reconcile, draw } = ports;
    this.reconciliation =
      reconcile && new Reconciliation(this.history, this.sync.answers, draw, reconcile);
  }

  get hasClock(): boolean {
    return this.epochMs !== null;
  }

  setClock(epochMs: number | null): void {
    this.epochMs = epochMs;
    this.rearm();
  }

  /** Unix time, or null without a clock. */
  wall(now: Millis): number | null {
    return this.epochMs === null ? null : Math.floor(this.epochMs + now);
  }

  hear(delivery: Delivery, now: Millis): ReceptionOutput[] {
    const out: ReceptionOutput[] = [];
    const { bytes, link, isVerified } = delivery;
    // By far the most, and read where they lie.
    if (isVerified && bytes[1] === ANNOUNCE) {
      this.hearAnnounce(delivery, now, out);
      return out;
    }
    const payload = isVerified ? FRAME_MAX : UNVERIFIED_MAX;
    const opened = openPacket(bytes, { frame: FRAME_MAX, payload });
    if (opened.ok) this.serve(opened.packet, delivery, now, out);
    else out.push({ kind: 'drop', link, reason: opened.reason });
    this.rearm();
    return out;
  }

  tick(now: Millis): ReceptionOutput[] {
    const out: ReceptionOutput[] = [];
    this.sayGoodbye(this.peers.expire(now), out);
    this.onPinger(-1, this.pinger.step({ kind: 'tick' }, now), out);
    this.onDesk(this.ports.desk.step({ kind: 'tick' }, now), out);
    const wallMs = this.wall(now);
    if (wallMs !== null) {
      this.onReconcile({ kind: 'wake', wallMs }, now, out);
      this.onSync(this.sync.step({ kind: 'wake', wallMs }, now), out);
    }
    for (const id of this.tracer.expire(now)) tell(out, { kind: 'trace-done', id });
    this.rearm();
    return out;
  }

  deadline(): Millis {
    return this.wakeAt;
  }

  /** A line is up, and who is there has proven it: nothing else has to show it first. */
  lineUp(link: number, now: Millis): ReceptionOutput[] {
    const out: ReceptionOutput[] = [];
    this.lines.add(link);
    this.peers.join();
    this.askForHistory(link, now, out);
    return out;
  }

  /** The far end has said what it can do. */
  settled(link: number, now: Millis): void {
    if (!this.reconciles(link)) return;
    const { peer, hello } = this.ports.links.at(link)!;
    const leads = compareBytes(this.ports.id, peer!) < 0;
    const met = { kind: 'met', link, farEnd: this.farEndOf(link), leads } as const;
    this.reconciliation?.note({ ...met, frameMax: hello!.frameMax }, now);
    this.rearm();
  }

  /** Whether what comes over the link may be an answer to us. */
  isAsked(link: number, now: Millis): boolean {
    return this.sync.isAsked(link, now) || this.reconciliation?.isAsked(link, now) === true;
  }

  /** History that came by no link: what we said ourselves, others need not tell us of. */
  keep(packet: Packet, frame: Uint8Array, wallMs: number, now: Millis): void {
    if (!this.history.add(packet, frame, wallMs) || packet.type !== MESSAGE) return;
    this.reconciliation?.note({ kind: 'kept', link: -1, late: null }, now);
    this.rearm();
  }

  /**
   * Takes into the history what is not to be shown, for others; or neighbours would offer it again and
   * again, and what is lacking besides would not come through. False where it is no news.
   */
  withhold({ bytes, link, ttl, isVerified }: Omit<Delivery, 'isReleased'>, now: Millis): boolean {
    const opened = openPacket(bytes, { frame: FRAME_MAX, payload: FRAME_MAX });
    if (!opened.ok || !isVerified) return true;
    const { packet } = opened;
    if (packet.type !== MESSAGE || !packet.isBroadcast) return true;
    if (!this.history.add(packet, bytes, this.wall(now) ?? packet.timestamp)) return false;
    this.kept(packet, link, ttl, now);
    this.rearm();
    return true;
  }

  /** A message of a stranger who is shown once he has said who he is, and not before. */
  hold({ bytes, link, ttl }: Pick<Delivery, 'bytes' | 'link' | 'ttl'>): void {
    const opened = openPacket(bytes, { frame: FRAME_MAX, payload: UNVERIFIED_MAX });
    if (!opened.ok || !opened.packet.isBroadcast) return;
    this.unvouched.keep(opened.packet, bytes, { link, ttl });
  }

  /** An answer, after it was heard, withheld, held or dropped: what it is called tells which it was. */
  came({ link, bytes }: Pick<Delivery, 'link' | 'bytes'>, now: Millis): void {
    if (this.reconciliation?.awaits(link) !== true) return;
    const opened = openPacket(bytes, { frame: FRAME_MAX, payload: UNVERIFIED_MAX });
    const name = opened.ok ? this.history.nameOf(opened.packet) : null;
    this.reconciliation.note({ kind: 'came', link, name }, now);
  }

  /** A link is no more; `isLost` unless it was let go here, as all are that fell silent. */
  gone(link: number, isLost: boolean, now: Millis): void {
    if (isLost) this.lostAt.set(link, now);
    if (this.lines.delete(link) && this.lines.size === 0) this.peers.sever(now);
    this.sync.step({ kind: 'gone', link }, now);
    this.reconciliation?.note({ kind: 'gone', link }, now);
    this.pinger.step({ kind: 'gone', link }, now);
    this.rearm();
  }

  /** Over one link, or over all. */
  ping(to: { id: Uint8Array; link?: number }, nonce: Uint8Array, now: Millis): ReceptionOutput[] {
    const out: ReceptionOutput[] = [];
    const { id, link = -1 } = to;
    const asked = this.pinger.step({ kind: 'ask', id, nonce, ttl: this.ports.ttl }, now);
    this.onPinger(link, asked, out);
    this.rearm();
    return out;
  }

  /** Asks what was lost of a time (see Tally). */
  tally(
    wanted: Pick<Extract<ReconcileInput, { kind: 'tally' }>, 'links' | 'span'>,
    now: Millis,
  ): ReceptionOutput[] {
    const out: ReceptionOutput[] = [];
    const wallMs = this.wall(now);
    if (wallMs !== null) this.onReconcile({ ...wanted, kind: 'tally', wallMs }, now, out);
    this.rearm();
    return out;
  }

  beginTrace(id: Uint8Array, nonce: Uint8Array, now: Millis): ReceptionOutput[] {
    const out: ReceptionOutput[] = [];
    const payload = this.tracer.begin(id, nonce, now);
    if (payload !== null) this.sayTrace(-1, -1, payload, out);
    else tell(out, { kind: 'refused', what: 'trace', reason: 'busy' });
    this.rearm();
    return out;
  }

  /** Another's answer to a device passes by: it is not for us, and the desk wants to know. */
  overhear(device: Uint8Array, payload: Uint8Array, now: Millis): ReceptionOutput[] {
    const out: ReceptionOutput[] = [];
    this.onDesk(this.ports.desk.step({ kind: 'noted', device, payload }, now), out);
    this.rearm();
    return out;
  }

  /** Called where a machine was stepped: they lie far apart in memory, and most packets step none. */
  private rearm(): void {
    const { peers, pinger, tracer, sync, reconciliation } = this;
    const { desk } = this.ports;
    this.wakeAt = Math.min(peers.deadline(), pinger.deadline(), tracer.deadline(), desk.deadline());
    // Without a clock nobody is asked, and nothing is compared.
    if (this.epochMs === null) return;
    this.wakeAt = Math.min(this.wakeAt, sync.deadline(), reconciliation?.deadline() ?? Infinity);
  }

  private serve(packet: Packet, from: Delivery, now: Millis, out: ReceptionOutput[]): void {
    const { link, ttl } = from;
    const { sender, payload } = packet;
    switch (packet.type) {
      case ANNOUNCE:
        // One that nobody vouches for.
        return;
      case MESSAGE:
        // A directed one is no public message, and none of the phones sends it.
        if (packet.isBroadcast) return this.hearMessage(packet, from, now, out);
        return void out.push({ kind: 'deliver', link, packet, isVerified: from.isVerified });
      case LEAVE:
        return this.hearLeave(packet, from, out);
      case FRAGMENT:
        return this.hearFragment(packet, link, now, out);
      case REQUEST_SYNC:
      case RECONCILE:
        return this.hearRequest(packet, from, now, out);
      case PING:
        return this.hearPing(packet, link, now, out);
      case PONG: {
        if (packet.isBroadcast) return;
        const pong = { kind: 'pong', sender, payload, heardTtl: ttl } as const;
        return this.onPinger(link, this.pinger.step(pong, now), out);
      }
      case TRACE:
        return this.hearTrace(packet, link, out);
      case NOTE: {
        // Said on without the time, it would reach nobody, and the device would take it for said.
        if (!this.hasClock) return void out.push({ kind: 'drop', link, reason: 'no-clock' });
        const note = {
          kind: 'note',
          device: sender,
          hops: Math.max(0, OWN_TTL - ttl),
          payload,
        } as const;
        return this.onDesk(this.ports.desk.step(note, now), out);
      }
      default:
        out.push({ kind: 'deliver', link, packet, isVerified: from.isVerified });
    }
  }

  private hearAnnounce(from: Delivery, now: Millis, out: ReceptionOutput[]): void {
    const { link, ttl, bytes } = from;
    const reason = PACKET.read(bytes, FRAME_MAX) ?? ANNOUNCED.readPacket(PACKET, FRAME_MAX);
    if (reason !== null) return void out.push({ kind: 'drop', link, reason });
    const { senderAt } = PACKET;
    const wallMs = this.wall(now);
    // An old one tells of who was here, and replayed it must change nothing (RELIABILITY S18).
    const isNow = wallMs === null || isFresh(PACKET.timestamp(), wallMs);
    this.history.addAnnounce(PACKET);
    if (!isNow) return this.vouch(bytes, senderAt, ANNOUNCED, now, out);
    const isDirect = this.isByItself(link, ttl) && this.bind(link, bytes, senderAt, now, out);
    const hops = isDirect ? 1 : this.hopsOf(ttl);
    const isByLine = this.ports.links.at(link)?.medium === 'line';
    const way = { link, isDirect, hops, isByLine };
    const hearing = this.peers.hear(PACKET, ANNOUNCED, way, now);
    this.wakeAt = Math.min(this.wakeAt, this.peers.deadline());
    if (hearing !== 'known') this.tellOf(bytes, senderAt, isDirect, hearing === 'new', out);
    if (isDirect) this.askForHistory(link, now, out);
    this.vouch(bytes, senderAt, ANNOUNCED, now, out);
  }

  /** Whether the sender of an announce is at the far end of the link. */
  private bind(
    link: number,
    bytes: Uint8Array,
    senderAt: number,
    now: Millis,
    out: ReceptionOutput[],
  ): boolean {
    const { links } = this.ports;
    const before = links.at(link)?.peer ?? null;
    const id = idIn(bytes, senderAt);
    if (!links.bind(link, id, now)) return false;
    if (before === null || !sameBytes(before, 0, id)) out.push({ kind: 'bound', link, id });
    return true;
  }

  private tellOf(
    frame: Uint8Array,
    senderAt: number,
    isDirect: boolean,
    isNew: boolean,
    out: ReceptionOutput[],
  ): void {
    const [id, name] = [idIn(frame, senderAt), nameIn(ANNOUNCED)];
    const capabilities = capabilitiesIn(ANNOUNCED);
    const neighbours = neighboursIn(ANNOUNCED);
    if (isNew) {
      tell(out, { kind: 'peer-seen', id, name, isDirect });
      const crowdedOut = this.peers.makeRoom((other) => this.isKept(other));
      if (crowdedOut !== null) this.sayGoodbye([crowdedOut], out);
    }
    tell(out, { kind: 'announced', id, name, frame, capabilities, neighbours });
  }

  /** Of whoever is at the far end, unless histories are compared there. */
  private askForHistory(link: number, now: Millis, out: ReceptionOutput[]): void {
    const wallMs = this.wall(now);
    if (wallMs === null || !this.ports.asksForHistory || this.reconciles(link)) return;
    const met = { kind: 'met', link, farEnd: this.farEndOf(link), wallMs } as const;
    this.onSync(this.sync.step(met, now), out);
    this.rearm();
  }

  /** What came ahead of its sender's announce, and is his, counts as if it had come after it. */
  private vouch(
    bytes: Uint8Array,
    senderAt: number,
    announce: AnnounceView,
    now: Millis,
    out: ReceptionOutput[],
  ): void {
    if (this.unvouched.size === 0) return;
    const view = new PacketView();
    const signingKey = announce.signingKey();
    for (const { packet, frame, untold } of this.unvouched.take(bytes, senderAt)) {
      if (view.read(frame, FRAME_MAX) !== null) continue;
      if (!checkFrame(this.ports.crypto, view, signingKey)) continue;
      if (untold === null || this.ports.pins.isQuarantined(packet.sender)) {
        this.keep(packet, frame, this.wall(now) ?? packet.timestamp, now);
      } else {
        const from = { ...untold, bytes: frame, isVerified: true, isReleased: false };
        this.hearMessage(packet, from, now, out);
      }
    }
  }

  private hearMessage(packet: Packet, from: Delivery, now: Millis, out: ReceptionOutput[]): void {
    const { sender, timestamp } = packet;
    const { link, isVerified } = from;
    const text = decodeMessage(packet.payload);
    if (!text.ok) return void out.push({ kind: 'drop', link, reason: text.reason });
    const wallMs = this.wall(now) ?? timestamp;
    const isOld = !isFresh(timestamp, wallMs);
    // What nobody vouches for is not kept, and so not taken as old either.
    const isNews = isVerified
      ? from.isReleased || this.history.add(packet, from.bytes, wallMs)
      : !isOld && !this.history.has(packet);
    if (!isNews) return void out.push({ kind: 'drop', link, reason: 'known-history' });
    if (isVerified) {
      this.kept(packet, link, from.ttl, now);
      if (!isOld) this.peers.touch(sender, now);
      this.onDesk(this.ports.desk.step({ kind: 'message', text: text.value }, now), out);
    } else this.unvouched.keep(packet, from.bytes);
    tell(out, {
      kind: 'message',
      id: messageId(this.ports.crypto, sender, timestamp, text.value),
      sender,
      name: this.peers.nameOf(sender),
      text: text.value,
      timestamp,
      isHistory: isOld,
      isVerified,
      frame: isVerified ? new Uint8Array(from.bytes) : null,
    });
  }

  /** What comes with no hops to go answers a request of ours. */
  private kept(packet: Packet, link: number, ttl: number, now: Millis): void {
    const late = ttl === 0 ? this.history.nameOf(packet) : null;
    this.reconciliation?.note({ kind: 'kept', link, late }, now);
    const wallMs = this.wall(now);
    if (late !== null || wallMs === null) return;
    const saidAt = now - (wallMs - packet.timestamp);
    if (this.reconciliation?.isOfOutage(link, saidAt) !== true) return;
    const name = this.history.nameOf(packet);
    this.reconciliation.note({ kind: 'handed', link, name }, now);
  }

  private hearLeave(packet: Packet, from: Delivery, out: ReceptionOutput[]): void {
    const leave = decodeLeave(packet.payload);
    if (!from.isVerified || !leave.ok || leave.value.channel !== null) return;
    const gone = this.peers.leave(packet.sender);
    if (gone !== null) this.sayGoodbye([gone], out);
  }

  private hearFragment(packet: Packet, link: number, now: Millis, out: ReceptionOutput[]): void {
    const whole = this.assembler.add(packet.sender, packet.payload, now);
    if (!whole.ok) return void out.push({ kind: 'drop', link, reason: whole.reason });
    if (whole.frame === null) return;
    const isHidden = isLinkScoped(whole.frame[1]);
    // What stays on a link never needs cutting: inside fragments it would come from afar.
    if (isHidden) out.push({ kind: 'drop', link, reason: 'link-scope' });
    else out.push({ kind: 'whole', link, bytes: whole.frame });
  }

  private hearRequest(packet: Packet, from: Delivery, now: Millis, out: ReceptionOutput[]): void {
    const { link } = from;
    const { sender, timestamp, payload } = packet;
    const wallMs = this.wall(now);
    const isForUs = packet.isBroadcast || sameBytes(packet.recipient!, 0, this.ports.id);
    if (!isForUs || wallMs === null) return;
    // Whom nobody has met gets nothing for a request, however well it is made (RELIABILITY S16).
    if (!from.isVerified) return void out.push({ kind: 'drop', link, reason: 'unknown-sender' });
    const peer = this.ports.links.at(link)?.peer ?? null;
    const isItsLink = peer === null || sameBytes(peer, 0, sender);
    const request = { link, sender, isItsLink, timestamp, payload, wallMs };
    if (packet.type === RECONCILE) {
      return this.onReconcile({ kind: 'heard', ...request }, now, out);
    }
    const farEnd = this.farEndOf(link);
    this.onSync(this.sync.step({ kind: 'request', ...request, farEnd }, now), out);
  }

  private hearPing(packet: Packet, link: number, now: Millis, out: ReceptionOutput[]): void {
    // One to everybody would be answered by everybody.
    if (packet.isBroadcast) return;
    const { payload, sender } = packet;
    const answers = this.pinger.step({ kind: 'ping', link, payload, ttl: this.ports.ttl }, now);
    this.onPinger(link, answers, out, sender);
  }

  private hearTrace(packet: Packet, link: number, out: ReceptionOutput[]): void {
    const { payload } = packet;
    const own = this.tracer.hear(payload);
    if (own === 'trace-loop') return void out.push({ kind: 'drop', link, reason: own });
    if (own !== null) return tell(out, { kind: 'hop', hop: own });
    const hop = this.ports.links.at(link);
    if (hop === null) return;
    const ways = this.trace.hear(
      link,
      {
        // Air, wire, line.
        kind: hasNoIsland(hop) ? 2 : hop.medium === 'wire' ? 1 : 0,
        rssi: hop.rssi,
        roundTripMs: hop.machine.roundTripMs,
      },
      payload,
    );
    if (typeof ways === 'string') return void out.push({ kind: 'drop', link, reason: ways });
    for (const way of ways) this.sayTrace(way.link, way.except, way.payload, out);
  }

  private sayTrace(
    link: number,
    except: number,
    payload: Uint8Array,
    out: ReceptionOutput[],
  ): void {
    const draft = { type: TRACE, payload, recipient: null, isSigned: false };
    const one = link < 0 ? this.wayOf(payload, except) : link;
    const to = one >= 0 ? [one] : this.ports.links.open().filter((other) => other !== except);
    for (const one of to) out.push({ kind: 'say', link: one, ttl: 0, draft });
  }

  private onSync(outputs: SyncOutput[], out: ReceptionOutput[]): void {
    for (const output of outputs) {
      if (output.kind === 'ask') {
        const { link, payload } = output;
        const draft = { type: REQUEST_SYNC, payload, recipient: null, isSigned: true };
        out.push({ kind: 'say', link, ttl: 0, draft });
      } else out.push(output);
    }
  }

  private onReconcile(input: ReconcileInput, now: Millis, out: ReceptionOutput[]): void {
    for (const output of this.reconciliation?.step(input, now) ?? []) {
      if (output.kind === 'say') {
        const { link, payload } = output;
        const draft = { type: RECONCILE, payload, recipient: null, isSigned: true };
        out.push({ kind: 'say', link, ttl: 0, draft });
      } else out.push(output);
    }
  }

  private onDesk(outputs: NoteDeskOutput[], out: ReceptionOutput[]): void {
    for (const output of outputs) {
      const everyone = { kind: 'say', link: -1, ttl: this.ports.ttl } as const;
      switch (output.kind) {
        case 'counter': {
          const { device, counter } = output;
          out.push({ kind: 'store', record: { kind: 'counter', device, counter } });
          break;
        }
        case 'say': {
          const { device, name, text, message } = output;
          const payload = new TextEncoder().encode(message);
          const draft = { type: MESSAGE, payload, recipient: null, isSigned: true };
          out.push({ ...everyone, draft, device: name });
          tell(out, { kind: 'note', device, name, text });
          break;
        }
        case 'noted': {
          const { device, payload } = output;
          // To everyone, since other peers that wait with the same note are to hear it.
          const draft = { type: NOTED, payload, recipient: device, isSigned: false };
          out.push({ ...everyone, draft });
          break;
        }
        case 'drop':
          out.push({ kind: 'drop', link: -1, reason: output.reason });
          break;
      }
    }
  }

  private onPinger(
    link: number,
    outputs: PingerOutput[],
    out: ReceptionOutput[],
    asker: Uint8Array | null = null,
  ): void {
    for (const output of outputs) {
      switch (output.kind) {
        case 'ping': {
          const { id, payload } = output;
          const draft = { type: PING, payload, recipient: id, isSigned: false };
          out.push({ kind: 'say', link, ttl: this.ports.ttl, draft });
          break;
        }
        case 'pong': {
          const draft = { type: PONG, payload: output.payload, recipient: asker, isSigned: false };
          const hasWay = asker !== null && this.hasWayTo(asker);
          out.push({ kind: 'say', link: hasWay ? -1 : link, ttl: this.ports.ttl, draft });
          break;
        }
        case 'answered': {
          const { id, roundTripMs, hops } = output;
          tell(out, { kind: 'pong', id, roundTripMs, hops });
          break;
        }
        case 'lost':
          tell(out, { kind: 'ping-lost', id: output.id });
          break;
        case 'refused':
          tell(out, { kind: 'refused', what: 'ping', reason: 'busy' });
          break;
        case 'drop':
          out.push({ kind: 'drop', link, reason: output.reason });
          break;
      }
    }
  }

  /** Whether both ends compare their histories, rather than asking as phones do (WIRE §20). */
  private reconciles(link: number): boolean {
    const hop = this.ports.links.at(link);
    if (this.reconciliation === null || hop === null || hop.hello === null) return false;
    const { mode } = hop.machine;
    // A client has what is of now, and asks for the rest.
    if (hop.medium === 'client' || (mode !== 'full' && mode !== 'limited')) return false;
    return (hop.hello.features & RECONCILES) !== 0;
  }

  /** Phones begin with seven hops; where nodes begin with more, a hello says who is at the other end. */
  private isByItself(link: number, ttl: number): boolean {
    return ttl === OWN_TTL || (ttl > OWN_TTL && this.farEndOf(link) !== 'phone');
  }

  /** Where nodes begin with more than phones, nobody knows with how many it began. */
  private hopsOf(ttl: number): number | null {
    const isKnown = this.ports.ttl === OWN_TTL && ttl > 0 && ttl <= OWN_TTL;
    return isKnown ? OWN_TTL - ttl + 1 : null;
  }

  private hasWayTo(id: Uint8Array): boolean {
    return (this.ports.routes?.next(id, NOWHERE, () => true) ?? -1) >= 0;
  }

  /** The link that a trace goes on over, where a way is known; else -1. */
  private wayOf(trace: Uint8Array, except: number): number {
    const { routes } = this.ports;
    const target = trace.subarray(TARGET_AT, TARGET_AT + ID_SIZE);
    const isFree = (link: number): boolean => link !== except;
    return routes?.next(target, trace.subarray(HISTORY_AT), isFree) ?? -1;
  }

  private farEndOf(link: number): FarEnd {
    const hop = this.ports.links.at(link);
    if (hop === null || hop.hello === null) return 'phone';
    return hasNoIsland(hop) ? 'line' : 'node';
  }

  private isKept(id: Uint8Array): boolean {
    return (this.ports.pins.standingOf(id) ?? 'seen') !== 'seen';
  }

  private sayGoodbye(departures: Departure[], out: ReceptionOutput[]): void {
    for (const { peer, reason } of departures) {
      const { id, name, heardAt, neighbours } = peer;
      const why = reason === 'timeout' ? this.whySilent(peer) : reason;
      tell(out, { kind: 'peer-left', id, name, reason: why, heardAt, neighbours });
    }
  }

  private whySilent({ id, link, heardAt }: Peer): LeftReason {
    const { links } = this.ports;
    const ends = links.open().map((open) => links.at(open)!);
    const own = ends.filter(({ peer }) => peer !== null && sameBytes(peer, 0, id));
    if (own.some(({ machine }) => machine.mode === 'incompatible')) return 'protocol';
    const isCut = (this.lostAt.get(link) ?? -Infinity) >= heardAt;
    return isCut && own.length === 0 ? 'network' : 'timeout';
  }
}

function idIn(bytes: Uint8Array, at: number): Uint8Array {
  const id = new Uint8Array(ID_SIZE);
  for (let i = 0; i < ID_SIZE; i++) id[i] = bytes[at + i];
  return id;
}

function tell(out: ReceptionOutput[], event: StationEvent): void {
  out.push({ kind: 'told', event });
}

/** Nobody stands behind it whose island could lack something. */
function hasNoIsland({ medium }: Hop): boolean {
  return medium === 'line' || medium === 'client';
}
