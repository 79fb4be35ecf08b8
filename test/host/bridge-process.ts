/**
 * Bridge process: `hopline up` as a user has it, in a process of its own that a test may kill, asked
 * over its API.
 */
import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import type { EventView, MessageView, PeerView, StatusView } from '../../host/http/views.ts';
import { PROGRAM, ROOT } from '../tools/built.ts';
import { PATIENCE_MS } from '../patience.ts';

export class BridgeProcess {
  readonly folder: string;
  /** What it wrote to its terminal and its log, of all its lives. */
  said = '';
  private readonly settings: string;
  private readonly env: Record<string, string>;
  private readonly through: string[];
  private child: ChildProcess | null = null;
  private pid = 0;
  private url = '';
  private token = '';

  /** `through`: a program that runs ours, such as strace. */
  constructor(
    folder: string,
    settings: string,
    { env = {}, through = [] }: { env?: Record<string, string>; through?: string[] } = {},
  ) {
    this.folder = folder;
    this.settings = settings;
    this.env = env;
    this.through = through;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    const file = join(this.folder, '..', `${this.folder.split('/').at(-1)}.yaml`);
    writeFileSync(file, this.settings);
    const words = [process.execPath, PROGRAM, 'up', '--config', file, '--data', this.folder];
    const [program, ...rest] = [...this.through, ...words];
    const child = spawn(program, rest, { cwd: ROOT, env: { ...process.env, ...this.env } });
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.said += text));
    }
    const until = Date.now() + PATIENCE_MS;
    while (!(await this.answers(child.pid!))) {
      if (child.exitCode !== null || Date.now() > until) {
        throw new Error(`it did not start, and said: ${this.said.slice(-2000)}`);
      }
      await pause(20);
    }
  }

  /** As when the power goes, but for what the system has in its hands. */
  kill(): Promise<void> {
    const { child } = this;
    this.child = null;
    if (child === null || child.exitCode !== null) return Promise.resolve();
    const gone = new Promise<void>((resolve) => child.on('exit', () => resolve()));
    process.kill(this.pid, 'SIGKILL');
    return gone;
  }

  get isRunning(): boolean {
    return this.child !== null && this.child.exitCode === null;
  }

  status(): Promise<StatusView> {
    return this.ask('GET', '/api/v1/status');
  }

  async peers(): Promise<PeerView[]> {
    const { peers } = await this.ask<{ peers: PeerView[] }>('GET', '/api/v1/peers');
    return peers;
  }

  /** Resolved is acknowledged. */
  send(to: string, text: string): Promise<MessageView> {
    return this.ask('POST', '/api/v1/messages', { to, text });
  }

  /** All of a conversation, the newest first. */
  async messages(conversation: string): Promise<MessageView[]> {
    const all: MessageView[] = [];
    let before = Number.MAX_SAFE_INTEGER;
    for (;;) {
      const query = `conversation=${conversation}&limit=1000&before=${before}`;
      const page = await this.ask<{ messages: MessageView[] }>('GET', `/api/v1/messages?${query}`);
      all.push(...page.messages);
      if (page.messages.length < 1000) return all;
      before = page.messages.at(-1)!.key;
    }
  }

  /** Calls `heard` with what is told from now on, until the process ends. */
  listen(heard: (event: EventView) => void): void {
    const url = `${this.url.replace('http', 'ws')}/api/v1/events`;
    const line = new WebSocket(url, ['hopline', `token.${this.token}`]);
    line.on('message', (text: Buffer) => heard(JSON.parse(text.toString())));
    line.on('error', () => {});
  }

  async ask<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const answer = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const value = await answer.json();
    if (!answer.ok) throw new Error(`${answer.status}: ${JSON.stringify(value)}`);
    return value as Answer;
  }

  private async answers(pid: number): Promise<boolean> {
    const path = join(this.folder, 'bridge.json');
    if (!existsSync(path)) return false;
    try {
      const bridge = JSON.parse(readFileSync(path, 'utf8'));
      // What a killed one left behind is not ours; strace has a number of its own.
      if (this.through.length === 0 && bridge.pid !== pid) return false;
      this.pid = bridge.pid;
      this.url = bridge.url;
      this.token = readFileSync(bridge.token, 'utf8').trim();
      await this.status();
      return true;
    } catch {
      return false;
    }
  }
}

/** The program as it is now. */
export function buildBridge(): void {
  execFileSync(process.execPath, [join(ROOT, 'tools/build/make.mjs'), 'prepare']);
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
