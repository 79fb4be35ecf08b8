/**
 * Actions: what the owner wants done when something happens: the event is posted to a web address, or
 * given to a command. Each action has a queue of its own and does one thing at a time, so that one that
 * hangs holds up nobody.
 *
 *   event -> queue, at most 100 -> post or run, 10 s at most -> done
 *                                    failed: again after 1 s and 5 s, then given up, logged, and a
 *                                    problem until another event is done
 */
import { spawn } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import type { Log } from '../../device/pi/log.ts';
import type { ActionConfig } from '../config.ts';
import type { MeshEvent } from '../events.ts';
import { plainEvent } from '../events.ts';

/** Events that wait for an action; then the oldest is given up. */
export const QUEUE_MAX = 100;
const TAKES_MAX_MS = 10_000;
const AGAIN_AFTER_MS = [1000, 5000];

type Happened = { kind: string; json: string };

export type ActionsOptions = {
  log: Pick<Log, 'warn'>;
  /** What is wrong with the action of that place in the settings, from 1; null once nothing is. */
  told: (entry: number, problem: string | null) => void;
  /** Between tries; those of the table, unless a test is in a hurry. */
  againAfterMs?: readonly number[];
  takesMaxMs?: number;
};

export class Actions {
  private readonly actions: Action[];

  constructor(configs: readonly ActionConfig[], options: ActionsOptions) {
    this.actions = configs.map((config, at) => new Action(at + 1, config, options));
  }

  hear(event: MeshEvent, unixMs: number): void {
    const concerned = this.actions.filter(({ wants }) => wants === 'any' || wants === event.kind);
    if (concerned.length === 0) return;
    const json = JSON.stringify({ at: unixMs, ...plainEvent(event) });
    for (const action of concerned) action.add({ kind: event.kind, json });
  }

  /** What was not done yet is not done any more, and nothing is wrong with it. */
  close(): void {
    for (const action of this.actions) action.close();
  }
}

class Action {
  readonly wants: ActionConfig['event'];
  private readonly entry: number;
  private readonly config: ActionConfig;
  private readonly log: ActionsOptions['log'];
  private readonly told: ActionsOptions['told'];
  private readonly againAfterMs: readonly number[];
  private readonly takesMaxMs: number;
  private readonly queue: Happened[] = [];
  private readonly ended = new AbortController();
  private givenUp = 0;
  /** Events that it failed at since the last that it did. */
  private failures = 0;
  private isBusy = false;
  /** What is done now. */
  private doing = new AbortController();

  constructor(entry: number, config: ActionConfig, options: ActionsOptions) {
    const { log, told, againAfterMs = AGAIN_AFTER_MS, takesMaxMs = TAKES_MAX_MS } = options;
    this.wants = config.event;
    this.entry = entry;
    this.config = config;
    this.log = log;
    this.told = told;
    this.againAfterMs = againAfterMs;
    this.takesMaxMs = takesMaxMs;
  }

  add(happened: Happened): void {
    if (this.ended.signal.aborted) return;
    this.queue.push(happened);
    if (this.queue.length > QUEUE_MAX) {
      this.queue.shift();
      this.givenUp++;
    }
    if (!this.isBusy) void this.work();
  }

  close(): void {
    this.queue.length = 0;
    this.ended.abort();
    this.doing.abort();
    this.told(this.entry, null);
  }

  private async work(): Promise<void> {
    this.isBusy = true;
    for (let next = this.queue.shift(); next !== undefined; next = this.queue.shift()) {
      await this.attempt(next);
    }
    this.isBusy = false;
    if (this.givenUp === 0) return;
    this.log.warn(`${this.name}: ${this.givenUp} events came faster than it could take them`);
    this.givenUp = 0;
  }

  /** Never rejects: whoever waits for an action has the log and the problems to read. */
  private async attempt(happened: Happened): Promise<void> {
    for (const pauseMs of [...this.againAfterMs, null]) {
      const failure = await this.perform(happened).then(
        () => null,
        (cause: unknown) => (cause as Error).message,
      );
      if (this.ended.signal.aborted) return;
      if (failure === null) return this.succeed();
      if (pauseMs === null) return this.fail(happened.kind, failure);
      const pause = wait(pauseMs, false, { signal: this.ended.signal, ref: false });
      const isEnded = await pause.catch(() => true);
      if (isEnded) return;
    }
  }

  private succeed(): void {
    this.failures = 0;
    this.told(this.entry, null);
  }

  /** A command is not named where others may look, for it may hold a secret. */
  private fail(kind: string, failure: string): void {
    this.failures++;
    this.log.warn(`${this.name}: ${kind}: ${failure}`);
    const sort = 'webhook' in this.config ? 'webhook' : 'command';
    const what = `the ${sort} for ${this.wants}, entry ${this.entry} of "on", fails`;
    const lost = this.failures === 1 ? 'an event was' : `${this.failures} events were`;
    const remedy = 'see to it, or change the settings';
    this.told(this.entry, `${what}: ${lost} given up, the last as ${failure}; ${remedy}`);
  }

  /** By a timer of ours: the signal of AbortSignal.timeout may be collected before its time has come. */
  private async perform(happened: Happened): Promise<void> {
    this.doing = new AbortController();
    const { signal } = this.doing;
    const timer = setTimeout(() => this.doing.abort(), this.takesMaxMs);
    try {
      if ('webhook' in this.config) await post(this.config.webhook, happened, signal);
      else await run(this.config.command, happened, signal);
    } catch (cause) {
      if (!signal.aborted) throw cause;
      throw new Error(`it took longer than ${this.takesMaxMs / 1000} s`, { cause });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Without what a web address has behind its host, which may be a secret. */
  private get name(): string {
    return 'webhook' in this.config
      ? `webhook ${new URL(this.config.webhook).origin}`
      : `command ${this.config.command}`;
  }
}

async function post(address: string, { json }: Happened, signal: AbortSignal): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(address, { method: 'POST', headers, body: json, signal }).catch(
    (cause: unknown) => {
      const why = (cause as { cause?: Error }).cause ?? (cause as Error);
      throw new Error(why.message);
    },
  );
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`it answered ${answer.status}`);
}

/**
 * The event is given as input, and never becomes part of what a shell reads. What the shell began is of
 * its group, and ends with it.
 */
function run(command: string, { kind, json }: Happened, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const child = spawn(command, {
      shell: true,
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      env: { ...process.env, HOPLINE_EVENT: kind },
    });
    const kill = (): void => {
      try {
        process.kill(-child.pid!, 'SIGKILL');
      } catch (cause) {
        // One that has become another user's cannot be ended, and is waited for no longer.
        reject(cause as Error);
      }
    };
    signal.addEventListener('abort', kill);
    child.on('error', reject);
    child.on('exit', (code) => {
      signal.removeEventListener('abort', kill);
      if (code === 0) return resolve();
      reject(new Error(`it ended with ${code ?? 'a signal'}`));
    });
    // A command that reads nothing may be gone by then.
    child.stdin.on('error', () => {});
    child.stdin.end(`${json}\n`);
  });
}
