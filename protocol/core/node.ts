/**
 * Node: everything that a node without keys does, as one machine: links, relay, rates, the mesh out
 * of few links, its admins, announces, notes, traces. What it runs on performs its outputs and
 * decides nothing.
 *
 *   link 0           the one that others open
 *   1 to `outMax`    those that it opens
 *   from there on    wires, opened once
 *
 *   received -> link -> relay -> links -> write
 *                         |-> control, notes, announces, traces
 */
import { Announces } from './announces.ts';
import type { Rate } from './buckets.ts';
import { Guard } from './buckets.ts';
import { sameBytes } from './bytes.ts';
import type { ConnectorInput } from './connector.ts';
import { Connector } from './connector.ts';
import type { ControlOutput, Hmac } from './control.ts';
import { Control } from './control.ts';
import { ANNOUNCES, LOGS, NOTES, ROUTES, TETHERS, TRACES, WIRES } from './features.ts';
import type { Crc32 } from './framing.ts';
import type { Hello } from './hello.ts';
import { TETHERED } from './hello.ts';
import type { LinkInput, LinkOutput } from './link.ts';
import { Link } from './link.ts';
import type { Machine, Millis, Random, Tick } from './machine.ts';
import { TICK } from './machine.ts';
import type { NotesOutput } from './notes.ts';
import { Notes } from './notes.ts';
import type { PacketView } from './packet.ts';
import {
  ANNOUNCE,
  CONTROL,
  encodePlain,
  ID_SIZE,
  NOTE,
  NOTED,
  TRACE,
  TTL_AT,
  VIEW,
} from './packet.ts';
import type { Admission, DropReason, RelayConfig, RelayInput, RelayDrop } from './relay.ts';
import { isLinkScoped, Relay } from './relay.ts';
import type { PacketHash } from './seen.ts';
import type { Settings, Slot } from './settings.ts';
import { numberSetting } from './settings.ts';
import {
  ADVERTISE_DUTY,
  ALLOWED,
  DENIED,
  LINK_BURST,
  LINK_RATE,
  NAME,
  NODE_ID,
  NOTE_KEY,
  POWER_SOURCE,
  ROLE,
  SCAN_DUTY,
  SEEN_MAX,
  SENDER_BURST,
  SENDER_RATE,
  TTL_MAX,
} from './settings-table.ts';
import { Trace } from './trace.ts';
import { MESH, OUR_VERSION } from './version.ts';

/** The place in flash of the least note counter never used; 0 and 1 are those of the settings. */
export const COUNTER_PLACE = 2;
/** What the answer to STATISTICS may take of a frame; what does not fit is left out. */
export const STATISTICS_MAX = 400;
/** How often a node on mains advertises with all its duty; one on battery half as often. */
const ADVERTISE_MS = 1000;
/** The least often that radios can. */
const ADVERTISE_MAX_MS = 10000;
/** Settings that are taken at a start only, a bit each. */
const AT_START =
  (1 << ROLE) |
  (1 << ADVERTISE_DUTY) |
  (1 << SCAN_DUTY) |
  (1 << POWER_SOURCE) |
  (1 << SEEN_MAX) |
  (1 << NODE_ID);
/** Reasons of drops are counted apart; the rest, if there are ever more, together. */
const REASONS_MAX = 48;

export type NodeInput =
  /** `payloadMax` as of a Link. */
  | { kind: 'opened'; link: number; payloadMax: number }
  /** Also the answer to every `disconnect`, and to a `connect` that failed. */
  | { kind: 'closed'; link: number }
  | { kind: 'received'; link: number; bytes: Uint8Array }
  /** A write has left. */
  | { kind: 'sent'; link: number }
  /** An advertisement: what the manufacturer's field of a Hopline node holds, and its dBm. */
  | { kind: 'sighted'; address: string; rssi: number; bytes: Uint8Array }
  /** A person pressed the button, or a program has something to say: UTF-8, at most 64 bytes. */
  | { kind: 'say'; text: Uint8Array }
  /** What is left of the battery, in percent. */
  | { kind: 'battery'; percent: number };

export type NodeOutput =
  | { kind: 'write'; link: number; bytes: Uint8Array }
  | { kind: 'connect'; link: number; address: string }
  | { kind: 'disconnect'; link: number }
  | { kind: 'advertise'; bytes: Uint8Array; connectable: boolean }
  | { kind: 'scan'; on: boolean }
  /** Places 0 and 1 are settings, COUNTER_PLACE is text of a number. */
  | { kind: 'store'; slot: number; bytes: Uint8Array }
  | { kind: 'settings'; settings: Settings }
  | { kind: 'clock'; unixMs: number }
  | { kind: 'identify' }
  /** Once what was written has left. */
  | { kind: 'reboot' }
  /** What was written has left first, too; then the link is closed. */
  | { kind: 'console'; link: number };

export type NodeConfig = {
  id: Uint8Array;
  /** In ASCII; hellos carry it. */
  board: string;
  /** Links out; 0 when there is no radio. */
  outMax: number;
  wires: number;
  frameMax: number;
  /** Packets remembered, unless the settings say. */
  seenMax: number;
  waitingMax: number;
  /** Sets of four senders whose rates are remembered. */
  senderSets: number;
  /** As of a Link. */
  window: number;
  packetsMax: number;
  bytesMax: number;
  announcesMax: number;
  /** The least note counter never used, as stored. */
  counter: number;
};

export type NodePorts = {
  random: Random;
  hash: PacketHash;
  crc: Crc32;
  hmac: Hmac | null;
  /** 16 bytes that nobody can foresee. */
  draw: () => Uint8Array;
};

export class Node implements Machine<NodeInput, NodeOutput> {
  readonly links: (Link | null)[] = [];
  readonly connector: Connector;
  /** How often to advertise. */
  readonly advertiseMs: Millis;
  /** How often what was dropped for which reason. */
  readonly reasons: string[] = [];
  readonly drops: number[] = [];
  private readonly config: NodeConfig;
  private readonly ports: NodePorts;
  private readonly relayConfig: RelayConfig;
  private readonly relay: Relay;
  private readonly linkRate: Rate = { perSecond: 0, burst: 0 };
  private readonly senderRate: Rate = { perSecond: 0, burst: 0 };
  private readonly control: Control;
  private readonly announces: Announces | null;
  private readonly notes: Notes | null;
  private readonly trace: Trace | null;
  private readonly packet = VIEW;
  private settings: Settings;
  private hello: Hello;
  private now: Millis = 0;
  private readonly startedAt: Millis;
  /** Unix time at 0 of our clock, or null. */
  private epochMs: number | null = null;
  private percent = 255;
  private relayed = 0;
  private delivered = 0;
  private logLevel = 0;

  constructor(config: NodeConfig, settings: Settings, slot: Slot, ports: NodePorts, now: Millis) {
    this.config = config;
    this.settings = settings;
    this.ports = ports;
    this.now = now;
    this.startedAt = now;
    const linksMax = 1 + config.outMax + config.wires;
    for (let link = 0; link < linksMax; link++) this.links.push(null);
    this.relayConfig = {
      id: config.id,
      ttlMax: 7,
      frameMax: config.frameMax,
      linksMax: linksMax,
      seenMax: numberSetting(settings, SEEN_MAX) || config.seenMax,
      seenAgeMs: 600000,
      seenCriticalAgeMs: 300000,
      waitingMax: config.waitingMax,
      thinned: false,
    };
    const seed = ports.random(4294967296);
    // Buckets fill with the rates that hold when they are made.
    this.takeRates();
    const guard = new Guard(config.senderSets, this.linkRate, this.senderRate, seed);
    const admission: Admission = {
      admit: (packet, link, at): DropReason | null =>
        this.isShutOut(packet) ? 'denied' : guard.admit(packet, link, at),
    };
    this.relay = new Relay(this.relayConfig, ports.random, ports.hash, admission);
    this.control = new Control(settings, slot, {
      crc: ports.crc,
      draw: ports.draw,
      hmac: ports.hmac,
      statistics: () => this.statistics(),
    });
    const onBattery = numberSetting(settings, POWER_SOURCE) === 1;
    const scanDuty = numberSetting(settings, SCAN_DUTY);
    const role = numberSetting(settings, ROLE);
    this.advertiseMs = Math.min(
      ((onBattery ? 200 : 100) * ADVERTISE_MS) / numberSetting(settings, ADVERTISE_DUTY),
      ADVERTISE_MAX_MS,
    );
    this.connector = new Connector(
      {
        id: config.id,
        role: role,
        outMax: config.outMax,
        scanDuty: scanDuty,
        onBattery: onBattery,
      },
      ports.random,
      now,
    );
    this.announces = ANNOUNCES ? new Announces(config.announcesMax) : null;
    this.notes = NOTES ? new Notes(config.id, ports.hmac, config.counter) : null;
    this.trace = TRACES ? new Trace(config.id) : null;
    this.hello = this.makeHello(new Uint8Array(0));
    this.apply(settings);
  }

  step(input: NodeInput | Tick, now: Millis): NodeOutput[] {
    const out: NodeOutput[] = [];
    this.now = now;
    switch (input.kind) {
      case 'opened':
        this.open(input.link, input.payloadMax, out);
        break;
      case 'closed':
        this.close(input.link, out);
        break;
      case 'received':
      case 'sent':
        this.toLink(input.link, input, out);
        break;
      case 'sighted':
        this.toConnector(input, out);
        break;
      case 'battery':
        this.percent = input.percent;
        break;
      case 'tick':
        this.tick(out);
        break;
    }
    if (NOTES && this.notes !== null && input.kind === 'say') {
      this.onNotes(this.notes.step(input, now), out);
    }
    return out;
  }

  deadline(): Millis {
    let at = Math.min(this.relay.deadline(), this.connectorAt());
    if (NOTES && this.notes !== null) at = Math.min(at, this.notes.deadline());
    for (let i = 0; i < this.links.length; i++) {
      const link = this.links[i];
      if (link !== null) at = Math.min(at, link.deadline());
    }
    return at;
  }

  /** What an admin may know of this node, a line each: `name=number`. */
  statistics(): Uint8Array {
    let text =
      'uptime=' +
      Math.floor((this.now - this.startedAt) / 1000) +
      '\nbattery=' +
      this.percent +
      '\nrelayed=' +
      this.relayed +
      '\ndelivered=' +
      this.delivered +
      '\nisland=' +
      this.connector.size;
    for (let i = 0; i < this.links.length; i++) {
      const link = this.links[i];
      if (link === null) continue;
      const rssi = this.connector.rssi[i] || 0;
      text += '\nlink' + i + '.rssi=' + rssi + '\nlink' + i + '.rtt=' + link.roundTripMs;
    }
    for (let i = 0; i < this.drops.length; i++) {
      const line = '\ndrop.' + this.reasons[i] + '=' + this.drops[i];
      if (text.length + line.length <= STATISTICS_MAX) text += line;
    }
    return ascii(text);
  }

  private connectorAt(): Millis {
    return this.config.outMax > 0 ? this.connector.deadline() : Infinity;
  }

  private isAir(link: number): boolean {
    return link <= this.config.outMax;
  }

  private isTethered(): boolean {
    return TETHERS && WIRES && numberSetting(this.settings, ROLE) === TETHERED;
  }

  private tick(out: NodeOutput[]): void {
    this.toRelay(TICK, out);
    if (this.now >= this.connectorAt()) this.toConnector(TICK, out);
    if (NOTES && this.notes !== null) this.onNotes(this.notes.step(TICK, this.now), out);
    for (let i = 0; i < this.links.length; i++) {
      const link = this.links[i];
      if (link !== null && this.now >= link.deadline()) this.toLink(i, TICK, out);
    }
  }

  private open(link: number, payloadMax: number, out: NodeOutput[]): void {
    // A radio that lost an end without saying so uses the link again.
    if (this.links[link] !== null) this.close(link, out);
    const config = this.config;
    this.links[link] = new Link(
      {
        id: config.id,
        payloadMax: payloadMax,
        frameMax: config.frameMax,
        window: config.window,
        packetsMax: config.packetsMax,
        bytesMax: config.bytesMax,
        crc: this.ports.crc,
      },
      this.hello,
      this.now,
    );
    const air = this.isAir(link);
    // A host's wire is no way through the mesh: it hears all as it comes.
    if (air || !this.isTethered()) {
      this.toRelay({ kind: 'linkUp', link: link, air: air }, out);
    }
    if (air) this.toConnector({ kind: 'opened', link: link }, out);
    this.toLink(link, TICK, out);
  }

  private close(link: number, out: NodeOutput[]): void {
    this.links[link] = null;
    this.toRelay({ kind: 'linkDown', link: link }, out);
    this.control.step({ kind: 'linkDown', link: link });
    if (!this.isAir(link)) return;
    this.log(2, 'link ' + link + ' closed', out);
    this.toConnector({ kind: 'closed', link: link }, out);
  }

  private toLink(link: number, input: LinkInput | Tick, out: NodeOutput[]): void {
    const at = this.links[link];
    // What a link that is gone still had to say.
    if (at !== null) this.onLink(link, at.step(input, this.now), out);
  }

  private onLink(link: number, outputs: LinkOutput[], out: NodeOutput[]): void {
    for (let i = 0; i < outputs.length; i++) {
      const output = outputs[i];
      switch (output.kind) {
        case 'write':
          out.push({ kind: 'write', link: link, bytes: output.bytes });
          break;
        case 'heard':
          this.hear(link, output.bytes, out);
          break;
        case 'settled':
          this.meet(link, output.id, output.hello, output.isFirst, out);
          break;
        case 'silent':
          this.log(2, 'link ' + link + ' silent', out);
          if (this.isAir(link)) out.push({ kind: 'disconnect', link: link });
          break;
        case 'drop':
          this.count(output.reason);
          break;
      }
    }
  }

  private hear(link: number, bytes: Uint8Array, out: NodeOutput[]): void {
    if (this.isTethered()) {
      if (!this.isAir(link)) return this.hearHost(link, bytes, out);
      // A copy, since the relay patches the TTL where it lies.
      if (!isLinkScoped(bytes[1])) this.tellHosts(new Uint8Array(bytes), out);
    }
    this.toRelay({ kind: 'heard', link: link, bytes: bytes }, out);
  }

  /** The host speaks through our radio; to us it speaks by control alone. */
  private hearHost(link: number, bytes: Uint8Array, out: NodeOutput[]): void {
    const packet = this.packet;
    const malformed = packet.read(bytes, this.config.frameMax);
    if (malformed !== null) return this.count(malformed);
    if (packet.type === CONTROL) return this.serve(link, out);
    if (isLinkScoped(packet.type)) return this.count('link-scope');
    this.toRelay({ kind: 'send', link: -1, bytes: bytes }, out);
  }

  private tellHosts(bytes: Uint8Array, out: NodeOutput[]): void {
    for (let link = this.config.outMax + 1; link < this.links.length; link++) {
      this.toLink(link, { kind: 'send', bytes: bytes, priority: 1 }, out);
    }
  }

  private toRelay(input: RelayInput | Tick, out: NodeOutput[]): void {
    const outputs = this.relay.step(input, this.now);
    for (let i = 0; i < outputs.length; i++) {
      const output = outputs[i];
      if (output.kind === 'transmit') {
        this.relayed++;
        const priority = output.priority;
        this.toLink(output.link, { kind: 'send', bytes: output.bytes, priority: priority }, out);
      } else if (output.kind === 'deliver') {
        // What the relay let in is well formed.
        this.delivered++;
        this.packet.read(output.bytes, this.config.frameMax);
        if (
          ANNOUNCES &&
          this.announces !== null &&
          output.bytes[1] === ANNOUNCE &&
          output.ttl > 1
        ) {
          this.announces.keep(this.packet, output.bytes, this.now);
        }
        this.serve(output.link, out);
      } else {
        // It has no lines, and is not told what goes further.
        this.count((output as RelayDrop).reason);
      }
    }
  }

  /** Does what the packet in view asks of this node itself. */
  private serve(link: number, out: NodeOutput[]): void {
    const packet = this.packet;
    const at = packet.payloadAt;
    const payload = packet.bytes.subarray(at, at + packet.payloadLength);
    if (packet.type === CONTROL) {
      const wired = !this.isAir(link);
      this.onControl(
        this.control.step({ kind: 'request', link: link, wired: wired, payload: payload }),
        out,
      );
    } else if (NOTES && this.notes !== null && packet.type === NOTED) {
      this.onNotes(this.notes.step({ kind: 'noted', payload: payload }, this.now), out);
    } else if (TRACES && this.trace !== null && packet.type === TRACE) {
      const from = this.links[link];
      const roundTripMs = from === null ? -1 : from.roundTripMs;
      const hop = {
        kind: this.isAir(link) ? 0 : 1,
        rssi: this.connector.rssi[link] || 0,
        roundTripMs: roundTripMs,
      };
      const ways = this.trace.hear(link, hop, payload);
      if (typeof ways === 'string') return this.count(ways);
      for (let i = 0; i < ways.length; i++) {
        for (let to = 0; to < this.links.length; to++) {
          if (ways[i].link < 0 ? to !== ways[i].except : to === ways[i].link) {
            this.say(TRACE, to, ways[i].payload, out);
          }
        }
      }
    }
  }

  /** A packet of our own that goes over one link only. */
  private say(type: number, link: number, payload: Uint8Array, out: NodeOutput[]): void {
    const at = this.links[link];
    // Part I only, to whom did not say hello; relayed packets only, to another major.
    if (at === null || at.mode === 'legacy' || at.mode === 'incompatible') return;
    const bytes = encodePlain(type, 0, this.time(), this.config.id, null, payload);
    this.toLink(link, { kind: 'send', bytes: bytes, priority: type === TRACE ? 1 : 0 }, out);
  }

  private meet(
    link: number,
    id: Uint8Array,
    hello: Hello | null,
    isFirst: boolean,
    out: NodeOutput[],
  ): void {
    if (LOGS && isFirst) this.log(2, 'link ' + link + ' settled', out);
    if (hello !== null) {
      if (ROUTES && (this.isAir(link) || !this.isTethered())) {
        this.toRelay({ kind: 'neighbour', link: link, id: id }, out);
      }
      if (this.isAir(link)) {
        const mesh = hello.mesh || null;
        this.toConnector({ kind: 'told', link: link, id: id, mesh: mesh }, out);
      }
    }
    if (!ANNOUNCES || this.announces === null || !isFirst) return;
    const fresh = this.announces.fresh(this.now);
    for (let i = 0; i < fresh.length; i++) {
      this.toLink(link, { kind: 'send', bytes: fresh[i], priority: 2 }, out);
    }
  }

  private toConnector(input: ConnectorInput | Tick, out: NodeOutput[]): void {
    const outputs = this.connector.step(input, this.now);
    for (let i = 0; i < outputs.length; i++) {
      const output = outputs[i];
      if (output.kind === 'tell') {
        this.hello = this.makeHello(output.mesh);
        this.greet(this.config.outMax, out);
      } else out.push(output);
    }
  }

  /** Says our hello again, over the links up to `last`. */
  private greet(last: number, out: NodeOutput[]): void {
    for (let link = 0; link <= last; link++) {
      this.toLink(link, { kind: 'hello', hello: this.hello }, out);
    }
  }

  private onControl(outputs: ControlOutput[], out: NodeOutput[]): void {
    for (let i = 0; i < outputs.length; i++) {
      const output = outputs[i];
      switch (output.kind) {
        case 'reply':
          this.say(CONTROL, output.link, output.payload, out);
          break;
        case 'settings':
          this.settle(output.settings, out);
          break;
        case 'clock':
          this.epochMs = output.unixMs - this.now;
          out.push(output);
          break;
        case 'log':
          this.logLevel = output.level;
          break;
        case 'drop':
          this.count(output.reason);
          break;
        default:
          out.push(output);
      }
    }
  }

  private onNotes(outputs: NotesOutput[], out: NodeOutput[]): void {
    for (let i = 0; i < outputs.length; i++) {
      const output = outputs[i];
      switch (output.kind) {
        case 'counter':
          out.push({ kind: 'store', slot: COUNTER_PLACE, bytes: ascii('' + output.next) });
          break;
        case 'note':
          this.note(output.payload, out);
          break;
        case 'noted':
          this.log(2, 'noted', out);
          break;
        case 'drop':
          this.count(output.reason);
          this.log(1, output.reason, out);
          break;
      }
    }
  }

  /** To everyone, since only the peer that can answer knows that it is the one. */
  private note(payload: Uint8Array, out: NodeOutput[]): void {
    const ttl = this.relayConfig.ttlMax;
    const everyone = new Uint8Array(ID_SIZE);
    everyone.fill(255);
    const bytes = encodePlain(NOTE, ttl, this.time(), this.config.id, everyone, payload);
    if (this.isTethered()) this.tellHosts(bytes, out);
    this.toRelay({ kind: 'send', link: -1, bytes: bytes }, out);
  }

  /** What a change of settings means now; who we are and what we remember change at a start. */
  private settle(settings: Settings, out: NodeOutput[]): void {
    const before = this.settings;
    let isAnother = false;
    for (let id = 1; id <= NODE_ID; id++) {
      if ((AT_START >> id) & 1 && settings[id] !== before[id]) isAnother = true;
    }
    this.apply(settings);
    out.push({ kind: 'settings', settings: settings });
    if (isAnother) out.push({ kind: 'reboot' });
    else if (settings[NAME] !== before[NAME]) this.greet(this.links.length - 1, out);
  }

  private apply(settings: Settings): void {
    this.settings = settings;
    this.relayConfig.ttlMax = numberSetting(settings, TTL_MAX);
    this.takeRates();
    if (this.notes !== null) this.notes.key = settings[NOTE_KEY];
    this.hello = this.makeHello(this.hello.mesh!);
  }

  private takeRates(): void {
    const settings = this.settings;
    this.linkRate.perSecond = numberSetting(settings, LINK_RATE);
    this.linkRate.burst = numberSetting(settings, LINK_BURST);
    this.senderRate.perSecond = numberSetting(settings, SENDER_RATE);
    this.senderRate.burst = numberSetting(settings, SENDER_BURST);
  }

  private makeHello(mesh: Uint8Array): Hello {
    return {
      version: OUR_VERSION,
      role: numberSetting(this.settings, ROLE),
      features: MESH,
      frameMax: this.config.frameMax,
      name: this.settings[NAME] || new Uint8Array(0),
      unixMs: this.epochMs === null ? null : this.time(),
      board: ascii(this.config.board),
      token: new Uint8Array(0),
      mesh: mesh,
    };
  }

  /** Unix time, or without a clock the time since start: it still tells our packets apart. */
  private time(): number {
    return Math.floor(this.epochMs === null ? this.now : this.epochMs + this.now);
  }

  /** The lists of the settings judge who says something; what concerns only the link is not theirs. */
  private isShutOut(packet: PacketView): boolean {
    if (packet.bytes[TTL_AT] === 0 && isLinkScoped(packet.type)) return false;
    const allowed = this.settings[ALLOWED];
    if (allowed && !isListed(allowed, packet)) return true;
    const denied = this.settings[DENIED];
    return denied ? isListed(denied, packet) : false;
  }

  private count(reason: string): void {
    let at = this.reasons.indexOf(reason);
    if (at < 0) {
      at = Math.min(this.reasons.length, REASONS_MAX);
      this.reasons[at] = at < REASONS_MAX ? reason : 'other';
      if (at === this.drops.length) this.drops.push(0);
    }
    this.drops[at]++;
  }

  /** Levels as in the operation LOG_LEVEL (WIRE §21). */
  private log(level: number, line: string, out: NodeOutput[]): void {
    if (!LOGS || !WIRES || level > this.logLevel) return;
    for (let link = this.config.outMax + 1; link < this.links.length; link++) {
      const at = this.links[link];
      if (at !== null) this.onLink(link, at.tell(ascii(line)), out);
    }
  }
}

function isListed(ids: Uint8Array, packet: PacketView): boolean {
  for (let at = 0; at < ids.length; at += ID_SIZE) {
    if (sameBytes(packet.bytes, packet.senderAt, ids.subarray(at, at + ID_SIZE))) return true;
  }
  return false;
}

function ascii(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
