/**
 * The core is one on every machine: what it prints in Node, it prints in the bundle that esbuild makes
 * for boards, and on a real Espruino, line by line. The interpreter is `ESPRUINO_BIN` or `espruino`
 * on the PATH; where there is none, its test is skipped by name.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { bundleForDevice } from '../../tools/build/device-gate.ts';
import type { Step } from '../../tools/simulate/world.ts';
import { nodeId } from '../../tools/simulate/world.ts';
import { SEED } from '../seed.ts';
import { play as playTranscript } from '../transcripts/runner.ts';
import { exercise } from './exercise.ts';
import { hexOf, play, say } from './player.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const TRANSCRIPTS = join(HERE, '..', 'transcripts');
const INTERPRETER = interpreter();

/** All transcripts as lines for the player, and what the world's relays gave for each. */
const played = readdirSync(TRANSCRIPTS)
  .filter((name) => name.endsWith('.txt'))
  .flatMap((name) => scriptOf(readFileSync(join(TRANSCRIPTS, name), 'utf8')));
const script = played.map(({ line }) => line);
const expected: string[] = [];
exercise(SEED, (line) => void expected.push(line));
for (const line of script) expected.push(play(line));

describe('the core', () => {
  it('answers a script as it answers in the simulated world', () => {
    const answers = script.map((line) => play(line).replace(/^(ok|next [^;]*)/, ''));
    expect(answers).toEqual(played.map(({ answer }) => answer));
    expect(answers.filter((answer) => answer.includes('transmit')).length).toBeGreaterThan(20);
  });

  it('prints the same lines when it is bundled for a board', async () => {
    const lines: string[] = [];
    runInNewContext(await bundled(), { print: (line: string) => lines.push(line) });
    expect(lines).toEqual(['BEGIN', ...expected, 'END']);
  });

  it.skipIf(INTERPRETER === null)(
    `prints the same lines on a real Espruino${INTERPRETER === null ? ' (skipped: no interpreter)' : ''}`,
    async () => {
      const said = await runOnEspruino(INTERPRETER!, await bundled());
      const lines = said.slice(said.indexOf('BEGIN') + 1, said.lastIndexOf('END'));
      expect(lines.length, said.slice(-5).join('\n')).toBe(expected.length);
      for (const [at, line] of expected.entries()) expect(lines[at], `line ${at}`).toBe(line);
    },
    60_000,
  );
});

async function bundled(): Promise<string> {
  const { code, problems } = await bundleForDevice(join(HERE, 'main.ts'));
  expect(problems).toEqual([]);
  return `var SEED=${SEED};var SCRIPT=${JSON.stringify(script)};\n${code}`;
}

/** What each node of a transcript is told, node after node, and answers. */
function scriptOf(transcript: string): { line: string; answer: string }[] {
  const { steps, seed } = playTranscript(transcript);
  const ttlMax = Number(/ttl-max=(\d+)/.exec(transcript)?.[1] ?? 7);
  const nodes = [...new Set(steps.map((step) => step.node))];
  return nodes.flatMap((node) => [
    { line: `node ${hexOf(nodeId(node))} 8 ${ttlMax} ${seed * 65_537 + node}`, answer: '' },
    ...steps
      .filter((step) => step.node === node)
      .map((step) => ({ line: lineOf(step), answer: say(step.outputs) })),
  ]);
}

function lineOf({ input, at }: Step): string {
  switch (input.kind) {
    case 'linkUp':
      return `up ${input.link} ${input.air ? 1 : 0} ${at}`;
    case 'linkDown':
      return `down ${input.link} ${at}`;
    case 'neighbour':
      return `near ${input.link} ${hexOf(input.id)} ${at}`;
    case 'inject':
      throw new Error('a board has no lines');
    case 'tick':
      return `tick ${at}`;
    default:
      return `${input.kind} ${input.link} ${hexOf(input.bytes)} ${at}`;
  }
}

function interpreter(): string | null {
  const named = process.env['ESPRUINO_BIN'];
  if (named !== undefined) return named;
  const found = spawnSync('sh', ['-c', 'command -v espruino'], { encoding: 'utf8' });
  return found.status === 0 ? found.stdout.trim() : null;
}

/** Its console stays open, or it would take the end of input for keys; it leaves when it is done. */
function runOnEspruino(binary: string, code: string): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'hopline-espruino-'));
  const file = join(folder, 'bundle.js');
  writeFileSync(file, `echo(0);\n${code}\nsetTimeout(quit, 1);\n`);
  return new Promise((resolve, reject) => {
    const board = spawn(binary, [file], { cwd: folder, stdio: ['pipe', 'pipe', 'ignore'] });
    const patience = setTimeout(() => board.kill('SIGKILL'), 50_000);
    let said = '';
    board.stdout.setEncoding('latin1').on('data', (text: string) => (said += text));
    board.on('error', reject);
    board.on('close', () => {
      clearTimeout(patience);
      rmSync(folder, { recursive: true });
      resolve(said.replaceAll('\r', '').split('\n'));
    });
  });
}
