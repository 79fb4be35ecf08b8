/**
 * Interpreter: a real Espruino that starts a firmware from its Storage, as a board does. It is
 * `ESPRUINO_BIN`, or `espruino` on the PATH.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { interpreter } from '../../tools/build/measure.ts';

export const INTERPRETER = interpreter(process.env);
export const WITHOUT_INTERPRETER = INTERPRETER === null ? ' (skipped: no interpreter)' : '';

export type Running = {
  said(): string;
  /** At its console. */
  type(text: string): void;
  stop(): Promise<void>;
};

/**
 * Starts `binary` with these files in its Storage, and again when it exits; those named `.boot0` and
 * `.bootcde` are run.
 */
export async function start(binary: string, files: Record<string, Uint8Array>): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'hopline-espruino-'));
  const lines = ["echo(0);var fs=require('fs'),storage=require('Storage');"];
  Object.entries(files).forEach(([name, bytes], at) => {
    writeFileSync(join(folder, `file${at}`), bytes);
    lines.push(`storage.write('${name}',fs.readFileSync('file${at}'));`);
  });
  writeFileSync(join(folder, 'put.js'), [...lines, 'setTimeout(quit, 1);\n'].join('\n'));
  await ended(launch(binary, ['put.js'], folder));
  let said = '';
  let isStopped = false;
  const begin = (): ChildProcess => {
    const board = launch(binary, [], folder);
    board.stdout!.setEncoding('latin1').on('data', (text: string) => (said += text));
    board.on('close', () => {
      // To reboot is to exit, there.
      if (!isStopped) running = begin();
    });
    return board;
  };
  let running = begin();
  return {
    said: () => said,
    type: (text) => void running.stdin!.write(text),
    async stop() {
      isStopped = true;
      running.kill('SIGKILL');
      await ended(running);
      rmSync(folder, { recursive: true });
    },
  };
}

/** Its console stays open, or it would take the end of input for keys. */
function launch(binary: string, args: string[], cwd: string): ChildProcess {
  return spawn(binary, args, { cwd, stdio: ['pipe', 'pipe', 'ignore'] });
}

function ended(board: ChildProcess): Promise<void> {
  if (board.exitCode !== null || board.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => board.on('close', () => resolve()));
}
