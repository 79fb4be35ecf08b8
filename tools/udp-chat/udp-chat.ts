/**
 * UDP chat: what one person, or one program at the end of a pipe, says and reads in the plain UDP chat.
 * It looks and is used as the chat over a bridge.
 */
import { HoplineError } from '../../protocol/errors.ts';
import { printable } from '../../protocol/printable.ts';
import type { Message } from '../../protocol/udp-chat/message.ts';
import { clockTime, dayOf, fullTime, paints, short } from '../bridge/paints.ts';
import type { Io } from '../command.ts';
import type { Dialogue } from '../dialogue.ts';
import type { Kept } from './history-file.ts';
import { HistoryFile } from './history-file.ts';
import type { UdpLook } from './lines.ts';
import { messageLine, statsLines, whoLines } from './lines.ts';
import type { UdpChatOptions } from './options.ts';
import type { Told } from './running-node.ts';
import { RunningNode } from './running-node.ts';
import type { Typed } from './typed.ts';
import { completions, helpLines, typed } from './typed.ts';

/** Messages of before that are shown first. */
const HISTORY_AT_FIRST = 20;
/** Who cannot be reached is told of once in so long. */
const FAILURE_MS = 30_000;
/** Addresses of such that are remembered; then it begins anew. */
const FAILURES_MAX = 256;

export class UdpChat {
  private readonly options: UdpChatOptions;
  private readonly io: Io;
  private readonly history: HistoryFile | null;
  private readonly failedAt = new Map<string, number>();
  private node: RunningNode | null = null;
  private dialogue: Dialogue | null = null;
  /** Whom a line without a command goes to; empty for everyone. */
  private to: string;
  private day = '';
  private refused = 0;
  private fault: unknown = null;
  private isKept = true;

  constructor(options: UdpChatOptions, io: Io) {
    this.options = options;
    this.io = io;
    this.to = options.to;
    this.history = options.history === null ? null : HistoryFile.open(options.history);
  }

  /** Until the person leaves, or the input ends. */
  async run(stop: AbortSignal): Promise<void> {
    const node = await RunningNode.start(this.options.node, {
      told: (output) => this.tell(output),
      failed: (to, why) => this.tellFailure(to, why),
      halted: (cause) => this.halt(cause),
    });
    this.node = node;
    const dialogue = this.io.dialogue({
      complete: (line) => completions(line, this.addresses()),
      isTakenBack: (line) => ['say', 'msg'].includes(typed(line).kind),
    });
    this.dialogue = dialogue;
    const leave = (): void => dialogue.close();
    stop.addEventListener('abort', leave);
    try {
      this.greet(node);
      this.replay(node);
      this.prompt();
      for (let line; !stop.aborted && (line = await dialogue.next()) !== null;) {
        if (!this.obey(typed(line))) break;
      }
    } finally {
      stop.removeEventListener('abort', leave);
      await node.close();
      dialogue.close();
    }
    if (this.fault !== null) throw this.fault;
    if (this.options.showsStats) this.showStats();
    if (this.refused === 0 || dialogue.isLive) return;
    const lines = this.refused === 1 ? 'a line was' : `${this.refused} lines were`;
    throw new HoplineError('MESSAGE_FAILED', `${lines} refused, see above`);
  }

  /** False when the person leaves. */
  private obey(wish: Typed): boolean {
    switch (wish.kind) {
      case 'quit':
        return false;
      case 'say':
        this.node!.say(this.to, wish.text);
        break;
      case 'msg':
        this.node!.say(wish.to, wish.text);
        break;
      case 'with':
        this.turnTo(wish.to);
        break;
      case 'public':
        this.turnTo('');
        break;
      case 'history':
        this.showHistory(wish.count);
        break;
      case 'who':
        this.showWho();
        break;
      case 'stats':
        this.showStats();
        break;
      case 'help':
        for (const line of helpLines()) this.print(line);
        break;
      case 'mistake':
        this.refuse(wish.why);
    }
    return true;
  }

  private tell(output: Told): void {
    switch (output.kind) {
      case 'show':
        return this.hear(output.message, output.isOwn);
      case 'node':
        if (this.options.isJson) return this.printJson({ ...output, kind: 'node' });
        return this.remark(
          `${printable(output.address)} is ${output.isHere ? here(output.hops) : 'silent'}`,
        );
      case 'neighbour':
        if (this.options.isJson) return this.printJson(output);
        return this.remark(
          `${output.address} ${output.isHere ? 'was found' : 'is gone, and no neighbour any more'}`,
        );
      case 'note': {
        const { from, reason, size, more } = output;
        if (this.options.isJson) this.printJson({ ...output, kind: 'malformed' });
        const before = more === 0 ? '' : `, and ${more} datagrams before`;
        return this.remark(`dropped ${size} bytes from ${from}: ${reason}${before}`);
      }
      case 'refuse':
        return this.refuse(
          `not sent, being too long for a datagram: "${short(printable(output.text))}"`,
        );
    }
  }

  private hear(message: Message, isOwn: boolean): void {
    const kept: Kept = { ...message, heardAt: Date.now(), isOwn };
    this.show(kept);
    this.keep(kept);
  }

  private keep(kept: Kept): void {
    if (this.history === null) return;
    try {
      this.history.add(kept);
      this.isKept = true;
    } catch (failure) {
      if (this.isKept) this.remark(`not kept: ${(failure as Error).message}`);
      this.isKept = false;
    }
  }

  private show(kept: Kept): void {
    if (this.options.isJson) return this.printJson({ kind: 'message', message: kept });
    const day = dayOf(kept.heardAt);
    if (this.isLive() && day !== this.day) this.print(this.paints().dim(`--- ${day} ---`));
    this.day = day;
    this.print(messageLine(kept, this.look()));
  }

  private greet({ address, node }: RunningNode): void {
    if (this.options.isJson) return this.printJson({ kind: 'here', address });
    const neighbours = node.allNeighbours().map(({ address }) => address);
    const names =
      neighbours.length === 0 ? 'no neighbours yet' : `next to ${neighbours.join(', ')}`;
    const ways = this.isLive() ? '; /help lists commands, /quit leaves' : '';
    this.remark(`you are ${address}, ${names}${ways}`);
    if (this.options.node.discovers) {
      this.remark('whoever says in this network that he is there is found');
    } else if (neighbours.length === 0) {
      this.remark('name neighbours with --peers HOST:PORT, or find them with --discover');
    }
  }

  private replay(node: RunningNode): void {
    if (this.history === null) return;
    const { unreadable } = this.history;
    if (unreadable > 0) {
      const lines = unreadable === 1 ? 'a line' : `${unreadable} lines`;
      this.remark(`${lines} of ${this.options.history} are no messages, and are passed over`);
    }
    const { seenTtlMs } = this.options.node;
    const recent = this.history.since(Date.now() - seenTtlMs);
    node.recall(recent.map(({ mid }) => mid));
    for (const kept of this.history.last(HISTORY_AT_FIRST)) this.show(kept);
  }

  private turnTo(to: string): void {
    this.to = to;
    this.prompt();
    if (to === '') return this.remark('you speak to everyone');
    this.remark(
      `you speak to ${to} alone, and whoever passes it on can read it; /public ends that`,
    );
  }

  private showHistory(count: number): void {
    if (this.history === null) return this.refuse('nothing is kept; start with --history FILE');
    const all = this.history.last(count);
    if (all.length === 0) this.remark('nothing was said here yet');
    for (const kept of all) this.show(kept);
  }

  private showWho(): void {
    const { node } = this.node!;
    const [neighbours, sightings] = [node.allNeighbours(), node.about()];
    const ageOf = (at: number): number => this.node!.ageOf(at);
    if (this.options.isJson) {
      const aged = [...neighbours, ...sightings].map(({ heardAt, ...rest }) => {
        return { ...rest, heardMsAgo: heardAt === null ? null : Math.round(ageOf(heardAt)) };
      });
      return this.printJson({ kind: 'who', nodes: aged });
    }
    if (neighbours.length + sightings.length === 0) return this.remark('nobody is about');
    for (const line of whoLines({ neighbours, sightings, ageOf })) this.print(line);
  }

  private showStats(): void {
    const statistics = this.node!.node.statistics();
    if (this.options.isJson) return this.printJson({ kind: 'stats', ...statistics });
    for (const line of statsLines(statistics)) this.print(line);
  }

  private tellFailure(to: string, why: string): void {
    const now = Date.now();
    if (now - (this.failedAt.get(to) ?? -Infinity) < FAILURE_MS) return;
    if (this.failedAt.size >= FAILURES_MAX) this.failedAt.clear();
    this.failedAt.set(to, now);
    this.remark(`${to} was not reached: ${why}`);
  }

  private halt(cause: unknown): void {
    this.fault = cause;
    this.dialogue?.close();
  }

  private addresses(): string[] {
    const { node } = this.node!;
    const all = [...node.allNeighbours(), ...node.about()].map(({ address }) => address);
    return [...new Set(all)].filter((address) => printable(address) === address);
  }

  private prompt(): void {
    this.dialogue?.prompt(`${this.to === '' ? 'everyone' : this.to}> `);
  }

  private refuse(why: string): void {
    this.refused++;
    if (this.isLive()) this.print(this.paints().alert(why));
    else this.io.err(`hopline: ${why}`);
  }

  private remark(words: string): void {
    if (this.isLive()) this.print(this.paints().dim(`* ${words}`));
    else this.io.err(words);
  }

  private printJson(value: object): void {
    this.print(JSON.stringify(value));
  }

  private print(line: string): void {
    if (this.dialogue === null) this.io.out(line);
    else this.dialogue.say(line);
  }

  private isLive(): boolean {
    return this.dialogue?.isLive === true && !this.options.isJson;
  }

  private paints(): ReturnType<typeof paints> {
    return paints(this.io);
  }

  private look(): UdpLook {
    const isLive = this.isLive();
    return {
      colour: this.io.colour,
      time: isLive ? clockTime : fullTime,
      lineBreak: isLive ? '\n      | ' : ' / ',
    };
  }
}

function here(hops: number): string {
  return hops === 1 ? 'here' : `here, ${hops} hops away`;
}
