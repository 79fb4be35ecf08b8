/**
 * Log: what a relay says of itself, a line at a time: JSON for a journal, short lines for a person. It
 * never holds a key or what somebody wrote (RELIABILITY S21), so whoever logs names ids and sizes.
 */
import { pino } from 'pino';
import { printable } from '../../protocol/printable.ts';
import type { LogLevel } from './config.ts';

/** Values beside the words. Bytes have no place here: they may be somebody's. */
export type Facts = Record<string, string | number | boolean | null>;

export type Log = Record<Exclude<LogLevel, 'silent'>, (words: string, facts?: Facts) => void>;

export type LogOutput = { write(text: string): void };

/** `isForPeople`: short lines with the time of day, coloured or not, instead of JSON. */
export function openLog(
  level: LogLevel,
  output: LogOutput,
  people: { isColoured: boolean } | null,
): Log {
  const stream =
    people === null
      ? output
      : { write: (line: string) => output.write(lineFor(JSON.parse(line), people.isColoured)) };
  const logger = pino({ level, base: null }, stream);
  const say =
    (at: keyof Log) =>
    (words: string, facts: Facts = {}): void =>
      logger[at](facts, words);
  return {
    trace: say('trace'),
    debug: say('debug'),
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
  };
}

const LEVELS: Record<number, [string, string]> = {
  10: ['trace', '\x1b[2m'],
  20: ['debug', '\x1b[2m'],
  30: ['info ', ''],
  40: ['warn ', '\x1b[33m'],
  50: ['error', '\x1b[31m'],
};

function lineFor(
  said: Record<string, unknown> & { level: number; time: number; msg: string },
  isColoured: boolean,
): string {
  const { level, time, msg, ...facts } = said;
  const [name, colour] = LEVELS[level] ?? ['     ', ''];
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
