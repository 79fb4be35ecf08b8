/**
 * Dispatch: which command runs, and how each kind of failure ends.
 */
import { describe, expect, it } from 'vitest';
import { HoplineError, MEANING } from '../../protocol/errors.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import { dispatch, STATUS } from '../../tools/dispatch.ts';
import type { Commands } from '../../tools/dispatch.ts';
import type { Command, Io } from '../../tools/command.ts';
import { testIo } from './io.ts';

describe('a command line', () => {
  it('runs the command it names, with its arguments, and ends with 0', async () => {
    const { status, outs, errs } = await run(['echo', 'one', '--loud']);
    expect({ status, outs, errs }).toEqual({ status: 0, outs: ['one!'], errs: [] });
  });

  it('loads no other command', async () => {
    const { loaded } = await run(['echo', 'one']);
    expect(loaded).toEqual(['echo']);
  });

  for (const words of [[], ['help'], ['--help'], ['-h']]) {
    it(`of "${words.join(' ')}" lists every command in order`, async () => {
      const { status, outs, loaded } = await run(words);
      expect(outs[0]).toContain('  echo  say it again\n  fail  come to grief\n');
      expect([status, loaded]).toEqual([0, ['echo', 'fail']]);
    });
  }

  for (const words of [
    ['help', 'echo'],
    ['echo', '--help'],
    ['echo', '-h'],
  ]) {
    it(`of "${words.join(' ')}" explains the command and does not run it`, async () => {
      const { status, outs } = await run(words);
      expect(outs).toEqual([
        [
          'hopline echo: say it again',
          '',
          'usage: hopline echo <word> [--loud] [--times <n>]',
          '',
          '  --loud           with force',
          '  -t, --times <n>  how often',
          '  -h, --help       print this',
          '',
          'examples:',
          '  hopline echo hello',
        ].join('\n'),
      ]);
      expect(status).toBe(0);
    });
  }

  it('explains each way to call it, within the width of a terminal', async () => {
    const twice = {
      ...ECHO,
      usage: `${ECHO.usage} [--long <number of letters>]; hopline echo --again`,
      options: { loud: { type: 'boolean', help: 'with as much force as there is at all' } },
    } as const;
    const help = (io: Partial<Io>) => {
      const all = { ...testIo(), ...io };
      return dispatch(['echo', '-h'], { echo: async () => twice }, '0', all).then(() => all.outs);
    };
    expect((await help({ isTTY: true, columns: 44 }))[0].split('\n').slice(2, 10)).toEqual([
      'usage: hopline echo <word> [--loud]',
      '         [--times <n>]',
      '         [--long <number of letters>]',
      '       hopline echo --again',
      '',
      '  --loud      with as much force as there is',
      '              at all',
      '  -h, --help  print this',
    ]);
    expect((await help({}))[0]).toContain(
      '\n  --loud      with as much force as there is at all\n',
    );
  });

  it('of "--version" names the version', async () => {
    expect((await run(['--version'])).outs).toEqual(['hopline 1.2.3']);
  });

  for (const [words, complaint] of [
    [['ehco'], 'there is no command "ehco"; did you mean echo?'],
    [['help', 'ehco'], 'there is no command "ehco"; did you mean echo?'],
    [['health'], 'there is no command "health"; that is hopline status'],
    [['routes'], 'there is no command "routes"; that is hopline path <peer>'],
    [['hlep'], 'there is no command "hlep"; did you mean help?'],
    [['toString'], 'there is no command "toString" (hopline help lists them)'],
    [['--loud', 'echo'], '--loud stands before any command; write hopline <command> --loud'],
    [['echo', '--laud', 'x'], 'there is no option --laud; did you mean --loud?'],
    [['echo'], 'something is missing'],
  ] as const) {
    it(`of "${words.join(' ')}" is refused in one line`, async () => {
      const { status, outs, errs } = await run([...words]);
      expect(errs).toEqual([expect.stringContaining(complaint)]);
      expect(errs[0]).toMatch(/^hopline: [^\n]+ \[USAGE\]$/);
      expect([status, outs]).toEqual([64, []]);
    });
  }
});

describe('a failure', () => {
  it('of every code has a status of its own, apart from success and the shell', () => {
    expect(Object.keys(STATUS).sort()).toEqual(Object.keys(MEANING).sort());
    const statuses = Object.values(STATUS);
    expect(new Set([...statuses, 0, 2, 70]).size).toBe(statuses.length + 3);
    expect(statuses.every((status) => status > 0 && status < 126)).toBe(true);
  });

  for (const code of Object.keys(STATUS) as ErrorCode[]) {
    it(`with ${code} is one line and its status`, async () => {
      const cause = new HoplineError(code, 'a file\nwith two lines', {
        cause: new Error('inside'),
      });
      const { status, errs } = await run(['fail'], cause);
      expect(errs).toEqual([`hopline: ${MEANING[code]}: a file with two lines [${code}]`]);
      expect(status).toBe(STATUS[code]);
    });
  }

  it('of our own shows where, and ends with 70', async () => {
    const { status, errs } = await run(['fail'], new TypeError('x is not a function'));
    expect(status).toBe(70);
    expect(errs[1]).toMatch(/^TypeError: x is not a function\n\s+at /);
  });

  it('that is no error at all is still told', async () => {
    const { status, errs } = await run(['fail'], 'a word');
    expect([status, errs[1]]).toEqual([70, 'a word']);
  });
});

async function run(
  words: string[],
  failure?: unknown,
): Promise<{ status: number; outs: string[]; errs: string[]; loaded: string[] }> {
  const loaded: string[] = [];
  const commands: Commands = {
    async echo() {
      loaded.push('echo');
      return ECHO;
    },
    async fail() {
      loaded.push('fail');
      return {
        name: 'fail',
        summary: 'come to grief',
        usage: 'hopline fail',
        options: {},
        async run() {
          throw failure;
        },
      };
    },
  };
  const io = testIo();
  const status = await dispatch(words, commands, '1.2.3', io);
  return { status, loaded, outs: io.outs, errs: io.errs };
}

const ECHO: Command = {
  name: 'echo',
  summary: 'say it again',
  usage: 'hopline echo <word> [--loud] [--times <n>]',
  operands: { least: 1, most: 1 },
  options: {
    loud: { type: 'boolean', help: 'with force' },
    times: { type: 'string', short: 't', value: 'n', help: 'how often' },
  },
  examples: ['hopline echo hello'],
  async run(args, io: Io) {
    io.out(args.operands[0] + (args.values['loud'] ? '!' : ''));
  },
};
