/**
 * Help: what `hopline help` prints, made from the commands' own tables.
 */
import { HELP } from './arguments.ts';
import type { Command } from './command.ts';

/** `commands` in the order in which they are listed. */
export function overview(commands: Command[]): string {
  return [
    'hopline: put a relay anywhere, join the islands, see everything',
    '',
    'usage: hopline <command> [options]',
    '',
    ...columns(commands.map(({ name, summary }) => [name, summary])),
    '',
    'hopline help <command> explains one of them, hopline --version names this version.',
  ].join('\n');
}

export function helpFor(command: Command): string {
  const options = Object.entries({ ...command.options, help: HELP }).map(([name, option]) => {
    const short = option.short === undefined ? '' : `-${option.short}, `;
    const value = option.type === 'string' ? ` <${option.value ?? 'text'}>` : '';
    return [`${short}--${name}${value}`, option.help] as const;
  });
  const examples = command.examples ?? [];
  return [
    `hopline ${command.name}: ${command.summary}`,
    '',
    `usage: ${command.usage}`,
    '',
    ...columns(options),
    ...(examples.length > 0 ? ['', 'examples:'] : []),
    ...examples.map((example) => `  ${example}`),
  ].join('\n');
}

function columns(rows: (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
