/**
 * A subject is somebody's program, half written: whatever it does instead of answering ends in one
 * line that names the case it was asked.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { HoplineError } from '../../protocol/errors.ts';
import { jsonLine, Lines } from '../../tools/conformance/lines.ts';
import { openPipe } from '../../tools/conformance/pipe.ts';
import type { PipeLimits, Program } from '../../tools/conformance/pipe.ts';
import { run } from '../../tools/conformance/runner.ts';
import type { Fields, Group } from '../../tools/conformance/suite.ts';

const folder = mkdtempSync(join(tmpdir(), 'hopline-pipe-'));
afterAll(() => rmSync(folder, { recursive: true }));

const LIMITS: PipeLimits = { answerMs: 8000, lineMax: 10_000, endMs: 8000 };

/** Answers every question but those of the case "three", where `instead` runs. */
const answering = (instead: string): string => `
  require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, at } = JSON.parse(line);
    if (at === 3) { ${instead} } else console.log(JSON.stringify({ id, at }));
  });`;

describe.concurrent('a subject that answers', () => {
  it('may do so in any order', async () => {
    const backwards = `
      const waiting = [];
      require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
        waiting.push(JSON.parse(line));
        if (waiting.length === 5) for (const { id, at } of waiting.reverse())
          console.log(JSON.stringify({ at, id }));
      });`;
    const { answers } = await ask(backwards);
    expect(answers).toEqual([{ at: 1 }, { at: 2 }, { at: 3 }, { at: 4 }, { at: 5 }]);
  });

  it('may speak to people on standard error, and leave lines empty', async () => {
    const { answers, remarks } = await ask(
      answering("console.error('a remark'); console.log('\\n\\r\\n' + line)"),
    );
    expect(answers[2]).toEqual({ op: 'an.op', at: 3 });
    expect(remarks).toEqual(['a remark']);
  });

  it('may write its lines in pieces', async () => {
    const piecemeal = `
      let said = '';
      require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
        said += JSON.stringify({ id: JSON.parse(line).id }) + '\\n';
        if (said.split('\\n').length < 6) return;
        said.match(/[^]{1,7}/g).forEach((piece, i) =>
          setTimeout(() => process.stdout.write(piece), i * 5));
      });`;
    const { answers } = await ask(piecemeal);
    expect(answers).toEqual([{}, {}, {}, {}, {}]);
  });

  it('may take as long as it likes for all, if it says something in time', async () => {
    const slow = `
      let last = Promise.resolve();
      require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
        const { id } = JSON.parse(line);
        last = last.then(() => new Promise((done) => setTimeout(done, 600)))
          .then(() => console.log(JSON.stringify({ id })));
      });`;
    const { answers } = await ask(slow, { ...LIMITS, answerMs: 2500 });
    expect(answers.length).toBe(5);
  });

  it('is ended when it does not end by itself, with what it has started', async () => {
    const stubborn = `${answering('console.log(JSON.stringify({ id }))')}
      setInterval(() => {}, 1000);
      const forever = 'setInterval(() => {}, 1000)';
      require('child_process').spawn(process.execPath, ['-e', forever], { stdio: 'inherit' });`;
    // The pipe is closed when nobody holds it any more, long before we would give up on it.
    const { closedMs } = await ask(stubborn, { ...LIMITS, endMs: 2000 });
    expect(closedMs).toBeGreaterThan(1900);
    expect(closedMs).toBeLessThan(3900);
  });

  it('is left behind when it leaves its group and stays', async () => {
    const runaway = `${answering('console.log(JSON.stringify({ id }))')}
      const child = require('child_process').spawn(process.execPath,
        ['-e', 'setTimeout(() => {}, 10000)'], { stdio: 'inherit', detached: true });
      child.unref();`;
    const { closedMs } = await ask(runaway, { ...LIMITS, endMs: 500 });
    expect(closedMs).toBeGreaterThan(900);
    expect(closedMs).toBeLessThan(4000);
  });
});

describe.concurrent('a subject that', () => {
  for (const [what, program, complaint] of [
    [
      'dies',
      answering("console.error('out of luck'); process.exit(3)"),
      'ended with status 3 when asked "a group: three"; its last words: out of luck',
    ],
    [
      'is killed',
      answering("process.kill(process.pid, 'SIGTERM')"),
      'ended by SIGTERM when asked "a group: three"',
    ],
    ['answers nothing', 'process.exit(0)', 'ended with status 0 when asked "a group: one"'],
    [
      'writes words',
      answering("console.log('Traceback: no such op')"),
      'wrote no JSON object when asked "a group: three": Traceback: no such op',
    ],
    [
      'writes a list',
      answering('console.log("[1]")'),
      'wrote no JSON object when asked "a group: three": [1]',
    ],
    [
      'answers without an id',
      answering('console.log(\'{"at":3}\')'),
      'gave an id that was not open when asked "a group: three": {"at":3}',
    ],
    [
      'answers twice',
      answering('console.log(line); console.log(line)'),
      'gave an id that was not open when asked "a group: four": {"id":3,"op":"an.op","at":3}',
    ],
    [
      'answers an id of its own',
      answering('console.log(JSON.stringify({ id: 99 }))'),
      'gave an id that was not open when asked "a group: three": {"id":99}',
    ],
    [
      'answers an id in words',
      answering('console.log(JSON.stringify({ id: String(id) }))'),
      'gave an id that was not open when asked "a group: three": {"id":"3"}',
    ],
    [
      'writes without end',
      answering("setInterval(() => process.stdout.write('x'.repeat(5000)), 5)"),
      'wrote a line above 10000 characters when asked "a group: three"',
    ],
  ]) {
    it(`${what} is named with the case it was asked`, async () => {
      expect(await complaintOf(node(program))).toBe(
        `the implementation under test gave up: "mine" ${complaint} [SUBJECT_FAILED]`,
      );
    });
  }

  it('hangs is named with the case it was asked', async () => {
    const impatient = { ...LIMITS, answerMs: 4000 };
    expect(await complaintOf(node(answering('')), impatient)).toContain(
      '"mine" was silent for 4 s when asked "a group: three"; does it flush each line it writes?',
    );
  });

  it('is not there is named with what the shell says', async () => {
    const complaint = await complaintOf('hopline-no-such-program --x');
    expect(complaint).toMatch(
      /"hopline-no-such-program --x" ended with status 127 when asked "a group: one"; its last words: .*not found/,
    );
  });

  it('cannot be started at all is named with why', async () => {
    const nowhere = { name: 'nowhere', file: join(folder, 'nowhere'), args: [] };
    expect(await complaintOf(nowhere)).toMatch(/"nowhere" cannot be started: .*ENOENT/);
  });

  it('is stopped by the person says so', async () => {
    const stop = new AbortController();
    const waits = node(answering("console.error('waiting')"));
    const patient = { ...LIMITS, answerMs: 60_000 };
    expect(await complaintOf(waits, patient, stop)).toContain(
      '"mine" was stopped when asked "a group: three"',
    );
  });
});

describe('lines', () => {
  it('have one end, whatever their reader takes for one', () => {
    const value = { said: 'one\ntwo\u0085three\u2028four\u2029' };
    const line = jsonLine(value);
    expect(line.trimEnd().split(/[\r\n\u0085\u2028\u2029]/)).toHaveLength(1);
    expect(JSON.parse(line)).toEqual(value);
  });

  it('are the same in whatever pieces they come', () => {
    const text = 'one\r\n\ntwo two\nthr';
    const atOnce = new Lines(100).push(text);
    const byLetter = new Lines(100);
    expect([...text].flatMap((letter) => byLetter.push(letter))).toEqual(atOnce);
    expect(atOnce).toEqual(['one', '', 'two two']);
  });

  it('may be as long as the limit and no longer, whole or not yet', () => {
    expect(new Lines(3).push('abc\n')).toEqual(['abc']);
    expect(new Lines(3).push('abc')).toEqual([]);
    const spoilt = new Lines(3);
    expect([spoilt.push('ab\nabcd\nab\n'), spoilt.isSpoilt]).toEqual([['ab'], true]);
    const grows = new Lines(3);
    expect([grows.push('ab'), grows.push('cd'), grows.push('\nx\n')]).toEqual([[], [], []]);
    expect(grows.isSpoilt).toBe(true);
  });
});

type Asked = { answers: Fields[]; remarks: string[]; closedMs: number };

/** Asks a program five questions. */
async function ask(program: string, limits: PipeLimits = LIMITS): Promise<Asked> {
  const remarks: string[] = [];
  const never = new AbortController().signal;
  const subject = openPipe(node(program), limits, (line) => remarks.push(line), never);
  const [{ results }] = await run([group()], subject, false, () => {});
  const asked = performance.now();
  await subject.close();
  const closedMs = performance.now() - asked;
  return { answers: results.map(({ answer }) => answer), remarks, closedMs };
}

/** What it says of a program that gives up, or is stopped at its first remark. */
async function complaintOf(
  program: Program,
  limits: PipeLimits = LIMITS,
  stop: AbortController | null = null,
): Promise<string> {
  const subject = openPipe(
    program,
    limits,
    () => stop?.abort(),
    (stop ?? new AbortController()).signal,
  );
  const failure = await run([group()], subject, false, () => {}).catch((cause) => cause);
  await subject.close();
  expect(failure).toBeInstanceOf(HoplineError);
  // Whoever asks again hears the same.
  expect(await subject.ask('later', {}).catch((cause) => cause)).toBe(failure);
  return failure.message;
}

function group(): Group {
  const names = ['one', 'two', 'three', 'four', 'five'];
  const cases = names.map((name, i) => ({ name, op: 'an.op', given: { at: i + 1 }, expect: {} }));
  return { group: 'a group', spec: '', cases };
}

function node(program: string): Program {
  return { name: 'mine', file: process.execPath, args: ['-e', program] };
}
