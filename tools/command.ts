/**
 * Command: what one `hopline NAME` does, as a value. Help and the reading of arguments come from its
 * tables, and `io` is everything it may touch, so its test passes its own.
 */
import { HoplineError } from '../protocol/errors.ts';
import type { Dialogue, DialogueOptions } from './dialogue.ts';

/** Under headings: a word, and what it means. */
export type Notes = Record<string, (readonly [string, string])[]>;

export type Command = {
  name: string;
  /** Half a sentence for the list of commands, without a full stop. */
  summary: string;
  /** How it is called, with `hopline` in front. */
  usage: string;
  /** How many arguments it takes that belong to no option; none when absent. */
  operands?: { least: number; most: number };
  options: Record<string, Option>;
  /** What else is worth knowing, loaded when help is wanted. */
  notes?(): Promise<Notes>;
  /** Whole command lines that work as they stand. */
  examples?: string[];
  /** Resolves when all is well; what failed is thrown, and its code becomes the exit status. */
  run(args: Args, io: Io): Promise<void>;
};

export type Option = {
  type: 'string' | 'boolean';
  help: string;
  /** What stands for the value in help: the `n` of `--seed <n>`. */
  value?: string;
  short?: string;
};

export type Args = {
  operands: string[];
  values: Record<string, string | boolean | undefined>;
};

/** The outside of a command: a terminal, files, time. `terminal.ts` is the real one. */
export type Io = {
  /** Results, a line at a time, to standard output. */
  out(line: string): void;
  /** The same for people: a terminal's lines are no wider than it is, where they can be broken. */
  say(line: string): void;
  /** Remarks for the person, to standard error, broken alike: never part of a result. */
  err(line: string): void;
  /** One line that replaces itself on a terminal's standard error; nothing elsewhere. */
  progress(line: string): void;
  /** Whether `progress` is seen by anybody. */
  isProgressShown: boolean;
  readText(path: string): Promise<string>;
  readBytes(path: string): Promise<Uint8Array>;
  /** Fails where `writeText` would, as far as that is known before; what is there stays as it is. */
  mayWrite(path: string): Promise<void>;
  /** Whole, or not at all. */
  writeText(path: string, text: string): Promise<void>;
  /** A line that the person types, or null where nobody can be asked any more. */
  ask(question: string): Promise<string | null>;
  /** What the person types unseen, or null where nobody can be asked. */
  askSecret(question: string): Promise<string | null>;
  /** Lines that are typed while other lines appear. */
  dialogue(options: DialogueOptions): Dialogue;
  /** All that is piped in, up to so many characters; null at a terminal. */
  readInput(most: number): Promise<string | null>;
  wait(ms: number): Promise<void>;
  /** Aborted when the person wants to stop. Whoever asks for it must heed it. */
  stopping(): AbortSignal;
  isTTY: boolean;
  columns: number;
  colour: boolean;
  env: Record<string, string | undefined>;
};

/**
 * The option of every command that has results for programs. With it, standard output holds exactly
 * one JSON value per line and nothing else; remarks and failures stay on standard error.
 */
export const JSON_OPTION: Option = { type: 'boolean', help: 'print JSON, for programs' };

/** A longer usage would hide the mistake before it. */
const USAGE_SHOWN_MAX = 100;

/** A command line that cannot be obeyed: what is wrong with it, and then how it is written. */
export function misuse(
  { name, usage }: Pick<Command, 'name' | 'usage'>,
  detail: string,
): HoplineError {
  const isShort = usage.length <= USAGE_SHOWN_MAX;
  const how = isShort ? `usage: ${usage}` : `hopline help ${name} explains it`;
  return new HoplineError('USAGE', `${detail} (${how})`);
}

/** The text given for an option, or null. */
export function textOf(args: Args, option: string): string | null {
  const value = args.values[option];
  return typeof value === 'string' ? value : null;
}

/** Whether an option without a value is there. */
export function has(args: Args, option: string): boolean {
  return args.values[option] === true;
}

/** The whole number given for an option, within its limits, or `otherwise` when it is absent. */
export function wholeNumberOf(
  args: Args,
  option: string,
  limits: { least: number; most: number },
  otherwise: number,
): number {
  const text = textOf(args, option);
  if (text === null) return otherwise;
  const number = /^-?\d+$/.test(text) ? Number(text) : NaN;
  if (number >= limits.least && number <= limits.most) return number;
  const { least, most } = limits;
  throw new HoplineError(
    'USAGE',
    `--${option} takes a whole number from ${least} to ${most}, not "${text}"`,
  );
}
