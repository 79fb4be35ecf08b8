/**
 * Slash: lines that are typed into a chat, where what begins with a slash is a command of some table.
 */
import { suggest } from '../../protocol/suggest.ts';

/** `read` gives what is meant by what follows the command, or null where it goes otherwise. */
export type SlashCommand<Wish> = { usage: string; help: string; read(rest: string): Wish | null };
export type SlashCommands<Wish> = Record<string, SlashCommand<Wish>>;

/** What a line means that is no command, or none that there is. */
export type Plain =
  { kind: 'say'; text: string } | { kind: 'nothing' } | { kind: 'mistake'; why: string };

export function readSlash<Wish>(line: string, commands: SlashCommands<Wish>): Wish | Plain {
  const text = line.trim();
  if (text === '') return { kind: 'nothing' };
  if (!text.startsWith('/')) return { kind: 'say', text };
  // Whoever wants to say something that begins with a slash writes two.
  if (text.startsWith('//')) return { kind: 'say', text: text.slice(1) };
  const [, name, rest] = /^\/(\S*)\s*([^]*)$/.exec(text)!;
  if (!Object.hasOwn(commands, name)) {
    const known = name === '' ? [] : Object.keys(commands);
    const near = suggest(name, known).replace('mean ', 'mean /');
    return { kind: 'mistake', why: `there is no /${name}${near || '; /help lists what there is'}` };
  }
  const command = commands[name];
  return command.read(rest) ?? { kind: 'mistake', why: `it goes ${command.usage}` };
}

/** A command that is followed by nothing. */
export function alone<Kind extends string>(kind: Kind): (rest: string) => { kind: Kind } | null {
  return (rest) => (rest === '' ? { kind } : null);
}

/** A command that may be followed by a number, from 1 to `most`. */
export function counted<Kind extends string>(
  kind: Kind,
  usual: number,
  most: number,
): (rest: string) => { kind: Kind; count: number } | null {
  return (rest) => {
    if (rest === '') return { kind, count: usual };
    const count = /^\d+$/.test(rest) ? Number(rest) : 0;
    return count >= 1 && count <= most ? { kind, count } : null;
  };
}

/** What `/help` shows of them. */
export function slashHelp(commands: SlashCommands<unknown>): string[] {
  const all = Object.values(commands);
  const width = Math.max(...all.map(({ usage }) => usage.length));
  return all.map(({ usage, help }) => `${usage.padEnd(width)}  ${help}`);
}

/** What the name of a command may become, or null where a line is past it. */
export function slashCompletions(
  line: string,
  commands: SlashCommands<unknown>,
): [string[], string] | null {
  if (!/^\/\S*$/.test(line)) return null;
  const all = Object.keys(commands).map((name) => `/${name} `);
  return [all.filter((name) => name.startsWith(line)), line];
}
