/**
 * Pty: two ends of a cable that is none, made by socat. Tests that need it are skipped by name where
 * socat is not installed.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const SOCAT = spawnSync('socat', ['-V']).status === 0;
export const WITHOUT_SOCAT = SOCAT ? '' : ' (skipped: no socat)';

export type Cable = {
  near: string;
  far: string;
  folder: string;
  /** Both ends end, as if it were pulled out. */
  pull(): Promise<void>;
};

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
  for (let tries = 0; tries < 200 && !isThere(); tries++) {
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
