/**
 * Make: from a clone to a program, and from tests to one line that cannot be green by accident.
 * Each test has a small repository of its own, with a stand-in for npm, so nothing is downloaded.
 */
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT } from '../built.ts';

const folder = mkdtempSync(join(tmpdir(), 'hopline-make-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a clone', () => {
  it('is installed once, and again when the lock file changed', async () => {
    const clone = repository({ 'package-lock.json': '{}' });
    const first = await make(clone, ['build']);
    expect(first.err).toContain('installing packages with npm ci');
    expect(first.err).toMatch(/installed in \d+\.\d s/);
    expect(first.status).toBe(0);

    const second = await make(clone, ['build']);
    expect([second.status, second.err]).toEqual([0, '']);

    writeFileSync(join(clone, 'package-lock.json'), '{ }');
    expect((await make(clone, ['build'])).err).toContain('installing packages with npm ci');
    expect(npmCalls(clone)).toEqual(['ci', 'ci']);
  });

  it('without a lock file is installed from package.json', async () => {
    const clone = repository({});
    expect((await make(clone, ['build'])).err).toContain('installing packages with npm install');
    expect(npmCalls(clone)).toEqual(['install']);
  });

  it('that cannot be installed says so in one line, and is not taken for installed', async () => {
    const clone = repository({ 'npm.cjs': 'process.exit(7);' });
    for (let round = 0; round < 2; round++) {
      const { status, err } = await make(clone, ['start']);
      expect(err).toMatch(
        /\nhopline: npm install failed, see above: packages are not installed .*\n$/,
      );
      expect(status).toBe(1);
    }
  });

  it('says which Node it needs before it does anything', async () => {
    const clone = repository({ 'package.json': '{ "engines": { "node": ">=99.1" } }' });
    const { status, err } = await make(clone, ['test']);
    expect(err).toBe(
      `hopline: this is Node ${process.versions.node}, Hopline needs 99.1 or newer\n`,
    );
    expect([status, existsSync(join(clone, 'node_modules'))]).toEqual([1, false]);
  });

  it('starts a bridge with the arguments it was given', async () => {
    const { status, out } = await make(repository({}), ['start', '--config', 'x y.yaml']);
    const words = 'up|--data|hopline-data|--virtual-if-alone|--config|x y.yaml\n';
    expect([status, out]).toEqual([3, words]);
  });

  it('that cannot be built names the file and the line', async () => {
    const clone = repository({ 'tools/hopline.ts': "\nimport './none.ts';" });
    const { status, err } = await make(clone, ['build']);
    expect(err).toContain('tools/hopline.ts:2:');
    expect(err).toMatch(/\nhopline: dist\/ cannot be built, see above\n$/);
    expect(status).toBe(1);
  });

  it('keeps nothing in dist/ that an earlier build left', async () => {
    const clone = repository({ 'dist/old-COMMAND.js': '' });
    await make(clone, ['build']);
    expect(existsSync(join(clone, 'dist', 'hopline.js'))).toBe(true);
    expect(existsSync(join(clone, 'dist', 'old-COMMAND.js'))).toBe(false);
  });

  it('is prepared by npm without installing again', async () => {
    const clone = repository({});
    mkdirSync(join(clone, 'node_modules'));
    const bare = await make(clone, ['prepare']);
    expect([bare.status, bare.err]).toEqual([0, expect.stringContaining('dist/ is not built')]);
    const esbuild = 'node_modules/esbuild';
    symlinkSync(join(ROOT, esbuild), join(clone, esbuild));
    expect((await make(clone, ['prepare'])).status).toBe(0);
    expect(existsSync(join(clone, 'dist', 'hopline.js'))).toBe(true);
    expect(npmCalls(clone)).toEqual([]);
  });

  it('whose node_modules is a link installs nothing through it', async () => {
    const clone = repository({ 'package-lock.json': '{}' });
    const packages = mkdtempSync(join(folder, 'packages-'));
    symlinkSync(packages, join(clone, 'node_modules'));
    const { status, err } = await make(clone, ['build']);
    expect([status, npmCalls(clone)]).toEqual([1, []]);
    expect(err).toContain('node_modules is a link');
  });

  it('that is linked before anything else is installed and built', async () => {
    const clone = repository({ 'package-lock.json': '{}' });
    const { status } = await make(clone, ['prepare'], { npm_config_global: 'true' });
    expect([status, npmCalls(clone)]).toEqual([0, ['ci']]);
    expect(existsSync(join(clone, 'dist', 'hopline.js'))).toBe(true);
  });

  it('does not guess what a wrong verb means', async () => {
    const { status, err } = await make(repository({}), ['tset']);
    expect(err).toMatch(/^hopline: usage: .*start\|build\|test\|soak\|check/);
    expect(status).toBe(1);
  });
});

describe('the tests of a repository', () => {
  const GOOD = test("it('holds', () => {}); it('holds too', () => {});");

  for (const [what, files, args, end, status] of [
    [
      'that hold, of those that were asked for',
      { 'test/a/good.test.ts': GOOD, 'test/b/bad.test.ts': test("it('a', () => { throw 0; });") },
      ['test', 'test/a'],
      '2 passed, 0 failed',
      0,
    ],
    [
      'that fail, each in its way',
      {
        'test/good.test.ts': GOOD,
        'test/bad.test.ts': test("it('holds', () => {}); it('does not', () => { throw 0; });"),
        'test/no-program.test.ts': 'const = 1;',
        'test/early.test.ts': test("it('a', () => {}); throw new Error('early');"),
        'test/focused.test.ts': test("it['on" + "ly']('a', () => {}); it('b', () => {});"),
      },
      ['test'],
      '3 passed, 4 failed, 1 skipped',
      1,
    ],
    ['that are not there', { 'test/good.test.ts': GOOD }, ['test', 'no'], '0 passed, 0 failed', 1],
    [
      'that leave an error behind',
      { 'test/a.test.ts': test("it('a', () => { void Promise.reject(new Error('late')); });") },
      ['test'],
      '1 passed, 1 failed',
      1,
    ],
    [
      'that take the runner down',
      { 'test/a.test.ts': test("it('a', () => { process.kill(process.ppid, 'SIGKILL'); });") },
      ['test'],
      '0 passed, 1 failed',
      1,
    ],
    [
      'of a program that cannot be built',
      { 'test/good.test.ts': GOOD, 'tools/hopline.ts': 'const = 1;' },
      ['test'],
      '0 passed, 1 failed',
      1,
    ],
    [
      'that soak know that they may take their time',
      {
        'test/a.test.ts': test(
          "it('a', () => { if (process.env.HOPLINE_SOAK !== '1') throw 0; });",
        ),
      },
      ['soak'],
      '1 passed, 0 failed',
      0,
    ],
  ] as const) {
    it.concurrent(`${what} end with "${end}"`, async () => {
      const ended = await make(repository({ ...files }), [...args]);
      expect(ended.out.trimEnd().split('\n').at(-1)).toBe(end);
      expect(ended.status).toBe(status);
    });
  }

  it.concurrent('that are left out are named, with the condition', async () => {
    const text = [
      'const absent = 1 as number;',
      "describe('a', () => {",
      "  it.skipIf(absent === 1)('b', () => {});",
      '});',
      'it.runIf(',
      '  absent === Math.min(0, 1),',
      ")('c', () => {});",
      "it('d', () => {});",
      "it('e', ({ skip }) => skip());",
      "describe.skipIf(absent > 0)('f', () => {",
      "  it('g', () => {});",
      '});',
    ];
    const clone = repository({ 'test/a.test.ts': test(text.join('\n')) });
    const { status, out } = await make(clone, ['test']);
    expect(out.split('\n').filter((line) => line.startsWith('skipped'))).toEqual([
      'skipped test/a.test.ts:5 a b (when absent === 1)',
      'skipped test/a.test.ts:9 c (unless absent === Math.min(0, 1))',
      'skipped test/a.test.ts:11 e',
      'skipped test/a.test.ts:13 f g (when absent > 0)',
    ]);
    expect(out).toMatch(/\ntests took \d+\.\d s\n1 passed, 0 failed, 4 skipped\n$/);
    expect(status).toBe(0);
  });
});

let count = 0;

/** A repository with the real make.mjs, a program that repeats its arguments, and these files. */
function repository(files: Record<string, string>): string {
  const clone = join(folder, String(++count));
  const all: Record<string, string> = {
    'package.json': '{ "type": "module", "engines": { "node": ">=20.19" } }',
    'tools/hopline.ts': "console.log(process.argv.slice(2).join('|'));\nprocess.exitCode = 3;",
    'host/http/web/main.tsx': "console.log('page');",
    'host/http/web/style.css': '',
    'host/http/web/index.html': '<!doctype html>',
    'host/http/web/icon.svg': '<svg />',
    'host/http/web/api/main.tsx': "console.log('api');",
    'host/http/web/api/style.css': '',
    'host/http/web/api/index.html': '<!doctype html>',
    'device/browser/main.ts': "console.log('leaf');",
    'device/browser/demo/main.ts': "console.log('demo');",
    'device/browser/demo/style.css': '',
    'device/browser/demo/index.html': '<!doctype html>',
    // Links what is installed here, as npm would bring it, and notes how it was called.
    'npm.cjs': `
      if (process.env.npm_config_global) process.exit(8);
      const fs = require('node:fs');
      fs.appendFileSync('npm-calls', process.argv[2] + '\\n');
      fs.mkdirSync('node_modules', { recursive: true });
      for (const name of ['esbuild', 'vitest'])
        try { fs.symlinkSync(${JSON.stringify(join(ROOT, 'node_modules'))} + '/' + name, 'node_modules/' + name); } catch {}`,
    ...files,
  };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(clone, path)), { recursive: true });
    writeFileSync(join(clone, path), text);
  }
  for (const name of ['tools/build/make.mjs', 'test/vitest.config.mjs', 'test/patience.ts']) {
    cpSync(join(ROOT, name), join(clone, name));
  }
  return clone;
}

function npmCalls(clone: string): string[] {
  const file = join(clone, 'npm-calls');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
}

function test(body: string): string {
  return `import { describe, it } from 'vitest';\nvoid describe;\n${body}\n`;
}

function make(
  clone: string,
  words: string[],
  extra: Record<string, string> = {},
): Promise<{ status: number | null; out: string; err: string }> {
  const { VITEST: _, HOPLINE_SOAK: __, ...env } = process.env;
  const child = spawn(process.execPath, [join(clone, 'tools/build/make.mjs'), ...words], {
    cwd: tmpdir(),
    env: { ...env, ...extra, NO_COLOR: '1', npm_execpath: join(clone, 'npm.cjs') },
  });
  const ended = { status: null as number | null, out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (ended.out += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (ended.err += text));
  return new Promise((resolve) => child.on('close', (status) => resolve({ ...ended, status })));
}
