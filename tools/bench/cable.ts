/**
 * Cable: two ends of a serial line that is none, made by socat, and a simulated board at one of them
 * that hears and talks no faster than its rate allows.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSerial } from '../../device/pi/serial.ts';
import type { Board } from '../simulate/board.ts';

export type Cable = {
  near: string;
  far: string;
  folder: string;
  /** Both ends end, as if it were pulled out. */
  pull(): Promise<void>;
};

export function hasSocat(): boolean {
  return spawnSync('socat', ['-V']).status === 0;
}

/** `far` may also be another address of socat's, such as a program to run there. */
export async function cable(farAddress?: (folder: string) => string): Promise<Cable> {
  const folder = mkdtempSync(join(tmpdir(), 'hopline-pty-'));
  const near = join(folder, 'near');
  const far = join(folder, 'far');
  const address = farAddress?.(folder) ?? `PTY,link=${far},raw,echo=0`;
  const socat = spawn('socat', [`PTY,link=${near},raw,echo=0`, address], {
    cwd: folder,
    stdio: 'ignore',
  });
  const ended = new Promise<void>((resolve) => socat.on('close', () => resolve()));
  const isThere = (): boolean => existsSync(near) && (farAddress !== undefined || existsSync(far));
  for (let tries = 0; tries < 500 && !isThere(); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return {
    near,
    far,
    folder,
    async pull() {
      socat.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Plugs the board in at `path`, and returns how to unplug it. */
export async function plugIn(
  board: Pick<Board, 'receive' | 'work'>,
  path: string,
  baud: number,
): Promise<() => Promise<void>> {
  const began = performance.now();
  /** What is on the wire to the board, and what the board has said. */
  const coming: Uint8Array[] = [];
  let going: Uint8Array[] = [];
  let isWriting = false;
  const link = await openSerial(path, baud, {
    received: (bytes) => void coming.push(bytes),
    down() {},
  });
  let worked = 0;
  let credit = 0;
  const clock = setInterval(() => {
    const now = Math.floor(performance.now() - began);
    for (; worked < now; worked++) {
      credit += baud / 10_000;
      while (coming.length > 0 && credit >= 1) {
        const first = coming[0];
        const part = first.subarray(0, Math.floor(credit));
        credit -= part.length;
        board.receive(part);
        if (part.length === first.length) coming.shift();
        else coming[0] = first.subarray(part.length);
      }
      // An idle wire saves nothing up.
      if (coming.length === 0) credit = Math.min(credit, 1);
      going.push(board.work(worked));
    }
    const said = Buffer.concat(going);
    if (isWriting || said.length === 0) return;
    going = [];
    isWriting = true;
    link.write(said).then(
      () => (isWriting = false),
      () => {},
    );
  }, 1);
  return async () => {
    clearInterval(clock);
    await link.close();
  };
}
