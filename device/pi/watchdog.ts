/**
 * Watchdog: tells systemd that the relay is up, that it is alive, and that it ends, as far as systemd
 * asked for it. Node cannot speak to its socket, so systemd's own program does.
 */
import { spawn } from 'node:child_process';

export type Watchdog = { ready(): void; stopping(): void; close(): void };

/** `isAlive` is asked before each sign of life; without one systemd starts the relay anew. */
export function watchdog(
  env: Record<string, string | undefined>,
  isAlive: () => boolean,
): Watchdog {
  if (!env['NOTIFY_SOCKET']) return { ready() {}, stopping() {}, close() {} };
  const everyMs = Number(env['WATCHDOG_USEC'] ?? 0) / 1000 / 2;
  let beat: NodeJS.Timeout | undefined;
  return {
    ready() {
      notify(env, ['--ready']);
      if (everyMs <= 0) return;
      beat = setInterval(() => {
        if (isAlive()) notify(env, ['WATCHDOG=1']);
      }, everyMs);
    },
    stopping() {
      notify(env, ['STOPPING=1']);
    },
    close: () => clearInterval(beat),
  };
}

function notify(env: Record<string, string | undefined>, words: string[]): void {
  // Whether it is heard is systemd's affair: unheard, it does what is right by itself.
  spawn('systemd-notify', [`--pid=${process.pid}`, ...words], { env, stdio: 'ignore' })
    .on('error', () => {})
    .unref();
}
