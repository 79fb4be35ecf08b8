/**
 * Leaving: how a program with links comes to its end. A signal asks for it, or something broke; then
 * what was said last may still leave, within bounds.
 */
import { closeSync, openSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { HoplineError } from '../../protocol/errors.ts';
import type { Log } from './log.ts';
import { watchdog } from './watchdog.ts';

/** Whatever hangs, hangs no longer. */
export const LEAVE_MAX_MS = 5000;
/** For what was written last to leave, once we take our leave. */
const DRAIN_MS = 1000;
const DRAIN_LOOK_MS = 10;
const LAST_WORDS_MS = 1000;

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** A signal asks for it, or something broke. With `reload`, a hang-up asks for that instead. */
export class Ending {
  private readonly ended: Promise<string>;
  private settle: { resolve(signal: string): void; reject(cause: unknown): void };
  private readonly reload: (() => void) | null;
  private readonly hadTerminal = hasTerminal();
  private readonly hear = (signal: NodeJS.Signals): void => {
    // The terminal it was started from may really have hung up.
    const isLast = this.hadTerminal && !hasTerminal();
    if (signal === 'SIGHUP' && this.reload !== null && !isLast) this.reload();
    else this.settle.resolve(signal);
  };

  constructor(reload: (() => void) | null = null) {
    this.reload = reload;
    this.settle = { resolve() {}, reject() {} };
    this.ended = new Promise((resolve, reject) => (this.settle = { resolve, reject }));
    // It may fail before anybody waits.
    this.ended.catch(() => {});
    for (const signal of SIGNALS) process.on(signal, this.hear);
  }

  fail(cause: unknown): void {
    const why = cause instanceof Error ? cause.message : String(cause);
    this.settle.reject(new HoplineError('RELAY_BROKEN', `${why}; start it again`, { cause }));
  }

  /** Somebody else than a signal wants it. */
  ask(why: string): void {
    this.settle.resolve(why);
  }

  /** What asked for it: a signal, mostly. */
  wait(): Promise<string> {
    return this.ended;
  }

  close(): void {
    for (const signal of SIGNALS) process.off(signal, this.hear);
  }
}

/** Tells systemd how it is until a signal ends it, and then lets it leave. */
export async function runUntilEnded(
  ending: Ending,
  env: Record<string, string | undefined>,
  log: Log,
  one: { isAlive(): boolean; leave(): Promise<void> },
): Promise<void> {
  const dog = watchdog(env, () => one.isAlive());
  dog.ready();
  const signal = await ending.wait();
  log.info('leaving', { signal });
  dog.stopping();
  await atMost(LEAVE_MAX_MS, one.leave());
  dog.close();
  log.info('left');
}

function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}

/** What failed has a moment to be told. Then nothing that asks for ever, as noble does, keeps us. */
export function endSoon(): void {
  setTimeout(() => process.exit(), LAST_WORDS_MS).unref();
}

/** Resolves when `work` has, or is late. */
export function atMost(ms: number, work: Promise<unknown>): Promise<unknown> {
  let timer: NodeJS.Timeout;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, ms)));
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Resolves once everything has left, or has had its time. */
export async function drained(isDrained: () => boolean): Promise<void> {
  const until = performance.now() + DRAIN_MS;
  do await wait(DRAIN_LOOK_MS);
  while (!isDrained() && performance.now() < until);
}
