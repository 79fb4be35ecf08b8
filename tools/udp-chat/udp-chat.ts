/**
 * UDP chat: what one person, or one program at the end of a pipe, says and reads in the plain UDP chat.
 * It looks and is used as the chat over a bridge.
 */
import { printable } from '../../protocol/printable.ts';
import type { Message } from '../../protocol/udp-chat/message.ts';
import { short } from '../bridge/paints.ts';
import { ChatScreen } from '../chat-screen.ts';
import type { Io } from '../command.ts';
import type { Dialogue } from '../dialogue.ts';
import type { Kept } from './history-file.ts';
import { HistoryFile } from './history-file.ts';
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
  private readonly screen: ChatScreen;
  private readonly history: HistoryFile | null;
  private readonly failedAt = new Map<string, number>();
  private node: RunningNode | null = null;
  private dialogue: Dialogue | null = null;
  /** Whom a line without a command goes to; empty for everyone. */
  private to: string;
  private fault: unknown = null;
  private isKept = true;

  constructor(options: UdpChatOptions, io: Io) {
    this.options = options;
    this.io = io;
    this.screen = new ChatScreen(io, options.isJson);
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
    this.screen.attach(dialogue);
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
    this.screen.demandNoneRefused();
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
        for (const line of helpLines()) this.screen.print(line);
        break;
      case 'mistake':
        this.screen.refuse(wish.why);
    }
    return true;
  }

  private tell(output: Told): void {
    switch (output.kind) {
      case 'show':
        return this.hear(output.message, output.isOwn);
      case 'node':
        if (this.options.isJson) return this.screen.printJson({ ...output, kind: 'node' });
        return this.screen.remark(
          `${printable(output.address)} is ${output.isHere ? here(output.hops) : 'silent'}`,
        );
      case 'neighbour':
        if (this.options.isJson) return this.screen.printJson(output);
        return this.screen.remark(
          `${output.address} ${output.isHere ? 'was found' : 'is gone, and no neighbour any more'}`,
        );
      case 'note': {
        const { from, reason, size, more } = output;
        if (this.options.isJson) this.screen.printJson({ ...output, kind: 'malformed' });
        const before = more === 0 ? '' : `, and ${more} datagrams before`;
        return this.screen.remark(`dropped ${size} bytes from ${from}: ${reason}${before}`);
      }
      case 'refuse':
        return this.screen.refuse(
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
      if (this.isKept) this.screen.remark(`not kept: ${(failure as Error).message}`);
      this.isKept = false;
    }
  }

  private show(kept: Kept): void {
    if (this.options.isJson) return this.screen.printJson({ kind: 'message', message: kept });
    this.screen.turnTo(kept.heardAt);
    this.screen.print(messageLine(kept, this.screen.look));
  }

  private greet({ address, node }: RunningNode): void {
    if (this.options.isJson) return this.screen.printJson({ kind: 'here', address });
    const neighbours = node.allNeighbours().map(({ address }) => address);
    const names =
      neighbours.length === 0 ? 'no neighbours yet' : `next to ${neighbours.join(', ')}`;
    const ways = this.screen.isLive ? '; /help lists commands, /quit leaves' : '';
    this.screen.remark(`you are ${address}, ${names}${ways}`);
    if (this.options.node.discovers) {
      this.screen.remark('whoever says in this network that he is there is found');
    } else if (neighbours.length === 0) {
      this.screen.remark('name neighbours with --peers HOST:PORT, or find them with --discover');
    }
  }

  private replay(node: RunningNode): void {
    if (this.history === null) return;
    const { unreadable } = this.history;
    if (unreadable > 0) {
      const lines = unreadable === 1 ? 'a line' : `${unreadable} lines`;
      this.screen.remark(
        `${lines} of ${this.options.history} are no messages, and are passed over`,
      );
    }
    const { seenTtlMs } = this.options.node;
    const recent = this.history.since(Date.now() - seenTtlMs);
    node.recall(recent.map(({ mid }) => mid));
    for (const kept of this.history.last(HISTORY_AT_FIRST)) this.show(kept);
  }

  private turnTo(to: string): void {
    this.to = to;
    this.prompt();
    if (to === '') return this.screen.remark('you speak to everyone');
    this.screen.remark(
      `you speak to ${to} alone, and whoever passes it on can read it; /public ends that`,
    );
  }

  private showHistory(count: number): void {
    if (this.history === null)
      return this.screen.refuse('nothing is kept; start with --history FILE');
    const all = this.history.last(count);
    if (all.length === 0) this.screen.remark('nothing was said here yet');
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
      return this.screen.printJson({ kind: 'who', nodes: aged });
    }
    if (neighbours.length + sightings.length === 0) return this.screen.remark('nobody is about');
    for (const line of whoLines({ neighbours, sightings, ageOf })) this.screen.print(line);
  }

  private showStats(): void {
    const statistics = this.node!.node.statistics();
    if (this.options.isJson) return this.screen.printJson({ kind: 'stats', ...statistics });
    for (const line of statsLines(statistics)) this.screen.print(line);
  }

  private tellFailure(to: string, why: string): void {
    const now = Date.now();
    if (now - (this.failedAt.get(to) ?? -Infinity) < FAILURE_MS) return;
    if (this.failedAt.size >= FAILURES_MAX) this.failedAt.clear();
    this.failedAt.set(to, now);
    this.screen.remark(`${to} was not reached: ${why}`);
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
}

function here(hops: number): string {
  return hops === 1 ? 'here' : `here, ${hops} hops away`;
}
