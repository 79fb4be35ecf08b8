/**
 * Chat node: one node of the plain UDP chat (WIRE §25). It shows what is new and for it, and passes
 * everything new on to its neighbours, whoever it is for, with one hop less.
 *
 *   datagram --malformed-----------> drop      (a note, once a second at most)
 *            --seen, or no hop left-> counted
 *            --new-----------------> show, and send to every neighbour but the sender
 *
 * With discovery it also says in a multicast group that it is there, and whoever says so there is a
 * neighbour until he is silent: nothing that comes from anywhere else makes one.
 */
import { assert } from '../core/assert.ts';
import type { Machine, Millis, Tick } from '../core/machine.ts';
import type {
  ChatDrop,
  ChatNodeInput,
  ChatNodeOutput,
  ChatNodePorts,
  ChatNodeSettings,
  ChatNodeStatistics,
} from './contract.ts';
import type { Message, Received } from './message.ts';
import { DATAGRAM_MAX, decodeMessage, encodeMessage } from './message.ts';
import type { Neighbour } from './neighbours.ts';
import { Neighbours } from './neighbours.ts';
import { SeenMids } from './seen-mids.ts';
import type { Sighting } from './sightings.ts';
import { hopsOf, PING_MS, PING_TTL, Sightings } from './sightings.ts';

/** Notes of malformed datagrams are at least so far apart; the next one says how many there were. */
export const NOTE_MS = 1000;
/** Whoever is found is answered in the group, so that he finds us, too; at most so often. */
export const ANSWER_MS = 1000;

export class ChatNode implements Machine<ChatNodeInput, ChatNodeOutput> {
  private readonly settings: ChatNodeSettings;
  private readonly ports: ChatNodePorts;
  private readonly names: Set<string>;
  private readonly seen: SeenMids;
  private readonly sightings = new Sightings();
  private readonly neighbours: Neighbours;
  private readonly counts: ChatNodeStatistics;
  private now: Millis = 0;
  private offsetMs = 0;
  private pingAt: Millis;
  private answerAt: Millis = Infinity;
  private answeredAt: Millis = -Infinity;
  private notedAt: Millis = -Infinity;
  private unnoted = 0;
  private out: ChatNodeOutput[] = [];

  constructor(settings: ChatNodeSettings, ports: ChatNodePorts, now: Millis) {
    assert(settings.ttl >= 1, 'what is said goes one hop at least');
    this.settings = settings;
    this.ports = ports;
    this.names = new Set([settings.address, ...settings.aliases]);
    this.neighbours = new Neighbours(settings.neighbours);
    this.seen = new SeenMids(settings.seenTtlMs, ports.seenKey);
    this.now = now;
    this.pingAt = now;
    this.counts = {
      ...{ received: 0, receivedBytes: 0, shown: 0, said: 0, passedOn: 0, sent: 0, sentBytes: 0 },
      ...{ pings: 0, duplicates: 0, expired: 0, malformed: 0, crowdedOut: 0, reasons: {} },
    };
  }

  step(input: ChatNodeInput | Tick, now: Millis): ChatNodeOutput[] {
    assert(now >= this.now, 'time does not run backwards');
    this.now = now;
    this.out = [];
    switch (input.kind) {
      case 'clock':
        this.offsetMs = input.offsetMs;
        break;
      case 'received':
        this.receive(input.from, input.bytes);
        break;
      case 'announced':
        this.meet(input.from, input.bytes);
        break;
      case 'say':
        this.say(input.to, input.text);
        break;
      case 'recall':
        for (const mid of input.mids) this.seen.isNew(mid, now);
        break;
      case 'tick':
        break;
    }
    this.keepUp();
    return this.out;
  }

  deadline(): Millis {
    return Math.min(
      this.pingAt,
      this.answerAt,
      this.sightings.deadline(),
      this.neighbours.deadline(),
    );
  }

  statistics(): ChatNodeStatistics {
    return { ...this.counts, reasons: { ...this.counts.reasons } };
  }

  /** Those it was given first, then those it found. */
  allNeighbours(): Neighbour[] {
    return this.neighbours.all();
  }

  /** Everybody whose PING came lately, neighbour or not. */
  about(): Sighting[] {
    return this.sightings.all();
  }

  private receive(from: string, bytes: Uint8Array): void {
    const message = this.read(from, bytes);
    if (message === null) return;
    this.neighbours.hear(from, this.now);
    if (message.ttl === 0) {
      if (this.seen.has(message.mid, this.now)) this.counts.duplicates++;
      else this.counts.expired++;
      return;
    }
    if (!this.seen.isNew(message.mid, this.now)) {
      this.counts.duplicates++;
      return;
    }
    if (message.kind === 'PING') this.sight(message);
    else if (message.dst === '' || this.names.has(message.dst)) this.show(message, false);
    this.passOn(message, from);
  }

  private read(from: string, bytes: Uint8Array): Received | null {
    this.counts.received++;
    this.counts.receivedBytes += bytes.length;
    if (from.endsWith(':0')) {
      this.drop(from, 'from-nowhere', bytes.length);
      return null;
    }
    const decoded = decodeMessage(bytes);
    if (decoded.ok) return decoded.message;
    this.drop(from, decoded.reason, bytes.length);
    return null;
  }

  private drop(from: string, reason: ChatDrop, size: number): void {
    const { reasons } = this.counts;
    this.counts.malformed++;
    reasons[reason] = (reasons[reason] ?? 0) + 1;
    if (this.now - this.notedAt < NOTE_MS) {
      this.unnoted++;
      return;
    }
    this.out.push({ kind: 'note', from, reason, size, more: this.unnoted });
    this.notedAt = this.now;
    this.unnoted = 0;
  }

  private passOn(message: Received, from: string): void {
    // Where nobody else is, the work is spared.
    if (this.neighbours.size === (this.neighbours.has(from) ? 1 : 0)) return;
    this.counts.passedOn++;
    this.sendAll(message.passedOn(), from, false);
  }

  private sendAll(bytes: Uint8Array, except: string, isOwn: boolean): void {
    for (const to of this.neighbours.addresses()) {
      if (to === except) continue;
      this.counts.sent++;
      this.counts.sentBytes += bytes.length;
      this.out.push({ kind: 'send', to, bytes, isOwn });
    }
  }

  private say(dst: string, body: string): void {
    const message = this.message('CHAT', this.settings.ttl, dst, body);
    const bytes = encodeMessage(message);
    if (bytes.length > DATAGRAM_MAX) {
      this.out.push({ kind: 'refuse', why: 'too-long', text: body });
      return;
    }
    this.seen.isNew(message.mid, this.now);
    this.counts.said++;
    this.show(message, true);
    this.sendAll(bytes, '', true);
  }

  private show(message: Message, isOwn: boolean): void {
    if (!isOwn) this.counts.shown++;
    this.out.push({ kind: 'show', message, isOwn });
  }

  private message(kind: 'CHAT' | 'PING', ttl: number, dst: string, body: string): Message {
    // Python's clock has microseconds, and ours has no more than that to say.
    const ts = Math.round((this.now + this.offsetMs) * 1000) / 1e6;
    const { address: src } = this.settings;
    return { mid: this.ports.uuid(), ts: Math.max(0, ts), ttl, kind, src, dst, body };
  }

  private sight({ src, ttl }: Message): void {
    if (this.names.has(src)) return;
    const hops = hopsOf(ttl);
    if (!this.sightings.see(src, hops, this.now)) return;
    this.out.push({ kind: 'node', address: src, isHere: true, hops });
  }

  private meet(from: string, bytes: Uint8Array): void {
    if (!this.settings.discovers) return;
    const message = this.read(from, bytes);
    if (message === null || message.kind !== 'PING') return;
    // What a node says in the group comes back to it.
    if (this.seen.has(message.mid, this.now)) return;
    switch (this.neighbours.meet(from, this.now)) {
      case 'known':
        return;
      case 'crowded':
        this.counts.crowdedOut++;
        return;
    }
    this.out.push({ kind: 'neighbour', address: from, isHere: true });
    this.answerAt = Math.max(this.now, this.answeredAt + ANSWER_MS);
  }

  /** What is due, whatever woke us. */
  private keepUp(): void {
    if (this.now >= this.pingAt) this.ping();
    if (this.now >= this.answerAt) this.announce();
    for (const address of this.sightings.takeSilent(this.now)) {
      this.out.push({ kind: 'node', address, isHere: false, hops: 0 });
    }
    for (const address of this.neighbours.takeSilent(this.now)) {
      this.out.push({ kind: 'neighbour', address, isHere: false });
    }
  }

  private ping(): void {
    this.pingAt = this.now + PING_MS;
    if (this.settings.discovers) this.announce();
    if (this.neighbours.size === 0) return;
    this.counts.pings++;
    const message = this.message('PING', PING_TTL, '', '');
    this.seen.isNew(message.mid, this.now);
    this.sendAll(encodeMessage(message), '', true);
  }

  /** It goes no further than the group: with no hop left nobody passes it on. */
  private announce(): void {
    const message = this.message('PING', 0, '', '');
    this.seen.isNew(message.mid, this.now);
    this.answerAt = Infinity;
    this.answeredAt = this.now;
    this.out.push({ kind: 'announce', bytes: encodeMessage(message) });
  }
}
