/**
 * Chromium: the browser of this machine without a window, and a page in it that runs what it is told,
 * over the protocol of its own developer tools.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { WebSocket } from 'ws';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Where it is; null where there is none. */
export const CHROMIUM =
  ['/usr/bin', ...(process.env['PATH'] ?? '').split(delimiter)]
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find((file) => existsSync(file)) ?? null;

/** Without a window, a sandbox, or anything that would ask for the network by itself. */
export const CHROMIUM_ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Then it did not start. */
const START_MS = 30_000;

type Reply = { id: number; result?: Record<string, unknown>; error?: { message: string } };

export class ChromiumPage {
  private readonly child: ChildProcess;
  private readonly folder: string;
  private readonly socket: WebSocket;
  private readonly asked = new Map<number, (reply: Reply) => void>();
  private session: string | null = null;
  private count = 0;

  private constructor(child: ChildProcess, folder: string, socket: WebSocket) {
    this.child = child;
    this.folder = folder;
    this.socket = socket;
    socket.on('message', (text) => {
      const reply = JSON.parse(String(text)) as Reply;
      this.asked.get(reply.id)?.(reply);
      this.asked.delete(reply.id);
    });
  }

  /** With a profile of its own, which goes with it. */
  static async open(file: string, url: string): Promise<ChromiumPage> {
    const folder = mkdtempSync(join(tmpdir(), 'hopline-chromium-'));
    const own = [
      `--user-data-dir=${folder}`,
      '--remote-debugging-port=0',
      '--window-size=1280,800',
    ];
    const child = spawn(file, [...CHROMIUM_ARGS, ...own, 'about:blank'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const address = await addressOf(child);
    const socket = new WebSocket(address);
    await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
    const page = new ChromiumPage(child, folder, socket);
    const { targetId } = await page.ask('Target.createTarget', { url: 'about:blank' });
    const attached = await page.ask('Target.attachToTarget', { targetId, flatten: true });
    page.session = String(attached['sessionId']);
    await page.ask('Page.navigate', { url });
    return page;
  }

  /** What an expression, or what it promises, comes to. */
  async run<Value>(expression: string): Promise<Value> {
    const wanted = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.ask('Runtime.evaluate', wanted);
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { value: Value }).value;
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.child.on('close', resolve));
    this.socket.close();
    this.child.kill();
    await ended;
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  private async ask(method: string, params: object): Promise<Record<string, unknown>> {
    const id = ++this.count;
    const reply = new Promise<Reply>((resolve) => this.asked.set(id, resolve));
    const session = this.session === null ? {} : { sessionId: this.session };
    this.socket.send(JSON.stringify({ id, method, params, ...session }));
    const { result, error } = await reply;
    if (result === undefined) throw new Error(`${method}: ${error?.message}`);
    return result;
  }
}

/** It says where it listens. */
function addressOf({ stderr, ...child }: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('Chromium did not start')), START_MS);
    let said = '';
    stderr!.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const [, address] = /DevTools listening on (ws:\S+)/.exec(said) ?? [];
      if (address === undefined) return;
      clearTimeout(late);
      resolve(address);
    });
    stderr!.on('end', () => reject(new Error(`Chromium ended (${child.exitCode}): ${said}`)));
  });
}
