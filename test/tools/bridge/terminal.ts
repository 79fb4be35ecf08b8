/**
 * Terminal: the program as somebody has it at a real pseudo-terminal: what he types, and what he sees.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { PROGRAM } from '../built.ts';
import { Screen } from './screen.ts';

export type Terminal = {
  type(text: string): void;
  /** Waits until a row of the screen has it. */
  sees(text: string): Promise<void>;
  /** Waits until the whole screen is this; `HH:MM` stands for any time. */
  shows(rows: (string | RegExp)[]): Promise<void>;
  /** Resolves to the exit status when the program ends. */
  ended: Promise<number | null>;
  kill(): void;
};

/** Runs `hopline` with these words in so many columns. */
export function atTerminal(words: string[], columns: number): Terminal {
  const folder = mkdtempSync(join(tmpdir(), 'hopline-terminal-'));
  const script = join(folder, 'run');
  const quoted = [process.execPath, PROGRAM, ...words].map((word) => `'${word}'`).join(' ');
  // A shell in between would have to be told of signals; this one becomes the program.
  writeFileSync(script, `#!/bin/sh\nstty cols ${columns} rows 30\nexec ${quoted}\n`, {
    mode: 0o755,
  });
  const child = spawn('socat', ['-', `EXEC:${script},pty,setsid,ctty,stderr`], {
    env: { ...process.env, TERM: 'xterm', NO_COLOR: '1', TZ: 'UTC' },
  });
  const screen = new Screen(columns);
  child.stdout.setEncoding('utf8').on('data', (text: string) => screen.write(text));
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  child.stdin.on('error', () => {});
  let hasEnded = false;
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', (status) => {
      hasEnded = true;
      rmSync(folder, { recursive: true, force: true });
      resolve(status);
    });
  });
  return {
    type: (text) => void child.stdin.write(text),
    async sees(text) {
      const isSeen = (): boolean => hasEnded || screen.rows().some((row) => row.includes(text));
      await expect.poll(isSeen).toBe(true);
      if (hasEnded) throw new Error(`it has ended:\n${screen.rows().join('\n')}\n${complaints}`);
    },
    async shows(rows) {
      const wanted = rows.map((row) =>
        typeof row === 'string' ? row : expect.stringMatching(row),
      );
      const shown = (): string[] =>
        screen
          .rows()
          .map((row, at) =>
            String(rows[at]).startsWith('HH:MM') ? row.replace(/^\d\d:\d\d/, 'HH:MM') : row,
          );
      await expect.poll(shown).toEqual(wanted);
    },
    ended,
    kill: () => void child.kill('SIGKILL'),
  };
}
