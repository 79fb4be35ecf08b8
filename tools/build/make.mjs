/**
 * Make: what package.json's scripts run. Plain JavaScript with nothing but Node, because it runs
 * before anything is installed; everything after that is TypeScript.
 *
 *   start [args]   install if needed, build, then `hopline up` in hopline-data, with the arguments
 *   build          install if needed, then bundle tools/hopline.ts into dist/, its page into dist/web/
 *   test [filter]  install if needed, build, then the tests; closes with one line of figures
 *   soak [filter]  the same at full counts
 *   check          types, formatting, tidy
 *   prepare        npm's hook after an install or a link: the bundle, where it can be had
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DIST = join(ROOT, 'dist');
const LOCK = join(ROOT, 'package-lock.json');
const PACKAGES = join(ROOT, 'node_modules');
const STAMP = join(PACKAGES, '.hopline-stamp');
/** The files of the page, and what each becomes in dist/web/. */
const PAGE = [
  { in: 'host/http/web/style.css', out: 'app' },
  { in: 'host/http/web/index.html', out: 'index' },
  { in: 'host/http/web/icon.svg', out: 'icon' },
  { in: 'host/http/web/api/main.tsx', out: 'api/app' },
  { in: 'host/http/web/api/style.css', out: 'api/app' },
  { in: 'host/http/web/api/index.html', out: 'api/index' },
  // What pages of others take part with, and the smallest of them.
  { in: 'device/browser/main.ts', out: 'leaf' },
  { in: 'device/browser/demo/main.ts', out: 'leaf/demo' },
  { in: 'device/browser/demo/style.css', out: 'leaf/demo' },
  { in: 'device/browser/demo/index.html', out: 'leaf/index' },
];
/** A file of dist/ that some build has not finished. */
const DRAFT = /\.draft-\d+$/;
/** Test files at once: many of them wait for a port, a radio or a process more than they compute. */
const WORKERS = availableParallelism() + 1;
/** Documents are laid out by hand, as `format` says. What was good is not read again. */
const FORMATTED = ['--cache', '--cache-strategy=content', '.', '!**/*.md'];

const VERBS = {
  async start(args) {
    await install();
    await build();
    await hopline(['up', '--data', 'hopline-data', '--virtual-if-alone', ...args]);
  },
  async build() {
    await install();
    await build();
  },
  test: (args) => test(args, {}),
  soak: (args) => test(args, { HOPLINE_SOAK: '1' }),
  async check() {
    await install();
    return check();
  },
  async prepare() {
    // `npm link` and `npm install -g .` come here in a fresh clone too, and install nothing in it.
    if (!existsSync(PACKAGES)) await install();
    // Installed without development packages there is nothing to build with, and no fault in it.
    if (existsSync(join(PACKAGES, 'esbuild'))) await build();
    else say('esbuild is not installed, so dist/ is not built; run npm run build in a checkout');
  },
};

/** A failure whose one line says everything. */
class Stop extends Error {}

await main(process.argv.slice(2));

async function main([verb, ...args]) {
  try {
    requireNode();
    if (!Object.hasOwn(VERBS, verb ?? '')) {
      throw new Stop(`usage: node tools/build/make.mjs ${Object.keys(VERBS).join('|')}`);
    }
    process.exitCode = (await VERBS[verb](args)) ?? process.exitCode ?? 0;
  } catch (failure) {
    if (!(failure instanceof Stop)) throw failure;
    console.error(`hopline: ${failure.message}`);
    process.exitCode = 1;
  }
}

function requireNode() {
  const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const least = engines.node.replace('>=', '');
  const [major, minor] = least.split('.').map(Number);
  const [ourMajor, ourMinor] = process.versions.node.split('.').map(Number);
  if (ourMajor > major || (ourMajor === major && ourMinor >= minor)) return;
  throw new Stop(`this is Node ${process.versions.node}, Hopline needs ${least} or newer`);
}

/** Installs packages unless those of this lock file, for this Node, are there. */
async function install() {
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === stamp()) return;
  // npm would empty the folder that the link leads to, under whoever else uses it.
  if (lstatSync(PACKAGES, { throwIfNoEntry: false })?.isSymbolicLink()) {
    throw new Stop('node_modules is a link: install where it leads to, or remove it');
  }
  const verb = existsSync(LOCK) ? 'ci' : 'install';
  say(`installing packages with npm ${verb}; the first time takes a minute`);
  const began = Date.now();
  const pulse = setInterval(() => say(`still installing, ${seconds(began)}`), 15_000);
  // We may run inside `npm install -g`, and this installation is not global.
  const { npm_execpath: npm, npm_config_global: _, npm_config_location: __, ...ours } = process.env;
  // SQLite is most of it. Its package asks for -O3, which takes half as long again and gains nothing.
  const env = { CFLAGS: '-O2', ...ours };
  const { status } =
    npm === undefined
      ? await run('npm', [verb], { env, shell: process.platform === 'win32' })
      : await run(process.execPath, [npm, verb], { env });
  clearInterval(pulse);
  if (status !== 0) {
    throw new Stop(
      `npm ${verb} failed, see above: packages are not installed (is this machine online?)`,
    );
  }
  writeFileSync(STAMP, stamp());
  say(`installed in ${seconds(began)}`);
}

/** What an installation depends on: the lock file, and the Node it was built for. */
function stamp() {
  const lock = existsSync(LOCK) ? readFileSync(LOCK) : '';
  const { platform, arch, versions } = process;
  const digest = createHash('sha256').update(lock).digest('hex');
  return `${[digest, platform, arch, versions.modules].join(' ')}\n`;
}

async function build() {
  const { build: bundle } = await import('esbuild');
  const began = Date.now();
  const common = {
    absWorkingDir: ROOT,
    bundle: true,
    format: 'esm',
    write: false,
    logLevel: 'warning',
  };
  const program = bundle({
    ...common,
    entryPoints: ['tools/hopline.ts'],
    outdir: 'dist',
    // Commands are imported when they are wanted: each becomes a chunk of its own.
    splitting: true,
    platform: 'node',
    target: 'node20',
    packages: 'external',
    sourcemap: 'linked',
    sourcesContent: false,
  });
  const web = {
    ...common,
    outdir: 'dist/web',
    target: ['es2022', 'chrome110', 'firefox115', 'safari16'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    loader: { '.html': 'copy', '.svg': 'copy' },
  };
  const pages = bundle({ ...web, entryPoints: PAGE });
  // Its views are loaded when they are looked at. The others must be one file each.
  const app = { in: 'host/http/web/main.tsx', out: 'app' };
  const page = bundle({ ...web, entryPoints: [app], splitting: true });
  const bundles = await Promise.all([program, pages, page]).catch((cause) => {
    if (!cause.errors) throw cause;
    throw new Stop('dist/ cannot be built, see above');
  });
  const files = bundles.flatMap(({ outputFiles }) => outputFiles);
  const written = files.filter(place).length;
  sweep(DIST, new Set(files.map(({ path }) => path)));
  if (written > 0) say(`built dist/hopline.js in ${seconds(began)}`);
}

/** Writes one file unless it is there already, whole or not at all: others may be running it. */
function place({ path, contents }) {
  if (existsSync(path) && readFileSync(path).equals(contents)) return false;
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.draft-${process.pid}`;
  writeFileSync(draft, contents, { mode: path.endsWith('hopline.js') ? 0o755 : 0o644 });
  renameSync(draft, path);
  return true;
}

/** Removes from a folder what no build of today has made. */
function sweep(folder, known) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) sweep(path, known);
    else if (!known.has(path) && !DRAFT.test(entry.name)) rmSync(path, { force: true });
  }
}

/** Runs the built program in this process, as if the shell had called it. */
async function hopline(args) {
  const program = join(DIST, 'hopline.js');
  process.argv = [process.execPath, program, ...args];
  await import(pathToFileURL(program).href);
}

/** Runs the tests and closes with one line of figures, whatever happens; gives the exit status. */
async function test(args, env) {
  const began = Date.now();
  const { passed, failed, skipped, remarks } = await figures(args, env);
  // Filtered by name, everything else counts as skipped, and nobody needs to hear of it.
  const byName = args.some((arg) => /^(-t|--testNamePattern)\b/.test(arg));
  if (!byName) for (const line of skipped) console.log(line);
  for (const line of remarks) console.log(line);
  console.log(`tests took ${seconds(began)}`);
  const end = byName || skipped.length === 0 ? '' : `, ${skipped.length} skipped`;
  console.log(`${passed} passed, ${failed} failed${end}`);
  return failed > 0 || passed === 0 ? 1 : 0;
}

async function figures(args, env) {
  try {
    await install();
    await build();
  } catch (failure) {
    if (!(failure instanceof Stop)) throw failure;
    return { passed: 0, failed: 1, skipped: [], remarks: [`hopline: ${failure.message}`] };
  }
  const { status, report } = await vitest(args, env);
  return tally(report, status);
}

/** Runs vitest; the report is null if it broke. */
async function vitest(args, env) {
  const folder = mkdtempSync(join(tmpdir(), 'hopline-test-'));
  const file = join(folder, 'report.json');
  const { status } = await run(
    process.execPath,
    [
      join('node_modules', 'vitest', 'vitest.mjs'),
      'run',
      `--config=${join('test', 'vitest.config.mjs')}`,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
      '--includeTaskLocation',
      '--allowOnly=false',
      `--maxWorkers=${WORKERS}`,
      ...args,
    ],
    { env: { ...process.env, ...env } },
  );
  let report = null;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // No report, or half of one: vitest ended before it could say anything.
  }
  rmSync(folder, { recursive: true });
  return { status, report };
}

/** Figures that cannot be green when anything went wrong, whichever way it did. */
function tally(report, status) {
  const remarks = [];
  const skipped = [];
  let passed = 0;
  let failed = 0;
  for (const file of report?.testResults ?? []) {
    const name = relative(ROOT, file.name);
    const before = failed;
    for (const { status, title, ancestorTitles, location } of file.assertionResults) {
      if (status === 'passed') passed++;
      else if (status === 'failed') failed++;
      else skipped.push(skip(name, [...ancestorTitles, title].filter(Boolean).join(' '), location));
    }
    // A file that cannot be loaded, or a hook that fails, leaves no failed test behind.
    if (file.status === 'failed' && failed === before) {
      failed++;
      remarks.push(`${name} failed as a whole`);
    }
  }
  if (report !== null && passed + failed + skipped.length === 0) {
    remarks.push('there is no test to run');
  } else if (report === null || (status !== 0 && failed === 0)) {
    failed++;
    remarks.push(`vitest ended with status ${status} and blames no test`);
  }
  return { passed, failed, skipped, remarks };
}

/** `skipped test/x.test.ts:12 title (when text === null)`. */
function skip(name, title, location) {
  if (!location) return `skipped ${name} ${title}`;
  const lines = readFileSync(join(ROOT, name), 'utf8').split('\n').slice(0, location.line);
  const last = lines.pop().slice(0, location.column - 1);
  return `skipped ${name}:${location.line} ${title}${condition([...lines, last].join('\n'))}`;
}

/** The condition of the test whose name follows `before`, or of the group that it stands in. */
function condition(before) {
  const [call] = [...before.matchAll(/\b(\w+)\.(skipIf|runIf)\(/g)].slice(-1);
  if (call === undefined) return '';
  const from = call.index + call[0].length;
  let to = from;
  for (let depth = 1; to < before.length && depth > 0; to++) {
    if (before[to] === '(') depth++;
    if (before[to] === ')') depth--;
  }
  // The condition of some other test above says nothing about this one.
  if (call[1] !== 'describe' && to < before.length) return '';
  const text = before
    .slice(from, to - 1)
    .trim()
    .replace(/,$/, '')
    .replace(/\s+/g, ' ');
  return ` (${call[2] === 'skipIf' ? 'when' : 'unless'} ${text})`;
}

/** Runs every gate, whatever the others say. */
async function check() {
  const tsc = join('node_modules', 'typescript', 'bin', 'tsc');
  const prettier = join('node_modules', 'prettier', 'bin', 'prettier.cjs');
  const gates = [
    ['types', [tsc, '-p', '.'], 'mend them'],
    ['types of the core', [tsc, '-p', 'protocol/core'], 'the device has only espruino.d.ts'],
    [
      'types of the firmware',
      [tsc, '-p', 'device/espruino'],
      'a board has only what is in its .d.ts files',
    ],
    ['types of the page', [tsc, '-p', 'host/http/web'], 'a browser has no Node'],
    ['types of the leaf', [tsc, '-p', 'device/browser'], 'a browser has no Node'],
    [
      'formatting',
      [prettier, '--check', '--log-level=warn', ...FORMATTED],
      'npm run format mends it',
    ],
    ['tidy', null, 'each line above says what to do instead'],
  ];
  let failed = 0;
  for (const [name, command, advice] of gates) {
    const began = Date.now();
    const status = command
      ? (await run(process.execPath, command, {})).status
      : (await vitest(['test/tidy'], {})).status;
    if (status !== 0) failed++;
    console.log(`${name}: ${status === 0 ? 'good' : `NOT GOOD, ${advice}`} (${seconds(began)})`);
  }
  console.log(`${gates.length - failed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

/** Runs a program at the top of the repository, on our terminal; resolves when it ends. */
function run(file, args, options) {
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd: ROOT, stdio: 'inherit', ...options });
    child.on('error', (cause) => {
      console.error(`hopline: ${file} cannot be started: ${cause.message}`);
      resolve({ status: 1 });
    });
    child.on('exit', (status, signal) => resolve({ status: status ?? signal }));
  });
}

function say(line) {
  console.error(`hopline: ${line}`);
}

function seconds(began) {
  return `${((Date.now() - began) / 1000).toFixed(1)} s`;
}
