/**
 * Laws: what must hold in every mesh whatever goes wrong in it, judged after every step. The first one
 * that is broken ends a run. Nodes that mean harm are bound by none; what they make others do is.
 */
import type { Archive, MessageName } from '../../host/types.ts';
import { PUBLIC } from '../../host/types.ts';
import type { Millis } from '../../protocol/core/machine.ts';
import type { StationEvent } from '../../protocol/peer/contract.ts';
import { OWN_TTL } from '../../protocol/peer/reception.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import type { FrameHead } from './frame-head.ts';
import { ANY_TYPE, senderAt } from './frame-head.ts';
import type { BridgeNode, Roster } from './stations.ts';
import { checkTables } from './tables.ts';
import type { Word, Words } from './words.ts';

export const LAWS = {
  'at-most-once': 'nobody is told the same message twice',
  'ttl-falls': 'whatever is passed on has a smaller TTL than it came with',
  'no-acknowledged-loss': 'what was acknowledged is not lost',
  'nothing-forged': 'nobody takes for true what its author did not say',
  'within-limits': 'no table or queue grows beyond its limit',
  'nodes-hold': 'no node breaks a law of its own',
  liveness: 'once a core of nodes is healed, its words reach all of it',
} as const;

export type Law = keyof typeof LAWS;

/** `what` says it in a sentence, with numbers of nodes. */
export type Breach = { law: Law; at: Millis; node: number; what: string };

export type LawsPorts = {
  words: Words;
  roster: Roster;
  /** Who means harm. */
  isByzantine(node: number): boolean;
};

export class Laws {
  breach: Breach | null = null;
  /** Packets that came to a node, and of these those that it had had. */
  came = 0;
  duplicates = 0;
  private readonly ports: LawsPorts;
  /** By node and packet: the largest TTL it came with. */
  private readonly heard = new Map<number, Map<number, number>>();
  /** By node and type, where a head came in more than one write: the largest TTL of those. */
  private readonly cut = new Map<string, number>();
  /** By node: messages it was told, for ever; and by life, what its station told. */
  private readonly told = new Map<number, Set<string>>();
  private readonly toldInLife = new Map<number, Set<string>>();

  constructor(ports: LawsPorts) {
    this.ports = ports;
  }

  break(law: Law, at: Millis, node: number, what: string): void {
    this.breach ??= { law, at, node, what };
  }

  /** Its memory is new; what it has on its disk is not. */
  restarted(node: number): void {
    this.toldInLife.delete(node);
  }

  /** Its disk lost some of what it had: that it may be told again. */
  forgot(node: number, archive: Archive): void {
    const kept = archive.messages.after(0, Infinity);
    this.told.set(node, new Set(kept.map(keyOf)));
  }

  arrived(node: number, head: FrameHead): void {
    // It has no name, so what is passed on of it may be any packet of its type.
    if (head.isCut) {
      const key = `${node} ${head.type}`;
      return void this.cut.set(key, Math.max(this.cut.get(key) ?? -1, head.ttl));
    }
    const heard = this.heard.get(node) ?? new Map<number, number>();
    this.heard.set(node, heard);
    const before = heard.get(head.name);
    this.came++;
    if (before !== undefined) this.duplicates++;
    heard.set(head.name, Math.max(before ?? 0, head.ttl));
  }

  wrote(node: number, head: FrameHead, at: Millis): void {
    if (this.ports.isByzantine(node) || head.isCut) return;
    const { ttl, type, bytes } = head;
    const from = senderAt(head);
    const sender = this.ports.roster.numberOf(bytes.subarray(from, from + 8));
    if (sender === node) {
      if (ttl > OWN_TTL) this.break('ttl-falls', at, node, `it said type ${type} with TTL ${ttl}`);
      return;
    }
    // Of its own link alone, or out of a store: neither goes any further.
    if (ttl === 0) return;
    const whole = this.heard.get(node)?.get(head.name) ?? -1;
    const cut = [type, ANY_TYPE].map((each) => this.cut.get(`${node} ${each}`) ?? -1);
    const most = Math.max(whole, ...cut);
    if (ttl < most) return;
    const came = most < 0 ? 'never came to it' : `came with ${most}`;
    const what = `it passed on type ${type} of node ${sender} with TTL ${ttl}, which ${came}`;
    this.break('ttl-falls', at, node, what);
  }

  stationTold(node: number, event: StationEvent, at: Millis): void {
    if (this.ports.isByzantine(node) || event.kind !== 'message') return;
    const { id, sender, text, isVerified } = event;
    // What nobody vouches for may come in as many forgeries as its forger likes.
    if (!isVerified) return;
    const told = this.toldInLife.get(node) ?? new Set<string>();
    this.toldInLife.set(node, told);
    if (told.has(id)) this.break('at-most-once', at, node, `its station told "${text}" twice`);
    told.add(id);
    this.judgeWord(node, this.ports.roster.numberOf(sender), null, text, at);
  }

  /** The word that came with it to whom it had not come before, if any. */
  talkTold(node: number, archive: Archive, name: MessageName, at: Millis): Word | null {
    if (this.ports.isByzantine(node)) return null;
    const told = this.told.get(node) ?? new Set<string>();
    this.told.set(node, told);
    const key = keyOf(name);
    const message = archive.messages.find(name);
    if (message === null) {
      this.break('no-acknowledged-loss', at, node, `it told ${key} and did not store it`);
      return null;
    }
    const { text, state, isVerified, conversation } = message;
    if (told.has(key)) this.break('at-most-once', at, node, `it was told "${text}" twice`);
    told.add(key);
    if (state !== 'heard') return null;
    const sender = this.ports.roster.numberOf(name.sender);
    const to = conversation === PUBLIC ? null : node;
    if (isVerified) this.judgeWord(node, sender, to, text, at);
    const word = this.ports.words.wasAsked(sender, to, text);
    if (word === undefined || word.arrivedAt.has(node)) return null;
    word.arrivedAt.set(node, at);
    return word;
  }

  /** A letter is confirmed by whoever has it, and by nobody else. */
  confirmed(node: number, to: number, archive: Archive, id: string, at: Millis): void {
    if (this.ports.isByzantine(to) || this.ports.isByzantine(node)) return;
    const sender = this.ports.roster.of(node).id;
    if (archive.messages.find({ conversation: toHex(sender), sender, id }) !== null) return;
    const what = `it confirmed a message of node ${node}, and has none`;
    this.break('no-acknowledged-loss', at, to, what);
  }

  /** What a node acknowledged, and its disk did not lose, is there. */
  kept({ by, name, text, isOnDisk }: Word, archive: Archive, at: Millis): void {
    if (name === null || !isOnDisk || this.ports.isByzantine(by)) return;
    if (archive.messages.find(name) !== null) return;
    this.break('no-acknowledged-loss', at, by, `it acknowledged "${text}", and has it no more`);
  }

  /** Whatever it did in that step, no table of it is too full now. */
  stepped(node: number, living: BridgeNode, at: Millis): void {
    checkTables(living, (what, size, most) => {
      if (size <= most) return;
      this.break('within-limits', at, node, `it has ${size} ${what}, and ${most} is the limit`);
    });
  }

  private judgeWord(
    node: number,
    sender: number,
    to: number | null,
    text: string,
    at: Millis,
  ): void {
    if (sender === 0 || this.ports.isByzantine(sender)) return;
    if (this.ports.words.wasAsked(sender, to, text) !== undefined) return;
    this.break('nothing-forged', at, node, `it believes that node ${sender} said "${text}"`);
  }
}

function keyOf({ conversation, sender, id }: MessageName): string {
  return `${conversation} ${toHex(sender)} ${id}`;
}
