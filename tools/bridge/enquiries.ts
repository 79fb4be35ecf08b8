/**
 * Enquiries: what a person asks in a chat beside talking: who is there, what was said, how the bridge
 * is, and how far and over whom somebody is reached.
 */
import type { ConversationView, PingView, StatusView } from '../../host/http/views.ts';
import { PUBLIC } from '../../host/types.ts';
import { printable } from '../../protocol/printable.ts';
import { hopLines } from '../relay/hop-lines.ts';
import { age, tableOf, unanswered } from '../relay/words.ts';
import type { BridgeClient } from './client.ts';
import type { Look } from './message-lines.ts';
import { lineName, messageLine } from './message-lines.ts';
import type { Names } from './names.ts';
import { fullTime, short } from './paints.ts';
import { pathLines } from './path-lines.ts';
import { peerTable } from './peer-table.ts';

export type EnquiryPorts = {
  print(line: string): void;
  remark(words: string): void;
  look(): Look;
  isJson: boolean;
  /** Aborted when the person leaves: nobody waits for an answer then. */
  leaving: AbortSignal;
};

/** Messages that a search shows. */
const FOUND_MAX = 20;
/** Conversations that are listed. */
const ROOMS_MAX = 50;

export class Enquiries {
  private readonly client: BridgeClient;
  private readonly ports: EnquiryPorts;

  constructor(client: BridgeClient, ports: EnquiryPorts) {
    this.client = client;
    this.ports = ports;
  }

  async rooms(): Promise<void> {
    const { conversations } = await this.client.get<{ conversations: ConversationView[] }>(
      'conversations',
      { limit: ROOMS_MAX },
    );
    if (this.ports.isJson) return this.json('rooms', { conversations });
    if (conversations.length === 0) return this.ports.remark('nothing was said here yet');
    this.table(roomTable(conversations, this.ports.look().names, Date.now()));
  }

  async peers(): Promise<void> {
    const peers = await this.client.peers();
    if (this.ports.isJson) return this.json('peers', { peers });
    const near = peers.filter(({ isReachable }) => isReachable);
    if (near.length > 0) this.table(peerTable(near, Date.now()));
    else this.ports.remark('nobody is in reach');
    const away = peers.length - near.length;
    const known = `${away} more are known and out of reach: hopline peers lists them`;
    if (away > 0) this.ports.remark(known);
  }

  async state(): Promise<void> {
    const status = await this.client.get<StatusView>('status');
    const lines = await this.client.lines();
    if (this.ports.isJson) return this.json('state', { status, lines });
    const radios = status.radios
      .map(({ name, state }) => (state === 'virtual' ? name : `${name} ${state}`))
      .join(', ');
    this.table([
      `${printable(status.name)} (${status.id}), Hopline ${status.version}`,
      `health: ${status.health}, radios: ${radios || 'none'}`,
      ...status.problems.map((problem) => `problem: ${printable(problem)}`),
      ...lines.map((line) => `line to ${lineName(line)}: ${line.state}`),
      ...(lines.length === 0 ? ['no lines to other gateways'] : []),
    ]);
  }

  async search(words: string): Promise<void> {
    const messages = (await this.client.search(words, FOUND_MAX)).reverse();
    if (this.ports.isJson) return this.json('found', { messages });
    const look = { ...this.ports.look(), time: fullTime };
    for (const message of messages) this.ports.print(messageLine(message, look));
    if (messages.length === 0) this.ports.remark(`nobody said ${printable(words)}`);
    if (messages.length === FOUND_MAX) {
      this.ports.remark(`the last ${FOUND_MAX} of them; further words find fewer`);
    }
  }

  async ping(who: string): Promise<void> {
    const { id } = await this.client.peer(who);
    const ping = await this.client.ping(id, this.ports.leaving);
    if (this.ports.isJson) return this.json('ping', { id, ping });
    this.ports.print(pingLine(this.ports.look().names.of(id), ping));
  }

  async trace(who: string): Promise<void> {
    const { id } = await this.client.peer(who);
    const hops = await this.client.trace(id, this.ports.leaving);
    if (this.ports.isJson) return this.json('trace', { id, hops });
    const { names } = this.ports.look();
    this.table(hopLines(id, hops, (hop) => names.of(hop)));
    if (hops.some((hop) => hop.id === id)) return;
    const how = hops.length === 0 ? 'no node answered' : 'it did not answer itself';
    this.ports.remark(`${names.of(id)}: ${how}; only Hopline nodes tell the way`);
  }

  async path(who: string): Promise<void> {
    const path = await this.client.path(who);
    if (this.ports.isJson) return this.json('path', { path });
    this.table(pathLines(path, await this.client.peers()));
  }

  private json(kind: string, answer: object): void {
    this.ports.print(JSON.stringify({ kind, ...answer }));
  }

  private table(lines: string[]): void {
    for (const line of lines) this.ports.print(line);
  }
}

/** Those with something unread first; among them, and among the others, the one last spoken in. */
function roomTable(conversations: ConversationView[], names: Names, now: number): string[] {
  const sorted = [...conversations].sort(
    (a, b) =>
      Number(b.unread > 0) - Number(a.unread > 0) || (b.last?.key ?? 0) - (a.last?.key ?? 0),
  );
  const rows = sorted.map(({ name, title, last, unread }) => [
    name === PUBLIC ? 'everyone' : names.of(name, title),
    unread === 0 ? '' : String(unread),
    last === null ? '' : `${age(Math.max(0, now - last.heardAt))} ago`,
    last === null ? '' : snippetOf(last, names),
  ]);
  return tableOf(['conversation', 'unread', 'last', 'said'], rows);
}

function snippetOf(
  { isOwn, sender, senderName, conversation, text }: NonNullable<ConversationView['last']>,
  names: Names,
): string {
  const said = short(printable(text.replace(/\s+/g, ' ')));
  if (isOwn) return `you: ${said}`;
  return conversation === PUBLIC ? `${names.of(sender, senderName)}: ${said}` : said;
}

function pingLine(name: string, ping: PingView): string {
  if (ping === null) return unanswered(name);
  const { hops, roundTripMs } = ping;
  const far = hops === null ? '' : `, ${hops} hop${hops === 1 ? '' : 's'}`;
  return `${name} answered after ${Math.round(roundTripMs)} ms${far}`;
}
