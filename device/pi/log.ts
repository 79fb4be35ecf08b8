/**
 * Log: what a relay says of itself, a line at a time: JSON for a journal, short lines for a person. It
 * never holds a key or what somebody wrote (RELIABILITY S21), so whoever logs names ids and sizes.
 */
import { printable } from '../../protocol/printable.ts';
import type { LogLevel } from './config.ts';

/** Values beside the words. Bytes have no place here: they may be somebody's. */
export type Facts = Record<string, string | number | boolean | null>;

export type Log = Record<Exclude<LogLevel, 'silent'>, (words: string, facts?: Facts) => void>;

/** One that says more or less when `level` is set. */
export type OpenLog = Log & { level: LogLevel };

export type LogLine = { at: number; level: keyof Log; words: string; facts: Facts };

export type LogOutput = { write(text: string): void };

/**
 * `people`: short lines with the time of day, coloured or not, instead of JSON. `heard` is told of the
 * same lines, whole.
 */
export function openLog(
  level: LogLevel,
  output: LogOutput,
  people: { isColoured: boolean } | null,
  heard: (line: LogLine) => void = () => {},
): OpenLog {
  const say =
    (name: keyof Log) =>
    (msg: string, facts: Facts = {}): void => {
      if (LEVELS[name] < LEVELS[log.level]) return;
      const time = Date.now();
      const said: Said = { level: LEVELS[name], time, ...facts, msg };
      heard({ at: time, level: name, words: msg, facts });
      output.write(
        people === null ? `${JSON.stringify(said)}\n` : lineFor(said, people.isColoured),
      );
    };
  const log: OpenLog = {
    level,
    trace: say('trace'),
    debug: say('debug'),
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
  };
  return log;
}

/** The numbers that readers of such logs know. */
const LEVELS: Record<LogLevel, number> = {
  trace: 10,
  debug: 20,
  info: 30,
  warn: 40,
  error: 50,
  silent: Infinity,
};

const SHOWN: Record<number, [string, string]> = {
  10: ['trace', '\x1b[2m'],
  20: ['debug', '\x1b[2m'],
  30: ['info ', ''],
  40: ['warn ', '\x1b[33m'],
  50: ['error', '\x1b[31m'],
};

type Said = { level: number; time: number; msg: string } & Facts;

function lineFor({ level, time, msg, ...facts }: Said, isColoured: boolean): string {
  const [name, colour] = SHOWN[level];
  const clock = new Date(time).toTimeString().slice(0, 8);
  const rest = Object.entries(facts)
    .filter(([, value]) => value !== null)
    .map(([key, value]) => `${key}=${valueFor(value)}`);
  const line = [clock, name, printable(msg), ...rest].join(' ');
  return isColoured && colour !== '' ? `${colour}${line}\x1b[0m\n` : `${line}\n`;
}

function valueFor(value: unknown): string {
  const text = printable(String(value));
  return /[\s"=]/.test(text) ? JSON.stringify(text) : text;
}
