/**
 * Help: what `hopline help` prints, made from the commands' own tables.
 */
import { HELP } from './arguments.ts';
import type { Command } from './command.ts';

/** Commands under their headings, in the order in which they are listed. */
export function overview(groups: (readonly [string, Command[]])[]): string {
  const all = groups.flatMap(([, commands]) => commands);
  const width = Math.max(...all.map(({ name }) => name.length));
  return [
    'hopline: put a relay anywhere, join the islands, see everything',
    '',
    'usage: hopline <command> [options]',
    ...groups.flatMap(([heading, commands]) => [
      '',
      `${heading}:`,
      ...columns(
        commands.map(({ name, summary }) => [name, summary]),
        width,
      ),
    ]),
    '',
    'hopline help <command> explains one of them, hopline --version names this version.',
  ].join('\n');
}

export async function helpFor(command: Command): Promise<string> {
  const options = Object.entries({ ...command.options, help: HELP }).map(([name, option]) => {
    const short = option.short === undefined ? '' : `-${option.short}, `;
    const value = option.type === 'string' ? ` <${option.value ?? 'text'}>` : '';
    return [`${short}--${name}${value}`, option.help] as const;
  });
  const { examples = [] } = command;
  const notes = (await command.notes?.()) ?? {};
  return [
    `hopline ${command.name}: ${command.summary}`,
    '',
    `usage: ${command.usage}`,
    '',
    ...columns(options),
    ...Object.entries(notes).flatMap(([heading, rows]) => ['', `${heading}:`, ...columns(rows)]),
    ...(examples.length > 0 ? ['', 'examples:'] : []),
    ...examples.map((example) => `  ${example}`),
  ].join('\n');
}

function columns(rows: (readonly [string, string])[], least = 0): string[] {
  const width = Math.max(least, ...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
