/**
 * hopline conformance [--subject <command>] [--group <names>] ...
 *
 * Asks an implementation of the bitchat protocol every case we know. Without a subject it asks our
 * own, through a pipe like any other.
 */
import { HoplineError } from '../../protocol/errors.ts';
import { suggest } from '../../protocol/suggest.ts';
import type { Args, Command, Io } from '../command.ts';
import { has, JSON_OPTION, textOf, wholeNumberOf } from '../command.ts';
import type { Program } from '../conformance/pipe.ts';
import type { GroupResult } from '../conformance/runner.ts';
import type { Group } from '../conformance/suite.ts';

export const conformance: Command = {
  name: 'conformance',
  summary: 'test an implementation of the bitchat protocol against our vectors',
  usage:
    'hopline conformance [--subject <command>] [--group <names>] [--reasons] [--timeout <seconds>] ' +
    '[--verbose] [--json] | --list | --serve',
  options: {
    subject: {
      type: 'string',
      value: 'command',
      help: 'shell command of the implementation to test (our own)',
    },
    group: { type: 'string', value: 'names', help: 'only these groups, with commas between' },
    reasons: { type: 'boolean', help: 'refusals must give the very reason that is expected' },
    timeout: { type: 'string', value: 'seconds', help: 'silence after which it has failed (10)' },
    verbose: { type: 'boolean', short: 'v', help: 'print every question and its answer' },
    json: JSON_OPTION,
    list: { type: 'boolean', help: 'print the groups and what each is about, and ask nothing' },
    serve: { type: 'boolean', help: 'answer on standard input and output, as a subject does' },
  },
  examples: [
    'hopline conformance',
    "hopline conformance --subject 'python3 mine.py' --group packets,signing",
    'hopline conformance --list --verbose',
  ],

  async run(args, io) {
    if (has(args, 'serve')) return answerQuestions();
    const { suite } = await import('../conformance/suite.ts');
    const groups = chosen(suite, textOf(args, 'group'));
    if (has(args, 'list')) return list(groups, args, io);
    await test(groups, args, io);
  },
};

async function answerQuestions(): Promise<void> {
  const { serve } = await import('../conformance/serve.ts');
  const { answer } = await import('../conformance/subject.ts');
  await serve(process.stdin, process.stdout, answer);
}

function chosen(suite: Group[], names: string | null): Group[] {
  if (names === null) return suite;
  const known = suite.map(({ group }) => group);
  const wanted = names.split(',').map((name) => name.trim());
  // A comma too many is no name.
  if (wanted.length > 1 && wanted.at(-1) === '') wanted.pop();
  for (const name of wanted) {
    if (known.includes(name)) continue;
    const detail = `there is no group "${name}"${suggest(name, known)}`;
    throw new HoplineError('USAGE', `${detail} (groups: ${known.join(', ')})`);
  }
  return suite.filter(({ group }) => wanted.includes(group));
}

function list(groups: Group[], args: Args, io: Io): void {
  const described = groups.map(({ group, spec, cases }) => ({
    group,
    spec,
    ops: [...new Set(cases.map(({ op }) => op))],
    cases: cases.map(({ name }) => name),
  }));
  if (has(args, 'json')) return io.out(JSON.stringify(described));
  for (const { group, spec, ops, cases } of described) {
    io.out(`${group}: ${cases.length} cases of ${ops.join(', ')}`);
    io.out(`  ${spec}`);
    if (has(args, 'verbose')) for (const name of cases) io.out(`  - ${name}`);
  }
}

async function test(groups: Group[], args: Args, io: Io): Promise<void> {
  const { openPipe, PIPE_LIMITS } = await import('../conformance/pipe.ts');
  const { asText, countsOf, inWords } = await import('../conformance/report.ts');
  const { run } = await import('../conformance/runner.ts');
  const seconds = wholeNumberOf(args, 'timeout', { least: 1, most: 3600 }, 10);
  const limits = { ...PIPE_LIMITS, answerMs: seconds * 1000 };
  const program = textOf(args, 'subject') ?? ourselves();
  const withReasons = has(args, 'reasons');
  const subject = openPipe(program, limits, (line) => io.err(line), io.stopping());
  let results: GroupResult[];
  try {
    results = await run(groups, subject, withReasons, (done, of) =>
      io.progress(`${done} of ${of} cases`),
    );
  } finally {
    await subject.close();
  }
  const counts = countsOf(results.flatMap((group) => group.results));
  if (has(args, 'json')) io.out(JSON.stringify(asJson(results)));
  else for (const line of asText(results, has(args, 'verbose'))) io.out(line);
  // Where nothing was tested, nothing holds.
  if (counts.failed > 0 || counts.passed === 0) {
    throw new HoplineError('CHECKS_FAILED', inWords(counts));
  }
  if (!has(args, 'json')) io.out(`\n${inWords(counts)}`);

  function asJson(run: GroupResult[]) {
    const isOurs = typeof program !== 'string';
    return {
      subject: isOurs ? program.name : program,
      reasons: withReasons,
      ...counts,
      groups: run.map(({ group, results }) => ({ group: group.group, ...countsOf(results) })),
      failures: run.flatMap(({ group, results }) =>
        results.flatMap(({ asked, answer, verdict }) =>
          verdict.kind === 'failed' ? [{ group: group.group, ...asked, answer }] : [],
        ),
      ),
    };
  }
}

/** This very program, as another process. */
function ourselves(): Exclude<Program, string> {
  const args = [...process.execArgv, process.argv[1], 'conformance', '--serve'];
  return { name: 'hopline conformance --serve', file: process.execPath, args };
}
