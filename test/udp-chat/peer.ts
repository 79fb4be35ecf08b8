/**
 * Peer: the Python node of peer.py in a process of its own, as tests meet it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

const PROGRAM = fileURLToPath(new URL('peer.py', import.meta.url));

export const PYTHON = spawnSync('python3', ['--version']).status === 0;
export const WITHOUT_PYTHON = PYTHON ? '' : ' (skipped: no python3)';

export type PythonPeer = {
  address: string;
  say(line: string): void;
  /** All it showed: `src: body`. */
  shown: string[];
  dropped: string[];
  /** Until it shows this. */
  shows(text: string): Promise<void>;
  end(): Promise<void>;
};

/** At `address`, and ready to be sent to. */
export async function pythonPeer(
  address: string,
  neighbours: string[],
  ttl = 8,
): Promise<PythonPeer> {
  const child = spawn('python3', [PROGRAM, address, String(ttl), ...neighbours], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [shown, dropped]: [string[], string[]] = [[], []];
  const gone = new Promise<void>((resolve) => child.on('close', () => resolve()));
  let isHere = false;
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      const told = JSON.parse(line) as Record<string, string>;
      if (told['here'] !== undefined) isHere = true;
      if (told['shown'] !== undefined) shown.push(`${told['src']}: ${told['shown']}`);
      if (told['dropped'] !== undefined) dropped.push(told['dropped']);
    }
  });
  child.stdin.on('error', () => {});
  await expect.poll(() => isHere).toBe(true);
  return {
    address,
    say: (line) => void child.stdin.write(`${line}\n`),
    shown,
    dropped,
    async shows(text) {
      await expect.poll(() => shown).toContain(text);
    },
    async end() {
      child.stdin.end();
      await gone;
    },
  };
}

/** So many UDP ports of this machine that nobody has just now. */
export async function freeUdpPorts(count: number): Promise<number[]> {
  const sockets = Array.from({ length: count }, () => createSocket('udp4'));
  const ports = await Promise.all(
    sockets.map(
      (socket) =>
        new Promise<number>((resolve) =>
          socket.bind(0, '127.0.0.1', () => resolve(socket.address().port)),
        ),
    ),
  );
  await Promise.all(sockets.map((socket) => new Promise<void>((done) => socket.close(done))));
  return ports;
}
