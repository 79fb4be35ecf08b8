/**
 * hopline acceptance: a person with scripted answers, and a relay that sees some of it.
 */
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commands } from '../../../tools/commands/index.ts';
import { askerOn } from '../../../tools/terminal.ts';
import type { TestIo } from '../io.ts';
import type { AskedRelay } from '../relay/asked.ts';
import { ask, askedRelay } from '../relay/asked.ts';

let relay: AskedRelay;
beforeEach(async () => {
  relay = await askedRelay();
});
afterEach(() => relay.close());

describe('hopline acceptance', () => {
  it('walks through ten checks and writes what came of them', async () => {
    const { status, report, said } = await walk(answers('yes'));
    expect(status).toBe(0);
    expect(report).toContain('**10 passed, 0 failed, 0 skipped.**');
    expect(report.split('\n')[0]).toBe('# Acceptance of a Hopline relay');
    expect(report).toContain('with 2 phones. Hopline 0.1.0, 4c0ff1cd9cd844b0, attic.');
    expect(rowsOf(report)).toHaveLength(10);
    expect(said).toContain('1 of 10: the relay is on the air');
  });

  it('says beside each answer whether the relay sees it too', async () => {
    const { report } = await walk(answers('yes'));
    const seen = rowsOf(report).map((row) => row.split(' | ')[3]);
    expect(seen).toEqual(['yes', 'yes', '', 'yes', 'no', '', '', '', 'yes', 'no']);
    relay.answers.status.radio.state = 'missing';
    const { report: second, said } = await walk(answers('yes'));
    expect(rowsOf(second)[0]).toContain('| passed | no |');
    expect(said).toContain('  the relay does not see it');
  });

  it('takes no and skip for an answer, with a note, and fails when a check did', async () => {
    const script = ['n', 'it | broke\x1b[2J', 'maybe', 'SKIP', '', ...answers('y', 8)];
    const { status, report, errs } = await walk(script);
    expect([status, errs[0]]).toEqual([1, expect.stringContaining('1 of 10 [CHECKS_FAILED]')]);
    expect(report).toContain('**8 passed, 1 failed, 1 skipped.**');
    expect(rowsOf(report)[0]).toMatch(/failed \| yes \| it \\\| broke \\\[2J \|$/);
    expect(rowsOf(report)[1]).toContain('| skipped |  |  |');
  });

  it('writes a report of what was done, when the person leaves', async () => {
    const { report } = await walk(['yes', '']);
    expect(rowsOf(report)).toHaveLength(1);
  });

  it('goes on where no relay can be asked', async () => {
    await relay.close();
    const { report } = await walk(answers('yes'));
    expect(report).toContain('It did not answer.');
    expect(rowsOf(report).every((row) => row.split(' | ')[3] === '')).toBe(true);
    relay = await askedRelay();
  });

  it('needs two phones at least', async () => {
    const { status, errs } = await ask(relay, commands, ['acceptance', '--phones', '1']);
    expect([status, errs[0]]).toEqual([64, expect.stringContaining('from 2 to 16')]);
  });
});

describe('questions on a terminal', () => {
  it('are answered line by line, and by nothing once the input has ended', async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const question = askerOn(input, output);
    input.write('one\ntw');
    expect(await question('a? ')).toBe('one');
    const second = question('b? ');
    input.end('o\n');
    expect(await second).toBe('two');
    expect([await question('c? '), await question('d? ')]).toEqual([null, null]);
    expect(String(output.read())).toBe('a? b? c? d? ');
  });
});

/** To each check an answer and no note. */
function answers(answer: string, count = 10): string[] {
  return Array.from({ length: count }, () => [answer, '']).flat();
}

async function walk(script: string[]) {
  let io: TestIo | null = null;
  const done = await ask(relay, commands, ['acceptance', '--out', 'it.md'], (made) => {
    made.answers.push(...script);
    io = made;
  });
  const report = io!.files.get('it.md') ?? '';
  return { ...done, report, said: done.outs };
}

function rowsOf(report: string): string[] {
  return report.split('\n').filter((line) => /^\| \d+ \|/.test(line));
}
