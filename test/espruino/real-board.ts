/**
 * Real board: an Espruino interpreter behind a pseudo-terminal, as a board on a cable would be. It
 * starts again when it exits, keeps its Storage, and can lose its power.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Script } from '../../protocol/admin/script.ts';
import type { Speaker } from '../../tools/flash/talk.ts';
import { Talk } from '../../tools/flash/talk.ts';
import { Asker } from '../../tools/flash/checked.ts';
import { interpreter } from '../../tools/build/measure.ts';
import { converse } from '../../tools/session.ts';
import { cable, SOCAT } from '../pty.ts';

export const BINARY = interpreter(process.env);
/** Why tests with a real interpreter on a cable are skipped; empty when they are not. */
export const WITHOUT_BOARD =
  BINARY === null ? ' (skipped: no interpreter)' : SOCAT ? '' : ' (skipped: no socat)';

export type RealBoard = {
  port: string;
  /** Cable and power at once. */
  pull(): Promise<void>;
  /** Back again, with the same Storage, at a port of its own. */
  plugIn(): Promise<void>;
  /** The value of an expression on it. */
  value(code: string): Promise<unknown>;
  /** Types at its console. */
  type(text: string): Promise<void>;
  remove(): Promise<void>;
};

const SCRIPT = `#!/bin/sh
# Runs an interpreter again when it exits, as a board would.
cd "$(dirname "$0")" && echo $$ > pid
while :; do "$1" 2>/dev/null; sleep 0.05; done
`;

export async function realBoard(): Promise<RealBoard> {
  const home = mkdtempSync(join(tmpdir(), 'hopline-board-'));
  const script = join(home, 'board.sh');
  writeFileSync(script, SCRIPT, { mode: 0o755 });
  const plug = () => cable(() => `EXEC:${script} ${BINARY},pty,raw,echo=0,ctty,setsid`);
  const talk = <T>(say: (speaker: Speaker<never>) => Script<T>): Promise<T> =>
    converse(
      new Talk<never, T>(115_200, say),
      board.port,
      115_200,
      () => {},
      new AbortController().signal,
    );
  let line = await plug();
  const board: RealBoard = {
    port: line.near,
    async pull() {
      const group = Number(readFileSync(join(home, 'pid'), 'utf8'));
      process.kill(-group, 'SIGKILL');
      await line.pull();
      rmSync(join(home, 'pid'));
    },
    async plugIn() {
      line = await plug();
      board.port = line.near;
      for (let tries = 0; tries < 200 && !existsSync(join(home, 'pid')); tries++) await wait(10);
      await wait(300);
    },
    value: (code) =>
      talk(function* (speaker) {
        const answer = yield* new Asker(speaker, 7_000_000).run(code);
        return answer.ok ? answer.value : answer.reason;
      }),
    type: (text) =>
      talk(function* (speaker) {
        yield* speaker.ask(text, () => null, 300);
      }),
    async remove() {
      await board.pull();
      rmSync(home, { recursive: true, force: true });
    },
  };
  for (let tries = 0; tries < 200 && !existsSync(join(home, 'pid')); tries++) await wait(10);
  await wait(300);
  return board;
}
