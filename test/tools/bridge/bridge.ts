/**
 * Bridge: a running one for commands to attach to: the real server over a desk that remembers what was
 * said, and the data folder in which it is found. It can go and come back, as another process would.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Whereabouts } from '../../../host/daemon/bridge-file.ts';
import type { Desk } from '../../../host/http/desk.ts';
import type { HttpServer } from '../../../host/http/server.ts';
import type {
  EventView,
  Happening,
  LineView,
  MessageView,
  PeerView,
} from '../../../host/http/views.ts';
import { commands } from '../../../tools/commands/index.ts';
import { dispatch } from '../../../tools/dispatch.ts';
import { version } from '../../../tools/version.ts';
import {
  BOB,
  BOB_TWO,
  DeskDouble,
  message,
  peer,
  SELF,
  serve,
  TOKEN,
} from '../../host/http/builders.ts';
import { testIo } from '../io.ts';
import type { TestIo } from '../io.ts';
import { until } from '../../patience.ts';

export const ADA = 'ada0'.repeat(4);
export { BOB, BOB_TWO, SELF };
/** Noon of a day, wherever the test runs. */
export const NOON = new Date('2026-11-21T12:00').getTime();

/** Ada, whom there is one of, and two who call themselves Bob. */
class TalkDesk extends DeskDouble {
  readonly said: MessageView[] = [];
  readonly known: PeerView[] = [peer(ADA, 'ada'), peer(BOB, 'bob'), peer(BOB_TWO, 'Bob')];
  line: LineView | null = null;
  /** Messages that nobody read yet, by conversation. */
  readonly unread: Record<string, number> = {};
  /** How often somebody asked what conversations there are. */
  looks = 0;
  private boot = 1;
  private events = 0;

  override peers: Desk['peers'] = () => this.known;
  override conversations: Desk['conversations'] = (limit) => {
    this.looks++;
    return [...new Map(this.said.map((last) => [last.conversation, last])).values()]
      .sort((a, b) => b.key - a.key)
      .slice(0, limit)
      .map((last) => {
        const { conversation: name } = last;
        return { name, title: name, last, unread: this.unread[name] ?? 0, readKey: 0 };
      });
  };
  override messages: Desk['messages'] = (conversation, before, limit) =>
    this.said
      .filter((each) => each.conversation === conversation && each.key < before)
      .reverse()
      .slice(0, limit);
  override send: Desk['send'] = async (to, text) => {
    const conversation = to === 'public' ? to : this.peer(to).id;
    const state = to === 'public' ? 'sent' : 'waiting';
    return this.hear({ conversation, text, isOwn: true, sender: SELF, senderName: 'gate', state });
  };
  override search: Desk['search'] = (text) =>
    this.said.filter((each) => each.text.includes(text)).reverse();
  override lines: Desk['lines'] = () => (this.line === null ? [] : [this.line]);
  private happened: EventView[] = [];
  override tell(happening: Happening): EventView {
    const event = super.tell(happening);
    this.happened.push(event);
    return event;
  }
  override eventsAfter: Desk['eventsAfter'] = (cursor) => {
    if (cursor === null) return [];
    const at = this.happened.findIndex((event) => event.cursor === cursor);
    if (at >= 0) return this.happened.slice(at + 1);
    return [{ cursor: this.cursor(), at: NOON, kind: 'gap' }];
  };
  override cursor = (): string => `b${this.boot}-${++this.events}`;

  /** As another process, which knows no events of this one. */
  restart(): void {
    this.boot++;
    this.happened = [];
  }

  /** A message is stored and told of. */
  hear(some: Partial<MessageView>): MessageView {
    const key = this.said.length + 1;
    const heard = message({
      key,
      id: `m${key}`,
      heardAt: NOON,
      sender: ADA,
      senderName: 'ada',
      ...some,
    });
    this.said.push(heard);
    this.tell({ kind: 'message', message: heard });
    return heard;
  }

  /** One of ours comes further. */
  further(key: number, some: Partial<MessageView>): void {
    this.said[key - 1] = { ...this.said[key - 1], ...some };
    this.tell({ kind: 'message-state', message: this.said[key - 1] });
  }
}

export class TestBridge {
  readonly desk = new TalkDesk();
  readonly folder = mkdtempSync(join(tmpdir(), 'hopline-talk-'));
  private server: HttpServer | null = null;
  private port = 0;

  static async start(): Promise<TestBridge> {
    const bridge = new TestBridge();
    writeFileSync(join(bridge.folder, 'token'), `${TOKEN}\n`, { mode: 0o600 });
    await bridge.comeBack();
    return bridge;
  }

  /** As if its process were killed. */
  async go(): Promise<void> {
    await this.server?.close();
    this.server = null;
    this.desk.restart();
  }

  async comeBack(): Promise<void> {
    const { server } = await serve(this.desk, { port: this.port, version: version() });
    this.server = server;
    this.port = this.server.port;
    this.write({ url: this.server.url });
  }

  /** Resolves when what was begun last has its events: it has looked at what there is twice then. */
  connected(): Promise<void> {
    return until(() => this.desk.looks >= 2);
  }

  /** What its folder says of it. */
  write(announced: Partial<Whereabouts> | string): void {
    const token = join(this.folder, 'token');
    const usual = { pid: process.pid, version: version(), token };
    const text =
      typeof announced === 'string' ? announced : JSON.stringify({ ...usual, ...announced });
    writeFileSync(join(this.folder, 'bridge.json'), text);
  }

  async end(): Promise<void> {
    await this.go();
    rmSync(this.folder, { recursive: true });
  }

  /** Runs a command that ends by itself. */
  async run(...words: string[]): Promise<{ status: number; outs: string[]; errs: string[] }> {
    const { io, ended } = this.begin(...words);
    const status = await ended;
    return { status, outs: io.outs, errs: io.errs };
  }

  /** Runs one that goes on until it is stopped. */
  begin(...words: string[]): { io: TestIo; ended: Promise<number>; stop(): void } {
    const io = testIo();
    this.desk.looks = 0;
    const controller = new AbortController();
    io.stopping = () => controller.signal;
    const [command, ...rest] = words;
    const ended = dispatch([command, '--data', this.folder, ...rest], commands, version(), io);
    return { io, ended, stop: () => controller.abort() };
  }
}
