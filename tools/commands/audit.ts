/**
 * hopline audit [--since <duration>] [--verify] [--data <folder>] [--json]
 *
 * Who decided what about whom, who came in, and which threats weighed. With --verify all of it is
 * checked: whoever changed, removed or moved a line of it is found out.
 */
import type { AuditLineView } from '../../host/http/views.ts';
import { HoplineError } from '../../protocol/errors.ts';
import { printable } from '../../protocol/printable.ts';
import { readTrail } from '../bridge/audit-trail.ts';
import { BridgeClient } from '../bridge/client.ts';
import { fullTime } from '../bridge/paints.ts';
import { timeOf } from '../bridge/time-words.ts';
import { DATA_OPTION } from '../bridge/data-option.ts';
import type { Command } from '../command.ts';
import { has, JSON_OPTION, textOf } from '../command.ts';
import { tableOf } from '../relay/words.ts';

export const audit: Command = {
  name: 'audit',
  summary: 'who decided what here, and whether the record of it is whole',
  usage: 'hopline audit [--since <time>] [--verify] [--data <folder>] [--json]',
  options: {
    since: { type: 'string', value: 'time', help: 'only what is as new: 2h, 3d, or a date' },
    verify: {
      type: 'boolean',
      help: 'check every line; fails at the first that was tampered with',
    },
    data: DATA_OPTION,
    json: JSON_OPTION,
  },
  examples: ['hopline audit --since 7d', 'hopline audit --verify', 'hopline audit --json'],

  async run(args, io) {
    const since = textOf(args, 'since');
    const from = since === null ? -Infinity : timeOf(since, Date.now());
    const { lines, flaw } = await readTrail(BridgeClient.of(args, io));
    const broken = flaw === null ? null : new HoplineError('AUDIT_BROKEN', flaw.why);
    if (has(args, 'verify')) {
      if (broken !== null) throw broken;
      if (has(args, 'json')) return io.out(JSON.stringify({ isWhole: true, lines: lines.length }));
      const all = `all ${lines.length} lines are as they were written`;
      return io.out(lines.length === 1 ? 'the one line is as it was written' : all);
    }
    const shown = lines.filter(({ at }) => (at ?? Infinity) >= from);
    if (has(args, 'json')) for (const line of shown) io.out(JSON.stringify(line));
    else if (shown.length === 0)
      io.err(`nothing was decided ${since === null ? 'yet' : 'since then'}`);
    else for (const line of auditTable(shown)) io.say(line);
    // Even who does not ask for it is told; what is left is shown, so that he can look into it.
    if (broken !== null) throw broken;
  },
};

function auditTable(lines: AuditLineView[]): string[] {
  const rows = lines.map(({ key, at, who, act, subject, detail }) => [
    key,
    at === null ? '(no clock)' : fullTime(at),
    printable(who),
    act,
    printable(subject),
    printable(detail),
  ]);
  return tableOf(['line', 'when', 'who', 'did', 'to', 'detail'], rows);
}
