/**
 * Arguments: from the words of a command line to what a command declared. Every mistake is one line
 * that says what to write instead.
 */
import { parseArgs } from 'node:util';
import { suggest } from '../protocol/suggest.ts';
import type { Args, Command, Option } from './command.ts';
import { misuse } from './command.ts';

/** The option that every command has. */
export const HELP: Option = { type: 'boolean', short: 'h', help: 'print this' };

/** Null when help was asked for. */
export function readArguments(words: string[], command: Command): Args | null {
  const options: Command['options'] = { ...command.options, help: HELP };
  // Node's own strictness speaks in several sentences and suggests nothing, so the tokens are
  // judged here.
  const { tokens } = parseArgs({
    args: words,
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const args: Args = { operands: [], values: {} };
  for (const token of tokens) {
    if (token.kind === 'positional') args.operands.push(token.value);
    if (token.kind !== 'option') continue;
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (option === undefined) {
      const names = Object.keys(options).map((name) => `--${name}`);
      throw misuse(command, `there is no option ${token.rawName}${suggest(token.rawName, names)}`);
    }
    if (token.name === 'help') return null;
    const value =
      option.type === 'boolean'
        ? withoutValue(command, token.rawName, token.value)
        : theValue(command, token);
    const before = args.values[token.name] ?? value;
    if (before !== value) {
      throw misuse(command, `--${token.name} is given twice, as "${before}" and as "${value}"`);
    }
    args.values[token.name] = value;
  }
  const { least, most } = command.operands ?? { least: 0, most: 0 };
  if (args.operands.length < least) throw misuse(command, 'something is missing');
  if (args.operands.length > most) throw misuse(command, `"${args.operands[most]}" is too much`);
  return args;
}

function withoutValue(command: Command, rawName: string, value: string | undefined): true {
  if (value === undefined) return true;
  throw misuse(command, `${rawName} takes no value`);
}

type OptionToken = {
  rawName: string;
  value?: string | undefined;
  inlineValue?: boolean | undefined;
};

function theValue(command: Command, token: OptionToken): string {
  const { rawName, value, inlineValue } = token;
  if (value === undefined || value === '') throw misuse(command, `${rawName} needs a value`);
  // `--out --json` is a forgotten value far more often than a file named --json.
  if (!inlineValue && value.startsWith('-') && value !== '-') {
    throw misuse(
      command,
      `${rawName} needs a value; if ${value} is one, write ${rawName}=${value}`,
    );
  }
  return value;
}
