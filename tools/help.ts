/**
 * Help: what `hopline help` prints, made from the commands' own tables. At a terminal it is as wide as
 * that is; in a pipe an option is one line, for grep.
 */
import { HELP } from './arguments.ts';
import { filled, RIGHT_MIN } from './breaking.ts';
import type { Command } from './command.ts';

/** Commands under their headings, in the order in which they are listed. */
export function overview(groups: (readonly [string, Command[]])[], width: number): string {
  const all = groups.flatMap(([, commands]) => commands);
  const least = Math.max(...all.map(({ name }) => name.length));
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
        least,
      ),
    ]),
    '',
    'hopline help <command> explains one of them, hopline --version names this version.',
  ].join('\n');
}

export async function helpFor(command: Command, width = Infinity): Promise<string> {
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
    ...usageOf(command, width),
    '',
    ...columns(options, width),
    ...Object.entries(notes).flatMap(([heading, rows]) => [
      '',
      `${heading}:`,
      ...columns(rows, width),
    ]),
    ...(examples.length > 0 ? ['', 'examples:'] : []),
    ...examples.map((example) => `  ${example}`),
  ].join('\n');
}

/** A line for each way to call it. An option stays beside its value. */
function usageOf({ usage }: Command, width: number): string[] {
  const ways = usage.split('; ').map((way) => way.match(/\[--[^\]]*\]|\S+/g) ?? []);
  const lead = 'usage: ';
  return ways.flatMap((words, at) =>
    filled(words, width - lead.length - 2).map((line, i) => {
      const before = at === 0 && i === 0 ? lead : ' '.repeat(lead.length);
      return `${before}${i === 0 ? '' : '  '}${line}`;
    }),
  );
}

/** Names, and beside them what there is to say of each, in no more than `width` characters a line. */
export function columns(rows: (readonly [string, string])[], width: number, least = 0): string[] {
  const left = Math.max(least, ...rows.map(([name]) => name.length));
  const room = Math.max(RIGHT_MIN, width - left - 4);
  return rows.flatMap(([name, text]) => {
    const [indent] = /^ */.exec(text)!;
    return filled(text.trim().split(' '), room - indent.length).map(
      (line, at) => `  ${(at === 0 ? name : '').padEnd(left)}  ${indent}${line}`,
    );
  });
}
