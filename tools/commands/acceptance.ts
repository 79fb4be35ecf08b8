/**
 * hopline acceptance [--phones <n>] [--out <report.md>]
 *
 * Walks a person with real phones and boards through ten checks, and writes what came of them. We have
 * no phone; whoever runs this does. It ends with 1 when a check failed.
 */
import type { StatusAnswer } from '../../device/pi/relay-service.ts';
import type { StatusClient } from '../../device/pi/status-client.ts';
import { connectToRelay } from '../../device/pi/status-client.ts';
import { HoplineError } from '../../protocol/errors.ts';
import type { Args, Command, Io } from '../command.ts';
import { textOf, wholeNumberOf } from '../command.ts';
import type { Check, Seen, Verdict } from '../relay/acceptance.ts';
import { checksFor, reportOf } from '../relay/acceptance.ts';
import { SOCKET_OPTION, socketPath, statusOf } from '../relay/asking.ts';

/** How long is waited for what the relay should see, once the person says that it is done. */
const LOOK_MS = 1000;
const LOOKS_MAX = 10;

export const acceptance: Command = {
  name: 'acceptance',
  summary: 'ten checks of a relay with real phones and boards, and a report',
  usage: 'hopline acceptance [--phones <n>] [--out <report.md>] [--socket <path>]',
  options: {
    phones: { type: 'string', value: 'n', help: 'how many are at hand (2)' },
    out: { type: 'string', value: 'file', help: 'the report (acceptance.md)' },
    socket: SOCKET_OPTION,
  },
  examples: ['hopline acceptance --phones 2'],

  async run(args, io) {
    const phones = wholeNumberOf(args, 'phones', { least: 2, most: 16 }, 2);
    const file = textOf(args, 'out') ?? 'acceptance.md';
    const watch = new Watch(args, io);
    const verdicts: Verdict[] = [];
    try {
      for (const check of checksFor(phones)) {
        const verdict = await judged(check, verdicts.length + 1, watch, io);
        if (verdict === null) break;
        verdicts.push(verdict);
      }
      const day = new Date().toISOString().slice(0, 10);
      await io.writeText(file, reportOf(verdicts, phones, day, await watch.status()));
    } finally {
      watch.close();
    }
    io.out(`the report is in ${file}`);
    const failed = verdicts.filter(({ result }) => result === 'failed').length;
    if (failed > 0) throw new HoplineError('CHECKS_FAILED', `${failed} of ${verdicts.length}`);
  },
};

/** Null when the person has gone. */
async function judged(check: Check, number: number, watch: Watch, io: Io): Promise<Verdict | null> {
  const before = await watch.look();
  io.out('');
  io.out(`${number} of 10: ${check.name}`);
  for (const step of check.steps) io.out(`  - ${step}`);
  const answer = await choice(`  ${check.question} [yes, no, skip] `, io);
  if (answer === null) return null;
  const seenByRelay = answer === 'skip' ? null : await seen(check, before, watch, io);
  if (seenByRelay !== null)
    io.out(`  the relay ${seenByRelay ? 'sees it too' : 'does not see it'}`);
  const note = (await io.ask('  Anything to note? [enter for nothing] ')) ?? '';
  const result = answer === 'skip' ? 'skipped' : answer === 'yes' ? 'passed' : 'failed';
  return { check: check.name, result, seenByRelay, note: note.trim() };
}

async function choice(question: string, io: Io): Promise<'yes' | 'no' | 'skip' | null> {
  for (;;) {
    const answer = await io.ask(question);
    if (answer === null) return null;
    const word = answer.trim().toLowerCase();
    for (const known of ['yes', 'no', 'skip'] as const) {
      if (word !== '' && known.startsWith(word)) return known;
    }
    io.out('  please answer yes, no or skip');
  }
}

async function seen(
  check: Check,
  before: Seen | null,
  watch: Watch,
  io: Io,
): Promise<boolean | null> {
  if (check.sees === undefined || before === null) return null;
  for (let looks = 0; ; looks++) {
    const now = await watch.look();
    if (now !== null && check.sees(now, before)) return true;
    if (looks === LOOKS_MAX) return now === null ? null : false;
    await io.wait(LOOK_MS);
  }
}

/** What the relay sees, through its restarts. */
class Watch {
  private readonly args: Args;
  private readonly io: Io;
  private client: StatusClient | null = null;
  private messages = 0;

  constructor(args: Args, io: Io) {
    this.args = args;
    this.io = io;
  }

  /** Null while it cannot be asked. */
  async look(): Promise<Seen | null> {
    const status = await this.status();
    return status === null ? null : { status, messages: this.messages };
  }

  async status(): Promise<StatusAnswer | null> {
    try {
      this.client ??= await this.connect();
      return await statusOf(this.client);
    } catch (cause) {
      if (!(cause instanceof HoplineError)) throw cause;
      this.close();
      return null;
    }
  }

  close(): void {
    this.client?.close();
    this.client = null;
  }

  private async connect(): Promise<StatusClient> {
    const client = await connectToRelay(socketPath(this.args, this.io));
    const nothing = (): void => {};
    const event = (value: unknown): void => {
      if ((value as { kind?: string }).kind === 'message') this.messages++;
    };
    await client.follow('events', {}, { event, missed: nothing, ended: nothing });
    return client;
  }
}
