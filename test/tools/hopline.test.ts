/**
 * hopline as a user has it: the built program, in a process of its own, wherever they stand.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readArguments } from '../../tools/arguments.ts';
import { commands } from '../../tools/commands/index.ts';
import { PATIENCE_MS } from '../patience.ts';
import { build, hopline, PROGRAM, ROOT } from './built.ts';

const elsewhere = mkdtempSync(join(tmpdir(), 'hopline-elsewhere-'));
afterAll(() => rmSync(elsewhere, { recursive: true }));

const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

describe('the built program', () => {
  it('names its version from any folder', async () => {
    const ended = await hopline(['--version'], { cwd: elsewhere });
    expect(ended).toEqual({ status: 0, out: `hopline ${version}\n`, err: '' });
  });

  it('lists every command under what it is for', async () => {
    const { status, out, err } = await hopline([]);
    for (const name of Object.keys(commands))
      expect(out).toMatch(new RegExp(`^  ${name} +\\S`, 'm'));
    expect(out).toMatch(/\n\ntalk, over a running bridge:\n {2}chat +talk/);
    expect([status, err]).toEqual([0, '']);
  });

  it('answers a wrong word with one line and status 64', async () => {
    const ended = await hopline(['bnech'], { cwd: elsewhere });
    expect(ended.err).toBe(
      'hopline: that is not how the command is used: there is no command "bnech"; did you mean ' +
        'bench? (hopline help lists them) [USAGE]\n',
    );
    expect([ended.status, ended.out]).toEqual([64, '']);
  });

  // Where Node's own way to make folders never comes back.
  it.runIf(process.platform === 'linux').each([
    ['up', '--data', '/proc/hopline/data'],
    ['relay', 'pack', '--out', '/proc/hopline/pack'],
    ['relay', '--config', 'relay.yaml'],
  ])('says where no folder can be made: %s %s %s', (...words) => {
    build();
    writeFileSync(join(elsewhere, 'relay.yaml'), 'data: /proc/hopline/data\n');
    const { status, stderr } = spawnSync(process.execPath, [PROGRAM, ...words], {
      ...{ cwd: elsewhere, encoding: 'utf8', timeout: PATIENCE_MS, killSignal: 'SIGKILL' },
    });
    const why =
      /^hopline: the file cannot be written: \/proc\/hopline[^ ]*: .* \[FILE_UNWRITABLE]\n$/;
    expect(stderr).toMatch(why);
    expect(status).toBe(74);
  });

  it('can be called by its name alone, through a link', async () => {
    await hopline(['--version']);
    expect(statSync(PROGRAM).mode & 0o111).toBe(0o111);
    const link = join(elsewhere, 'hopline');
    symlinkSync(PROGRAM, link);
    const child = spawn(link, ['--version'], { cwd: elsewhere });
    const [first] = (await child.stdout.setEncoding('utf8').toArray()) as string[];
    expect(first).toBe(`hopline ${version}\n`);
  });

  it('ends without a word when nobody reads on', async () => {
    await hopline(['--version']);
    const child = spawn(process.execPath, [PROGRAM, 'help'], { cwd: elsewhere });
    child.stdout.destroy();
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect([status, said]).toEqual([0, '']);
  });
});

for (const [name, load] of Object.entries(commands)) {
  describe(`the command ${name}`, () => {
    it('has the name it is listed by, and says how it is used', async () => {
      const command = await load();
      expect(command.name).toBe(name);
      expect(command.usage).toMatch(new RegExp(`^hopline ${name}\\b`));
      expect(command.summary).toMatch(/^[^A-Z\n][^\n]*[^.\n]$/);
    });

    it('explains every option', async () => {
      const { options, usage } = await load();
      for (const [option, { help, short }] of Object.entries(options)) {
        expect(help, option).toMatch(/\S/);
        // Those that a table gives stand there as one word.
        const isNamed = usage.includes(`--${option}`);
        expect(isNamed || usage.includes('[settings]'), option).toBe(true);
        expect(short ?? 'x', option).toMatch(/^[a-z]$/i);
      }
    });

    it('takes its own examples', async () => {
      const command = await load();
      for (const example of command.examples ?? []) {
        const [, typed] = new RegExp(`hopline ${name}([^|;>&]*)`).exec(example)!;
        expect(() => readArguments(wordsOf(typed!), command), example).not.toThrow();
      }
    });
  });
}

describe('the README', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const shell = [...readme.matchAll(/(?<=^```sh\n)[^]*?(?=^```)/gm)].join('\n');
  const said = shell.replace(/ #.*/g, '');
  const calls = [...said.matchAll(/\bhopline ([a-z]+)([^|;>&\n]*)/g)].map(([...call]) => call);

  it('shows what people call, and more than the start', () => {
    expect(calls.length).toBeGreaterThan(40);
  });

  it.each(calls)('says it as it is called: %s', async (line, name, typed) => {
    const command = await commands[name]!();
    // What is optional stands in brackets.
    const given = wordsOf(typed.replace(/[[\]]/g, ''));
    expect(() => readArguments(given, command), line).not.toThrow();
  });
});

/** As a shell takes them apart. */
function wordsOf(typed: string): string[] {
  const words = typed.match(/'[^']*'|\S+/g) ?? [];
  return words.map((word) => word.replace(/^'(.*)'$/, '$1'));
}
